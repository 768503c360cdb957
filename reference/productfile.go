package reference

import (
	"bytes"
	"io"
	"io/fs"
	"sync"
	"unicode/utf8"

	"assay"
)

// Columns of products.csv, as they stand in its layout.
const (
	productOwner = iota
	productGTIN
	productMPN
	productName
	productCategory
	productCurrency
	productListPrice
	productMinimumPrice
	productImages
)

// productReader parses the rows of products.csv. Each goroutine has its own; what
// it has parsed of a block is merged into the set in one go.
type productReader struct {
	*columnMap
	scratch  productScratch
	images   []byte
	mistakes mistakes
	rows     []parsedProduct
	text     []byte // of all rows
	utf8     bool   // the block is UTF-8 as a whole
}

type parsedProduct struct {
	productRow
	digest
	owner, category []byte // within the block
	textEnd         int
	line            int
}

// readProducts reads products.csv on all cores. The set's order does not matter:
// it is sorted later.
func (b *Builder) readProducts(f fs.File) error {
	r, first := newBlockReader(f), &block{}
	header, ok, err := products.readHeader(r, first, &b.mistakes)
	if !ok || err != nil {
		return err
	}
	var mu sync.Mutex // guards b and failed
	var failed error
	var wg sync.WaitGroup
	work := func(data *block) {
		p := productReader{columnMap: &header}
		w := &row{}
		for {
			p.parse(data, w)
			mu.Lock()
			p.merge(&b.products, &b.mistakes)
			stop := b.products.full || failed != nil
			mu.Unlock()
			if stop {
				return
			}
			if err := r.next(data); err == io.EOF {
				return
			} else if err != nil {
				mu.Lock()
				if err := r.fault(productsFile, err, &b.mistakes); failed == nil {
					failed = err
				}
				mu.Unlock()
				return
			}
		}
	}
	for i := range workerCount() {
		data := &block{}
		if i == 0 {
			data = first
		}
		wg.Go(func() { work(data) })
	}
	wg.Wait()
	return failed
}

// parse parses the rows of a block. They point into it.
func (p *productReader) parse(b *block, w *row) {
	p.rows, p.text, p.utf8 = p.rows[:0], p.text[:0], utf8.Valid(b.data)
	b.rows(productsFile, w, p.add)
}

func (p *productReader) add(w *row) {
	if !p.check(w, p.utf8, &p.mistakes) {
		return
	}
	ok := true
	bad := func(column int, format string, args ...any) {
		p.mistakes.add(w.at, column+1, p.columns[column], format, args...)
		ok = false
	}
	p.images = canonicalImages(p.images[:0], p.get(w, productImages))
	v := productValue{
		owner: p.get(w, productOwner), mpn: p.get(w, productMPN), name: p.get(w, productName), category: p.get(w, productCategory),
		images: p.images,
	}
	if s := p.get(w, productGTIN); len(s) > 0 {
		gtin, fault := assay.ParseGTIN(string(s))
		switch fault {
		case assay.GTINShape:
			bad(productGTIN, "%s is not a GTIN: 8, 12, 13 or 14 digits", quoted(string(s)))
		case assay.GTINCheckDigit:
			bad(productGTIN, "%s has a wrong check digit", quoted(string(s)))
		}
		v.gtin = gtin
	}
	list, minimum := p.get(w, productListPrice), p.get(w, productMinimumPrice)
	code, known := "", false
	if s := p.get(w, productCurrency); len(s) > 0 {
		if code, known = assay.LookupCurrency(string(s)); !known {
			bad(productCurrency, "%s is not an ISO 4217 code", quoted(string(s)))
		}
	} else if len(list) > 0 || len(minimum) > 0 {
		bad(productCurrency, "a price needs a currency")
	}
	price := func(column int, s []byte) (m assay.Money) {
		if len(s) == 0 {
			return m
		}
		m, err := parsePrice(s, code)
		if err != nil {
			bad(column, "%s", reasonOf(err))
			return assay.Money{}
		}
		if !known {
			return assay.Money{}
		}
		return m
	}
	v.list, v.minimum = price(productListPrice, list), price(productMinimumPrice, minimum)
	if !v.check(w.at, &p.mistakes) || !ok {
		return
	}
	parsed := parsedProduct{digest: v.encode(&p.scratch.encoder), owner: v.owner, category: v.category, line: w.at.Line}
	parsed.productRow, p.text = v.row(p.text)
	parsed.textEnd = len(p.text)
	p.rows = append(p.rows, parsed)
}

// merge moves what was parsed into the set.
func (p *productReader) merge(s *productSet, m *mistakes) {
	m.take(&p.mistakes)
	start := 0
	for i := range p.rows {
		r := &p.rows[i]
		s.add(r.productRow, r.digest, r.owner, r.category, p.text[start:r.textEnd], Place{productsFile, r.line}, m)
		start = r.textEnd
	}
}

// parsePrice reads an amount as assay.ParseMoney does, in canonical form; a code
// of "" is of a currency that was reported already.
func parsePrice(s []byte, code string) (assay.Money, error) {
	if m, ok := plainAmount(s); ok {
		m.Currency = code
		return canonicalMoney(m), nil
	}
	m, err := assay.ParseAmount(string(s))
	if err != nil {
		return m, err
	}
	m.Currency = code
	return canonicalMoney(m), nil
}

// plainAmount reads the amounts that nearly every row has, such as 129.00.
func plainAmount(s []byte) (m assay.Money, ok bool) {
	if len(s) > 15 {
		return m, false
	}
	point := -1
	for i, c := range s {
		switch {
		case '0' <= c && c <= '9':
			m.Amount = m.Amount*10 + int64(c-'0')
		case c == '.' && point < 0 && i > 0 && i < len(s)-1:
			point = i
		default:
			return m, false
		}
	}
	if point >= 0 {
		m.Scale = uint8(len(s) - 1 - point)
	}
	return m, len(s) > 0 && m.Scale <= assay.MaxScale
}

// canonicalImages appends the ";"-separated paths or URLs of s to dst, trimmed
// and without empty ones.
func canonicalImages(dst, s []byte) []byte {
	if len(s) == 0 {
		return dst
	}
	if bytes.IndexByte(s, ';') < 0 {
		return append(dst, s...)
	}
	for item := range bytes.SplitSeq(s, []byte{';'}) {
		if item = bytes.TrimSpace(item); len(item) > 0 {
			if len(dst) > 0 {
				dst = append(dst, ';')
			}
			dst = append(dst, item...)
		}
	}
	return dst
}
