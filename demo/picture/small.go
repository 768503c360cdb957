package picture

// Glasses, beauty, boxes.

func (d *pen) glasses(tint func(lens path)) {
	w := d.v("lens", 140, 165)
	h := w * d.v("height", .62, .95)
	gap := d.v("bridge", 26, 46)
	var lens path
	switch d.pickOf("shape", 4) {
	case 0:
		lens = ellipse(gap+w, 0, w, h)
	case 1: // drops
		lens = blob(gap, -h*.5, gap+w*.6, -h*.86, gap+w*1.7, -h*.8, gap+w*2, -h*.1, gap+w*1.4, h*.92, gap+w*.7, h*.9, gap+w*.1, h*.3)
	case 2: // cat's eyes
		lens = blob(gap, -h*.2, gap+w*.8, -h*.7, gap+w*2.1, -h, gap+w*2, 0, gap+w*1.3, h*.8, gap+w*.4, h*.6)
	default:
		lens = rrect(gap, -h*.75, gap+2*w, h*.7, 46)
	}
	rim := d.v("rim", 14, 40)
	metal := d.pickOf("metal", 3) == 0
	frame := d.body
	if metal {
		rim, frame = 11, d.look.metal
	}
	lo, hi := lens.bounds()
	for _, s := range []float64{-1, 1} { // temples, folded behind
		d.rod(wire(s*(hi.x+rim*.3), lo.y+h*.3, s*(hi.x+14), h*.6, s*(hi.x*.5), h*1.12, s*-40, h*1.2), max(rim*.55, 12), frame.dark(.25))
	}
	for _, l := range []path{lens, lens.mirror()} {
		tint(l)
		d.fill(l.stroke(rim), solid(frame))
		d.fill(l.move(-rim*.14, -rim*.16).stroke(rim*.3), glaze(frame.light(.6), .6))
		d.edge(l.stroke(rim), frame)
	}
	d.rod(wire(-gap-rim*.3, lo.y+h*.5, 0, lo.y+h*.36, gap+rim*.3, lo.y+h*.5), max(rim*.7, 11), frame)
	if metal {
		d.rod(open(-gap-20, lo.y+h*.14, gap+20, lo.y+h*.14), 10, frame)
	}
	for _, s := range []float64{-1, 1} {
		d.metal(rrect(s*hi.x-16, lo.y+h*.25, s*hi.x+16, lo.y+h*.45, 6), d.look.metal)
		d.plate(s*hi.x, lo.y+h*.35, 13, d.look.metal.dark(.4))
	}
}

func (d *pen) sunglasses() {
	glass := []rgb{{40, 40, 46}, {84, 62, 42}, {44, 70, 60}, {60, 60, 92}}[d.pickOf("glass", 4)]
	d.glasses(func(l path) {
		lo, hi := l.bounds()
		d.fill(l, linear(pt(0, lo.y), pt(0, hi.y), stop{0, glass.dark(.3), 1}, stop{.6, glass, 1}, stop{1, glass.light(.5), .95}))
		d.inside(l, func() {
			d.gloss(poly(lo.x+30, lo.y, lo.x+120, lo.y, lo.x+20, hi.y, lo.x-70, hi.y), .25)
			d.write(d.look.name, lo.x+70, lo.y+44, 17, white)
		})
	})
}

func (d *pen) frames() {
	d.glasses(func(l path) {
		d.glass(l, rgb{226, 236, 242}, .32)
		lo, hi := l.bounds()
		d.inside(l, func() { d.gloss(poly(lo.x+60, lo.y, lo.x+120, lo.y, lo.x+40, hi.y, lo.x-20, hi.y), .5) })
	})
}

func (d *pen) hardCase() {
	d.soft(rrect(-330, -130, 330, 150, 130), d.body)
	d.line(wire(-330, 20, 0, 30, 330, 20), 6, d.body.dark(.5))
	d.metal(rrect(-34, 6, 34, 46, 8), d.look.metal)
	d.gloss(wire(-270, -60, 0, -100, 250, -70).stroke(24), .25)
	d.plate(0, -52, 40, d.look.metal)
}

func (d *pen) lenses() {
	for i, s := range []float64{-1, 1} {
		l := blob(40, -60, 100, -120, 250, -110, 280, 0, 210, 110, 90, 100).scale(s, 1)
		d.fill(l, linear(pt(s*60, -120), pt(s*280, 120), stop{0, d.look.accent.light(.5), .95}, stop{.5, rgb{40, 44, 60}, .95}, stop{1, d.look.accent.hue(80), .95}))
		d.edge(l, black)
		d.gloss(poly(s*80, -90, s*140, -105, s*(110+float64(i)*10), 60, s*70, 40), .35)
	}
}

// label is a printed piece of paper with the brand on it.
func (d *pen) label(x0, y0, x1, y1 float64, paper rgb) {
	if d.look.name == "" {
		paper = paper.mix(d.look.accent, .35)
	}
	p := rrect(x0, y0, x1, y1, 5)
	d.fill(p, glaze(paper, .96))
	on := ink(paper)
	mid, w, h := (x0+x1)/2, x1-x0, y1-y0
	d.fill(rrect(x0+7, y0+7, x1-7, y1-7, 3).stroke(2), glaze(on, .6))
	if d.look.name == "" {
		for i := range 3 {
			d.fill(rect(x0+w*.2, y0+h*(.3+.17*float64(i)), x1-w*(.2+.1*float64(i)), y0+h*(.36+.17*float64(i))), glaze(on, .55))
		}
		return
	}
	d.emblem(mid, y0+h*.34, min(w, h)*.17, on)
	d.fits(mid, y0+h*.7, h*.15, w*.8, on)
	d.fill(rect(mid-w*.2, y0+h*.8, mid+w*.2, y0+h*.82), glaze(on, .6))
}

func (d *pen) perfume() {
	w := d.v("width", 150, 215)
	h := d.v("height", 190, 270)
	r := d.v("round", 8, 90)
	var body path
	switch d.pickOf("shape", 3) {
	case 0:
		body = rrect(-w, 250-2*h, w, 250, r)
	case 1:
		body = blob(-w*.5, 250-2*h, w*.5, 250-2*h, w, 250-h, w*.8, 240, 0, 252, -w*.8, 240, -w, 250-h)
	default:
		body = poly(-w*.72, 250-2*h, w*.72, 250-2*h, w, 250-1.6*h, w, 210, w*.86, 250, -w*.86, 250, -w, 210, -w, 250-1.6*h)
	}
	top := 250 - 2*h
	d.metal(rect(-46, top-36, 46, top+4), d.look.metal)
	cap := d.v("cap", 90, 150)
	lid := rrect(-72, top-36-cap, 72, top-30, 12)
	if d.pickOf("lid", 2) == 0 {
		lid = poly(-60, top-36-cap, 60, top-36-cap, 84, top-32, -84, top-32)
	}
	d.cylinder(lid, []rgb{{40, 38, 44}, d.look.metal, {236, 232, 226}}[d.pickOf("lidtone", 3)])
	d.emblem(0, top-34-cap/2, 24, d.look.metal.light(.3))
	juice := d.body.mix(rgb{240, 200, 130}, .35)
	if d.body.brightness() > .8 {
		juice = rgb{240, 214, 150}
	}
	d.flat(body, rgb{232, 236, 240})
	d.glass(body, juice.light(.5), .5)
	lo, _ := body.bounds()
	d.inside(body, func() {
		level := 250 - 2*h*.84
		d.fill(rect(lo.x+14, level, -lo.x-14, 234), linear(pt(lo.x, 0), pt(-lo.x, 0), stop{0, juice.dark(.25), .9}, stop{.3, juice.light(.25), .75}, stop{.7, juice, .85}, stop{1, juice.dark(.35), .95}))
		d.fill(rect(lo.x+14, level-3, -lo.x-14, level+5), glaze(white, .5))
		d.line(open(10, top, 16, 226), 7, juice.dark(.2).light(.3))
		d.gloss(rect(lo.x+20, top+16, lo.x+52, 236), .7)
		d.shadeOn(rect(-lo.x-16, top, -lo.x, 250), .2)
	})
	d.label(-w*.58, 250-h*1.2, w*.58, 250-h*.35, []rgb{{250, 248, 242}, {32, 30, 34}, d.look.accent.light(.7)}[d.pickOf("paper", 3)])
}

func (d *pen) giftSet() {
	d.solid(poly(-330, -250, 330, -250, 330, 40, -330, 40), d.look.accent.dark(.1))
	d.fits(0, -120, 60, 520, d.look.metal.light(.3))
	d.emblem(0, -200, 34, d.look.metal.light(.3))
	d.solid(rrect(-350, 30, 350, 250, 8), d.look.accent)
	d.soft(rect(-320, 40, 320, 220), rgb{240, 234, 226})
	d.glass(rrect(-280, 66, -110, 210, 20), d.body.mix(rgb{240, 200, 130}, .4), .9)
	d.cylinder(rect(-230, 40, -160, 72), d.look.metal)
	d.cylinder(rrect(-60, 60, 60, 214, 16), d.body)
	d.emblem(0, 138, 26, ink(d.body))
	d.cylinder(rrect(120, 84, 280, 214, 18), rgb{248, 246, 242})
	d.metal(rrect(112, 56, 288, 96, 10), d.look.metal)
}

func (d *pen) vial() {
	for i := range 2 {
		x := float64(i)*130 - 65
		d.cylinder(rrect(x-32, -270, x+32, -120, 10), rgb{42, 42, 48})
		d.glass(rrect(x-36, -124, x+36, 240, 20), rgb{230, 236, 240}, .9)
		d.glass(rrect(x-28, -40, x+28, 230, 16), d.body.mix(rgb{240, 206, 140}, .5), .85)
		d.gloss(rect(x-24, -110, x-12, 220), .7)
		d.label(x-34, 40, x+34, 150, white)
	}
}

func (d *pen) atomiser() {
	d.cylinder(rrect(-66, -280, 66, -60, 26), d.look.metal)
	d.metal(rect(-70, -66, 70, -40), d.look.metal.dark(.2))
	d.cylinder(rrect(-76, -44, 76, 280, 30), d.body)
	d.glass(rrect(-24, 30, 24, 210, 22), rgb{240, 220, 170}, .9)
}

func (d *pen) serum() {
	w := d.v("width", 104, 135)
	d.soft(blob(-34, -330, 34, -330, 44, -230, 38, -196, -38, -196, -44, -230), rgb{46, 44, 50})
	d.cylinder(rrect(-62, -210, 62, -120, 10), d.look.metal)
	tint := d.body.mix(rgb{196, 130, 60}, .3)
	body := open(-54, -122, 54, -122, 60, -90, w, -40, w, 230, w-26, 262, -w+26, 262, -w, 230, -w, -40, -60, -90)
	body[0].closed = true
	d.cylinder(body, tint.light(.1))
	d.glass(body, tint.light(.3), .3)
	d.gloss(rrect(-w+18, -20, -w+40, 236, 10), .6)
	d.label(-w*.78, 0, w*.78, 200, rgb{250, 248, 244})
}

func (d *pen) jar() {
	w, h := d.v("width", 190, 240), d.v("height", 170, 220)
	tone := d.body.light(.1)
	if d.pickOf("frost", 2) == 0 {
		tone = rgb{240, 240, 238}
	}
	body := rrect(-w, -40, w, h, d.v("round", 20, 80))
	d.cylinder(body, tone)
	lid := rrect(-w-8, -170, w+8, -30, 18)
	d.cylinder(lid, []rgb{d.look.metal, d.body, {246, 244, 240}}[d.pickOf("lid", 3)])
	d.shadeOn(rect(-w, -34, w, -20), .35)
	for y := -160.0; y < -130; y += 10 {
		d.shadeOn(rect(-w-8, y, w+8, y+3), .1)
	}
	d.emblem(0, 20, 34, ink(tone))
	d.fits(0, h-70, 40, w*1.4, ink(tone))
	d.fill(rect(-40, h-52, 40, h-48), glaze(ink(tone), .6))
}

func (d *pen) sachet() {
	for i := range 2 {
		p := poly(-150, -220, 150, -220, 154, 220, -154, 220).turn(0, 0, float64(i)*16-10).move(float64(i)*150-70, float64(i)*20)
		tone := d.body.light(.15 * float64(1-i))
		d.metal(p, tone.mix(rgb{230, 230, 234}, .3))
		d.inside(p, func() {
			for k := range 20 {
				d.shadeOn(open(-150+float64(k)*16, -220, -150+float64(k)*16, -192).turn(0, 0, float64(i)*16-10).move(float64(i)*150-70, float64(i)*20).stroke(3), .3)
			}
		})
	}
	d.fill(rrect(-20, -60, 190, 110, 8).turn(85, 20, 6), glaze(white, .92))
	d.emblem(85, -4, 34, rgb{40, 40, 44})
	d.fits(85, 76, 28, 170, rgb{40, 40, 44})
}

func (d *pen) shelf() {
	for i := range 3 {
		y := float64(i)*130 - 100
		w := 200 + float64(i)*60
		d.glass(rect(-w, y, w, y+22), rgb{206, 222, 230}, .95)
		d.glass(rect(-w, y+22, w, y+120), rgb{224, 234, 240}, .62)
		for k := range 3 {
			x := float64(k-1) * w * .6
			d.cylinder(rrect(x-44, y-66, x+44, y, 12), d.look.accent.hue(float64(k*50+i*30)).light(.3))
			d.cylinder(rrect(x-46, y-92, x+46, y-60, 8), rgb{240, 238, 234})
		}
	}
}

// box is a carton; a brand's is in its colour with the sign on the lid.
func (d *pen) box() {
	tone := rgb{190, 150, 104}
	if d.look.name != "" {
		tone = d.look.accent
	}
	h := d.v("height", 150, 260)
	top := poly(-300, -h+30, -60, -h-80, 310, -h-10, 80, -h+120)
	left := poly(-300, -h+30, 80, -h+120, 80, h+60, -290, h-40)
	right := poly(80, -h+120, 310, -h-10, 304, h-90, 80, h+60)
	d.flat(left.with(right), tone)
	d.solid(left, tone)
	d.solid(right, tone.dark(.28))
	d.solid(top, tone.light(.14))
	if d.look.name == "" {
		d.fill(poly(-120, -h-50, -60, -h-80, 270, -h+14, 214, -h+46), glaze(rgb{224, 206, 160}, .7))
		d.shadeOn(open(-240, h-80, -150, h-58).stroke(9), .5)
		d.shadeOn(open(-240, h-110, -120, h-82).stroke(9), .5)
		return
	}
	lean := func(p path) path {
		return p.each(func(q point) point { return pt(q.x, q.y+q.x*.237) })
	}
	if d.round == painting {
		gold := d.look.metal.light(.25)
		d.flat(lean(d.mark.scale(h*.36, h*.36)).move(-110, 10), gold)
		name := d.face.text(d.look.name, 0, 0, 44, 3)
		lo, hi := name.bounds()
		k := min(1, 300/(hi.x-lo.x))
		d.flat(lean(name.scale(k, k)).move(-110, h*.72), gold)
	}
	d.line(open(-300, -h+90, 80, -h+180, 308, -h+50), 7, d.look.metal)
}
