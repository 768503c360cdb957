package price

import (
	"math"

	"assay"
)

// CurvePoint is how likely a price is under each of the model's two explanations.
type CurvePoint struct {
	Step Step
	// Honest and Fake are the probabilities that the price of an honest offer, and
	// that of a fake, falls on this step. Each sums to 1 over all steps, as far as
	// the tables reach, so that the two can be drawn on one axis as they are.
	Honest, Fake float64
}

// Curve returns the model's densities at every step from one to another, both
// inclusive: what LogLikelihoodRatio compares, for people to look at. At each point
// ln(Fake ÷ Honest) is that ratio, to the millionth that logarithms are cut at. It
// is nil for an empty d, and where from lies above to. It costs what a ratio costs
// at each step.
func (m *Model) Curve(d Distribution, c assay.Condition, id Identity, from, to Step) []CurvePoint {
	if d.total == 0 || from > to {
		return nil
	}
	// A density over x = ln price, times a step's width in x.
	const width = math.Ln2 / StepsPerOctave / densityUnit
	points := make([]CurvePoint, 0, int(to)-int(from)+1)
	for s := int(from); s <= int(to); s++ {
		fake, honest := m.densities(Step(s), d, c, id)
		points = append(points, CurvePoint{Step: Step(s), Honest: float64(honest) * width, Fake: float64(fake) * width})
	}
	return points
}
