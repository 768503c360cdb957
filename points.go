package assay

// Points is evidence in log-odds (natural logarithm of a likelihood ratio),
// counted in millionths so that sums are exact. It prints with six decimals.
type Points int64

// Point is one unit of log-odds.
const Point Points = 1_000_000

// String formats p with six decimals, "1.700000".
func (p Points) String() string { return string(appendScaled(nil, int64(p), 6)) }

// MarshalJSON writes p as a JSON number with six decimals.
func (p Points) MarshalJSON() ([]byte, error) { return appendScaled(nil, int64(p), 6), nil }

// UnmarshalJSON reads a JSON number with at most six decimals.
func (p *Points) UnmarshalJSON(b []byte) error {
	s, neg := string(b), false
	if len(s) > 0 && s[0] == '-' {
		s, neg = s[1:], true
	}
	v, err := ParsePoints(s)
	if neg {
		v = -v
	}
	*p = v
	return err
}

// maxPoints bounds the numbers that are read: a billion points.
const maxPoints = 1_000_000_000 * int64(Point)

// ParsePoints reads a decimal number with at most six decimals.
func ParsePoints(s string) (Points, error) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	m, err := ParseAmount(s)
	if err != nil || m.Scale > 6 || m.Amount > maxPoints/int64(pow10[6-m.Scale]) {
		return 0, &Problem{Reason: quote(s) + " is not a number of points (at most six decimals)"}
	}
	n := m.Amount * int64(pow10[6-m.Scale])
	if neg {
		n = -n
	}
	return Points(n), nil
}
