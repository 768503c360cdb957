package sqldb

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"assay"
)

const (
	// maxHits is how many findings are taken from the full text at once. A look at the
	// index of each costs 2 to 5 µs on SQLite.
	maxHits = 2 * assay.MaxCount
	// maxWalked is how many findings of a list are read to find a page of those that have
	// the words, each at some 40 µs, before all that have them are put in order.
	maxWalked = 1_000
	walkPart  = 250
)

// search returns the part of a selection's findings behind a position that the terms find,
// at most limit of them, and how many there are in all. It goes the way that is the
// shortest, as far as that can be known beforehand:
//   - the text finds few: these are put in order;
//   - few are asked for: their texts are looked at one by one;
//   - it is in many of many: then enough of them are soon counted, and a page of
//     them is soon met in the list. Where it is not, all are put in order after all, at some
//     3 µs for each on SQLite.
func (t *tx) search(sel *selection, terms []term, order findingOrder, at position, limit int) (page assay.FindingPage, err error) {
	page.Findings = []assay.Finding{}
	hits, numbers, err := t.hits(terms)
	if err != nil || hits == 0 {
		return page, err
	}
	if hits < maxHits {
		var ids []string
		if ids, page.Count, err = t.among(sel, numbers, order, at, limit); err != nil {
			return page, err
		}
		return page, t.fetch(ids, func(f *assay.Finding, _ string) { page.Findings = append(page.Findings, *f) })
	}
	asked, err := t.countFew(sel.ranges(`1`), sel.args)
	if err != nil {
		return page, err
	}
	if asked < assay.MaxCount {
		_, err := t.walk(sel, terms, order, asked, position{}, asked, func(f *assay.Finding) bool {
			page.Count++
			if at.Order == "" || order.behind(order.position(f), at) {
				page.Findings = append(page.Findings, *f)
			}
			return true
		})
		page.Findings = page.Findings[:min(len(page.Findings), limit)]
		return page, err
	}
	if page.Count, err = t.countMany(sel, terms, numbers); err != nil {
		return page, err
	}
	ended, err := t.walk(sel, terms, order, asked, at, maxWalked, func(f *assay.Finding) bool {
		page.Findings = append(page.Findings, *f)
		return len(page.Findings) < limit
	})
	if err != nil || ended {
		return page, err
	}
	page.Findings = page.Findings[:0]
	q := sel.own()
	query := sel.found(t.store.dialect, q.param(t.store.dialect.matchOf(terms)), order.read())
	if at.Order != "" {
		query += ` AND ` + order.after(&q, at)
	}
	ids, err := t.first(order, []string{query}, &q, limit)
	if err != nil {
		return page, err
	}
	return page, t.fetch(ids, func(f *assay.Finding, _ string) { page.Findings = append(page.Findings, *f) })
}

// hits returns the numbers of the first findings, whosever, that the terms find, as a list in the
// form of the engine.
func (t *tx) hits(terms []term) (n int, numbers string, err error) {
	d := t.store.dialect
	_, err = t.row(`SELECT count(*), coalesce(`+d.listed+`, '') FROM (SELECT `+d.textKey+` AS n FROM finding_text t WHERE `+fmt.Sprintf(d.matching, `$1`)+
		` LIMIT $2) AS matched`, []any{d.matchOf(terms), maxHits}, &n, &numbers)
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
	return t.countFew([]string{sel.found(d, q.param(d.matchOf(terms)), `1`)}, q.args)
}

// walk reads the findings of a selection behind a position in their order, as many as most,
// and calls visit with those that have the terms until it returns false. ended is false if
// there may be more.
func (t *tx) walk(sel *selection, terms []term, order findingOrder, asked int, at position, most int, visit func(*assay.Finding) bool) (ended bool, err error) {
	for looked := 0; looked < most; {
		ids, err := t.ids(sel, order, asked, at, walkPart)
		if err != nil {
			return false, err
		}
		enough := false
		err = t.fetch(ids, func(f *assay.Finding, searched string) {
			at = order.position(f)
			if f.Text = searched; !enough && has(terms, wordsOf(f)) {
				f.Text = ""
				enough = !visit(f)
			}
		})
		if err != nil || enough || len(ids) < walkPart {
			return true, err
		}
		looked += len(ids)
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

// found is a query for the findings of a selection that the full text finds, in the order of
// the text.
func (sel *selection) found(d *dialect, match, columns string) string {
	return `SELECT ` + columns + ` FROM finding_text t CROSS JOIN finding f WHERE ` + fmt.Sprintf(d.matching, match) + ` AND ` + d.textKey + ` = f.number AND ` + sel.all()
}
