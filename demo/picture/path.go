package picture

import "math"

// point is a place in the drawing's own units: about 1,000 to a picture's side,
// y downwards.
type point struct{ x, y float64 }

func pt(x, y float64) point { return point{x, y} }

func (p point) add(q point) point           { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point           { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point       { return point{p.x * f, p.y * f} }
func (p point) length() float64             { return math.Hypot(p.x, p.y) }
func (p point) to(q point, t float64) point { return p.add(q.sub(p).times(t)) }

// loop is a run of corners; closed ones come back to their first.
type loop struct {
	pts    []point
	closed bool
}

// path is a shape of one or more loops. Curves are flattened when they are made:
// at the size of a picture nobody sees it, and everything else gets simple.
type path []loop

const curveSteps = 10 // straight pieces of a curve between two points

// poly is a polygon of x, y pairs.
func poly(xy ...float64) path {
	l := loop{closed: true}
	for i := 0; i+1 < len(xy); i += 2 {
		l.pts = append(l.pts, pt(xy[i], xy[i+1]))
	}
	return path{l}
}

// open is a line through x, y pairs.
func open(xy ...float64) path {
	p := poly(xy...)
	p[0].closed = false
	return p
}

func rect(x0, y0, x1, y1 float64) path { return poly(x0, y0, x1, y0, x1, y1, x0, y1) }

// rrect is a rectangle with round corners.
func rrect(x0, y0, x1, y1, r float64) path {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	l := loop{closed: true}
	for _, c := range [4][3]float64{{x1 - r, y0 + r, -90}, {x1 - r, y1 - r, 0}, {x0 + r, y1 - r, 90}, {x0 + r, y0 + r, 180}} {
		for k := range 9 {
			a := (c[2] + 90*float64(k)/8) * math.Pi / 180
			l.pts = append(l.pts, pt(c[0]+r*math.Cos(a), c[1]+r*math.Sin(a)))
		}
	}
	return path{l}
}

func ellipse(cx, cy, rx, ry float64) path { return path{loop{arcPoints(cx, cy, rx, ry, 0, 360), true}} }

func circle(cx, cy, r float64) path { return ellipse(cx, cy, r, r) }

// arc is a part of an ellipse between two angles in degrees, clockwise from the
// right.
func arc(cx, cy, rx, ry, from, to float64) path {
	return path{loop{arcPoints(cx, cy, rx, ry, from, to), false}}
}

func arcPoints(cx, cy, rx, ry, from, to float64) []point {
	n := int(max(8, (24+math.Sqrt(max(math.Abs(rx), math.Abs(ry)))*3)*math.Abs(to-from)/360))
	pts := make([]point, n+1)
	for i := range pts {
		a := (from + (to-from)*float64(i)/float64(n)) * math.Pi / 180
		pts[i] = pt(cx+rx*math.Cos(a), cy+ry*math.Sin(a))
	}
	return pts
}

// blob is a smooth closed curve through x, y pairs, wire the open one.
func blob(xy ...float64) path { return poly(xy...).smooth() }
func wire(xy ...float64) path { return open(xy...).smooth() }

// smooth lays a Catmull-Rom curve through the corners.
func (p path) smooth() path {
	out := make(path, len(p))
	for i, l := range p {
		n := len(l.pts)
		at := func(k int) point {
			if l.closed {
				return l.pts[(k+n)%n]
			}
			return l.pts[min(max(k, 0), n-1)]
		}
		pieces := n
		if !l.closed {
			pieces--
		}
		s := loop{closed: l.closed}
		for k := range pieces {
			a, b, c, d := at(k-1), at(k), at(k+1), at(k+2)
			for step := range curveSteps {
				t := float64(step) / curveSteps
				s.pts = append(s.pts, catmullRom(a, b, c, d, t))
			}
		}
		if !l.closed {
			s.pts = append(s.pts, l.pts[n-1])
		}
		out[i] = s
	}
	return out
}

func catmullRom(a, b, c, d point, t float64) point {
	f := func(a, b, c, d float64) float64 {
		return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
	}
	return pt(f(a.x, b.x, c.x, d.x), f(a.y, b.y, c.y, d.y))
}

// with is p and other shapes.
func (p path) with(others ...path) path {
	out := append(path(nil), p...)
	for _, o := range others {
		out = append(out, o...)
	}
	return out
}

// hole is p with the other shape cut out. Both must be simple loops.
func (p path) hole(q path) path {
	out := append(path(nil), p...)
	for _, l := range q {
		if area(l) > 0 == (area(p[0]) > 0) {
			l = reversed(l)
		}
		out = append(out, l)
	}
	return out
}

func area(l loop) (a float64) {
	for i, p := range l.pts {
		q := l.pts[(i+1)%len(l.pts)]
		a += p.x*q.y - q.x*p.y
	}
	return a
}

func reversed(l loop) loop {
	r := loop{make([]point, len(l.pts)), l.closed}
	for i, p := range l.pts {
		r.pts[len(l.pts)-1-i] = p
	}
	return r
}

// each applies f to every corner.
func (p path) each(f func(point) point) path {
	out := make(path, len(p))
	for i, l := range p {
		m := loop{make([]point, len(l.pts)), l.closed}
		for k, q := range l.pts {
			m.pts[k] = f(q)
		}
		out[i] = m
	}
	return out
}

func (p path) move(dx, dy float64) path {
	return p.each(func(q point) point { return pt(q.x+dx, q.y+dy) })
}

func (p path) scale(fx, fy float64) path {
	return p.each(func(q point) point { return pt(q.x*fx, q.y*fy) })
}

// mirror turns left and right around x = 0.
func (p path) mirror() path { return p.scale(-1, 1) }

// turn rotates around a point by degrees, clockwise.
func (p path) turn(cx, cy, degrees float64) path {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return p.each(func(q point) point {
		x, y := q.x-cx, q.y-cy
		return pt(cx+x*c-y*s, cy+x*s+y*c)
	})
}

// bounds is the smallest box around p.
func (p path) bounds() (lo, hi point) {
	lo, hi = pt(math.Inf(1), math.Inf(1)), pt(math.Inf(-1), math.Inf(-1))
	for _, l := range p {
		for _, q := range l.pts {
			lo, hi = pt(min(lo.x, q.x), min(lo.y, q.y)), pt(max(hi.x, q.x), max(hi.y, q.y))
		}
	}
	return lo, hi
}

// stroke is the outline of a line drawn along p.
func (p path) stroke(width float64) path {
	var out path
	for _, l := range p {
		pts := distinct(l.pts, l.closed)
		if len(pts) < 2 {
			continue
		}
		n := len(pts)
		left, right := make([]point, n), make([]point, n)
		for i, q := range pts {
			before, after := pts[max(i-1, 0)], pts[min(i+1, n-1)]
			if l.closed {
				before, after = pts[(i-1+n)%n], pts[(i+1)%n]
			}
			a, b := normal(before, q), normal(q, after)
			if before == q {
				a = b
			}
			if after == q {
				b = a
			}
			m := a.add(b)
			if k := m.length(); k > 1e-9 {
				m = m.times(1 / k)
			} else {
				m = a
			}
			// A mitre keeps the width at corners, up to twice of it.
			m = m.times(width / 2 / max(m.x*a.x+m.y*a.y, 0.5))
			left[i], right[i] = q.add(m), q.sub(m)
		}
		back := reversed(loop{right, true})
		if l.closed {
			out = append(out, loop{left, true}, back)
			continue
		}
		out = append(out, loop{append(left, back.pts...), true})
	}
	return out
}

// distinct leaves out corners that repeat the one before.
func distinct(pts []point, closed bool) []point {
	var out []point
	for _, p := range pts {
		if len(out) == 0 || p.sub(out[len(out)-1]).length() > 1e-6 {
			out = append(out, p)
		}
	}
	if closed && len(out) > 1 && out[0].sub(out[len(out)-1]).length() < 1e-6 {
		out = out[:len(out)-1]
	}
	return out
}

func normal(a, b point) point {
	d := b.sub(a)
	k := d.length()
	if k < 1e-9 {
		return point{}
	}
	return pt(-d.y/k, d.x/k)
}

// dashes cuts p into strokes of a length with gaps between them. wobble, if set,
// shifts the k-th.
func (p path) dashes(on, off float64, wobble func(k int) point) path {
	var out path
	for _, l := range p {
		pts := l.pts
		if l.closed && len(pts) > 0 {
			pts = append(append([]point(nil), pts...), pts[0])
		}
		var dash loop
		drawing, left, k := true, on, 0
		flush := func() {
			if len(dash.pts) > 1 {
				d := path{dash}
				if wobble != nil {
					w := wobble(k)
					d = d.move(w.x, w.y)
				}
				out = append(out, d...)
				k++
			}
			dash = loop{}
		}
		for i := 0; i+1 < len(pts); i++ {
			a, b := pts[i], pts[i+1]
			length := b.sub(a).length()
			for at := 0.0; at < length; {
				step := min(left, length-at)
				if drawing {
					if len(dash.pts) == 0 {
						dash.pts = append(dash.pts, a.to(b, at/length))
					}
					dash.pts = append(dash.pts, a.to(b, (at+step)/length))
				}
				at += step
				if left -= step; left <= 1e-9 {
					if drawing {
						flush()
					}
					drawing = !drawing
					left = off
					if drawing {
						left = on
					}
				}
			}
		}
		flush()
	}
	return out
}
