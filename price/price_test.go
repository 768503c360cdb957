package price

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"assay"

	"pgregory.net/rapid"
)

func eur(t testing.TB, s string) Step {
	t.Helper()
	m, err := assay.ParseMoney(s, "EUR")
	if err != nil {
		t.Fatal(err)
	}
	step, ok := StepOf(m)
	if !ok {
		t.Fatalf("%s has no step", s)
	}
	return step
}

func TestSteps(t *testing.T) {
	for amount, want := range map[string]Step{"1": 0, "2": 16, "0.5": -16, "1.04": 1, "1024.00": 160, "0.000001": -319} {
		if got := eur(t, amount); got != want {
			t.Errorf("step of %s = %d, want %d", amount, got, want)
		}
	}
	if _, ok := StepOf(assay.Money{Currency: "EUR"}); ok {
		t.Error("a price of 0 has a step")
	}
}

func TestStepsAndLogarithmsAgreeWithFloatingPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := assay.Money{Amount: rapid.Int64Range(1, 1e17).Draw(t, "amount"), Scale: uint8(rapid.IntRange(0, 9).Draw(t, "scale")), Currency: "EUR"}
		got, _ := StepOf(m)
		exact := 16 * (math.Log2(float64(m.Amount)) - float64(m.Scale)*math.Log2(10))
		if math.Abs(float64(got)-exact) > 0.5001 {
			t.Fatalf("step %d, exactly %f", got, exact)
		}
		n := uint64(m.Amount)
		if got, want := float64(naturalLog(n)), math.Log(float64(n))*1e6; math.Abs(got-want) > 2 {
			t.Fatalf("ln %d = %f millionths, want %f", n, got, want)
		}
	})
}

// oracle computes the documented formula in floating point.
func oracle(offer Step, steps []Step, c assay.Condition, id Identity) float64 {
	var g, o, f float64
	for _, s := range steps {
		x := float64(min(max(int(offer-s), lowest), highest)) * math.Ln2 / StepsPerOctave
		blend := func(d float64) float64 { return (1-meaningless.weight)*d + meaningless.at(x) }
		switch c {
		case assay.ConditionNew:
			g += blend(mixture(genuineNew, x))
		case assay.ConditionUsed, assay.ConditionRefurbished:
			g += blend(mixture(genuineUsed, x))
		default:
			g += blend((1-unsaidUsed)*mixture(genuineNew, x) + unsaidUsed*mixture(genuineUsed, x))
		}
		o += blend(mixture(other, x))
		f += blend(mixture(fake, x))
	}
	w := float64(otherThing[id]) / 1000
	return math.Log(f / ((1-w)*g + w*o))
}

func TestTheRatioIsTheDocumentedFormula(t *testing.T) {
	m := NewModel()
	conditions := []assay.Condition{"", assay.ConditionNew, assay.ConditionUsed, assay.ConditionRefurbished}
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.Map(rapid.IntRange(-20, 250), func(i int) Step { return Step(i) }), 1, 40).Draw(t, "list prices")
		offer := Step(rapid.IntRange(-60, 300).Draw(t, "offer"))
		c := rapid.SampledFrom(conditions).Draw(t, "condition")
		id := Identity(rapid.IntRange(0, int(identities)-1).Draw(t, "identity"))
		want := oracle(offer, steps, c, id)
		got := m.LogLikelihoodRatio(offer, NewDistribution(steps), c, id)
		if math.Abs(float64(got)/1e6-want) > 1e-4 {
			t.Fatalf("%v, the formula gives %f", got, want)
		}
	})
}

func TestWhatThePriceSays(t *testing.T) {
	m := NewModel()
	list := Point(eur(t, "890.00"))
	at := func(price string, c assay.Condition, id Identity) float64 {
		return float64(m.LogLikelihoodRatio(eur(t, price), list, c, id)) / 1e6
	}
	t.Run("a tenth of the list price speaks for a fake, the list price against", func(t *testing.T) {
		if p := at("89", assay.ConditionNew, InTitle); p < 1.2 {
			t.Errorf("89 for 890: %f", p)
		}
		if p := at("890", assay.ConditionNew, InTitle); p > -1 {
			t.Errorf("890 for 890: %f", p)
		}
	})
	t.Run("used goods may be cheap", func(t *testing.T) {
		if used, asNew := at("300", assay.ConditionUsed, BrandField), at("300", assay.ConditionNew, BrandField); used > -0.5 || asNew < used+0.5 {
			t.Errorf("used %f, new %f", used, asNew)
		}
	})
	t.Run("the surer the article, the more a low price says", func(t *testing.T) {
		last := math.Inf(1)
		for id := range identities {
			p := at("39", "", id)
			if p >= last {
				t.Errorf("identity %d: %f, not below %f", id, p, last)
			}
			last = p
		}
	})
	t.Run("an absurd price says nothing", func(t *testing.T) {
		for _, p := range []string{"0.01", "9999999"} {
			if got := at(p, "", BrandField); math.Abs(got) > 0.25 {
				t.Errorf("%s: %f", p, got)
			}
		}
	})
	t.Run("no catalogue, no points", func(t *testing.T) {
		if p := m.LogLikelihoodRatio(0, Distribution{}, "", InTitle); p != 0 {
			t.Error(p)
		}
	})
	t.Run("the ratio is bounded, so that no price alone blocks", func(t *testing.T) {
		for s := Step(-400); s < 400; s++ {
			for id := range identities {
				if p := m.LogLikelihoodRatio(s, list, assay.ConditionNew, id); p >= MaxPoints || p <= -MaxPoints {
					t.Fatalf("step %d: %v", s, p)
				}
			}
		}
	})
}

// The tables decide verdicts, so their bytes are part of the model version. A
// platform that rounds one entry differently, or an edit of a parameter, shows
// here; an edit also asks for a new model version (score.Version).
func TestTheTablesAreThoseOfThisModelVersion(t *testing.T) {
	m := NewModel()
	h := sha256.New()
	for _, d := range []*density{&m.genuine[0], &m.genuine[1], &m.genuine[2], &m.other, &m.fake} {
		for _, v := range d {
			h.Write(binary.BigEndian.AppendUint64(nil, v))
		}
	}
	const want = "1f8fe73d56f96e97d6421c3e0a711b3bd1c4e95f06fd556ee26f8c99836e8b7d"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("tables' SHA-256 is %s, want %s", got, want)
	}
}

func TestRates(t *testing.T) {
	money := func(amount, code string) assay.Money {
		m, err := assay.ParseMoney(amount, code)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	r, err := NewRates(map[string]assay.Money{"USD": money("1.0800", "USD"), "IDR": money("17000", "IDR"), "JPY": money("160.5", "JPY")})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("through the euro, to the minor unit", func(t *testing.T) {
		for _, c := range []struct{ from, code, to, want string }{
			{"108", "USD", "EUR", "100.00"}, {"100", "EUR", "USD", "108.00"}, {"17000", "IDR", "USD", "1.08"},
			{"1", "EUR", "JPY", "160"}, {"39.00", "EUR", "EUR", "39.00"},
		} {
			got, ok := r.Convert(money(c.from, c.code), c.to)
			if !ok || got.Decimal() != c.want || got.Currency != c.to {
				t.Errorf("%s %s = %v %v, want %s %s", c.from, c.code, got, ok, c.want, c.to)
			}
		}
	})
	t.Run("a missing rate is said, not guessed", func(t *testing.T) {
		if _, ok := r.Convert(money("1", "GBP"), "EUR"); ok || r.Has("GBP") {
			t.Error("converted pounds without a rate")
		}
	})
	t.Run("an amount past 18 digits is refused", func(t *testing.T) {
		if m, ok := r.Convert(assay.Money{Amount: 999_999_999_999_999_999, Currency: "EUR"}, "IDR"); ok {
			t.Error(m)
		}
	})
	t.Run("a rate must be above 0", func(t *testing.T) {
		if _, err := NewRates(map[string]assay.Money{"USD": {Currency: "USD"}}); assay.CodeOf(err) != assay.Invalid {
			t.Error(err)
		}
	})
}

func BenchmarkLogLikelihoodRatio(b *testing.B) {
	m := NewModel()
	steps := make([]Step, 1000)
	for i := range steps {
		steps[i] = Step(i % 80)
	}
	for name, d := range map[string]Distribution{"product": Point(100), "catalogue of 80 steps": NewDistribution(steps)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.LogLikelihoodRatio(30, d, "", InTitle)
			}
		})
	}
}
