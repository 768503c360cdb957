package pagestest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay"
	"assay/app"
	"assay/stream/streamtest"
	"assay/web/browsertest"
)

// patience bounds every wait. It is no measure of anything.
const patience = time.Minute

// server is a whole server in this process, and who calls it.
type server struct {
	url, data, token, nats string
	listener               *cuttable
	client                 *app.Client
	http                   *http.Client
	log                    *lockedBuffer
}

// startServer starts a server that TestMain ends.
func startServer(o app.ServerOptions) (s *server, err error) {
	dir, err := os.MkdirTemp("", "pages")
	if err != nil {
		return nil, err
	}
	ends = append(ends, func() error { return os.RemoveAll(dir) })
	s = &server{data: filepath.Join(dir, "data"), http: &http.Client{Transport: &http.Transport{}}, log: &lockedBuffer{}}
	if s.nats, err = startNATS(filepath.Join(dir, "nats")); err != nil {
		return nil, err
	}
	o.Data, o.NATS, o.FreeBytes, o.Partitions = s.data, s.nats, -1, 1
	o.Pictures = drawnPictures{}
	o.Logger = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelError}))
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	running, err := app.Open(ctx, o)
	if err != nil {
		cancel()
		return nil, err
	}
	l, err := running.Listen()
	if err != nil {
		cancel()
		running.Close()
		return nil, err
	}
	s.listener = &cuttable{Listener: l, open: map[net.Conn]bool{}}
	s.url = "http://" + l.Addr().String()
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		err := running.Run(ctx, s.listener, func() { close(ready) })
		running.Close()
		done <- err
	}()
	ends = append(ends, func() error {
		s.http.CloseIdleConnections()
		s.listener.cut()
		cancel()
		if err := <-done; err != nil {
			return fmt.Errorf("ending the server: %w", err)
		}
		for line := range strings.Lines(s.log.String()) {
			if !strings.Contains(line, "an envelope was set aside") { // that one is meant
				return fmt.Errorf("the server logged an error: %s", line)
			}
		}
		return nil
	})
	<-ready
	b, err := os.ReadFile(running.AdminTokenFile())
	if err != nil {
		return nil, err
	}
	s.token = strings.TrimSpace(string(b))
	if s.client, err = app.NewClient(app.ClientOptions{Server: s.url, TokenFile: running.AdminTokenFile()}); err != nil {
		return nil, err
	}
	return s, wait(func() (bool, error) {
		status, _, err := s.call("GET", "/readyz", "", nil)
		return status == http.StatusOK, err
	})
}

// startNATS starts the log that the server and tests of it share.
func startNATS(dir string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	o := streamtest.Options(dir, port)
	o.SyncAlways = false
	nats, err := streamtest.Run(&o)
	if err != nil {
		return "", err
	}
	ends = append(ends, func() error { nats.Shutdown(); nats.WaitForShutdown(); return nil })
	return fmt.Sprintf("nats://127.0.0.1:%d", port), nil
}

// wait waits for a condition.
func wait(is func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		yes, err := is()
		if yes || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-deadline:
			return errors.New("waited in vain")
		}
	}
}

// call calls the API.
func (s *server) call(method, path, contentType string, body io.Reader) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	a, err := s.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	answer, err = io.ReadAll(a.Body)
	return a.StatusCode, answer, err
}

// importText brings a table of the reference into force.
func (s *server) importText(kind assay.ReferenceKind, name, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.client.ImportReference(ctx, kind, assay.ImportMerge, false, name, strings.NewReader(text), nil)
	return err
}

// importExample brings the example of a reference into force.
func (s *server) importExample() error {
	for _, f := range app.ReferenceFiles() {
		b, err := os.ReadFile(filepath.Join("../../examples/reference", f.Name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = s.importText(f.Kind, f.Name, string(b))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// feed sends listings and waits until they are worked.
func (s *server) feed(listings ...listing) error {
	var body bytes.Buffer
	for _, l := range listings {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		body.Write(append(b, '\n'))
	}
	status, answer, err := s.call("POST", "/v1/listings", "application/x-ndjson", &body)
	var got struct{ Accepted int }
	if err == nil && (status != http.StatusOK || json.Unmarshal(answer, &got) != nil || got.Accepted != len(listings)) {
		err = fmt.Errorf("of %d listings were taken: %d %s", len(listings), status, answer)
	}
	if err != nil {
		return err
	}
	return wait(func() (bool, error) {
		_, answer, err := s.call("GET", "/v1/ingest", "", nil)
		var got struct{ Backlog uint64 }
		if err == nil {
			err = json.Unmarshal(answer, &got)
		}
		return got.Backlog == 0, err
	})
}

// found returns a finding of an offer, one of the offer as a whole if there is one.
func (s *server) found(t testing.TB, offer string) assay.Finding {
	t.Helper()
	var best assay.Finding
	for cursor := ""; ; {
		status, answer, err := s.call("GET", "/v1/findings?limit=500&verdict=clear,review,block&cursor="+url.QueryEscape(cursor), "", nil)
		var got assay.FindingPage
		if err == nil {
			err = json.Unmarshal(answer, &got)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("the findings: %d %s %v", status, answer, err)
		}
		for _, f := range got.Findings {
			if f.Offer == offer && (best.ID == "" || f.Variant == "") {
				best = f
			}
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	if best.ID == "" {
		t.Fatalf("offer %s has no finding", offer)
	}
	return best
}

// signedIn returns the cookies of a browser that signed in.
func (s *server) signedIn(t testing.TB) []*http.Cookie {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, Transport: s.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := c.PostForm(s.url+"/sign-in", url.Values{"token": {s.token}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusSeeOther || len(r.Cookies()) != 1 {
		t.Fatalf("signing in: %d with %d cookies", r.StatusCode, len(r.Cookies()))
	}
	return r.Cookies()
}

// tab opens a tab that is signed in.
func (s *server) tab(t testing.TB, o browsertest.Options) *browsertest.Tab {
	t.Helper()
	o.Base, o.Cookies = s.url, s.signedIn(t)
	return browsertest.Open(t, o)
}

// cuttable is a listener whose connections can be cut, as a network does.
type cuttable struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]bool
}

func (l *cuttable) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = true
	return &cutConn{c, l}, nil
}

func (l *cuttable) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
}

type cutConn struct {
	net.Conn
	l *cuttable
}

func (c *cutConn) Close() error {
	c.l.mu.Lock()
	delete(c.l.open, c.Conn)
	c.l.mu.Unlock()
	return c.Conn.Close()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// drawnPictures answers every address of a picture with the same small drawing: the
// machine that tests has no network.
type drawnPictures struct{}

func (drawnPictures) Picture(_ context.Context, address string) ([]byte, error) {
	if strings.Contains(address, "missing") {
		return nil, assay.Errorf(assay.NotFound, "there is no picture")
	}
	m := image.NewRGBA(image.Rect(0, 0, 320, 320))
	for y := range 320 {
		for x := range 320 {
			shade := uint8(200 + 40*((x/40+y/40)%2))
			m.Set(x, y, color.RGBA{shade, shade - 60, uint8(len(address) * 7), 255})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, m, nil)
	return out.Bytes(), err
}

// poisoned lists the envelopes that were set aside.
func (s *server) poisoned() ([]assay.Poison, error) {
	_, answer, err := s.call("GET", "/v1/ingest/poison", "", nil)
	var got struct{ Poison []assay.Poison }
	if err == nil {
		err = json.Unmarshal(answer, &got)
	}
	return got.Poison, err
}
