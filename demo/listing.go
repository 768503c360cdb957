package demo

import (
	"strconv"
	"time"
	"unicode/utf8"

	"assay"
)

// Lengths of titles in characters, and of descriptions in bytes, for which their
// writers aim.
const (
	minTitle, maxTitle = 40, 120
	minDescription     = 30
	maxDescription     = 85
)

// Listing returns the i-th listing of the world and the truth about it. It is a
// function of the world and i. Cost: a few microseconds and about
// 13 allocations.
func (w *World) Listing(i uint64) (assay.Listing, Truth) {
	d := w.draft(i)
	return d.l, d.truth()
}

// draft writes the i-th listing.
func (w *World) draft(i uint64) *draft {
	d := &draft{w: w, i: i, dice: newDice(w.seed, streamListing, i), buf: make([]byte, 0, 512), kind: Clean}
	d.move(pickMarket(d.dice.n(100)))
	if d.dice.chance(8) {
		d.speak(langEN)
	}
	if r := recipeFor(d.dice.n(perAll)); r != nil {
		if story, ok := r.write(d); ok {
			d.kind, d.lane, d.story = r.kind, r.lane, story
		}
	}
	if d.kind == Clean {
		d.story = d.clean()
	}
	d.finish()
	return d
}

func (d *draft) truth() Truth {
	t := Truth{Kind: d.kind, Owner: d.owner, Lane: d.lane, Story: d.story}
	if o := d.w.operatorOf(d.m, d.shop); o >= 0 {
		t.Operator = d.w.operators[o]
	}
	return t
}

func pickMarket(n int) *market {
	for _, m := range markets {
		if n -= m.share; n < 0 {
			return m
		}
	}
	return markets[0]
}

// draft is a listing being written.
type draft struct {
	w      *World
	i      uint64
	dice   dice
	m      *market
	lang   *language
	speaks int // index of lang
	p      product
	f      fill
	owner  string // whose name is used
	shop   int    // number of the account
	kind   Kind
	lane   assay.Lane
	story  string
	l      assay.Listing
	buf    []byte

	title    int     // which of its role's texts the title is
	main     shot    // what the photos show
	variants [3]shot // what those of the variants show
	photos   int     // how many the offer had before these
}

// move puts the offer on a marketplace, in the language spoken there.
func (d *draft) move(m *market) {
	d.m = m
	for i, code := range languages {
		if code == m.language {
			d.speak(i)
		}
	}
}

func (d *draft) speak(language int) {
	d.speaks, d.lang = language, d.w.languages[language]
}

// article makes the offer one of a product.
func (d *draft) article(p product) {
	d.p, d.owner = p, p.brand.owner
	d.l.Category = p.item.category
	d.l.Brand = p.brand.name
	d.f[slotBrand] = d.brandName(p.brand)
	d.f[slotModel] = p.model
	d.f[slotItem] = p.item.names[d.speaks]
	d.f[slotColour] = d.lang.colours[p.colour]
	d.f[slotMPN] = p.mpn()
	d.main = shot{p.item.thing, p.colour, true}
}

// brandName is how a seller writes the brand in the listing's language.
func (d *draft) brandName(b *brand) string {
	local := b.in(d.lang.code)
	if local == "" || d.lang.spaced {
		return b.name
	}
	switch n := d.dice.n(10); {
	case n < 4:
		return local
	case n < 6:
		return local + " " + b.name
	}
	return b.name
}

// anyArticle picks a product of any brand, popular brands more often.
func (d *draft) anyArticle() product { return d.articleOf(d.w.brands[d.dice.low(len(d.w.brands))]) }

func (d *draft) articleOf(b *brand) product { return d.w.product(b, d.dice.n(d.w.ofBrand(b))) }

// openArticle picks a product that anybody may offer on this marketplace.
func (d *draft) openArticle() (product, bool) {
	first := d.dice.low(len(d.w.brands))
	for i := range d.w.brands {
		p := d.articleOf(d.w.brands[(first+i)%len(d.w.brands)])
		if !d.w.gated(p.brand, d.m, p.item.category) {
			return p, true
		}
	}
	return product{}, false
}

// price is permille of an amount of euro cents, in the currency and roundness of
// the marketplace.
func (d *draft) price(cents int64, permille int) assay.Money {
	return money(rounded(fromEUR(cents*int64(permille)/1000, d.m.currency), d.m.currency), d.m.currency)
}

// Strides through soups and through sentences, which share no factor with their
// numbers (14 to 16; 8 and 10), so that nothing is said twice.
var (
	soupSteps    = []int{1, 11, 13}
	fillingSteps = []int{1, 3, 7}
)

// write writes title and description from texts of these roles; the description
// goes on with sentences that fit anything.
func (d *draft) write(title role, description ...role) {
	d.writeTitle(title)
	d.writeDescription(description...)
}

func (d *draft) writeTitle(r role) {
	d.title = d.dice.n(len(d.lang.texts[r]))
	b := squeeze(d.lang.texts[r][d.title].append(d.buf[:0], &d.f))
	target := d.dice.between(45, 90)
	if !d.lang.spaced {
		target = d.dice.between(minTitle, 58)
	}
	count := utf8.RuneCount(b)
	at, step := d.dice.n(len(d.lang.soup)), pick(&d.dice, soupSteps)
	for range d.lang.soup {
		if count >= target {
			break
		}
		word := d.lang.soup[at]
		at = (at + step) % len(d.lang.soup)
		if more := 1 + utf8.RuneCountInString(word); count+more <= maxTitle {
			b = append(append(b, ' '), word...)
			count += more
		}
	}
	d.l.Title, d.buf = string(b), b
}

func (d *draft) writeDescription(roles ...role) {
	b := d.buf[:0]
	for _, r := range roles {
		b = d.sentence(b, pick(&d.dice, d.lang.texts[r]))
	}
	target := d.dice.between(minDescription, maxDescription)
	filling := d.lang.texts[descAny]
	at, step := d.dice.n(len(filling)), pick(&d.dice, fillingSteps)
	for range filling {
		if len(b) >= target {
			break
		}
		b = d.sentence(b, filling[at])
		at = (at + step) % len(filling)
	}
	d.l.Description, d.buf = string(b), b
}

func (d *draft) sentence(b []byte, t template) []byte {
	if len(b) > 0 && d.lang.spaced {
		b = append(b, ' ')
	}
	return t.append(b, &d.f)
}

// squeeze closes the gaps that empty slots leave.
func squeeze(b []byte) []byte {
	out := b[:0]
	for i, c := range b {
		if c == ' ' && (i == 0 || b[i-1] == ' ') {
			continue
		}
		out = append(out, c)
	}
	if len(out) > 0 && out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	return out
}

// gtin sets the number of the goods.
func (d *draft) gtin(g assay.GTIN) {
	var b [16]byte
	d.l.GTIN = string(appendGTIN13(b[:0], g))
}

// ownGTIN is the number of goods that are in nobody's catalogue here.
func (d *draft) ownGTIN() assay.GTIN {
	return withCheckDigit(952_900_000_000 + uint64(d.dice.n(100_000_000)))
}

// Accounts.

func (d *draft) ordinaryShop() int { return firstShop + d.dice.low(shops) }

func (d *draft) badShop() int { return firstBad + d.dice.low(badShops) }

func (d *draft) freshShop() int { return firstFresh + d.dice.low(freshShops) }

func (d *draft) authorisedShop(owner int) int {
	return firstAuthorised + owner*shopsPerOwner + d.dice.n(d.w.channels[owner][d.m.index].shops)
}

// sold notes how many are left and were sold, where the marketplace says so.
func (d *draft) sold(most int) {
	if d.dice.chance(70) {
		d.l.Quantity = assay.Count{N: int64(d.dice.between(1, 200)), Known: true}
	}
	if d.dice.chance(75) {
		d.l.Sold = assay.Count{N: int64(d.dice.low(most)), Known: true}
	}
}

// finish fills in what every listing has.
func (d *draft) finish() {
	l, m := &d.l, d.m
	l.Marketplace = m.host
	l.Seller = d.w.account(m, d.shop)
	if l.ShipFrom == "" {
		l.ShipFrom = l.Seller.Country
	}
	b := append(d.buf[:0], m.address...)
	b = strconv.AppendUint(b, offerNumber(d.i), 10)
	l.URL = string(b)
	l.ID = l.URL[len(m.address):]

	n := 1
	if d.dice.chance(20) {
		n = d.dice.between(2, 3)
	}
	d.show(n)

	// Listed since the account was opened, at most a year ago.
	age := min(int64(asOf.Sub(l.Seller.JoinedAt)/time.Second), 365*86_400)
	listed := int64(d.dice.n(int(age)))
	l.ListedAt = asOf.Add(-time.Duration(listed) * time.Second)
	if d.dice.chance(20) {
		l.UpdatedAt = asOf.Add(-time.Duration(d.dice.n(int(listed)+1)) * time.Second)
	}
	if !m.showsAge {
		l.Seller.JoinedAt = time.Time{}
	}
}

// show gives the offer n photos, and each variant one: 1.jpg, 2.jpg, …, v1.jpg, …
// and on from there when it had others before.
func (d *draft) show(n int) {
	l := &d.l
	var ends [8]int
	b := d.buf[:0]
	add := func(name string, number int) {
		b = append(append(append(append(b, d.m.photos...), l.ID...), '/'), name...)
		b = append(strconv.AppendInt(b, int64(number), 10), ".jpg"...)
	}
	images := make([]assay.Image, n+len(l.Variants))
	for k := range images {
		if k < n {
			add("", d.photos+k+1)
		} else {
			add("v", d.photos+k-n+1)
		}
		ends[k] = len(b)
	}
	text := string(b)
	from := 0
	for k := range images {
		images[k].URL = text[from:ends[k]]
		from = ends[k]
	}
	l.Images = images[:n:n]
	for v := range l.Variants {
		l.Variants[v].Images = images[n+v : n+v+1 : n+v+1]
	}
	d.buf = b
}
