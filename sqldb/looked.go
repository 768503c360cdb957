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

	"assay"
)

// hasWords is the SQL function by which SQLite looks for words in one finding; its full text
// takes a hundred times as long to tell whether it finds a given row. A look takes some 12 µs.
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
		f := assay.Finding{}
		f.Title, f.Text, f.SellerID, f.SellerName, f.Offer, f.Owner = text[1], text[2], text[3], text[4], text[5], text[6]
		if err := json.Unmarshal([]byte(text[7]), &f.Contributions, jsonOptions); err != nil {
			return nil, fmt.Errorf("reading contributions: %w", err)
		}
		return has(read.terms, wordsOf(&f)), nil
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

// has reports whether words have every one of the terms.
func has(terms []term, words []string) bool {
	for _, t := range terms {
		if !t.in(words) {
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
