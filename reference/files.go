package reference

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"assay"
)

// The files of a reference folder.
const (
	marksFile      = "marks.csv"
	claimsFile     = "claims.csv"
	productsFile   = "products.csv"
	authorisedFile = "authorised.csv"
	gatedFile      = "gated.csv"
	ratesFile      = "rates.csv"
	screeningFile  = "screening.yaml"
	banksFolder    = "banks"
	bankFile       = "bank.yaml"
	hashesFile     = "hashes.csv"
)

var (
	marksLayout = &layout{
		file:    marksFile,
		columns: []string{"mark", "kind", "owner", "language", "classes", "right", "alias_of"},
		needed:  []string{"mark", "owner"},
	}
	claimsLayout = &layout{
		file:    claimsFile,
		columns: []string{"phrase", "meaning", "language"},
		needed:  []string{"phrase", "meaning"},
	}
	products = &layout{
		file:    productsFile,
		columns: []string{"owner", "gtin", "mpn", "name", "category", "currency", "list_price", "minimum_price", "images"},
		needed:  []string{"owner"},
	}
	authorisedLayout = &layout{
		file:    authorisedFile,
		columns: []string{"owner", "marketplace", "seller_id", "regions", "valid_from", "valid_to"},
		needed:  []string{"owner", "marketplace", "seller_id"},
	}
	gatedLayout = &layout{
		file:    gatedFile,
		columns: []string{"owner", "marketplace", "category", "valid_from", "valid_to"},
		needed:  []string{"owner", "marketplace"},
	}
	ratesLayout = &layout{
		file:    ratesFile,
		columns: []string{"date", "currency", "per_eur"},
		needed:  []string{"date", "currency", "per_eur"},
	}
)

// mistake reports a mistake in a column.
func (l *layout) mistake(m *mistakes, at Place, column, format string, args ...any) {
	m.add(at, slices.Index(l.columns, column)+1, column, format, args...)
}

// rowReader reads the columns of one row as values and reports those that are
// none.
type rowReader struct {
	*columnMap
	*row
	m  *mistakes
	ok bool
}

func (r *rowReader) text(column string) string {
	return string(r.get(r.row, slices.Index(r.columns, column)))
}

func (r *rowReader) bad(column, format string, args ...any) {
	r.layout.mistake(r.m, r.at, column, format, args...)
	r.ok = false
}

func (r *rowReader) list(column string) (items []string) {
	for item := range strings.SplitSeq(r.text(column), ";") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// date reads YYYY-MM-DD, the zero time for nothing.
func (r *rowReader) date(column string) time.Time {
	s := r.text(column)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		r.bad(column, "%s is not a date such as 2026-11-23", quoted(s))
	}
	return t
}

// mark adds a row of marks.csv. A row with a mistake is added too, as broken.
func (b *Builder) mark(c *columnMap, w *row) {
	r := rowReader{c, w, &b.mistakes, true}
	m := assay.Mark{
		Text: r.text("mark"), Kind: assay.MarkKind(strings.ToLower(r.text("kind"))), Owner: r.text("owner"), Language: r.text("language"),
		Right: r.text("right"), AliasOf: r.text("alias_of"),
	}
	for _, s := range r.list("classes") {
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil || n < 1 || n > 45 {
			r.bad("classes", "%s is not a class of the Nice Classification (1 to 45, such as 18;25)", quoted(s))
			continue
		}
		m.Classes = append(m.Classes, uint8(n))
	}
	b.addMark(m, r.at, r.ok)
}

// claim adds a row of claims.csv.
func (b *Builder) claim(c *columnMap, w *row) {
	r := rowReader{c, w, &b.mistakes, true}
	b.AddClaim(assay.ClaimPhrase{
		Text: r.text("phrase"), Meaning: assay.ClaimMeaning(strings.ToLower(r.text("meaning"))), Language: r.text("language"),
	}, r.at)
}

// account adds a row of authorised.csv.
func (b *Builder) account(c *columnMap, w *row) {
	r := rowReader{c, w, &b.mistakes, true}
	a := assay.AuthorisedSeller{
		Owner: r.text("owner"), Marketplace: r.text("marketplace"), SellerID: r.text("seller_id"),
		Regions: r.list("regions"), From: r.date("valid_from"), To: r.date("valid_to"),
	}
	b.AddAuthorised(a, r.at)
}

// gate adds a row of gated.csv.
func (b *Builder) gate(c *columnMap, w *row) {
	r := rowReader{c, w, &b.mistakes, true}
	b.AddGate(assay.Gate{
		Owner: r.text("owner"), Marketplace: r.text("marketplace"), Category: r.text("category"),
		From: r.date("valid_from"), To: r.date("valid_to"),
	}, r.at)
}

// rate adds a row of rates.csv.
func (b *Builder) rate(c *columnMap, w *row) {
	r := rowReader{c, w, &b.mistakes, true}
	rate := assay.Rate{Date: r.date("date"), Currency: r.text("currency")}
	if r.ok && rate.Date.IsZero() {
		r.bad("date", "a date is needed")
	}
	perEUR, err := assay.ParseAmount(r.text("per_eur"))
	if err != nil {
		r.bad("per_eur", "%s", reasonOf(err))
	}
	if _, known := assay.LookupCurrency(rate.Currency); !known && !r.ok {
		r.bad("currency", "%s is not an ISO 4217 code", quoted(rate.Currency))
	}
	rate.PerEUR = perEUR
	if r.ok {
		b.AddRate(rate, r.at)
	}
}
