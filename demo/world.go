package demo

import (
	"slices"
	"strings"
)

// Options sizes a world. A zero field takes its default.
type Options struct {
	Brands     int // protected brands, at most 1,000; default 40, all hand-made
	ExtraMarks int // further marks of other owners, one in six listings carries one; default none
	Products   int // catalogue of the brands, at least one each, at most 50 million; default 3,000
}

// Defaults of Options.
const (
	DefaultBrands   = 40
	DefaultProducts = 3_000
	maxBrands       = 1_000      // as many account numbers as there are for flagship stores
	maxProducts     = 50_000_000 // as many item numbers as there are
)

// World is an invented world. It is safe for concurrent use.
type World struct {
	seed       uint64
	brands     []*brand
	owners     []string // by ownerID
	languages  []*language
	goods      []item
	senses     map[string][]sense
	products   int
	perBrand   int // numbers reserved for a brand's products
	extraMarks uint64

	channels [][]channel // by ownerID, market
	flagship [][]bool    // by brand, market: has a store of its own there
	gates    []gatePlace // in force
	minimum  []*brand    // with agreed prices

	operators []string // their ids
}

// channel is how an owner's goods are sold on a marketplace.
type channel struct {
	shops   int    // authorised shops, at least one
	expired bool   // one more was authorised until March 2026
	gate    string // category that only authorised sellers may list, "" for none
	lapsed  bool   // the gate is no longer in force
}

// gatePlace is where a gate bites: a brand with goods in the gated category.
type gatePlace struct {
	market *market
	brand  *brand
}

// New makes the world of a seed.
func New(seed uint64, o Options) *World {
	if o.Brands <= 0 {
		o.Brands = DefaultBrands
	}
	if o.Products <= 0 {
		o.Products = DefaultProducts
	}
	o.Brands = min(o.Brands, maxBrands)
	w := &World{
		seed:       seed,
		brands:     makeBrands(o.Brands, readSectors()),
		languages:  readTexts(),
		goods:      readGoods(),
		products:   min(max(o.Products, o.Brands), maxProducts),
		perBrand:   1,
		extraMarks: uint64(min(max(o.ExtraMarks, 0), int(wordNoMark))),
	}
	for w.perBrand*len(w.brands) < w.products {
		w.perBrand *= 10
	}
	w.senses = readSenses(w.brands)
	for _, b := range w.brands {
		if b.ownerID == len(w.owners) {
			w.owners = append(w.owners, b.owner)
		}
		if b.minimum {
			w.minimum = append(w.minimum, b)
		}
	}
	w.makeChannels()
	for o := range operators {
		w.operators = append(w.operators, operatorID(o))
	}
	return w
}

// Odds of the channels, in percent.
const (
	gatePercent     = 15 // an owner has a gate on a marketplace
	lapsedPercent   = 15 // … which is no longer in force
	flagshipPercent = 60 // a brand has a store of its own on a marketplace
	expiredPercent  = 30 // an owner ended a shop's authorisation there
)

func (w *World) makeChannels() {
	w.channels = make([][]channel, len(w.owners))
	for o := range w.owners {
		first := w.brands[slices.IndexFunc(w.brands, func(b *brand) bool { return b.ownerID == o })]
		for _, m := range markets {
			d := newDice(w.seed, streamChannel, uint64(o)<<8|uint64(m.index))
			c := channel{shops: d.between(1, shopsPerOwner), expired: d.chance(expiredPercent)}
			// The first owner has one for sure, on the first marketplace.
			if d.chance(gatePercent) || o == 0 && m.index == 0 {
				c.gate = topTwo(first.sector.products[0].category)
				c.lapsed = d.chance(lapsedPercent) && m.index > 0
			}
			w.channels[o] = append(w.channels[o], c)
		}
	}
	w.flagship = make([][]bool, len(w.brands))
	for i, b := range w.brands {
		for _, m := range markets {
			d := newDice(w.seed, streamChannel, 1<<32|uint64(i)<<8|uint64(m.index))
			// Everybody has one on the first marketplace, so that there is one.
			w.flagship[i] = append(w.flagship[i], d.chance(flagshipPercent) || m.index == 0)
			if w.gated(b, m, b.sector.products[0].category) {
				w.gates = append(w.gates, gatePlace{m, b})
			}
		}
	}
}

// gated reports whether only authorised sellers may offer the brand's goods of a
// category on a marketplace.
func (w *World) gated(b *brand, m *market, category string) bool {
	c := &w.channels[b.ownerID][m.index]
	return c.gate != "" && !c.lapsed &&
		(category == c.gate || strings.HasPrefix(category, c.gate) && strings.HasPrefix(category[len(c.gate):], " > "))
}

// topTwo is the first two levels of a category path.
func topTwo(category string) string {
	levels := strings.SplitN(category, " > ", 3)
	return strings.Join(levels[:2], " > ")
}
