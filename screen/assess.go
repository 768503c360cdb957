package screen

import (
	"math"
	"slices"
	"strconv"

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
		c.met = true
		c.offer = w.assessGood(c, whole, nil, least)
	}
	for i := range w.candidates {
		c := &w.candidates[i]
		for v := range w.listing.Variants {
			if len(w.results) >= maxResults {
				return
			}
			if c.met && w.goods[v+1].own {
				w.assessGood(c, v, &c.offer, least)
			}
		}
	}
}

// maxResults bounds the assessments of one listing: a small listing may name 200
// owners in a thousand variants. The offer as a whole is assessed for every owner
// first, so that no owner's variants take another's place there.
const maxResults = 1_000

// laneScores are the scores of one good; a lane in which there is nothing to say
// is at noScore.
type laneScores [3]assay.Points

const noScore = assay.Points(math.MinInt64)

var lanes = [len(laneScores{})]assay.Lane{assay.LaneCounterfeit, assay.LaneUnauthorised, assay.LanePrice}

// assessGood assesses one good in every lane. A variant must score more than the
// offer as a whole does.
func (w *Worker) assessGood(c *candidate, variant int, offer *laneScores, least assay.Level) laneScores {
	mark := w.plainest(c, variant)
	g := &w.goods[variant+1]
	scores := laneScores{noScore, noScore, noScore}
	if mark == none && !w.carries(c.owner, g) {
		return scores // nothing here names the owner's goods
	}
	for i, lane := range lanes {
		start := len(w.evidence)
		switch lane {
		case assay.LaneCounterfeit:
			w.counterfeit(c, variant, mark, g)
		case assay.LaneUnauthorised:
			w.unauthorised(c, variant, mark, g)
		case assay.LanePrice:
			w.belowMinimum(c, mark, g)
		}
		r := result{lane: lane, owner: c.owner, variant: variant, start: start, end: len(w.evidence)}
		if r.start == r.end {
			continue
		}
		for _, e := range w.evidence[start:] {
			r.score += e.points
		}
		scores[i] = r.score
		r.level = w.policy.Level(lane, r.score)
		if r.level.Rank() < least.Rank() || offer != nil && r.score <= offer[i] {
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
	from, to := w.markRange.of(variant, len(w.marks))
	for i := from; i < to; i++ {
		m := &w.marks[i]
		if m.Owner == c.owner && (best == none || m.points > w.marks[best].points || best == c.mark && m.points == c.points) {
			best = i
		}
	}
	return best
}

// placeOf returns where a mention stands; without one, where nothing is sure.
func (w *Worker) placeOf(mark int) score.Place {
	if mark == none {
		return score.PlaceDescription
	}
	return w.fields[w.marks[mark].field].place
}

func (w *Worker) counterfeit(c *candidate, variant, mark int, g *good) {
	if mark != none {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalMark, points: w.marks[mark].points, mention: mark})
	}
	from, to := w.claimRange.of(whole, len(w.claims))
	n := w.claim(from, to, 0)
	if variant != whole {
		from, to = w.claimRange.of(variant, len(w.claims))
		w.claim(from, to, n)
	}
	w.excuse(c, variant)
	if e, ok := w.comparePrice(c, g, w.placeOf(mark)); ok {
		w.evidence = append(w.evidence, e)
	}
	switch c.standing {
	case score.Authorised, score.AuthorisedElsewhere, score.Unknown:
		w.evidence = append(w.evidence, evidence{signal: assay.SignalChannel, points: score.Channel(c.standing), mention: none, basis: basisOf(c.standing)})
	}
	w.gtin(c, g)
	w.revision()
}

// revision adds that the offer was changed after it had been seen.
func (w *Worker) revision() {
	title, images := w.state.Has(assay.ChangedTitle), w.state.Has(assay.ChangedImages)
	if !title && !images {
		return
	}
	what := "title changed"
	switch {
	case title && images:
		what = "title and photos changed"
	case images:
		what = "photos changed"
	}
	w.evidence = append(w.evidence, evidence{signal: assay.SignalRevision, points: score.Revision(title, images), mention: none,
		basis: what, note: "revision " + strconv.Itoa(w.state.Revision)})
}

func basisOf(s score.Standing) string {
	return [...]string{score.Unlisted: "unlisted", score.Unknown: "unknown", score.AuthorisedElsewhere: "authorised elsewhere", score.Authorised: "authorised"}[s]
}

// claim adds the phrases in a range of w.claims that the evidence so far does not
// have, n of them being there, and returns how many there are then.
func (w *Worker) claim(from, to, n int) int {
	for i := from; i < to; i++ {
		if e := w.evidence[len(w.evidence)-n:]; !slices.ContainsFunc(e, func(e evidence) bool { return w.claims[e.mention].term == w.claims[i].term }) {
			w.evidence = append(w.evidence, evidence{signal: assay.SignalClaim, points: score.Claim(n), mention: i})
			n++
		}
	}
	return n
}

func (w *Worker) excuse(c *candidate, variant int) {
	if e, n := w.excuseFor(c, variant); e != none {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalExcuse, points: score.Excuse(n), mention: e})
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
func (w *Worker) unauthorised(c *candidate, variant, mark int, g *good) {
	if w.listing.Seller.ID == "" || c.standing == score.Authorised || !w.gen.Gated(c.owner, w.listing.Marketplace, w.listing.Category) {
		return
	}
	if mark != none {
		w.evidence = append(w.evidence, evidence{signal: assay.SignalMark, points: w.marks[mark].points, mention: mark})
	}
	w.excuse(c, variant)
	_, same := w.product(c, g, listPrice)
	w.evidence = append(w.evidence, evidence{signal: assay.SignalChannel, points: score.Gate(same), mention: none, basis: "gated", note: "seller is not authorised"})
}

// belowMinimum adds the evidence for the lane price, where the owner has switched
// it on: the product's agreed price and the lower one asked.
func (w *Worker) belowMinimum(c *candidate, mark int, g *good) {
	if len(w.policy.PriceLanes) == 0 || g.price.Amount <= 0 || !w.policy.PriceLaneOn(w.gen.Owner(c.owner), w.listing.Marketplace) {
		return
	}
	p, ok := w.product(c, g, minimumPrice)
	if !ok || g.other || p.MinimumPrice.IsZero() {
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
			c.ReferenceCurrency = reference.Currency
		}
	}
	return c
}
