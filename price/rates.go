package price

import (
	"assay"

	"github.com/govalues/decimal"
)

// Euro is the currency that prices are compared in.
const Euro = "EUR"

// Rates converts amounts by the rates of one day. It is immutable.
type Rates struct {
	perEUR map[string]decimal.Decimal
}

// NewRates builds rates from the European Central Bank's order: 1 EUR =
// perEUR[code]. Each must be above 0; EUR itself is 1 whatever the map says.
func NewRates(perEUR map[string]assay.Money) (*Rates, error) {
	r := &Rates{perEUR: make(map[string]decimal.Decimal, len(perEUR)+1)}
	for code, m := range perEUR {
		if _, ok := assay.LookupCurrency(code); !ok || m.Amount <= 0 {
			return nil, assay.Errorf(assay.Invalid, "rate of %s: an ISO 4217 code and a rate above 0 are needed", code)
		}
		d, err := decimal.New(m.Amount, int(m.Scale))
		if err != nil {
			return nil, assay.Errorf(assay.Invalid, "rate of %s: %w", code, err)
		}
		r.perEUR[code] = d
	}
	r.perEUR[Euro] = decimal.One
	return r, nil
}

// Has reports whether code can be converted.
func (r *Rates) Has(code string) bool {
	_, ok := r.perEUR[code]
	return ok
}

// PerEUR returns how much of the currency 1 EUR is: for drawing, since it is not
// exact. ok is false when code cannot be converted.
func (r *Rates) PerEUR(code string) (rate float64, ok bool) {
	d, ok := r.perEUR[code]
	if !ok {
		return 0, false
	}
	return d.Float64()
}

// Convert converts m into the currency to, rounded half to even at the minor
// unit of to (at m's own scale within one currency). ok is false when a rate is
// missing or the result passes 18 digits.
func (r *Rates) Convert(m assay.Money, to string) (converted assay.Money, ok bool) {
	if m.Currency == to {
		return m, !m.IsZero()
	}
	return r.convert(m, to, int(assay.MinorDigits(to)))
}

// ToEUR converts m into euros at the precision that StepOf uses: six decimals,
// because 1 rupiah is less than a cent.
func (r *Rates) ToEUR(m assay.Money) (eur assay.Money, ok bool) {
	if m.Currency == Euro {
		return m, true
	}
	return r.convert(m, Euro, 6)
}

func (r *Rates) convert(m assay.Money, to string, scale int) (assay.Money, bool) {
	from, okFrom := r.perEUR[m.Currency]
	dest, okTo := r.perEUR[to]
	if !okFrom || !okTo {
		return assay.Money{}, false
	}
	d, err := decimal.New(m.Amount, int(m.Scale))
	if err != nil {
		return assay.Money{}, false
	}
	if d, err = d.Mul(dest); err != nil {
		return assay.Money{}, false
	}
	if d, err = d.Quo(from); err != nil {
		return assay.Money{}, false
	}
	d = d.Rescale(scale)
	const max18 = 999_999_999_999_999_999
	if d.Scale() != scale || d.Coef() > max18 {
		return assay.Money{}, false
	}
	return assay.Money{Amount: int64(d.Coef()), Scale: uint8(scale), Currency: to}, true
}
