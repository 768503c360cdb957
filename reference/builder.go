package reference

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"assay"
	"assay/price"
	"assay/score"
)

// Builder collects rows and compiles them. Load uses one for a folder; rows that
// come from elsewhere go through one too and follow the same rules. A Builder
// belongs to one goroutine and builds once.
type Builder struct {
	mistakes   mistakes
	marks      []markRow
	claims     []claimRow
	products   productSet
	value      productScratch // of AddProduct
	authorised []authorisedRow
	gates      []gateRow
	rates      []rateRow
	banks      []bankRow
	policy     score.Policy
	terms      chan *termSet // once begun
}

type (
	markRow struct {
		assay.Mark
		at     Place
		broken bool // reported; kept so that other rows may name it
	}
	claimRow struct {
		assay.ClaimPhrase
		at Place
	}
	authorisedRow struct {
		assay.AuthorisedSeller
		at Place
	}
	gateRow struct {
		assay.Gate
		at Place
	}
	rateRow struct {
		assay.Rate
		at Place
	}
	bankRow struct {
		Bank
		at Place
	}
)

// New returns a Builder without rows.
func New() *Builder { return &Builder{} }

// AddMark adds a mark. The place is used to report mistakes.
func (b *Builder) AddMark(m assay.Mark, at Place) { b.addMark(m, at, true) }

func (b *Builder) addMark(m assay.Mark, at Place, ok bool) {
	trimAll(&m.Text, &m.Owner, &m.Language, &m.Right, &m.AliasOf)
	m.Language = lowerASCII(m.Language)
	bad := func(column, format string, args ...any) {
		marksLayout.mistake(&b.mistakes, at, column, format, args...)
		ok = false
	}
	if m.Text == "" {
		bad("mark", "a mark is needed")
	} else if reason := termFault(m.Text); reason != "" {
		bad("mark", "%s", reason)
	}
	if m.Owner == "" {
		bad("owner", "an owner is needed")
	}
	switch m.Kind {
	case "":
		m.Kind = assay.Distinctive
	case assay.Distinctive, assay.Dictionary:
	default:
		bad("kind", "%s is neither distinctive nor dictionary", quoted(string(m.Kind)))
	}
	for _, c := range m.Classes {
		if c < 1 || c > 45 {
			bad("classes", "%d is not a class of the Nice Classification (1 to 45)", c)
		}
	}
	m.Classes = slices.Clone(m.Classes)
	slices.Sort(m.Classes)
	m.Classes = slices.Clip(slices.Compact(m.Classes))
	if len(m.Classes) == 0 {
		m.Classes = nil
	}
	b.marks = append(b.marks, markRow{m, at, !ok})
}

// AddClaim adds a claim phrase.
func (b *Builder) AddClaim(c assay.ClaimPhrase, at Place) {
	trimAll(&c.Text, &c.Language)
	c.Language = lowerASCII(c.Language)
	ok := true
	bad := func(column, format string, args ...any) {
		claimsLayout.mistake(&b.mistakes, at, column, format, args...)
		ok = false
	}
	if c.Text == "" {
		bad("phrase", "a phrase is needed")
	} else if reason := termFault(c.Text); reason != "" {
		bad("phrase", "%s", reason)
	}
	if c.Meaning != assay.Replica && c.Meaning != assay.Excuse {
		bad("meaning", "%s is neither replica nor excuse", quoted(string(c.Meaning)))
	}
	if ok {
		b.claims = append(b.claims, claimRow{c, at})
	}
}

// productScratch is what AddProduct and the reader of products.csv reuse from row
// to row.
type productScratch struct {
	encoder encoder
	text    []byte
}

// AddProduct adds a product.
func (b *Builder) AddProduct(p assay.Product, at Place) {
	trimAll(&p.Owner, &p.MPN, &p.Name, &p.Category)
	v := productValue{
		owner: []byte(p.Owner), mpn: []byte(p.MPN), name: []byte(p.Name), category: []byte(p.Category),
		images: canonicalImages(nil, []byte(strings.Join(p.Images, ";"))), gtin: p.GTIN,
	}
	ok := true
	for _, amount := range []struct {
		column string
		from   assay.Money
		to     *assay.Money
	}{{"list_price", p.ListPrice, &v.list}, {"minimum_price", p.MinimumPrice, &v.minimum}} {
		if amount.from.IsZero() {
			continue
		}
		code, known := assay.LookupCurrency(amount.from.Currency)
		if !known || amount.from.Scale > assay.MaxScale {
			products.mistake(&b.mistakes, at, "currency", "%s is not an ISO 4217 code", quoted(amount.from.Currency))
			ok = false
			continue
		}
		amount.from.Currency = code
		*amount.to = canonicalMoney(amount.from)
	}
	if _, fault := assay.ParseGTIN(p.GTIN.String()); p.GTIN != 0 && fault != assay.GTINFine {
		products.mistake(&b.mistakes, at, "gtin", "%d has the wrong %s", p.GTIN, fault)
		ok = false
	}
	if len(p.Owner)+len(p.MPN)+len(p.Name)+len(p.Category)+len(v.images) > MaxRowBytes {
		products.mistake(&b.mistakes, at, "name", "the row is longer than 1 MiB")
		ok = false
	}
	if !v.check(at, &b.mistakes) || !ok {
		return
	}
	r, text := v.row(b.value.text[:0])
	b.value.text = text
	b.products.add(r, v.encode(&b.value.encoder), v.owner, v.category, text, at, &b.mistakes)
}

// AddAuthorised adds an authorised seller.
func (b *Builder) AddAuthorised(a assay.AuthorisedSeller, at Place) {
	trimAll(&a.Owner, &a.Marketplace, &a.SellerID)
	a.Marketplace = lowerASCII(a.Marketplace)
	a.From, a.To = day(a.From), day(a.To)
	ok := days(authorisedLayout, &b.mistakes, at, a.From, a.To)
	for _, f := range [...]struct{ column, value string }{{"owner", a.Owner}, {"marketplace", a.Marketplace}, {"seller_id", a.SellerID}} {
		if f.value == "" {
			authorisedLayout.mistake(&b.mistakes, at, f.column, "must not be empty")
			ok = false
		}
	}
	var regions []string
	for _, r := range a.Regions {
		code, known := country(r)
		if !known {
			authorisedLayout.mistake(&b.mistakes, at, "regions", "%s is not an ISO 3166-1 alpha-2 code%s", quoted(r), countryHint(code))
			ok = false
		}
		regions = append(regions, code)
	}
	slices.Sort(regions)
	a.Regions = slices.Clip(slices.Compact(regions))
	if ok {
		b.authorised = append(b.authorised, authorisedRow{a, at})
	}
}

// AddGate adds a gate.
func (b *Builder) AddGate(g assay.Gate, at Place) {
	trimAll(&g.Owner, &g.Marketplace, &g.Category)
	g.Marketplace = lowerASCII(g.Marketplace)
	g.From, g.To = day(g.From), day(g.To)
	ok := days(gatedLayout, &b.mistakes, at, g.From, g.To)
	for _, f := range [...]struct{ column, value string }{{"owner", g.Owner}, {"marketplace", g.Marketplace}} {
		if f.value == "" {
			gatedLayout.mistake(&b.mistakes, at, f.column, "must not be empty")
			ok = false
		}
	}
	if ok {
		b.gates = append(b.gates, gateRow{g, at})
	}
}

// AddRate adds an exchange rate.
func (b *Builder) AddRate(r assay.Rate, at Place) {
	ok := true
	bad := func(column, format string, args ...any) {
		ratesLayout.mistake(&b.mistakes, at, column, format, args...)
		ok = false
	}
	r.Date = day(r.Date)
	if r.Date.IsZero() {
		bad("date", "a date is needed")
	}
	code, known := assay.LookupCurrency(strings.TrimSpace(r.Currency))
	if !known {
		bad("currency", "%s is not an ISO 4217 code", quoted(r.Currency))
	}
	r.Currency = code
	for r.PerEUR.Scale > 0 && r.PerEUR.Amount%10 == 0 {
		r.PerEUR.Amount, r.PerEUR.Scale = r.PerEUR.Amount/10, r.PerEUR.Scale-1
	}
	r.PerEUR.Currency = ""
	switch {
	case r.PerEUR.Amount <= 0:
		bad("per_eur", "must be above 0")
	case code == price.Euro && r.PerEUR != assay.Money{Amount: 1}:
		bad("per_eur", "1 EUR is 1 EUR")
	}
	if ok {
		b.rates = append(b.rates, rateRow{r, at})
	}
}

// Build compiles the rows as of a day (UTC). It returns all mistakes of all rows
// as assay.Problems, or a generation.
func (b *Builder) Build(asOf time.Time) (*Generation, error) {
	b.beginTerms()
	g := &Generation{asOf: day(asOf), policy: b.policy}
	authorised, gates, rates, banks := table{name: authorisedFile}, table{name: gatedFile}, table{name: ratesFile}, table{name: banksFolder}
	b.authorised = unique(b.authorised, &authorised, encodeAuthorised)
	b.gates = unique(b.gates, &gates, encodeGate)
	b.rates = unique(b.rates, &rates, encodeRate)
	b.checkRates()
	b.compileBanks(g, &banks)
	terms := <-b.terms
	b.mistakes.take(&terms.mistakes)
	if err := b.mistakes.err(); err != nil {
		return nil, err
	}
	if terms.err != nil {
		return nil, fmt.Errorf("building the matcher: %w", terms.err)
	}
	var err error
	if g.rates, err = b.ratesOn(g); err != nil {
		return nil, err
	}
	productOwners := b.compileOwners(g)
	g.matcher = terms.matcher
	g.terms = terms.compile(g)
	g.roles = make([]TermRole, len(g.terms))
	for i, t := range g.terms {
		g.roles[i] = TermRole{Owner: t.Owner, Kind: t.Kind, Dictionary: t.Dictionary}
	}
	g.channels = newChannels(g, b.authorised, b.gates)
	policy := table{name: screeningFile}
	policy.add(encodePolicy(&encoder{}, b.policy))
	productsSum := b.products.compile(g, productOwners)
	sums := []digest{terms.marksSum, terms.claimsSum, productsSum, authorised.sum(), gates.sum(), rates.sum(), banks.sum(), policy.sum()}
	h := sha256.New()
	h.Write([]byte(hashVersion))
	for _, s := range sums {
		h.Write(s[:])
	}
	g.hash = "sha256:" + hex.EncodeToString(h.Sum(nil))
	var wg sync.WaitGroup
	wg.Go(g.indexGTINs)
	wg.Go(g.indexParts)
	wg.Wait()
	g.buildCatalogues()
	return g, nil
}

// unique adds the rows' digests to t and drops rows that repeat another.
func unique[T any](rows []T, t *table, encode func(*encoder, *T) digest) []T {
	var e encoder
	seen := make(map[digest]bool, len(rows))
	kept := rows[:0]
	for i := range rows {
		d := encode(&e, &rows[i])
		if !seen[d] {
			seen[d] = true
			t.add(d)
			kept = append(kept, rows[i])
		}
	}
	return kept
}

func encodeAuthorised(e *encoder, a *authorisedRow) digest {
	return e.start().str(a.Owner, a.Marketplace, a.SellerID).strs(a.Regions).day(a.From).day(a.To).digest()
}

func encodeGate(e *encoder, g *gateRow) digest {
	return e.start().str(g.Owner, g.Marketplace, g.Category).day(g.From).day(g.To).digest()
}

func encodeRate(e *encoder, r *rateRow) digest {
	return e.start().day(r.Date).str(r.Currency).amount(r.PerEUR.Amount, r.PerEUR.Scale).digest()
}

// checkRates reports two rates of one currency on one day.
func (b *Builder) checkRates() {
	type key struct {
		date     int64
		currency string
	}
	first := make(map[key]*rateRow, len(b.rates))
	for i := range b.rates {
		r := &b.rates[i]
		k := key{r.Date.Unix(), r.Currency}
		if other := first[k]; other != nil {
			ratesLayout.mistake(&b.mistakes, r.at, "per_eur", "%s on %s is %s here and %s %s", r.Currency, r.Date.Format(time.DateOnly),
				r.PerEUR.Decimal(), other.PerEUR.Decimal(), other.at.on())
			continue
		}
		first[k] = r
	}
}

// on names a place within the same file.
func (p Place) on() string {
	if p.Line == 0 {
		return "elsewhere"
	}
	return fmt.Sprintf("on line %d", p.Line)
}

// ratesOn returns the latest rate of each currency on or before the day.
func (b *Builder) ratesOn(g *Generation) (*price.Rates, error) {
	latest := map[string]*rateRow{}
	for i := range b.rates {
		r := &b.rates[i]
		if r.Date.After(g.asOf) {
			continue
		}
		if l := latest[r.Currency]; l == nil || r.Date.After(l.Date) {
			latest[r.Currency] = r
		}
	}
	perEUR := make(map[string]assay.Money, len(latest))
	for code, r := range latest {
		perEUR[code] = r.PerEUR
	}
	g.currencyRates = len(perEUR)
	return price.NewRates(perEUR)
}

func trimAll(fields ...*string) {
	for _, f := range fields {
		*f = strings.TrimSpace(*f)
	}
}
