package sqldb

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"assay"
)

// Full text is cut into words here, the same for both engines, since the default
// tokenisers of neither find 古驰 in 正品古驰包. Text is normalised (NFKC, lower case). A run of
// letters and digits is a word; a run of a script that is written without spaces
// gives the pairs of its neighbouring characters and its last character alone, so that
// any part of it is found as a phrase of pairs. What the engines see of a word is
// "w" and the hexadecimal digits of its UTF-8: one word to every tokeniser, and
// a beginning of the one is a beginning of the other.

const (
	maxSearched   = 32 << 10 // bytes of a finding's Text that are searched
	maxWordRunes  = 64       // of a longer word, only so many are looked at
	maxTerms      = 32       // of a query
	maxQueryBytes = 1 << 10
	// minBegun is how many characters a word needs to be looked for as a beginning, in scripts with
	// spaces: what begins with one letter is nearly everything.
	minBegun = 2
)

// dense reports whether r belongs to a script without spaces between words.
func dense(r rune) bool {
	return r >= 0x0E00 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) || r == 'ー')
}

// runs calls f for each run of word characters in s.
func runs(s string, f func(run []rune, dense bool)) {
	var run []rune
	inDense := false
	flush := func() {
		if len(run) > 0 {
			f(run, inDense)
		}
		run = run[:0]
	}
	for _, r := range strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " "))) {
		isDense := dense(r)
		switch {
		case !isDense && !unicode.In(r, unicode.L, unicode.N, unicode.M):
			flush()
			continue
		case isDense != inDense:
			flush()
			inDense = isDense
		}
		run = append(run, r)
	}
	flush()
}

func token(runes []rune) string { return string(appendToken(nil, runes)) }

func appendToken(b []byte, runes []rune) []byte {
	var text [maxWordRunes * utf8.UTFMax]byte
	p := text[:0]
	for _, r := range runes[:min(len(runes), maxWordRunes)] {
		p = utf8.AppendRune(p, r)
	}
	return hex.AppendEncode(append(b, 'w'), p)
}

// words returns what is looked for in texts, in order.
func words(texts ...string) []string {
	var out []string
	for _, s := range texts {
		eachWord(s, func(word []byte) { out = append(out, string(word)) })
	}
	return out
}

// eachWord calls f for each word of a text, in order. The word is f's until it returns.
func eachWord(s string, f func(word []byte)) {
	var word []byte
	runs(s, func(run []rune, dense bool) {
		if !dense {
			word = appendToken(word[:0], run)
			f(word)
			return
		}
		for i := range run {
			word = appendToken(word[:0], run[i:min(i+2, len(run))])
			f(word)
		}
	})
}

// searchedOf returns the part of the finding's Text that is kept and searched.
func searchedOf(f *assay.Finding) string {
	if len(f.Text) > maxSearched {
		return strings.ToValidUTF8(f.Text[:maxSearched], "")
	}
	return f.Text
}

// wordsOf returns the words by which a finding is found.
func wordsOf(f *assay.Finding) []string {
	texts := []string{f.Title, searchedOf(f), f.SellerID, f.SellerName, f.Offer, f.Owner}
	for i := range f.Contributions {
		texts = append(texts, f.Contributions[i].Mark, f.Contributions[i].Written)
	}
	return words(texts...)
}

// term is a part of a query: words that follow one another, the last one perhaps
// only begun.
type term struct {
	phrase []string
	begun  bool
}

// termsOf reads a query. Whatever it holds, only tokens leave here.
func termsOf(query string) []term {
	if len(query) > maxQueryBytes {
		query = query[:maxQueryBytes]
	}
	var terms []term
	last := 0
	begun := false // the last word may be a beginning
	runs(query, func(run []rune, dense bool) {
		begun = dense || len(run) >= minBegun
		if last++; len(terms) == maxTerms {
			return
		}
		switch {
		case !dense:
			terms = append(terms, term{phrase: []string{token(run)}})
		case len(run) == 1: // alone, or the first of a pair
			terms = append(terms, term{[]string{token(run)}, true})
		default:
			var t term
			for i := range min(len(run)-1, maxWordRunes) {
				t.phrase = append(t.phrase, token(run[i:i+2]))
			}
			terms = append(terms, t)
		}
	})
	if n := len(terms); n > 0 && n == last && begun {
		terms[n-1].begun = true
	}
	return terms
}

// matchSQLite writes terms for FTS5: "w61 w62" * AND "w63".
func matchSQLite(terms []term) string {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.Join(t.phrase, " ") + `"`)
		if t.begun {
			b.WriteString(" *")
		}
	}
	return b.String()
}

// matchPostgres writes terms as a tsquery: w61 <-> w62:* & w63.
func matchPostgres(terms []term) string {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteString("(" + strings.Join(t.phrase, " <-> "))
		if t.begun {
			b.WriteString(":*")
		}
		b.WriteString(")")
	}
	return b.String()
}

// vectorOf writes words as a tsvector: w61:1 w62:2. PostgreSQL counts positions up
// to 16,383; what is beyond can be found, but not as part of a phrase.
func vectorOf(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(min(i+1, 16_383)))
	}
	return b.String()
}
