package picture

// What museum shops sell.

func (d *pen) sword() {
	at := func(p path) path { return p.turn(0, 0, 40) }
	d.metal(at(poly(-360, 0, -320, -17, 150, -20, 150, 20, -320, 17)), rgb{196, 200, 206})
	d.line(at(open(-300, 0, 140, 0)), 5, rgb{130, 134, 142})
	d.metal(at(rrect(146, -110, 180, 110, 16)), rgb{190, 150, 80})
	d.lying(at(rrect(178, -20, 310, 20, 14)), rgb{96, 60, 44})
	for k := range 6 {
		d.shadeOn(at(rect(192+float64(k)*19, -20, 197+float64(k)*19, 20)), .4)
	}
	d.metal(at(circle(330, 0, 32)), rgb{190, 150, 80})
}

func (d *pen) ship() {
	wood := rgb{150, 100, 60}
	d.solid(rrect(-230, 286, 230, 316, 8), wood.dark(.3))
	for _, x := range []float64{-110, 110} {
		d.solid(rect(x-12, 230, x+12, 290), wood.dark(.3))
	}
	for i, x := range []float64{-140, 40, 190} {
		d.cylinder(rect(x-6, -330+float64(i%2)*20, x+6, 140), wood.dark(.2))
		for k := range 2 {
			y, w := -280+float64(k)*160, 80+float64(k)*24
			d.soft(blob(x-w, y, x+w, y, x+w+26, y+70, x+w-4, y+134, x-w-4, y+134, x-w+26, y+70), rgb{238, 228, 206})
		}
		d.flat(poly(x+6, -330+float64(i%2)*20, x+62, -314+float64(i%2)*20, x+6, -296+float64(i%2)*20), d.look.accent)
	}
	hull := open(-330, 60, -300, 110, 240, 110, 300, 70, 350, 60, 300, 170, 220, 240, -200, 240, -290, 180)
	hull[0].closed = true
	d.solid(hull, wood)
	d.inside(hull, func() {
		for y := 130.0; y < 240; y += 24 {
			d.shadeOn(wire(-340, y, 0, y+10, 340, y-10).stroke(4), .3)
		}
		for x := -220.0; x < 240; x += 64 {
			d.flat(rrect(x, 146, x+22, 168, 3), wood.dark(.6))
		}
	})
	d.line(open(330, 64, 420, 10), 10, wood.dark(.2))
}

func (d *pen) helmet() {
	brass := rgb{186, 146, 82}
	d.cylinder(blob(-210, 120, -220, -60, -150, -220, 0, -280, 150, -220, 220, -60, 210, 120, 0, 150), brass)
	d.solid(blob(-150, 20, -60, -10, -30, 40, -60, 110, -150, 100), rgb{36, 30, 28})
	d.solid(blob(150, 20, 60, -10, 30, 40, 60, 110, 150, 100), rgb{36, 30, 28})
	d.metal(poly(-26, -20, 26, -20, 34, 220, 0, 250, -34, 220), brass)
	for _, s := range []float64{-1, 1} {
		d.metal(poly(s*205, 110, s*60, 130, s*80, 280, s*150, 260), brass)
	}
	d.metal(rrect(-216, -40, 216, 4, 12), brass.light(.15))
	for k := range 9 {
		d.metal(circle(-184+float64(k)*46, -18, 9), brass.dark(.2))
	}
	d.metal(rrect(-14, -290, 14, -40, 8), brass.light(.1))
}

func (d *pen) idol() {
	clay := rgb{160, 128, 96}
	for _, s := range []float64{-1, 1} {
		d.soft(blob(s*40, 130, s*110, 140, s*120, 300, s*30, 310), clay)
		d.soft(blob(s*100, -60, s*190, -20, s*210, 90, s*150, 100, s*110, 30), clay)
	}
	d.soft(blob(-120, -70, 120, -70, 100, 40, 130, 180, 0, 210, -130, 180, -100, 40), clay)
	d.soft(blob(-130, -180, -90, -290, 0, -320, 90, -290, 130, -180, 80, -90, -80, -90), clay.light(.08))
	for _, s := range []float64{-1, 1} {
		d.soft(ellipse(s*58, -190, 46, 32), clay.light(.3))
		d.line(open(s*58-38, -190, s*58+38, -190), 7, clay.dark(.6))
	}
	d.line(open(-20, -130, 20, -130), 8, clay.dark(.6))
	for k := range 3 {
		d.line(wire(-100, 10+float64(k)*46, 0, 40+float64(k)*46, 100, 10+float64(k)*46), 7, clay.dark(.45))
	}
	d.solid(rrect(-150, 296, 150, 330, 8), rgb{60, 50, 44})
}
