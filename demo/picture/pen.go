package picture

// pen draws a thing in three rounds: the first finds out how large it is, the
// second casts its shadow, the third paints. Things do not know about rounds.
type pen struct {
	c     *canvas
	face  *face
	round round
	lo    point
	hi    point
	under *shadow
	clip  bool

	look   look
	model  string
	body   rgb  // the product's colour
	wrong  bool // a fake's workmanship
	wobble dice
	mark   path // the emblem, radius 1
}

type round int

const (
	measuring round = iota
	shading
	painting
)

// v is a proportion that is the model's own, between lo and hi.
func (d *pen) v(name string, lo, hi float64) float64 {
	r := seed(d.model+"/"+name, 2)
	return r.f(lo, hi)
}

// pickOf is a choice that is the model's own, below n.
func (d *pen) pickOf(name string, n int) int {
	r := seed(d.model+"/"+name, 3)
	return r.n(n)
}

func (d *pen) fill(p path, with paint) {
	switch d.round {
	case painting:
		d.c.fill(p, with)
		return
	case measuring:
		if !d.clip && !with.still && with.opaque() {
			lo, hi := p.bounds()
			d.lo, d.hi = pt(min(d.lo.x, lo.x), min(d.lo.y, lo.y)), pt(max(d.hi.x, hi.x), max(d.hi.y, hi.y))
		}
	case shading:
		if !d.clip && !with.still && with.opaque() {
			d.under.add(d.c, p)
		}
	}
}

// inside draws with everything outside p cut off.
func (d *pen) inside(p path, draw func()) {
	d.clip = true
	if d.round == painting {
		d.c.clipTo(p)
	}
	draw()
	d.c.clip = nil
	d.clip = false
}

// flat fills with one colour.
func (d *pen) flat(p path, c rgb) { d.fill(p, solid(c)) }

// solid fills as if lit from above left, with a thin dark edge.
func (d *pen) solid(p path, c rgb) {
	lo, hi := p.bounds()
	d.fill(p, linear(lo, hi, stop{0, c.light(.22), 1}, stop{.45, c, 1}, stop{1, c.dark(.3), 1}))
	d.edge(p, c)
}

// edge is the thin dark line around a shape.
func (d *pen) edge(p path, c rgb) {
	if d.round == painting {
		d.fill(p.stroke(2.6), glaze(c.dark(.62), .6))
	}
}

// soft fills like cloth or leather: light in the middle, dark towards the rim.
func (d *pen) soft(p path, c rgb) {
	lo, hi := p.bounds()
	mid := pt(lo.x+(hi.x-lo.x)*.4, lo.y+(hi.y-lo.y)*.32)
	d.fill(p, around(mid, max(hi.x-lo.x, hi.y-lo.y)*.75, stop{0, c.light(.16), 1}, stop{.55, c, 1}, stop{1, c.dark(.32), 1}))
	d.edge(p, c)
}

// cylinder fills like an upright cylinder.
func (d *pen) cylinder(p path, c rgb) {
	lo, hi := p.bounds()
	d.fill(p, linear(pt(lo.x, 0), pt(hi.x, 0), stop{0, c.dark(.35), 1}, stop{.18, c.light(.12), 1}, stop{.3, c.light(.45), 1},
		stop{.42, c.light(.08), 1}, stop{.8, c.dark(.12), 1}, stop{1, c.dark(.45), 1}))
	d.edge(p, c)
}

// lying fills like a cylinder that lies.
func (d *pen) lying(p path, c rgb) {
	lo, hi := p.bounds()
	d.fill(p, linear(pt(0, lo.y), pt(0, hi.y), stop{0, c.dark(.1), 1}, stop{.22, c.light(.5), 1},
		stop{.4, c.light(.05), 1}, stop{1, c.dark(.5), 1}))
	d.edge(p, c)
}

// metal fills with a polished metal.
func (d *pen) metal(p path, c rgb) {
	lo, hi := p.bounds()
	d.fill(p, linear(lo, hi, stop{0, c.light(.55), 1}, stop{.3, c, 1}, stop{.5, c.dark(.35), 1}, stop{.62, c.light(.7), 1},
		stop{.75, c.light(.1), 1}, stop{1, c.dark(.45), 1}))
	d.edge(p, c)
}

// glass fills with something that light goes through.
func (d *pen) glass(p path, c rgb, alpha float64) {
	lo, hi := p.bounds()
	with := linear(lo, hi, stop{0, c.light(.7), alpha * .7}, stop{.5, c, alpha}, stop{1, c.dark(.25), min(1, alpha*1.15)})
	d.fill(p, with)
	d.edge(p, c)
}

// line draws along p.
func (d *pen) line(p path, width float64, c rgb) { d.fill(p.stroke(width), solid(c)) }

// rod draws along p with light on one side, as cords, straps and wires have.
func (d *pen) rod(p path, width float64, c rgb) {
	s := p.stroke(width)
	d.fill(s, solid(c.dark(.25)))
	d.fill(p.stroke(width*.66), solid(c))
	d.fill(p.move(-width*.1, -width*.13).stroke(width*.26), glaze(c.light(.5), .55))
}

// stitch sews along p; a fake's seam is crooked.
func (d *pen) stitch(p path, c rgb) {
	if d.round != painting {
		return
	}
	var wobble func(int) point
	if d.wrong {
		wobble = func(int) point { return pt(d.wobble.f(-4, 4), d.wobble.f(-4.5, 4.5)) }
	}
	thread := c.light(.42)
	if c.brightness() > .6 {
		thread = c.dark(.32)
	}
	d.fill(p.dashes(11, 7, wobble).stroke(2.8), glaze(thread, .85))
}

// gloss is a white reflection.
func (d *pen) gloss(p path, alpha float64) {
	lo, hi := p.bounds()
	d.fill(p, linear(lo, hi, stop{0, white, alpha}, stop{1, white, alpha * .1}))
}

// shadeOn darkens a part of a thing.
func (d *pen) shadeOn(p path, alpha float64) {
	d.fill(p, paint{stops: []stop{{0, black, alpha}}, still: true})
}

// emblem puts the brand's sign on a thing; nobody's goods have none.
func (d *pen) emblem(x, y, r float64, c rgb) {
	if d.look.name == "" || d.round != painting {
		return
	}
	d.fill(d.mark.scale(r, r).move(x, y), solid(c))
}

// plate is the sign in relief, as on hardware.
func (d *pen) plate(x, y, r float64, c rgb) {
	if d.look.name == "" || d.round != painting {
		return
	}
	p := d.mark.scale(r, r)
	d.fill(p.move(x+r*.07, y+r*.09), glaze(black, .5))
	lo, hi := pt(x-r, y-r), pt(x+r, y+r)
	d.fill(p.move(x, y), linear(lo, hi, stop{0, c.light(.6), 1}, stop{.5, c, 1}, stop{1, c.dark(.35), 1}))
}

// word writes the brand's name.
func (d *pen) word(x, y, size float64, c rgb) { d.write(d.look.name, x, y, size, c) }

// fits writes the brand's name no wider than width.
func (d *pen) fits(x, y, size, width float64, c rgb) {
	if d.look.name == "" || d.round != painting {
		return
	}
	lo, hi := d.face.text(d.look.name, 0, 0, size, size*.06).bounds()
	if w := hi.x - lo.x; w > width {
		size *= width / w
	}
	d.word(x, y, size, c)
}

func (d *pen) write(text string, x, y, size float64, c rgb) {
	if d.round != painting || text == "" {
		return
	}
	spacing := size * .06
	if d.wrong {
		spacing = size * .16
	}
	d.fill(d.face.text(text, x, y, size, spacing), solid(c))
}

// pattern covers p with rows of the emblem.
func (d *pen) pattern(p path, c rgb, alpha, step float64) {
	if d.look.name == "" || d.round != painting {
		return
	}
	lo, hi := p.bounds()
	var all path
	row := 0
	for y := lo.y + step*.4; y < hi.y; y += step * .8 {
		for x := lo.x + step*.5*float64(row%2+1)*.9; x < hi.x; x += step {
			r := step * .26
			if row%2 == 1 && d.look.count%2 == 0 {
				all = append(all, star(4, r*.7, r*.25).move(x, y)...)
			} else {
				all = append(all, d.mark.scale(r, r).move(x, y)...)
			}
		}
		row++
	}
	d.inside(p, func() { d.fill(all, glaze(c, alpha)) })
}

// ink is a colour that reads on c.
func ink(c rgb) rgb {
	if c.brightness() > .5 {
		return rgb{38, 36, 40}
	}
	return rgb{238, 234, 226}
}
