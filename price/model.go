package price

import (
	"math"
	"math/bits"

	"assay"
)

// Identity is how sure one can be that the offer is the article whose price is
// known, and not something that only names it.
type Identity uint8

const (
	SameProduct Identity = iota // GTIN or manufacturer's number of a product
	BrandField                  // the mark stands in the brand field
	InTitle                     // the mark stands in the title
	InText                      // the mark stands in the description or an attribute only
	identities
)

// otherThing is, per thousand, how often an honest offer so identified is some
// other thing than the article: a strap, a box, a part, a poster, a search word.
// Estimates of ours, to be replaced by counts of decided cases.
var otherThing = [identities]uint64{SameProduct: 30, BrandField: 80, InTitle: 150, InText: 500}

// A normal is a weighted normal density over x = ln(offer ÷ list price).
type normal struct{ weight, mean, sd float64 }

// The densities of the model. Every parameter is an estimate of ours from
// published ranges, not fitted on anybody's listings; docs/how-it-decides.md
// gives the reasons and what the numbers do.
var (
	// Genuine and new: most at 86 % of list (sd 25 %), one in ten in outlets and
	// sales around 45 %.
	genuineNew = []normal{{0.90, -0.15, 0.25}, {0.10, -0.80, 0.50}}
	// Genuine and used or refurbished: around 41 % of list, widely spread.
	genuineUsed = []normal{{1, -0.90, 0.60}}
	// Some other thing that names the article: around 6 %, very widely spread.
	other = []normal{{1, -2.80, 1.50}}
	// A fake: four in five are cheap (around 8 % of list), one in five is priced
	// to pass as genuine.
	fake = []normal{{0.80, -2.50, 1.10}, {0.20, -0.30, 0.35}}
	// Any price may also mean nothing at all (1 to start an auction, 9,999,999 for
	// "ask me"): 2 % of every density, so that absurd prices count for nothing.
	meaningless = normal{0.02, -3.00, 4.00}
	// Of the offers that do not say their condition, a quarter is used.
	unsaidUsed = 0.25
)

// The tables reach from 2^-20 to 2^+8 times the list price; what lies outside
// counts as the end.
const (
	lowest  = -20 * StepsPerOctave
	highest = 8 * StepsPerOctave
	// Densities are counted in billionths: fine enough for six decimals of points,
	// coarse enough that no platform's exponential rounds one differently.
	unit = 1e9
)

type density [highest - lowest + 1]uint64

// Model holds the tabulated densities. It is immutable; one serves all
// goroutines.
type Model struct {
	genuine [3]density // by condition: unsaid, new, used or refurbished
	other   density
	fake    density
}

// NewModel tabulates the model (about 0.1 ms).
func NewModel() *Model {
	m := &Model{}
	for i := range m.fake {
		x := float64(lowest+i) * math.Ln2 / StepsPerOctave
		asNew, asUsed := mixture(genuineNew, x), mixture(genuineUsed, x)
		m.genuine[0][i] = tabulate(float64((1-unsaidUsed)*asNew)+float64(unsaidUsed*asUsed), x)
		m.genuine[1][i] = tabulate(asNew, x)
		m.genuine[2][i] = tabulate(asUsed, x)
		m.other[i] = tabulate(mixture(other, x), x)
		m.fake[i] = tabulate(mixture(fake, x), x)
	}
	return m
}

func mixture(parts []normal, x float64) float64 {
	sum := 0.0
	for _, n := range parts {
		sum += n.at(x)
	}
	return sum
}

func (n normal) at(x float64) float64 {
	z := (x - n.mean) / n.sd
	return n.weight / (n.sd * math.Sqrt(2*math.Pi)) * math.Exp(-0.5*z*z)
}

func tabulate(d, x float64) uint64 {
	return uint64(math.Round(unit * (float64((1-meaningless.weight)*d) + meaningless.at(x))))
}

// MaxPoints is more than any price is worth, for or against.
const MaxPoints = 4 * assay.Point

// LogLikelihoodRatio returns ln P(offer | fake) − ln P(offer | honest): positive
// when the price speaks for a fake. The list price of the article is one of d,
// each as likely as it is frequent; honest offers are genuine ones in the
// condition given, or, as often as id allows, some other thing:
//
//	P(offer | fake)   = Σ d(s) · fake(offer − s)
//	P(offer | honest) = Σ d(s) · [(1 − w) · genuine(offer − s) + w · other(offer − s)]
//
// It costs a few nanoseconds a distinct step of d. An empty d gives 0.
func (m *Model) LogLikelihoodRatio(offer Step, d Distribution, c assay.Condition, id Identity) assay.Points {
	if d.total == 0 {
		return 0
	}
	fake, honest := m.densities(offer, d, c, id)
	return naturalLog(fake) - naturalLog(honest)
}

// densities returns P(offer | fake) and P(offer | honest) as densities over x, in
// 1 ÷ densityUnit. d is not empty.
func (m *Model) densities(offer Step, d Distribution, c assay.Condition, id Identity) (fake, honest uint64) {
	genuine := &m.genuine[0]
	switch c {
	case assay.ConditionNew:
		genuine = &m.genuine[1]
	case assay.ConditionUsed, assay.ConditionRefurbished:
		genuine = &m.genuine[2]
	}
	var g, o, f uint64
	for _, b := range d.bins {
		i := min(max(int(offer)-int(b.step), lowest), highest) - lowest
		n := uint64(b.count)
		g += n * genuine[i]
		o += n * m.other[i]
		f += n * m.fake[i]
	}
	// Counts are below 2^32 and densities below 2^31: the mean keeps a thousandfold
	// of it within 64 bits.
	g, o, f = g/d.total, o/d.total, f/d.total
	w := otherThing[id]
	return f * 1000, (1000-w)*g + w*o
}

// densityUnit is 1 in what densities returns.
const densityUnit = 1000 * unit

// naturalLog returns ln n in millionths, n > 0.
func naturalLog(n uint64) assay.Points {
	const ln2 = 2977044472 // ln 2 in 2^-32ths
	hi, lo := bits.Mul64(log2(max(n, 1)), ln2)
	// hi:lo is ln n in 2^-64ths.
	frac, _ := bits.Mul64(lo, uint64(assay.Point))
	return assay.Points(hi)*assay.Point + assay.Points(frac)
}
