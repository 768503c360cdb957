package screen

import (
	"math"
	"slices"

	"assay"
	"assay/price"
	"assay/reference"
)

// PriceView is the comparison behind the contribution of an offer's price in the
// lane counterfeit, for people to look at: the list prices, what the model expects
// of honest offers and of fakes beside them, and the offer's own price. Prices for
// drawing are in the offer's currency.
type PriceView struct {
	Basis     string       // "product", reference.BasisCategory or reference.BasisBrand
	Product   *ProductView // of the basis "product": the article whose list price it is
	Offer     assay.Money
	Reference assay.Money // list or median price, in the offer's currency where there is a rate
	Currency  string      // of the offer
	Condition assay.Condition
	Points    assay.Points // what the contribution weighs

	Bins  []PriceBin   // the list prices, from the lowest on; a single one for a product
	Curve []PricePoint // a point a step of the grid, without gaps, across bins and offer
	// OfferPrice is the offer's price for drawing, and At the place in Curve of the
	// step that it was compared on: there ln(Fake ÷ Honest) is Points, to the
	// millionth. The two lie half a step apart at most.
	OfferPrice float64
	At         int
}

// ProductView is a genuine article, as far as everybody may see it.
type ProductView struct {
	Name      string
	MPN       string
	GTIN      assay.GTIN // 0: none
	ListPrice assay.Money
	Images    []string // paths or URLs
}

// PriceBin is list prices of one step of the grid.
type PriceBin struct {
	Price float64 // in the middle of the step
	Count int
}

// PricePoint is a point of the model's two densities: how likely an honest offer's
// price, and a fake's, falls on the step around Price (price.CurvePoint).
type PricePoint struct {
	Price, Honest, Fake float64
}

// How far the curve reaches beyond the list prices and the offer's: far enough below
// the lowest list price to hold where most fakes lie (8 % of it).
const (
	stepsBelowList   = 6 * price.StepsPerOctave
	stepsAboveList   = 2 * price.StepsPerOctave
	stepsBesideOffer = price.StepsPerOctave
)

// Prices returns what the price of an offer, or of one of its variants (named as a
// verdict does; empty: the offer as a whole), is compared with on an owner's behalf.
// Points are those of the price's contribution, also where no assessment was made of
// the variant by itself. Of several variants with one name the first is meant. ok is
// false where no price is compared: nothing names the owner's goods, there is no
// price of their own, no list price, or no rate. It costs what screening the listing
// costs, and the drawing.
func (w *Worker) Prices(l *assay.Listing, owner, variant string) (view PriceView, ok bool) {
	at := variantIndex(l, variant)
	c := w.candidateFor(l, owner)
	if c == nil || at == unknownVariant {
		return PriceView{}, false
	}
	mark, g := w.plainest(c, at), &w.goods[at+1]
	if mark == none && !w.carries(c.owner, g) {
		return PriceView{}, false
	}
	p, ok := w.compareWith(c, g, w.placeOf(mark))
	if !ok || !p.rated {
		return PriceView{}, false
	}
	scale, ok := w.perStep(g, &p)
	if !ok {
		return PriceView{}, false
	}
	return w.draw(g, &p, scale), true
}

// candidateFor reads l and returns what concerns one owner; nil if nothing does.
func (w *Worker) candidateFor(l *assay.Listing, owner string) *candidate {
	id, known := w.gen.OwnerID(owner)
	if !known {
		return nil
	}
	w.listing, w.state = l, assay.State{}
	w.read(l)
	w.identify()
	i := slices.IndexFunc(w.candidates, func(c candidate) bool { return c.owner == id })
	if i < 0 {
		return nil
	}
	w.meet(&w.candidates[i])
	return &w.candidates[i]
}

const unknownVariant = whole - 1

// variantIndex finds the variant that a verdict names so.
func variantIndex(l *assay.Listing, name string) int {
	if name == "" {
		return whole
	}
	for i := range l.Variants {
		if VariantName(l, i) == name {
			return i
		}
	}
	return unknownVariant
}

// perStep returns what the amount of a step is multiplied with to be in the offer's
// currency: steps are in that currency already, or in euros.
func (w *Worker) perStep(g *good, p *comparison) (scale float64, ok bool) {
	if p.catalogue == nil && p.reference.Currency == g.price.Currency {
		return 1, true
	}
	return w.gen.Rates().PerEUR(g.price.Currency)
}

func (w *Worker) draw(g *good, p *comparison, scale float64) PriceView {
	prices := p.prices()
	lowest, highest := prices.Bounds()
	from := min(lowest-stepsBelowList, p.offer-stepsBesideOffer)
	to := max(highest+stepsAboveList, p.offer+stepsBesideOffer)
	v := PriceView{
		Basis: p.basis, Offer: g.price, Reference: p.reference, Currency: g.price.Currency, Condition: w.listing.Condition,
		Points:     w.price.LogLikelihoodRatio(p.offer, prices, w.listing.Condition, p.identity),
		OfferPrice: float64(g.price.Amount) / math.Pow10(int(g.price.Scale)),
		At:         int(p.offer - from),
	}
	if converted, ok := w.gen.Rates().Convert(p.reference, v.Currency); ok {
		v.Reference = converted
	}
	if p.catalogue == nil {
		v.Product = viewOf(&p.product)
	}
	for step, n := range prices.All() {
		v.Bins = append(v.Bins, PriceBin{Price: step.Amount() * scale, Count: n})
	}
	for _, at := range w.price.Curve(prices, w.listing.Condition, p.identity, from, to) {
		v.Curve = append(v.Curve, PricePoint{Price: at.Step.Amount() * scale, Honest: at.Honest, Fake: at.Fake})
	}
	return v
}

func viewOf(p *reference.ProductView) *ProductView {
	return &ProductView{Name: p.Name, MPN: p.MPN, GTIN: p.GTIN, ListPrice: p.ListPrice, Images: slices.Collect(p.Images())}
}
