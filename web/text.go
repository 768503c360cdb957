package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/runenames"

	"assay"
)

// piece is a run of a listing's text: plain, marked for a reason, or a character that
// cannot be seen.
type piece struct {
	text   string
	signal assay.Signal // what marks it; empty: nothing
	why    string       // in words, for a marked piece
	rune   rune         // a character that is not seen, where times is above 0
	times  int          // how often it stands there
	rest   int          // above 0: so many more characters that are not seen stood in the text
}

// marked cuts the text of a field into pieces, those that the contributions name marked
// with their reason. Where two overlap the one that begins first counts, and then the
// longer one. Spans are in bytes of the text, and of no use in another one.
func (c *visit) marked(text, where string, contributions []assay.Contribution) []piece {
	type stretch struct {
		from, to int
		signal   assay.Signal
		why      string
	}
	var found []stretch
	for i := range contributions {
		k := &contributions[i]
		if k.Span == nil || k.Where != where {
			continue
		}
		from, to := k.Span[0], k.Span[1]
		if from < 0 || to > len(text) || from >= to || !boundary(text, from) || !boundary(text, to) {
			continue // of another revision
		}
		found = append(found, stretch{from, to, k.Signal, c.why(k)})
	}
	slices.SortStableFunc(found, func(a, b stretch) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var pieces []piece
	at := 0
	for _, s := range found {
		if s.from < at {
			continue
		}
		pieces = append(seen(pieces, text[at:s.from], "", ""), seen(nil, text[s.from:s.to], s.signal, s.why)...)
		at = s.to
	}
	return seen(pieces, text[at:], "", "")
}

// maxHidden is how many characters that cannot be seen one text shows by name.
const maxHidden = 200

// hidden names what cannot be seen, as U+200B ZERO WIDTH SPACE ×3; empty: it can be seen.
func (p *piece) hidden() string {
	switch {
	case p.rest > 0:
		return fmt.Sprintf("… +%d", p.rest)
	case p.times == 0:
		return ""
	}
	name := runeName(p.rune)
	if p.times > 1 {
		name += fmt.Sprintf(" ×%d", p.times)
	}
	return name
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// seen appends a stretch of text, with what cannot be seen in it made visible: such
// characters hide a name, or turn the reading direction of what stands beside them.
func seen(pieces []piece, text string, signal assay.Signal, why string) []piece {
	start, shown, rest := 0, 0, 0
	for i, r := range text {
		if !invisible(r) {
			continue
		}
		if i > start {
			pieces = append(pieces, piece{text: text[start:i], signal: signal, why: why})
		}
		switch n := len(pieces); {
		case n > 0 && i == start && i > 0 && pieces[n-1].times > 0 && pieces[n-1].rune == r:
			pieces[n-1].times++ // a run of one character is one piece
		case shown == maxHidden:
			rest++
		default:
			shown++
			pieces = append(pieces, piece{signal: signal, why: why, rune: r, times: 1})
		}
		size := utf8.RuneLen(r)
		if size < 0 || r == utf8.RuneError && !strings.HasPrefix(text[i:], "�") {
			size = 1
		}
		start = i + size
	}
	if start < len(text) {
		pieces = append(pieces, piece{text: text[start:], signal: signal, why: why})
	}
	if rest > 0 {
		pieces = append(pieces, piece{signal: signal, why: why, rest: rest})
	}
	return pieces
}

// invisible reports whether a character leaves nothing to see, or moves what is seen.
// A joiner within an emoji would be shown too: better too often than not at all.
func invisible(r rune) bool {
	switch r {
	case '\n', '\r', '\t':
		return false
	case 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800: // fillers and blanks that are letters by class
		return true
	case 0xFE0F: // only says that the emoji before is to be coloured
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Cc) || unicode.Is(unicode.Variation_Selector, r)
}

func runeName(r rune) string {
	name := runenames.Name(r)
	if name == "" || strings.HasPrefix(name, "<") {
		return fmt.Sprintf("U+%04X", r)
	}
	return fmt.Sprintf("U+%04X %s", r, name)
}

// letter is one character of a disguised name beside what it was read as.
type letter struct {
	written string
	read    string // empty: nothing stands for it
	differs bool
	name    string // U+0446 CYRILLIC SMALL LETTER TSE
}

// maxLetters bounds what is compared letter by letter.
const maxLetters = 64

// letters sets a name as it was written beside the name that it was read as, character
// by character: the alignment with the fewest differences (Levenshtein, 1965).
func letters(written, mark string) []letter {
	w, m := []rune(written), []rune(mark)
	if len(w) == 0 || len(m) == 0 || len(w) > maxLetters || len(m) > maxLetters {
		return nil
	}
	equal := func(a, b rune) bool { return unicode.ToLower(a) == unicode.ToLower(b) }
	cost := make([][]int, len(w)+1)
	for i := range cost {
		cost[i] = make([]int, len(m)+1)
		for k := range cost[i] {
			switch {
			case i == 0:
				cost[i][k] = k * 2
			case k == 0:
				cost[i][k] = i * 2
			default:
				cost[i][k] = min(cost[i-1][k-1]+swapCost(equal(w[i-1], m[k-1])), cost[i-1][k]+2, cost[i][k-1]+2)
			}
		}
	}
	var out []letter
	for i, k := len(w), len(m); i > 0 || k > 0; {
		switch {
		case i > 0 && k > 0 && cost[i][k] == cost[i-1][k-1]+swapCost(equal(w[i-1], m[k-1])):
			l := letter{written: string(w[i-1]), read: string(m[k-1]), differs: !equal(w[i-1], m[k-1]), name: runeName(w[i-1])}
			if invisible(w[i-1]) {
				l.written = "·"
			}
			out, i, k = append(out, l), i-1, k-1
		case i > 0 && cost[i][k] == cost[i-1][k]+2:
			l := letter{written: string(w[i-1]), differs: true, name: runeName(w[i-1])}
			if invisible(w[i-1]) || unicode.IsSpace(w[i-1]) {
				l.written = "·"
			}
			out, i = append(out, l), i-1
		default:
			out, k = append(out, letter{read: string(m[k-1]), differs: true}), k-1
		}
	}
	slices.Reverse(out)
	return out
}

func swapCost(same bool) int {
	if same {
		return 0
	}
	return 3
}

// disguised reports whether a contribution has a name written otherwise than it is.
func disguised(k *assay.Contribution) bool {
	return k.Signal == assay.SignalMark && k.Written != "" && k.Mark != "" && slices.ContainsFunc(k.How, func(d assay.Disguise) bool { return d != assay.DisguiseCase })
}

// cut shortens a long text at a character's boundary.
func cut(s string, most int) (short string, whole bool) {
	if len(s) <= most {
		return s, true
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most], false
}
