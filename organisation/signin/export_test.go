package signin

import "github.com/pquerna/otp"

// ParsePHC parses a PHC string and writes it again.
func ParsePHC(s string) (string, error) {
	h, err := parsePHC(s)
	if err != nil {
		return "", err
	}
	return h.String(), nil
}

// Prepared is a password as it is hashed.
func Prepared(password string) (string, int, error) { return prepare(password) }

// Argon2id verifies a PHC string without any account.
func Argon2id(phcString, password string) (bool, error) {
	h, err := parsePHC(phcString)
	if err != nil {
		return false, err
	}
	return string(argon2id([]byte(password), h.salt, h.Params, uint32(len(h.hash)))) == string(h.hash), nil
}

// SetKDF replaces argon2id.
func (p *Passwords) SetKDF(kdf func(password, salt []byte, p Params, n uint32) []byte) { p.kdf = kdf }

// Counters is how many counters of the fullest kind are kept.
func (l *Limiter) Counters() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := 0
	for _, t := range l.tables {
		most = max(most, len(t.byKey), t.order.Len())
	}
	return most
}

// CodeOfEightDigits is a TOTP code as RFC 6238's appendix B has it.
func CodeOfEightDigits(secret []byte, step int64) (string, error) {
	return codeAt(secret, step, otp.DigitsEight)
}

// CodeOfSixDigits is a TOTP code.
func CodeOfSixDigits(secret []byte, step int64) (string, error) {
	return codeAt(secret, step, otp.DigitsSix)
}
