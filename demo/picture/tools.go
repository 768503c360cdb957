package picture

// Tools and toys.

func (d *pen) drill() {
	grey := rgb{52, 54, 60}
	tone := d.look.accent
	batteryW := d.v("battery", 128, 160)
	d.soft(poly(-20, 60, 110, 60, 140, 300, 0, 300), grey)
	for k := range 7 {
		d.shadeOn(rrect(24+float64(k)*5, 110+float64(k)*24, 112+float64(k)*4, 120+float64(k)*24, 4), .4)
	}
	d.solid(rrect(-batteryW+60, 286, batteryW+50, 372, 18), grey)
	d.solid(rrect(-batteryW+72, 296, batteryW+38, 330, 8), tone)
	d.write("18 V", 66, 324, 28, ink(tone))
	body := blob(-190, -90, -160, -130, 0, -150, 170, -130, 214, -60, 190, 30, 110, 80, 0, 86, -150, 60, -190, 20)
	d.soft(body, tone)
	d.inside(body, func() {
		d.soft(poly(90, -200, 300, -200, 300, 120, 120, 120), grey)
		for k := range 5 {
			d.shadeOn(rrect(126+float64(k)*16, -90, 134+float64(k)*16, 10, 4), .6)
		}
		d.gloss(wire(-180, -96, 0, -130, 190, -108).stroke(16), .3)
	})
	d.lying(poly(-190, -84, -250, -70, -250, 12, -190, 26), grey)
	d.metal(poly(-250, -62, -300, -44, -318, -36, -318, -16, -300, -8, -250, 6), rgb{150, 152, 158})
	bit := rect(-400, -33, -316, -19)
	d.metal(bit, rgb{180, 182, 188})
	for k := range 5 {
		d.shadeOn(open(-392+float64(k)*16, -33, -380+float64(k)*16, -19).stroke(4), .5)
	}
	d.soft(blob(-50, 78, -20, 84, -8, 130, -30, 150, -60, 110), rgb{30, 30, 34})
	d.fits(-40, -12, 46, 230, ink(tone))
	d.emblem(-40, -84, 24, ink(tone))
}

func (d *pen) grinder() {
	grey := rgb{56, 58, 64}
	tone := d.look.accent
	d.fill(circle(-250, 80, 148), around(pt(-250, 80), 148, stop{0, rgb{92, 84, 78}, 1}, stop{.9, rgb{66, 60, 58}, 1}, stop{1, rgb{40, 38, 38}, 1}))
	d.edge(circle(-250, 80, 148), black)
	d.label(-310, 20, -190, 140, rgb{232, 226, 210})
	d.metal(circle(-250, 80, 34), rgb{170, 172, 178})
	guard := path{loop{append(arcPoints(-250, 80, 166, 166, 150, 330), reversed(loop{pts: arcPoints(-250, 80, 96, 96, 150, 330)}).pts...), true}}
	d.metal(guard, rgb{120, 122, 128})
	d.lying(poly(-290, -60, -180, -90, -80, -84, -80, 60, -190, 60, -290, 20), rgb{150, 152, 158})
	body := blob(-90, -86, 60, -84, 240, -66, 330, -52, 352, 0, 330, 50, 240, 62, 60, 66, -90, 64)
	d.lying(body, tone)
	d.inside(body, func() {
		d.lying(rect(190, -120, 400, 120), grey)
		for k := range 6 {
			d.shadeOn(rrect(214+float64(k)*20, -40, 222+float64(k)*20, 40, 4), .5)
		}
	})
	d.soft(rrect(-20, -100, 70, -76, 10), rgb{200, 50, 46})
	d.rod(wire(352, 10, 400, 30, 430, 90), 20, rgb{36, 36, 40})
	d.lying(rrect(-190, -230, -150, -80, 16), grey)
	d.soft(rrect(-202, -290, -138, -140, 26), grey.light(.1))
	d.fits(70, 4, 48, 210, ink(tone))
}

func (d *pen) battery() {
	tone := d.look.accent
	d.solid(poly(-190, -60, 190, -60, 220, 0, -220, 0), rgb{60, 62, 68})
	d.solid(rrect(-150, -140, 150, -50, 12), rgb{44, 46, 52})
	for k := range 4 {
		x := -110 + float64(k)*64
		d.metal(rrect(x, -126, x+18, -58, 4), rgb{214, 176, 90})
	}
	d.solid(rrect(-226, -20, 226, 190, 30), rgb{52, 54, 60})
	d.solid(rrect(-206, 20, 206, 120, 12), tone)
	d.write("4.0 Ah", 110, 88, 46, ink(tone))
	d.emblem(-150, 70, 34, ink(tone))
	for k := range 4 {
		d.flat(circle(-60+float64(k)*36, 154, 8), rgb{90, 220, 110}.mix(black, float64(k)*.22))
	}
}

func (d *pen) adapter() {
	d.solid(rrect(-200, 0, 200, 170, 26), rgb{54, 56, 62})
	d.solid(rrect(-150, -120, 150, 20, 14), rgb{70, 72, 80})
	for k := range 4 {
		d.metal(rrect(-106+float64(k)*60, -100, -84+float64(k)*60, -30, 4), rgb{214, 176, 90})
	}
	d.flat(rrect(-60, 70, 10, 100, 5), rgb{20, 20, 24})
	d.flat(rrect(50, 70, 110, 96, 13), rgb{20, 20, 24})
	d.write("USB", -24, 144, 30, white)
	d.line(rrect(-186, 14, 186, 156, 18), 5, d.look.accent)
}

func (d *pen) screwdrivers() {
	d.solid(rrect(-340, -230, 340, 240, 30), rgb{48, 50, 56})
	d.flat(rrect(-316, -206, 316, 216, 18), rgb{34, 35, 40})
	for k := range 6 {
		x := -260 + float64(k)*104
		tone := d.look.accent
		if k%2 == 1 {
			tone = rgb{70, 72, 78}
		}
		d.cylinder(rrect(x-30, 20, x+30, 190, 22), tone)
		d.cylinder(rect(x-14, -10, x+14, 24), rgb{50, 50, 54})
		d.cylinder(rect(x-8, -170+float64(k%3)*30, x+8, -8), rgb{190, 192, 198})
		d.flat(poly(x-8, -170+float64(k%3)*30, x, -186+float64(k%3)*30, x+8, -170+float64(k%3)*30), rgb{140, 142, 150})
	}
}

func (d *pen) shears() {
	d.metal(blob(-10, 10, -70, -180, -40, -320, 20, -190, 30, 0), rgb{186, 190, 196})
	d.metal(blob(20, 10, 70, -120, 76, -260, 10, -160, -16, 0), rgb{160, 164, 170})
	d.rod(wire(0, 10, -76, 120, -110, 240, -96, 330), 46, d.look.accent)
	d.rod(wire(10, 10, 96, 100, 120, 220, 90, 320), 46, d.look.accent)
	d.metal(circle(6, 4, 26), rgb{150, 152, 158})
	d.rod(wire(-40, 90, 0, 70, 46, 84), 9, rgb{170, 172, 178})
}

func (d *pen) knife() {
	blade := open(-360, -40, -60, -92, 90, -80, 90, 40, -60, 44, -220, 20)
	blade[0].closed = true
	d.metal(blade, rgb{200, 204, 210})
	d.fill(open(-350, -32, -200, 12, -60, 34, 88, 32).stroke(7), glaze(white, .6))
	d.metal(rect(88, -70, 116, 40), rgb{160, 162, 168})
	handle := blob(116, -60, 240, -58, 350, -44, 360, 10, 330, 40, 220, 22, 116, 36)
	d.lying(handle, rgb{92, 60, 42})
	for k := range 3 {
		d.metal(circle(160+float64(k)*70, -16, 12), rgb{210, 212, 216})
	}
}

// Toys.

var brickTones = []rgb{{206, 52, 48}, {44, 98, 176}, {240, 190, 52}, {74, 150, 84}, {238, 236, 230}, {230, 126, 44}}

// brick is a toy brick, studs times rows wide, its lower left corner at x, y.
func (d *pen) brick(x, y, studs float64, c rgb) {
	const u, h = 46, 56
	for k := range int(studs) {
		d.cylinder(rrect(x+float64(k)*u+10, y-h-13, x+float64(k)*u+u-10, y-h+4, 4), c)
	}
	d.solid(rect(x, y-h, x+studs*u, y), c)
	d.fill(rect(x+3, y-h+3, x+studs*u-3, y-h+12), glaze(white, .25))
}

func (d *pen) blocks() {
	f := seed(d.model+"/blocks", 6)
	tone := func() rgb {
		if f.n(3) == 0 {
			return d.body
		}
		return brickTones[f.n(len(brickTones))]
	}
	d.brick(-368, 240, 16, rgb{92, 156, 92})
	rows := 5 + f.n(3)
	left, right := -6.0, 6.0
	for r := range rows {
		y := 184 - float64(r)*56
		for x := left; x < right; {
			n := min(float64(2+f.n(3)), right-x)
			if r > 0 && r < rows-1 && f.n(6) == 0 {
				d.solid(rect(x*46+4, y-54, (x+n)*46-4, y), rgb{236, 236, 230})
				d.glass(rect(x*46+12, y-46, (x+n)*46-12, y-8), rgb{150, 200, 230}, .95)
			} else {
				d.brick(x*46, y, n, tone())
			}
			x += n
		}
		if f.n(2) == 0 {
			left++
		}
		if f.n(2) == 0 {
			right--
		}
		if right-left < 3 {
			break
		}
	}
	d.brick(300-46, 184, 1, tone())
	d.solid(rrect(-360, 250, 360, 256, 3), rgb{70, 120, 70})
}

func (d *pen) train() {
	tone, second := d.body, d.look.accent
	if tone.brightness() > .85 {
		tone = brickTones[0]
	}
	wheel := func(x, y, r float64) {
		d.solid(circle(x, y, r), rgb{44, 44, 50})
		d.solid(circle(x, y, r*.72), second)
		for k := range 6 {
			d.line(open(x, y, x, y-r*.68).turn(x, y, float64(k)*60), 6, rgb{240, 226, 180})
		}
		d.metal(circle(x, y, r*.22), rgb{220, 190, 100})
	}
	d.solid(rect(-400, 228, 400, 246), rgb{120, 84, 58})
	for x := -380.0; x < 400; x += 60 {
		d.solid(rect(x, 244, x+26, 264), rgb{96, 66, 46})
	}
	d.solid(rect(-330, 110, 120, 160), rgb{50, 52, 60})
	d.lying(rrect(-120, -30, 130, 120, 40), tone)
	d.solid(rect(-300, -160, -110, 120), tone)
	d.flat(rrect(-270, -120, -150, -20, 10), rgb{190, 222, 236})
	d.solid(rrect(-330, -190, -84, -154, 12), second)
	d.solid(poly(30, -120, 110, -120, 96, -26, 44, -26), rgb{54, 54, 60})
	d.metal(circle(-50, -36, 26), rgb{220, 190, 100})
	d.solid(poly(130, 120, 190, 226, 110, 226, 110, 120), second)
	d.metal(circle(140, 30, 26), rgb{246, 226, 140})
	d.emblem(-210, 50, 42, ink(tone))
	wheel(-250, 172, 58)
	wheel(-110, 190, 40)
	wheel(0, 190, 40)
	wheel(84, 190, 40)
	d.line(open(-110, 196, 84, 196), 10, rgb{170, 172, 178})
	d.solid(rect(200, 60, 400, 170), second)
	for k := range 3 {
		d.cylinder(rrect(212+float64(k)*60, 10, 262+float64(k)*60, 70, 10), brickTones[(k+d.pickOf("load", 6))%6])
	}
	wheel(250, 196, 34)
	wheel(350, 196, 34)
}

func (d *pen) figure() {
	tone := d.body
	d.solid(rrect(-100, 120, -6, 300, 8), d.look.accent.dark(.3))
	d.solid(rrect(6, 120, 100, 300, 8), d.look.accent.dark(.3))
	d.solid(rect(-104, 90, 104, 134), rgb{60, 60, 66})
	d.solid(poly(-80, -100, 80, -100, 110, 96, -110, 96), tone)
	for _, s := range []float64{-1, 1} {
		d.soft(blob(s*84, -96, s*140, -70, s*166, 40, s*124, 56, s*96, -20), tone.dark(.1))
		d.soft(circle(s*150, 66, 28), rgb{244, 204, 84})
	}
	d.solid(rrect(-84, -260, 84, -104, 34), rgb{244, 204, 84})
	d.solid(rrect(-34, -290, 34, -256, 8), rgb{244, 204, 84})
	d.soft(blob(-96, -180, -88, -270, 0, -304, 88, -270, 96, -180, 60, -228, -60, -228), rgb{100, 66, 44})
	d.flat(circle(-32, -190, 11), black)
	d.flat(circle(32, -190, 11), black)
	d.line(arc(0, -170, 36, 30, 25, 155), 8, black)
	d.emblem(0, 0, 40, ink(tone))
}

func (d *pen) displayCase() {
	d.solid(poly(-290, 190, 290, 190, 320, 250, -320, 250), rgb{40, 40, 44})
	d.brick(-92, 200, 4, brickTones[1])
	d.brick(-46, 144, 2, brickTones[0])
	d.glass(rect(-280, -270, 280, 200), rgb{206, 224, 234}, .45)
	for _, l := range []path{open(-280, -270, -280, 200), open(280, -270, 280, 200), open(-280, -270, 280, -270)} {
		d.line(l, 10, rgb{214, 228, 236})
		d.edge(l.stroke(10), rgb{90, 110, 120})
	}
	d.gloss(poly(-260, -250, -120, -250, -220, 190, -260, 190), .4)
}

func (d *pen) puzzle() {
	d.solid(rrect(-320, -260, 320, 260, 8), rgb{186, 148, 100})
	picture := rect(-296, -236, 296, 236)
	d.fill(picture, linear(pt(0, -236), pt(0, 236), stop{0, rgb{120, 180, 226}, 1}, stop{.5, rgb{236, 220, 180}, 1}, stop{1, d.look.accent, 1}))
	d.inside(picture, func() {
		d.solid(blob(-340, 120, -200, -40, -80, 60, 60, -90, 210, 60, 340, 0, 340, 300, -340, 300), rgb{96, 146, 90})
		d.flat(circle(160, -130, 50), rgb{250, 226, 130})
		for k := 1; k < 7; k++ {
			x := -296 + float64(k)*592/7
			d.shadeOn(wire(x, -240, x+16, -190, x-16, -120, x+16, -40, x-14, 40, x+14, 120, x-12, 200, x, 240).stroke(4), .5)
		}
		for k := 1; k < 6; k++ {
			y := -236 + float64(k)*472/6
			d.shadeOn(wire(-300, y, -200, y+14, -100, y-14, 0, y+14, 100, y-14, 200, y+14, 300, y).stroke(4), .5)
		}
	})
}

func (d *pen) plush() {
	fur := d.body
	if fur.brightness() < .35 {
		fur = fur.light(.4)
	}
	for _, s := range []float64{-1, 1} {
		d.soft(blob(s*30, -180, s*40, -330, s*86, -380, s*120, -320, s*96, -180), fur)
		d.soft(blob(s*56, -210, s*62, -310, s*84, -340, s*98, -300, s*84, -200), fur.mix(rgb{250, 190, 190}, .6))
		d.soft(blob(s*80, -40, s*170, 0, s*190, 90, s*140, 120, s*80, 60), fur.dark(.06))
		d.soft(ellipse(s*100, 270, 84, 50), fur.dark(.04))
		d.soft(ellipse(s*108, 274, 40, 30), fur.mix(rgb{250, 190, 190}, .6))
	}
	d.soft(ellipse(0, 120, 150, 170), fur)
	d.soft(ellipse(0, 140, 94, 110), fur.light(.45))
	d.soft(ellipse(0, -120, 142, 126), fur)
	for _, s := range []float64{-1, 1} {
		d.flat(circle(s*54, -132, 15), black)
		d.flat(circle(s*54-5, -137, 5), white)
	}
	d.flat(blob(-16, -96, 16, -96, 0, -74), rgb{214, 110, 120})
	d.line(open(0, -76, 0, -58), 5, fur.dark(.5))
	d.line(arc(0, -66, 26, 18, 20, 160), 5, fur.dark(.5))
	d.flat(blob(-70, 6, 0, 20, 70, 6, 60, 46, 0, 28, -60, 46), d.look.accent)
}

func (d *pen) rockingHorse() {
	wood := rgb{198, 146, 92}
	d.rod(arc(0, -330, 500, 600, 50, 130), 34, wood.dark(.2))
	for _, x := range []float64{-140, 130} {
		d.solid(poly(x-30, 60, x+30, 60, x+60*x/140, 240, x+24*x/140, 244), wood)
	}
	d.soft(blob(-210, -20, -160, -70, 40, -60, 170, -90, 220, -20, 190, 70, 60, 90, -160, 90), wood.light(.1))
	d.soft(blob(110, -40, 150, -200, 220, -280, 330, -240, 350, -190, 300, -170, 260, -190, 240, -60, 190, 10), wood.light(.1))
	d.soft(blob(150, -210, 200, -290, 236, -300, 190, -200, 140, -60, 106, -70), d.look.accent)
	d.rod(wire(-200, -10, -260, 20, -280, 120), 30, d.look.accent)
	d.soft(blob(-70, -72, 10, -84, 70, -66, 60, 0, -60, 0), d.look.accent.dark(.2))
	d.flat(circle(270, -232, 9), black)
}
