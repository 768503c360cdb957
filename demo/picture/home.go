package picture

// Goods for the house and the garden, of no brand.

func (d *pen) bottle() {
	tone := d.body
	d.cylinder(rrect(-60, -350, 60, -250, 18), rgb{46, 46, 50})
	d.cylinder(rect(-74, -256, 74, -226), rgb{190, 192, 198})
	body := open(-74, -228, 74, -228, 120, -150, 122, 290, 104, 320, -104, 320, -122, 290, -120, -150)
	body[0].closed = true
	d.cylinder(body, tone)
	d.cylinder(rrect(-122, 250, 122, 320, 20), rgb{176, 178, 184})
	d.label(-66, -30, 66, 110, tone.light(.75))
}

func (d *pen) containers() {
	for i, size := range []float64{300, 230, 160} {
		y := 240 - float64(i)*160
		d.flat(rrect(-size, y-110, size, y, 24), rgb{226, 236, 238})
		d.glass(rrect(-size, y-110, size, y, 24), rgb{190, 216, 222}, .7)
		f := seed(d.model+"/food", uint64(i))
		for range 14 {
			x := f.f(-size+30, size-30)
			d.soft(circle(x, y-f.f(16, 50), 22), brickTones[f.n(len(brickTones))].light(.15))
		}
		d.gloss(rrect(-size+16, y-96, -size+44, y-16, 10), .7)
		d.solid(rrect(-size-14, y-146, size+14, y-104, 14), d.look.accent.light(.1))
		d.solid(rrect(-40, y-120, 40, y-86, 8), d.look.accent.dark(.2))
	}
}

func (d *pen) lamp() {
	d.solid(ellipse(40, 300, 170, 34), d.body)
	d.rod(open(60, 290, 130, -40, -70, -270), 22, d.body)
	d.metal(circle(130, -40, 30), d.look.metal)
	d.fill(poly(-260, -130, 10, -220, 90, 280, -420, 280), paint{stops: []stop{{0, rgb{255, 240, 180}, .35}, {1, rgb{255, 240, 180}, 0}}, from: pt(-120, -180), to: pt(-170, 280), still: true})
	d.soft(poly(-90, -330, -20, -290, 20, -216, -250, -118, -240, -200), d.body)
	d.fill(ellipse(-116, -166, 140, 26).turn(-116, -166, -20), solid(rgb{255, 246, 206}))
}

// linen is a pile of folded cloth.
func (d *pen) linen() {
	for i := range 4 {
		y := 220 - float64(i)*104
		w := 300 - float64(i%2)*16
		tone := d.body.hue(float64(i) * 12).light(.1 * float64(i%3))
		fold := blob(-w, y-84, 0, y-96, w-20, y-90, w+12, y-46, w-20, y-4, 0, y+2, -w, y-6, -w-6, y-46)
		d.lying(fold, tone)
		d.inside(fold, func() {
			d.shadeOn(wire(-w, y-44, 0, y-50, w-30, y-46).stroke(5), .3)
			for x := -w; x < w; x += 42 {
				d.fill(rect(x, y-90, x+9, y-50), glaze(d.look.accent, .45))
			}
		})
	}
	d.rod(rrect(-36, -196, 36, 226, 10), 16, d.look.accent)
}

func (d *pen) curtain() {
	d.lying(rrect(-350, -340, 350, -312, 14), rgb{120, 92, 64})
	for _, s := range []float64{-1, 1} {
		c := blob(s*340, -316, s*40, -316, s*70, -100, s*160, 60, s*200, 330, s*340, 336)
		d.soft(c, d.body)
		d.inside(c, func() {
			for k := range 7 {
				x := s * (330 - float64(k)*44)
				fold := wire(x, -316, x-s*4, 0, s*(330-float64(k)*19), 336)
				d.shadeOn(fold.stroke(16), .2)
				d.gloss(fold.move(-s*15, 0).stroke(9), .2)
			}
		})
		d.rod(wire(s*344, 70, s*240, 96, s*160, 62), 20, d.look.accent)
	}
}

func (d *pen) candle() {
	d.fill(ellipse(0, -270, 44, 90), around(pt(0, -250), 100, stop{0, rgb{255, 240, 170}, .95}, stop{1, rgb{255, 190, 90}, 0}))
	d.flat(blob(0, -330, 22, -262, 0, -226, -22, -262), rgb{255, 206, 96})
	d.line(open(0, -236, 0, -180), 6, rgb{60, 50, 44})
	d.cylinder(rrect(-170, -190, 170, 260, 26), d.body.light(.35))
	d.fill(ellipse(0, -186, 166, 32), around(pt(0, -190), 170, stop{0, rgb{255, 240, 200}, 1}, stop{1, d.body.light(.5), 1}))
	d.glass(rrect(-180, -210, 180, 270, 30), rgb{226, 232, 234}, .35)
	d.label(-110, -70, 110, 130, rgb{246, 240, 228})
	d.gloss(rrect(-156, -180, -130, 240, 12), .6)
}

// packet is a pouch with a window: seeds, tea, coffee.
func (d *pen) packet() {
	p := poly(-190, -310, 190, -310, 206, 290, 180, 312, -180, 312, -206, 290)
	d.soft(p, d.body)
	d.inside(p, func() {
		for k := range 26 {
			d.shadeOn(rect(-200+float64(k)*16, -310, -194+float64(k)*16, -274), .22)
		}
		d.shadeOn(rect(-210, -240, 210, -234), .3)
		d.gloss(wire(-150, -230, -168, 40, -160, 300).stroke(26), .25)
		d.shadeOn(wire(150, -230, 172, 40, 160, 300).stroke(26), .15)
	})
	d.label(-140, -170, 140, 70, rgb{246, 240, 224})
	w := ellipse(0, 190, 104, 74)
	d.flat(w, rgb{96, 62, 38})
	d.inside(w, func() {
		f := seed(d.model+"/beans", 7)
		tone := []rgb{{92, 58, 34}, {96, 122, 58}, {176, 132, 70}}[d.pickOf("beans", 3)]
		for range 60 {
			x, y := f.f(-110, 110), f.f(110, 270)
			d.soft(ellipse(x, y, 19, 13).turn(x, y, f.f(0, 180)), tone.light(f.f(0, .25)))
		}
	})
}

func (d *pen) harness() {
	d.rod(ellipse(0, -120, 150, 120), 40, d.body)
	d.rod(ellipse(0, 110, 220, 150), 44, d.body)
	d.soft(rrect(-86, -80, 86, 130, 30), d.body.dark(.2))
	d.stitch(rrect(-74, -68, 74, 118, 22), d.body)
	d.line(ellipse(0, -120, 150, 120), 6, rgb{230, 232, 200})
	d.line(ellipse(0, 110, 220, 150), 6, rgb{230, 232, 200})
	d.metal(ellipse(0, -20, 34, 40).hole(ellipse(0, -20, 20, 26)), d.look.metal)
	for _, s := range []float64{-1, 1} {
		d.solid(rrect(s*212-30, 80, s*212+30, 140, 10), rgb{44, 44, 50})
	}
}

func (d *pen) post() {
	d.solid(rrect(-240, 270, 240, 320, 12), d.body.light(.2))
	d.cylinder(rect(-60, -220, 60, 272), rgb{206, 176, 128})
	for y := -216.0; y < 270; y += 15 {
		d.shadeOn(wire(-60, y, 0, y+9, 60, y+2).stroke(4), .3)
	}
	d.soft(rrect(-190, -270, 190, -210, 26), d.body)
	d.soft(rrect(80, 60, 270, 110, 22), d.body)
	d.line(wire(-140, -212, -150, -120, -140, -60), 5, rgb{120, 110, 100})
	d.soft(circle(-140, -36, 32), d.look.accent)
}

func (d *pen) roll() {
	d.lying(poly(-90, 60, 350, -40, 362, 10, -80, 250), d.body.dark(.2))
	body := poly(-170, -150, 260, -240, 330, -60, -60, 230)
	d.lying(body, d.body)
	d.solid(ellipse(-120, 40, 118, 190).turn(-120, 40, -16), d.body.dark(.1))
	for k := range 6 {
		d.line(ellipse(-120, 40, 104-float64(k)*17, 172-float64(k)*28).turn(-120, 40, -16), 5, d.body.dark(.4))
	}
	d.flat(ellipse(-120, 40, 14, 24).turn(-120, 40, -16), d.body.dark(.7))
	d.rod(wire(60, -196, 110, -40, 140, 90), 22, d.body.dark(.5))
}

func (d *pen) tent() {
	tone := d.look.accent
	d.fill(ellipse(0, 250, 400, 40), glaze(rgb{110, 140, 84}, .5))
	d.solid(poly(-40, -240, 350, 210, 140, 250, -180, 250), tone.dark(.3))
	d.soft(poly(-40, -240, 130, 250, -370, 230), tone)
	d.soft(poly(-60, -120, 10, 248, -190, 240), rgb{44, 46, 52})
	d.soft(poly(-60, -120, -10, 248, -60, 244, -92, 60), tone.light(.25))
	for _, l := range []path{open(-40, -240, 130, 250), open(-40, -240, -370, 230), open(-40, -240, 350, 210)} {
		d.line(l, 8, tone.dark(.5))
	}
	d.line(open(-240, 40, -400, 250), 4, rgb{220, 220, 210})
	d.line(open(240, 84, 410, 240), 4, rgb{220, 220, 210})
}

func (d *pen) bands() {
	for k := range 5 {
		tone := d.look.accent.hue(float64(k) * 64)
		y := float64(k)*104 - 210
		d.rod(blob(-280, y, -200, y-38, 200, y-38, 280, y, 200, y+38, -200, y+38), 26, tone)
	}
}

func (d *pen) brush() {
	d.soft(blob(-50, 0, -34, 120, -46, 310, 0, 350, 46, 310, 34, 120, 50, 0), d.body)
	d.soft(blob(-96, -60, -104, -220, -60, -330, 0, -350, 60, -330, 104, -220, 96, -60, 50, 10, -50, 10), d.body)
	d.soft(blob(-70, -70, -76, -220, -40, -304, 0, -316, 40, -304, 76, -220, 70, -70, 30, -30, -30, -30), rgb{60, 56, 60})
	for y := -280.0; y < -50; y += 32 {
		for x := -48.0; x < 60; x += 32 {
			d.solid(rrect(x-6, y-13, x+6, y+9, 5), d.look.accent)
		}
	}
	d.flat(circle(0, 70, 12), rgb{120, 210, 240})
	d.gloss(wire(-30, 110, -34, 300).stroke(10), .4)
}

func (d *pen) book() {
	d.solid(rrect(-212, -296, 238, 320, 8), rgb{244, 240, 230})
	for k := range 5 {
		d.shadeOn(rect(226, -286+float64(k)*3, 229+float64(k)*2, 314), .12)
	}
	d.solid(rrect(-230, -310, 222, 306, 12), d.body)
	d.shadeOn(rect(-230, -310, -196, 306), .22)
	d.label(-130, -210, 150, -60, rgb{248, 244, 232})
	var dots path
	for y := 0.0; y < 260; y += 34 {
		for x := -140.0; x < 190; x += 34 {
			dots = append(dots, circle(x, y, 5)...)
		}
	}
	d.fill(dots, glaze(d.body.light(.5), .5))
	d.line(open(170, -310, 170, 306), 10, d.look.accent)
	d.line(open(-60, 306, -60, 350), 12, d.look.accent)
}

func (d *pen) pen() {
	body := func(p path) path { return p.turn(0, 0, -38) }
	d.lying(body(rrect(-60, -30, 340, 30, 26)), d.body)
	d.lying(body(rect(-76, -31, -52, 31)), d.look.metal)
	d.lying(body(poly(-80, -26, -230, -20, -236, 20, -80, 26)), rgb{44, 44, 48})
	nib := poly(-232, -26, -300, -16, -356, 0, -300, 16, -232, 26)
	d.metal(body(nib), d.look.metal)
	d.line(body(open(-350, 0, -276, 0)), 4, rgb{60, 50, 40})
	d.flat(body(circle(-270, 0, 8)), rgb{60, 50, 40})
	d.metal(body(rrect(110, -44, 330, -26, 8)), d.look.metal)
}

func (d *pen) plant() {
	leaf := rgb{86, 140, 72}
	for k := range 11 {
		a := float64(k)*29 - 145
		l := blob(0, 40, 44, -70, 20, -220, 0, -300, -20, -220, -44, -70).scale(.9, .7+.3*float64(k%3)).turn(0, 60, a*.55)
		d.soft(l, leaf.hue(float64(k%4)*8-10).light(.1*float64(k%3)))
		d.shadeOn(open(0, 40, 0, -150).turn(0, 60, a*.55).stroke(4), .25)
	}
	d.cylinder(poly(-150, 40, 150, 40, 116, 300, -116, 300), d.look.accent)
	d.cylinder(rrect(-166, 10, 166, 70, 10), d.look.accent.light(.08))
}

func (d *pen) ball() {
	d.fill(circle(0, 0, 280), around(pt(-90, -110), 420, stop{0, d.body.light(.5), 1}, stop{.5, d.body, 1}, stop{1, d.body.dark(.5), 1}))
	d.inside(circle(0, 0, 280), func() {
		d.line(arc(-330, 0, 300, 330, -80, 80), 18, d.look.accent)
		d.line(arc(330, 0, 300, 330, 100, 260), 18, d.look.accent)
		d.line(wire(-300, 0, 0, 40, 300, 0), 14, d.look.accent)
	})
}

func (d *pen) bowl() {
	b := open(-280, -60, 280, -60, 230, 90, 120, 190, -120, 190, -230, 90)
	b[0].closed = true
	d.cylinder(b, d.body.light(.2))
	d.fill(ellipse(0, -60, 280, 66), around(pt(0, -40), 290, stop{0, d.look.accent.light(.6), 1}, stop{.7, d.look.accent, 1}, stop{1, d.look.accent.dark(.4), 1}))
	d.line(ellipse(0, -60, 280, 66), 12, d.body.light(.4))
	d.solid(rrect(-90, 184, 90, 214, 8), d.body)
}

func (d *pen) board() {
	d.solid(circle(0, -40, 260), rgb{226, 224, 222})
	d.inside(circle(0, -40, 260), func() {
		for k := range 5 {
			y := -260 + float64(k)*110
			d.fill(wire(-300, y, -100, y+80, 60, y+10, 300, y+120).stroke(9), glaze(rgb{140, 142, 150}, .4))
		}
	})
	d.solid(rrect(-50, 200, 50, 350, 30), rgb{226, 224, 222})
	d.shadeOn(circle(0, 310, 18), .7)
}

func (d *pen) pebbles() {
	f := seed(d.model+"/pebbles", 8)
	for row := range 4 {
		n := 5 - row
		for k := range n {
			x := (float64(k)-float64(n-1)/2)*124 + f.f(-12, 12)
			y := 220 - float64(row)*74
			tone := rgb{176, 170, 162}.hue(f.f(-20, 20)).dark(f.f(0, .45)).light(f.f(0, .3))
			d.soft(blob(x-70, y, x-40, y-44, x+30, y-50, x+72, y-8, x+44, y+36, x-44, y+38), tone)
		}
	}
}

func (d *pen) bird() {
	tone := rgb{50, 46, 48}
	d.soft(poly(150, 60, 360, 160, 340, 196, 130, 120), tone)
	d.soft(blob(-190, -60, -120, -150, 20, -120, 170, 30, 190, 110, 60, 170, -90, 150, -190, 50), tone)
	d.soft(blob(-250, -150, -190, -230, -110, -220, -80, -140, -140, -70, -230, -90), tone)
	d.soft(blob(-60, -60, 90, -20, 230, 110, 60, 110, -50, 40), tone.light(.12))
	d.solid(poly(-246, -160, -320, -136, -244, -122), rgb{236, 170, 50})
	d.flat(circle(-190, -160, 12), rgb{240, 200, 80})
	d.flat(circle(-190, -160, 6), black)
	d.line(open(-40, 150, -50, 250), 10, rgb{160, 110, 50})
	d.line(open(40, 156, 36, 250), 10, rgb{160, 110, 50})
	d.solid(rrect(-140, 244, 140, 280, 12), rgb{150, 112, 76})
}

func (d *pen) vase() {
	clay := rgb{186, 104, 66}
	for _, s := range []float64{-1, 1} {
		d.rod(wire(s*60, -240, s*190, -250, s*200, -130, s*150, -60), 26, clay.dark(.2))
	}
	v := blob(-70, -330, 70, -330, 60, -240, 170, -90, 190, 40, 120, 220, 84, 300, -84, 300, -120, 220, -190, 40, -170, -90, -60, -240)
	d.cylinder(v, clay)
	d.inside(v, func() {
		d.flat(rect(-220, -90, 220, -66), rgb{40, 32, 30})
		d.flat(rect(-220, 130, 220, 152), rgb{40, 32, 30})
		for k := range 9 {
			x := -200 + float64(k)*50
			d.line(open(x, -40, x, -10, x+30, -10, x+30, -40, x+14, -40), 7, rgb{40, 32, 30})
		}
		d.flat(blob(-60, 110, -40, 20, 10, 10, 40, 40, 60, 110, 20, 70, -20, 110), rgb{40, 32, 30})
	})
	d.gloss(wire(-110, -80, -130, 40, -90, 190).stroke(18), .3)
}

func (d *pen) thimble() {
	brass := rgb{204, 164, 84}
	d.cylinder(poly(-110, -200, 110, -200, 160, 230, -160, 230), brass)
	d.cylinder(ellipse(0, -196, 110, 46), brass.light(.2))
	var pits path
	for row := range 8 {
		y := -150 + float64(row)*36
		w := 110 + float64(row)*5
		for k := range 9 {
			pits = append(pits, circle((float64(k)-4+.5*float64(row%2))*w/4.6, y, 9)...)
		}
	}
	d.fill(pits, glaze(brass.dark(.6), .6))
	d.cylinder(rrect(-176, 170, 176, 240, 24), brass.light(.1))
}

func (d *pen) birdhouse() {
	wood := rgb{190, 144, 96}
	d.solid(rect(-170, -120, 170, 290), wood)
	for k := range 4 {
		d.shadeOn(rect(-170, -40+float64(k)*84, 170, -36+float64(k)*84), .3)
	}
	d.solid(poly(0, -320, 250, -110, 214, -70, 0, -246, -214, -70, -250, -110), d.look.accent.dark(.1))
	d.flat(poly(0, -246, 170, -106, 170, -90, -170, -90, -170, -106), wood.dark(.1))
	d.fill(circle(0, 20, 62), around(pt(-10, 8), 66, stop{0, rgb{34, 26, 22}, 1}, stop{1, rgb{70, 50, 38}, 1}))
	d.lying(rrect(-14, 110, 60, 130, 10), wood.dark(.3))
}

func (d *pen) pulley() {
	steel := rgb{170, 174, 180}
	d.metal(circle(0, 0, 260), steel)
	for r := 250.0; r > 190; r -= 14 {
		d.line(circle(0, 0, r), 4, steel.dark(.5))
	}
	d.solid(circle(0, 0, 176), rgb{52, 54, 60})
	for k := range 6 {
		d.flat(circle(0, -120, 30).turn(0, 0, float64(k)*60), rgb{28, 28, 32})
	}
	d.metal(circle(0, 0, 76), steel)
	d.flat(regular(6, 40, 0), rgb{60, 62, 68})
}
