package marks

import (
	"unicode"
	"unicode/utf8"
)

// token is a word of a text.
type token struct {
	hash       uint64 // of the folded characters
	start, end int32  // bytes of the text; end includes diacritics that follow
	before     gap    // what stands between it and the token before
	loose      bool   // several letters: what separates it from another such word may vary
	symbol     bool   // & or +: a space beside it says nothing
}

// gap is a code of what stands between two words.
type gap uint64

const (
	gapNone  gap = iota
	gapLoose     // any short separator between two loose words
	gapWide      // more than maxGap characters, or an unreadable byte
	gapSpace     // white space
	// above: a hash of the punctuation, without white space
)

// maxGap is the longest separator, in characters, that the words of one term may
// have between them. Longer ones are all alike.
const maxGap = 3

// between returns the gap that decides whether b follows a as in a term. It
// depends on the two words alone, so that text and terms are read alike: "Louis
// Vuitton" may be written "Louis-Vuitton", but "1:1" not "1 1".
func between(a, b *token) gap {
	switch g := b.before; {
	case (a.symbol || b.symbol) && g == gapSpace:
		return gapNone
	case a.loose && b.loose && g != gapNone && g != gapWide:
		return gapLoose
	default:
		return g
	}
}

// Word hashes are polynomials over the folded characters (Horner's rule modulo
// 2^64); mix spreads them over a table.
const hashBase = 0x9E3779B97F4A7C15

func mix(h uint64) uint64 { // splitmix64's finaliser
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// extend returns the hash of a word sequence that goes on with t after g.
func extend(h uint64, g gap, t *token) uint64 {
	return mix(h ^ (t.hash+uint64(g))*hashBase)
}

// lexer reads a text into tokens.
type lexer struct {
	*foldTable
	tokens []token

	word      token
	open      bool // word is being read
	chars     int  // folded characters of word
	letters   bool // word has a character that is no digit
	gap       gap
	separator int // characters since the last token
}

// tokenize returns the tokens of text, valid until the next call. It passes over
// the text once.
func (x *lexer) tokenize(text string) []token {
	x.tokens = x.tokens[:0]
	x.open, x.gap, x.separator = false, gapNone, 0
	for i := 0; i < len(text); {
		if c := x.bytes[text[i]]; c.class() == letter {
			i = x.asciiLetters(text, i)
			if i < len(text) && text[i] == ' ' { // as the cases below would do it
				x.close(i)
				x.separator = 1
				i++
			}
			continue
		}
		r, size := rune(text[i]), 1
		var c cell
		if r < utf8.RuneSelf {
			c = x.bytes[r]
		} else {
			r, size = utf8.DecodeRuneInString(text[i:])
			c = x.cell(r)
		}
		switch class := c.class(); {
		case class == letter:
			x.letter(i, r, c)
		case class == separator:
			x.close(i)
			x.separate(r, c)
		default:
			x.close(i)
			x.single(i, i+size, r, c)
		}
		i += size
	}
	x.close(len(text))
	return x.tokens
}

// asciiLetters reads ASCII letters and digits from i on and returns where they
// end. It does what letter does, a byte a step: most text is this.
func (x *lexer) asciiLetters(text string, i int) int {
	if !x.open {
		x.start(i)
	}
	hash, from := x.word.hash, i
	var seen cell
	for ; i < len(text); i++ {
		c := x.bytes[text[i]]
		if c.class() != letter {
			break
		}
		seen |= c
		hash = hash*hashBase + uint64(c>>cellShift)
	}
	x.word.hash = hash
	x.chars += i - from
	x.letters = x.letters || seen&cellNoDigit != 0
	return i
}

func (x *lexer) start(at int) {
	x.word = token{start: int32(at), before: x.takeGap()}
	x.open, x.chars, x.letters = true, 0, false
}

func (x *lexer) letter(at int, r rune, c cell) {
	if c&cellLong != 0 {
		for _, f := range x.long[c>>cellShift].to {
			x.add(at, f)
		}
		return
	}
	if f := rune(c >> cellShift); f != 0 {
		r = f
	}
	x.add(at, r)
}

func (x *lexer) add(at int, folded rune) {
	if !x.open {
		x.start(at)
	}
	x.word.hash = x.word.hash*hashBase + uint64(folded)
	x.chars++
	if folded < '0' || folded > '9' {
		x.letters = true
	}
}

func (x *lexer) close(end int) {
	if !x.open {
		return
	}
	x.open = false
	x.word.end = int32(end)
	x.word.loose = x.letters && x.chars > 1
	x.tokens = append(x.tokens, x.word)
}

// single adds a character that is a word by itself, or several if it folds to
// several.
func (x *lexer) single(start, end int, r rune, c cell) {
	t := token{hash: uint64(r), start: int32(start), end: int32(end), before: x.takeGap(), symbol: c.class() == symbol}
	if c&cellLong == 0 {
		if f := c >> cellShift; f != 0 {
			t.hash = uint64(f)
		}
		x.tokens = append(x.tokens, t)
		return
	}
	for _, f := range x.long[c>>cellShift].to {
		t.hash = uint64(f)
		x.tokens = append(x.tokens, t)
		t.before = gapNone
	}
}

func (x *lexer) separate(r rune, c cell) {
	x.separator++
	if r == utf8.RuneError || x.separator > maxGap {
		x.separator = maxGap + 1
	} else if p := punctuation(r, c); p != 0 {
		x.gap = x.gap*hashBase + gap(p)
	}
}

// punctuation returns the folded form of a separator, 0 for white space and
// controls.
func punctuation(r rune, c cell) rune {
	if f := rune(c >> cellShift); f != 0 && c&cellLong == 0 {
		r = f
	}
	if r <= ' ' || unicode.IsSpace(r) {
		return 0
	}
	return r
}

// appendPunctuation appends the folded form of what stands between two words. A diacritic in it
// has no character that it could stand on, and says nothing.
func (x *lexer) appendPunctuation(dst []rune, s string) []rune {
	for _, r := range s {
		c := x.cell(r)
		if c.class() == letter {
			continue
		}
		if p := punctuation(r, c); p != 0 {
			dst = append(dst, p)
		}
	}
	return dst
}

func (x *lexer) takeGap() gap {
	g := x.gap
	switch {
	case x.separator == 0:
		g = gapNone
	case x.separator > maxGap:
		g = gapWide
	case g == gapNone:
		g = gapSpace
	}
	x.gap, x.separator = gapNone, 0
	return g
}
