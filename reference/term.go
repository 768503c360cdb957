package reference

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay"
	"assay/marks"
)

// TermKind says what a term of the matcher is.
type TermKind uint8

const (
	TermMark    TermKind = iota // a protected name
	TermReplica                 // words that confess
	TermExcuse                  // words that excuse
)

func (k TermKind) String() string { return [...]string{"mark", "replica", "excuse"}[k] }

// Term is what a marks.Hit's term stands for.
type Term struct {
	Kind       TermKind
	Owner      OwnerID // NoOwner for a claim phrase
	Mark       string  // the mark itself: for an alias the one it leads to; empty for a claim phrase
	Text       string
	Dictionary bool    // a mark that is also an ordinary word
	Classes    []uint8 // Nice classes in order; an alias without any has those of its mark
}

// TermRole is the part of a Term that every hit is asked for.
type TermRole struct {
	Owner      OwnerID
	Kind       TermKind
	Dictionary bool
}

// termSet is the marks and claim phrases in canonical order, with their matcher.
// It is made beside the reading of the other files.
type termSet struct {
	marks               []markRow
	canonical           []int32 // for each mark the one it leads to
	claims              []claimRow
	marksSum, claimsSum digest
	matcher             *marks.Matcher
	mistakes            mistakes
	err                 error
}

// beginTerms starts the compilation of marks and claim phrases; none can be added
// afterwards.
func (b *Builder) beginTerms() {
	if b.terms != nil {
		return
	}
	b.terms = make(chan *termSet, 1)
	sound := !b.mistakes.any()
	t := &termSet{marks: b.marks, claims: b.claims}
	go func() {
		t.sort()
		t.resolve()
		if sound && !t.mistakes.any() {
			t.build()
		}
		b.terms <- t
	}()
}

// sort brings the terms into canonical order, hashes them and drops rows that
// repeat another.
func (t *termSet) sort() {
	var e encoder
	marksTable, claimsTable := table{name: marksFile}, table{name: claimsFile}
	order := make([]*markRow, len(t.marks))
	for i := range order {
		order[i] = &t.marks[i]
	}
	slices.SortFunc(order, func(a, b *markRow) int {
		if c := strings.Compare(a.Owner, b.Owner); c != 0 {
			return c
		}
		if c := strings.Compare(a.Text, b.Text); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.at.File, b.at.File), cmp.Compare(a.at.Line, b.at.Line), compareMarks(a, b))
	})
	kept := make([]markRow, 0, len(order))
	for _, m := range order {
		marksTable.add(e.start().str(m.Owner, m.Text, string(m.Kind), m.Language, string(m.Classes), m.Right, m.AliasOf).digest())
		if n := len(kept); n > 0 && kept[n-1].Owner == m.Owner && kept[n-1].Text == m.Text {
			if first := &kept[n-1]; compareMarks(first, m) != 0 && !m.broken && !first.broken {
				marksLayout.mistake(&t.mistakes, m.at, "mark", "%s of this owner stands %s with another %s",
					quoted(m.Text), first.at.on(), strings.Join(markDifferences(first, m), ", "))
			}
			continue
		}
		kept = append(kept, *m)
	}
	t.marks = kept
	t.marksSum = marksTable.sum()

	type claimKey struct {
		claimRow
		folded string
	}
	keys := make([]claimKey, len(t.claims))
	for i, c := range t.claims {
		claimsTable.add(e.start().str(c.Text, string(c.Meaning), c.Language).digest())
		keys[i] = claimKey{c, marks.Fold(c.Text)}
	}
	t.claimsSum = claimsTable.sum()
	slices.SortFunc(keys, func(a, b claimKey) int {
		return cmp.Or(strings.Compare(a.folded, b.folded), strings.Compare(string(a.Meaning), string(b.Meaning)),
			strings.Compare(a.Text, b.Text), cmp.Compare(a.at.Line, b.at.Line))
	})
	t.claims = nil
	for i := range keys {
		k := &keys[i]
		if i > 0 && keys[i-1].folded == k.folded {
			if first := &keys[i-1]; first.Meaning != k.Meaning {
				later := k
				// The later row is to blame; one whose line is known before one from elsewhere.
				if k.at.Line == 0 && first.at.Line > 0 || first.at.File == k.at.File && k.at.Line < first.at.Line {
					later, first = first, k
				}
				claimsLayout.mistake(&t.mistakes, later.at, "meaning", "%s is %s here and %s %s",
					quoted(later.Text), later.Meaning, first.Meaning, first.at.on())
			}
			continue // one phrase in several languages is one term
		}
		t.claims = append(t.claims, k.claimRow)
	}
	slices.SortFunc(t.claims, func(a, b claimRow) int { return strings.Compare(a.Text, b.Text) })
}

func compareMarks(a, b *markRow) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Language, b.Language),
		slices.Compare(a.Classes, b.Classes), strings.Compare(a.Right, b.Right), strings.Compare(a.AliasOf, b.AliasOf))
}

func markDifferences(a, b *markRow) (columns []string) {
	for _, d := range [...]struct {
		column string
		differ bool
	}{
		{"kind", a.Kind != b.Kind}, {"language", a.Language != b.Language}, {"classes", !slices.Equal(a.Classes, b.Classes)},
		{"right", a.Right != b.Right}, {"alias_of", a.AliasOf != b.AliasOf},
	} {
		if d.differ {
			columns = append(columns, d.column)
		}
	}
	return columns
}

// resolve follows every alias to the mark it leads to.
func (t *termSet) resolve() {
	t.canonical = make([]int32, len(t.marks))
	const unknown, visiting = -1, -2
	for i := range t.canonical {
		t.canonical[i] = unknown
	}
	var path []int32
	for i := range t.marks {
		path = path[:0]
		at, end := int32(i), int32(0)
		for {
			m := &t.marks[at]
			if c := t.canonical[at]; c >= 0 {
				end = c
				break
			} else if c == visiting {
				// Of the circle, a row whose line is known is to blame.
				for _, p := range path[slices.Index(path, at):] {
					if m.at.Line == 0 && t.marks[p].at.Line > 0 {
						m = &t.marks[p]
					}
				}
				if !m.broken {
					marksLayout.mistake(&t.mistakes, m.at, "alias_of", "%s leads back to itself; one of the aliases must be the mark", quoted(m.AliasOf))
				}
				end = at
				break
			}
			t.canonical[at] = visiting
			path = append(path, at)
			if m.AliasOf == "" {
				end = at
				break
			}
			next, ok := t.find(m.Owner, m.AliasOf)
			if !ok {
				if m.Owner != "" {
					marksLayout.mistake(&t.mistakes, m.at, "alias_of", "%s is not a mark of %s", quoted(m.AliasOf), quoted(m.Owner))
				}
				end = at
				break
			}
			if next == at {
				marksLayout.mistake(&t.mistakes, m.at, "alias_of", "a mark is no alias of itself")
				end = at
				break
			}
			at = next
		}
		for _, p := range path {
			t.canonical[p] = end
		}
	}
}

func (t *termSet) find(owner, text string) (int32, bool) {
	type key struct{ owner, text string }
	i, ok := slices.BinarySearchFunc(t.marks, key{owner, text}, func(m markRow, k key) int {
		return cmp.Or(strings.Compare(m.Owner, k.owner), strings.Compare(m.Text, k.text))
	})
	return int32(i), ok
}

// build makes the matcher: marks first, then claim phrases.
func (t *termSet) build() {
	texts := make([]string, 0, len(t.marks)+len(t.claims))
	for i := range t.marks {
		texts = append(texts, t.marks[i].Text)
	}
	for i := range t.claims {
		texts = append(texts, t.claims[i].Text)
	}
	t.matcher, t.err = marks.Build(texts)
}

// compile returns the terms by the matcher's ids.
func (t *termSet) compile(g *Generation) []Term {
	terms := make([]Term, 0, len(t.marks)+len(t.claims))
	owner, id := "", NoOwner
	for i := range t.marks {
		m, canonical := &t.marks[i], &t.marks[t.canonical[i]]
		if m.Owner != owner || i == 0 {
			owner = m.Owner
			id, _ = g.OwnerID(owner)
		}
		term := Term{Kind: TermMark, Owner: id, Mark: canonical.Text, Text: m.Text, Dictionary: m.Kind == assay.Dictionary, Classes: m.Classes}
		if len(term.Classes) == 0 {
			term.Classes = canonical.Classes
		}
		terms = append(terms, term)
	}
	for i := range t.claims {
		c := &t.claims[i]
		kind := TermReplica
		if c.Meaning == assay.Excuse {
			kind = TermExcuse
		}
		terms = append(terms, Term{Kind: kind, Owner: NoOwner, Text: c.Text})
	}
	return terms
}

// termFault says why a text can't be looked for, "" if it can.
func termFault(text string) string {
	if strings.TrimSpace(marks.Fold(text)) == "" {
		return fmt.Sprintf("%s has no letter or digit to look for", quoted(text))
	}
	if len(text) <= marks.MaxTermWords/2 {
		return "" // nearly every term: too short to have too many words
	}
	if _, err := marks.Build([]string{text}); err != nil {
		return fmt.Sprintf("%s has more than %d words", quoted(text), marks.MaxTermWords)
	}
	return ""
}
