package api_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"

	"assay/api"
)

func FuzzScreenBody(f *testing.F) {
	for _, seed := range []string{
		item(1), batch(item(1), item(2)), `{"listings":[]}`, `{"listings":[null,7,{}]}`, `{"listings":[]}x`, ` { "listings" : [ {} ] } `,
		`{"listings":[{"id":"1","id":"2"}],"a":1}`, "{\"listings\":[{\"title\":\"\xff\"}]}", `{"listings":` + strings.Repeat("[", 50),
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	a, _ := w.open(f)
	f.Fuzz(func(t *testing.T, body string) {
		r := do(a, request("POST", "/v1/screen", body))
		switch r.Code {
		case 200:
			got := read[api.Verdicts](t, r, 200)
			if !jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true)) {
				t.Errorf("%q is no JSON, and gave %s", body, r.Body)
			}
			var in struct {
				Listings []jsontext.Value `json:"listings"`
			}
			if err := json.Unmarshal([]byte(body), &in); err == nil && in.Listings != nil && len(got.Verdicts) > max(1, len(in.Listings)) {
				t.Errorf("%d verdicts on %d listings", len(got.Verdicts), len(in.Listings))
			}
		case 413, 422:
			if p := problem(t, r, r.Code); len(p.Errors) == 0 {
				t.Errorf("%q: no mistake is named", body)
			}
		default:
			t.Errorf("%q: %d %s", body, r.Code, r.Body)
		}
	})
}

func FuzzFindingsQuery(f *testing.F) {
	for _, seed := range []string{
		"", "verdict=block,review&lane=price", "since=2026-11-23&order=found&limit=7", "cursor=bad", "q=%E5%8F%A4", "q=%ff", "limit=-1", "a=b;c", "%zz", "verdict=%00",
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	a, _ := w.open(f)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/v1/findings", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer "+adminSecret)
		got := do(a, r)
		switch got.Code {
		case 200:
			for _, l := range w.filter.Levels {
				if l.Rank() < 0 {
					t.Errorf("%q gives the level %q", query, l)
				}
			}
		case 400:
			if _, err := url.ParseQuery(query); err == nil {
				t.Errorf("%q is well formed", query)
			}
		case 422:
			if p := problem(t, got, 422); len(p.Errors) != 1 || p.Errors[0].Location == "" {
				t.Errorf("%q: %s", query, got.Body)
			}
		default:
			t.Errorf("%q: %d %s", query, got.Code, got.Body)
		}
	})
}

// FuzzSmallListings compares the two ways in which a body is read.
func FuzzSmallListings(f *testing.F) {
	for _, seed := range []string{items(2), "\ufeff" + item(1), "{}\r\n\r\n{]\n", "\xff\xfe{\x00", gzipped(items(2)), gzipped(items(2))[:20], "PK\x03\x04", "{\x00}\n"} {
		f.Add(seed)
	}
	w := newWorld(f)
	a, _ := w.open(f)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.HasPrefix(body, "\x1f\x8b") || strings.HasPrefix(body, "(\xb5/\xfd") {
			body = " " + body // packed twice is refused
		}
		small := do(a, request("POST", "/v1/listings?format=ndjson", body))
		// What is packed with Zstandard is always read as a stream.
		large := do(a, request("POST", "/v1/listings?format=ndjson", string(z.EncodeAll([]byte(body), nil))))
		if small.Code != large.Code {
			t.Fatalf("%q: %d %s, and as a stream %d %s", body, small.Code, small.Body, large.Code, large.Body)
		}
		if small.Code == 200 {
			same(t, read[api.Accepted](t, small, 200), read[api.Accepted](t, large, 200))
		}
	})
}
