package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/api"
)

// null takes an answer without keeping it.
type null struct {
	header http.Header
	status int
}

func (n *null) Header() http.Header         { return n.header }
func (n *null) WriteHeader(status int)      { n.status = status }
func (n *null) Write(b []byte) (int, error) { return len(b), nil }

func bench(b *testing.B, path, body string) {
	w := newWorld(b)
	a, _ := w.open(b, func(o *api.Options) { o.Log = nil })
	r := httptest.NewRequest("POST", path, nil)
	r.Header.Set("Authorization", "Bearer "+adminSecret)
	r.ContentLength = int64(len(body))
	in := strings.NewReader(body)
	r.Body = readCloser{in}
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(body)
		out := null{header: http.Header{}}
		a.ServeHTTP(&out, r)
		if out.status != 200 && out.status != 0 {
			b.Fatal(out.status)
		}
		w.taken, w.lines = w.taken[:0], w.lines[:0]
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func BenchmarkScreenOneListing(b *testing.B) {
	bench(b, "/v1/screen", `{"marketplace":"bazar.example","id":"9","title":"Bellweather bag, mirror quality","price":{"amount":"39.00","currency":"EUR"}}`)
}

func BenchmarkScreen500Listings(b *testing.B) {
	bench(b, "/v1/screen", batch(slicesOf(500, item(1))...))
}

func BenchmarkListingsOne(b *testing.B) { bench(b, "/v1/listings", item(1)) }

func BenchmarkListings1000(b *testing.B) { bench(b, "/v1/listings", items(1000)) }
