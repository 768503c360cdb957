package screen

import (
	"assay"
	"assay/price"
	"assay/reference"
	"assay/score"
)

// good is what the listing says of the offer as a whole or of one variant: price
// and GTIN.
type good struct {
	price assay.Money // no amount: none of its own
	own   bool        // says something that the offer as a whole does not

	gtin     string
	fault    assay.GTINFault
	products []reference.ProductID // with that GTIN
	other    bool                  // a variant that may be another thing than the GTIN and part number name

	converted bool // step and rated are known
	rated     bool // there is a rate for the price's currency
	step      price.Step
}

// readGoods fills w.goods: the offer first, then its variants. An offer whose
// variants have prices has none as a whole: "from 9.00" is the strap's price,
// not the bag's. A price of 0 is none.
func (w *Worker) readGoods() {
	l := w.listing
	w.goods = append(w.goods[:0], good{price: l.Price, gtin: l.GTIN})
	for i := range l.Variants {
		v := &l.Variants[i]
		priced := v.Price.Amount > 0
		if priced {
			w.goods[0].price = assay.Money{}
		}
		w.goods = append(w.goods, good{price: v.Price, gtin: v.GTIN, own: priced || v.GTIN != ""})
	}
	for i := range w.goods {
		if g := &w.goods[i]; g.gtin != "" {
			n, fault := assay.ParseGTIN(g.gtin)
			if g.fault = fault; fault == assay.GTINFine {
				g.products = w.gen.ProductsByGTIN(n)
			}
		}
	}
	for i := range w.fields {
		if v := w.fields[i].variant; v != whole {
			w.goods[v+1].own = true
		}
	}
	for i := range w.goods[1:] {
		// A variant without a GTIN has the offer's: that says whose goods these are,
		// but not that the strap is the bag.
		if g, offer := &w.goods[1+i], &w.goods[0]; g.gtin == "" {
			g.gtin, g.fault, g.products = offer.gtin, offer.fault, offer.products
			g.other = g.price.Amount > 0
		}
	}
}

// product returns the owner's product that the offer names by GTIN or part
// number, of several the one whose price is most easily compared (in the offer's
// currency, else at a rate) and then the cheapest. priceOf says which price is
// meant.
func (w *Worker) product(c *candidate, g *good, priceOf func(*reference.ProductView) assay.Money) (p reference.ProductView, ok bool) {
	consider := func(ids []reference.ProductID) {
		best, bestEUR := -1, assay.Money{}
		for _, id := range ids {
			q := w.gen.Product(id)
			if q.Owner != c.owner {
				continue
			}
			price, ease := priceOf(&q), 0
			eur, rated := w.gen.Rates().ToEUR(price)
			switch {
			case price.IsZero():
			case price.Currency == g.price.Currency:
				ease, eur = 3, price
			case rated:
				ease = 2
			default:
				ease = 1
			}
			if ease > best || ease == best && ease > 1 && eur.Compare(bestEUR) < 0 {
				p, ok, best, bestEUR = q, true, ease, eur
			}
		}
	}
	if consider(g.products); !ok && !g.other {
		consider(c.parts)
	}
	return p, ok
}

func listPrice(p *reference.ProductView) assay.Money    { return p.ListPrice }
func minimumPrice(p *reference.ProductView) assay.Money { return p.MinimumPrice }

// comparePrice compares g's price with what the owner's goods cost.
func (w *Worker) comparePrice(c *candidate, g *good, place score.Place) (e evidence, ok bool) {
	if g.price.Amount <= 0 {
		return evidence{}, false
	}
	e = evidence{signal: assay.SignalPrice, mention: none, amount: g.price}
	var p reference.ProductView
	if !g.other {
		p, _ = w.product(c, g, listPrice)
	}
	if !p.ListPrice.IsZero() {
		e.basis, e.reference = "product", p.ListPrice
		offer, list, ok := w.comparable(g, p.ListPrice)
		if !ok {
			return w.unrated(e), true
		}
		e.points = w.price.LogLikelihoodRatio(offer, price.Point(list), w.listing.Condition, price.SameProduct)
		return e, true
	}
	if c.catalogue == nil {
		return evidence{}, false
	}
	e.basis, e.reference = c.basis, c.catalogue.Median
	offer, ok := w.step(g)
	if !ok {
		return w.unrated(e), true
	}
	id := price.InText
	switch place {
	case score.PlaceBrand:
		id = price.BrandField
	case score.PlaceTitle:
		id = price.InTitle
	}
	e.points = w.price.LogLikelihoodRatio(offer, c.catalogue.Prices, w.listing.Condition, id)
	return e, true
}

// unrated says that a price could not be compared.
func (w *Worker) unrated(e evidence) evidence {
	missing := e.amount.Currency
	if w.gen.Rates().Has(missing) {
		missing = e.reference.Currency
	}
	e.note = "no rate for " + missing + ": price not compared"
	if w.gen.Rates().Has(missing) {
		e.note = "amount out of range: price not compared"
	}
	e.points = 0
	return e
}

// comparable returns the offer's price and the list price on one grid: in their
// own currency if they share it, else in euros.
func (w *Worker) comparable(g *good, list assay.Money) (offer, reference price.Step, ok bool) {
	a, b := g.price, list
	if a.Currency != b.Currency {
		var okA, okB bool
		a, okA = w.gen.Rates().ToEUR(a)
		b, okB = w.gen.Rates().ToEUR(b)
		if !okA || !okB {
			return 0, 0, false
		}
	}
	offer, okA := price.StepOf(a)
	reference, okB := price.StepOf(b)
	return offer, reference, okA && okB
}

// step returns g's price on the grid in euros, computed once.
func (w *Worker) step(g *good) (price.Step, bool) {
	if !g.converted {
		g.converted = true
		if eur, ok := w.gen.Rates().ToEUR(g.price); ok {
			g.step, g.rated = price.StepOf(eur)
		}
	}
	return g.step, g.rated
}
