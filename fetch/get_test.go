package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/fetch"
)

func TestAGetReturnsTheAnswerWhateverItsStatus(t *testing.T) {
	var got *http.Request
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", "image/jpeg")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "not here")
	})
	c := client(t, fetch.Options{AllowNetworks: loopback(), UserAgent: "assay/1"})
	a, err := c.Get(t.Context(), s.URL+"/a?b=c", fetch.GetOptions{MaxBytes: 100, Accept: "image/*"})
	if err != nil || a.Status != 404 || string(a.Body) != "not here" || a.Header.Get("Content-Type") != "image/jpeg" || a.URL != s.URL+"/a?b=c" {
		t.Fatalf("%+v, %v", a, err)
	}
	if got.Method != "GET" || got.RequestURI != "/a?b=c" || got.Header.Get("Accept") != "image/*" || got.Header.Get("User-Agent") != "assay/1" {
		t.Errorf("received %s %s with %v", got.Method, got.RequestURI, got.Header)
	}
	for _, secret := range []string{"Cookie", "Authorization", "Referer"} {
		if got.Header.Get(secret) != "" {
			t.Errorf("sends %s", secret)
		}
	}
}

func TestABodyIsWholeOrTooLarge(t *testing.T) {
	for _, c := range []struct {
		name           string
		size           int
		chunked        bool
		packed         bool
		max            int64
		want           assay.Code
		lies, truncate bool
	}{
		{name: "as large as allowed", size: 1_000, max: 1_000},
		{name: "as large as allowed, of a length that is not announced", size: 1_000, chunked: true, max: 1_000},
		{name: "a byte too large", size: 1_001, max: 1_000, want: assay.TooLarge},
		{name: "a byte too large, of a length that is not announced", size: 1_001, chunked: true, max: 1_000, want: assay.TooLarge},
		{name: "empty", max: 1_000},
		{name: "as large as the client's bound where none is given", size: 2_000},
		{name: "larger than the client's bound where none is given", size: 2_001, want: assay.TooLarge},
		{name: "packed", size: 1_000, packed: true, max: 1_000},
		{name: "packed, empty", packed: true, max: 1_000},
		{name: "packed, a byte too large", size: 1_001, packed: true, max: 1_000, want: assay.TooLarge},
		{name: "packed, a bomb", size: 50 << 20, packed: true, max: 1 << 20, want: assay.TooLarge},
		{name: "cut", size: 1_000, truncate: true, max: 2_000, want: assay.Unavailable},
		{name: "packed, cut", size: 100_000, packed: true, truncate: true, chunked: true, max: 200_000, want: assay.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := bytes.Repeat([]byte("a"), c.size)
			whole := want
			if c.packed {
				whole = pack(want) // before anybody waits for it
			}
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body := whole
				if c.packed {
					if r.Header.Get("Accept-Encoding") != "gzip" {
						t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
					}
					w.Header().Set("Content-Encoding", "GZip")
				}
				if !c.chunked {
					w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				}
				if c.truncate {
					body = body[:len(body)/2]
				}
				_, _ = w.Write(body)
				if c.chunked {
					_ = http.NewResponseController(w).Flush()
				}
			})
			a, err := client(t, fetch.Options{AllowNetworks: loopback(), MaxBody: 2_000}).Get(t.Context(), s.URL, fetch.GetOptions{MaxBytes: c.max})
			if assay.CodeOf(err) != c.want {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			if err == nil && !bytes.Equal(a.Body, want) {
				t.Errorf("%d bytes, want %d", len(a.Body), len(want))
			}
			if err != nil && len(a.Body) > 0 {
				t.Error("a part of a body is returned")
			}
		})
	}
}

func pack(b []byte) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(b)
	_ = z.Close()
	return packed.Bytes()
}

func TestAnEndlessBodyIsHungUpOn(t *testing.T) {
	for name, announced := range map[string]string{"of a length that is not announced": "", "of a length that is announced": "1000000000000"} {
		t.Run(name, func(t *testing.T) {
			stopped := make(chan error, 1)
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if announced != "" {
					w.Header().Set("Content-Length", announced)
				}
				part := make([]byte, 64<<10)
				for {
					if _, err := w.Write(part); err != nil {
						stopped <- err
						return
					}
				}
			})
			_, err := client(t, fetch.Options{AllowNetworks: loopback()}).Get(t.Context(), s.URL, fetch.GetOptions{MaxBytes: 1_000})
			if assay.CodeOf(err) != assay.TooLarge {
				t.Errorf("error %v", err)
			}
			select {
			case <-stopped:
			case <-time.After(30 * time.Second):
				t.Error("the client went on reading")
			}
		})
	}
}

func TestABodyThatCannotBeUnpackedIsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct{ encoding, body string }{
		"another packing":       {"br", "x"},
		"packed twice":          {"gzip, gzip", string(pack(pack([]byte("x"))))},
		"said to be packed":     {"gzip", "plain text, all of it"},
		"with something behind": {"gzip", string(pack([]byte("x"))) + "trailer"},
		"with a sum that fails": {"gzip", string(pack([]byte("x")))[:22] + "\xff\xff\xff\xff\xff\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", c.encoding)
				_, _ = io.WriteString(w, c.body)
			})
			a, err := client(t, fetch.Options{AllowNetworks: loopback()}).Get(t.Context(), s.URL, fetch.GetOptions{MaxBytes: 1_000})
			if assay.CodeOf(err) != assay.Unavailable {
				t.Errorf("%q, error %v", a.Body, err)
			}
		})
	}
}

func TestRedirectsAreFollowedAsFarAsAllowed(t *testing.T) {
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Path)
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if n == 0 {
			_, _ = io.WriteString(w, r.Header.Get("Accept")+" by "+r.Method)
			return
		}
		statuses := []int{301, 302, 303, 307, 308}
		w.Header().Set("Location", fmt.Sprintf("/%d#part", n-1))
		w.WriteHeader(statuses[n%len(statuses)])
		_, _ = io.WriteString(w, "over there")
	})
	c := client(t, fetch.Options{AllowNetworks: loopback()})
	for _, max := range []int{5, 6} {
		seen = nil
		a, err := c.Get(t.Context(), s.URL+"/5", fetch.GetOptions{MaxRedirects: max, Accept: "image/*"})
		if err != nil || a.Status != 200 || string(a.Body) != "image/* by GET" || a.URL != s.URL+"/0" || len(seen) != 6 {
			t.Errorf("at most %d: %+v, %v; asked %v", max, a, err, seen)
		}
	}
	for _, max := range []int{0, 4} {
		seen = nil
		a, err := c.Get(t.Context(), s.URL+"/5", fetch.GetOptions{MaxRedirects: max})
		if err != nil || a.Status/100 != 3 || string(a.Body) != "over there" || a.URL != s.URL+fmt.Sprintf("/%d", 5-max) || len(seen) != max+1 {
			t.Errorf("at most %d: %+v, %v; asked %v", max, a, err, seen)
		}
	}
	t.Run("a circle ends", func(t *testing.T) {
		circle := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
		if a, err := c.Get(t.Context(), circle.URL, fetch.GetOptions{MaxRedirects: 10}); err != nil || a.Status != 302 {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("without a place to go it is an answer", func(t *testing.T) {
		nowhere := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
		if a, err := c.Get(t.Context(), nowhere.URL, fetch.GetOptions{MaxRedirects: 1}); err != nil || a.Status != 302 {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("another status is an answer, whatever its header", func(t *testing.T) {
		choice := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusMultipleChoices)
		})
		if a, err := c.Get(t.Context(), choice.URL, fetch.GetOptions{MaxRedirects: 1}); err != nil || a.Status != 300 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestARedirectIsJudgedAsIfItHadBeenTypedIn(t *testing.T) {
	var inside atomic.Bool
	secret := serve(t, func(http.ResponseWriter, *http.Request) { inside.Store(true) })
	port := ":" + mustPort(t, secret.URL)
	locations := map[string]string{
		"a metadata service":       "http://169.254.169.254/latest/meta-data/",
		"a file":                   "file:///etc/passwd",
		"another scheme":           "gopher://bazar.example/",
		"a user":                   "https://user:s3cret@bazar.example/",
		"another loopback address": "http://127.0.0.2" + port,
		"a short IPv4 address":     "http://127.1" + port,
		"a decimal IPv4 address":   "http://2130706433" + port,
		"no host":                  "http:///x",
		"a port that is none":      "http://127.0.0.1:0/",
		"what is no URL":           "http://[::1",
		"too long":                 "/" + strings.Repeat("a", 3_000),
		"public, by plain http":    "http://8.8.8.8/",
	}
	for address, what := range refused() {
		if netip.MustParseAddr(address).Unmap() != netip.MustParseAddr("127.0.0.1") { // allowed here
			locations[what+" "+address] = "https://" + literal(address) + "/"
		}
	}
	for name, location := range locations {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			})
			c := client(t, fetch.Options{AllowNetworks: loopback()})
			_, err := c.Get(t.Context(), s.URL, fetch.GetOptions{MaxRedirects: 3})
			if assay.CodeOf(err) != assay.Invalid {
				t.Fatalf("error %v", err)
			}
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), location) {
				t.Errorf("the error quotes the address: %v", err)
			}
			if !strings.HasPrefix(err.Error(), "the address leads on to another one: ") {
				t.Errorf("the error does not tell which address is meant: %v", err)
			}
		})
	}
	if inside.Load() {
		t.Error("a service inside was reached")
	}
}

func mustPort(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

func TestARedirectToANameThatIsInsideIsRefusedWhenItIsConnectedTo(t *testing.T) {
	ns := nameserver(t, "127.0.0.2", "10.0.0.1", "169.254.169.254")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+hookHost+"/", http.StatusFound)
	})
	c := client(t, fetch.Options{AllowNetworks: loopback(), Resolver: ns.Resolver})
	if _, err := c.Get(t.Context(), s.URL, fetch.GetOptions{MaxRedirects: 1}); assay.CodeOf(err) != assay.Invalid {
		t.Errorf("error %v", err)
	}
}

func TestANameThatMovesIsRefusedByGetToo(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	ns := nameserver(t, "127.0.0.1")
	c := client(t, fetch.Options{AllowNetworks: loopback(), Resolver: ns.Resolver})
	target := ns.url(s.URL)
	if a, err := c.Get(t.Context(), target, fetch.GetOptions{}); err != nil || a.Status != 200 {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, moved := range []string{"127.0.0.2", "10.0.0.1", "169.254.169.254", "::1"} {
		ns.set(moved)
		if a, err := c.Get(t.Context(), target, fetch.GetOptions{}); assay.CodeOf(err) != assay.Invalid || strings.Contains(err.Error(), moved) {
			t.Errorf("moved to %s: %+v, %v", moved, a, err)
		}
	}
}

func TestAGetOfAnAddressThatIsNotPublicIsRefused(t *testing.T) {
	for address, what := range refused() {
		t.Run(what+" "+address, func(t *testing.T) {
			ns := nameserver(t, address)
			c := client(t, fetch.Options{AllowPlain: true, Resolver: ns.Resolver})
			for _, host := range []string{literal(address), hookHost} {
				for _, scheme := range []string{"http://", "https://"} {
					_, err := c.Get(t.Context(), scheme+host+"/x", fetch.GetOptions{MaxRedirects: 3})
					if assay.CodeOf(err) != assay.Invalid || strings.Contains(err.Error(), address) {
						t.Errorf("%s%s: error %v", scheme, host, err)
					}
				}
			}
		})
	}
}

func TestNoRedirectLeadsFromHTTPSToHTTPUnlessPlainIsAllowed(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "plain") })
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for allowed, want := range map[bool]assay.Code{false: assay.Invalid, true: ""} {
		c := client(t, fetch.Options{AllowNetworks: loopback(), AllowPlain: allowed, RootCAs: roots})
		a, err := c.Get(t.Context(), secure.URL, fetch.GetOptions{MaxRedirects: 1})
		if assay.CodeOf(err) != want || err == nil && string(a.Body) != "plain" {
			t.Errorf("plain allowed: %t: %q, %v", allowed, a.Body, err)
		}
	}
}

func TestAGetThatIsNotAnsweredWhollyIsUnavailableAndTellsNothing(t *testing.T) {
	slow := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "the first part")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	slowly := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, slow.URL+"/s3cret", http.StatusFound)
	})
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "the first part")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	gone := httptest.NewServer(nil)
	gone.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		url  string
		want string
	}{
		"a slow body":            {t.Context(), slow.URL, "no answer in time"},
		"a slow body elsewhere":  {t.Context(), slowly.URL, "the address leads on to another one: no answer in time"},
		"a cut body":             {t.Context(), cut.URL, "no connection to the address, or it was cut before an answer came"},
		"nobody there":           {t.Context(), gone.URL, "no connection to the address, or it was cut before an answer came"},
		"a caller who left":      {cancelled, slow.URL, "the request was cancelled"},
		"not spoken to with TLS": {t.Context(), strings.Replace(slow.URL, "http:", "https:", 1), "no connection to the address, or it was cut before an answer came"},
	} {
		t.Run(name, func(t *testing.T) {
			o := fetch.Options{AllowNetworks: loopback(), Timeout: 500 * time.Millisecond}
			a, err := client(t, o).Get(c.ctx, c.url+"/s3cret", fetch.GetOptions{MaxBytes: 1_000, MaxRedirects: 1})
			if assay.CodeOf(err) != assay.Unavailable || err.Error() != c.want {
				t.Errorf("%q, error %q, code %s, want %q", a.Body, err, assay.CodeOf(err), c.want)
			}
			if name == "a caller who left" && !errors.Is(err, context.Canceled) {
				t.Error("the cause is lost")
			}
		})
	}
}
