package demo

import (
	"math/bits"
	"strconv"
	"strings"

	"assay/demo/picture"
)

// shot is what stands before the camera.
type shot struct {
	thing  picture.Thing
	colour int
	brand  bool // it carries the signs of the article's brand
}

// Odds of photos, in percent of listings.
const (
	catalogued = 65 // sellers of no-name goods with a photo like a catalogue's
	borrowed   = 25 // honest resellers who show the maker's photo
	copied     = 60 // fakes that show the maker's photo
	mixed      = 15 // … and fakes that show it first, and then what they sell
)

// Picture says what is on the photo at an address that a listing, a later
// revision or the reference of this world names; of other addresses it knows
// nothing. It is a function of the world and the address: what is on a photo is
// not written into the address, the offer is made again to find out. The truth
// about the photo is its Style, and its Article where the thing is one of the
// catalogue. Cost: a few microseconds.
func (w *World) Picture(url string) (picture.Picture, bool) {
	if p, ok := w.officialPicture(url); ok {
		return p, true
	}
	m, i, ok := photoOf(url)
	if !ok {
		return picture.Picture{}, false
	}
	d := w.draft(i)
	if d.m != m {
		return picture.Picture{}, false
	}
	if p, ok := d.pictureAt(url); ok {
		return p, true
	}
	for _, e := range w.later(d) {
		if p, ok := e.pictureAt(url); ok {
			return p, true
		}
	}
	return picture.Picture{}, false
}

// officialPicture is a photo of the reference.
func (w *World) officialPicture(url string) (picture.Picture, bool) {
	rest, ok := strings.CutPrefix(url, "https://media.")
	if !ok {
		return picture.Picture{}, false
	}
	_, number, _ := strings.Cut(strings.TrimSuffix(rest, ".jpg"), "-")
	if at := strings.LastIndexByte(number, '-'); at >= 0 { // brands have hyphens too
		number = number[at+1:]
	}
	index, err := strconv.ParseUint(number, 10, 32)
	if err != nil || index >= uint64(w.products) {
		return picture.Picture{}, false
	}
	b := w.brands[int(index)%len(w.brands)]
	p := w.product(b, int(index)/len(w.brands))
	if url != p.photo() {
		return picture.Picture{}, false
	}
	return p.picture(), true
}

// photo is the address of the maker's photo.
func (p *product) photo() string { return p.brand.image + p.mpn() + ".jpg" }

// picture is what is on it.
func (p *product) picture() picture.Picture {
	return picture.Picture{
		Thing: p.item.thing, Brand: p.brand.name, Model: strings.TrimSpace(p.model + " " + p.size),
		Colour: p.colour, Article: p.mpn(), Style: picture.Studio,
	}
}

// Offers' numbers are scattered over ten digits: multiplied by a number that has
// an inverse, so that the offer can be found again.
const (
	offerNumbers = 9_000_000_000
	offerStride  = 1_824_713_947
	offerInverse = 8_631_699_283 // of offerStride modulo offerNumbers
	offerShift   = 3_141_592_653
	offerFirst   = 1_000_000_000
)

// offerNumber is another one for each i below offerNumbers.
func offerNumber(i uint64) uint64 {
	return offerFirst + (i%offerNumbers*offerStride+offerShift)%offerNumbers
}

// offerIndex is the i below offerNumbers with that number.
func offerIndex(number uint64) uint64 {
	hi, lo := bits.Mul64((number-offerFirst+offerNumbers-offerShift)%offerNumbers, offerInverse)
	return bits.Rem64(hi, lo, offerNumbers)
}

// photoOf reads the address of an offer's photo: whose it may be.
func photoOf(url string) (m *market, i uint64, ok bool) {
	for _, m := range markets {
		rest, ok := strings.CutPrefix(url, m.photos)
		if !ok {
			continue
		}
		id, _, _ := strings.Cut(rest, "/")
		number, err := strconv.ParseUint(id, 10, 64)
		if err != nil || number < offerFirst || number >= offerFirst+offerNumbers {
			return nil, 0, false
		}
		return m, offerIndex(number), true
	}
	return nil, 0, false
}

// pictureAt is the picture at one of the draft's own addresses.
func (d *draft) pictureAt(url string) (picture.Picture, bool) {
	for k := range d.l.Images {
		if d.l.Images[k].URL == url {
			return d.picture(d.main, d.photos+k, false), true
		}
	}
	for v := range d.l.Variants {
		for k := range d.l.Variants[v].Images {
			if d.l.Variants[v].Images[k].URL == url {
				return d.picture(d.variants[v], 100*(v+1)+d.photos, true), true
			}
		}
	}
	return picture.Picture{}, false
}

// picture is the draft's photo of a thing; number tells its photos apart.
func (d *draft) picture(s shot, number int, variant bool) picture.Picture {
	chance := newDice(d.w.seed, streamPhoto, hash(d.i, uint64(d.photos)))
	p := picture.Picture{Thing: s.thing, Colour: s.colour, Model: strconv.Itoa(chance.n(100))}
	if s.brand {
		article := d.p.picture()
		p.Brand, p.Model = article.Brand, article.Model
		if s.thing == article.Thing && s.colour == article.Colour {
			p.Article = article.Article
		}
	}
	if !variant {
		p.View = (number - d.photos) % 3
	}
	p.Style = d.style(&chance, number-d.photos, variant)
	switch p.Style {
	case picture.Copied, picture.Own:
		p.Seed = hash(chance.pcg.Uint64(), uint64(number))
	case picture.Fake: // an operator shows one photo of its goods in all of its shops
		p.Seed = hash(uint64(d.w.operatorOf(d.m, d.shop))<<32|uint64(d.p.index), uint64(p.View))
	}
	return p
}

// style is how the offer's k-th photo came about.
func (d *draft) style(chance *dice, k int, variant bool) picture.Style {
	n := chance.n(100)
	switch d.kind {
	case Genuine, Flagship, BelowMinimum:
		return picture.Studio
	case SecondHand, Box:
		return picture.Own
	case Resale, Denial, MistypedGTIN, GenuinePart, Unauthorised:
		if n < borrowed {
			return picture.Studio
		}
		return picture.Own
	case VariantFake:
		if variant && k == 200 {
			return picture.Fake
		}
		return picture.Copied
	}
	if d.kind.Fake() {
		if n < copied || n < copied+mixed && k == 0 {
			return picture.Copied
		}
		return picture.Fake
	}
	if n < catalogued {
		return picture.Studio
	}
	return picture.Own
}
