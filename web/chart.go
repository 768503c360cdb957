package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"assay"
	"assay/score"
	"assay/screen"
)

// Charts are drawn here, as SVG: they need no script, print, and are as sharp on a
// phone as on a wall. Lengths are in the units of the picture's view box.

// barWidth is that of the waterfall's picture.
const barWidth = 300

// bar is one step of the waterfall: from the sum before it to the sum after.
type bar struct {
	x, width float64
	up       bool
	link     float64 // where the next step begins
}

// waterfallView is a score as the sum it is.
type waterfallView struct {
	bars          []bar // one for each contribution
	total         bar
	zero          float64
	review, block float64 // thresholds; below 0: out of the picture
}

// waterfall lays out contributions that add up to a score.
func waterfall(a *assay.Assessment, t score.Thresholds) waterfallView {
	low, high, sum := assay.Points(0), max(a.Score, t.Review), assay.Points(0)
	for i := range a.Contributions {
		sum += a.Contributions[i].Points
		low, high = min(low, sum), max(high, sum)
	}
	if t.Block < score.Never && t.Block <= high*2 {
		high = max(high, t.Block)
	}
	span := float64(high-low) * 1.04
	if span <= 0 {
		span = 1
	}
	at := func(p assay.Points) float64 { return math.Round(float64(p-low)/span*barWidth*10) / 10 }
	step := func(from, to assay.Points) bar {
		a, b := at(from), at(to)
		return bar{x: min(a, b), width: max(math.Abs(b-a), 1), up: to >= from, link: b}
	}
	v := waterfallView{zero: at(0), review: -1, block: -1}
	sum = 0
	for i := range a.Contributions {
		p := a.Contributions[i].Points
		v.bars = append(v.bars, step(sum, sum+p))
		sum += p
	}
	v.total = step(0, a.Score)
	if t.Review <= high {
		v.review = at(t.Review)
	}
	if t.Block <= high {
		v.block = at(t.Block)
	}
	return v
}

// The picture of prices: its size, and where the plot lies in it.
const (
	priceWidth, priceHeight = 640, 190
	plotLeft, plotRight     = 12, 628
	plotTop, plotBottom     = 26, 150
)

// fakesBelow is how far below the lowest list price the picture reaches: most fakes'
// prices lie there (docs/how-it-decides.md).
const fakesBelow = 25

// tick is a mark on an axis.
type tick struct {
	at   float64
	text string
}

// priceChart is the offer's price on the reference's distribution.
type priceChart struct {
	bars         []bar // list prices, by step
	heights      []float64
	honest, fake string // points of a polyline
	ticks        []tick
	offer        float64
	offerAnchor  string // of its label: start, middle, end
}

// drawPrices lays out what a price was compared with. Prices are on a logarithmic axis,
// since twice the price is as far wherever it begins.
func drawPrices(v *screen.PriceView) priceChart {
	low, high := v.OfferPrice/2, v.OfferPrice*2
	for _, b := range v.Bins {
		low, high = min(low, b.Price/fakesBelow), max(high, b.Price*2)
	}
	at := func(price float64) float64 {
		share := (math.Log(max(price, low)) - math.Log(low)) / (math.Log(high) - math.Log(low))
		return round(plotLeft + min(share, 1)*(plotRight-plotLeft))
	}
	c := priceChart{offer: at(v.OfferPrice), offerAnchor: "middle"}
	switch {
	case c.offer < priceWidth/5:
		c.offerAnchor = "start"
	case c.offer > priceWidth*4/5:
		c.offerAnchor = "end"
	}
	most := 1
	for _, b := range v.Bins {
		most = max(most, b.Count)
	}
	for _, b := range v.Bins {
		x := at(b.Price)
		c.bars = append(c.bars, bar{x: x - 3, width: 6})
		c.heights = append(c.heights, round(float64(b.Count)/float64(most)*(plotBottom-plotTop)*0.85))
	}
	top := 0.0
	for _, p := range v.Curve {
		if p.Price >= low && p.Price <= high {
			top = max(top, p.Honest, p.Fake)
		}
	}
	var honest, fake strings.Builder
	for _, p := range v.Curve {
		if p.Price < low || p.Price > high || top == 0 {
			continue
		}
		x := at(p.Price)
		fmt.Fprintf(&honest, "%g,%g ", x, round(plotBottom-p.Honest/top*(plotBottom-plotTop)))
		fmt.Fprintf(&fake, "%g,%g ", x, round(plotBottom-p.Fake/top*(plotBottom-plotTop)))
	}
	c.honest, c.fake = strings.TrimSpace(honest.String()), strings.TrimSpace(fake.String())
	c.ticks = priceTicks(low, high, at)
	return c
}

// priceTicks are round prices along the axis: 1, 2, 5, 10 … as many as fit.
func priceTicks(low, high float64, at func(float64) float64) []tick {
	var ticks []tick
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		ticks = nil
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
			for _, s := range steps {
				if p := s * math.Pow(10, e); p > low*1.05 && p < high/1.05 {
					ticks = append(ticks, tick{at(p), grouped(strconv.FormatFloat(p, 'f', -1, 64))})
				}
			}
		}
		if len(ticks) <= 9 {
			break
		}
	}
	return ticks
}

func round(x float64) float64 { return math.Round(x*10) / 10 }

// rateChart is how many listings were committed a second over the last minutes.
type rateChart struct {
	line string
	area string
	most float64
}

// The picture of rates.
const (
	rateWidth, rateHeight = 640, 120
	rateTop, rateBottom   = 14, 96
)

func drawRates(rates []float64) rateChart {
	c := rateChart{most: 1}
	for _, r := range rates {
		c.most = max(c.most, r)
	}
	if len(rates) < 2 {
		return c
	}
	var line strings.Builder
	for i, r := range rates {
		fmt.Fprintf(&line, "%g,%g ", round(plotLeft+float64(i)/float64(len(rates)-1)*(plotRight-plotLeft)), round(rateBottom-r/c.most*(rateBottom-rateTop)))
	}
	c.line = strings.TrimSpace(line.String())
	c.area = fmt.Sprintf("%d,%d %s %d,%d", plotLeft, rateBottom, c.line, plotRight, rateBottom)
	return c
}

// num writes a coordinate.
func num(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
