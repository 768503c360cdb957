package sqldb

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"modernc.org/sqlite"
)

// hasWords is the SQL function by which SQLite looks for words in one finding; its full text
// takes a hundred times as long to tell whether it finds a given row. A look takes some 15 µs.
const hasWords = `assay_has_words`

// defineHasWords makes the function known to connections that are opened after. SQLite's
// driver knows functions by process.
var defineHasWords = sync.OnceValue(func() error {
	var last atomic.Pointer[readTerms] // one search asks thousands of times
	return sqlite.RegisterDeterministicScalarFunction(hasWords, 8, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text := make([]string, len(args))
		for i, arg := range args {
			s, ok := arg.(string)
			if !ok {
				return nil, fmt.Errorf("%s takes texts", hasWords)
			}
			text[i] = s
		}
		read := last.Load()
		if read == nil || read.match != text[0] {
			read = &readTerms{text[0], termsOfMatch(text[0])}
			last.Store(read)
		}
		f := finder{terms: read.terms}
		if !f.look(text[1:7]...) {
			var marks []struct {
				Mark    string `json:"mark"`
				Written string `json:"written"`
			}
			if err := json.Unmarshal([]byte(text[7]), &marks, jsonOptions); err != nil {
				return nil, fmt.Errorf("reading contributions: %w", err)
			}
			for _, m := range marks {
				f.look(m.Mark, m.Written)
			}
		}
		return f.done(), nil
	})
})

// readTerms are terms and how matchSQLite wrote them.
type readTerms struct {
	match string
	terms []term
}

// termsOfMatch reads what matchSQLite wrote.
func termsOfMatch(match string) (terms []term) {
	for part := range strings.SplitSeq(match, " AND ") {
		phrase, begun := strings.CutSuffix(part, " *")
		terms = append(terms, term{strings.Fields(strings.Trim(phrase, `"`)), begun})
	}
	return terms
}

// finder looks for terms in texts that are shown to it one after another, in the order of
// wordsOf.
type finder struct {
	terms []term
	met   [maxTerms]bool
	words []string // all of them, if there are phrases to be looked for
}

// look reads texts and reports whether every term has been met.
func (f *finder) look(texts ...string) bool {
	phrases := false
	for i := range f.terms {
		phrases = phrases || len(f.terms[i].phrase) > 1
	}
	for _, text := range texts {
		eachWord(text, func(word []byte) {
			for i := range f.terms {
				if t := &f.terms[i]; !f.met[i] && len(t.phrase) == 1 && (string(word) == t.phrase[0] || t.begun && strings.HasPrefix(string(word), t.phrase[0])) {
					f.met[i] = true
				}
			}
			if phrases {
				f.words = append(f.words, string(word))
			}
		})
	}
	return f.done()
}

func (f *finder) done() bool {
	for i := range f.terms {
		if !f.met[i] && (len(f.terms[i].phrase) == 1 || !f.terms[i].in(f.words)) {
			return false
		}
	}
	return true
}

// in reports whether the term's words follow one another somewhere in words.
func (t *term) in(words []string) bool {
	last := len(t.phrase) - 1
	for i := range max(0, len(words)-last) {
		if slices.Equal(words[i:i+last], t.phrase[:last]) &&
			(words[i+last] == t.phrase[last] || t.begun && strings.HasPrefix(words[i+last], t.phrase[last])) {
			return true
		}
	}
	return false
}
