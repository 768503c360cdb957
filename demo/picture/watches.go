package picture

import "math"

// links is a bracelet or strap that runs up and down from a case.
func (d *pen) band(width, from, to float64) {
	steel := d.look.metal
	if d.pickOf("band", 3) > 0 || d.look.name == "" {
		step := d.v("link", 34, 48)
		for y := from; y < to; y += step {
			k := width * (1 - (y-from)/(to-from)*.22)
			for _, s := range []float64{-1, 1} {
				y0, y1 := s*y, s*(y+step-4)
				if y0 > y1 {
					y0, y1 = y1, y0
				}
				d.metal(rrect(-k, y0, -k*.38, y1, 7), steel)
				d.metal(rrect(k*.38, y0, k, y1, 7), steel)
				d.metal(rrect(-k*.36, y0, k*.36, y1, 7), steel.light(.2))
			}
		}
		return
	}
	leather := d.body
	if leather.brightness() > .8 {
		leather = rgb{134, 88, 58}
	}
	for _, s := range []float64{-1, 1} {
		strap := poly(-width, s*from, width, s*from, width*.8, s*to, width*.5, s*(to+34), -width*.5, s*(to+34), -width*.8, s*to)
		d.soft(strap, leather)
		d.stitch(open(-width+12, s*(from+10), -width*.8+10, s*to), leather)
		d.stitch(open(width-12, s*(from+10), width*.8-10, s*to), leather)
	}
	for y := to * .62; y < to; y += 34 {
		d.shadeOn(ellipse(0, y, 7, 9), .7)
	}
}

func (d *pen) watch() { d.timepiece(false) }

func (d *pen) chronograph() { d.timepiece(true) }

func (d *pen) timepiece(chrono bool) {
	d.band(d.v("bandwidth", 92, 112), 150, 360)
	steel := d.look.metal
	r := d.v("case", 182, 205)
	for _, s := range []float64{-1, 1} { // lugs
		d.metal(poly(s*r*.78, -r*.8, s*r*.38, -r*1.12, s*r*.66, -r*1.14, s*r*.98, -r*.4), steel)
		d.metal(poly(s*r*.78, r*.8, s*r*.38, r*1.12, s*r*.66, r*1.14, s*r*.98, r*.4), steel)
	}
	d.metal(rrect(r-8, -24, r+34, 24, 9), steel)
	if chrono {
		for _, y := range []float64{-104, 104} {
			d.metal(rrect(r*.86, y-20, r*.86+44, y+20, 8), steel)
		}
	}
	d.metal(circle(0, 0, r), steel)
	bezel := steel.dark(.1)
	if d.pickOf("bezel", 2) == 0 {
		bezel = d.body.dark(.25)
	}
	d.solid(circle(0, 0, r*.93), bezel)
	marks := d.look.metal.light(.6)
	if d.pickOf("bezel", 2) == 0 {
		for k := range 12 {
			tick := rect(-3, -r*.91, 3, -r*.83).turn(0, 0, float64(k)*30)
			d.flat(tick, marks)
		}
	}
	dial := d.body
	d.fill(circle(0, 0, r*.79), around(pt(-r*.2, -r*.3), r*1.2, stop{0, dial.light(.3), 1}, stop{.6, dial, 1}, stop{1, dial.dark(.4), 1}))
	d.edge(circle(0, 0, r*.79), black)
	on := ink(dial)
	style := d.pickOf("index", 3)
	for k := range 60 {
		angle := float64(k) * 6
		switch {
		case k%5 > 0:
			d.fill(rect(-1.2, -r*.76, 1.2, -r*.72).turn(0, 0, angle), glaze(on, .7))
		case style == 0:
			d.metal(rrect(-6, -r*.74, 6, -r*.58, 3).turn(0, 0, angle), marks)
		case style == 1:
			d.metal(circle(0, -r*.66, 9).turn(0, 0, angle), marks)
		default:
			numeral := []string{"12", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}[k/5]
			s, c := math.Sincos(angle * math.Pi / 180)
			d.write(numeral, r*.61*s, -r*.61*c+14, 38, on)
		}
	}
	if chrono {
		for i, at := range []point{{-r * .34, 0}, {r * .34, 0}, {0, r * .36}} {
			sub := circle(at.x, at.y, r*.21)
			d.fill(sub, around(at, r*.22, stop{0, dial.dark(.3), 1}, stop{.85, dial.dark(.12), 1}, stop{1, dial.light(.3), 1}))
			d.fill(sub.stroke(2.5), glaze(on, .5))
			d.line(open(at.x, at.y, at.x, at.y-r*.16).turn(at.x, at.y, float64(40+110*i)), 4, on)
			d.flat(circle(at.x, at.y, 5), on)
		}
	} else {
		window := rrect(r*.42, -15, r*.6, 16, 3)
		d.flat(window, rgb{246, 246, 240})
		d.write("24", r*.51, 10, 26, rgb{30, 30, 34})
	}
	d.emblem(0, -r*.37, r*.12, on)
	d.fits(0, -r*.14, 21, r*.7, on)
	hand := func(length, width, angle float64) {
		h := poly(-width, 18, -width*.8, -length*.8, 0, -length, width*.8, -length*.8, width, 18).turn(0, 0, angle)
		d.shadeOn(h.move(4, 6), .3)
		d.metal(h, marks)
	}
	hand(r*.42, 8, -58)
	hand(r*.66, 6, 60)
	d.line(open(0, 40, 0, -r*.7).turn(0, 0, float64(150+d.pickOf("second", 160))), 2.6, d.look.accent.light(.1))
	d.metal(circle(0, 0, 10), marks)
	d.gloss(path{loop{append(arcPoints(0, 0, r*.78, r*.78, 190, 290), reversed(loop{pts: arcPoints(-r*.1, -r*.1, r*.6, r*.6, 200, 285)}).pts...), true}}, .2)
}

func (d *pen) bracelet() {
	steel := d.look.metal
	step := 40.0
	for i := range 15 {
		a := float64(i) / 14
		x, y := -320+640*a, 90*math.Sin(a*math.Pi*1.6)
		turn := 90 + 40*math.Cos(a*math.Pi*1.6)
		for _, part := range []path{rrect(-80, -step/2, -30, step/2-2, 7), rrect(30, -step/2, 80, step/2-2, 7), rrect(-28, -step/2, 28, step/2-2, 7)} {
			d.metal(part.turn(0, 0, turn).move(x, y), steel)
		}
	}
	clasp := rrect(-86, -34, 86, 34, 9).turn(0, 0, 50).move(-330, -6)
	d.metal(clasp, steel.light(.2))
	d.plate(-330, -6, 22, steel.dark(.3))
}

func (d *pen) watchStrap() {
	for _, s := range []float64{-1, 1} {
		x := s * 90
		strap := poly(x-62, -300, x+62, -300, x+50, 250, x+26, 300, x-26, 300, x-50, 250)
		d.soft(strap, d.body)
		d.gloss(open(x-38, -280, x-30, 230).stroke(12), .18)
		if s < 0 {
			for y := -60.0; y < 240; y += 48 {
				d.shadeOn(ellipse(x, y, 9, 12), .65)
			}
		} else {
			d.metal(rrect(x-66, 240, x+66, 320, 12).hole(rrect(x-46, 262, x+46, 300, 6)), rgb{186, 188, 194})
			d.solid(rrect(x-60, 120, x+60, 156, 8), d.body.dark(.15))
		}
	}
}

func (d *pen) smartwatch() {
	for _, s := range []float64{-1, 1} {
		d.soft(poly(-96, s*130, 96, s*130, 80, s*350, 48, s*382, -48, s*382, -80, s*350), d.body)
	}
	for y := 210.0; y < 360; y += 40 {
		d.shadeOn(ellipse(0, y, 8, 11), .6)
	}
	r := d.v("round", 50, 150)
	d.metal(rrect(148, -52, 186, 4, 12), d.look.metal)
	d.metal(rrect(-158, -180, 158, 180, r), d.look.metal)
	screen := rrect(-140, -162, 140, 162, r-14)
	d.flat(screen, rgb{10, 11, 16})
	d.fill(screen, around(pt(0, 130), 260, stop{0, d.look.accent, .55}, stop{1, d.look.accent, 0}))
	d.write("10:09", 0, -14, 92, white)
	d.write("TUE 24", 0, 32, 30, d.look.accent.light(.5))
	for i := range 3 {
		x := float64(i-1) * 76
		d.line(arc(x, 88, 26, 26, -90, 60+70*float64(i)), 8, d.look.accent.hue(float64(i)*70).light(.35))
	}
	d.gloss(poly(-120, -150, 20, -150, -100, 60, -138, 90), .1)
}

// Jewellery.

func (d *pen) gold() rgb { return d.look.metal }

// gem is a cut stone.
func (d *pen) gem(x, y, r float64, c rgb) {
	n := 8
	outer, inner := regular(n, r, 22.5).move(x, y), regular(n, r*.55, 0).move(x, y)
	d.flat(outer, c)
	o, in := outer[0].pts, inner[0].pts
	for k := range n {
		facet := path{loop{[]point{o[k], o[(k+1)%n], in[(k+1)%n]}, true}}
		d.fill(facet, glaze([]rgb{white, black, white, c.light(.4)}[k%4], []float64{.55, .28, .2, .5}[k%4]))
	}
	d.fill(inner, glaze(white, .35))
	d.flat(star(4, r*.3, r*.05).move(x-r*.35, y-r*.4), white)
	d.edge(outer, c.dark(.4))
}

func (d *pen) stone() rgb {
	c := d.body
	if c.brightness() < .25 {
		return c.light(.15)
	}
	return c.light(.12)
}

func (d *pen) necklace() {
	drop := d.v("drop", 230, 310)
	cord := wire(-210, -330, -236, -160, -150, 40, 0, drop-90, 150, 40, 236, -160, 210, -330)
	d.line(cord, 5, d.gold().dark(.2))
	d.fill(cord.dashes(9, 4, nil).stroke(11), linear(pt(-230, -300), pt(230, 200), stop{0, d.gold().light(.5), 1}, stop{.5, d.gold(), 1}, stop{1, d.gold().dark(.3), 1}))
	d.metal(circle(0, drop-76, 15).hole(circle(0, drop-76, 8)), d.gold())
	switch d.pickOf("pendant", 3) {
	case 0:
		d.metal(circle(0, drop, 72), d.gold())
		d.solid(circle(0, drop, 58), d.stone())
		d.plate(0, drop, 42, d.gold().light(.2))
	case 1:
		d.gem(0, drop, 70, d.stone())
		for k := range 8 {
			d.metal(circle(0, -78, 10).turn(0, 0, float64(k)*45).move(0, drop), d.gold())
		}
	default:
		d.metal(blob(0, drop-70, 62, drop+20, 0, drop+96, -62, drop+20), d.gold())
		d.gem(0, drop+22, 42, d.stone())
	}
	for i := range d.pickOf("side", 4) {
		x := 64 + float64(i)*46
		y := drop - 96 - float64(i)*58
		d.gem(x, y+10, 15, d.stone())
		d.gem(-x, y+10, 15, d.stone())
	}
}

func (d *pen) ring() {
	r := 190.0
	band := ellipse(0, 60, r, r*.98).hole(ellipse(0, 52, r*.83, r*.82))
	d.metal(band, d.gold())
	d.fill(arc(0, 56, r*.91, r*.9, 120, 200).stroke(8), glaze(white, .6))
	d.plate(0, 60+r*.9, 15, d.gold().dark(.45))
	top := 60 - r*.96
	switch d.pickOf("setting", 3) {
	case 0:
		for _, s := range []float64{-1, 1} {
			d.metal(poly(s*30, top+12, s*66, top-60, s*52, top-66, s*14, top+12), d.gold())
		}
		d.gem(0, top-66, 74, d.stone())
	case 1:
		for i := range 5 {
			x := float64(i-2) * 58
			d.gem(x, top+math.Abs(float64(i-2))*15-12, 33, d.stone())
		}
	default:
		d.metal(rrect(-84, top-74, 84, top+24, 24), d.gold())
		d.solid(rrect(-70, top-60, 70, top+10, 18), d.stone())
		d.plate(0, top-25, 30, d.gold().light(.3))
	}
}

func (d *pen) earrings() {
	kind := d.pickOf("kind", 3)
	long := d.v("length", 90, 190)
	for _, s := range []float64{-1, 1} {
		x := s * 150
		switch kind {
		case 0:
			d.line(wire(x-4, -150, x+18, -190, x+30, -150, x+16, -110), 7, d.gold())
			d.line(open(x, -150, x, -150+long), 6, d.gold())
			d.gem(x, -150+long+52, 56, d.stone())
		case 1:
			d.metal(circle(x, 0, 118).hole(circle(x, 4, 92)), d.gold())
			d.gem(x, -105, 26, d.stone())
		default:
			d.metal(circle(x, -110, 40), d.gold())
			d.plate(x, -110, 26, d.gold().dark(.4))
			d.metal(blob(x, -64, x+58, 40+long*.4, x, 90+long*.6, x-58, 40+long*.4), d.gold())
			d.gem(x, 30+long*.4, 34, d.stone())
		}
	}
}

func (d *pen) chain() {
	l := wire(-300, 70, -150, -70, 20, 60, 160, -50, 290, 40)
	for i, q := range l[0].pts {
		if i%3 == 0 {
			d.metal(ellipse(q.x, q.y, 19, 13).hole(ellipse(q.x, q.y, 11, 6)).turn(q.x, q.y, float64(i%2)*60-20), d.gold())
		}
	}
	d.metal(ellipse(-320, 84, 34, 24).hole(ellipse(-320, 84, 21, 13)), d.gold())
	d.gem(310, 48, 22, d.stone())
}

func (d *pen) velvetBox() {
	velvet := d.body.dark(.12)
	d.solid(poly(-240, -60, 240, -60, 220, -300, -220, -300), velvet.dark(.2))
	d.soft(poly(-205, -80, 205, -80, 190, -276, -190, -276), rgb{236, 230, 222})
	d.soft(rrect(-260, 0, 260, 210, 26), velvet)
	d.solid(poly(-240, -60, 240, -60, 260, 20, -260, 20), velvet.light(.05))
	d.soft(poly(-200, -46, 200, -46, 216, 8, -216, 8), rgb{228, 220, 210})
	d.shadeOn(rect(-70, -26, 70, -14), .5)
	d.metal(rrect(-26, 14, 26, 50, 8), d.gold())
}

func (d *pen) beads() {
	for k := range 22 {
		s, c := math.Sincos(float64(k) * 2 * math.Pi / 22)
		x, y, r := 230*s, 190*c, 32.0
		tone := d.body.hue(float64(k%5) * 14)
		if k%6 == 0 {
			tone, r = rgb{212, 176, 104}, 24
		}
		d.fill(circle(x, y, r), around(pt(x-9, y-11), r*1.5, stop{0, tone.light(.75), 1}, stop{.35, tone.light(.1), 1}, stop{1, tone.dark(.45), 1}))
		d.edge(circle(x, y, r), tone)
	}
}

func (d *pen) coin() {
	bronze := rgb{150, 116, 70}
	rim := blob(-200, -20, -140, -160, 20, -206, 160, -140, 204, 20, 140, 160, -30, 200, -160, 130)
	d.metal(rim, bronze)
	d.solid(rim.scale(.88, .88), bronze.dark(.15))
	head := blob(-40, -110, 50, -104, 78, -40, 92, 10, 66, 24, 60, 70, 20, 84, 30, 140, -70, 140, -50, 60, -86, 0, -84, -70)
	d.shadeOn(head.move(6, 8), .35)
	d.solid(head, bronze.light(.12))
	d.line(wire(-80, -60, -20, -96, 56, -78), 12, bronze.light(.35))
}
