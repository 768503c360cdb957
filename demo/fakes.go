package demo

import (
	"strconv"
	"strings"

	"assay"
)

// Prices of fakes in permille of the maker's list price.
const (
	confessLow, confessHigh = 50, 300
	silentLow, silentHigh   = 50, 250
	dearLow, dearHigh       = 780, 980
	borrowLow, borrowHigh   = 100, 450
	hiddenLow, hiddenHigh   = 60, 200
)

// fake puts an offer of a fake together once its text is written.
func (d *draft) fake(permille int) {
	d.l.Condition = assay.ConditionNew
	if d.dice.chance(15) {
		d.l.Condition = ""
	}
	d.l.Price = d.price(d.p.cents, permille)
	d.attributes()
	d.sold(4000)
	d.shop = d.badShop()
	if d.dice.chance(20) { // an account that nobody suspects yet
		d.shop = d.freshShop()
	}
}

// hiddenBrand is what stands in the brand field of people who hide the brand.
var hiddenBrand = append([]string{"", "", ""}, noBrand...)

// hideBrand empties the brand field in half of the cases.
func (d *draft) hideBrand() {
	if d.dice.chance(50) {
		d.l.Brand = pick(&d.dice, hiddenBrand)
	}
}

// asked compares the price with the maker's.
func (d *draft) asked() string {
	list := money(rounded(fromEUR(d.p.cents, d.m.currency), d.m.currency), d.m.currency)
	return d.l.Price.String() + " where the maker asks " + list.String()
}

func (d *draft) confessingFake() (string, bool) {
	d.article(d.anyArticle())
	claims := d.lang.claims
	if d.dice.chance(25) {
		claims = d.w.languages[langEN].claims
	}
	claim := pick(&d.dice, claims)
	d.f[slotClaim] = claim
	where := "title"
	if d.dice.chance(65) {
		d.write(titleConfess, descFake)
	} else {
		where = "description"
		d.write(titleFake, descConfess)
	}
	d.hideBrand()
	d.fake(d.dice.between(confessLow, confessHigh))
	return "A fake of " + d.p.brand.name + " that says so in its " + where + " (" + claim + "): " + d.asked() + ".", true
}

func (d *draft) silentFake() (string, bool) {
	d.article(d.anyArticle())
	if d.dice.chance(20) {
		d.f[slotBrand] = strings.ToUpper(d.f[slotBrand])
	}
	d.write(pick(&d.dice, []role{titleFake, titlePlain}), descFake)
	d.fake(d.dice.between(silentLow, silentHigh))
	d.l.Condition = assay.ConditionNew
	if d.dice.chance(15) { // copied from the genuine box
		d.gtin(d.p.gtin)
	}
	return "A fake of " + d.p.brand.name + " sold as new, far too cheap: " + d.asked() + ".", true
}

func (d *draft) disguisedFake() (string, bool) {
	p := d.anyArticle()
	d.article(p)
	name, how := d.disguise(p.brand)
	d.f[slotBrand] = name
	switch n := d.dice.n(4); {
	case n < 2:
		d.f[slotModel] = ""
	case n == 2:
		d.f[slotModel] = d.confusable(p.model)
	}
	d.f[slotMPN] = ""
	d.l.Brand = pick(&d.dice, hiddenBrand)
	d.write(titleFake, descFake)
	d.fake(d.dice.between(silentLow, silentHigh))
	return "A fake of " + p.brand.name + ", whose name is disguised (" + how + "): " + d.asked() + ".", true
}

func (d *draft) dearFake() (string, bool) {
	d.article(d.anyArticle())
	d.write(titleGenuine, descResale)
	d.fake(d.dice.between(dearLow, dearHigh))
	d.l.Condition = assay.ConditionNew
	if d.dice.chance(40) {
		d.gtin(d.p.gtin)
	}
	return "A fake of " + d.p.brand.name + " at nearly the genuine price; the listing alone can't give it away.", true
}

// variantFake hides a fake among variants of other prices.
func (d *draft) variantFake() (string, bool) {
	d.article(d.anyArticle())
	p := d.p
	d.write(titleFake, descFake)
	d.fake(d.dice.between(850, 1000))
	hidden := d.price(p.cents, d.dice.between(hiddenLow, hiddenHigh))
	other := d.lang.colours[(p.colour+1)%colours]
	v := assay.Variant{ID: variantIDs[1], Title: d.f[slotItem] + " " + other, Price: hidden}
	first := assay.Variant{ID: variantIDs[0], Title: d.f[slotItem] + " " + d.f[slotColour], Price: d.l.Price, Quantity: assay.Count{Known: true}}
	d.variants[0], d.variants[1] = d.main, shot{d.main.thing, (p.colour + 1) % colours, true}
	story := "The offer shows a plausible price that is sold out; the fake of " + p.brand.name + " is the variant for "
	if d.dice.chance(50) {
		part := &p.brand.sector.parts[d.dice.n(len(p.brand.sector.parts))]
		d.l.Price = d.price(part.euros*100, d.dice.between(200, 500))
		d.variants[0] = shot{part.thing, p.colour, false}
		first.Title, first.Price, first.Quantity = part.names[d.speaks], d.l.Price, assay.Count{}
		story = "The offer's price is that of a part; the fake of " + p.brand.name + " is the variant for "
	}
	d.l.Variants = []assay.Variant{first, v}
	d.l.Quantity = assay.Count{}
	return story + hidden.String() + ".", true
}

func (d *draft) borrowedGTIN() (string, bool) {
	d.article(d.anyArticle())
	brands := d.w.brands
	at := d.dice.n(len(brands))
	for range brands {
		if brands[at].sector != d.p.brand.sector {
			break
		}
		at = (at + 1) % len(brands)
	}
	if brands[at].sector == d.p.brand.sector {
		return "", false
	}
	lender := d.articleOf(brands[at])
	d.write(titleFake, descFake)
	d.fake(d.dice.between(borrowLow, borrowHigh))
	d.gtin(lender.gtin)
	return "A fake of " + d.p.brand.name + " under the GTIN of goods by " + lender.brand.name + " (" + lender.item.names[langEN] + ").", true
}

func (d *draft) madeUpGTIN() (string, bool) {
	d.article(d.anyArticle())
	d.write(titleFake, descFake)
	d.fake(d.dice.between(borrowLow, borrowHigh))
	digits := strconv.AppendUint(nil, uint64(d.ownGTIN()), 10)
	last := &digits[len(digits)-1]
	*last = '0' + (*last-'0'+byte(d.dice.between(1, 9)))%10
	d.l.GTIN = string(digits)
	return "A fake of " + d.p.brand.name + " with a GTIN that can't exist: its check digit is wrong.", true
}
