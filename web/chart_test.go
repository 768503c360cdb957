package web

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"assay"
	"assay/score"
	"assay/screen"
)

func TestTheWaterfallEndsInTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a assay.Assessment
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			p := assay.Points(rapid.Int64Range(-5_000_000, 5_000_000).Draw(t, "points"))
			a.Contributions = append(a.Contributions, assay.Contribution{Points: p})
			a.Score += p
		}
		w := waterfall(&a, score.DefaultThresholds(assay.LaneCounterfeit))
		if len(w.bars) != len(a.Contributions) {
			t.Fatalf("%d bars for %d contributions", len(w.bars), len(a.Contributions))
		}
		at := w.zero
		for i, b := range append(w.bars, w.total) {
			if b.x < -0.1 || b.x+b.width > barWidth+1.1 || b.width <= 0 {
				t.Fatalf("bar %d reaches from %v over %v", i, b.x, b.width)
			}
			if i < len(w.bars) {
				if math.Abs(b.x-at) > 0.11 && math.Abs(b.x+b.width-at) > 1.11 {
					t.Fatalf("bar %d begins neither right nor left of %v: %v + %v", i, at, b.x, b.width)
				}
				at = b.link
			}
		}
		if math.Abs(at-w.total.link) > 0.11 {
			t.Fatalf("the steps end at %v, the score at %v", at, w.total.link)
		}
	})
}

func TestALaneThatNeverBlocksShowsNoSuchThreshold(t *testing.T) {
	w := waterfall(&assay.Assessment{Score: 2 * assay.Point, Contributions: []assay.Contribution{{Points: 2 * assay.Point}}}, score.DefaultThresholds(assay.LanePrice))
	if w.block >= 0 || w.review < 0 {
		t.Errorf("review at %v, block at %v", w.review, w.block)
	}
}

func TestThePictureOfPricesHoldsThemAll(t *testing.T) {
	for _, offer := range []float64{0.01, 39, 890, 1e6} {
		v := &screen.PriceView{OfferPrice: offer, Bins: []screen.PriceBin{{Price: 500, Count: 2}, {Price: 900, Count: 7}}}
		for p := 0.001; p < 1e7; p *= 1.1 {
			v.Curve = append(v.Curve, screen.PricePoint{Price: p, Honest: 0.01, Fake: 0.02})
		}
		c := drawPrices(v)
		xs := []float64{c.offer}
		for i, b := range c.bars {
			xs = append(xs, b.x, b.x+b.width)
			if c.heights[i] <= 0 || c.heights[i] > plotBottom-plotTop {
				t.Errorf("offer %v: bar %d is %v high", offer, i, c.heights[i])
			}
		}
		for _, k := range c.ticks {
			xs = append(xs, k.at)
		}
		for _, x := range xs {
			if x < 0 || x > priceWidth {
				t.Errorf("offer %v: something stands at %v", offer, x)
			}
		}
		if len(c.ticks) < 2 || len(c.ticks) > 9 {
			t.Errorf("offer %v: %d ticks", offer, len(c.ticks))
		}
		if c.honest == "" || c.fake == "" {
			t.Errorf("offer %v: no curves", offer)
		}
	}
}

func TestRatesAreDrawnFromNoneToMost(t *testing.T) {
	if c := drawRates(nil); c.line != "" {
		t.Error("a line of nothing")
	}
	c := drawRates([]float64{0, 10, 20})
	if c.most != 20 || c.line != "12,96 320,55 628,14" {
		t.Errorf("%+v", c)
	}
}
