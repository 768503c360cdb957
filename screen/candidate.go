package screen

import (
	"cmp"
	"math"
	"slices"

	"assay"
	"assay/price"
	"assay/reference"
	"assay/score"
)

// maxCandidates bounds the owners that one listing is assessed for. A listing
// that names more is stuffed with search words; those it names most plainly are
// kept.
const maxCandidates = 200

// candidate is an owner who may have something to say about the listing.
type candidate struct {
	owner  reference.OwnerID
	mark   int          // the plainest mention outside variants' titles, or none
	points assay.Points // of that mention
	most   assay.Points // of any mention

	// What follows is known once the candidate is assessed.
	met       bool
	offer     laneScores // of the offer as a whole
	standing  score.Standing
	parts     []reference.ProductID // with the listing's part number
	catalogue *reference.Catalogue  // of the listing's category or the brand; nil: no prices
	basis     string
	excuse    int // the nearest excuse outside variants' titles, or none
	nearness  score.Nearness
}

const none = -1

// identify finds the owners concerned: those whose marks are mentioned and those
// whose products' GTINs the offer or a variant carries.
func (w *Worker) identify() {
	w.candidates = w.candidates[:0]
	for i := range w.marks {
		m := &w.marks[i]
		c := w.candidateOf(m.Owner)
		c.most = max(c.most, m.points)
		if w.fields[m.field].variant == whole && (c.mark == none || m.points > c.points) {
			c.mark, c.points = i, m.points
		}
	}
	w.readGoods()
	for i := range w.goods {
		for _, id := range w.goods[i].products {
			w.candidateOf(w.gen.Product(id).Owner)
		}
	}
	if len(w.candidates) > maxCandidates {
		slices.SortFunc(w.candidates, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.plainness(), a.plainness()), cmp.Compare(a.owner, b.owner))
		})
		w.candidates = w.candidates[:maxCandidates]
	}
}

// plainness orders candidates: those whose product's GTIN the listing carries go
// first.
func (c *candidate) plainness() assay.Points {
	if c.most == unnamed {
		return math.MaxInt64
	}
	return c.most
}

// meet finds out what concerns one candidate only.
func (w *Worker) meet(c *candidate) {
	l := w.listing
	c.standing, _ = w.standing(l, c.owner)
	if l.MPN != "" {
		c.parts = w.gen.ProductsByMPN(c.owner, l.MPN)
	}
	if catalogue, basis, ok := w.gen.Catalogue(c.owner, l.Category); ok {
		c.catalogue, c.basis = catalogue, basis
	}
	c.excuse, c.nearness = w.nearestExcuse(c, whole)
}

// standing says how the listing's seller stands to an owner, and what an
// authorisation does not cover. Nobody is unknown who is not named.
func (s *Screener) standing(l *assay.Listing, owner reference.OwnerID) (score.Standing, reference.Outside) {
	if l.Seller.ID == "" {
		return score.Unlisted, reference.Outside{}
	}
	return s.gen.Coverage(owner, l.Marketplace, l.Seller.ID, l.ShipFrom)
}

// bound returns more than any candidate of the listing can score in the lane
// counterfeit for what concerns all of them: phrases, GTINs, being unknown, changes.
func (w *Worker) bound() assay.Points {
	bound := score.Channel(score.Unknown) + score.Revision(w.state.Has(assay.ChangedTitle), w.state.Has(assay.ChangedImages))
	for n := range w.claims {
		bound += score.Claim(n)
	}
	for i := range w.goods {
		if w.goods[i].gtin != "" {
			return bound + score.GTIN(score.GTINForeign)
		}
	}
	return bound
}

// hopeless reports whether no assessment of c can reach the level review, without
// making any: of the owners that a listing names in passing nearly all are. shared
// is bound().
func (w *Worker) hopeless(c *candidate, shared assay.Points) bool {
	if c.most == unnamed || len(w.policy.PriceLanes) > 0 || w.gen.Gated(c.owner, w.listing.Marketplace, w.listing.Category) {
		return false
	}
	most := c.most + shared
	if w.gen.Priced(c.owner) || w.namesProduct() {
		most += price.MaxPoints
	}
	return most < w.policy.For(assay.LaneCounterfeit).Review
}

// namesProduct reports whether the listing carries a number that may name a
// product, whose price then counts even where no rate puts it into a catalogue.
func (w *Worker) namesProduct() bool {
	return w.listing.MPN != "" || slices.ContainsFunc(w.goods, func(g good) bool { return len(g.products) > 0 })
}

// unnamed is what the mentions of an owner weigh who is concerned by a GTIN alone.
const unnamed = assay.Points(-1 << 62)

func (w *Worker) candidateOf(owner reference.OwnerID) *candidate {
	if i := int(w.index[owner]); i < len(w.candidates) && w.candidates[i].owner == owner {
		return &w.candidates[i]
	}
	w.index[owner] = int32(len(w.candidates))
	w.candidates = append(w.candidates, candidate{owner: owner, mark: none, most: unnamed})
	return &w.candidates[len(w.candidates)-1]
}

// besideBytes is how far from a mark an excuse may end or begin to speak of it:
// an article or an adjective between them.
const besideBytes = 16

// nearestExcuse finds, among the excuses outside variants' titles, or those in the
// title of one variant, the one that speaks most plainly of c's goods: beside one of
// its mentions in a title or beside its plainest one; else in the title; else
// anywhere.
func (w *Worker) nearestExcuse(c *candidate, variant int) (excuse int, n score.Nearness) {
	from, to := w.excuseRange.of(variant, len(w.excuses))
	if from == to {
		return none, score.Elsewhere
	}
	first, last := w.markRange.of(variant, len(w.marks))
	for i := first; i < last; i++ {
		m := &w.marks[i]
		if m.Owner != c.owner || i != c.mark && w.fields[m.field].place != score.PlaceTitle {
			continue
		}
		if e := w.excuseBeside(m); e != none {
			return e, score.Beside
		}
	}
	for i := from; i < to; i++ {
		if w.fields[w.excuses[i].field].place == score.PlaceTitle {
			return i, score.SameTitle
		}
	}
	return from, score.Elsewhere
}

// excuseFor returns the nearest excuse for a variant or the offer as a whole. What
// is said of the whole counts for its variants, but not the other way.
func (w *Worker) excuseFor(c *candidate, variant int) (excuse int, n score.Nearness) {
	excuse, n = c.excuse, c.nearness
	if variant == whole || excuse != none && n == score.Beside {
		return excuse, n
	}
	if own, nearer := w.nearestExcuse(c, variant); own != none && (excuse == none || nearer < n) {
		return own, nearer
	}
	return excuse, n
}

// excuseBeside finds an excuse beside m. Excuses lie in the order of fields and
// places.
func (w *Worker) excuseBeside(m *mention) int {
	i, _ := slices.BinarySearchFunc(w.excuses, m, func(e mention, m *mention) int {
		return cmp.Or(cmp.Compare(e.field, m.field), cmp.Compare(e.end, m.start-besideBytes))
	})
	for ; i < len(w.excuses); i++ {
		switch e := &w.excuses[i]; {
		case e.field != m.field || e.start > m.end+besideBytes:
			return none
		case e.end >= m.start-besideBytes:
			return i
		}
	}
	return none
}
