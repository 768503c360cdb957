package fetch_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"assay"
	"assay/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback allows the one address that test servers listen on.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func client(t *testing.T, o fetch.Options) *fetch.Client {
	t.Helper()
	c := fetch.New(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestAPostCarriesHeaderAndBodyAndReturnsTheStatus(t *testing.T) {
	var got http.Header
	var body string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r.Header, r.Method+" "+string(b)
		w.WriteHeader(http.StatusAccepted)
	})
	c := client(t, fetch.Options{AllowNetworks: loopback()})
	header := http.Header{"Webhook-Id": {"a"}}
	status, err := c.Post(t.Context(), s.URL+"/hook?a=b", header, []byte(`{"a":1}`))
	if err != nil || status != http.StatusAccepted {
		t.Fatalf("Post = %d, %v", status, err)
	}
	if body != `POST {"a":1}` || got.Get("Webhook-Id") != "a" || got.Get("User-Agent") != "assay" {
		t.Errorf("received %q with %v", body, got)
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
	if status, err = c.Post(t.Context(), s.URL, nil, nil); err != nil || status != http.StatusAccepted {
		t.Errorf("without header and body: %d, %v", status, err)
	}
}

func TestARedirectIsAnAnswerAndNotFollowed(t *testing.T) {
	var followed atomic.Bool
	inside := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, status) })
		got, err := client(t, fetch.Options{AllowNetworks: loopback()}).Post(t.Context(), s.URL, nil, []byte("x"))
		if err != nil || got != status {
			t.Errorf("Post = %d, %v, want %d", got, err, status)
		}
	}
	if followed.Load() {
		t.Error("a redirect was followed")
	}
}

func TestAProxyInTheEnvironmentIsNotUsed(t *testing.T) {
	var proxied atomic.Bool
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { proxied.Store(true) })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("ALL_PROXY", proxy.URL)
	resolver := nameserver(t, "127.0.0.1")
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	// By a name: the standard library never uses a proxy for loopback addresses.
	c := client(t, fetch.Options{AllowNetworks: loopback(), Resolver: resolver.Resolver})
	status, err := c.Post(t.Context(), resolver.url(s.URL), nil, nil)
	if err != nil || status != 204 || proxied.Load() {
		t.Errorf("Post = %d, %v; proxied: %t", status, err, proxied.Load())
	}
}

func TestAHugeBodyIsReadOnlyUpToTheBound(t *testing.T) {
	stopped := make(chan error, 1)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		part := make([]byte, 64<<10)
		for {
			if _, err := w.Write(part); err != nil {
				stopped <- err
				return
			}
		}
	})
	status, err := client(t, fetch.Options{AllowNetworks: loopback(), MaxBody: 1_000}).Post(t.Context(), s.URL, nil, nil)
	if err != nil || status != 200 {
		t.Errorf("Post = %d, %v", status, err)
	}
	select { // the endless body ends because the client hung up
	case <-stopped:
	case <-time.After(30 * time.Second):
		t.Error("the client went on reading")
	}
}

func TestASlowBodyDoesNotTakeTheStatusAway(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	status, err := client(t, fetch.Options{AllowNetworks: loopback(), Timeout: 200 * time.Millisecond}).Post(t.Context(), s.URL, nil, nil)
	if err != nil || status != 200 {
		t.Errorf("Post = %d, %v", status, err)
	}
}

func TestWithoutAnAnswerTheErrorIsUnavailableAndTellsNothing(t *testing.T) {
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	cut := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	gone := httptest.NewServer(nil)
	gone.Close()
	flood := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Flood", strings.Repeat("x", 1<<20))
	})
	untrusted := httptest.NewUnstartedServer(nil)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		url  string
		want string
	}{
		"no answer in time":                {t.Context(), silent.URL, "no answer in time"},
		"a cut connection":                 {t.Context(), cut.URL, "no connection to the address, or it was cut before an answer came"},
		"nobody there":                     {t.Context(), gone.URL, "no connection to the address, or it was cut before an answer came"},
		"a header too large":               {t.Context(), flood.URL, "no connection to the address, or it was cut before an answer came"},
		"a certificate nobody vouches for": {t.Context(), untrusted.URL, "the certificate of the address is not valid, or not trusted here"},
		"a caller who left":                {cancelled, silent.URL, "the request was cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, fetch.Options{AllowNetworks: loopback(), Timeout: 500 * time.Millisecond}).Post(c.ctx, c.url+"/hook/s3cret", nil, []byte("x"))
			if assay.CodeOf(err) != assay.Unavailable || err.Error() != c.want {
				t.Errorf("error %q, code %s, want %q", err, assay.CodeOf(err), c.want)
			}
			if name == "a caller who left" && !errors.Is(err, context.Canceled) {
				t.Error("the cause is lost")
			}
		})
	}
	t.Run("an unknown name", func(t *testing.T) {
		ns := nameserver(t)
		_, err := client(t, fetch.Options{Resolver: ns.Resolver}).Post(t.Context(), "https://"+hookHost, nil, nil)
		if assay.CodeOf(err) != assay.Unavailable || err.Error() != "the host's name is not known" {
			t.Errorf("error %q", err)
		}
	})
}

func TestTLSIsTrustedByItsRootsAndFromVersion12On(t *testing.T) {
	for name, c := range map[string]struct {
		max  uint16
		want assay.Code
	}{
		"1.3": {tls.VersionTLS13, ""},
		"1.2": {tls.VersionTLS12, ""},
		"1.1": {tls.VersionTLS11, assay.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: c.max}
			s.StartTLS()
			t.Cleanup(s.Close)
			roots := x509.NewCertPool()
			roots.AddCert(s.Certificate())
			_, err := client(t, fetch.Options{AllowNetworks: loopback(), RootCAs: roots}).Post(t.Context(), s.URL, nil, nil)
			if assay.CodeOf(err) != c.want {
				t.Errorf("error %v", err)
			}
		})
	}
}

// hookHost is the name under which nameservers of tests know an address.
const hookHost = "hook.bazar.example"

// url returns the URL of a test server with hookHost for its address.
func (*nameservers) url(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Host = net.JoinHostPort(hookHost, u.Port())
	return u.String()
}
