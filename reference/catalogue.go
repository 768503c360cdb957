package reference

import (
	"cmp"
	"slices"
	"strings"

	"assay"
	"assay/price"
)

// What a Catalogue is a catalogue of.
const (
	BasisCategory = "category"
	BasisBrand    = "brand"
)

// Catalogue is the list prices of an owner's products, of one category or all.
// An article counts once, whatever number of currencies it is priced in.
type Catalogue struct {
	Prices price.Distribution
	Median assay.Money // in EUR, to the cent from 1 EUR on; of an even number the lower middle
	N      int
}

// ownerCatalogues are the catalogues of one owner. N is 0 without priced products.
type ownerCatalogues struct {
	brand      Catalogue
	categories []categoryCatalogue // by folded category
}

type categoryCatalogue struct {
	folded string
	Catalogue
}

// listPrice is one article's list price on its way into the catalogues.
type listPrice struct {
	article  uint64 // rows of one article share it: GTIN, else part number, else the row itself
	eur      int64  // in millionths; 0: not converted yet, −1: can't be
	category int32  // folded; −1: none
	notEUR   bool   // converted; a price in EUR goes first
	currency uint16 // rank, for a stable choice among converted ones
	id       ProductID
	step     price.Step
}

func (a *listPrice) compare(b *listPrice) int {
	if a.article != b.article { // nearly always
		return cmp.Compare(a.article, b.article)
	}
	return cmp.Or(boolCompare(a.notEUR, b.notEUR), cmp.Compare(a.currency, b.currency), cmp.Compare(a.id, b.id))
}

func boolCompare(a, b bool) int {
	if a == b {
		return 0
	}
	return cond(b, -1, 1)
}

// buildCatalogues computes every owner's catalogues at the generation's rates.
func (g *Generation) buildCatalogues() {
	articles := g.articles()
	folded, foldedOf := g.foldCategories()
	rank := make([]uint16, len(g.currencies)) // of the codes in order
	for i, code := range g.currencies {
		for _, other := range g.currencies {
			if other < code {
				rank[i]++
			}
		}
	}
	// Products by owner, by counting.
	starts := make([]uint32, len(g.owners)+1)
	for i := range g.products {
		starts[g.products[i].owner+1]++
	}
	for i := range g.owners {
		starts[i+1] += starts[i]
	}
	byOwner, next := make([]ProductID, len(g.products)), slices.Clone(starts)
	for i := range g.products {
		owner := g.products[i].owner
		byOwner[next[owner]] = ProductID(i)
		next[owner]++
	}
	g.catalogues = make([]ownerCatalogues, len(g.owners))
	inParallel(len(g.owners), func(owner int) {
		ids := byOwner[starts[owner]:starts[owner+1]]
		if len(ids) == 0 {
			return
		}
		prices := make([]listPrice, 0, len(ids))
		for _, id := range ids {
			r := &g.products[id]
			if r.list == 0 {
				continue
			}
			if code := g.currencies[r.currency]; g.rates.Has(code) {
				prices = append(prices, listPrice{
					article: articles[id], category: foldedOf[r.category],
					notEUR: code != price.Euro, currency: rank[r.currency], id: id,
				})
			}
		}
		g.catalogues[owner] = g.newOwnerCatalogues(prices, folded)
	})
	g.priced = make([]uint64, len(g.owners)/64+1)
	for owner := range g.catalogues {
		if g.catalogues[owner].brand.N > 0 {
			g.priced[owner>>6] |= 1 << (owner & 63)
		}
	}
}

func (g *Generation) newOwnerCatalogues(prices []listPrice, folded []string) (c ownerCatalogues) {
	if len(prices) == 0 {
		return c
	}
	slices.SortFunc(prices, func(a, b listPrice) int { return a.compare(&b) })
	steps, amounts := make([]price.Step, 0, len(prices)), make([]int64, 0, len(prices))
	c.brand = g.newCatalogue(prices, steps, amounts)
	prices = byCategory(prices)
	for start := 0; start < len(prices); {
		category, end := prices[start].category, start+1
		for end < len(prices) && prices[end].category == category {
			end++
		}
		if category >= 0 {
			if own := g.newCatalogue(prices[start:end], steps, amounts); own.N > 0 {
				c.categories = append(c.categories, categoryCatalogue{folded[category], own})
			}
		}
		start = end
	}
	c.categories = slices.Clip(c.categories) // in order: folded numbers rise with the strings
	return c
}

// byCategory returns prices sorted by category, and in the order they had within
// each.
func byCategory(prices []listPrice) []listPrice {
	keys := make([]uint64, len(prices))
	for i := range prices {
		keys[i] = uint64(uint32(prices[i].category))<<32 | uint64(i) // category −1 goes last
	}
	slices.Sort(keys)
	sorted := make([]listPrice, len(prices))
	for i, k := range keys {
		sorted[i] = prices[uint32(k)]
	}
	return sorted
}

// newCatalogue counts each article by its first price that can be converted.
// steps and amounts are scratch.
func (g *Generation) newCatalogue(prices []listPrice, steps []price.Step, amounts []int64) Catalogue {
	steps, amounts = steps[:0], amounts[:0]
	for i := 0; i < len(prices); {
		article, counted := prices[i].article, false
		for ; i < len(prices) && prices[i].article == article; i++ {
			p := &prices[i]
			if !counted && g.convert(p) {
				steps, amounts, counted = append(steps, p.step), append(amounts, p.eur), true
			}
		}
	}
	if len(steps) == 0 {
		return Catalogue{}
	}
	slices.Sort(amounts)
	median := assay.Money{Amount: amounts[(len(amounts)-1)/2], Scale: 6, Currency: price.Euro}
	if median.Amount >= 1_000_000 { // shown to people: cents will do
		median = assay.Money{Amount: (median.Amount + 5_000) / 10_000, Scale: 2, Currency: price.Euro}
	}
	return Catalogue{Prices: price.NewDistribution(steps), Median: canonicalMoney(median), N: len(steps)}
}

// convert fills in p's amount in EUR, once.
func (g *Generation) convert(p *listPrice) bool {
	if p.eur == 0 {
		p.eur = -1
		r := &g.products[p.id]
		eur, ok := g.rates.ToEUR(assay.Money{Amount: r.list, Scale: r.listScale, Currency: g.currencies[r.currency]})
		if step, positive := price.StepOf(eur); ok && positive && millionths(eur) > 0 {
			p.eur, p.step = millionths(eur), step
		}
	}
	return p.eur > 0
}

// millionths returns an amount in millionths, at most the largest number.
func millionths(m assay.Money) int64 {
	for ; m.Scale > 6; m.Scale-- {
		m.Amount /= 10
	}
	for ; m.Scale < 6; m.Scale++ {
		if m.Amount > (1<<63-1)/10 {
			return 1<<63 - 1
		}
		m.Amount *= 10
	}
	return m.Amount
}

// articles gives rows of one article one number: those with one GTIN of an
// owner, else those with one part number, else each row its own. Numbers are
// compared within an owner only.
func (g *Generation) articles() []uint64 {
	const part, row = 1 << 62, 1 << 63 // above every GTIN
	articles := make([]uint64, len(g.products))
	for i := range articles {
		articles[i] = row | uint64(i)
		if n := g.products[i].gtin; n != 0 {
			articles[i] = uint64(n)
		}
	}
	first := ProductID(-1) // the first row without a GTIN among those with one part number
	for i, id := range g.byPart.ids {
		if i > 0 && g.comparePart(g.byPart.ids[i-1], id) != 0 {
			first = -1
		}
		if articles[id] < row {
			continue
		}
		if first < 0 {
			first = id
		}
		articles[id] = part | uint64(first)
	}
	return articles
}

// foldCategories returns the different folded categories in order and, for each
// category, which it is; −1 for the empty one.
func (g *Generation) foldCategories() (folded []string, of []int32) {
	all := make([]string, len(g.categories))
	for i, c := range g.categories {
		all[i] = foldPath(c)
	}
	folded = slices.Clone(all)
	slices.Sort(folded)
	folded = slices.Compact(folded)
	of = make([]int32, len(all))
	for i, f := range all {
		n, _ := slices.BinarySearch(folded, f)
		of[i] = cond(f == "", -1, int32(n))
	}
	return folded, of
}

// Priced reports whether an owner has a catalogue.
func (g *Generation) Priced(owner OwnerID) bool {
	return owner >= 0 && int(owner) < len(g.owners) && g.priced[owner>>6]>>(owner&63)&1 != 0
}

// Catalogue returns the list prices to compare an owner's goods with: those of
// the owner's category that the listing's category path ("A > B > C") names as a
// whole or in one of its segments, the last segment first (BasisCategory), else
// of all the owner's products (BasisBrand). Letter case and white space do not
// matter. ok is false when the owner has no product with a list price that can be
// converted to EUR. The catalogue is the generation's own: don't write to it.
func (g *Generation) Catalogue(owner OwnerID, category string) (c *Catalogue, basis string, ok bool) {
	if !g.Priced(owner) {
		return nil, "", false
	}
	own := &g.catalogues[owner]
	if c := own.find(category); c != nil {
		return c, BasisCategory, true
	}
	for rest := category; ; {
		i := strings.LastIndexByte(rest, '>')
		if c := own.find(rest[i+1:]); c != nil {
			return c, BasisCategory, true
		}
		if i < 0 {
			return &own.brand, BasisBrand, true
		}
		rest = rest[:i]
	}
}

func (o *ownerCatalogues) find(path string) *Catalogue {
	i, ok := slices.BinarySearchFunc(o.categories, path, func(c categoryCatalogue, path string) int {
		return comparePath(c.folded, path)
	})
	if !ok {
		return nil
	}
	return &o.categories[i].Catalogue
}
