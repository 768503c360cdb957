package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

const (
	recoveryCodes = 10
	// 120 bits: above the 112 from which NIST SP 800-63B, section 3.1.2.2, lets a
	// look-up secret be kept as a plain hash.
	recoveryBytes = 15
	recoveryChars = 24
)

// recoveryAlphabet is Crockford's base32 in small letters: without i, l, o and u.
const recoveryAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

func newRecoveryCodes() (codes []string, hashes [][32]byte) {
	for range recoveryCodes {
		var b [recoveryBytes]byte
		rand.Read(b[:])
		s := base32.NewEncoding(recoveryAlphabet).EncodeToString(b[:])
		hash, _ := hashRecovery(s)
		codes = append(codes, s[:6]+"-"+s[6:12]+"-"+s[12:18]+"-"+s[18:])
		hashes = append(hashes, hash)
	}
	return codes, hashes
}

// hashRecovery returns the hash of a tidied recovery code, whatever the case, and
// with the letters that look like digits read as those.
func hashRecovery(code string) (hash [32]byte, ok bool) {
	code = strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(strings.ToLower(code))
	if len(code) != recoveryChars || strings.Trim(code, recoveryAlphabet) != "" {
		return hash, false
	}
	return sha256.Sum256([]byte(code)), true
}
