package picture

func (d *pen) headphones() {
	w := d.v("width", 205, 240)
	band := wire(-w-6, 60, -w-12, -120, -w*.72, -280, 0, -348, w*.72, -280, w+12, -120, w+6, 60)
	d.rod(band, d.v("band", 38, 60), d.body)
	pad := wire(-w*.8, -236, -w*.4, -312, 0, -334, w*.4, -312, w*.8, -236)
	d.rod(pad.move(0, 26), 34, d.body.dark(.3))
	d.fits(0, -336, 28, 160, ink(d.body))
	tall := d.v("cup", 118, 150)
	oval := d.v("oval", .74, .98)
	for _, s := range []float64{-1, 1} {
		d.metal(rrect(s*(w+8)-12, -90, s*(w+8)+12, 50, 8), d.look.metal)
		d.soft(ellipse(s*(w-52), 110, 62, tall*.98), rgb{44, 42, 46})
		d.soft(ellipse(s*(w-10), 110, tall*oval*.62, tall*1.04), d.body.dark(.12))
		x := s * (w + 22)
		d.soft(ellipse(x, 110, tall*oval*.66, tall), d.body)
		d.fill(ellipse(x, 110, tall*oval*.5, tall*.78).stroke(6), linear(pt(x-80, 0), pt(x+80, 220), stop{0, d.look.metal.light(.5), 1}, stop{1, d.look.metal.dark(.3), 1}))
		d.plate(x, 110, tall*.34, d.look.metal)
		d.gloss(wire(x-tall*.34, 60, x-tall*.2, 10, x+10, -tall*.55+50).stroke(12), .3)
		for k := range 3 {
			d.shadeOn(circle(x+float64(k-1)*16, 110+tall*.86, 4), .6)
		}
	}
}

func (d *pen) earbuds() {
	stem := d.v("stem", 70, 170)
	c := rrect(-190, 0, 190, 270, d.v("case", 70, 120))
	d.soft(c, d.body)
	d.line(open(-190, 82, 190, 82), 5, d.body.dark(.45))
	d.metal(rrect(-40, 68, 40, 100, 8), d.look.metal)
	d.plate(0, 170, 44, d.look.metal)
	d.flat(circle(0, 246, 6), rgb{110, 220, 130})
	for _, s := range []float64{-1, 1} {
		d.soft(rrect(s*120-24, -200, s*120+24, -200+stem+70, 24), d.body.dark(.08))
		d.metal(rect(s*120-24, -200+stem+40, s*120+24, -200+stem+52), d.look.metal)
		d.soft(blob(s*112-66, -210, s*112, -290, s*112+70, -230, s*112+54, -150, s*112, -126, s*112-58, -150), d.body)
		d.soft(ellipse(s*64, -214, 34, 44), rgb{58, 56, 60})
		d.shadeOn(ellipse(s*130, -210, 10, 20), .6)
		d.gloss(ellipse(s*120, -252, 24, 14), .5)
	}
}

func (d *pen) cable() {
	for k := range 4 {
		r := 150 + float64(k)*24
		d.rod(ellipse(float64(k)*5, float64(k)*3, r, r*.86), 16, d.body)
	}
	d.solid(rrect(-40, 110, 50, 224, 12), d.body.dark(.3))
	for _, s := range []float64{-1, 1} {
		d.rod(wire(s*40, 180, s*170, 260, s*250, 180, s*260, 60), 16, d.body)
		d.soft(rrect(s*260-28, -50, s*260+28, 66, 12), d.body.dark(.15))
		d.metal(rrect(s*260-19, -104, s*260+19, -46, 8), rgb{196, 198, 204})
		d.emblem(s*260, 6, 16, ink(d.body))
	}
}

func (d *pen) earPads() {
	for _, s := range []float64{-1, 1} {
		x := s * 160
		d.soft(ellipse(x, 0, 140, 186), d.body)
		d.stitch(ellipse(x, 0, 122, 166), d.body)
		d.fill(ellipse(x, 0, 70, 106), around(pt(x, 0), 110, stop{0, rgb{30, 30, 34}, 1}, stop{1, d.body.dark(.6), 1}))
		d.gloss(wire(x-100, -60, x-60, -130, x+20, -158).stroke(14), .3)
	}
}

func (d *pen) phone() {
	w := d.v("width", 158, 180)
	r := d.v("round", 34, 62)
	back := func(x float64) {
		d.metal(rrect(x-w-6, -336, x+w+6, 336, r+6), d.look.metal)
		d.soft(rrect(x-w+2, -328, x+w-2, 328, r), d.body)
		switch d.pickOf("cameras", 3) {
		case 0:
			d.solid(rrect(x-w+22, -306, x-w+170, -150, 40), d.body.dark(.16))
			for _, q := range []point{{62, -264}, {62, -196}, {128, -230}} {
				d.lens(x-w+q.x, q.y, 30)
			}
		case 1:
			d.solid(rrect(x-w, -300, x+w, -210, 30), d.body.dark(.25))
			for k := range 3 {
				d.lens(x-70+float64(k)*70, -255, 28)
			}
		default:
			d.solid(circle(x, -220, 88), d.body.dark(.2))
			for _, q := range []point{{-34, -250}, {34, -250}, {-34, -190}, {34, -190}} {
				d.lens(x+q.x, q.y, 24)
			}
		}
		d.plate(x, 10, 46, d.look.metal.light(.2))
		d.fits(x, 250, 30, 2*w*.6, ink(d.body))
		d.gloss(poly(x-w+30, 320, x-w+90, 320, x+w-40, -320, x+w-130, -320), .1)
	}
	back(-150)
	d.shadeOn(rrect(-20, -320, 90, 345, 40), .18)
	x := 130.0
	d.metal(rrect(x-w-6, -322, x+w+6, 350, r+6), d.look.metal)
	screen := rrect(x-w+4, -312, x+w-4, 340, r)
	d.flat(screen, rgb{12, 12, 18})
	wall := rrect(x-w+14, -302, x+w-14, 330, r-10)
	d.fill(wall, linear(pt(x-w, -300), pt(x+w, 330), stop{0, d.look.accent.dark(.5), 1}, stop{.5, d.look.accent, 1}, stop{1, d.look.accent.hue(60).light(.4), 1}))
	d.inside(wall, func() {
		d.fill(circle(x+40, 60, 190), glaze(d.look.accent.hue(-50).light(.3), .5))
		d.fill(circle(x-90, 220, 160), glaze(d.look.accent.hue(100).light(.2), .45))
	})
	d.write("10:09", x, -150, 96, white)
	d.write("Tuesday 24", x, -104, 28, white)
	d.flat(rrect(x-40, -288, x+40, -264, 12), rgb{8, 8, 10})
	for k := range 4 {
		d.fill(rrect(x-120+float64(k)*64, 252, x-120+float64(k)*64+50, 302, 14), glaze(white, .75))
	}
}

func (d *pen) lens(x, y, r float64) {
	d.metal(circle(x, y, r), d.look.metal.dark(.3))
	d.flat(circle(x, y, r*.8), rgb{14, 14, 20})
	d.fill(circle(x, y, r*.5), around(pt(x-r*.15, y-r*.15), r*.5, stop{0, rgb{90, 110, 170}, 1}, stop{1, rgb{16, 18, 34}, 1}))
	d.flat(circle(x-r*.25, y-r*.25, r*.12), white)
}

func (d *pen) charger() {
	d.metal(rrect(-64, -250, -36, -150, 8), rgb{200, 202, 208})
	d.metal(rrect(36, -250, 64, -150, 8), rgb{200, 202, 208})
	d.soft(rrect(-150, -160, 150, 200, 46), d.body.light(.1))
	d.flat(rrect(-48, 110, 48, 140, 15), rgb{40, 40, 46})
	d.metal(rrect(-34, 119, 34, 131, 6), rgb{180, 182, 190})
	d.emblem(0, -40, 48, ink(d.body.light(.1)))
	d.write("30 W", 0, 74, 40, ink(d.body.light(.1)))
	d.gloss(rrect(-130, -140, -96, 170, 16), .4)
}

func (d *pen) phoneCase() {
	c := rrect(-170, -340, 170, 340, 60)
	d.soft(c, d.body)
	d.fill(rrect(-150, -320, 150, 320, 48), around(pt(-40, -80), 420, stop{0, d.body.light(.2), 1}, stop{1, d.body.dark(.2), 1}))
	d.solid(rrect(-146, -316, 10, -150, 46), d.body.dark(.45))
	d.flat(rrect(-134, -304, -2, -162, 38), rgb{228, 226, 222})
	d.solid(rrect(164, -150, 180, -60, 6), d.body.dark(.2))
	d.gloss(wire(-140, -100, -146, 100, -130, 290).stroke(14), .35)
}

func (d *pen) film() {
	d.solid(rrect(-60, -300, 270, 310, 14).turn(0, 0, 6), rgb{236, 122, 60})
	d.glass(rrect(-210, -330, 110, 310, 40).turn(0, 0, -6), rgb{204, 226, 236}, .82)
	d.edge(rrect(-210, -330, 110, 310, 40).turn(0, 0, -6), rgb{60, 80, 90})
	d.gloss(poly(-200, -250, -90, -300, -40, 240, -150, 280), .75)
	d.gloss(poly(-50, -310, -10, -320, 40, 220, 0, 250), .5)
	d.write("9H", 190, 270, 84, white)
}

func (d *pen) keyboard() {
	d.solid(rrect(-370, -150, 370, 160, 26), d.body.dark(.25))
	d.flat(rrect(-352, -132, 352, 142, 14), d.body.dark(.6))
	for row := range 5 {
		x := -346.0
		for k := 0; x < 330; k++ {
			w := 44.0
			switch {
			case k == 0:
				w = 44 + float64(row)*13
			case row == 4 && k == 3:
				w = 250
			}
			w = min(w, 346-x)
			tone := d.body.light(.3)
			if k == 0 || x+w > 300 {
				tone = d.look.accent
			}
			y := -124 + float64(row)*54
			d.solid(rrect(x, y, x+w-4, y+48, 8), tone)
			d.fill(rrect(x+6, y+4, x+w-10, y+36, 6), glaze(white, .22))
			x += w
		}
	}
}

func (d *pen) powerBank() {
	d.soft(rrect(-190, -320, 190, 300, 54), d.body)
	d.metal(rrect(-190, -320, 190, -230, 40), d.body.mix(rgb{190, 192, 198}, .6))
	for k := range 2 {
		x := -100 + float64(k)*120
		d.flat(rrect(x, -296, x+80, -262, 6), rgb{24, 24, 28})
		d.flat(rect(x+8, -284, x+72, -276), rgb{236, 236, 240})
	}
	for k := range 4 {
		d.flat(circle(-60+float64(k)*40, 230, 9), rgb{120, 220, 240}.mix(d.body, float64(k)*.2))
	}
	d.write("10 000 mAh", 0, 60, 46, ink(d.body))
	d.gloss(rrect(-170, -200, -140, 270, 14), .3)
}

func (d *pen) speaker() {
	d.rod(wire(-200, -170, -180, -260, 180, -260, 200, -170), 24, d.body.dark(.35))
	body := rrect(-320, -190, 320, 210, 120)
	d.soft(body, d.body)
	d.inside(rrect(-296, -166, 296, 186, 100), func() {
		d.fill(rect(-300, -200, 300, 220), glaze(d.body.dark(.4), 1))
		var holes path
		for y := -160.0; y < 190; y += 18 {
			for x := -296.0; x < 300; x += 18 {
				holes = append(holes, circle(x+9*float64(int(y/18)&1), y, 5)...)
			}
		}
		d.fill(holes, glaze(black, .7))
		for _, s := range []float64{-1, 1} {
			d.fill(circle(s*150, 10, 118).stroke(14), glaze(d.body.light(.2), .5))
			d.fill(circle(s*150, 10, 50), glaze(black, .5))
		}
	})
	d.fits(0, 20, 44, 200, white)
	d.gloss(wire(-230, -150, 0, -172, 230, -150).stroke(18), .3)
}

// gadget is a small electric thing with a lens and a display.
func (d *pen) gadget() {
	d.soft(rrect(-130, -320, 130, 310, 54), rgb{46, 48, 54})
	d.soft(rrect(-112, -180, 112, 290, 40), d.look.accent)
	d.lens(-54, -256, 44)
	d.lens(58, -256, 36)
	d.flat(rrect(-90, -150, 90, 10, 10), rgb{188, 204, 178})
	d.write("2.417", 8, -56, 62, rgb{40, 48, 40})
	d.write("m", 56, -14, 30, rgb{40, 48, 40})
	d.soft(circle(0, 90, 48), rgb{210, 60, 50})
	for k := range 4 {
		x, y := float64(k%2)*110-55, 180+float64(k/2)*62
		d.soft(rrect(x-40, y-22, x+40, y+22, 16), rgb{60, 62, 68})
	}
}
