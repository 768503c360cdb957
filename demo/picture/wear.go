package picture

func (d *pen) sneaker() {
	top := d.v("collar", -165, -125) // of the heel
	throat := top + 6                // where the tongue ends
	tongue := blob(-128, throat+50, -120, throat-30, -92, throat-52, -52, throat-38, 40, -24, 60, 30, -40, 40)
	d.soft(tongue, d.body.dark(.15))
	d.fill(ellipse(-206, top+18, 92, 26).turn(-206, top+18, 8), solid(d.body.dark(.62)))
	upper := open(-322, 112, -326, 40, -312, -20, -314, top+24, -300, top, -268, top-2, -232, top+34, -180, top+50, -128, throat+22,
		-86, throat+10, -20, -86, 60, -44, 130, -16, 220, 2, 290, 36, 322, 84, 324, 118)
	upper[0] = upper.smooth()[0]
	upper[0].closed = true
	d.soft(upper, d.body)
	d.inside(upper, func() {
		toe := blob(196, -30, 360, 0, 360, 150, 190, 150, 158, 70)
		d.soft(toe, d.body.light(.07))
		for row := range 3 {
			for k := range 4 {
				d.shadeOn(circle(200+float64(k)*24+float64(row)*8, 24+float64(row)*20, 4), .35)
			}
		}
		tab := d.look.accent
		if d.look.name == "" {
			tab = d.body.dark(.3)
		}
		heel := blob(-350, top-30, -262, top-10, -256, -50, -228, 10, -214, 130, -350, 150)
		d.soft(heel, tab)
		d.stitch(wire(-272, top+10, -266, -50, -240, 10, -226, 112), tab)
		d.stripe()
		d.stitch(wire(-300, top+22, -264, top+22, -232, top+54, -180, top+70, -124, throat+44), d.body)
		d.stitch(wire(208, -4, 172, 70, 200, 120), d.body)
	})
	// The eyestay, with the laces over it.
	stay := blob(-116, throat+30, -84, throat+14, -20, -82, 64, -40, 128, -12, 118, 18, 30, 4, -60, -40, -108, throat+64)
	d.soft(stay, d.body.dark(.12))
	d.stitch(wire(-104, throat+54, -58, -28, 30, 12, 112, 22), d.body)
	lace := rgb{242, 240, 234}
	if d.body.brightness() > .8 {
		lace = rgb{96, 98, 106}
	}
	for k := range 5 {
		t := float64(k) / 4
		x, y := -92+t*172, throat+30+t*(-38-throat)
		d.rod(wire(x-20, y+22, x+6, y-2, x+34, y-16-8*(1-t)), 13, lace)
		d.shadeOn(circle(x-22, y+24, 5), .5)
	}
	d.sole(d.v("sole", 46, 74))
}

// sole is the rubber under a sneaker.
func (d *pen) sole(h float64) {
	rubber := rgb{240, 238, 232}
	sole := open(-336, 96, -150, 102, 60, 104, 240, 100, 332, 92, 344, 96+h*.5, 326, 98+h, 200, 100+h, -300, 100+h, -330, 98+h, -344, 96+h*.5)
	sole[0].closed = true
	sole = sole.smooth()
	d.solid(sole, rubber)
	d.inside(sole, func() {
		d.shadeOn(rect(-400, 98+h*.8, 400, 300), .4)
		d.line(wire(-340, 98+h*.45, 0, 106+h*.45, 342, 96+h*.45), 6, d.look.accent)
	})
	d.stitch(wire(-328, 108, 0, 116, 326, 104), rubber)
}

// stripe is the brand's own sign on the side of a shoe.
func (d *pen) stripe() {
	tone := ink(d.body)
	if d.look.name == "" {
		return
	}
	slant := 0.0
	if d.wrong {
		slant = 34
	}
	switch d.look.motif % 4 {
	case 0:
		for i := range 2 {
			x := -190 + float64(i)*54
			d.line(wire(x+slant, 120, x+30, 40, x+96, -40), 22, tone)
		}
	case 1:
		d.line(wire(-220, 40+slant, -120, 84, 10, 60, 120, 0), 26, tone)
	case 2:
		d.flat(poly(-190, 110, -120, -20+slant, -50, 110, -90, 110, -120, 50, -150, 110), tone)
		d.flat(poly(-60, 110, 0, 10, 50, 110, 20, 110, 0, 66, -24, 110), tone)
	default:
		d.emblem(-130, 30, 58, tone)
	}
}

// laceRow lays n laces from the tongue down to the toe.
func (d *pen) laceRow(x, y, dx float64, n int) {
	lace := rgb{240, 238, 232}
	if d.body.brightness() > .8 {
		lace = rgb{70, 70, 76}
	}
	for i := range n {
		f := float64(i)
		px, py := x+f*dx*.62, y+f*27
		d.rod(open(px-34, py-16, px+38, py+10), 13, lace)
		d.shadeOn(circle(px-36, py-16, 4), .6)
	}
}

func (d *pen) runner() {
	collar := d.v("collar", -140, -105)
	upper := blob(-300, 70, -330, -60, -322, collar-34, -280, collar-30, -220, collar+30, -130, collar+20, -60, collar+4, 30, -54, 150, 6, 260, 32, 330, 84, 330, 104, 0, 110, -290, 104)
	d.soft(blob(-140, collar+34, -104, collar-52, -46, collar-40, 30, -50, -40, 0), d.body.dark(.2))
	d.shadeOn(ellipse(-226, collar+8, 66, 18), .55)
	d.soft(upper, d.body)
	d.inside(upper, func() {
		for y := -140.0; y < 120; y += 13 { // knit
			d.shadeOn(wire(-340, y, 0, y+8, 340, y+30).stroke(3), .12)
		}
		d.soft(blob(240, 20, 350, 50, 350, 130, 210, 130), d.body.dark(.28))
		d.soft(blob(-350, -20, -262, 10, -230, 120, -350, 130), d.look.accent)
		d.stripe()
	})
	d.laceRow(-84, collar+34, 74, 4)
	h := d.v("sole", 70, 104)
	sole := blob(-338, 60, -300, 84, -100, 96, 100, 98, 270, 88, 352, 74, 344, 84+h*.4, 260, 86+h, 60, 92+h*.86, -120, 96+h, -310, 92+h, -356, 78+h*.4)
	d.solid(sole, rgb{244, 243, 240})
	d.inside(sole, func() {
		d.line(wire(-350, 70+h*.55, -100, 100+h*.4, 120, 92+h*.5, 350, 80+h*.35), 16, d.look.accent.light(.15))
		d.shadeOn(wire(-330, 90+h, -100, 94+h, 60, 88+h*.85, 300, 84+h).stroke(20), .6)
	})
}

func (d *pen) laces() {
	for i, s := range []float64{-1, 1} {
		l := wire(s*280, -200, s*120, -120, s*250, -20, s*60, 40, s*200, 120, s*40, 200, s*(90+float64(i)*20), 260)
		d.rod(l, 20, d.body)
		d.rod(open(s*280, -200, s*306, -232), 16, rgb{210, 214, 220})
	}
	d.solid(rrect(-90, -40, 90, 70, 10), d.look.accent)
	d.fits(0, 26, 30, 150, ink(d.look.accent))
}

func (d *pen) insoles() {
	for _, s := range []float64{-1, 1} {
		sole := blob(20, -310, 104, -250, 120, -130, 84, 0, 92, 150, 60, 270, 0, 300, -58, 268, -70, 140, -66, 0, -104, -130, -70, -270)
		if s < 0 {
			sole = sole.mirror()
		}
		x := s * 140
		d.soft(sole.move(x, 0), d.body)
		d.soft(blob(0, 150, 50, 200, 0, 262, -48, 200).move(x, 0), d.look.accent.light(.3))
		for i := range 5 {
			d.shadeOn(wire(-60, -200+float64(i)*26, 0, -210+float64(i)*26, 60, -200+float64(i)*26).move(x, 0).stroke(5), .2)
		}
	}
}

func (d *pen) slippers() {
	for _, s := range []float64{-1, 1} {
		x := s * 150
		sole := blob(0, -300, 104, -230, 112, -80, 88, 80, 96, 220, 0, 296, -96, 220, -88, 80, -112, -80, -104, -230).move(x, 0)
		d.soft(sole, d.body.light(.3))
		d.stitch(sole.move(-x, 0).scale(.9, .94).move(x, 0), d.body)
		top := blob(0, -310, 116, -240, 124, -70, 70, 20, 0, 6, -70, 20, -124, -70, -116, -240).move(x, 0)
		d.soft(top, d.body)
		d.stitch(wire(-110, -60, -62, 2, 0, -12, 62, 2, 110, -60).move(x, 0), d.body)
	}
}

func (d *pen) socks() {
	for i := range 3 {
		x := float64(i-1) * 165
		tone := d.body.hue(float64(i) * 40).light(float64(i) * .12)
		sock := blob(-60, -290, 60, -290, 62, -60, 74, 60, 170, 150, 190, 220, 130, 256, 20, 220, -60, 130, -66, 0).move(x, float64(i)*24)
		d.soft(sock, tone)
		d.inside(sock, func() {
			for y := -300.0; y < -190; y += 16 {
				d.shadeOn(rect(x-80, y+float64(i)*24, x+90, y+8+float64(i)*24), .16)
			}
			d.soft(circle(x+160, 214+float64(i)*24, 66), tone.dark(.3))
		})
	}
}

// torso is a garment with sleeves from above.
func torso(shoulder, chest, hem, length, sleeve, cuff float64) (body, left path) {
	body = blob(-70, -290, 0, -268, 70, -290, shoulder*.62, -270, shoulder, -232, chest, -60, hem, length-40, hem-4, length, 0, length+8, -hem+4, length, -hem, length-40, -chest, -60, -shoulder, -232, -shoulder*.62, -270)
	left = blob(-shoulder+26, -262, -shoulder-18, -214, -sleeve, cuff-30, -sleeve+8, cuff, -sleeve+74, cuff+10, -sleeve+92, cuff-26, -chest+8, -30, -chest+30, -120)
	return body, left
}

func (d *pen) folds(p path, x0, y0, x1, y1 float64) {
	d.inside(p, func() {
		for i := range 5 {
			f := float64(i) / 4
			x := x0 + (x1-x0)*f
			s := 1.0
			if f > .5 {
				s = -1
			}
			fold := wire(x, y0, x+s*24, (y0+y1)/2, x-s*10, y1)
			d.shadeOn(fold.stroke(15), .09)
			d.gloss(fold.move(-13, 0).stroke(9), .12)
		}
	})
}

func (d *pen) tShirt() {
	wide := d.v("wide", 205, 235)
	body, sleeve := torso(wide, wide-20, wide-14, 300, wide+150, -60)
	d.soft(sleeve, d.body)
	d.soft(sleeve.mirror(), d.body)
	d.stitch(open(-wide-142, -72, -wide-60, -62), d.body)
	d.stitch(open(wide+142, -72, wide+60, -62), d.body)
	d.soft(body, d.body)
	d.folds(body, -150, 40, 150, 300)
	d.stitch(wire(-wide+24, 282, 0, 290, wide-24, 282), d.body)
	d.soft(blob(-74, -292, 0, -276, 74, -292, 50, -226, 0, -204, -50, -226), d.body.dark(.4))
	d.line(wire(-76, -290, -50, -226, 0, -200, 50, -226, 76, -290), 16, d.body.dark(.12))
	d.flat(rrect(-24, -268, 24, -244, 4), white)
	on := ink(d.body)
	switch d.pickOf("print", 3) {
	case 0:
		d.emblem(0, -60, 88, on)
		d.fits(0, 76, 46, 290, on)
	case 1:
		d.emblem(-92, -130, 32, on)
	default:
		d.flat(rrect(-140, -120, 140, -10, 8), d.look.accent)
		d.fits(0, -48, 56, 250, ink(d.look.accent))
	}
}

func (d *pen) hoodie() {
	wide := d.v("wide", 215, 245)
	body, sleeve := torso(wide, wide-24, wide-30, 290, wide+84, 250)
	for _, s := range []path{sleeve, sleeve.mirror()} {
		d.soft(s, d.body)
	}
	for _, s := range []float64{-1, 1} {
		d.soft(rrect(-wide-86, 232, -wide+14, 276, 12).scale(s, 1), d.body.dark(.12))
	}
	d.soft(body, d.body)
	d.folds(body, -150, -60, 150, 120)
	d.solid(rrect(-wide+24, 258, wide-24, 312, 14), d.body.dark(.1))
	for x := -wide + 40; x < wide-30; x += 14 {
		d.shadeOn(rect(x, 262, x+3, 308), .25)
	}
	pocket := poly(-120, 110, 120, 110, 164, 214, 164, 250, -164, 250, -164, 214)
	d.soft(pocket, d.body.light(.03))
	d.stitch(open(-112, 118, -154, 216), d.body)
	d.stitch(open(112, 118, 154, 216), d.body)
	hood := blob(-130, -240, -118, -330, -40, -376, 40, -376, 118, -330, 130, -240, 60, -190, 0, -170, -60, -190)
	d.soft(hood, d.body)
	d.soft(blob(-76, -256, -62, -320, 0, -344, 62, -320, 76, -256, 34, -206, 0, -190, -34, -206), d.body.dark(.5))
	for _, s := range []float64{-1, 1} {
		d.rod(wire(s*36, -196, s*44, -120, s*38, -50), 9, rgb{236, 234, 228})
		d.metal(rrect(s*38-5, -56, s*38+5, -30, 4), d.look.metal)
	}
	on := ink(d.body)
	if d.pickOf("print", 2) == 0 {
		d.fits(0, 26, 60, 300, on)
	} else {
		d.emblem(0, 4, 70, on)
	}
}

func (d *pen) jacket() {
	wide := d.v("wide", 225, 255)
	body, sleeve := torso(wide, wide-10, wide-6, 330, wide+90, 260)
	for i, s := range []path{sleeve, sleeve.mirror()} {
		d.soft(s, d.body)
		x := float64(2*i-1) * (wide + 36)
		d.solid(rrect(x-50, 226, x+50, 268, 10), d.body.dark(.25))
	}
	d.soft(body, d.body)
	yoke := d.look.accent
	if d.pickOf("yoke", 2) == 0 {
		yoke = d.body.dark(.2)
	}
	d.inside(body, func() {
		d.soft(poly(-300, -320, 300, -320, 300, -150, 0, -110, -300, -150), yoke)
	})
	d.stitch(open(-wide+20, -140, 0, -100, wide-20, -140), d.body)
	d.folds(body, -170, -40, 170, 300)
	collar := blob(-110, -290, -90, -350, 0, -366, 90, -350, 110, -290, 60, -240, 0, -226, -60, -240)
	d.soft(collar, d.body.dark(.15))
	d.soft(blob(-62, -300, 0, -330, 62, -300, 30, -256, 0, -248, -30, -256), d.body.dark(.55))
	d.line(open(0, -240, 0, 328), 13, d.body.dark(.4))
	d.fill(open(0, -236, 0, 326).dashes(5, 4, nil).stroke(7), solid(d.look.metal))
	d.metal(rrect(-7, -226, 7, -180, 4), d.look.metal)
	for _, s := range []float64{-1, 1} {
		pocket := open(s*60, 110, s*160, 190)
		d.shadeOn(pocket.stroke(15), .45)
		d.stitch(pocket.move(0, -13), d.body)
		d.stitch(pocket.move(0, 13), d.body)
	}
	d.emblem(112, -40, 34, ink(d.body))
	d.shadeOn(rect(-wide, 322, wide, 330), .2)
}

func (d *pen) belt() {
	for i := range 3 { // folded twice
		y := float64(i)*92 - 92
		band := rrect(-330, y-40, 330, y+40, 10)
		if i == 2 {
			band = poly(-330, y-40, 300, y-40, 352, y, 300, y+40, -330, y+40)
		}
		d.soft(band, d.body)
		d.stitch(open(-322, y-30, 322, y-30), d.body)
		d.stitch(open(-322, y+30, 322, y+30), d.body)
	}
	for x := 120.0; x < 300; x += 44 {
		d.metal(circle(x, 92, 9), d.look.metal)
		d.flat(circle(x, 92, 5), d.body.dark(.7))
	}
	d.metal(rrect(-402, -146, -282, -38, 20).hole(rrect(-378, -122, -306, -62, 8)), d.look.metal)
	d.metal(rrect(-392, -98, -280, -86, 5), d.look.metal)
	d.solid(rrect(-250, -140, -214, -44, 8), d.body.dark(.1))
	d.plate(-120, -92, 28, d.look.metal)
}

func (d *pen) garmentBag() {
	d.line(wire(0, -320, 0, -380, 40, -390, 44, -350), 9, rgb{160, 162, 168})
	bag := blob(-60, -318, 60, -318, 190, -262, 210, -180, 214, 320, 0, 334, -214, 320, -210, -180, -190, -262)
	d.soft(bag, d.body)
	d.fill(rrect(-120, -150, 120, 60, 12), glaze(rgb{214, 226, 236}, .8))
	d.line(open(0, -310, 0, 330), 8, d.body.dark(.4))
	d.folds(bag, -170, 60, 170, 320)
}

func (d *pen) dress() {
	skirt := d.v("skirt", 190, 270)
	body := blob(-90, -320, -60, -300, -50, -240, 0, -214, 50, -240, 60, -300, 90, -320, 120, -210, 96, -60, skirt*.8, 160, skirt, 330, 0, 348, -skirt, 330, -skirt*.8, 160, -96, -60, -120, -210)
	d.soft(body, d.body)
	d.inside(body, func() {
		f := seed(d.model+"/flowers", 5)
		for range 80 {
			x, y, c := f.f(-300, 300), f.f(-300, 350), d.look.accent.hue(f.f(-60, 60)).light(.35)
			d.flat(star(5, 17, 9).smooth().move(x, y), c)
			d.flat(circle(x, y, 5), rgb{240, 210, 90})
		}
	})
	d.folds(body, -150, -40, 150, 340)
	d.solid(rrect(-100, -72, 100, -38, 10), d.body.dark(.25))
}

func (d *pen) trousers() {
	leg := d.v("leg", 96, 130)
	body := poly(-150, -330, 150, -330, 180, -120, 40+leg, 340, 40, 340, 0, -90, -40, 340, -40-leg, 340, -180, -120)
	d.soft(body, d.body)
	d.folds(body, -120, -60, 120, 320)
	d.solid(rect(-152, -332, 152, -286), d.body.dark(.12))
	d.stitch(open(-148, -292, 148, -292), d.body)
	d.stitch(open(0, -284, 6, -150), d.body)
	d.stitch(wire(-152, -250, -110, -210, -96, -284), d.body)
	d.stitch(wire(152, -250, 110, -210, 96, -284), d.body)
	d.metal(circle(0, -309, 11), d.look.metal)
}

func (d *pen) scarf() {
	end := func(x float64) {
		for i := range 9 {
			d.rod(open(x-58+float64(i)*15, 240, x-60+float64(i)*16, 310), 7, d.body.dark(.1))
		}
		p := rrect(x-70, -160, x+66, 250, 12)
		d.soft(p, d.body)
		d.inside(p, func() {
			for y := -150.0; y < 250; y += 18 {
				d.line(open(x-80, y, x, y+14, x+80, y), 4, d.body.light(.2))
			}
			d.flat(rect(x-90, 150, x+90, 180), d.look.accent)
			d.flat(rect(x-90, 200, x+90, 214), d.look.accent)
		})
	}
	end(-70)
	end(90)
	d.soft(blob(-170, -190, -90, -290, 90, -300, 180, -200, 150, -100, 0, -70, -150, -100), d.body)
	d.shadeOn(wire(-120, -180, 0, -130, 130, -190).stroke(24), .25)
	d.shadeOn(wire(-100, -230, 0, -200, 110, -240).stroke(14), .18)
}

func (d *pen) romper() {
	body := blob(-70, -290, 0, -262, 70, -290, 180, -240, 190, -140, 150, -110, 140, 60, 170, 190, 180, 290, 80, 300, 0, 200, -80, 300, -180, 290, -170, 190, -140, 60, -150, -110, -190, -140, -180, -240)
	d.soft(body, d.body.light(.3))
	d.line(wire(-72, -288, 0, -226, 72, -288), 14, d.look.accent)
	for i := range 4 {
		d.flat(circle(0, -170+float64(i)*76, 11), white)
		d.edge(circle(0, -170+float64(i)*76, 11), rgb{120, 120, 130})
	}
	d.flat(star(5, 44, 20).move(76, -120), d.look.accent.light(.2))
}

func (d *pen) bib() {
	b := blob(-90, -290, -150, -160, -190, 40, -120, 220, 0, 260, 120, 220, 190, 40, 150, -160, 90, -290, 70, -150, 0, -100, -70, -150)
	d.soft(b, d.body.light(.15))
	d.soft(blob(-160, 130, 0, 170, 160, 130, 120, 250, 0, 290, -120, 250), d.body.light(.02))
	d.flat(circle(-46, 10, 10), ink(d.body))
	d.flat(circle(46, 10, 10), ink(d.body))
	d.line(arc(0, 30, 44, 34, 25, 155), 9, ink(d.body))
}
