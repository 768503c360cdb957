package price

import (
	"math"
	"testing"

	"assay"

	"pgregory.net/rapid"
)

func TestTheCurveIsWhatTheRatioCompares(t *testing.T) {
	m := NewModel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.Map(rapid.IntRange(-20, 250), func(i int) Step { return Step(i) }), 1, 40).Draw(t, "list prices")
		from := Step(rapid.IntRange(-500, 300).Draw(t, "from"))
		to := from + Step(rapid.IntRange(0, 200).Draw(t, "steps"))
		c := rapid.SampledFrom([]assay.Condition{"", assay.ConditionNew, assay.ConditionUsed, assay.ConditionRefurbished}).Draw(t, "condition")
		id := Identity(rapid.IntRange(0, int(identities)-1).Draw(t, "identity"))
		d := NewDistribution(steps)
		curve := m.Curve(d, c, id, from, to)
		if len(curve) != int(to-from)+1 {
			t.Fatalf("%d points for %d to %d", len(curve), from, to)
		}
		for i, p := range curve {
			if p.Step != from+Step(i) {
				t.Fatalf("point %d is at step %d", i, p.Step)
			}
			// Each of the ratio's two logarithms is cut at the millionth.
			drawn, points := 1e6*math.Log(p.Fake/p.Honest), m.LogLikelihoodRatio(p.Step, d, c, id)
			if math.Abs(drawn-float64(points)) > 1.01 {
				t.Fatalf("step %d: drawn %f millionths, counted %d", p.Step, drawn, points)
			}
		}
	})
}

func TestEachCurveIsADistribution(t *testing.T) {
	m := NewModel()
	d := NewDistribution([]Step{90, 100, 100, 140})
	for _, c := range []assay.Condition{"", assay.ConditionNew, assay.ConditionUsed} {
		for id := range identities {
			var honest, fake float64
			for _, p := range m.Curve(d, c, id, 90+lowest, 140+highest) {
				honest, fake = honest+p.Honest, fake+p.Fake
			}
			if math.Abs(honest-1) > 0.001 || math.Abs(fake-1) > 0.001 {
				t.Errorf("%q, identity %d: honest sums to %f, fake to %f", c, id, honest, fake)
			}
		}
	}
}

func TestACurveOfNothingIsNone(t *testing.T) {
	m := NewModel()
	if c := m.Curve(Distribution{}, "", InTitle, 0, 10); c != nil {
		t.Errorf("without list prices: %v", c)
	}
	if c := m.Curve(Point(0), "", InTitle, 1, 0); c != nil {
		t.Errorf("from above to: %v", c)
	}
	if c := m.Curve(Point(0), "", InTitle, math.MaxInt16-1, math.MaxInt16); len(c) != 2 {
		t.Errorf("at the end of the grid: %v", c)
	}
}

func TestADistributionCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOf(rapid.Map(rapid.IntRange(-300, 300), func(i int) Step { return Step(i) })).Draw(t, "steps")
		want := map[Step]int{}
		for _, s := range steps {
			want[s]++
		}
		d := NewDistribution(steps)
		low, high := d.Bounds()
		last, first := Step(0), true
		for s, n := range d.All() {
			if n != want[s] || !first && s <= last || s < low || s > high {
				t.Fatalf("step %d, %d times, after %d; want %d times", s, n, last, want[s])
			}
			delete(want, s)
			last, first = s, false
		}
		if len(want) > 0 {
			t.Fatalf("not read back: %v", want)
		}
		for range d.All() {
			break // a reader may stop
		}
	})
}

func TestAStepsAmountLiesOnThatStep(t *testing.T) {
	for s := Step(-160); s <= 320; s++ {
		amount := assay.Money{Amount: int64(math.Round(s.Amount() * 1e9)), Scale: 9, Currency: Euro}
		if got, _ := StepOf(amount); got != s {
			t.Errorf("step %d has the amount %f, which is of step %d", s, s.Amount(), got)
		}
	}
	if a := Step(32).Amount(); a != 4 {
		t.Errorf("two octaves up: %f", a)
	}
}

func TestARateCanBeReadForDrawing(t *testing.T) {
	r, err := NewRates(map[string]assay.Money{"USD": {Amount: 10_800, Scale: 4}})
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]float64{"USD": 1.08, "EUR": 1, "GBP": 0} {
		if got, ok := r.PerEUR(code); got != want || ok != (want > 0) {
			t.Errorf("%s: %f, %t", code, got, ok)
		}
	}
}
