package picture

import "math"

// look is what a brand's goods have in common: an emblem, a colour, a metal, a
// typeface. It is made of the brand's name; nobody's goods have the zero look.
type look struct {
	name      string
	frame     int
	motif     int
	count     int // petals, points, bars
	accent    rgb
	metal     rgb
	smallCaps bool
	pattern   bool // the emblem is repeated over cloth and leather
}

var metals = []rgb{{212, 170, 92}, {190, 194, 200}, {104, 106, 114}, {206, 150, 128}}

// dice is a small source of chance, the same for the same seed.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	x := uint64(*d)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// n is a number in [0, n).
func (d *dice) n(n int) int { return int(d.next() >> 33 % uint64(n)) }

// f is a number in [lo, hi).
func (d *dice) f(lo, hi float64) float64 { return lo + (hi-lo)*float64(d.next()>>11)/(1<<53) }

// seed mixes a text into a number (FNV-1a).
func seed(text string, n uint64) dice {
	h := uint64(0xcbf29ce484222325) ^ n*0x9e3779b97f4a7c15
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return dice(h)
}

const (
	frames = 7
	motifs = 9
)

func lookOf(brand string) look {
	d := seed(brand, 1)
	l := look{name: brand, frame: d.n(frames), motif: d.n(motifs), count: 3 + d.n(4), metal: metals[d.n(len(metals))]}
	l.accent = rgb{196, 62, 58}.hue(d.f(0, 360)).dark(d.f(0, 0.35))
	l.smallCaps = d.n(2) == 0
	l.pattern = d.n(5) < 2
	if brand == "" {
		l.metal = metals[1+d.n(2)]
	}
	return l
}

// emblem is the brand's sign with radius 1 around 0, 0. A wrong one is a maker's
// who has it from a photo: turned, one petal too many, out of the middle.
func (l *look) emblem(f *face, wrong bool) path {
	var out path
	inner := 0.62
	switch l.frame {
	case 0:
		out = circle(0, 0, 1).hole(circle(0, 0, .84))
	case 1:
		out = circle(0, 0, 1).hole(circle(0, 0, .9)).with(circle(0, 0, .82).hole(circle(0, 0, .76)))
		inner = 0.55
	case 2:
		out = poly(0, -1.1, 1.1, 0, 0, 1.1, -1.1, 0).hole(poly(0, -.9, .9, 0, 0, .9, -.9, 0))
		inner = 0.5
	case 3:
		shield := func(k float64) path {
			return open(-.85, -.9, .85, -.9, .85, .1, .5, .7, 0, 1.05, -.5, .7, -.85, .1).scale(k, k)
		}
		s := shield(1)
		s[0].closed = true
		h := shield(.82)
		h[0].closed = true
		out = s.hole(h)
		inner = 0.52
	case 4:
		hex := func(k float64) path { return regular(6, k, 30) }
		out = hex(1.05).hole(hex(.88))
		inner = 0.58
	case 5:
		out = rrect(-.92, -.92, .92, .92, .28).hole(rrect(-.76, -.76, .76, .76, .18))
		inner = 0.55
	default:
		inner = 0.95
	}
	n, turn := l.count, 0.0
	if wrong {
		n, turn = n+1, 13
	}
	motif := l.sign(f, n).scale(inner, inner).turn(0, 0, turn)
	if wrong {
		motif = motif.scale(.86, 1.06).move(.08, .05)
	}
	return out.with(motif)
}

// sign is what stands inside the frame.
func (l *look) sign(f *face, n int) path {
	switch l.motif {
	case 0, 1:
		initial := "·"
		for _, r := range l.name {
			initial = string(r)
			break
		}
		t := f.text(initial, 0, 0, 2, 0)
		lo, hi := t.bounds()
		return t.move(-(lo.x+hi.x)/2, -(lo.y+hi.y)/2)
	case 2: // petals
		var out path
		for k := range n {
			out = out.with(blob(0, -.12, .3, -.6, 0, -1, -.3, -.6).turn(0, 0, float64(k)*360/float64(n)))
		}
		return out
	case 3: // two rings
		ring := circle(-.38, 0, .6).hole(circle(-.38, 0, .44))
		return ring.with(ring.move(.76, 0))
	case 4: // chevrons
		var out path
		for k := range min(n, 4) {
			out = out.with(open(-.8, .1, 0, -.55, .8, .1).stroke(.2).move(0, float64(k)*.36-.25))
		}
		return out
	case 5:
		return star(n+1, 1, .42)
	case 6: // a sickle and a dot
		moon := path{loop{append(arcPoints(0, 0, .9, .9, 50, 310), reversed(loop{pts: arcPoints(.32, 0, .72, .72, 68, 292)}).pts...), true}}
		return moon.with(circle(.5, 0, .2))
	case 7: // bars that grow
		var out path
		for k := range n {
			x := -.85 + 1.7*(float64(k)+.5)/float64(n)
			h := .35 + .5*float64(k)/float64(n)
			out = out.with(rect(x-.6/float64(n), -h, x+.6/float64(n), h))
		}
		return out
	}
	return poly(-1, .7, -.35, -.6, .1, .3, .4, -.2, 1, .7).with(circle(.55, -.6, .18))
}

func regular(n int, r, turn float64) path {
	l := loop{closed: true}
	for k := range n {
		s, c := math.Sincos((turn + 360*float64(k)/float64(n)) * math.Pi / 180)
		l.pts = append(l.pts, pt(r*s, -r*c))
	}
	return path{l}
}

func star(points int, outer, inner float64) path {
	l := loop{closed: true}
	for k := range 2 * points {
		r := outer
		if k%2 == 1 {
			r = inner
		}
		s, c := math.Sincos(math.Pi * float64(k) / float64(points))
		l.pts = append(l.pts, pt(r*s, -r*c))
	}
	return path{l}
}
