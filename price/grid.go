package price

import (
	"iter"
	"math"
	"math/bits"
	"slices"

	"assay"
)

// Step is a price's place on a logarithmic grid: StepsPerOctave steps double it,
// and 1.00 EUR is step 0. A step is 4.4 %.
type Step int16

// StepsPerOctave is the resolution of the grid.
const StepsPerOctave = 16

// StepOf returns the nearest step of an amount, which the caller has converted
// to EUR. ok is false for an amount of 0: it has no logarithm.
func StepOf(eur assay.Money) (step Step, ok bool) {
	if eur.Amount <= 0 {
		return 0, false
	}
	// log2(amount × 10^-scale), in 2^-32ths.
	log := int64(log2(uint64(eur.Amount))) - int64(eur.Scale)*log2of10
	return Step((log*StepsPerOctave + 1<<31) >> 32), true
}

// Amount returns the amount in the middle of a step, in the currency whose amount
// the step was taken of: for drawing.
func (s Step) Amount() float64 { return math.Exp2(float64(s) / StepsPerOctave) }

// Distribution is the list prices of a catalogue on the grid: how often each
// step occurs. The zero value is empty. It is immutable.
type Distribution struct {
	bins  []bin // by step
	total uint64
}

type bin struct {
	step  Step
	count uint32
}

// NewDistribution counts steps, in any order.
func NewDistribution(steps []Step) Distribution {
	if len(steps) == 0 {
		return Distribution{}
	}
	lowest, highest := slices.Min(steps), slices.Max(steps)
	counts := make([]uint32, int(highest)-int(lowest)+1)
	different := 0
	for _, s := range steps {
		i := int(s) - int(lowest)
		if counts[i] == 0 {
			different++
		}
		counts[i]++
	}
	d := Distribution{bins: make([]bin, 0, different), total: uint64(len(steps))}
	for i, n := range counts {
		if n > 0 {
			d.bins = append(d.bins, bin{lowest + Step(i), n})
		}
	}
	return d
}

// Point is the distribution of one known price.
func Point(s Step) Distribution {
	return Distribution{bins: []bin{{s, 1}}, total: 1}
}

// Len returns how many prices d counts.
func (d Distribution) Len() int { return int(d.total) }

// All yields each step that occurs, from the lowest on, and how often.
func (d Distribution) All() iter.Seq2[Step, int] {
	return func(yield func(Step, int) bool) {
		for _, b := range d.bins {
			if !yield(b.step, int(b.count)) {
				return
			}
		}
	}
}

// Bounds returns the lowest and the highest step that occurs; 0 and 0 for an
// empty distribution.
func (d Distribution) Bounds() (lowest, highest Step) {
	if len(d.bins) == 0 {
		return 0, 0
	}
	return d.bins[0].step, d.bins[len(d.bins)-1].step
}

// log2of10 is log2(10) in 2^-32ths.
const log2of10 = 14267572527

// log2 returns the binary logarithm of n > 0 in 2^-32ths, rounded down, by
// repeated squaring (C. S. Turner, "A Fast Binary Logarithm Algorithm", IEEE
// Signal Processing Magazine, 2010). Integers only: the same on every machine.
func log2(n uint64) uint64 {
	whole := bits.Len64(n) - 1
	x := n << (63 - whole) // in [1, 2), 63 fractional bits
	log := uint64(whole)
	for range 32 {
		hi, lo := bits.Mul64(x, x) // 126 fractional bits, in [1, 4)
		log <<= 1
		if hi>>63 != 0 {
			log |= 1
			x = hi
		} else {
			x = hi<<1 | lo>>63
		}
	}
	return log
}
