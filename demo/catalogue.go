package demo

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assay"
	"assay/demo/picture"
)

// languages are those in which listings are written, in the order of the columns
// of the tables.
var languages = []string{"en", "de", "fr", "es", "it", "zh", "ja", "id"}

const (
	langEN = 0
	langZH = 5
	langJA = 6
)

// sector is a trade: what its brands make, the parts of it, and what others make
// to go with it.
type sector struct {
	name     string
	products []item
	parts    []item // genuine parts, much cheaper than the product
	others   []item // accessories made by anybody
}

// item is a sort of thing.
type item struct {
	category string
	euros    int64
	classes  []uint8
	names    [8]string // by language
	thing    picture.Thing
}

//go:embed items.csv
var itemsCSV string

//go:embed goods.csv
var goodsCSV string

//go:embed senses.csv
var sensesCSV string

//go:embed claims.csv
var claimsCSV string

// ClaimsCSV is the claims.csv of the world's reference folder: phrases that
// confess and phrases that excuse in many languages. It is real and meant as
// anybody's first list.
func ClaimsCSV() string { return claimsCSV }

// rows reads an embedded table without its header. The tables are part of the
// program, so a fault in one is a bug.
func rows(name, text string) [][]string {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("demo: %s: %v", name, err))
	}
	return records[1:]
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("demo: %q is not a number", s))
	}
	return n
}

// drawn names something that can be drawn.
func drawn(name string) picture.Thing {
	t := picture.Thing(name)
	if !t.Known() {
		panic("demo: nobody can draw a " + name)
	}
	return t
}

func readSectors() []*sector {
	var sectors []*sector
	for _, r := range rows("items.csv", itemsCSV) {
		i := slices.IndexFunc(sectors, func(s *sector) bool { return s.name == r[0] })
		if i < 0 {
			i = len(sectors)
			sectors = append(sectors, &sector{name: r[0]})
		}
		s, it := sectors[i], item{category: r[2], euros: number(r[3]), names: [8]string(r[5:13]), thing: drawn(r[13])}
		for _, class := range strings.Split(r[4], ";") {
			it.classes = append(it.classes, uint8(number(class)))
		}
		switch r[1] {
		case "product":
			s.products = append(s.products, it)
		case "part":
			s.parts = append(s.parts, it)
		case "accessory":
			s.others = append(s.others, it)
		default:
			panic("demo: items.csv: " + r[1] + " is not a role")
		}
	}
	return sectors
}

func readGoods() []item {
	var goods []item
	for _, r := range rows("goods.csv", goodsCSV) {
		goods = append(goods, item{category: r[0], euros: number(r[1]), names: [8]string(r[2:10]), thing: drawn(r[10])})
	}
	return goods
}

// sense is an ordinary thing whose name happens to be a brand's.
type sense struct {
	owner           string // of the mark that is also this word
	word            string
	category, title string
	euros           int64
	thing           picture.Thing
}

// readSenses returns the senses by language, of the marks that are in the world.
func readSenses(brands []*brand) map[string][]sense {
	owner := map[string]string{}
	for _, b := range brands {
		owner[b.name] = b.owner
		for _, a := range b.aliases {
			owner[a.text] = b.owner
		}
	}
	senses := map[string][]sense{}
	for _, r := range rows("senses.csv", sensesCSV) {
		if o, ok := owner[r[0]]; ok {
			senses[r[1]] = append(senses[r[1]], sense{owner: o, word: r[0], category: r[2], euros: number(r[3]), title: r[4], thing: drawn(r[5])})
		}
	}
	return senses
}

// product is one article of the catalogue. It is a function of its index.
type product struct {
	index   int
	brand   *brand
	item    *item
	model   string
	colour  int
	size    string
	edition int
	list    int64 // list price, minor units of home
	home    string
	cents   int64 // the list price in euro cents
	gtin    assay.GTIN
}

// ofBrand is how many products the brand has.
func (w *World) ofBrand(b *brand) int {
	return (w.products - b.index + len(w.brands) - 1) / len(w.brands)
}

var productSizes = []string{"", "Small", "Large", "Limited"}

// product returns the k-th product of a brand, 0 ≤ k < ofBrand. Sorts of item
// follow each other fastest, so that the first products of a brand cover them.
func (w *World) product(b *brand, k int) product {
	p := product{index: k*len(w.brands) + b.index, brand: b, home: homeCurrency(b.country)}
	sort := k % len(b.sector.products)
	p.item = &b.sector.products[sort]
	rest := k / len(b.sector.products)
	model := rest % len(b.models)
	p.model = b.models[model]
	rest /= len(b.models)
	p.colour = rest % colours
	rest /= colours
	p.size = productSizes[rest%len(productSizes)]
	p.edition = rest / len(productSizes)

	// Colours of one model cost the same; models, sizes and editions do not.
	d := newDice(w.seed, streamProduct, uint64(b.index)<<40|uint64(rest)<<16|uint64(model)<<8|uint64(sort))
	cents := p.item.euros * b.tier * int64(d.between(75, 125)+d.between(0, 40)) / 100
	p.list = rounded(fromEUR(cents, p.home), p.home)
	p.cents = toEUR(p.list, p.home)
	p.gtin = w.gtin(b, k)
	return p
}

// gtin numbers the k-th product of a brand: 952, digits for the brand, digits
// for the product, check digit.
func (w *World) gtin(b *brand, k int) assay.GTIN {
	const examples = 952_000_000_000 // GS1 prefix for demonstrations and examples
	return withCheckDigit(examples + uint64(b.index*w.perBrand+k))
}

// withCheckDigit appends the check digit of GS1 to a number.
func withCheckDigit(n uint64) assay.GTIN {
	sum, weight := uint64(0), uint64(3)
	for rest := n; rest > 0; rest /= 10 {
		sum += rest % 10 * weight
		weight = 4 - weight
	}
	return assay.GTIN(n*10 + (10-sum%10)%10)
}

func appendGTIN13(dst []byte, g assay.GTIN) []byte { return strconv.AppendUint(dst, uint64(g), 10) }

// mpn is the maker's article number, unique in the world.
func (p *product) mpn() string { return string(p.appendMPN(nil)) }

func (p *product) appendMPN(dst []byte) []byte {
	dst = append(append(dst, p.brand.initial...), '-')
	for pad := 10_000; pad > p.index && pad > 1; pad /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(p.index), 10)
}

// name is what the maker's own catalogue calls the product.
func (p *product) name(colour string) string {
	var b strings.Builder
	for i, word := range []string{p.brand.name, p.model, p.item.names[langEN], p.size, colour} {
		if word == "" {
			continue
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	if p.edition > 0 {
		b.WriteString(" No. ")
		b.WriteString(strconv.Itoa(p.edition + 1))
	}
	return b.String()
}

// minimum is the lowest price that the owner agreed with its shops, in minor
// units of home, 0 for none.
func (p *product) minimum() int64 {
	if !p.brand.minimum {
		return 0
	}
	return p.list * minimumPercent / 100
}

// minimumPercent of the list price is the agreed minimum, where there is one.
const minimumPercent = 80
