package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"sync"
	"testing"
)

func bag(style Style, n uint64) Picture {
	return Picture{Thing: "tote", Brand: "Maison Exemple", Model: "Ondinelle", Colour: 3, Style: style, Seed: n}
}

// difference is the mean distance of the pixels' channels at a small size.
func difference(a, b *image.RGBA) float64 {
	const n = 100
	sum := 0.0
	for y := range n {
		for x := range n {
			p := a.RGBAAt(x*a.Rect.Dx()/n, y*a.Rect.Dy()/n)
			q := b.RGBAAt(x*b.Rect.Dx()/n, y*b.Rect.Dy()/n)
			sum += math.Abs(float64(p.R)-float64(q.R)) + math.Abs(float64(p.G)-float64(q.G)) + math.Abs(float64(p.B)-float64(q.B))
		}
	}
	return sum / (3 * n * n)
}

func TestEveryThingIsSeenWholeAndInTheMiddle(t *testing.T) {
	for _, thing := range Things() {
		p := Picture{Thing: thing, Brand: "Bellweather", Model: "Galeskin", Colour: 3}
		img := Draw(p)
		corner := img.RGBAAt(4, 4)
		differ := 0
		for y := 0; y < Side; y += 8 {
			for x := 0; x < Side; x += 8 {
				c := img.RGBAAt(x, y)
				if c.A != 255 {
					t.Fatalf("%s: a pixel is transparent", thing)
				}
				if far := max(diff(c.R, corner.R), diff(c.G, corner.G), diff(c.B, corner.B)); far > 45 {
					differ++
					if x < 40 || y < 40 || x > Side-40 || y > Side-40 {
						t.Fatalf("%s reaches the edge of the picture at %d, %d", thing, x, y)
					}
				}
			}
		}
		if differ < 120 {
			t.Errorf("%s covers %d of 10,000 places: there is hardly anything to see", thing, differ)
		}
	}
}

func diff(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

func TestTheSamePictureGivesTheSameBytes(t *testing.T) {
	var wait sync.WaitGroup
	for style := Studio; style <= Fake; style++ {
		for _, thing := range []Thing{"watch", "sneaker", "lamp"} {
			wait.Go(func() {
				p := Picture{Thing: thing, Brand: "Tindrell Sport", Model: "Kineska", Colour: 1, Style: style, View: int(style) % 3, Seed: 99}
				if !bytes.Equal(JPEG(p), JPEG(p)) {
					t.Errorf("%v gives two pictures", p)
				}
			})
		}
	}
	wait.Wait()
}

func TestWhatDiffersCanBeSeen(t *testing.T) {
	plain := Draw(bag(Studio, 0))
	for what, change := range map[string]func(*Picture){
		"brand":          func(p *Picture) { p.Brand = "Fratelli Ombroso" },
		"no brand":       func(p *Picture) { p.Brand = "" },
		"model":          func(p *Picture) { p.Model = "Vallière" },
		"colour":         func(p *Picture) { p.Colour = 2 },
		"thing":          func(p *Picture) { p.Thing = "wallet" },
		"detail":         func(p *Picture) { p.View = 1 },
		"other side":     func(p *Picture) { p.View = 2 },
		"taken at home":  func(p *Picture) { p.Style = Own },
		"a fake at home": func(p *Picture) { p.Style = Fake },
	} {
		p := bag(Studio, 0)
		change(&p)
		if d := difference(plain, Draw(p)); d < 0.4 {
			t.Errorf("%s: the pictures differ by %.2f", what, d)
		}
	}
	if a, b := Draw(bag(Own, 5)), Draw(bag(Fake, 5)); difference(a, b) < 1 {
		t.Error("a fake looks like the genuine thing")
	}
	if a, b := Draw(bag(Own, 5)), Draw(bag(Own, 6)); difference(a, b) < 5 {
		t.Error("two photos taken at home are the same")
	}
}

func TestTheMakersPhotoDoesNotDependOnWhoShowsIt(t *testing.T) {
	a, b := bag(Studio, 1), bag(Studio, 2)
	a.Article = "MA-00001"
	if !bytes.Equal(JPEG(a), JPEG(b)) {
		t.Error("a studio photo depends on its seed")
	}
}

func TestACopyIsTheMakersPhotoWithSomethingDoneToIt(t *testing.T) {
	official := Draw(bag(Studio, 0))
	home := difference(official, Draw(bag(Own, 1)))
	seen := map[string]int{}
	const n = 40
	for seed := range uint64(n) {
		p := bag(Copied, seed)
		k := copyOf(p)
		if k.mirror {
			seen["mirrored"]++
		}
		if k.crop > 1 {
			seen["cropped"]++
		}
		if k.border {
			seen["framed"]++
		}
		if k.stamp > 0 && k.stamp < 4 {
			seen["stamped"]++
		}
		if seed%4 > 0 {
			continue
		}
		img := Draw(p)
		if d := difference(official, img); k.crop == 1 && !k.border && d > home/3 {
			t.Errorf("copy %d (%+v) is %.1f away from the original, a photo of somebody's own %.1f", seed, k, d, home)
		}
	}
	for _, what := range []string{"mirrored", "cropped", "framed", "stamped"} {
		if seen[what] < 4 || seen[what] > n-4 {
			t.Errorf("%d of %d copies are %s", seen[what], n, what)
		}
	}
}

func TestAJPEGIsSmallAndCanBeRead(t *testing.T) {
	for style := Studio; style <= Fake; style++ {
		data := JPEG(bag(style, 3))
		c, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if c.Width != c.Height || c.Width > Side || c.Width < 480 || len(data) > 400_000 {
			t.Errorf("%v: %d × %d pixels in %d bytes", style, c.Width, c.Height, len(data))
		}
	}
}

func TestOddValuesAreDrawnToo(t *testing.T) {
	box := Draw(Picture{Thing: "box"})
	if difference(box, Draw(Picture{Thing: "flying saucer"})) > 0 {
		t.Error("what nobody can draw is no box")
	}
	for _, p := range []Picture{
		{}, {Thing: "watch", Colour: -7, View: -1, Style: 9}, {Thing: "t-shirt", Brand: "云岚溪", Model: "\x00\xff"},
		{Thing: "jar", Brand: fmt.Sprint(math.MaxInt64, " a very long name that goes on and on and on")}, {Thing: "box", Brand: "\n", Seed: math.MaxUint64, Style: Copied},
	} {
		if img := Draw(p); img.Rect.Empty() {
			t.Errorf("%+v is not drawn", p)
		}
		if p.Style.String() == "" {
			t.Errorf("style %d has no name", p.Style)
		}
	}
}

func BenchmarkJPEG(b *testing.B) {
	for style := Studio; style <= Fake; style++ {
		b.Run(style.String(), func(b *testing.B) {
			things := Things()
			i := 0
			for b.Loop() {
				JPEG(Picture{Thing: things[i%len(things)], Brand: "Bellweather", Model: "m", Style: style, Seed: uint64(i)})
				i++
			}
		})
	}
}
