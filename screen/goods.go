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

// comparison is a good's price beside what the owner's goods cost.
type comparison struct {
	basis     string
	reference assay.Money           // list or median price
	product   reference.ProductView // whose list price it is; of the basis "product"
	catalogue *reference.Catalogue  // whose median price it is; of the others
	identity  price.Identity
	rated     bool       // offer and list are known
	offer     price.Step // in the currency of both prices if they share it and it is a product's, else in euros
	list      price.Step // of the product
}

// prices returns the list prices that the offer's is compared with.
func (p *comparison) prices() price.Distribution {
	if p.catalogue != nil {
		return p.catalogue.Prices
	}
	return price.Point(p.list)
}

// compareWith finds what g's price is compared with: the list price of the product that
// it names, else the owner's catalogue. ok is false where one of the prices is not
// known.
func (w *Worker) compareWith(c *candidate, g *good, place score.Place) (p comparison, ok bool) {
	if g.price.Amount <= 0 {
		return comparison{}, false
	}
	if !g.other {
		p.product, _ = w.product(c, g, listPrice)
	}
	if !p.product.ListPrice.IsZero() {
		p.basis, p.reference, p.identity = basisProduct, p.product.ListPrice, price.SameProduct
		p.offer, p.list, p.rated = w.comparable(g, p.reference)
		return p, true
	}
	if c.catalogue == nil {
		return comparison{}, false
	}
	p.basis, p.reference, p.catalogue, p.identity = c.basis, c.catalogue.Median, c.catalogue, price.InText
	switch place {
	case score.PlaceBrand:
		p.identity = price.BrandField
	case score.PlaceTitle:
		p.identity = price.InTitle
	}
	p.offer, p.rated = w.step(g)
	return p, true
}

// basisProduct is the basis of a comparison with one product's list price.
const basisProduct = "product"

// comparePrice says what g's price tells.
func (w *Worker) comparePrice(c *candidate, g *good, place score.Place) (e evidence, ok bool) {
	p, ok := w.compareWith(c, g, place)
	if !ok {
		return evidence{}, false
	}
	e = evidence{signal: assay.SignalPrice, mention: none, amount: g.price, basis: p.basis, reference: p.reference}
	if !p.rated {
		return w.unrated(e), true
	}
	e.points = w.price.LogLikelihoodRatio(p.offer, p.prices(), w.listing.Condition, p.identity)
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
