package web

import (
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assay"
)

var queries = rapid.Custom(func(t *rapid.T) findingsQuery {
	text := rapid.SampledFrom([]string{"", "Bellweather Group", "a&b=c", "手袋 #1", "100%"})
	q := findingsQuery{
		owner: text.Draw(t, "owner"), market: text.Draw(t, "market"), seller: text.Draw(t, "seller"), q: text.Draw(t, "q"),
		since: rapid.SampledFrom([]string{"", "2026-03-01"}).Draw(t, "since"), order: rapid.SampledFrom(findingOrders()).Draw(t, "order"),
	}
	for _, l := range allLevels() {
		if rapid.Bool().Draw(t, "level") {
			q.levels = append(q.levels, l)
		}
	}
	for _, l := range assay.Lanes() {
		if rapid.Bool().Draw(t, "lane") {
			q.lanes = append(q.lanes, l)
		}
	}
	for _, c := range findingColumns() {
		if rapid.Bool().Draw(t, "column") {
			q.columns = append(q.columns, c)
		}
	}
	return q
})

func TestAnAddressSaysTheWholeFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queries.Draw(t, "query")
		u, err := url.Parse(q.address("/findings"))
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseFindings(u.Query())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(q, back, cmp.AllowUnexported(findingsQuery{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAVerdictClickedTwiceIsAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queries.Draw(t, "query")
		l := rapid.SampledFrom(allLevels()).Draw(t, "level")
		once := q.toggled(l)
		if slices.Contains(q.shown(), l) && len(q.shown()) == 1 {
			return // taking the last one away shows the usual ones
		}
		if slices.Contains(once.shown(), l) == slices.Contains(q.shown(), l) {
			t.Fatalf("%v: nothing was toggled", l)
		}
		want, got := q.shown(), once.toggled(l).shown()
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("%v became %v", want, got)
		}
	})
}

func TestAnAddressThatCannotBeIsRefusedInWords(t *testing.T) {
	for query, want := range map[string]string{
		"verdict=guilty":   `"guilty" is no verdict: there are clear, review and block`,
		"lane=fast":        `"fast" is no lane`,
		"since=yesterday":  `"yesterday" is not a day, such as 2026-03-01`,
		"order=random":     `a list has no order "random"`,
		"owner=%ff%fe":     `what is asked for in "owner" is too long, or not text`,
		"column=nonsense":  "",
		"utm_source=mail":  "",
		"verdict=block&q=": "",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parseFindings(v)
		if got := errorText(err); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestVerdictAndOfferAreAlwaysColumns(t *testing.T) {
	q := findingsQuery{columns: []string{"price"}}
	if diff := cmp.Diff([]string{"verdict", "offer", "price"}, q.visible()); diff != "" {
		t.Error(diff)
	}
}
