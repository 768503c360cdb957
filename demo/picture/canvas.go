package picture

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// rgb is an opaque colour, 0 to 255 a channel.
type rgb struct{ r, g, b float64 }

var (
	white = rgb{255, 255, 255}
	black = rgb{14, 14, 18}
)

func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}
func (c rgb) light(t float64) rgb { return c.mix(white, t) }
func (c rgb) dark(t float64) rgb  { return c.mix(black, t) }

// brightness is 0 for black and 1 for white.
func (c rgb) brightness() float64 { return (0.3*c.r + 0.59*c.g + 0.11*c.b) / 255 }

// hue turns the colour by degrees around the grey axis.
func (c rgb) hue(degrees float64) rgb {
	s, co := math.Sincos(degrees * math.Pi / 180)
	k := (1 - co) / 3
	q := s / math.Sqrt(3)
	f := func(a, b, d float64) float64 { return min(max(a*(co+k)+b*(k-q)+d*(k+q), 0), 255) }
	return rgb{f(c.r, c.g, c.b), f(c.g, c.b, c.r), f(c.b, c.r, c.g)}
}

// paint is what a shape is filled with: a colour, or colours along a line or
// around a point.
type paint struct {
	stops  []stop
	from   point
	to     point // of a line; on the rim of a round one
	radial bool
	still  bool // not part of the thing: casts no shadow, does not count for its size
}

type stop struct {
	at    float64
	c     rgb
	alpha float64
}

func solid(c rgb) paint                  { return paint{stops: []stop{{0, c, 1}}} }
func glaze(c rgb, alpha float64) paint   { return paint{stops: []stop{{0, c, alpha}}} }
func linear(a, b point, s ...stop) paint { return paint{stops: s, from: a, to: b} }
func around(c point, r float64, s ...stop) paint {
	return paint{stops: s, from: c, to: pt(c.x+r, c.y), radial: true}
}

// at is the paint's colour at t, 0 to 1.
func (p *paint) at(t float64) stop {
	s := p.stops
	if t <= s[0].at {
		return s[0]
	}
	for i := 1; i < len(s); i++ {
		if t <= s[i].at {
			f := (t - s[i-1].at) / max(s[i].at-s[i-1].at, 1e-9)
			return stop{t, s[i-1].c.mix(s[i].c, f), s[i-1].alpha + (s[i].alpha-s[i-1].alpha)*f}
		}
	}
	return s[len(s)-1]
}

// opaque reports whether nothing is seen through it.
func (p *paint) opaque() bool {
	for _, s := range p.stops {
		if s.alpha < 0.6 {
			return false
		}
	}
	return true
}

// affine maps drawing units to pixels.
type affine struct{ a, b, c, d, e, f float64 } // x' = ax + cy + e, y' = bx + dy + f

func (m affine) apply(p point) point { return pt(m.a*p.x+m.c*p.y+m.e, m.b*p.x+m.d*p.y+m.f) }

// then is n after m.
func (m affine) then(n affine) affine {
	o := n.apply(pt(m.e, m.f))
	return affine{
		n.a*m.a + n.c*m.b, n.b*m.a + n.d*m.b,
		n.a*m.c + n.c*m.d, n.b*m.c + n.d*m.d, o.x, o.y,
	}
}

func shift(x, y float64) affine { return affine{1, 0, 0, 1, x, y} }
func zoom(x, y float64) affine  { return affine{x, 0, 0, y, 0, 0} }
func rotate(degrees float64) affine {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return affine{c, s, -s, c, 0, 0}
}

// canvas is an opaque picture that shapes are laid on.
type canvas struct {
	img    *image.RGBA
	m      affine
	clip   *image.Alpha // nil for none
	raster *vector.Rasterizer
	mask   []uint8
}

func newCanvas(side int) *canvas {
	return &canvas{
		img:    image.NewRGBA(image.Rect(0, 0, side, side)),
		m:      zoom(float64(side)/1000, float64(side)/1000),
		raster: vector.NewRasterizer(side, side),
		mask:   make([]uint8, side*side),
	}
}

// rasterise writes the coverage of p to the mask and returns where it is.
func (c *canvas) rasterise(p path, m affine, within image.Rectangle) (image.Rectangle, []uint8) {
	lo, hi := pt(math.Inf(1), math.Inf(1)), pt(math.Inf(-1), math.Inf(-1))
	device := make([][]point, len(p))
	for i, l := range p {
		device[i] = make([]point, len(l.pts))
		for k, q := range l.pts {
			q = m.apply(q)
			device[i][k] = q
			lo, hi = pt(min(lo.x, q.x), min(lo.y, q.y)), pt(max(hi.x, q.x), max(hi.y, q.y))
		}
	}
	const far = 1 << 14
	box := image.Rect(int(math.Floor(max(lo.x, -far))), int(math.Floor(max(lo.y, -far))),
		int(math.Ceil(min(hi.x, far)))+1, int(math.Ceil(min(hi.y, far)))+1).Intersect(within)
	if len(p) == 0 || box.Empty() {
		return image.Rectangle{}, nil
	}
	z := c.raster
	z.Reset(box.Dx(), box.Dy())
	ox, oy := float64(box.Min.X), float64(box.Min.Y)
	for _, pts := range device {
		for k, q := range pts {
			x, y := float32(q.x-ox), float32(q.y-oy)
			if k == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
	}
	mask := c.mask[:box.Dx()*box.Dy()]
	z.DrawOp = draw.Src
	alpha := &image.Alpha{Pix: mask, Stride: box.Dx(), Rect: image.Rect(0, 0, box.Dx(), box.Dy())}
	z.Draw(alpha, alpha.Rect, image.Opaque, image.Point{})
	return box, mask
}

// fill lays p on the picture.
func (c *canvas) fill(p path, with paint) {
	if box, mask := c.rasterise(p, c.m, c.img.Rect); !box.Empty() {
		c.lay(box, mask, with)
	}
}

// flood lays a paint on the whole picture.
func (c *canvas) flood(with paint) { c.lay(c.img.Rect, nil, with) }

// lay mixes a paint into the pixels of box as far as the mask (nil for all) and
// the clip say.
func (c *canvas) lay(box image.Rectangle, mask []uint8, with paint) {
	g := c.gradient(with)
	width := box.Dx()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		dst := c.img.Pix[c.img.PixOffset(box.Min.X, y):][:4*width]
		var line, clip []uint8
		if mask != nil {
			line = mask[(y-box.Min.Y)*width:][:width]
		}
		if c.clip != nil {
			clip = c.clip.Pix[y*c.clip.Stride+box.Min.X:][:width]
		}
		g.line(float64(box.Min.X), float64(y))
		for i := range width {
			a := uint32(255)
			if line != nil {
				a = uint32(line[i])
			}
			if clip != nil {
				a = a * uint32(clip[i]) / 255
			}
			if a == 0 {
				continue
			}
			s := g.at(i)
			a *= s.a // of 255²
			d := dst[4*i : 4*i+4 : 4*i+4]
			if a == 255*255 {
				d[0], d[1], d[2], d[3] = uint8(s.r), uint8(s.g), uint8(s.b), 255
				continue
			}
			// 65,025 is 255², and 66,051 of 2^32 nearly its inverse.
			keep := 255*255 - a
			d[0] = uint8(uint64(uint32(d[0])*keep+s.r*a+255*127) * 66_051 >> 32)
			d[1] = uint8(uint64(uint32(d[1])*keep+s.g*a+255*127) * 66_051 >> 32)
			d[2] = uint8(uint64(uint32(d[2])*keep+s.b*a+255*127) * 66_051 >> 32)
			d[3] = 255
		}
	}
}

type shade struct{ r, g, b, a uint32 }

// gradient finds the colours of a paint along a line of pixels. Its table is over
// the distance; that of a round one over the square of it, which saves a root.
type gradient struct {
	table  []shade
	radial bool
	from   point
	fx, fy float64
	x, y   float64 // of the line's first pixel; for a linear one x is its place in the table
}

const gradientSteps = 256

func (c *canvas) gradient(with paint) gradient {
	entry := func(t float64) shade {
		s := with.at(t)
		return shade{uint32(s.c.r + .5), uint32(s.c.g + .5), uint32(s.c.b + .5), uint32(s.alpha*255 + .5)}
	}
	if len(with.stops) == 1 {
		return gradient{table: []shade{entry(0)}}
	}
	g := gradient{table: make([]shade, gradientSteps), radial: with.radial, from: c.m.apply(with.from)}
	d := c.m.apply(with.to).sub(g.from)
	square := max(d.x*d.x+d.y*d.y, 1e-9)
	const last = gradientSteps - 1
	for i := range g.table {
		t := float64(i) / last
		if with.radial {
			t = math.Sqrt(t)
		}
		g.table[i] = entry(t)
	}
	g.fx, g.fy = d.x/square*last, d.y/square*last
	if with.radial {
		g.fx = last / square
	}
	return g
}

func (g *gradient) line(x, y float64) {
	x, y = x+.5-g.from.x, y+.5-g.from.y
	if g.radial {
		g.x, g.y = x, y*y
		return
	}
	g.x = x*g.fx + y*g.fy
}

// at is the colour of the line's i-th pixel.
func (g *gradient) at(i int) *shade {
	if len(g.table) == 1 {
		return &g.table[0]
	}
	if g.radial {
		x := g.x + float64(i)
		return &g.table[int(min((x*x+g.y)*g.fx, gradientSteps-1))]
	}
	return &g.table[int(min(max(g.x+float64(i)*g.fx, 0), gradientSteps-1))]
}

// clipTo keeps what is drawn until the next call inside p; nil lifts it.
func (c *canvas) clipTo(p path) {
	c.clip = nil
	if p == nil {
		return
	}
	box, mask := c.rasterise(p, c.m, c.img.Rect)
	clip := image.NewAlpha(c.img.Rect)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		copy(clip.Pix[clip.PixOffset(box.Min.X, y):], mask[(y-box.Min.Y)*box.Dx():][:box.Dx()])
	}
	c.clip = clip
}

// Shadows are made at an eighth of the size, where blurring costs nothing.
const shadowShrink = 8

// shadow is the silhouette of what was added to it, blurred.
type shadow struct {
	side int
	pix  []float64
}

func (c *canvas) newShadow() *shadow {
	side := c.img.Rect.Dx()/shadowShrink + 1
	return &shadow{side, make([]float64, side*side)}
}

// add marks where p is.
func (s *shadow) add(c *canvas, p path) {
	m := c.m.then(zoom(1.0/shadowShrink, 1.0/shadowShrink))
	box, mask := c.rasterise(p, m, image.Rect(0, 0, s.side, s.side))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for i, v := range mask[(y-box.Min.Y)*box.Dx():][:box.Dx()] {
			at := &s.pix[y*s.side+box.Min.X+i]
			*at = max(*at, float64(v)/255)
		}
	}
}

// blur softens by three passes of a box, nearly a bell curve.
func (s *shadow) blur(radius int) {
	line := make([]float64, s.side)
	run := func(start, step int) {
		for i := range line {
			sum := 0.0
			for k := i - radius; k <= i+radius; k++ {
				if k >= 0 && k < s.side {
					sum += s.pix[start+k*step]
				}
			}
			line[i] = sum / float64(2*radius+1)
		}
		for i, v := range line {
			s.pix[start+i*step] = v
		}
	}
	for range 3 {
		for i := range s.side {
			run(i*s.side, 1)
			run(i, s.side)
		}
	}
}

// cast darkens the picture under the shadow, moved by dx, dy pixels.
func (c *canvas) cast(s *shadow, dx, dy, strength float64) {
	side := c.img.Rect.Dx()
	row := make([]float64, s.side) // of the shadow, at the height of a line of pixels
	for y := range side {
		sy := (float64(y)+.5-dy)/shadowShrink - .5
		iy := int(math.Floor(sy))
		if iy < 0 || iy+1 >= s.side {
			continue
		}
		fy, any := sy-float64(iy), 0.0
		for k := range row {
			row[k] = (s.pix[iy*s.side+k]*(1-fy) + s.pix[(iy+1)*s.side+k]*fy) * strength
			any = max(any, row[k])
		}
		if any < 0.004 {
			continue
		}
		line := c.img.Pix[y*c.img.Stride:][:4*side]
		for x := range side {
			sx := (float64(x)+.5-dx)/shadowShrink - .5
			ix := int(math.Floor(sx))
			if ix < 0 || ix+1 >= s.side {
				continue
			}
			fx := sx - float64(ix)
			v := row[ix]*(1-fx) + row[ix+1]*fx
			if v < 0.004 {
				continue
			}
			keep := uint32((1 - v) * 256)
			d := line[4*x : 4*x+3 : 4*x+3]
			d[0], d[1], d[2] = uint8(uint32(d[0])*keep>>8), uint8(uint32(d[1])*keep>>8), uint8(uint32(d[2])*keep>>8)
		}
	}
}
