package reference

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A category path is folded before it is compared: letter case and white space
// around and within segments do not matter, empty segments are dropped. The
// folded form of " Bags>> Shoulder  bags " is "bags>shoulder bags".

// pathReader reads the folded form of a path, character by character, without
// building it.
type pathReader struct {
	rest    string
	pending rune // a space or '>' that is due if something follows
	any     bool
}

// next returns the next character of the folded form, −1 at the end.
func (p *pathReader) next() rune {
	for len(p.rest) > 0 {
		r, size := rune(p.rest[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(p.rest)
		}
		switch {
		case r == '>':
			if p.any {
				p.pending = '>'
			}
		case unicode.IsSpace(r):
			if p.any && p.pending == 0 {
				p.pending = ' '
			}
		case p.pending != 0:
			r := p.pending
			p.pending = 0
			return r // and come back for the character itself
		default:
			p.any = true
			p.rest = p.rest[size:]
			return foldCase(r)
		}
		p.rest = p.rest[size:]
	}
	return -1
}

func foldCase(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// foldPath returns the folded form of a path.
func foldPath(path string) string {
	var b strings.Builder
	for p := (pathReader{rest: path}); ; {
		r := p.next()
		if r < 0 {
			return b.String()
		}
		b.WriteRune(r)
	}
}

// hasPathPrefix reports whether path lies at or below the folded prefix.
func hasPathPrefix(path, folded string) bool {
	p := pathReader{rest: path}
	for _, want := range folded {
		if p.next() != want {
			return false
		}
	}
	if folded == "" {
		return true
	}
	r := p.next()
	return r < 0 || r == '>'
}

// comparePath compares a folded path with the folded form of another.
func comparePath(folded, path string) int {
	p := pathReader{rest: path}
	for _, a := range folded {
		switch b := p.next(); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
	}
	if p.next() >= 0 {
		return -1
	}
	return 0
}

// A manufacturer's part number is folded before it is compared: letter case,
// spaces and hyphens do not matter.
const (
	minPartChars = 4   // shorter ones ("001") name nothing
	maxPartBytes = 128 // longer ones are no part numbers
)

// foldPart appends the folded form of a part number to dst, which has room for
// maxPartBytes. ok is false if the number is too short or too long to be looked
// up by.
func foldPart(dst []byte, part string) (folded []byte, ok bool) {
	chars := 0
	for _, r := range part {
		if r == '-' || unicode.Is(unicode.Pd, r) || r == '\u2212' || unicode.IsSpace(r) {
			continue
		}
		if len(dst)+utf8.UTFMax > maxPartBytes {
			return dst, false
		}
		dst = utf8.AppendRune(dst, foldCase(r))
		chars++
	}
	return dst, chars >= minPartChars
}
