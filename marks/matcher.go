package marks

import (
	"math/bits"
	"slices"
	"strings"

	"assay"
)

// MaxTermWords is how many words a term may have; each character of a script
// without spaces counts as one.
const MaxTermWords = 64

// Matcher finds a fixed list of terms. It is immutable and safe for concurrent
// use; ask it through a Finder.
//
// One open-addressing table holds the hash of every term and of every beginning
// of one; a bitmap small enough for a core's second-level cache answers most
// words of a text before the table is asked.
type Matcher struct {
	table  *foldTable
	terms  []string
	next   []int32 // the next term with the same folded form, or none
	slots  []slot  // a power of two, at most half full
	filter []uint64
}

type slot struct {
	key  uint64 // 0: empty
	term int32  // the first term that ends here, or none
	more bool   // a longer term begins like this
}

const none = -1

// filterBits is how many bits of filter there are for a word of a term, before
// rounding up: one in five to ten of the words that begin no term passes, and with
// 100,000 terms it is 256 KB.
const filterBits = 5

// Build makes a Matcher of terms: the term at index i has id i. Terms may fold to
// the same form; each gives its own hit. A term that folds to nothing or has more
// than MaxTermWords words is an error that names its index. Building costs about
// a microsecond a word, memory about 40 bytes a word.
func Build(terms []string) (*Matcher, error) {
	m := &Matcher{table: table(), terms: terms, next: make([]int32, len(terms))}
	x := lexer{foldTable: m.table}
	words := 0
	for i, term := range terms {
		n := len(x.tokenize(term))
		if n == 0 || n > MaxTermWords {
			return nil, assay.Errorf(assay.Invalid, "term %d, %q, has %d words, need 1 to %d", i, shorten(term), n, MaxTermWords)
		}
		words += n
	}
	m.slots = make([]slot, 1<<bits.Len(uint(2*words)))
	m.filter = make([]uint64, max(1, 1<<bits.Len(uint(filterBits*words))/64))
	for i := len(terms) - 1; i >= 0; i-- { // so that equal terms are found in rising order
		m.next[i] = none
		tokens := x.tokenize(terms[i])
		h := first(&tokens[0])
		m.setFilter(h)
		for j := 1; j < len(tokens); j++ {
			m.slot(h).more = true
			h = extend(h, between(&tokens[j-1], &tokens[j]), &tokens[j])
			m.setFilter(h)
		}
		s := m.slot(h)
		m.next[i], s.term = s.term, int32(i)
	}
	return m, nil
}

func shorten(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func first(t *token) uint64 { return mix(t.hash) }

// probe returns the slot of h, or the empty one where it would be.
func (m *Matcher) probe(h uint64) *slot {
	h |= 1 << 63 // never 0
	for i := h; ; i++ {
		if s := &m.slots[i&uint64(len(m.slots)-1)]; s.key == h || s.key == 0 {
			return s
		}
	}
}

// slot returns the slot of h, claiming an empty one for it.
func (m *Matcher) slot(h uint64) *slot {
	s := m.probe(h)
	if s.key == 0 {
		*s = slot{key: h | 1<<63, term: none}
	}
	return s
}

// find returns the slot of h, or nil.
func (m *Matcher) find(h uint64) *slot {
	if s := m.probe(h); s.key != 0 {
		return s
	}
	return nil
}

func (m *Matcher) setFilter(h uint64) {
	m.filter[h>>38&uint64(len(m.filter)-1)] |= 1 << (h >> 32 & 63)
}

// mayHave reports whether h may be in the table; if not, it is not.
func (m *Matcher) mayHave(h uint64) bool {
	return m.filter[h>>38&uint64(len(m.filter)-1)]>>(h>>32&63)&1 != 0
}

// Len returns how many terms m finds.
func (m *Matcher) Len() int { return len(m.terms) }

// Term returns the term with the given id, as it was given to Build.
func (m *Matcher) Term(id int32) string { return m.terms[id] }

// MemoryBytes returns what the matcher's tables occupy, without the terms' text.
func (m *Matcher) MemoryBytes() int {
	return len(m.slots)*16 + len(m.filter)*8 + len(m.terms)*(16+4)
}

// Finder asks a Matcher. It holds scratch memory, so it serves one goroutine at
// a time.
type Finder struct {
	m    *Matcher
	lex  lexer
	hits []Hit
	a, b reading
}

// NewFinder returns a Finder for m.
func (m *Matcher) NewFinder() *Finder {
	return &Finder{m: m, lex: lexer{foldTable: m.table}}
}

// Find returns every occurrence of every term in text, by start, then length,
// then term id. Occurrences may overlap. The slice is valid until the next
// call. Text may be anything, invalid UTF-8 included; it costs about four
// nanoseconds a byte.
func (f *Finder) Find(text string) []Hit {
	f.hits = f.hits[:0]
	tokens := f.lex.tokenize(text)
	for i := range tokens {
		h := first(&tokens[i])
		for j := i; f.m.mayHave(h); {
			s := f.m.find(h)
			if s == nil {
				break
			}
			for id := s.term; id != none; id = f.m.next[id] {
				f.add(id, text, int(tokens[i].start), int(tokens[j].end))
			}
			if j++; !s.more || j == len(tokens) {
				break
			}
			h = extend(h, between(&tokens[j-1], &tokens[j]), &tokens[j])
		}
	}
	return f.hits
}

// add records a hit after comparing the folded characters themselves, so that
// two words of one hash are never taken for each other.
func (f *Finder) add(id int32, text string, start, end int) {
	written, term := text[start:end], f.m.terms[id]
	hit := Hit{Term: id, Start: start, End: end}
	if written != term {
		if sameButCase(written, term) {
			hit.How = HowCase
		} else {
			f.a.read(f.m.table, written)
			f.b.read(f.m.table, term)
			if !slices.Equal(f.a.folded, f.b.folded) {
				return
			}
			hit.How = f.a.differs(&f.b)
		}
	}
	f.hits = append(f.hits, hit)
}

// sameButCase reports whether two texts are equal but for the case of ASCII
// letters: most hits are, and this is the quick way to see it.
func sameButCase(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if c := a[i] | 0x20; a[i] != b[i] && (c != b[i]|0x20 || c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// reading is a text taken apart for comparing.
type reading struct {
	letters    []rune // as written, without separators
	hows       []How  // what folding each letter undoes
	folded     []rune
	separators []rune
}

func (r *reading) read(t *foldTable, s string) {
	r.letters, r.hows, r.folded, r.separators = r.letters[:0], r.hows[:0], r.folded[:0], r.separators[:0]
	inner := 0 // separators before the last letter
	for _, c := range s {
		cell, n := t.cell(c), len(r.folded)
		if cell.class() == separator {
			if n > 0 {
				r.separators = append(r.separators, c)
			}
			continue
		}
		inner = len(r.separators)
		r.folded = t.appendFold(r.folded, c, cell)
		if len(r.folded) == n { // a diacritic on the letter before
			if n > 0 {
				r.hows[len(r.hows)-1] |= cell.how()
			}
			continue
		}
		r.letters = append(r.letters, c)
		r.hows = append(r.hows, cell.how())
	}
	r.separators = r.separators[:inner]
}

// differs tells which disguises make one writing of a term another.
func (r *reading) differs(o *reading) How {
	var how How
	if len(r.letters) == len(o.letters) {
		for i, c := range r.letters {
			if c != o.letters[i] || r.hows[i] != o.hows[i] {
				how |= r.hows[i] ^ o.hows[i]
			}
		}
	} else {
		for _, h := range r.hows {
			how |= h
		}
		for _, h := range o.hows {
			how |= h
		}
	}
	if string(r.separators) != string(o.separators) {
		how |= HowSeparator
	}
	return how
}

// Fold returns the form of text that exact matching compares: folded words and
// what separates them. A term is found where whole words of a text fold to what
// the term folds to. It is empty for text without words. It is the definition,
// not the fast way.
func Fold(text string) string {
	x := lexer{foldTable: table()}
	var folded []rune
	var last *token
	for i, t := range x.tokenize(text) {
		if last != nil && t.start < last.end {
			continue // the same character's second half
		}
		if last != nil {
			switch between(last, &t) {
			case gapNone:
			case gapLoose, gapSpace:
				folded = append(folded, ' ')
			case gapWide:
				for range maxGap + 1 {
					folded = append(folded, ' ')
				}
			default:
				folded = x.appendPunctuation(folded, text[last.end:t.start])
			}
		}
		for _, r := range text[t.start:t.end] {
			folded = x.appendFold(folded, r, x.cell(r))
		}
		last = &x.tokens[i]
	}
	return string(folded)
}
