package screen

import (
	"cmp"
	"slices"
	"strconv"

	"assay"
	"assay/marks"
	"assay/reference"
	"assay/score"
)

// field is one text of a listing that is searched.
type field struct {
	place   score.Place
	variant int    // index of the variant whose title it is, or whole
	name    string // of the attribute
	text    string
}

// whole stands for the offer itself where a variant's index could be.
const whole = -1

// where names the field as a verdict does.
func (f *field) where(l *assay.Listing) string {
	switch {
	case f.variant != whole:
		return "variants." + VariantName(l, f.variant)
	case f.place == score.PlaceBrand:
		return "brand"
	case f.place == score.PlaceTitle:
		return "title"
	case f.place == score.PlaceAttribute:
		return "attributes." + f.name
	}
	return "description"
}

// VariantName names a variant in a verdict: its id, or its place, from 1, if it has
// none.
func VariantName(l *assay.Listing, i int) string {
	if id := l.Variants[i].ID; id != "" {
		return id
	}
	return "#" + strconv.Itoa(i+1)
}

// mention is a mark or phrase found in a field. Listings may hold thousands, so it
// is small; the term says the rest.
type mention struct {
	reference.TermRole
	how        marks.How
	term       int32
	field      int32 // index into Worker.fields
	start, end int32
	points     assay.Points // of a mark
}

// read searches the texts of l. Marks lie in w.marks, replica phrases in
// w.claims (each phrase once for the offer and once for a variant's title), excuses in
// w.excuses, all in the order of fields and places.
func (w *Worker) read(l *assay.Listing) {
	w.fields, w.marks, w.claims, w.excuses = w.fields[:0], w.marks[:0], w.claims[:0], w.excuses[:0]
	w.search(field{place: score.PlaceTitle, variant: whole, text: l.Title})
	w.search(field{place: score.PlaceBrand, variant: whole, text: l.Brand})
	for _, a := range l.Attributes {
		w.search(field{place: score.PlaceAttribute, variant: whole, name: a.Name, text: a.Value})
	}
	w.search(field{place: score.PlaceDescription, variant: whole, text: l.Description})
	w.markRange.reset(len(w.marks))
	w.claimRange.reset(len(w.claims))
	w.excuseRange.reset(len(w.excuses))
	for i := range l.Variants {
		w.search(field{place: score.PlaceTitle, variant: i, text: l.Variants[i].Title})
		w.markRange.end(len(w.marks))
		w.claimRange.end(len(w.claims))
		w.excuseRange.end(len(w.excuses))
	}
}

// ranges says where in a list of mentions those of each variant's title lie: the
// whole's come first, then each variant's. Without it a listing of a thousand
// variants would be read a million times.
type ranges struct{ ends []int }

func (r *ranges) reset(whole int) { r.ends = append(r.ends[:0], whole) }
func (r *ranges) end(at int)      { r.ends = append(r.ends, at) }

// of returns the range of a variant, or of the whole.
func (r *ranges) of(variant, all int) (from, to int) {
	if variant == whole {
		if len(r.ends) == 0 {
			return 0, all
		}
		return 0, r.ends[0]
	}
	return r.ends[variant], r.ends[variant+1]
}

func (w *Worker) search(f field) {
	if f.text == "" {
		return
	}
	hits := w.finder.Find(f.text)
	if len(hits) == 0 {
		return
	}
	at := int32(len(w.fields))
	w.fields = append(w.fields, f)
	w.found = w.found[:0]
	for _, h := range hits {
		m := mention{TermRole: w.gen.Role(h.Term), how: h.How, term: h.Term, field: at, start: int32(h.Start), end: int32(h.End)}
		if m.Kind == reference.TermMark {
			m.points = score.Mark(f.place, m.Dictionary) + w.disguises[h.How]
		}
		w.found = append(w.found, m)
	}
	longestFirst(w.found)
	w.keepUncovered()
}

// longestFirst brings mentions, which are in the order of their starts and then
// their ends, into the order of their starts and then falling ends. Mentions of one
// span keep their order.
func longestFirst(found []mention) {
	for i := 0; i < len(found); {
		j := i + 1
		for j < len(found) && found[j].start == found[i].start {
			j++
		}
		if j-i > 1 {
			slices.SortStableFunc(found[i:j], func(a, b mention) int { return cmp.Compare(b.end, a.end) })
		}
		i = j
	}
}

// keepUncovered keeps the mentions that no longer one covers: "Polo" within "Polo
// Verde" is another name, and "replica" within "no replica" is another word. A
// mark within a phrase stays, since a phrase may well name it.
func (w *Worker) keepUncovered() {
	type span struct{ start, end int32 }
	covers := func(longest span, m *mention) bool {
		return m.end <= longest.end && m.end-m.start < longest.end-longest.start
	}
	var mark, phrase span // of those so far, the one that reaches farthest
	for i := range w.found {
		m := &w.found[i]
		isMark := m.Kind == reference.TermMark
		if covers(mark, m) || !isMark && covers(phrase, m) {
			continue
		}
		reach := &phrase
		if isMark {
			reach = &mark
		}
		if m.end > reach.end {
			*reach = span{m.start, m.end}
		}
		w.keep(m)
	}
}

func (w *Worker) keep(m *mention) {
	switch m.Kind {
	case reference.TermMark:
		w.marks = append(w.marks, *m)
	case reference.TermReplica:
		variant, mine := w.fields[m.field].variant, 0
		for i := len(w.claims) - 1; i >= 0; i-- {
			if v := w.fields[w.claims[i].field].variant; v != variant {
				break
			}
			mine++
		}
		for _, c := range w.claims[len(w.claims)-mine:] {
			if c.term == m.term {
				return
			}
		}
		if mine < maxClaims {
			w.claims = append(w.claims, *m)
		}
	case reference.TermExcuse:
		w.excuses = append(w.excuses, *m)
	}
}

// maxClaims bounds the phrases that the offer, and each variant beside it, is
// charged with; the weights of later ones are nothing (score.Claim halves).
const maxClaims = 20
