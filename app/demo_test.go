package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/demo"
	"assay/feed"
	"assay/screen"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// demoWait bounds waits for what comes by itself. It is no measure of anything.
const demoWait = 2 * time.Minute

func TestTheDemonstrationsFiguresAreThoseOfScreeningByItself(t *testing.T) {
	t.Parallel()
	d := &demonstration{o: DemoOptions{Listings: 4_000, Listen: "127.0.0.1:0"}, w: io.Discard, world: demo.New(7, demo.Options{}),
		temp: t.TempDir(), later: map[assay.OfferKey]revised{}}
	ctx, err := d.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	figures := func(findings map[assay.OfferKey][]assay.Finding) string {
		t.Helper()
		tally, err := compare(ctx, d.world, d.o.Listings, d.later, findings)
		must(err)
		var b bytes.Buffer
		tally.write(&b)
		return b.String()
	}
	must(d.importReference(ctx))
	must(d.feed(ctx))
	must(d.worked(ctx, d.o.Listings))
	findings, err := d.findings(ctx)
	must(err)

	dir := t.TempDir()
	must(WriteReference(d.world, dir))
	gen, err := LoadReference(dir, demo.AsOf())
	must(err)
	worker := screen.New(gen).NewWorker()
	alone := map[assay.OfferKey][]assay.Finding{}
	for i := range d.o.Listings {
		l, _ := d.world.Listing(uint64(i))
		if v, ok := worker.Screen(&l, assay.Review); ok {
			addVerdict(t, alone, &v)
		}
	}
	if len(alone) < 50 {
		t.Fatalf("there are findings on %d offers: too few to say anything", len(alone))
	}
	if diff := cmp.Diff(figures(alone), figures(findings)); diff != "" {
		t.Errorf("read back over the API the figures differ from those of screening:\n%s", diff)
	}

	// What came later is screened with what was seen before. The gate says the same of
	// the offers as they are now, as soon as it knows of them.
	n, err := d.feedRevisions(ctx)
	must(err)
	must(d.worked(ctx, d.o.Listings+n))
	if len(d.later) == 0 || n < len(d.later) {
		t.Fatalf("%d later revisions of %d offers", n, len(d.later))
	}
	findings, err = d.findings(ctx)
	must(err)
	want := figures(findings)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(demoWait); ; {
		gate := askGate(t, d)
		diff := cmp.Diff(figures(gate), want)
		if diff == "" {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the gate's figures differ from those of the findings:\n%s", diff)
		}
	}
}

// askGate returns what the gate says of every offer as it is now.
func askGate(t *testing.T, d *demonstration) map[assay.OfferKey][]assay.Finding {
	t.Helper()
	out := map[assay.OfferKey][]assay.Finding{}
	var body []byte
	for i := range d.o.Listings {
		l, _ := d.world.Listing(uint64(i))
		if r, ok := d.later[assay.OfferKey{Marketplace: l.Marketplace, ID: l.ID}]; ok {
			l = r.listing
		}
		if len(body) > 0 {
			body = append(body, ',')
		}
		body = feed.AppendListing(body, &l)
		if (i+1)%demoBody > 0 && i+1 < d.o.Listings {
			continue
		}
		var answer struct {
			Verdicts []assay.Verdict `json:"verdicts"`
		}
		_, err := d.client.do(t.Context(), http.MethodPost, "/v1/screen", http.Header{"Content-Type": {"application/json"}},
			strings.NewReader(`{"listings":[`+string(body)+`]}`), &answer)
		if err != nil {
			t.Fatal(err)
		}
		for i := range answer.Verdicts {
			addVerdict(t, out, &answer.Verdicts[i])
		}
		body = body[:0]
	}
	return out
}

// addVerdict adds the findings that a verdict would become.
func addVerdict(t *testing.T, to map[assay.OfferKey][]assay.Finding, v *assay.Verdict) {
	t.Helper()
	key := assay.OfferKey{Marketplace: v.Marketplace, ID: v.ID}
	for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
		if a.Level == assay.Clear {
			continue
		}
		// A verdict's text lives in its worker; JSON is how it leaves.
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		f := assay.Finding{Marketplace: strings.Clone(v.Marketplace), Offer: strings.Clone(v.ID)}
		if err := json.Unmarshal(b, &f.Assessment); err != nil {
			t.Fatal(err)
		}
		to[key] = append(to[key], f)
	}
}

// told is what a demonstration writes; serving is closed when it says how it ends.
type told struct {
	bytes.Buffer
	serving chan struct{}
}

func (w *told) Write(b []byte) (int, error) {
	n, err := w.Buffer.Write(b)
	if bytes.Contains(b, []byte("Ctrl-C")) {
		close(w.serving)
	}
	return n, err
}

func TestTheDemonstrationServesTheFindingsItLinksUntilItIsEnded(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &told{serving: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- Demo(ctx, out, DemoOptions{Seed: 1, Listings: 6_000, Listen: "127.0.0.1:0"}) }()
	select {
	case <-out.serving:
	case err := <-ended:
		t.Fatalf("it ended: %v", err)
	case <-time.After(demoWait):
		t.Fatal("it does not come to serving pages")
	}
	report := out.String()
	links := regexp.MustCompile(`http://127\.0\.0\.1:\d+/findings/\S+`).FindAllString(report, -1)
	if len(links) != maxSights {
		t.Errorf("%d findings are linked, not %d:\n%s", len(links), maxSights, report)
	}
	client := &http.Client{Transport: &http.Transport{}}
	for _, link := range links {
		r, err := client.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", link, r.Status)
		}
	}
	client.CloseIdleConnections()
	for line := range strings.Lines(report) {
		if n := columns(strings.TrimSuffix(line, "\n")); n > reportWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended from outside it says %v", err)
		}
	case <-time.After(demoWait):
		t.Fatal("it does not end")
	}
	checkEmpty(t, temp)
}

func TestADemonstrationThatIsCutShortLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, exit := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		var drawn cutter
		drawn.cancel = cancel
		err := Demo(ctx, io.Discard, DemoOptions{Seed: 1, Listings: 1_000_000, Listen: "127.0.0.1:0", Exit: exit, Terminal: &drawn})
		// Who asked for the report alone is told that there is none.
		if failed := errors.Is(err, context.Canceled); failed != exit || !exit && err != nil {
			t.Errorf("exit %t: %v", exit, err)
		}
		checkEmpty(t, temp)
	}
}

// cutter cancels once listings are being fed.
type cutter struct{ cancel func() }

func (c *cutter) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("listings fed")) {
		c.cancel()
	}
	return len(b), nil
}

func TestWhereTheDemonstrationListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = Demo(t.Context(), io.Discard, DemoOptions{Listings: 1, Listen: l.Addr().String(), Exit: true})
	if assay.CodeOf(err) != assay.Unavailable || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("an address that was asked for and is taken: %v", err)
	}
	// Somebody has the default port, if not this test.
	if l, err := net.Listen("tcp", DefaultListen); err == nil {
		defer l.Close()
	}
	var out bytes.Buffer
	if err := Demo(t.Context(), &out, DemoOptions{Seed: 1, Listings: 10, Exit: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), DefaultListen+" is taken, so this is on 127.0.0.1:") {
		t.Errorf("it says\n%s", out.String())
	}
}

func TestOnlyThisMachinesPagesAreOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen string
		open   bool
	}{{"127.0.0.1:0", true}, {"localhost:0", true}, {"0.0.0.0:0", false}} {
		d := &demonstration{o: DemoOptions{Listings: 1, Listen: c.listen}, w: io.Discard, world: demo.New(1, demo.Options{}), temp: t.TempDir()}
		if _, err := d.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.server.o.OpenPages != c.open {
			t.Errorf("%s: pages open to everybody: %t", c.listen, d.server.o.OpenPages)
		}
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestAListingThatIsSentWhileTheServerRefusesIsSentAgainOrGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			http.Error(w, "{}", http.StatusTooManyRequests)
			return
		}
		io.WriteString(w, `{"accepted":2}`)
	})}
	go server.Serve(l)
	defer server.Close()
	token := t.TempDir() + "/token"
	if err := os.WriteFile(token, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &demonstration{}
	if d.client, err = NewClient(ClientOptions{Server: "http://" + l.Addr().String(), TokenFile: token}); err != nil {
		t.Fatal(err)
	}
	defer d.client.http.CloseIdleConnections()
	var sent atomic.Int64
	if err := d.send(t.Context(), []byte("{}\n{}\n"), &sent); err != nil || sent.Load() != 2 || asked.Load() != 3 {
		t.Errorf("%v: %d sent in %d requests", err, sent.Load(), asked.Load())
	}
	asked.Store(-1 << 40)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.send(ctx, []byte("{}\n"), &sent); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("%s is left", f.Name())
	}
}
