package demo

import (
	"iter"
	"slices"
	"time"

	"assay"
)

// Odds of later revisions: in percent of offers of their kind, or in permille of
// all others.
const (
	swappedPercent  = 30 // harmless offers of bad shops that turn into a fake's
	twoStepsPercent = 50 // … photos first, text and price some days after
	returnPercent   = 20 // … and back again before somebody looks
	cheaperPercent  = 12 // fakes that get cheaper
	repricedMille   = 20 // any other offer with another price
	rephotoedMille  = 5  // … or with other photos
)

// Revisions yields what becomes of the first n listings: of about one in forty a
// later revision or several, in the order of the listings and, of each, of time.
// Most are honest: another price, better photos. The others are fakes that get
// cheaper and offers that were harmless until they were approved. Each comes with
// the truth about the offer as it is then.
func (w *World) Revisions(n uint64) iter.Seq2[assay.Listing, Truth] {
	return func(yield func(assay.Listing, Truth) bool) {
		for i := range n {
			for _, d := range w.later(w.draft(i)) {
				if !yield(d.l, d.truth()) {
					return
				}
			}
		}
	}
}

// later is what becomes of an offer, without its first revision.
func (w *World) later(d *draft) []*draft {
	chance := newDice(w.seed, streamRevision, d.i)
	var out []*draft
	switch roll := chance.n(1000); {
	case d.kind == Clean && d.shop >= firstBad && d.shop < firstFresh:
		if roll < 10*swappedPercent {
			out = d.swapped(&chance)
		}
	case d.kind.Fake():
		if roll < 10*cheaperPercent {
			out = d.repriced(chance.between(600, 900))
		}
	case roll < repricedMille:
		// Neither across an agreed minimum price nor out of an honest range.
		out = d.repriced(chance.between(950, 1080))
	case roll < repricedMille+rephotoedMille:
		e := d.again()
		e.photos += max(len(d.l.Images), len(d.l.Variants))
		e.show(chance.between(1, 3))
		e.story += " The seller took other photos since."
		out = append(out, e)
	}
	first := d.l.ListedAt
	if d.l.UpdatedAt.After(first) {
		first = d.l.UpdatedAt
	}
	step := asOf.Sub(first) / time.Duration(len(out)+1)
	for k, e := range out {
		e.l.UpdatedAt = first.Add(step * time.Duration(k+1)).Truncate(time.Second)
	}
	return out
}

// again is the offer to be changed.
func (d *draft) again() *draft {
	e := *d
	e.l.Variants = slices.Clone(d.l.Variants)
	e.buf = nil
	return &e
}

// repriced is the offer at permille of its prices, nothing if rounding eats the
// change.
func (d *draft) repriced(permille int) []*draft {
	e := d.again()
	change := func(m *assay.Money) {
		*m = money(rounded(m.Amount*int64(permille)/1000, m.Currency), m.Currency)
	}
	change(&e.l.Price)
	if e.l.Price == d.l.Price {
		return nil
	}
	for v := range e.l.Variants {
		change(&e.l.Variants[v].Price)
	}
	way := " Raised to "
	if e.l.Price.Amount < d.l.Price.Amount {
		way = " Lowered to "
	}
	e.story += way + e.l.Price.String() + " since."
	return []*draft{e}
}

// swapped is a harmless offer that becomes one of a fake, at once or photos first,
// and may become harmless again.
func (d *draft) swapped(chance *dice) []*draft {
	fake := d.again()
	fake.dice, fake.f, fake.l, fake.main, fake.variants = *chance, fill{}, assay.Listing{}, shot{}, [3]shot{}
	write := (*draft).silentFake
	if chance.chance(40) {
		write = (*draft).confessingFake
	}
	story, _ := write(fake)
	l := &fake.l
	fake.shop = d.shop
	l.Marketplace, l.ID, l.URL, l.Seller, l.ShipFrom, l.ListedAt = d.l.Marketplace, d.l.ID, d.l.URL, d.l.Seller, d.l.ShipFrom, d.l.ListedAt
	fake.kind, fake.lane = SwappedFake, assay.LaneCounterfeit
	fake.story = "Ordinary goods until the offer was approved. " + story
	fake.photos += max(len(d.l.Images), len(d.l.Variants))
	fake.show(chance.between(1, 2))

	out := []*draft{fake}
	if chance.chance(twoStepsPercent) {
		first := d.again()
		first.p, first.owner, first.kind, first.lane = fake.p, fake.owner, fake.kind, fake.lane
		first.main, first.variants, first.photos = fake.main, [3]shot{fake.main, fake.main, fake.main}, fake.photos
		first.story = "The photos already show a fake of " + fake.p.brand.name + "; the text is still that of ordinary goods."
		first.show(len(fake.l.Images))
		out = []*draft{first, fake}
	}
	if chance.chance(returnPercent) {
		back := d.again()
		back.story = "Back to harmless goods, after the offer was one of a fake of " + fake.p.brand.name + "."
		out = append(out, back)
	}
	return out
}
