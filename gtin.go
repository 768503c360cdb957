package assay

// GTIN is a GS1 Global Trade Item Number as the number that its 14-digit form
// writes, check digit included: GTIN-8, -12 (UPC), -13 (EAN) and -14 of one item
// are one value. 0 is none.
type GTIN uint64

// GTINFault says what is wrong with a string that should be a GTIN.
type GTINFault string

const (
	GTINFine       GTINFault = ""
	GTINShape      GTINFault = "shape"       // not 8, 12, 13 or 14 digits
	GTINCheckDigit GTINFault = "check digit" // the last digit does not fit the others
)

// ParseGTIN reads a GTIN of 8, 12, 13 or 14 digits; spaces and hyphens between
// digits are passed over. Source: GS1 General Specifications, section 7.9 (check
// digit). It returns the number also when only the check digit is wrong.
func ParseGTIN(s string) (GTIN, GTINFault) {
	var n, sum uint64
	digits := 0
	for i := len(s) - 1; i >= 0; i-- {
		c := s[i]
		if c == ' ' || c == '-' {
			continue
		}
		if c < '0' || c > '9' || digits == 14 {
			return 0, GTINShape
		}
		d := uint64(c - '0')
		if digits%2 == 1 { // weights from the right: 1 (check digit), 3, 1, 3 …
			sum += 3 * d
		} else {
			sum += d
		}
		n += d * gtinPow[digits]
		digits++
	}
	if digits != 8 && digits != 12 && digits != 13 && digits != 14 || n == 0 {
		return 0, GTINShape
	}
	if sum%10 != 0 {
		return GTIN(n), GTINCheckDigit
	}
	return GTIN(n), GTINFine
}

var gtinPow = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13}

// String formats g with 14 digits, "" for none.
func (g GTIN) String() string {
	if g == 0 {
		return ""
	}
	var b [14]byte
	for i := range b {
		b[13-i] = byte('0' + uint64(g)/gtinPow[i]%10)
	}
	return string(b[:])
}
