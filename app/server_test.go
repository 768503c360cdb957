package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay"
	"assay/app"
)

// patience bounds every wait. It is no measure of anything.
const patience = 2 * time.Minute

// node is a server in this process, and who calls it.
type node struct {
	caller
	data   string
	client *app.Client
	stop   func() error // ends it as SIGTERM does; may be called again
}

// start runs a server until the test ends, and waits until it is ready.
func start(t testing.TB, o app.ServerOptions) *node {
	t.Helper()
	n := startAnyhow(t, o)
	n.ready()
	return n
}

// startAnyhow does so without waiting.
func startAnyhow(t testing.TB, o app.ServerOptions) *node {
	t.Helper()
	if o.Data == "" {
		o.Data = filepath.Join(t.TempDir(), "data")
	}
	if o.FreeBytes == 0 {
		o.FreeBytes = -1
	}
	log := &journal{}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := app.Open(ctx, o)
	if err != nil {
		cancel()
		t.Fatalf("opening the server: %v", causes(err))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		s.Close()
		t.Fatal(err)
	}
	n := &node{data: o.Data}
	done := make(chan error, 1)
	ready := make(chan struct{})
	go func() {
		err := s.Run(ctx, l, func() { close(ready) })
		s.Close()
		done <- err
	}()
	n.stop = sync.OnceValue(func() error {
		// A connection that was dialled and never used would hold a shutdown up for 5 s.
		n.http.CloseIdleConnections()
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return fmt.Errorf("the server does not end")
		}
	})
	t.Cleanup(func() {
		if err := n.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's log ends:\n%s", log.tail())
		}
	})
	<-ready
	token, err := os.ReadFile(s.AdminTokenFile())
	if os.IsNotExist(err) { // it is in the folder of a process that shares the database
		n.caller = newCaller(t, "http://"+l.Addr().String(), "")
		return n
	}
	if err != nil {
		t.Fatal(err)
	}
	n.caller = newCaller(t, "http://"+l.Addr().String(), strings.TrimSpace(string(token)))
	if n.client, err = app.NewClient(app.ClientOptions{Server: n.url, TokenFile: s.AdminTokenFile()}); err != nil {
		t.Fatal(err)
	}
	return n
}

// journal keeps the end of what is logged.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("path=/readyz")) {
		return len(b), nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.buf.Len() > 1<<20 {
		j.buf.Reset()
	}
	return j.buf.Write(b)
}

func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.buf.Bytes()
	return string(b[max(0, len(b)-6000):])
}

func causes(err error) string {
	var all []string
	for e := err; e != nil; {
		all = append(all, e.Error())
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return strings.Join(all, ": ")
}

// caller calls a server's API.
type caller struct {
	t          testing.TB
	url, token string
	http       *http.Client
}

func newCaller(t testing.TB, url, token string) caller {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return caller{t, url, token, &http.Client{Transport: transport}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body)) }

// try sends a request; the error is the connection's.
func (c caller) try(ctx context.Context, method, path string, header http.Header, body io.Reader) (answer, error) {
	q, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		q.Header[name] = values
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	r, err := c.http.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return answer{r.StatusCode, r.Header, b}, err
}

func (c caller) do(method, path string, header http.Header, body io.Reader) answer {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, err := c.try(ctx, method, path, header, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// get asks for JSON that must be there.
func (c caller) get(path string, out any) {
	c.t.Helper()
	a := c.do("GET", path, nil, nil)
	if a.status != 200 {
		c.t.Fatalf("GET %s: %s", path, a)
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		c.t.Fatalf("GET %s: %v in %s", path, err, a)
	}
}

var ndjson = http.Header{"Content-Type": {"application/x-ndjson"}}

// send sends listings that must all be taken.
func (c caller) send(lines ...string) {
	c.t.Helper()
	a := c.do("POST", "/v1/listings", ndjson, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	var got struct {
		Accepted      int
		RejectedCount int `json:"rejected_count"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != 200 || got.Accepted != len(lines) || got.RejectedCount != 0 {
		c.t.Fatalf("sending %d listings: %s", len(lines), a)
	}
}

// screen asks the gate for one verdict, as its bytes.
func (c caller) screen(line string) string {
	c.t.Helper()
	a := c.do("POST", "/v1/screen", nil, strings.NewReader(line))
	v, ok := strings.CutPrefix(string(a.body), `{"verdicts":[`)
	v, ok2 := strings.CutSuffix(v, "]}\n")
	if a.status != 200 || !ok || !ok2 {
		c.t.Fatalf("screening: %s", a)
	}
	return v
}

type partition struct {
	Partition           int
	Committed, Last     uint64
	Listings, Revisions int64
	Backlog, Bytes      uint64
}

func (c caller) partitions() (list []partition, backlog uint64) {
	c.t.Helper()
	var got struct {
		Partitions []partition
		Backlog    uint64
	}
	c.get("/v1/ingest", &got)
	return got.Partitions, got.Backlog
}

// settled waits until everything that was sent is committed.
func (c caller) settled() {
	c.t.Helper()
	until(c.t, "the backlog is gone", func() bool { _, n := c.partitions(); return n == 0 })
}

func (c caller) findings(query string) []assay.Finding {
	c.t.Helper()
	var got struct{ Findings []assay.Finding }
	c.get("/v1/findings?limit=500&"+query, &got)
	return got.Findings
}

const everyLevel = "verdict=clear,review,block"

type offer struct {
	Revision int
	Changed  []string
	Price    string
	Sold     *int64
	Quantity *int64
	Findings []assay.Finding
}

// offer returns what is known of an offer once it is at a revision or beyond: what is
// committed is remembered a moment later, in other processes a little more.
func (c caller) offer(id string, revision int) (o offer) {
	c.t.Helper()
	until(c.t, fmt.Sprintf("offer %s is at revision %d", id, revision), func() bool {
		a := c.do("GET", "/v1/offers?marketplace=bazar.example&id="+url.QueryEscape(id), nil, nil)
		o = offer{}
		return a.status == 200 && json.Unmarshal(a.body, &o) == nil && o.Revision >= revision
	})
	return o
}

type event struct {
	assay.Event
	Data struct {
		Before, After *assay.Finding
		Cause         assay.Cause
	}
}

// events returns all events about findings, in their order.
func (c caller) events() (all []event) {
	c.t.Helper()
	for after := int64(0); ; {
		var got struct {
			Events []event
			Next   int64
		}
		c.get(fmt.Sprintf("/v1/events?limit=500&after=%d", after), &got)
		if len(got.Events) == 0 {
			return all
		}
		for _, e := range got.Events {
			if e.Position <= after {
				c.t.Fatalf("event %s stands at %d, behind %d", e.ID, e.Position, after)
			}
			after = e.Position
			if strings.HasPrefix(e.Kind, "finding.") {
				all = append(all, e)
			}
		}
	}
}

type readiness struct {
	Status string
	Checks []struct {
		Name, Detail string
		OK           bool
	}
}

// failing names the parts that are not ready.
func (r readiness) failing() string {
	var names []string
	for _, c := range r.Checks {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ",")
}

func (c caller) readyz() (status int, r readiness) {
	c.t.Helper()
	a := c.do("GET", "/readyz", nil, nil)
	if err := json.Unmarshal(a.body, &r); err != nil {
		c.t.Fatalf("GET /readyz: %s", a)
	}
	return a.status, r
}

func (c caller) ready() {
	c.t.Helper()
	until(c.t, "the server is ready", func() bool { status, _ := c.readyz(); return status == 200 })
}

// until waits for a condition.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// importFolder brings a reference folder into force.
func (n *node) importFolder(dir string) {
	n.t.Helper()
	for _, f := range app.ReferenceFiles() {
		b, err := os.ReadFile(filepath.Join(dir, f.Name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			n.t.Fatal(err)
		}
		if _, err := n.importFile(f.Kind, assay.ImportMerge, f.Name, string(b)); err != nil {
			n.t.Fatalf("importing %s: %v", f.Name, err)
		}
	}
}

func (n *node) importFile(kind assay.ReferenceKind, mode assay.ImportMode, name, text string) (assay.ReferenceImport, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return n.client.ImportReference(ctx, kind, mode, false, name, strings.NewReader(text), nil)
}

// fixed is a clock that stands still.
func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

// bag is a listing with a finding: the counter in its title tells its revisions
// apart.
func bag(id string, n int) string {
	return fmt.Sprintf(`{"marketplace":"bazar.example","id":%q,"title":"Bellweather bag mirror quality %06d","price":{"amount":"49.00","currency":"EUR"}}`, id, n)
}
