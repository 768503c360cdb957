package picture

import (
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gosmallcaps"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a typeface as outlines.
type face struct {
	font *sfnt.Font
	buf  sfnt.Buffer
}

// openFace reads one of the two typefaces; they are part of the program, so a
// fault in one is a bug.
func openFace(smallCaps bool) *face {
	data := gomedium.TTF
	if smallCaps {
		data = gosmallcaps.TTF
	}
	f, err := sfnt.Parse(data)
	if err != nil {
		panic("picture: " + err.Error())
	}
	return &face{font: f}
}

// text is the outline of a line of Latin text around cx whose letters stand on y.
// Letters that the typeface does not have are left out.
func (f *face) text(s string, cx, y, size, spacing float64) path {
	const ppem = 256
	k := size / ppem
	var out path
	x := 0.0
	for _, r := range s {
		g, err := f.font.GlyphIndex(&f.buf, r)
		if err != nil || g == 0 {
			continue
		}
		segments, err := f.font.LoadGlyph(&f.buf, g, fixed.I(ppem), nil)
		if err != nil {
			continue
		}
		out = append(out, outline(segments, x, y, k)...)
		advance, err := f.font.GlyphAdvance(&f.buf, g, fixed.I(ppem), font.HintingNone)
		if err != nil {
			continue
		}
		x += float64(advance)/64*k + spacing
	}
	return out.move(cx-(x-spacing)/2, 0)
}

func outline(segments sfnt.Segments, x, y, k float64) path {
	at := func(p fixed.Point26_6) point { return pt(x+float64(p.X)/64*k, y+float64(p.Y)/64*k) }
	var out path
	for _, s := range segments {
		if s.Op == sfnt.SegmentOpMoveTo {
			out = append(out, loop{pts: []point{at(s.Args[0])}, closed: true})
			continue
		}
		l := &out[len(out)-1]
		a := l.pts[len(l.pts)-1]
		switch s.Op {
		case sfnt.SegmentOpLineTo:
			l.pts = append(l.pts, at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			b, c := at(s.Args[0]), at(s.Args[1])
			for i := 1; i <= 5; i++ {
				t := float64(i) / 5
				l.pts = append(l.pts, a.to(b, t).to(b.to(c, t), t))
			}
		case sfnt.SegmentOpCubeTo:
			b, c, d := at(s.Args[0]), at(s.Args[1]), at(s.Args[2])
			for i := 1; i <= 6; i++ {
				t := float64(i) / 6
				ab, bc, cd := a.to(b, t), b.to(c, t), c.to(d, t)
				l.pts = append(l.pts, ab.to(bc, t).to(bc.to(cd, t), t))
			}
		}
	}
	return out
}
