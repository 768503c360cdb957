package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"assay"
	"assay/api"
)

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func zstandard(s string) string {
	z, _ := zstd.NewWriter(nil)
	defer z.Close()
	return string(z.EncodeAll([]byte(s), nil))
}

// items is n listings, one a line.
func items(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(item(i) + "\n")
	}
	return b.String()
}

// padding makes a body too large to be read whole, without a record.
var padding = strings.Repeat("\n", 1<<20+1)

func TestListingsAreTakenInEveryFormAndTheAnswerNamesTheBadOnes(t *testing.T) {
	three := item(1) + "\n" + `{"id":"2"}` + "\r\n\n \t\n" + item(3)
	mixed := api.Accepted{Accepted: 2, Rejected: []api.Rejected{{Line: 2, Field: "marketplace", Reason: "is missing"}}, RejectedCount: 1}
	two := api.Accepted{Accepted: 2, Rejected: []api.Rejected{}}
	csv := "marketplace,id,title\nm,1,t\nm,2,t\n"
	for _, c := range []struct {
		name, body, target string
		header             []string
		want               api.Accepted
	}{
		{"NDJSON", three, "", []string{"Content-Type", "application/x-ndjson"}, mixed},
		{"without a content type", three, "", nil, mixed},
		{"a byte order mark", "\ufeff" + three, "", nil, mixed},
		{"gzip", gzipped(three), "", []string{"Content-Encoding", "gzip"}, mixed},
		{"gzip by its bytes", gzipped(three), "", nil, mixed},
		{"gzip by its type", gzipped(three), "", []string{"Content-Type", "application/gzip"}, mixed},
		{"Zstandard", zstandard(three), "", []string{"Content-Encoding", "zstd"}, mixed},
		{"large", three + padding, "", nil, mixed},
		{"large in gzip", gzipped(three + padding), "", nil, mixed},
		{"UTF-16", "\xff\xfe" + utf16("{}\n"), "", nil, api.Accepted{Rejected: []api.Rejected{{Line: 1, Field: "marketplace", Reason: "is missing"}}, RejectedCount: 1}},
		{"one object over several lines", "\n{\"marketplace\":\"m\",\n\"id\":\"1\",\"title\":\"t\"}\n", "", []string{"Content-Type", "application/json"}, api.Accepted{Accepted: 1, Rejected: []api.Rejected{}}},
		{"a bad object over several lines", "\n{\n}", "", []string{"Content-Type", "application/json"},
			api.Accepted{Rejected: []api.Rejected{{Line: 2, Field: "marketplace", Reason: "is missing"}}, RejectedCount: 1}},
		{"CSV by type", csv, "", []string{"Content-Type", "text/csv"}, two},
		{"CSV by parameter", csv, "?format=csv", nil, two},
		{"a marketplace for all", `{"id":"1","title":"t"}` + "\n" + `{"id":"2","title":"t","price":{"amount":"3"}}`, "?marketplace=m&currency=EUR", nil, two},
		{"nothing", "", "", nil, api.Accepted{Rejected: []api.Rejected{}}},
		{"blank lines", "\n\n", "", nil, api.Accepted{Rejected: []api.Rejected{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			r := do(a, request("POST", "/v1/listings"+c.target, c.body, c.header...))
			same(t, read[api.Accepted](t, r, 200), c.want)
			same(t, len(w.taken), c.want.Accepted)
		})
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

func TestSmallAndLargeBodiesAreReadByTheSameRules(t *testing.T) {
	for _, body := range []string{
		"", "\n", item(1), item(1) + "\r\n" + item(2) + "\r", "\ufeff\n" + item(1), "{}\n\n\n{]\n" + item(1) + " \n", item(1) + "\n\x00\n",
		"{\"marketplace\":\"m\",\"id\":\"1\",\"title\":\"\xff\"}\n", "null\n7\n" + item(1), "\t\n" + item(1) + item(2),
	} {
		var got [2]api.Accepted
		for i, rest := range []string{"", padding} {
			w := newWorld(t)
			a, _ := w.open(t)
			got[i] = read[api.Accepted](t, do(a, request("POST", "/v1/listings", body+"\n"+rest)), 200)
		}
		if d := fmt.Sprint(got[0]); d != fmt.Sprint(got[1]) {
			t.Errorf("%q: %v, and large: %v", body, got[0], got[1])
		}
	}
}

func TestRejectedRecordsAreListedToALimitAndCounted(t *testing.T) {
	a, _ := newWorld(t).open(t)
	got := read[api.Accepted](t, do(a, request("POST", "/v1/listings", strings.Repeat("{}\n", 2_500)+item(1))), 200)
	if len(got.Rejected) != api.MaxRejected || got.RejectedCount != 2_500 || got.Accepted != 1 {
		t.Errorf("%d listed, %d counted, %d accepted", len(got.Rejected), got.RejectedCount, got.Accepted)
	}
}

func TestWhatIsNotAFeedIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, body, target string
		header             []string
		status             int
	}{
		{"a form", item(1), "", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"a picture", item(1), "", []string{"Content-Type", "image/png"}, 415},
		{"brotli", item(1), "", []string{"Content-Encoding", "br"}, 415},
		{"an unknown format", item(1), "?format=exe", nil, 422},
		{"no currency", item(1), "?currency=XYZZY", nil, 422},
		{"a workbook", "PK\x03\x04rest", "", nil, 422},
		{"packed twice", gzipped(gzipped(item(1))), "", nil, 422},
		{"a key of control characters", item(1), "", []string{"Idempotency-Key", "a\x7f"}, 422},
		{"a key that is too long", item(1), "", []string{"Idempotency-Key", strings.Repeat("k", 256)}, 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			problem(t, do(a, request("POST", "/v1/listings"+c.target, c.body, c.header...)), c.status)
			same(t, len(w.taken), 0)
		})
	}
}

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) { u.t.Error("the body is read"); return 0, errSecretCause }
func (u untouched) Close() error             { return nil }

func TestWithoutRoomTheBodyIsNotRead(t *testing.T) {
	for code, status := range map[assay.Code]int{assay.Busy: 429, assay.Full: 507, assay.Unavailable: 503} {
		w := newWorld(t)
		a, _ := w.open(t)
		w.beginErr = assay.Errorf(code, "not now")
		r := request("POST", "/v1/listings", "")
		r.Body, r.ContentLength = untouched{t}, 10
		got := do(a, r)
		p := problem(t, got, status)
		if p.Taken != nil || status != 507 && got.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %s %v", code, got.Body, got.Header())
		}
	}
	w := newWorld(t)
	a, _ := w.open(t)
	r := request("POST", "/v1/listings", "")
	r.Body, r.ContentLength = untouched{t}, 2<<30
	problem(t, do(a, r), 413)
}

func TestAFeedThatCannotBeTakenToItsEndSaysHowMuchIsDurable(t *testing.T) {
	for code, status := range map[assay.Code]int{assay.Busy: 429, assay.Full: 507, assay.Unavailable: 503} {
		for name, rest := range map[string]string{"small": "", "large": padding} {
			t.Run(string(code)+" "+name, func(t *testing.T) {
				w := newWorld(t)
				a, _ := w.open(t)
				w.takeMax, w.takeErr = 3, assay.Errorf(code, "no more for now")
				p := problem(t, do(a, request("POST", "/v1/listings", "{}\n"+items(10)+rest)), status)
				same(t, p.Taken, &api.Taken{Accepted: 3, DurableThrough: 4, RejectedCount: 1})
			})
		}
	}
}

func TestAFeedThatIsPackedAndCutSaysHowMuchIsDurable(t *testing.T) {
	for name, n := range map[string]int{"small": 100, "large": 30_000} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			whole := gzipped(items(n))
			p := problem(t, do(a, request("POST", "/v1/listings", whole[:len(whole)-20])), 400)
			if p.Taken == nil || p.Taken.Accepted != len(w.taken) || p.Taken.Accepted == 0 && name == "large" {
				t.Errorf("%+v, and %d were taken", p.Taken, len(w.taken))
			}
		})
	}
}

func TestABombEndsTheFeed(t *testing.T) {
	a, _ := newWorld(t).open(t)
	bomb := gzipped(item(1) + "\n" + strings.Repeat(" ", 80<<20))
	p := problem(t, do(a, request("POST", "/v1/listings", bomb)), 413)
	same(t, p.Taken.Accepted, 1)
	// A record that is too long is one bad record.
	long := gzipped(`{"title":"` + strings.Repeat("a", 5<<20) + "\"}\n" + item(1))
	got := read[api.Accepted](t, do(a, request("POST", "/v1/listings", long)), 200)
	if got.Accepted != 1 || got.RejectedCount != 1 {
		t.Errorf("%+v", got)
	}
}

func TestABodyPastTheLimitIsRefusedWithWhatIsDurable(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t, func(o *api.Options) { o.MaxListingsBytes = 2 << 20 })
	r := request("POST", "/v1/listings", items(100)+padding+padding)
	r.ContentLength = -1
	p := problem(t, do(a, r), 413)
	same(t, p.Taken.Accepted, 100)
}

func TestMoreUploadsThanAllowedAreToldToComeBack(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t, func(o *api.Options) { o.MaxUploads = 1 })
	w.finish = func() {
		w.finish = nil
		problem(t, do(a, request("POST", "/v1/listings", item(2))), 429)
	}
	same(t, do(a, request("POST", "/v1/listings", item(1))).Code, 200)
	same(t, do(a, request("POST", "/v1/listings", item(3))).Code, 200)
}

func TestAfterAPanicTheSubmissionIsFinishedAllTheSame(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	finished := false
	w.addPanics, w.finish = true, func() { finished = true }
	problem(t, do(a, request("POST", "/v1/listings", items(2))), 500)
	if !finished {
		t.Error("the room that it took is lost")
	}
}
