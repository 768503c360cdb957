package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"assay"
	"assay/api"
)

// item is a listing without a finding, and the n-th of its kind.
func item(n int) string {
	return fmt.Sprintf(`{"marketplace":"bazar.example","id":"%d","title":"plain bag"}`, n)
}

func contains(s, part string) bool { return strings.Contains(s, part) }

func batch(items ...string) string { return `{"listings":[` + strings.Join(items, ",") + `]}` }

func TestScreeningAnswersWithOneVerdictAListingInTheirOrder(t *testing.T) {
	a, _ := newWorld(t).open(t)
	fake := `{"marketplace":"bazar.example","id":"9","title":"Bellweather bag, mirror quality"}`
	for name, c := range map[string]struct {
		body string
		ids  string
	}{
		"one listing":         {fake, "9 review"},
		"a list":              {batch(item(1), fake, item(2)), "1 clear,9 review,2 clear"},
		"a list with spaces":  {" \r\n{ \t\"listings\" : [ " + fake + " , " + item(1) + " ] } \n", "9 review,1 clear"},
		"an empty list":       {batch(), ""},
		"the same one twice":  {batch(fake, fake), "9 review,9 review"},
		"an unknown field":    {`{"marketplace":"m","id":"1","title":"t","listings":[]}`, "1 clear"},
		"500, the most":       {batch(slicesOf(500, item(1))...), strings.TrimSuffix(strings.Repeat("1 clear,", 500), ",")},
		"an empty price":      {`{"marketplace":"m","id":"1","title":"t","price":null}`, "1 clear"},
		"escapes in the name": {`{"marketplace":"m","id":"1","title":"\u0042ellweather mirror quality"}`, "1 review"},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(a, request("POST", "/v1/screen", c.body))
			var ids []string
			for _, v := range read[api.Verdicts](t, r, 200).Verdicts {
				ids = append(ids, v.ID+" "+string(v.Level))
			}
			same(t, strings.Join(ids, ","), c.ids)
			if ct := r.Header().Get("Content-Type"); ct != "application/json" {
				t.Error(ct)
			}
		})
	}
	v := read[api.Verdicts](t, do(a, request("POST", "/v1/screen", fake)), 200).Verdicts[0]
	var sum assay.Points
	for _, c := range v.Contributions {
		sum += c.Points
	}
	if sum != v.Score || sum == 0 || v.Model == "" || v.Reference == "" {
		t.Errorf("%+v", v)
	}
}

func slicesOf(n int, s string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestABadBodyForScreeningNamesEachMistake(t *testing.T) {
	a, _ := newWorld(t).open(t)
	for _, c := range []struct {
		name, body string
		status     int
		fields     string
	}{
		{"a field of one listing", `{"marketplace":"m","id":"1"}`, 422, "title"},
		{"fields in a list", batch(item(1), `{"marketplace":"m","id":"1"}`, item(1), `{"id":7}`), 422, "listings[1].title listings[3].id"},
		{"a nested field", batch(`{"marketplace":"m","id":"1","title":"t","variants":[{},{"price":{"amount":"x","currency":"EUR"}}]}`), 422, "listings[0].variants[1].price.amount"},
		{"an element that is no object", batch(item(1), `7`, `null`), 422, "listings[1] listings[2]"},
		{"a member twice", batch(`{"id":"1","id":"2","marketplace":"m","title":"t"}`), 422, "listings[0].id"},
		{"bytes that are not UTF-8", "{\"marketplace\":\"m\",\"id\":\"1\",\"title\":\"\xff\"}", 422, "title"},
		{"no list", `{"listings":{}}`, 422, "listings"},
		{"nothing", ``, 422, ""},
		{"no object", `[]`, 422, ""},
		{"cut", batch(item(1))[:40], 422, ""},
		{"text behind", batch(item(1)) + "x", 422, ""},
		{"text behind one", item(1) + item(2), 422, ""},
		{"another member", `{"listings":[],"mode":"x"}`, 422, ""},
		{"the list twice", `{"listings":[],"listings":[]}`, 422, ""},
		{"nesting", `{"listings":` + strings.Repeat("[", 100_000), 422, ""},
		{"nesting in a field", `{"marketplace":"m","id":"1","title":"t","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}", 422, "x"},
		{"501", batch(slicesOf(501, item(1))...), 413, "listings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := problem(t, do(a, request("POST", "/v1/screen", c.body)), c.status)
			if len(p.Errors) == 0 {
				t.Fatal("no mistake is named")
			}
			var fields []string
			for _, e := range p.Errors {
				fields = append(fields, e.Field)
				if e.Message == "" || !strings.HasPrefix(e.Location, "body") {
					t.Errorf("%+v", e)
				}
			}
			// Deep nesting is named by a path as long as it is deep: its beginning counts.
			if got := strings.Join(fields, " "); got != c.fields && !(c.name == "nesting in a field" && strings.HasPrefix(got, "x")) {
				t.Errorf("fields %q, want %q", got, c.fields)
			}
		})
	}
	p := problem(t, do(a, request("POST", "/v1/screen", batch(slicesOf(400, `{}`)...))), 422)
	if len(p.Errors) > 100 {
		t.Errorf("%d mistakes are told", len(p.Errors))
	}
}

func TestScreeningTakesPlainJSONOfALimitedSize(t *testing.T) {
	a, _ := newWorld(t).open(t)
	problem(t, do(a, request("POST", "/v1/screen", item(1), "Content-Type", "application/x-www-form-urlencoded")), 415)
	problem(t, do(a, request("POST", "/v1/screen", item(1), "Content-Encoding", "gzip")), 415)
	same(t, do(a, request("POST", "/v1/screen", item(1), "Content-Type", "application/json; charset=utf-8")).Code, 200)
	big := strings.Repeat(" ", api.MaxScreenBytes) + "x"
	problem(t, do(a, request("POST", "/v1/screen", big)), 413)
	r := request("POST", "/v1/screen", big)
	r.ContentLength = -1 // as with a chunked body
	problem(t, do(a, r), 413)
}

func TestScreeningIsUnavailableWithoutAGeneration(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	w.err = assay.Errorf(assay.Unavailable, "no generation is ready yet")
	r := do(a, request("POST", "/v1/screen", item(1)))
	problem(t, r, http.StatusServiceUnavailable)
	if r.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestRequestsThatScreenAtOnceDoNotMixTheirAnswers(t *testing.T) {
	a, _ := newWorld(t).open(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				n := g*1000 + i
				v := read[api.Verdicts](t, do(a, request("POST", "/v1/screen", batch(item(n), item(n+1)))), 200).Verdicts
				if len(v) != 2 || v[0].ID != fmt.Sprint(n) || v[1].ID != fmt.Sprint(n+1) {
					t.Errorf("%d: %+v", n, v)
				}
			}
		})
	}
	wg.Wait()
}
