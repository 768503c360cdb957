package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"assay/api"
)

// serve starts a real server with the door in it.
func serve(t *testing.T, a *api.API) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(a)
	own := api.Server(a, api.Options{})
	s.Config.ReadHeaderTimeout, s.Config.IdleTimeout, s.Config.MaxHeaderBytes = own.ReadHeaderTimeout, own.IdleTimeout, own.MaxHeaderBytes
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// wire is a connection on which the test writes HTTP itself.
type wire struct {
	*net.TCPConn
	t *testing.T
}

func dial(t *testing.T, s *httptest.Server) wire {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return wire{c.(*net.TCPConn), t}
}

func (c wire) post(length int, body string) {
	fmt.Fprintf(c, "POST /v1/listings HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", adminSecret, length, body)
}

func (c wire) answer() (int, api.Problem) {
	c.t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Body.Close()
	var p api.Problem
	if err := json.UnmarshalRead(r.Body, &p); err != nil && r.StatusCode >= 400 {
		c.t.Fatal(err)
	}
	return r.StatusCode, p
}

func TestAStreamThatIsCutShortIsToldHowMuchIsDurable(t *testing.T) {
	for name, before := range map[string]string{"small": "", "large": padding} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			c := dial(t, serve(t, a))
			body := items(3) + before + `{"marketplace":"m",`
			c.post(len(body)+1000, body)
			c.CloseWrite()
			status, p := c.answer()
			if status != 400 || p.Taken == nil || p.Taken.Accepted != len(w.taken) || p.Taken.Accepted != 3 || p.Taken.DurableThrough != 3 {
				t.Errorf("%d %+v %+v", status, p, p.Taken)
			}
		})
	}
}

func TestABodyThatComesTooSlowlyIsGivenUp(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t, func(o *api.Options) { o.ChunkTimeout = 50 * time.Millisecond })
	s := serve(t, a)
	t.Run("listings", func(t *testing.T) {
		c := dial(t, s)
		c.post(10_000, items(2)) // and nothing more
		status, p := c.answer()
		if status != http.StatusRequestTimeout || p.Taken == nil || p.Taken.Accepted != 2 {
			t.Errorf("%d %+v", status, p)
		}
	})
	for _, path := range []string{"/v1/screen", "/v1/webhooks"} {
		t.Run(path, func(t *testing.T) {
			c := dial(t, s)
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", path, adminSecret)
			if status, p := c.answer(); status != http.StatusRequestTimeout {
				t.Errorf("%d %+v", status, p)
			}
		})
	}
	t.Run("a body that was refused before it was read", func(t *testing.T) {
		c := dial(t, s)
		fmt.Fprint(c, "POST /v1/listings HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
		if status, p := c.answer(); status != http.StatusUnauthorized {
			t.Errorf("%d %+v", status, p)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the connection goes on")
		}
	})
}

func TestWorkThatTakesLongerThanABodyMayIsNotBrokenOff(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t, func(o *api.Options) { o.ChunkTimeout = 50 * time.Millisecond })
	s := serve(t, a)
	var ctx context.Context
	w.began = func(c context.Context) { ctx, w.began = c, nil }
	w.finish = func() {
		w.finish = nil
		// Another client begins now and is given up: the first one's time is over too.
		slow := dial(t, s)
		slow.post(100, "{")
		if status, _ := slow.answer(); status != http.StatusRequestTimeout {
			t.Error(status)
		}
		if ctx.Err() != nil {
			t.Error("the request counts as gone")
		}
	}
	c := dial(t, s)
	body := items(2)
	c.post(len(body), body)
	if status, p := c.answer(); status != 200 {
		t.Errorf("%d %+v", status, p)
	}
	c.post(len(body), body) // and the connection goes on
	if status, p := c.answer(); status != 200 {
		t.Errorf("%d %+v", status, p)
	}
}

func TestALargeHeaderIsRefused(t *testing.T) {
	a, _ := newWorld(t).open(t)
	c := dial(t, serve(t, a))
	fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", strings.Repeat("x", 2*api.MaxHeaderBytes))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	same(t, r.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
	a2, _ := newWorld(t).open(t)
	problem(t, do(a2, request("GET", "/v1/findings?q="+strings.Repeat("x", 9_000), "")), http.StatusRequestURITooLong)
}

func TestTheServersTimesDoNotEndLongStreams(t *testing.T) {
	s := api.Server(http.NotFoundHandler(), api.Options{})
	if s.ReadTimeout != 0 || s.WriteTimeout != 0 || s.ReadHeaderTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes == 0 {
		t.Errorf("%+v", s)
	}
}
