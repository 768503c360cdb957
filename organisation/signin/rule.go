package signin

import (
	"strings"
	"unicode/utf8"

	"assay"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Lengths of passwords in characters (Unicode code points), by NIST SP 800-63B-4,
// section 3.1.1.2: 15 where the password is all there is, 8 where a second factor
// follows. Long ones are welcome; the upper limit is there so that normalising one
// costs little. There are no rules about kinds of characters, and none about age.
const (
	MinPasswordAlone            = 15
	MinPasswordWithSecondFactor = 8
	MaxPassword                 = 1024

	maxPasswordBytes = 4 * MaxPassword
	maxNameBytes     = 320 // an e-mail address: 64 + @ + 255 (RFC 5321, section 4.5.3.1)
)

// PasswordRule is what a new password is held against.
type PasswordRule struct {
	// SecondFactor says that the member has a second factor, so 8 characters do.
	SecondFactor bool
	// Context are words that a guesser would try first: the member's name and
	// address, their organisation, the service. A password that is one of them, or
	// repeats one, is refused.
	Context []string
}

// prepare returns the password as it is hashed, and its length in characters. It is
// the OpaqueString profile (RFC 8265, section 4.2: control characters are refused,
// every kind of space becomes a space, case is kept) and then NFKC (NIST SP 800-63B), so
// that the same keys on two machines are the same password. Nothing is cut off.
func prepare(password string) (prepared string, characters int, err error) {
	if len(password) > maxPasswordBytes || utf8.RuneCountInString(password) > MaxPassword {
		return "", 0, assay.Errorf(assay.Invalid, "the password is longer than %d characters", MaxPassword)
	}
	opaque, err := precis.OpaqueString.String(password)
	if err != nil || !utf8.ValidString(password) {
		return "", 0, assay.Errorf(assay.Invalid, "the password is empty or has characters that cannot be typed everywhere")
	}
	// Counted before NFKC, which writes some single characters out as many.
	return norm.NFKC.String(opaque), utf8.RuneCountInString(opaque), nil
}

// accept returns the prepared password, or Invalid with the rule that it breaks.
func (p *Passwords) accept(password string, rule PasswordRule) (string, error) {
	prepared, n, err := prepare(password)
	if err != nil {
		return "", err
	}
	least := MinPasswordAlone
	if rule.SecondFactor {
		least = MinPasswordWithSecondFactor
	}
	switch {
	case n < least:
		return "", assay.Errorf(assay.Invalid, "the password has %d characters; it needs at least %d", n, least)
	case easy(prepared, rule.Context) || p.blocked != nil && p.blocked(prepared):
		return "", assay.Errorf(assay.Invalid, "this password is among the first that somebody would try; choose another")
	}
	return prepared, nil
}

// easy reports whether a password is one word repeated, a row of the keyboard or the
// alphabet, a common password or a word of its context. SP 800-63B-4 wants the whole
// password compared, not its parts.
func easy(prepared string, context []string) bool {
	s := fold(prepared)
	unit := s
	for i := 1; i <= len(s)/2; i++ {
		if len(s)%i == 0 && strings.Repeat(s[:i], len(s)/i) == s {
			unit = s[:i]
			break
		}
	}
	if utf8.RuneCountInString(unit) <= 4 && unit != s {
		return true
	}
	const rows = "abcdefghijklmnopqrstuvwxyz 01234567890123456789 qwertyuiopasdfghjklzxcvbnm qwertyuiop[] asdfghjkl;' 1q2w3e4r5t6y7u8i9o0p"
	if strings.Contains(rows, unit) || strings.Contains(rows, reversed(unit)) {
		return true
	}
	for _, word := range context {
		word = fold(word)
		local, _, _ := strings.Cut(word, "@")
		for _, w := range []string{word, local, strings.ReplaceAll(word, " ", "")} {
			if w != "" && (w == s || w == unit) {
				return true
			}
		}
	}
	const common = " password passw0rd password1 password12 password123 password1234 passwordpassword p@ssw0rd p@ssword " +
		"iloveyou letmein letmein1 welcome welcome1 welcome123 sunshine princess football baseball superman " +
		"batman trustno1 administrator admin123 admin1234 changeme changeme123 changeit default1 qwerty123 qwerty1234 " +
		"qwertyuiop123 1qaz2wsx 1qaz2wsx3edc zaq12wsx abc12345 abcd1234 a1b2c3d4 monkey123 dragon123 master123 shadow123 " +
		"michael1 jennifer computer internet starwars whatever trustnoone correcthorsebatterystaple thisisapassword " +
		"thisismypassword mypassword123 letmeinletmein iloveyouforever assay assay123 counterfeit "
	return strings.Contains(common, " "+unit+" ") && !strings.Contains(unit, " ")
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// FoldName returns a name or e-mail address as it is looked up and stored: without
// space around it, without case (Unicode case folding), in NFKC. It returns "", which
// is nobody's name, when the name is not UTF-8 or longer than 320 bytes. Mail goes to the
// address that is stored and never to one that was typed: two that fold to the same
// name may belong to two people.
func FoldName(name string) string {
	if len(name) > maxNameBytes || !utf8.ValidString(name) {
		return ""
	}
	return strings.TrimSpace(fold(name))
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
