package reference

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"sync"

	"assay"
)

// ProductID numbers the products of a generation from 0, in the order of their
// rows' digests.
type ProductID int32

// ProductView is one row of products.csv.
type ProductView struct {
	Owner        OwnerID
	GTIN         assay.GTIN
	MPN          string
	Name         string
	Category     string
	ListPrice    assay.Money
	MinimumPrice assay.Money // private to the owner
	images       string
}

// Images yields the paths or URLs of the product's photos.
func (p ProductView) Images() iter.Seq[string] {
	if p.images == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(p.images, ";")
}

// productRow is a product without its texts. It holds no pointer, so that a
// million of them cost the garbage collector nothing, and fits a cache line.
type productRow struct {
	gtin                    assay.GTIN
	list, minimum           int64 // 0: none
	owner, category         int32
	text                    uint32 // of name, part number and images, in the arena
	currency                uint16 // packed; an index of Generation.currencies once built
	listScale, minimumScale uint8
}

// packCurrency makes a number of an ISO 4217 code.
func packCurrency(code string) uint16 {
	if len(code) != 3 {
		return 0
	}
	return uint16(code[0]-'A')<<10 | uint16(code[1]-'A')<<5 | uint16(code[2]-'A')
}

func unpackCurrency(n uint16) string {
	return string([]byte{'A' + byte(n>>10), 'A' + byte(n>>5&31), 'A' + byte(n&31)})
}

// productValue is a product on its way in, its texts trimmed.
type productValue struct {
	owner, mpn, name, category, images []byte
	gtin                               assay.GTIN
	list, minimum                      assay.Money // canonical; zero: none
}

// check reports what is wrong with the values that one row holds.
func (v *productValue) check(at Place, m *mistakes) (ok bool) {
	ok = true
	bad := func(column, format string, args ...any) {
		products.mistake(m, at, column, format, args...)
		ok = false
	}
	if len(v.owner) == 0 {
		bad("owner", "an owner is needed")
	}
	hasList, hasMinimum := v.list != assay.Money{}, v.minimum != assay.Money{}
	if hasList && v.list.Amount <= 0 {
		bad("list_price", "must be above 0; leave it empty if there is none")
	}
	if hasMinimum && v.minimum.Amount <= 0 {
		bad("minimum_price", "must be above 0; leave it empty if there is none")
	}
	if hasList && hasMinimum {
		if v.list.Currency != v.minimum.Currency {
			bad("minimum_price", "is in %s, list_price in %s", v.minimum.Currency, v.list.Currency)
		} else if v.minimum.Compare(v.list) > 0 {
			bad("minimum_price", "%s is above list_price %s", v.minimum.Decimal(), v.list.Decimal())
		}
	}
	return ok
}

// encode returns the row's digest.
func (v *productValue) encode(e *encoder) digest {
	currency := v.list.Currency
	if currency == "" {
		currency = v.minimum.Currency
	}
	return e.start().bytes(v.owner).num(uint64(v.gtin)).bytes(v.mpn).bytes(v.name).bytes(v.category).str(currency).
		amount(v.list.Amount, v.list.Scale).amount(v.minimum.Amount, v.minimum.Scale).bytes(v.images).digest()
}

// row returns v as a row without owner, category and text, and appends its texts
// to dst.
func (v *productValue) row(dst []byte) (productRow, []byte) {
	r := productRow{
		gtin: v.gtin, list: v.list.Amount, listScale: v.list.Scale, minimum: v.minimum.Amount, minimumScale: v.minimum.Scale,
		currency: packCurrency(v.list.Currency),
	}
	if v.list.Currency == "" {
		r.currency = packCurrency(v.minimum.Currency)
	}
	for _, text := range [...][]byte{v.name, v.mpn, v.images} {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return r, dst
}

// cutText splits the first text off what row has written.
func cutText(s string) (text, rest string) {
	var n, shift int
	for i := 0; i < len(s); i++ {
		n |= int(s[i]&0x7f) << shift
		if s[i] < 0x80 {
			return s[i+1 : i+1+n], s[i+1+n:]
		}
		shift += 7
	}
	return "", ""
}

// productSet collects products.
type productSet struct {
	rows       chunked[productRow]
	digests    chunked[digest]
	owners     interner
	categories interner
	texts      arena
	full       bool // there was no room for one; the mistake is reported
}

// add keeps a product whose text is in row form.
func (s *productSet) add(r productRow, d digest, owner, category, text []byte, at Place, m *mistakes) {
	if s.full {
		return
	}
	var ok1, ok2, ok3 bool
	r.owner, ok1 = s.owners.intern(owner)
	r.category, ok2 = s.categories.intern(category)
	r.text, ok3 = s.texts.add(text)
	if !ok1 || !ok2 || !ok3 {
		s.full = true
		m.add(at, 0, "", "no room for the texts: owners and categories may hold 1 GiB each, names, part numbers and images 4 GiB")
		return
	}
	if s.rows.n == MaxRows {
		s.full = true
		m.add(Place{File: at.File}, 0, "", "has more than %d rows", MaxRows)
		return
	}
	s.rows.add(r)
	s.digests.add(d)
}

// chunked is a list that grows without moving what it holds.
type chunked[T any] struct {
	chunks [][]T
	n      int
}

const (
	chunkShift = 14
	chunkLen   = 1 << chunkShift
)

func (c *chunked[T]) add(v T) {
	if c.n == len(c.chunks)<<chunkShift {
		c.chunks = append(c.chunks, make([]T, 0, chunkLen))
	}
	last := &c.chunks[len(c.chunks)-1]
	*last = append(*last, v)
	c.n++
}

func (c *chunked[T]) at(i uint32) *T { return &c.chunks[i>>chunkShift][i&(chunkLen-1)] }

// sortDigests returns the order of the digests, without what repeats another.
func sortDigests(digests *chunked[digest]) []uint32 {
	type key struct {
		prefix uint64
		i      uint32
	}
	var starts [257]uint32 // of the keys by first byte
	for _, chunk := range digests.chunks {
		for i := range chunk {
			starts[int(chunk[i][0])+1]++
		}
	}
	for b := range 256 {
		starts[b+1] += starts[b]
	}
	keys := make([]key, digests.n)
	next := starts
	for i := range uint32(digests.n) {
		d := digests.at(i)
		keys[next[d[0]]] = key{binary.BigEndian.Uint64(d[:]), i}
		next[d[0]]++
	}
	inParallel(256, func(b int) {
		slices.SortFunc(keys[starts[b]:starts[b+1]], func(a, b key) int {
			if a.prefix != b.prefix {
				return cond(a.prefix < b.prefix, -1, 1)
			}
			return bytes.Compare(digests.at(a.i)[:], digests.at(b.i)[:])
		})
	})
	order := make([]uint32, 0, len(keys))
	for k := range keys {
		if k > 0 && keys[k].prefix == keys[k-1].prefix && *digests.at(keys[k].i) == *digests.at(keys[k-1].i) {
			continue
		}
		order = append(order, keys[k].i)
	}
	return order
}

// inParallel calls do(0) … do(n-1) on all cores.
func inParallel(n int, do func(i int)) {
	var wg sync.WaitGroup
	workers := min(workerCount(), n)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	wg.Wait()
}

// compile puts the products into canonical order. ownerOf maps the set's owners
// to the generation's. It returns the file's digest.
func (s *productSet) compile(g *Generation, ownerOf []OwnerID) digest {
	order := sortDigests(&s.digests)
	sum := sumSorted(productsFile, len(order), func(i int) *digest { return s.digests.at(order[i]) })
	s.digests = chunked[digest]{}
	categories, place := s.categories.sorted()
	g.categories = categories
	g.products = make([]productRow, len(order))
	currencies := map[uint16]uint16{}
	for i, from := range order {
		r := *s.rows.at(from)
		r.owner, r.category = int32(ownerOf[r.owner]), place[r.category]
		if r.list == 0 && r.minimum == 0 {
			r.currency = 0
		} else {
			n, ok := currencies[r.currency]
			if !ok {
				n = uint16(len(g.currencies))
				g.currencies = append(g.currencies, unpackCurrency(r.currency))
				currencies[r.currency] = n
			}
			r.currency = n
		}
		g.products[i] = r
	}
	s.texts.seal()
	g.texts = s.texts.full
	*s = productSet{}
	return sum
}

// Product returns one product. It does not allocate.
func (g *Generation) Product(id ProductID) ProductView {
	r := &g.products[id]
	v := ProductView{Owner: OwnerID(r.owner), GTIN: r.gtin, Category: g.categories[r.category]}
	rest := (&arena{full: g.texts}).from(r.text)
	v.Name, rest = cutText(rest)
	v.MPN, rest = cutText(rest)
	v.images, _ = cutText(rest)
	if r.list != 0 {
		v.ListPrice = assay.Money{Amount: r.list, Scale: r.listScale, Currency: g.currencies[r.currency]}
	}
	if r.minimum != 0 {
		v.MinimumPrice = assay.Money{Amount: r.minimum, Scale: r.minimumScale, Currency: g.currencies[r.currency]}
	}
	return v
}

func (g *Generation) partOf(id ProductID) string {
	_, rest := cutText((&arena{full: g.texts}).from(g.products[id].text))
	part, _ := cutText(rest)
	return part
}

// Products yields every product's id.
func (g *Generation) Products() iter.Seq[ProductID] {
	return func(yield func(ProductID) bool) {
		for id := range g.products {
			if !yield(ProductID(id)) {
				return
			}
		}
	}
}
