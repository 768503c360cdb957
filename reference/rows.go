package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"assay"
)

// Files that only a server has: a folder keeps its banks as folders of images.
const (
	banksFile      = "banks.csv"
	bankImagesFile = "bank_images.csv"
)

var (
	banksLayout = &layout{
		file:    banksFile,
		columns: []string{"name", "meaning", "owner"},
		needed:  []string{"name", "meaning"},
	}
	bankImagesLayout = &layout{
		file:    bankImagesFile,
		columns: []string{"bank", "path", "sha256", "pdq", "label"},
		needed:  []string{"bank"},
	}
	screeningLayout = &layout{file: screeningFile, columns: []string{"screening"}}
)

// Bounds of what a server keeps beyond those of a file: both stand in its indexes.
const (
	MaxOwnerBytes = 1_000
	maxKeyBytes   = 500
)

// rowKind says how the rows of a kind are read, told apart and written.
type rowKind struct {
	kind   assay.ReferenceKind
	layout *layout
	owned  bool // rows have owners; some banks serve everybody all the same
	// cells reads one row and returns its columns in canonical form, in the layout's
	// order; ok is false after a mistake. nil for products and screening, which have
	// readers of their own.
	cells func(b *Builder, c *columnMap, w *row) (cells []string, ok bool)
	// key returns what tells the row from others.
	key   func(cells []string) []string
	owner int // column of the owner, −1 if there is none
}

var rowKinds = []*rowKind{
	{assay.ReferenceMarks, marksLayout, true, markCells, func(c []string) []string { return []string{c[2], c[0]} }, 2},
	{assay.ReferenceClaims, claimsLayout, false, claimCells, func(c []string) []string { return []string{c[0], c[2]} }, -1},
	{assay.ReferenceProducts, products, true, nil, nil, productOwner},
	{assay.ReferenceAuthorised, authorisedLayout, true, accountCells, func(c []string) []string { return []string{c[0], c[1], c[2], c[4]} }, 0},
	{assay.ReferenceGated, gatedLayout, true, gateCells, func(c []string) []string { return c[:4] }, 0},
	{assay.ReferenceRates, ratesLayout, false, rateCells, func(c []string) []string { return c[:2] }, -1},
	{assay.ReferenceScreening, screeningLayout, false, nil, nil, -1},
	{assay.ReferenceBanks, banksLayout, true, bankCells, func(c []string) []string { return c[:1] }, 2},
	{assay.ReferenceBankImages, bankImagesLayout, true, bankImageCells, bankImageKey, -1},
}

// kindOf returns a kind by its name, nil if there is none.
func kindOf(kind assay.ReferenceKind) *rowKind {
	i := slices.IndexFunc(rowKinds, func(k *rowKind) bool { return k.kind == kind })
	if i < 0 {
		return nil
	}
	return rowKinds[i]
}

// Kinds returns the kinds of rows in an order in which a whole reference can be
// imported one after another: a bank before its images.
func Kinds() []assay.ReferenceKind {
	kinds := make([]assay.ReferenceKind, len(rowKinds))
	for i, k := range rowKinds {
		kinds[i] = k.kind
	}
	return kinds
}

// Columns returns the columns of a kind in the order in which a row's Fields have
// them, nil for an unknown kind. The row of kind screening has one, the text of
// screening.yaml.
func Columns(kind assay.ReferenceKind) []string {
	k := kindOf(kind)
	if k == nil {
		return nil
	}
	return slices.Clone(k.layout.columns)
}

func markCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.marks = b.marks[:0]
	b.mark(c, w)
	m := &b.marks[0]
	var classes []string
	for _, n := range m.Classes {
		classes = append(classes, strconv.Itoa(int(n)))
	}
	return []string{m.Text, string(m.Kind), m.Owner, m.Language, strings.Join(classes, ";"), m.Right, m.AliasOf}, !m.broken
}

func claimCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.claims = b.claims[:0]
	if b.claim(c, w); len(b.claims) == 0 {
		return nil, false
	}
	p := &b.claims[0]
	return []string{p.Text, string(p.Meaning), p.Language}, true
}

func accountCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.authorised = b.authorised[:0]
	if b.account(c, w); len(b.authorised) == 0 {
		return nil, false
	}
	a := &b.authorised[0]
	return []string{a.Owner, a.Marketplace, a.SellerID, strings.Join(a.Regions, ";"), date(a.From), date(a.To)}, true
}

func gateCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.gates = b.gates[:0]
	if b.gate(c, w); len(b.gates) == 0 {
		return nil, false
	}
	g := &b.gates[0]
	return []string{g.Owner, g.Marketplace, g.Category, date(g.From), date(g.To)}, true
}

func rateCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.rates = b.rates[:0]
	if b.rate(c, w); len(b.rates) == 0 {
		return nil, false
	}
	r := &b.rates[0]
	return []string{date(r.Date), r.Currency, r.PerEUR.Decimal()}, true
}

func bankCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	b.banks = b.banks[:0]
	r := rowReader{c, w, &b.mistakes, true}
	b.AddBank(Bank{Name: r.text("name"), Meaning: assay.BankMeaning(strings.ToLower(r.text("meaning"))), Owner: r.text("owner")}, r.at)
	if len(b.banks) == 0 {
		return nil, false
	}
	bank := &b.banks[0]
	return []string{bank.Name, string(bank.Meaning), bank.Owner}, true
}

func bankImageCells(b *Builder, c *columnMap, w *row) ([]string, bool) {
	r := rowReader{c, w, &b.mistakes, true}
	sum, pdq := r.hash("sha256", "SHA-256"), r.hash("pdq", "PDQ hash")
	cells := []string{r.text("bank"), r.text("path"), "", "", r.text("label")}
	if sum != nil {
		cells[2] = hex.EncodeToString(sum[:])
	}
	if pdq != nil {
		cells[3] = hex.EncodeToString(pdq[:])
	}
	if cells[0] == "" {
		r.bad("bank", "the name of a bank is needed")
	}
	switch {
	case !r.ok:
	case sum == nil && pdq == nil:
		r.bad("sha256", "an image is known by its sha256 or its pdq; one of them is needed")
	case sum == nil && cells[1] != "":
		r.bad("sha256", "a path needs the sha256 of its file")
	case pdq == nil && cells[4] != "":
		r.bad("label", "is the label of a pdq; there is none")
	}
	return cells, r.ok
}

// bankImageKey is the image's bytes, else its look.
func bankImageKey(c []string) []string {
	if c[2] != "" {
		return []string{c[0], c[2], ""}
	}
	return []string{c[0], "", c[3]}
}

// hash reads 64 hex digits, nil for nothing.
func (r *rowReader) hash(column, name string) *[32]byte {
	s := r.text(column)
	if s == "" {
		return nil
	}
	var h [32]byte
	if n, err := hex.Decode(h[:], []byte(s[:min(len(s), 2*len(h))])); err != nil || n != len(h) || len(s) != 2*n {
		r.bad(column, "%s is not a %s: 64 hex digits", quoted(s), name)
		return nil
	}
	return &h
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// productLine is a product's canonical line on its way to merge.
type productLine struct {
	owner, key, fields int // ends of the texts, which follow one another
	line               int
}

// keepLine keeps a product as a line.
func (p *productReader) keepLine(v *productValue, at Place) {
	currency := v.list.Currency
	if currency == "" {
		currency = v.minimum.Currency
	}
	gtin := []byte(v.gtin.String())
	r := productLine{line: at.Line}
	p.text = append(p.text, v.owner...)
	r.owner = len(p.text)
	// An article is known by its GTIN, else its part number, else its name; it has a
	// row a currency.
	mpn, name := v.mpn, v.name
	if len(gtin) > 0 {
		mpn, name = nil, nil
	} else if len(mpn) > 0 {
		name = nil
	}
	p.key = appendCells(p.key[:0], v.owner, gtin, mpn, name, []byte(currency))
	p.text = shortKey(p.text, p.key)
	r.key = len(p.text)
	amount := func(m assay.Money) []byte {
		if m.Amount == 0 {
			return nil
		}
		return m.AppendDecimal(nil)
	}
	p.text = appendCells(p.text, v.owner, gtin, v.mpn, v.name, v.category, []byte(currency), amount(v.list), amount(v.minimum), v.images)
	r.fields = len(p.text)
	p.lines = append(p.lines, r)
}

// appendCells appends cells as a line of CSV without its end. A cell is quoted
// only where it must be, so that equal cells make equal lines.
func appendCells[T string | []byte](dst []byte, cells ...T) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, cell)
	}
	return dst
}

func appendCell[T string | []byte](dst []byte, cell T) []byte {
	quote := false
	for i := range len(cell) {
		if c := cell[i]; c == '"' || c == ',' || c == '\n' || c == '\r' {
			quote = true
			break
		}
	}
	if !quote {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, cell[i])
	}
	return append(dst, '"')
}

// shortKey appends a key as it is kept: a long one is cut and told apart by a
// digest, so that it fits an index.
func shortKey(dst, key []byte) []byte {
	if len(key) <= maxKeyBytes {
		return append(dst, key...)
	}
	sum := sha256.Sum256(key)
	cut := key[:maxKeyBytes-40]
	for !utf8.RuneStart(key[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	dst = append(dst, cut...)
	dst = append(dst, "… "...)
	return hex.AppendEncode(dst, sum[:16])
}

// numberedKey appends the key of one of several different rows of one key: the
// second and later ones get their number as a cell more.
func numberedKey(dst, key []byte, number int) []byte {
	dst = append(dst, key...)
	if number > 1 {
		dst = append(dst, ',')
		dst = strconv.AppendInt(dst, int64(number), 10)
	}
	return dst
}

// storable reports what a database would not take of a row.
func (l *layout) storable(at Place, owner, fields []byte, m *mistakes) bool {
	ok := true
	if bytes.IndexByte(fields, 0) >= 0 {
		m.add(at, 0, "", "the row holds a NUL character")
		ok = false
	}
	if len(owner) > MaxOwnerBytes {
		l.mistake(m, at, "owner", "the name has %d bytes; at most %d are allowed", len(owner), MaxOwnerBytes)
		ok = false
	}
	return ok
}
