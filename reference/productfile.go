package reference

import (
	"bytes"
	"io"
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

// productReader parses rows of products. Each goroutine has its own; what it has
// parsed of a block is merged in one go.
type productReader struct {
	*columnMap
	take     func(p *productReader, v *productValue, at Place) // of every sound row
	scratch  productScratch
	images   []byte
	key      []byte // scratch of keepLine
	mistakes mistakes
	rows     []parsedProduct // by keep
	text     []byte          // of all rows
	lines    []productLine   // by keepLine
	utf8     bool            // the block is UTF-8 as a whole
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
func (b *Builder) readProducts(f io.Reader) error {
	return products.readProducts(f, &b.mistakes, (*productReader).keep, b.mergeProducts)
}

func (b *Builder) mergeProducts(p *productReader) bool {
	p.merge(&b.products, &b.mistakes)
	return !b.products.full
}

// readProducts reads a file of products; see parseProducts.
func (l *layout) readProducts(f io.Reader, m *mistakes, take func(*productReader, *productValue, Place), merge func(*productReader) bool) error {
	r, first := newBlockReader(f), &block{}
	header, ok, err := l.readHeader(r, first, m)
	if !ok || err != nil {
		return err
	}
	return parseProducts(&header, r, first, m, take, merge)
}

// parseProducts parses blocks of products on all cores, first before the others.
// take is called for every sound row, by several goroutines at once; merge after
// every block, by one at a time, until it returns false. merge may write to m.
func parseProducts(header *columnMap, src blockSource, first *block, m *mistakes,
	take func(*productReader, *productValue, Place), merge func(*productReader) bool) error {
	var mu sync.Mutex // guards m, failed, full and what merge writes to
	var failed error
	full := false
	var wg sync.WaitGroup
	work := func(data *block) {
		p := productReader{columnMap: header, take: take}
		w := &row{}
		for {
			p.parse(data, w)
			mu.Lock()
			if !full && failed == nil {
				full = !merge(&p)
			}
			stop := full || failed != nil
			mu.Unlock()
			if stop {
				return
			}
			if err := src.next(data); err == io.EOF {
				return
			} else if err != nil {
				mu.Lock()
				if err := fault(header.file, err, m); failed == nil {
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
	p.rows, p.lines, p.text, p.utf8 = p.rows[:0], p.lines[:0], p.text[:0], utf8.Valid(b.data)
	b.rows(p.file, w, p.add)
}

func (p *productReader) add(w *row) {
	if v, ok := p.value(w); ok {
		p.take(p, &v, w.at)
	}
}

// value reads a row and reports what is wrong with it.
func (p *productReader) value(w *row) (v productValue, ok bool) {
	if !p.check(w, p.utf8, &p.mistakes) {
		return v, false
	}
	ok = true
	bad := func(column int, format string, args ...any) {
		p.mistakes.add(w.at, column+1, p.columns[column], format, args...)
		ok = false
	}
	p.images = canonicalImages(p.images[:0], p.get(w, productImages))
	v = productValue{
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
	return v, v.check(w.at, &p.mistakes) && ok
}

// keep keeps a product for merge.
func (p *productReader) keep(v *productValue, at Place) {
	parsed := parsedProduct{digest: v.encode(&p.scratch.encoder), owner: v.owner, category: v.category, line: at.Line}
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
		s.add(r.productRow, r.digest, r.owner, r.category, p.text[start:r.textEnd], Place{p.file, r.line}, m)
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
