package picture

func (d *pen) tote() {
	w := d.v("width", 300, 370)
	top := w * d.v("taper", .82, 1.02)
	rise := d.v("handle", 190, 270)
	trim := d.body.dark(.35)
	if d.pickOf("trim", 2) == 0 {
		trim = rgb{122, 78, 48}
	}
	handle := func(dy float64) path {
		return wire(-top*.42, -205, -top*.4, -205-rise*.55+dy, -top*.2, -205-rise+dy, top*.2, -205-rise+dy, top*.4, -205-rise*.55+dy, top*.42, -205)
	}
	d.rod(handle(26), 24, trim.dark(.3))
	body := poly(-top, -210, top, -210, w, 190, w-24, 226, -w+24, 226, -w, 190)
	d.soft(body, d.body)
	if d.look.pattern {
		d.pattern(body, d.body.mix(ink(d.body), .7), .4, 96)
	}
	d.inside(body, func() {
		d.shadeOn(wire(-top*.5, -200, -w*.42, 40, -w*.55, 230).stroke(20), .07)
		d.shadeOn(wire(top*.55, -200, w*.5, 0, w*.6, 230).stroke(26), .08)
	})
	if d.pickOf("base", 2) == 0 {
		base := poly(-w*.97, 120, w*.97, 120, w, 190, w-24, 226, -w+24, 226, -w, 190)
		d.soft(base, trim)
		d.stitch(open(-w*.95, 130, w*.95, 130), trim)
	}
	band := poly(-top, -210, top, -210, top+4, -160, -top-4, -160)
	d.solid(band, trim)
	d.stitch(open(-top+10, -170, top-10, -170), trim)
	d.stitch(open(-top+10, -200, top-10, -200), trim)
	d.stitch(open(-top+18, -140, -w+26, 205, w-26, 205, top-18, -140), d.body)
	d.rod(handle(0), 26, trim)
	for _, s := range []float64{-1, 1} {
		tab := rrect(s*top*.42-24, -215, s*top*.42+24, -105, 12)
		d.solid(tab, trim)
		d.stitch(rrect(s*top*.42-17, -208, s*top*.42+17, -112, 9), trim)
		d.metal(circle(s*top*.42, -180, 9), d.look.metal)
	}
	d.plate(0, -20, 62, d.look.metal)
	if d.pickOf("word", 2) == 0 {
		d.fits(0, 92, 40, 380, d.look.metal)
	}
	if d.pickOf("tag", 2) == 0 {
		d.line(wire(top*.36, -190, top*.31, -120, top*.3, -60), 6, trim)
		tag := rrect(top*.3-34, -66, top*.3+34, 40, 22)
		d.solid(tag, trim)
		d.stitch(rrect(top*.3-27, -59, top*.3+27, 33, 17), trim)
	}
}

func (d *pen) shoulderBag() {
	w := d.v("width", 270, 340)
	h := d.v("height", 330, 400)
	round := d.v("round", 30, 110)
	chain := d.pickOf("chain", 2) == 0
	arch := wire(-w+20, -h*.35, -w*.86, -h*.95, -w*.45, -h*1.5, 0, -h*1.66, w*.45, -h*1.5, w*.86, -h*.95, w-20, -h*.35)
	if chain {
		d.rod(arch, 12, d.body.dark(.3))
		d.fill(arch.dashes(20, 9, nil).stroke(19), linear(pt(-w, -h*1.6), pt(w, 0), stop{0, d.look.metal.light(.5), 1}, stop{.5, d.look.metal, 1}, stop{1, d.look.metal.dark(.3), 1}))
	} else {
		d.rod(arch, 26, d.body.dark(.15))
		d.stitch(arch, d.body)
	}
	body := rrect(-w, -h*.5, w, h*.5, round)
	d.soft(body, d.body.dark(.1))
	d.stitch(rrect(-w+15, -h*.5+15, w-15, h*.5-15, round-8), d.body)
	depth := h * d.v("flap", .05, .28)
	var flap path
	switch d.pickOf("flap", 3) {
	case 0:
		flap = rrect(-w-4, -h*.52, w+4, depth, round)
	case 1:
		flap = open(-w-4, -h*.38, -w+40, -h*.52, w-40, -h*.52, w+4, -h*.38, w-6, 0, w*.5, depth, 0, depth+34, -w*.5, depth, -w+6, 0)
		flap[0].closed = true
		flap = flap.smooth()
	default:
		flap = poly(-w-4, -h*.5, w+4, -h*.5, w*.98, -10, 0, depth+50, -w*.98, -10)
	}
	d.shadeOn(flap.move(4, 14), .22)
	d.soft(flap, d.body)
	if d.look.pattern {
		d.pattern(flap, d.body.mix(ink(d.body), .7), .4, 88)
	} else if d.pickOf("quilt", 3) == 0 {
		d.inside(flap, func() {
			for x := -1000.0; x < 1000; x += 74 {
				for _, s := range []float64{-1, 1} {
					q := open(x, -500, x+s*900, 400)
					d.shadeOn(q.stroke(5), .22)
					d.fill(q.move(3, 4).stroke(3), glaze(white, .2))
				}
			}
		})
	}
	lo, hi := flap.bounds()
	d.stitch(flap.move(-(lo.x+hi.x)/2, -(lo.y+hi.y)/2).scale(.95, .93).move((lo.x+hi.x)/2, (lo.y+hi.y)/2), d.body)
	y := depth - 14
	if d.pickOf("lock", 2) == 0 {
		d.metal(rrect(-46, y-34, 46, y+42, 14), d.look.metal)
		d.plate(0, y+4, 28, d.look.metal.dark(.25))
	} else {
		d.plate(0, y-8, 54, d.look.metal)
	}
	for _, s := range []float64{-1, 1} {
		d.metal(circle(s*(w-20), -h*.36, 20).hole(circle(s*(w-20), -h*.36, 11)), d.look.metal)
	}
	d.gloss(wire(-w+26, -h*.36, -w+30, -h*.1, -w+24, h*.2).stroke(12), .22)
}

func (d *pen) wallet() {
	w, h := d.v("width", 300, 350), d.v("height", 180, 225)
	r := d.v("round", 14, 40)
	d.solid(rrect(-w+6, -h+8, w+8, h+10, r), d.body.dark(.35))
	d.soft(rrect(-w, -h, w, h, r), d.body)
	if d.look.pattern {
		d.pattern(rrect(-w, -h, w, h, r), d.body.mix(ink(d.body), .7), .42, 92)
	}
	d.stitch(rrect(-w+14, -h+14, w-14, h-14, r-4), d.body)
	if d.pickOf("flap", 2) == 0 {
		d.shadeOn(open(-w, -h*.08, w, -h*.08).stroke(5), .35)
		d.solid(rrect(-w, -h, w, -h*.1, r), d.body)
		d.stitch(open(-w+14, -h*.18, w-14, -h*.18), d.body)
		d.metal(circle(0, -h*.1, 25), d.look.metal)
		d.plate(0, -h*.1, 18, d.look.metal.dark(.4))
		d.fits(0, h*.62, 38, w, d.look.metal)
	} else {
		d.shadeOn(rect(-w+2, -4, w-2, 3), .3)
		d.plate(w*.55, h*.45, 48, d.look.metal)
		d.fits(-w*.35, h*.6, 36, w, d.look.metal)
		d.metal(rrect(w-26, -h*.3, w+22, h*.1, 8), d.look.metal)
	}
}

func (d *pen) strap() {
	s := wire(-330, 120, -250, -120, -40, -190, 160, -120, 220, 40, 90, 130, -60, 90, 20, -20, 200, -30, 330, 110)
	d.rod(s, 34, d.body)
	d.stitch(s.move(0, -9), d.body)
	d.stitch(s.move(0, 9), d.body)
	for _, e := range []point{{-335, 140}, {335, 132}} {
		d.metal(rrect(e.x-24, e.y-20, e.x+24, e.y+22, 6), d.look.metal)
		d.metal(ellipse(e.x, e.y+58, 30, 40).hole(ellipse(e.x, e.y+58, 17, 26)), d.look.metal)
	}
	d.plate(-335, 140, 15, d.look.metal.dark(.4))
}

func (d *pen) organiser() {
	felt := d.body.mix(rgb{150, 150, 150}, .25)
	d.solid(poly(-300, -150, 300, -150, 330, -60, -330, -60), felt.dark(.4))
	d.soft(poly(-330, -90, 330, -90, 300, 210, -300, 210), felt)
	for i := range 3 {
		x := -300 + float64(i)*205
		d.soft(rrect(x, -20, x+185, 185, 16), felt.light(.06))
		d.stitch(rrect(x+8, -12, x+177, 177, 12), felt)
	}
	d.stitch(open(-322, -76, 322, -76), felt)
	d.metal(circle(-240, -100, 13), d.look.metal)
	d.metal(circle(240, -100, 13), d.look.metal)
}

func (d *pen) backpack() {
	d.rod(wire(-60, -330, -50, -390, 50, -390, 60, -330), 22, d.body.dark(.3))
	for _, s := range []float64{-1, 1} {
		d.rod(wire(s*170, -250, s*262, -60, s*240, 200), 34, d.body.dark(.35))
	}
	body := blob(-215, -150, -150, -310, 0, -345, 150, -310, 215, -150, 232, 120, 200, 265, 0, 285, -200, 265, -232, 120)
	d.soft(body, d.body)
	d.line(wire(-180, -120, -130, -262, 0, -294, 130, -262, 180, -120), 7, d.body.dark(.5))
	pocket := rrect(-165, 20, 165, 245, 46)
	d.shadeOn(pocket.move(4, 8), .25)
	d.soft(pocket, d.body.light(.04))
	d.stitch(rrect(-154, 31, 154, 234, 38), d.body)
	d.line(open(-135, 66, 135, 66), 7, d.body.dark(.5))
	d.metal(rrect(96, 58, 112, 104, 6), d.look.metal)
	d.solid(rrect(-58, -120, 58, -44, 10), rgb{136, 92, 60})
	d.stitch(rrect(-50, -112, 50, -52, 7), rgb{136, 92, 60})
	d.emblem(0, -82, 24, rgb{236, 220, 190})
}

func (d *pen) suitcase() {
	d.metal(path{}.with(rect(-90, -420, -72, -250), rect(72, -420, 90, -250)), rgb{176, 178, 184})
	d.solid(rrect(-104, -440, 104, -404, 16), rgb{48, 48, 54})
	body := rrect(-225, -270, 225, 320, 46)
	d.solid(body, d.body)
	d.inside(body, func() {
		for x := -190.0; x < 200; x += 54 {
			d.shadeOn(rect(x, -270, x+10, 320), .22)
			d.gloss(rect(x+10, -270, x+18, 320), .28)
		}
	})
	d.line(open(-225, 20, 225, 20), 8, d.body.dark(.5))
	d.metal(rrect(150, -10, 222, 50, 8), rgb{190, 192, 198})
	for _, x := range []float64{-165, 165} {
		d.solid(rrect(x-34, 318, x+34, 366, 14), rgb{40, 40, 44})
	}
	d.solid(rrect(-60, -262, 60, -236, 10), rgb{40, 40, 44})
	d.plate(0, -180, 32, rgb{200, 200, 206})
}
