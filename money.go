package assay

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// MaxScale is the largest number of decimal places an amount may have.
const MaxScale = 9

// Money is an amount of a currency: Amount × 10^-Scale. It is exact; nothing in
// Assay holds money as a floating-point number. The zero value is "no amount".
type Money struct {
	Amount   int64
	Scale    uint8  // decimal places, at most MaxScale
	Currency string // ISO 4217, upper case
}

// ParseMoney reads a decimal amount such as "129.00" in an ISO 4217 currency.
// The amount is what a JSON number may look like ("-" and an exponent
// included), so that 1.58095e+03 is read exactly. It must not be negative, must
// fit 18 digits and have at most MaxScale decimal places, after zeros that say
// nothing were dropped. Errors are *Problem with Field "amount" or "currency".
func ParseMoney(amount, currency string) (Money, error) {
	m, err := ParseAmount(amount)
	if err != nil {
		return Money{}, err
	}
	code, ok := LookupCurrency(currency)
	if !ok {
		return Money{}, &Problem{Field: "currency", Reason: quote(currency) + " is not an ISO 4217 code"}
	}
	m.Currency = code
	return m.withScaleOf(code), nil
}

// ParseAmount is ParseMoney without a currency.
func ParseAmount(s string) (Money, error) {
	bad := func(reason string) (Money, error) {
		return Money{}, &Problem{Field: "amount", Reason: quote(s) + " " + reason}
	}
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e < -40 || e > 40 {
			return bad("is not a decimal amount")
		}
		mantissa, exponent = s[:i], e
	}
	if strings.HasPrefix(mantissa, "-") {
		return bad("is negative")
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	if whole == "" || point && fraction == "" || len(mantissa) > 64 {
		return bad("is not a decimal amount")
	}
	digits := whole + fraction
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return bad("is not a decimal amount")
		}
	}
	scale := len(fraction) - exponent
	digits = strings.TrimLeft(digits, "0")
	for scale > 0 && strings.HasSuffix(digits, "0") && (exponent != 0 || scale > MaxScale) {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	if digits == "" {
		return Money{Scale: uint8(min(max(scale, 0), MaxScale))}, nil
	}
	for scale < 0 && len(digits) <= 18 {
		digits, scale = digits+"0", scale+1
	}
	if len(digits) > 18 {
		return bad("is too large: 18 digits at most")
	}
	if scale > MaxScale {
		return bad(fmt.Sprintf("has more than %d decimal places", MaxScale))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return bad("is not a decimal amount")
	}
	return Money{Amount: n, Scale: uint8(scale)}, nil
}

// withScaleOf gives m at least the minor digits of its currency, where that fits.
func (m Money) withScaleOf(code string) Money {
	for m.Scale < MinorDigits(code) && m.Amount < 1e17 {
		m.Amount, m.Scale = m.Amount*10, m.Scale+1
	}
	return m
}

// IsZero reports whether there is no amount at all (an amount of 0 has a
// currency).
func (m Money) IsZero() bool { return m == Money{} }

// Decimal formats the amount alone, "129.00".
func (m Money) Decimal() string { return string(m.AppendDecimal(nil)) }

// AppendDecimal appends the amount alone, "129.00".
func (m Money) AppendDecimal(dst []byte) []byte {
	return appendScaled(dst, m.Amount, int(m.Scale))
}

// String formats amount and currency, "129.00 EUR".
func (m Money) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Decimal() + " " + m.Currency
}

// Compare compares two amounts of one currency (which the caller has checked):
// −1, 0 or +1. It is exact.
func (m Money) Compare(o Money) int {
	mHi, mLo := bits.Mul64(uint64(m.Amount), pow10[max(o.Scale, m.Scale)-m.Scale])
	oHi, oLo := bits.Mul64(uint64(o.Amount), pow10[max(o.Scale, m.Scale)-o.Scale])
	switch {
	case mHi < oHi || mHi == oHi && mLo < oLo:
		return -1
	case mHi == oHi && mLo == oLo:
		return 0
	default:
		return 1
	}
}

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

func appendScaled(dst []byte, n int64, scale int) []byte {
	if n < 0 {
		dst = append(dst, '-')
	}
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	var digits [24]byte
	s := strconv.AppendUint(digits[:0], u, 10)
	for len(s) <= scale {
		s = append(s, 0)
		copy(s[1:], s)
		s[0] = '0'
	}
	dst = append(dst, s[:len(s)-scale]...)
	if scale > 0 {
		dst = append(dst, '.')
		dst = append(dst, s[len(s)-scale:]...)
	}
	return dst
}

// quote quotes hostile text for a message, shortened to 40 bytes.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return strconv.Quote(s)
}
