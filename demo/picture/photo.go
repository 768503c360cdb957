package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"strconv"
)

// Picture says what is on a photo and how it came about. Everything that is drawn
// follows from it.
type Picture struct {
	Thing   Thing
	Brand   string // whose emblem and colours it has, "" for nobody's
	Model   string // models differ in their proportions
	Colour  int    // index of Colours
	Article string // the maker's number of the product, "" for goods of no catalogue; not drawn
	Style   Style
	View    int    // 0 the whole thing, 1 a detail, 2 from the other side; others are as 0
	Seed    uint64 // where and how it was taken: background, light, what was done to a copy
}

// Style is how a photo came about.
type Style int

const (
	Studio Style = iota // by the maker, on white
	Copied              // the maker's photo in somebody else's offer: cut, mirrored, framed, stamped, compressed
	Own                 // taken at home by an honest seller
	Fake                // taken by the seller of a fake, which is on it
)

func (s Style) String() string {
	switch s {
	case Studio:
		return "studio"
	case Copied:
		return "copied"
	case Own:
		return "own"
	case Fake:
		return "fake"
	}
	return "unknown"
}

// Colours are the colours of products in English.
var Colours = [...]string{"black", "white", "navy", "red", "olive", "sand", "grey", "rose"}

var colourways = [len(Colours)]rgb{
	{44, 43, 48}, {236, 232, 224}, {36, 54, 98}, {172, 38, 46}, {110, 112, 62}, {206, 182, 142}, {138, 141, 147}, {218, 156, 164},
}

// Side is the width and height of a picture in pixels; a copy may be smaller.
const Side = 800

// copiedSides are the sizes that copies come in.
var copiedSides = [...]int{800, 640, 600, 480}

// Draw draws the picture. The same picture is the same on every run; between
// processor architectures a channel may differ by one. A thing that is unknown
// is drawn as a box. Cost: 10 to 25 ms of one core and
// 8 MB.
func Draw(p Picture) *image.RGBA {
	if !p.Thing.Known() {
		p.Thing = "box"
	}
	side := Side
	if p.Style == Copied {
		side = copiedSides[copyOf(p).side]
	}
	c := newCanvas(side)
	switch p.Style {
	case Studio:
		c.studio(p)
	case Copied:
		copyOf(p).draw(c, p, openFace(false))
	default:
		c.home(p)
	}
	return c.img
}

// JPEG is the picture as a marketplace serves it.
func JPEG(p Picture) []byte {
	quality := 88
	switch p.Style {
	case Copied:
		quality = copyOf(p).quality
	case Own, Fake:
		quality = 80
	}
	var b bytes.Buffer
	// Encoding an image of this size into memory cannot fail.
	_ = jpeg.Encode(&b, Draw(p), &jpeg.Options{Quality: quality})
	return b.Bytes()
}

// newPen is a pen for the thing in the picture.
func newPen(c *canvas, p Picture) *pen {
	d := &pen{c: c, look: lookOf(p.Brand), model: string(p.Thing) + "/" + p.Brand + "/" + p.Model, wrong: p.Style == Fake}
	d.face = openFace(d.look.smallCaps)
	d.body = colourways[((p.Colour%len(Colours))+len(Colours))%len(Colours)]
	d.wobble = seed("wobble", p.Seed)
	if d.wrong {
		d.body = d.body.hue(d.wobble.f(-1, 1)*16+10).mix(rgb{150, 120, 150}, .12)
		d.look.metal = d.look.metal.mix(rgb{226, 190, 70}, .45)
	}
	d.mark = d.look.emblem(d.face, d.wrong)
	return d
}

// place draws the thing as large as fits into a square of size, its middle at
// 500, 500, with a shadow: under it if it stands, beside it if it lies.
func (c *canvas) place(p Picture, size float64, world affine, lying bool, depth float64) {
	d := newPen(c, p)
	t := things[p.Thing]
	d.lo, d.hi = pt(1e9, 1e9), pt(-1e9, -1e9)
	t.draw(d)
	w, h := d.hi.x-d.lo.x, d.hi.y-d.lo.y
	k := min(size/w, size/h)
	fit := shift(-(d.lo.x+d.hi.x)/2, -(d.lo.y+d.hi.y)/2).then(zoom(k, k)).then(view(p.View, t.focus, k*w, k*h))
	base := c.m
	c.m = fit.then(shift(500, 505)).then(world).then(base)

	px := float64(c.img.Rect.Dx()) / 1000
	d.round = shading
	d.under = c.newShadow()
	if t.stands && !lying {
		floor := ellipse((d.lo.x+d.hi.x)/2, d.hi.y-6/k, w*.47, max(16/k, w*.035))
		d.under.add(c, floor)
		d.under.blur(2)
		c.cast(d.under, 0, 5*px, .55)
		wide := c.newShadow()
		wide.add(c, floor)
		wide.blur(7)
		c.cast(wide, 14*px, 12*px, .6)
	} else {
		t.draw(d)
		d.under.blur(2 + int(depth))
		c.cast(d.under, 7*px*depth, 9*px*depth, .42)
	}
	d.round = painting
	t.draw(d)
	c.m = base
}

// view is how the camera stands to the thing of that width and height.
func view(n int, focus point, w, h float64) affine {
	switch n {
	case 1:
		if focus == (point{}) {
			focus = pt(-.05, -.12)
		}
		return shift(-focus.x*w, -focus.y*h).then(zoom(1.75, 1.75)).then(rotate(-4))
	case 2:
		return zoom(-.93, .96).then(rotate(-7))
	}
	return zoom(1, 1)
}

func (c *canvas) studio(p Picture) {
	d := seed(p.Brand+"/studio", 4)
	tint := white
	if p.Brand != "" && d.n(3) == 0 { // some houses have a colour for the ground
		tint = lookOf(p.Brand).accent.light(.86)
	}
	c.flood(linear(pt(0, 0), pt(0, 1000), stop{0, tint.mix(rgb{244, 244, 246}, .5), 1}, stop{.6, tint, 1}, stop{1, tint.dark(.09), 1}))
	c.flood(around(pt(470, 430), 760, stop{0, white, .75}, stop{.6, white, .2}, stop{1, rgb{150, 150, 160}, .12}))
	c.place(p, 740, zoom(1, 1), false, 1.6)
}

// copying is what somebody did to a maker's photo.
type copying struct {
	side, quality int
	mirror        bool
	crop          float64
	at            point
	border        bool
	stamp         int // 0 none, 1 a watermark across, 2 a price sticker, 3 a banner
	paint         rgb
	price         int
}

func copyOf(p Picture) copying {
	d := seed("copy", p.Seed)
	k := copying{side: d.n(len(copiedSides)), quality: 38 + d.n(35), crop: 1}
	k.mirror = d.n(4) == 0
	if d.n(2) == 0 {
		k.crop = d.f(1.04, 1.28)
		k.at = pt(d.f(-50, 50), d.f(-50, 50))
	}
	k.border = d.n(4) == 0
	k.stamp = d.n(5)
	k.paint = []rgb{{214, 40, 44}, {226, 110, 30}, {30, 92, 176}, {24, 130, 84}}[d.n(4)]
	k.price = 9 + 10*d.n(14)
	return k
}

func (k copying) draw(c *canvas, p Picture, f *face) {
	base := c.m
	flip := 1.0
	if k.mirror {
		flip = -1
	}
	c.m = shift(-500+k.at.x, -500+k.at.y).then(zoom(k.crop*flip, k.crop)).then(shift(500, 500)).then(base)
	c.studio(p)
	c.m = base
	if k.border {
		c.fill(rect(0, 0, 1000, 1000).hole(rrect(26, 26, 974, 974, 20)), solid(k.paint))
	}
	switch k.stamp {
	case 1:
		var all path
		for i := range 5 {
			line := f.text("TOP STORE · TOP STORE · TOP STORE", 500, float64(60+i*230), 58, 4)
			all = append(all, line.turn(500, 500, -28)...)
		}
		c.fill(all, glaze(rgb{70, 70, 80}, .22))
	case 2:
		c.fill(star(14, 128, 108).move(842, 850), solid(k.paint))
		c.fill(f.text("only", 842, 812, 40, 1), solid(white))
		c.fill(f.text("$"+strconv.Itoa(k.price), 842, 884, 82, 1), solid(white))
	case 3:
		c.fill(rect(0, 905, 1000, 1000), solid(k.paint))
		c.fill(f.text("FREE SHIPPING · BEST QUALITY", 500, 970, 50, 3), solid(white))
	}
}

// home is a photo taken on a table, a floor or a bed.
func (c *canvas) home(p Picture) {
	d := seed("home", p.Seed)
	c.ground(&d)
	tilt := d.f(-15, 15)
	size := d.f(600, 720)
	world := shift(-500, -500).then(rotate(tilt)).then(zoom(1, d.f(.93, 1))).then(shift(500+d.f(-45, 45), 500+d.f(-40, 40)))
	c.place(p, size, world, true, d.f(1.4, 2.6))
	c.develop(&d)
}

// ground is what the thing lies on.
func (c *canvas) ground(d *dice) {
	switch d.n(5) {
	case 0, 1: // planks
		wood := []rgb{{168, 124, 82}, {202, 166, 122}, {112, 78, 54}, {150, 134, 118}}[d.n(4)]
		base := c.m
		c.m = shift(-500, -500).then(rotate(d.f(-8, 8))).then(zoom(1.15, 1.15)).then(shift(500, 500)).then(base)
		width := d.f(130, 210)
		for y := -40.0; y < 1060; y += width {
			tone := wood.mix(black, d.f(0, .16)).mix(white, d.f(0, .1))
			c.fill(rect(-100, y, 1100, y+width-3), linear(pt(0, y), pt(0, y+width), stop{0, tone.light(.07), 1}, stop{1, tone.dark(.08), 1}))
			c.fill(rect(-100, y+width-3, 1100, y+width), solid(wood.dark(.5)))
			for range 9 {
				gy := y + d.f(8, width-10)
				c.fill(wire(-100, gy, 250, gy+d.f(-7, 7), 600, gy+d.f(-7, 7), 1100, gy+d.f(-6, 6)).stroke(d.f(1.5, 4)), glaze(tone.dark(.35), .28))
			}
		}
		c.m = base
	case 2: // a sheet with folds
		cloth := []rgb{{222, 218, 212}, {176, 190, 206}, {214, 190, 186}, {120, 126, 122}}[d.n(4)]
		c.flood(linear(pt(0, 0), pt(1000, 1000), stop{0, cloth.light(.15), 1}, stop{1, cloth.dark(.16), 1}))
		for range 6 {
			x, y := d.f(-200, 700), d.f(0, 1000)
			fold := wire(x, y, x+d.f(150, 300), y+d.f(-120, 120), x+d.f(400, 700), y+d.f(-260, 260))
			for _, width := range []float64{110, 84, 60, 38, 20} { // narrower and narrower: soft edges
				c.fill(fold.move(0, -22).stroke(width), glaze(white, .035))
				c.fill(fold.move(12, 26).stroke(width*.8), glaze(cloth.dark(.6), .045))
			}
		}
	case 3: // tiles
		tile := []rgb{{206, 204, 198}, {170, 158, 144}, {126, 134, 142}}[d.n(3)]
		c.flood(solid(tile.dark(.3)))
		side := d.f(230, 340)
		for y := -side / 2; y < 1000; y += side {
			for x := -side / 3; x < 1000; x += side {
				tone := tile.mix(black, d.f(0, .06))
				c.fill(rect(x, y, x+side-7, y+side-7), linear(pt(x, y), pt(x+side, y+side), stop{0, tone.light(.14), 1}, stop{1, tone.dark(.05), 1}))
			}
		}
	default: // a carpet or a desk
		pile := []rgb{{92, 98, 110}, {150, 112, 96}, {70, 82, 72}, {186, 178, 164}}[d.n(4)]
		c.flood(around(pt(420, 380), 900, stop{0, pile.light(.14), 1}, stop{1, pile.dark(.25), 1}))
		var hairs path
		for range 700 {
			x, y := d.f(0, 1000), d.f(0, 1000)
			hairs = append(hairs, open(x, y, x+d.f(-9, 9), y+d.f(4, 14)).stroke(2)...)
		}
		c.fill(hairs, glaze(pile.light(.4), .3))
	}
}

// develop is the phone's part: dim, warm or cold, a darker corner, grain.
func (c *canvas) develop(d *dice) {
	gain := d.f(.74, .96)
	cast := [][3]float64{{1.05, 1, .86}, {1, 1, 1}, {.92, 1, 1.06}, {1.02, .98, .92}}[d.n(4)]
	var table [3][256]uint8
	for ch := range table {
		for v := range 256 {
			x := math.Pow(float64(v)/255, 1.06) * 255 * gain * cast[ch]
			table[ch][v] = uint8(min(x+7, 255))
		}
	}
	side := c.img.Rect.Dx()
	cx, cy := side/2+d.n(side/3)-side/6, side/2+d.n(side/3)-side/6
	grain := d.next() | 1
	amount := 5 + d.n(9)
	for y := range side {
		line := c.img.Pix[y*c.img.Stride:][:4*side]
		dy := (y - cy) * (y - cy)
		for x := range side {
			grain ^= grain << 13
			grain ^= grain >> 7
			grain ^= grain << 17
			g := int(grain>>40)%(2*amount+1) - amount
			keep := 256 - ((x-cx)*(x-cx)+dy)*90/(side*side)
			q := line[4*x : 4*x+3 : 4*x+3]
			for ch := range q {
				q[ch] = uint8(min(max((int(table[ch][q[ch]])*keep>>8)+g, 0), 255))
			}
		}
	}
}
