package marks

import (
	"bytes"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// class is what a character does to a word.
type class uint8

const (
	separator class = iota // ends a word
	letter                 // belongs to a word: letters, digits and their marks
	unspaced               // a word by itself: scripts that don't put spaces between words
	symbol                 // a word by itself that may stand apart: & and +
)

// folding is what becomes of one character.
type folding struct {
	class class
	how   How    // disguises that folding undoes
	to    []rune // folded form; nil: itself
}

// foldRune folds one character, the slow way: compatibility decomposition
// (Unicode Standard Annex 15, NFKD), Latin, Greek and Cyrillic diacritics
// dropped, lower case.
func foldRune(r rune) folding {
	if r == utf8.RuneError {
		return folding{}
	}
	switch {
	case r >= 0xAC00 && r <= 0xD7A3: // Hangul syllables: decomposed they say no more
		return folding{class: unspaced}
	case r >= 0x3400 && r <= 0x9FFF && unicode.Is(unicode.Han, r), r >= 0x20000 && r < 0x2F800, r >= 0x30000 && r < plainFrom:
		return folding{class: unspaced} // ideographs, which fold to themselves
	case r >= plainFrom:
		return folding{} // no letters there, in Unicode 16
	}
	var f folding
	text := string(r)
	decomposed := norm.NFKD.PropertiesString(text).Decomposition()
	if decomposed == nil {
		decomposed = []byte(text)
	} else if !bytes.Equal(decomposed, norm.NFD.PropertiesString(text).Decomposition()) {
		f.how |= HowWidth
	}
	for _, d := range string(decomposed) {
		if d >= 0x0300 && d <= 0x036F { // Combining Diacritical Marks
			f.how |= HowAccent
			continue
		}
		lower := unicode.ToLower(d)
		if lower != d {
			f.how |= HowCase
		}
		switch lower {
		case 'ß':
			f.to = append(f.to, 's', 's')
			continue
		case 'ς':
			lower = 'σ'
		case 'ı':
			lower = 'i'
		case '’', '‘', 'ʼ', '´', '`':
			lower = '\''
		}
		f.to = append(f.to, lower)
	}
	for i, d := range f.to {
		if c := classOf(d); i == 0 || c < f.class {
			f.class = c
		}
	}
	if len(f.to) == 0 && f.how&HowAccent != 0 {
		f.class = letter // a lone diacritic belongs to the word before it
		f.to = []rune{}
	}
	if len(f.to) == 1 && f.to[0] == r {
		f.to = nil
	}
	return f
}

func classOf(r rune) class {
	switch {
	case r == '&' || r == '+':
		return symbol
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar),
		r == 'ー', r == 0x3099, r == 0x309A: // long vowel, voicing marks
		return unspaced
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), unicode.Is(unicode.Nl, r):
		return letter
	}
	return separator
}

// foldTable answers foldRune in a few nanoseconds: pages of 256 characters,
// equal pages shared.
type foldTable struct {
	bytes [256]cell // ASCII, each with its folded character spelt out; class separator above
	pages []uint16  // by rune >> 8
	cells []cell    // 256 a page
	long  []folding
}

// cell packs a folding: class in bits 0–1, how in bits 2–4, then the folded rune
// (0: itself), or, with cellLong, an index into long.
type cell uint32

const (
	cellLong    = 1 << 5
	cellNoDigit = 1 << 6 // only in bytes: a letter that is no digit
	cellShift   = 7
)

func (c cell) class() class { return class(c & 3) }
func (c cell) how() How     { return How(c >> 2 & 7) }

// plainFrom is where characters begin that are all separators: unassigned, private
// or tags.
const plainFrom = 0x32400

// table is computed at the first use (about 20 ms) and never changes.
var table = sync.OnceValue(newFoldTable)

func newFoldTable() *foldTable {
	t := &foldTable{pages: make([]uint16, unicode.MaxRune>>8+1)}
	seen := map[[256]cell]uint16{}
	for page := range t.pages {
		var cells [256]cell
		for i := range cells {
			cells[i] = t.pack(rune(page<<8 | i))
		}
		n, ok := seen[cells]
		if !ok {
			n = uint16(len(t.cells) / 256)
			seen[cells] = n
			t.cells = append(t.cells, cells[:]...)
		}
		t.pages[page] = n
	}
	for b, c := range t.cells[int(t.pages[0])*256:][:utf8.RuneSelf] {
		if c>>cellShift == 0 {
			c |= cell(b) << cellShift
		}
		if c.class() == letter && (b < '0' || b > '9') {
			c |= cellNoDigit
		}
		t.bytes[b] = c
	}
	return t
}

func (t *foldTable) pack(r rune) cell {
	f := foldRune(r)
	c := cell(f.class) | cell(f.how)<<2
	switch {
	case f.to == nil: // itself: 0, so that pages of such characters are equal
		return c
	case len(f.to) == 1:
		return c | cell(f.to[0])<<cellShift
	}
	t.long = append(t.long, f)
	return c | cellLong | cell(len(t.long)-1)<<cellShift
}

func (t *foldTable) cell(r rune) cell {
	if r < utf8.RuneSelf {
		return t.bytes[r]
	}
	return t.cells[int(t.pages[r>>8])<<8|int(r&0xFF)]
}

// appendFold appends the folded form of r, whose cell is c.
func (t *foldTable) appendFold(dst []rune, r rune, c cell) []rune {
	switch {
	case c&cellLong != 0:
		return append(dst, t.long[c>>cellShift].to...)
	case c>>cellShift != 0:
		return append(dst, rune(c>>cellShift))
	}
	return append(dst, r)
}
