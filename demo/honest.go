package demo

import (
	"strconv"
	"strings"

	"assay"
)

// Prices of honest offers in permille of the maker's list price. Second-hand
// goods and fakes overlap: price alone tells nothing.
const (
	flagshipLow, flagshipHigh     = 1000, 1000
	authorisedLow, authorisedHigh = 900, 1000
	resaleLow, resaleHigh         = 850, 1050 // above any agreed minimum
	usedLow, usedHigh             = 150, 700
	partsLow, partsHigh           = 30, 90
)

// clean writes an offer that has nothing to do with any brand of the world.
func (d *draft) clean() string {
	d.owner = ""
	d.l = assay.Listing{}
	g := &d.w.goods[d.dice.n(len(d.w.goods))]
	d.l.Category = g.category
	d.f[slotItem] = g.names[d.speaks]
	d.main = shot{g.thing, d.dice.n(colours), false}
	d.f[slotColour] = d.lang.colours[d.main.colour]
	d.f[slotBrand], d.f[slotMPN] = "", ""
	if d.dice.chance(35) {
		d.f[slotMPN] = d.articleCode()
	}
	story := "Ordinary goods, no brand on them."
	title := titleGoods
	if d.dice.chance(30) {
		title, story = titleOwn, "Ordinary goods under a seller's own name."
		name, extra := d.otherBrand()
		if extra {
			story = "Ordinary goods of a brand that has no catalogue here."
		}
		d.l.Brand, d.f[slotBrand] = name, name
	} else if d.dice.chance(25) {
		d.l.Brand = pick(&d.dice, noBrand)
	}
	d.write(title)
	d.l.Price = d.price(g.euros*100, d.dice.between(500, 1800))
	switch n := d.dice.n(100); {
	case n < 82:
		d.l.Condition = assay.ConditionNew
	case n < 87:
		d.l.Condition = assay.ConditionUsed
	case n < 89:
		d.l.Condition = assay.ConditionRefurbished
	}
	if d.dice.chance(30) {
		d.gtin(d.ownGTIN())
	}
	if d.dice.chance(10) {
		d.colourVariants()
	}
	d.attributes()
	d.sold(2000)
	d.shop = d.ordinaryShop()
	if d.dice.chance(1) {
		d.shop = d.badShop()
	}
	return story
}

// articleCode is a number such as small makers print on their goods: KX-4471B.
func (d *draft) articleCode() string {
	letter := func() byte { return byte('A' + d.dice.n(26)) }
	b := []byte{letter(), letter(), '-'}
	b = strconv.AppendInt(b, int64(d.dice.between(10, 9999)), 10)
	if d.dice.chance(40) {
		b = append(b, letter())
	}
	return string(b)
}

// noBrand is what sellers type when a form demands a brand.
var noBrand = []string{"No Brand", "Generic", "Unbranded", "OEM", "-"}

// otherBrand is a brand without products here: one of the extra marks in two of
// three cases, if there are any.
func (d *draft) otherBrand() (name string, extra bool) {
	n := wordNoMark + uint64(d.dice.n(100_000))
	if d.w.extraMarks > 0 && d.dice.n(3) > 0 {
		n, extra = uint64(d.dice.n(int(d.w.extraMarks))), true
	}
	for {
		name, language := filler(n)
		if language == "" || language == d.lang.code {
			return name, extra
		}
		n -= n % 20 // a neighbour in Latin script
	}
}

func (d *draft) colourVariants() {
	n := d.dice.between(2, 3)
	d.l.Variants = make([]assay.Variant, n)
	for i := range d.l.Variants {
		d.l.Variants[i] = assay.Variant{ID: variantIDs[i], Title: d.lang.colours[i], Price: d.l.Price}
		d.variants[i] = shot{d.main.thing, i, false}
	}
}

var variantIDs = []string{"v1", "v2", "v3"}

func (d *draft) attributes() {
	if d.dice.chance(25) {
		d.l.Attributes = []assay.Attribute{{Name: "Colour", Value: d.f[slotColour]}}
	}
}

// genuine goods of an authorised shop.
func (d *draft) genuine() (string, bool) {
	d.article(d.anyArticle())
	d.official(d.authorisedShop(d.p.brand.ownerID), d.dice.between(authorisedLow, authorisedHigh))
	return "Genuine " + d.p.brand.name + " from an authorised seller.", true
}

func (d *draft) flagship() (string, bool) {
	p := d.anyArticle()
	m := d.m
	for !d.w.flagship[p.brand.index][m.index] {
		m = markets[(m.index+1)%len(markets)]
	}
	d.move(m)
	d.article(p)
	d.official(firstFlagship+p.brand.index, d.dice.between(flagshipLow, flagshipHigh))
	return "Genuine " + p.brand.name + " from the brand's own store.", true
}

// official writes an offer of somebody who knows the goods.
func (d *draft) official(shop, permille int) {
	d.write(titleGenuine, descGenuine)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(d.p.cents, permille)
	if d.dice.chance(90) {
		d.gtin(d.p.gtin)
	}
	d.l.MPN = d.f[slotMPN]
	if d.dice.chance(40) {
		d.l.PageID = "P-" + d.l.MPN
	}
	d.attributes()
	d.sold(500)
	d.shop = shop
	d.l.ShipFrom = d.m.country
}

// asNew writes an offer of new genuine goods by a private person or small shop.
func (d *draft) asNew(title role) bool {
	p, ok := d.openArticle()
	if !ok {
		return false
	}
	d.article(p)
	if d.dice.chance(15) {
		d.f[slotBrand] = strings.ToUpper(d.f[slotBrand])
	}
	d.write(title, descResale)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(p.cents, d.dice.between(resaleLow, resaleHigh))
	if d.dice.chance(50) {
		d.gtin(p.gtin)
	}
	d.attributes()
	d.sold(5)
	d.l.Quantity = assay.Count{N: int64(d.dice.between(1, 3)), Known: true}
	d.shop = d.ordinaryShop()
	return true
}

func (d *draft) resale() (string, bool) {
	if !d.asNew(titleResale) {
		return "", false
	}
	return "Genuine " + d.p.brand.name + ", new, resold by somebody unknown at a plausible price.", true
}

func (d *draft) denial() (string, bool) {
	if !d.asNew(titleDeny) {
		return "", false
	}
	return "Genuine " + d.p.brand.name + "; the seller says that it is no replica, and it is none.", true
}

func (d *draft) mistypedGTIN() (string, bool) {
	if !d.asNew(titleResale) {
		return "", false
	}
	digits := strconv.AppendUint(nil, uint64(d.p.gtin), 10)
	at := 3 + d.dice.n(9)
	digits[at] = '0' + (digits[at]-'0'+byte(d.dice.between(1, 9)))%10
	d.l.GTIN = string(digits)
	return "Genuine " + d.p.brand.name + "; one digit of the GTIN is a slip.", true
}

func (d *draft) secondHand() (string, bool) {
	p, ok := d.openArticle()
	if !ok {
		return "", false
	}
	d.article(p)
	said := "The condition field says so."
	if d.dice.chance(75) {
		d.l.Condition = assay.ConditionUsed
		d.write(pick(&d.dice, []role{titleUsed, titleUsed, titlePlain}), descUsed)
	} else {
		said = "Only the text says so."
		d.write(pick(&d.dice, []role{titleUsed, titlePlain}), descUsed)
	}
	d.l.Price = d.price(p.cents, d.dice.between(usedLow, usedHigh))
	if d.dice.chance(15) {
		d.gtin(p.gtin)
	}
	d.attributes()
	d.l.Quantity = assay.Count{N: 1, Known: true}
	d.shop = d.ordinaryShop()
	return "Genuine " + p.brand.name + ", second-hand and cheap for that reason. " + said, true
}

func (d *draft) accessory() (string, bool) {
	p := d.anyArticle()
	d.article(p)
	other := &p.brand.sector.others[d.dice.n(len(p.brand.sector.others))]
	d.f[slotAcc] = other.names[d.speaks]
	d.l.Category = other.category
	d.main = shot{other.thing, p.colour, false}
	if !d.dice.chance(10) { // some put the brand it fits into the brand field
		d.l.Brand = ""
		if d.dice.chance(40) {
			d.l.Brand = pick(&d.dice, noBrand)
		}
	}
	d.write(titleAccessory, descAccessory)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(other.euros*100, d.dice.between(600, 1600))
	if d.dice.chance(20) {
		d.gtin(d.ownGTIN())
	}
	d.sold(3000)
	d.shop = d.ordinaryShop()
	return "An accessory by another maker that goes with " + p.brand.name + ".", true
}

func (d *draft) ordinaryWord() (string, bool) {
	senses := d.w.senses[d.lang.code]
	if len(senses) == 0 {
		d.speak(langEN)
		senses = d.w.senses[d.lang.code]
	}
	if len(senses) == 0 {
		return "", false
	}
	s := &senses[d.dice.n(len(senses))]
	d.owner = s.owner
	d.l.Category = s.category
	d.main = shot{s.thing, int(hash(d.i, streamPhoto) % colours), false}
	d.f[slotItem], d.f[slotColour] = s.title, ""
	d.write(titleGoods)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(s.euros*100, d.dice.between(600, 1600))
	if d.dice.chance(20) {
		d.gtin(d.ownGTIN())
	}
	d.sold(1000)
	d.shop = d.ordinaryShop()
	return s.word + " is meant as the ordinary word.", true
}

// unbranded writes an offer of no-name goods that mentions a brand.
func (d *draft) unbranded(title role) {
	p := d.anyArticle()
	d.article(p)
	d.l.Brand = pick(&d.dice, noBrand)
	d.main.brand = false
	d.write(title)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(p.item.euros*100, d.dice.between(120, 400))
	d.sold(800)
	d.shop = d.ordinaryShop()
}

func (d *draft) disclaimer() (string, bool) {
	d.unbranded(titleDisclaim)
	return "No-name goods; the seller says that they are not " + d.p.brand.name + ".", true
}

func (d *draft) bait() (string, bool) {
	d.unbranded(titleBait)
	return "No-name goods that use the name " + d.p.brand.name + " to be found.", true
}

func (d *draft) box() (string, bool) {
	p, ok := d.openArticle()
	if !ok {
		return "", false
	}
	d.article(p)
	d.main.thing = "box"
	d.write(titleBox, descBox)
	d.l.Condition = pick(&d.dice, []assay.Condition{assay.ConditionUsed, assay.ConditionUsed, ""})
	d.l.Price = d.price(p.cents, d.dice.between(partsLow, partsHigh))
	d.l.Quantity = assay.Count{N: 1, Known: true}
	d.shop = d.ordinaryShop()
	return "A box or parts of " + p.brand.name + " for collectors, genuine and cheap for that reason.", true
}

func (d *draft) curio() (string, bool) {
	d.f = fill{}
	d.owner = ""
	d.write(titleCurio, descCurio)
	d.main = shot{thing: d.lang.curios[d.title]}
	d.l.Category = "Home > Decor"
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(2500, d.dice.between(400, 2500))
	d.sold(100)
	d.shop = d.ordinaryShop()
	return "Calls itself a replica, but of no brand's goods.", true
}

// genuinePart is the honest mirror of variantFake: one variant is far cheaper
// because it is a part.
func (d *draft) genuinePart() (string, bool) {
	p, ok := d.openArticle()
	if !ok {
		return "", false
	}
	d.article(p)
	d.write(titleGenuine, descGenuine)
	part := &p.brand.sector.parts[d.dice.n(len(p.brand.sector.parts))]
	whole := d.price(p.cents, d.dice.between(resaleLow, 1000))
	cheap := d.price(part.euros*p.brand.tier, d.dice.between(900, 1100))
	d.l.Variants = []assay.Variant{
		{ID: variantIDs[0], Title: d.p.brand.name + " " + d.f[slotItem], Price: whole},
		{ID: variantIDs[1], Title: d.p.brand.name + " " + part.names[d.speaks], Price: cheap},
	}
	d.variants[0], d.variants[1] = d.main, shot{part.thing, p.colour, true}
	d.l.Condition = assay.ConditionNew
	d.l.Price = whole
	if d.dice.chance(50) { // "from"
		d.l.Price = cheap
	}
	d.sold(50)
	d.shop = d.ordinaryShop()
	return "Genuine " + p.brand.name + "; the cheap variant is a genuine part (" + part.names[langEN] + ").", true
}

// unauthorised offers genuine goods where a gate keeps all but authorised sellers
// out.
func (d *draft) unauthorised() (string, bool) {
	if len(d.w.gates) == 0 {
		return "", false
	}
	place := pick(&d.dice, d.w.gates)
	b := place.brand
	d.move(place.market)
	k := d.dice.n(d.w.ofBrand(b))
	d.article(d.w.product(b, k-k%len(b.sector.products))) // the first sort is gated
	d.write(titleGenuine, descResale)
	d.l.Condition = assay.ConditionNew
	d.l.Price = d.price(d.p.cents, d.dice.between(resaleLow, resaleHigh))
	if d.dice.chance(60) {
		d.gtin(d.p.gtin)
	}
	d.sold(60)
	d.shop = d.ordinaryShop()
	story := "Genuine " + b.name + ", but only authorised sellers may offer it on " + d.m.host + "."
	if d.w.channels[b.ownerID][d.m.index].expired && d.dice.chance(30) {
		d.shop = firstExpired + b.ownerID
		story = "Genuine " + b.name + " from a shop whose authorisation ended in March."
	}
	return story, true
}

// belowMinimum is an authorised shop that undercuts the agreed price.
func (d *draft) belowMinimum() (string, bool) {
	if len(d.w.minimum) == 0 {
		return "", false
	}
	d.article(d.articleOf(pick(&d.dice, d.w.minimum)))
	d.official(d.authorisedShop(d.p.brand.ownerID), d.dice.between(550, 10*minimumPercent-60))
	return "Genuine " + d.p.brand.name + " from an authorised seller, below the price agreed with the maker.", true
}
