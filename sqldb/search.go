package sqldb

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"assay"
)

// searchBounds say where one way of searching ends and another begins.
type searchBounds struct {
	// hits is how many findings are taken from the full text at once. A look at the index of
	// each costs 2 to 5 µs on SQLite.
	hits int
	// asked is how many findings' texts are looked at one by one, each at some 40 µs.
	asked int
	// walked is how many findings of a list are looked at to find a page of those that have the
	// words, before all that have them are put in order; part is how many at a time.
	walked, part int
}

func defaultSearchBounds() searchBounds {
	return searchBounds{hits: 2 * assay.MaxCount, asked: assay.MaxCount, walked: 1_000, part: 250}
}

// search returns the part of a selection's findings behind a position that the terms find,
// at most limit of them, and how many there are in all. It goes the way that is the
// shortest, as far as that can be known beforehand:
//   - the text finds few: these are put in order;
//   - few are asked for: their texts are looked at one by one;
//   - it is in many of many: then enough of them are soon counted, and a page of
//     them is soon met in the list. Where it is not, the list is held against all that the text
//     finds.
func (t *tx) search(sel *selection, terms []term, order findingOrder, at position, limit int) (page assay.FindingPage, err error) {
	page.Findings = []assay.Finding{}
	bounds := t.store.search
	hits, numbers, err := t.hits(terms)
	if err != nil || hits == 0 {
		return page, err
	}
	if hits < bounds.hits {
		var ids []string
		if ids, page.Count, err = t.among(sel, numbers, order, at, limit); err != nil {
			return page, err
		}
		page.Findings, err = t.fetch(ids)
		return page, err
	}
	asked, err := t.countFew(sel.ranges(`1`), sel.args)
	if err != nil {
		return page, err
	}
	if asked < bounds.asked {
		_, err := t.walk(sel, terms, order, asked, position{}, asked, max(asked, 1), func(f *assay.Finding) bool {
			page.Count++
			if len(page.Findings) < limit && (at.Order == "" || order.behind(order.position(f), at)) {
				page.Findings = append(page.Findings, *f)
			}
			return true
		})
		return page, err
	}
	if page.Count, err = t.countMany(sel, terms, numbers); err != nil {
		return page, err
	}
	ended, err := t.walk(sel, terms, order, asked, at, bounds.walked, bounds.part, func(f *assay.Finding) bool {
		page.Findings = append(page.Findings, *f)
		return len(page.Findings) < limit
	})
	if err != nil || ended {
		return page, err
	}
	page.Findings = page.Findings[:0]
	q := sel.own()
	err = t.readFirst(sel, &q, order, at, limit, func(f *assay.Finding, _ string) { page.Findings = append(page.Findings, *f) }, t.found(&q, terms))
	return page, err
}

// hits returns the numbers of the first findings, whosever, that the terms find, as a list in the
// form of the engine.
func (t *tx) hits(terms []term) (n int, numbers string, err error) {
	d := t.store.dialect
	_, err = t.row(`SELECT count(*), coalesce(`+d.listed+`, '') FROM (SELECT `+d.textKey+` AS n FROM finding_text t WHERE `+fmt.Sprintf(d.matching, `$1`)+
		` LIMIT $2) AS matched`, []any{d.matchOf(terms), t.store.search.hits}, &n, &numbers)
	return n, numbers, err
}

// among returns the first of the numbered findings that a selection has, and how many of
// them it has.
func (t *tx) among(sel *selection, numbers string, order findingOrder, at position, limit int) (ids []string, count int, err error) {
	q := sel.own()
	var behind []position
	query := `SELECT ` + order.read() + ` FROM ` + fmt.Sprintf(t.store.dialect.among, q.param(numbers)) + ` AND ` + sel.all()
	err = t.rows(query, q.args, func(rows *sql.Rows) error {
		p, err := order.scan(rows)
		if err != nil {
			return err
		}
		if count++; at.Order == "" || order.behind(p, at) {
			behind = append(behind, p)
		}
		return nil
	})
	slices.SortFunc(behind, func(a, b position) int {
		if order.behind(a, b) {
			return 1
		}
		return -1
	})
	for _, p := range behind[:min(len(behind), limit)] {
		ids = append(ids, p.Text)
	}
	return ids, min(count, assay.MaxCount), err
}

// fetch returns the findings of ids, in their order.
func (t *tx) fetch(ids []string) ([]assay.Finding, error) {
	found := make(map[string]*assay.Finding, len(ids))
	err := in(ids, 2, func(list string, chunk []any) error {
		return t.textual(`finding f WHERE f.id IN (`+list+`) AND `+visible("f"), append([]any{t.scope.Organisation}, chunk...), func(f *assay.Finding, _ string) {
			found[f.ID] = f
		})
	})
	findings := make([]assay.Finding, 0, len(ids))
	for _, id := range ids {
		if f := found[id]; f != nil {
			findings = append(findings, *f)
		}
	}
	return findings, err
}

// countMany counts what the terms find of a selection: mostly the first numbers that they
// found will do.
func (t *tx) countMany(sel *selection, terms []term, numbers string) (int, error) {
	d := t.store.dialect
	q := sel.own()
	n, err := t.countFew([]string{`SELECT 1 FROM ` + fmt.Sprintf(d.among, q.param(numbers)) + ` AND ` + sel.all()}, q.args)
	if err != nil || n == assay.MaxCount {
		return n, err
	}
	q = sel.own()
	return t.countFew(sel.ranges(`1`, t.found(&q, terms)), q.args)
}

// walk reads the findings of a selection behind a position in their order, as many as most in
// parts, and calls visit with those that have the terms until it returns false. ended is
// false if there may be more.
func (t *tx) walk(sel *selection, terms []term, order findingOrder, asked int, at position, most, part int, visit func(*assay.Finding) bool) (ended bool, err error) {
	for looked := 0; looked < most; {
		n, enough := 0, false
		err = t.read(sel, order, asked, at, part, func(f *assay.Finding, searched string) {
			n, at = n+1, order.position(f)
			if f.Text = searched; !enough && has(terms, wordsOf(f)) {
				f.Text = ""
				enough = !visit(f)
			}
		})
		if err != nil || enough || n < part {
			return true, err
		}
		looked += n
	}
	return false, nil
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

// found is the condition that the full text finds f, for all that it finds to be listed once, at some
// 0.5 µs for each on SQLite.
func (t *tx) found(q *filter, terms []term) string {
	d := t.store.dialect
	return d.unindexed(`f.number`) + ` IN (SELECT ` + d.textKey + ` FROM finding_text t WHERE ` + fmt.Sprintf(d.matching, q.param(d.matchOf(terms))) + `)`
}
