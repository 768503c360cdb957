package web

import (
	"encoding/csv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay"
)

// findingsView is a list of findings as a page shows it.
type findingsView struct {
	query  findingsQuery
	page   assay.FindingPage
	newest int64 // microseconds: what changed later is new to this page
	more   bool  // more has changed than is sent
}

func (w *Web) findings(c *visit) (v findingsView, err error) {
	if v.query, err = parseFindings(c.r.URL.Query()); err != nil {
		return v, err
	}
	// In another order than that of changes a list may hold what changed just now anywhere.
	v.newest = c.now.Add(lateness).UnixMicro()
	if v.page, err = w.s.Findings.ListFindings(c.r.Context(), c.who.scope, v.query.filter(), v.query.cursor, pageRows); err != nil {
		return v, err
	}
	if v.query.order == assay.OrderChanged && v.query.cursor == "" && len(v.page.Findings) > 0 {
		v.newest = v.page.Findings[0].ChangedAt.UnixMicro()
	}
	return v, nil
}

func (w *Web) findingsPage(c *visit) error {
	v, err := w.findings(c)
	if err != nil {
		return err
	}
	return c.page(http.StatusOK, c.Say("findings.title"), "findings", findingsPart(c, v))
}

// findingRows answers with rows alone: the next ones of a list, or those that changed
// since a page was made.
func (w *Web) findingRows(c *visit) error {
	values := c.r.URL.Query()
	after := values.Get("after")
	q, err := parseFindings(values)
	if err != nil {
		return err
	}
	filter := q.filter()
	if after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return assay.Errorf(assay.Invalid, "%q is not a time in microseconds", after)
		}
		// Changes are committed a little later than they say, and not all in one order: what is
		// near the newest row is asked for again, and the page knows what it has.
		since := time.UnixMicro(n).Add(-lateness).UTC()
		filter.Order, filter.Since = assay.OrderChanged, since
		if day := q.filter().Since; day.After(since) {
			filter.Since = day
		}
		filter.Levels = allLevels() // also what has left the list
		return w.freshRows(c, q, filter)
	}
	page, err := w.s.Findings.ListFindings(c.r.Context(), c.who.scope, filter, q.cursor, pageRows)
	if err != nil {
		return err
	}
	return c.show(http.StatusOK, findingRowsPart(c, findingsView{query: q, page: page}))
}

const (
	// lateness is how much later than its time a change may be seen.
	lateness = 10 * time.Second
	// maxFresh is how many rows a page takes at once; with more it says so.
	maxFresh = 200
)

// freshRows answers with what changed in a list: rows that belong into it, marks for those
// that do not any more, and how many there are now.
func (w *Web) freshRows(c *visit, q findingsQuery, filter assay.FindingFilter) error {
	page, err := w.s.Findings.ListFindings(c.r.Context(), c.who.scope, filter, "", maxFresh)
	if err != nil {
		return err
	}
	v := findingsView{query: q, page: page, more: page.Next != ""}
	if len(page.Findings) > 0 {
		now, err := w.s.Findings.ListFindings(c.r.Context(), c.who.scope, q.filter(), "", 1)
		if err != nil {
			return err
		}
		v.page.Count, v.page.Capped = now.Count, now.Capped
	}
	return c.show(http.StatusOK, freshRowsPart(c, v))
}

// maxExport is how many findings one file holds.
const maxExport = 100_000

// findingsCSV exports the list as it is filtered: every column, one row a finding.
func (w *Web) findingsCSV(c *visit) error {
	q, err := parseFindings(c.r.URL.Query())
	if err != nil {
		return err
	}
	filter, cursor := q.filter(), ""
	page, err := w.s.Findings.ListFindings(c.r.Context(), c.who.scope, filter, cursor, exportBegin)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="findings-`+c.now.UTC().Format("2006-01-02")+`.csv"`)
	out := csv.NewWriter(c.w)
	out.Write([]string{"id", "verdict", "lane", "owner", "score", "marketplace", "offer", "variant", "title", "url", "price", "currency",
		"seller_id", "seller_name", "signals", "found_at", "changed_at", "revision", "model", "reference"})
	for n := 0; ; {
		for i := range page.Findings {
			f := &page.Findings[i]
			record := []string{f.ID, string(f.Level), string(f.Lane), f.Owner, f.Score.String(), f.Marketplace, f.Offer, f.Variant, f.Title, f.URL,
				f.Price, f.Currency, f.SellerID, f.SellerName, strings.Join(signalsOf(f.Contributions), " "), f.FoundAt.UTC().Format(time.RFC3339),
				f.ChangedAt.UTC().Format(time.RFC3339), strconv.Itoa(f.Revision), f.Model, f.Reference}
			for k, cell := range record {
				if k != scoreCell {
					record[k] = plainCell(cell)
				}
			}
			out.Write(record)
		}
		n += len(page.Findings)
		if page.Next == "" {
			break
		}
		if n >= maxExport {
			out.Write([]string{c.Say("findings.export_cut", "n", c.Number(maxExport))})
			break
		}
		if page, err = w.s.Findings.ListFindings(c.r.Context(), c.who.scope, filter, page.Next, exportPage); err != nil {
			// The file has begun: cutting the connection says that it is not whole.
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return nil
}

const (
	exportBegin = 50  // findings are read before the first are sent,
	exportPage  = 500 // then so many at a time
	scoreCell   = 4   // a number of ours, which may be negative
)

// plainCell keeps a spreadsheet from taking a seller's text for a formula (OWASP, "CSV
// Injection").
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", firstRune(s)) {
		return "'" + s
	}
	return s
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// signalsOf lists the signals of contributions, each once, in their order.
func signalsOf(contributions []assay.Contribution) []string {
	var signals []string
	seen := map[assay.Signal]bool{}
	for _, k := range contributions {
		if !seen[k.Signal] {
			seen[k.Signal] = true
			signals = append(signals, string(k.Signal))
		}
	}
	return signals
}

// What the templates ask of a list.

func findingsCount(c *visit, page assay.FindingPage) string {
	if page.Capped {
		return c.Say("findings.count_capped", "n", c.Number(page.Count))
	}
	return c.Count("findings.count", page.Count)
}

// orderOf is the order that a column's head sorts by.
func orderOf(column string) (assay.FindingOrder, bool) {
	switch column {
	case "changed":
		return assay.OrderChanged, true
	case "score":
		return assay.OrderScore, true
	case "found":
		return assay.OrderFound, true
	}
	return "", false
}

func orderName(o assay.FindingOrder) string {
	if o == assay.OrderChanged {
		return "changed"
	}
	return string(o)
}

func sortedHow(o assay.FindingOrder) string {
	if o == assay.OrderFound {
		return "ascending"
	}
	return "descending"
}

func sortedSign(o assay.FindingOrder) string {
	if o == assay.OrderFound {
		return "↑"
	}
	return "↓"
}

func isShown(q findingsQuery, l assay.Level) bool   { return slices.Contains(q.shown(), l) }
func hasLane(q findingsQuery, l assay.Lane) bool    { return slices.Contains(q.lanes, l) }
func isVisible(q findingsQuery, column string) bool { return slices.Contains(q.visible(), column) }
func nextPart(v findingsView) findingsQuery         { q := v.query; q.cursor = v.page.Next; return q }

// namedValue is a field of a form.
type namedValue struct{ name, value string }

// hiddenFields carries the query through a form that asks for the fields except.
func hiddenFields(q findingsQuery, except ...string) []namedValue {
	var fields []namedValue
	values := q.first().values()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(except, name) {
			for _, value := range values[name] {
				fields = append(fields, namedValue{name, value})
			}
		}
	}
	return fields
}

func filterFields(q findingsQuery) []namedValue {
	return []namedValue{{"owner", q.owner}, {"marketplace", q.market}, {"seller", q.seller}, {"since", q.since}}
}

func sellerName(f *assay.Finding) string {
	if f.SellerName != "" {
		return f.SellerName
	}
	return f.SellerID
}

func changedAt(f *assay.Finding) string { return strconv.FormatInt(f.ChangedAt.UnixMicro(), 10) }
