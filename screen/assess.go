package screen

import (
	"slices"

	"assay"
	"assay/reference"
	"assay/score"
)

// evidence is a contribution before it is put into words.
type evidence struct {
	signal    assay.Signal
	points    assay.Points
	mention   int // index into w.marks, w.claims or w.excuses, by signal; or none
	amount    assay.Money
	reference assay.Money // list, minimum or median price
	basis     string
	gtin      string
	note      string
}

// assess fills w.results with every assessment of at least the level least: for
// each candidate and lane one of the offer as a whole, and one of each variant
// that says something of its own which makes it worse.
func (w *Worker) assess(least assay.Level) {
	shared := w.bound()
	for i := range w.candidates {
		c := &w.candidates[i]
		if least != assay.Clear && w.hopeless(c, shared) {
			continue
		}
		w.meet(c)
		offer := w.assessGood(c, whole, nil, least)
		for v := range w.listing.Variants {
			if w.goods[v+1].own {
				w.assessGood(c, v, &offer, least)
			}
		}
	}
}

// lane scores of one good; absent lanes are far below any threshold.
type laneScores [3]assay.Points

var lanes = [len(laneScores{})]assay.Lane{assay.LaneCounterfeit, assay.LaneUnauthorised, assay.LanePrice}

// assessGood assesses one good in every lane. A variant must score more than the
// offer as a whole does.
func (w *Worker) assessGood(c *candidate, variant int, offer *laneScores, least assay.Level) laneScores {
	mark := w.plainest(c, variant)
	g := w.offered(variant)
	var scores laneScores
	if mark == none && !w.carries(c.owner, g) {
		return scores // nothing here names the owner's goods
	}
	for i, lane := range lanes {
		start := len(w.evidence)
		switch lane {
		case assay.LaneCounterfeit:
			w.counterfeit(c, variant, mark, g)
		case assay.LaneUnauthorised:
			w.unauthorised(c, mark, g)
		case assay.LanePrice:
			w.belowMinimum(c, mark, g)
		}
		r := result{lane: lane, owner: c.owner, variant: variant, start: start, end: len(w.evidence)}
		for _, e := range w.evidence[start:] {
			r.score += e.points
		}
		scores[i] = r.score
		r.level = w.policy.Level(lane, r.score)
		if r.start == r.end || r.level.Rank() < least.Rank() || offer != nil && r.score <= offer[i] {
			w.evidence = w.evidence[:start]
			continue
		}
		w.results = append(w.results, r)
	}
	return scores
}

// carries reports whether g has the GTIN of one of the owner's products.
func (w *Worker) carries(owner reference.OwnerID, g *good) bool {
	return slices.ContainsFunc(g.products, func(id reference.ProductID) bool { return w.gen.Product(id).Owner == owner })
}

// plainest returns the mention with the most points that speaks of the variant:
// its title's or the offer's.
func (w *Worker) plainest(c *candidate, variant int) int {
	best := c.mark
	if variant == whole {
		return best
	}
	for i := len(w.marks) - 1; i >= 0; i-- { // variants' titles come last
		m := &w.marks[i]
		v := w.fields[m.field].variant
		if v < variant {
			break
		}
		if v == variant && m.Owner == c.owner && (best == none || m.points >= w.marks[best].points) {
			best = i
		}
	}
	return best
}

func (w *Worker) counterfeit(c *candidate, variant, mark int, g *good) {
	place := score.PlaceDescription
	if mark != none {
		place = w.fields[w.marks[mark].field].place
		w.evidence = append(w.evidence, evidence{signal: assay.SignalMark, points: w.marks[mark].points, mention: mark})
	}
	n := 0
	for i := range w.claims {
		if v := w.fields[w.claims[i].field].variant; v == whole || v == variant {
			w.evidence = append(w.evidence, evidence{signal: assay.SignalClaim, points: score.Claim(n), mention: i})
			n++
		}
	}
	w.excuse(c, variant)
	if e, ok := w.comparePrice(c, g, place); ok {
		w.evidence = append(w.evidence, e)
	}
	switch c.standing {
	case score.Authorised, score.AuthorisedElsewhere, score.Unknown:
		w.evidence = append(w.evidence, evidence{signal: assay.SignalChannel, points: score.Channel(c.standing), mention: none, basis: basisOf(c.standing)})
	}
	w.gtin(c, g)
}

func basisOf(s score.Standing) string {
	return [...]string{score.Unlisted: "unlisted", score.Unknown: "unknown", score.AuthorisedElsewhere: "authorised elsewhere", score.Authorised: "authorised"}[s]
}

// excuse adds the nearest excuse; one in another variant's title excuses nothing.
func (w *Worker) excuse(c *candidate, variant int) {
	if c.excuse == none {
		return
	}
	if v := w.fields[w.excuses[c.excuse].field].variant; v == whole || v == variant {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalExcuse, points: score.Excuse(c.nearness), mention: c.excuse})
	}
}

func (w *Worker) gtin(c *candidate, g *good) {
	if g.gtin == "" {
		return
	}
	e := evidence{signal: assay.SignalGTIN, mention: none, gtin: g.gtin}
	switch g.fault {
	case assay.GTINShape:
		e.points, e.note = score.GTIN(score.GTINShape), "not a GTIN"
	case assay.GTINCheckDigit:
		e.points, e.note = score.GTIN(score.GTINCheck), "check digit is wrong"
	default:
		if len(g.products) == 0 {
			return
		}
		e.points, e.note = score.GTIN(score.GTINForeign), "another owner's product"
		if w.carries(c.owner, g) {
			e.points, e.note = score.GTIN(score.GTINOwn), "the owner's product"
		}
	}
	w.evidence = append(w.evidence, e)
}

// unauthorised adds the evidence for the lane of that name: an offer behind a gate
// by a seller who is not authorised.
func (w *Worker) unauthorised(c *candidate, mark int, g *good) {
	if c.standing == score.Authorised || !w.gen.Gated(c.owner, w.listing.Marketplace, w.listing.Category) {
		return
	}
	if mark != none {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalMark, points: w.marks[mark].points, mention: mark})
	}
	w.excuse(c, whole)
	_, same := w.product(c.owner, g)
	w.evidence = append(w.evidence, evidence{signal: assay.SignalChannel, points: score.Gate(same), mention: none, basis: "gated", note: "seller is not authorised"})
}

// belowMinimum adds the evidence for the lane price, where the owner has switched
// it on: the product's agreed price and the lower one asked.
func (w *Worker) belowMinimum(c *candidate, mark int, g *good) {
	if len(w.policy.PriceLanes) == 0 || g.price.Amount <= 0 || !w.policy.PriceLaneOn(w.gen.Owner(c.owner), w.listing.Marketplace) {
		return
	}
	p, ok := w.product(c.owner, g)
	if !ok || p.MinimumPrice.IsZero() {
		return
	}
	minimum, ok := w.gen.Rates().Convert(p.MinimumPrice, g.price.Currency)
	if !ok || g.price.Compare(minimum) >= 0 {
		return
	}
	if mark != none {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalMark, points: w.marks[mark].points, mention: mark})
	}
	w.evidence = append(w.evidence, evidence{signal: assay.SignalPrice, points: score.BelowMinimum, mention: none,
		amount: g.price, reference: p.MinimumPrice, basis: "minimum"})
}

// contribution puts a piece of evidence into words.
func (w *Worker) contribution(e evidence) assay.Contribution {
	c := assay.Contribution{Signal: e.signal, Points: e.points, Basis: e.basis, GTIN: e.gtin, Note: e.note}
	if e.mention != none {
		list := w.marks
		switch e.signal {
		case assay.SignalClaim:
			list = w.claims
		case assay.SignalExcuse:
			list = w.excuses
		}
		m := &list[e.mention]
		f := &w.fields[m.field]
		c.Where, c.Span = f.where(w.listing), &assay.Span{int(m.start), int(m.end)}
		c.Written, c.How = f.text[m.start:m.end], m.how.Disguises()
		if e.signal == assay.SignalMark {
			c.Mark = w.gen.Term(m.term).Mark
		} else {
			c.Phrase = w.gen.Term(m.term).Text
		}
	}
	if !e.amount.IsZero() {
		c.Amount, c.Currency = e.amount.Decimal(), e.amount.Currency
		reference := e.reference
		if converted, ok := w.gen.Rates().Convert(reference, c.Currency); ok {
			reference = converted
		}
		c.Reference = reference.Decimal()
		if reference.Currency != c.Currency {
			c.Reference = reference.String()
		}
	}
	return c
}
