package web

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assay"
)

// Bounds of what an address may ask for; longer ones are nobody's filter.
const (
	maxFilterChars = 500
	pageRows       = 50
)

// findingsQuery is what the address of a list asks for: the filter, the order, the
// columns and the part.
type findingsQuery struct {
	levels  []assay.Level // empty: review and block
	lanes   []assay.Lane
	owner   string
	market  string
	seller  string
	q       string
	since   string // a day, as it was typed
	order   assay.FindingOrder
	columns []string // empty: the usual ones
	cursor  string
}

// findingOrders are the orders of the list, the usual one first.
func findingOrders() []assay.FindingOrder {
	return []assay.FindingOrder{assay.OrderChanged, assay.OrderScore, assay.OrderFound}
}

// parseFindings reads the address of a list. What it does not know it names.
func parseFindings(v url.Values) (q findingsQuery, err error) {
	for name, values := range v {
		for _, value := range values {
			if len(value) > maxFilterChars*utf8.UTFMax || utf8.RuneCountInString(value) > maxFilterChars && name != "cursor" || !utf8.ValidString(value) {
				return q, assay.Errorf(assay.Invalid, "what is asked for in %q is too long, or not text", name)
			}
		}
	}
	for _, value := range v["verdict"] {
		level := assay.Level(value)
		if level.Rank() < 0 {
			return q, assay.Errorf(assay.Invalid, "%q is no verdict: there are clear, review and block", value)
		}
		if !slices.Contains(q.levels, level) {
			q.levels = append(q.levels, level)
		}
	}
	for _, value := range v["lane"] {
		lane := assay.Lane(value)
		switch {
		case value == "":
		case !lane.Valid():
			return q, assay.Errorf(assay.Invalid, "%q is no lane", value)
		case !slices.Contains(q.lanes, lane):
			q.lanes = append(q.lanes, lane)
		}
	}
	q.owner, q.market, q.seller = strings.TrimSpace(v.Get("owner")), strings.TrimSpace(v.Get("marketplace")), strings.TrimSpace(v.Get("seller"))
	q.q, q.since, q.cursor = strings.TrimSpace(v.Get("q")), strings.TrimSpace(v.Get("since")), v.Get("cursor")
	if q.since != "" {
		if _, err := time.Parse(time.DateOnly, q.since); err != nil {
			return q, assay.Errorf(assay.Invalid, "%q is not a day, such as 2026-03-01", q.since)
		}
	}
	q.order = assay.FindingOrder(v.Get("order"))
	if !slices.Contains(findingOrders(), q.order) {
		return q, assay.Errorf(assay.Invalid, "a list has no order %q", string(q.order))
	}
	for _, name := range v["column"] {
		if slices.Contains(findingColumns(), name) && !slices.Contains(q.columns, name) {
			q.columns = append(q.columns, name)
		}
	}
	return q, nil
}

// filter is what the store is asked for.
func (q findingsQuery) filter() assay.FindingFilter {
	f := assay.FindingFilter{Levels: q.levels, Lanes: q.lanes, Owner: q.owner, Marketplace: q.market, Seller: q.seller, Query: q.q, Order: q.order}
	if q.since != "" {
		f.Since, _ = time.Parse(time.DateOnly, q.since)
	}
	return f
}

// values is the address's query; parseFindings reads it back.
func (q findingsQuery) values() url.Values {
	v := url.Values{}
	for _, l := range q.levels {
		v.Add("verdict", string(l))
	}
	for _, l := range q.lanes {
		v.Add("lane", string(l))
	}
	for name, value := range map[string]string{"owner": q.owner, "marketplace": q.market, "seller": q.seller, "q": q.q, "since": q.since,
		"order": string(q.order), "cursor": q.cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for _, c := range q.columns {
		v.Add("column", c)
	}
	return v
}

// address is that of a path with the query.
func (q findingsQuery) address(path string) string {
	if v := q.values(); len(v) > 0 {
		return path + "?" + v.Encode()
	}
	return path
}

// first is the query from its first row.
func (q findingsQuery) first() findingsQuery { q.cursor = ""; return q }

// toggled is the query with a verdict added or taken away.
func (q findingsQuery) toggled(l assay.Level) findingsQuery {
	q = q.first()
	levels := q.shown()
	if i := slices.Index(levels, l); i >= 0 {
		levels = slices.Delete(levels, i, i+1)
	} else {
		levels = append(levels, l)
	}
	slices.SortFunc(levels, func(a, b assay.Level) int { return b.Rank() - a.Rank() })
	if slices.Equal(levels, usualLevels()) {
		levels = nil
	}
	q.levels = levels
	return q
}

// usualLevels are those that a list shows without being asked.
func usualLevels() []assay.Level { return []assay.Level{assay.Block, assay.Review} }

// shown lists the verdicts that the query shows.
func (q findingsQuery) shown() []assay.Level {
	if len(q.levels) == 0 {
		return usualLevels()
	}
	return slices.Clone(q.levels)
}

// toggledLane is the query with a lane added or taken away.
func (q findingsQuery) toggledLane(l assay.Lane) findingsQuery {
	q = q.first()
	q.lanes = slices.Clone(q.lanes)
	if i := slices.Index(q.lanes, l); i >= 0 {
		q.lanes = slices.Delete(q.lanes, i, i+1)
	} else {
		q.lanes = append(q.lanes, l)
	}
	return q
}

// with is the query with one text in the place of another.
func (q findingsQuery) with(name, value string) findingsQuery {
	q = q.first()
	switch name {
	case "owner":
		q.owner = value
	case "marketplace":
		q.market = value
	case "seller":
		q.seller = value
	case "q":
		q.q = value
	case "since":
		q.since = value
	case "order":
		q.order = assay.FindingOrder(value)
	}
	return q
}

// chip is one part of a filter, with the address without it.
type chip struct{ name, value, without string }

// chips lists the parts of the filter that were asked for.
func (q findingsQuery) chips(c *visit) []chip {
	var chips []chip
	for _, l := range q.lanes {
		chips = append(chips, chip{c.Say("column.lane"), c.lane(l), q.toggledLane(l).address("/findings")})
	}
	for _, f := range []struct{ name, value string }{{"owner", q.owner}, {"marketplace", q.market}, {"seller", q.seller}, {"q", q.q}, {"since", q.since}} {
		if f.value != "" {
			chips = append(chips, chip{c.Say("filter." + f.name), f.value, q.with(f.name, "").address("/findings")})
		}
	}
	return chips
}

// filtered reports whether the list is narrower than usual.
func (q findingsQuery) filtered() bool {
	return len(q.levels) > 0 || len(q.lanes) > 0 || q.owner != "" || q.market != "" || q.seller != "" || q.q != "" || q.since != ""
}

// findingColumns are the columns that a list of findings can show, in their order.
func findingColumns() []string {
	return []string{"verdict", "score", "offer", "signals", "lane", "owner", "marketplace", "price", "seller", "changed", "found"}
}

// usualColumns are those it shows without being asked.
func usualColumns() []string {
	return []string{"verdict", "score", "offer", "lane", "owner", "marketplace", "price", "seller", "changed"}
}

// visible lists the columns that the query shows, in their order. The verdict and the
// offer are always there: a row has to say what it is, and lead somewhere.
func (q findingsQuery) visible() []string {
	wanted := q.columns
	if len(wanted) == 0 {
		return usualColumns()
	}
	var columns []string
	for _, name := range findingColumns() {
		if name == "verdict" || name == "offer" || slices.Contains(wanted, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// number reports whether a column holds numbers, which stand at its right end.
func number(column string) bool { return column == "score" || column == "price" }
