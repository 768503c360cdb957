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
	// few is how many findings are put in order one by one. A look at the index of
	// each costs 2 to 4 µs.
	few int
	// counted is how many findings of those that very many words find are counted.
	counted int
	// asked is how many findings that are asked for are all looked at for the words.
	asked int
	// sampled is how many findings of a longer list are looked at to tell how many have the words, and
	// walked how many at most for a page of those that do.
	sampled, walked int
}

// mostHave is how many findings are looked at for one that has a word, at most.
const mostHave = 4

// search returns the part of a selection's findings behind a position that the terms find,
// at most limit of them, and how many there are in all. It goes the way that is the
// shortest, as far as that can be known beforehand:
//   - the text finds few: these are put in order;
//   - few are asked for: each is looked at for the words;
//   - it is in many of many: a page of them is soon met in the list where they are frequent;
//     else the list is held against all that the text finds. They are not counted to the end.
func (t *tx) search(sel *selection, terms []term, order findingOrder, at position, limit int) (page assay.FindingPage, err error) {
	page.Findings = []assay.Finding{}
	bounds := t.store.search
	// What begins with a word is gathered from all words that do before the first is told:
	// nobody waits for that if the word itself is in many.
	hits, err := t.hits("finding_text", ended(terms), bounds.few+1)
	whole := hits.count > bounds.few
	if err == nil && !whole {
		hits, err = t.hits("finding_text", terms, bounds.few+1)
	}
	if err != nil || hits.count == 0 {
		return page, err
	}
	put := func(found []position) error {
		var ids []string
		ids, page.Count = firstOf(order, found, at, limit)
		page.Count, page.Capped = min(page.Count, assay.MaxCount), page.Count >= assay.MaxCount
		page.Findings, err = t.fetch(ids)
		return err
	}
	if hits.count <= bounds.few {
		q := sel.own()
		found, err := t.positions(order, `SELECT `+order.read()+` FROM `+fmt.Sprintf(t.store.dialect.among, q.param(hits.numbers))+` AND `+sel.all(), q.args)
		if err != nil {
			return page, err
		}
		return page, put(found)
	}
	asked, err := t.countFew(sel.ranges(`1`), sel.args, bounds.asked+1)
	if err != nil {
		return page, err
	}
	if asked <= bounds.asked {
		q := sel.own()
		found, err := t.positions(order, t.look(sel, &q, terms, order, position{}, asked, asked), q.args)
		if err != nil {
			return page, err
		}
		return page, put(found)
	}
	return t.searchMany(sel, terms, hits, whole, order, at, limit)
}

// searchMany is search for words that are in many of many findings. whole tells that the words
// of hits are, even if the last one is not only begun.
func (t *tx) searchMany(sel *selection, terms []term, hits textHits, whole bool, order findingOrder, at position, limit int) (page assay.FindingPage, err error) {
	page.Findings, page.Capped = []assay.Finding{}, true
	bounds := t.store.search
	if t.scope.Organisation == assay.LocalOrganisation { // whose rows others have is not to be told from a count
		if page.Count, err = t.countSome(sel, hits.numbers, bounds.counted); err != nil {
			return page, err
		}
	}
	// How frequent the words are in the list, in its order, is told by its first findings.
	for among := bounds.sampled; among > 0 && among <= bounds.walked; {
		q := sel.own()
		found, err := t.positions(order, t.look(sel, &q, terms, order, at, among, limit), q.args)
		if err != nil {
			return page, err
		}
		if len(found) == limit {
			ids, _ := firstOf(order, found, at, limit)
			page.Count = max(page.Count, limit)
			page.Findings, err = t.fetch(ids)
			return page, err
		}
		if among > bounds.sampled || len(found) == 0 {
			break
		}
		among = 2 * limit * among / len(found) // where they stand no closer, half of it fills the page
	}
	q := sel.own()
	with, conditions, err := t.found(&q, terms, whole, hits.far(1))
	if err != nil {
		return page, err
	}
	err = t.readFirst(sel, &q, with, order, at, limit, func(f *assay.Finding) { page.Findings = append(page.Findings, *f) }, conditions...)
	page.Count = max(page.Count, len(page.Findings))
	if at.Order == "" && len(page.Findings) < limit {
		page.Count, page.Capped = len(page.Findings), false
	}
	return page, err
}

// ended are terms whose words are whole.
func ended(terms []term) []term {
	whole := slices.Clone(terms)
	for i := range whole {
		whole[i].begun = false
	}
	return whole
}

// textHits are the first rows, whosever, that terms find in a text.
type textHits struct {
	count       int
	first, last int64  // numbers
	numbers     string // all of them, in the form of the engine
}

// far is how many rows are met for n of them to be hits, as they stand by their numbers.
func (h textHits) far(n int) int {
	return int(int64(n) * (h.last - h.first + 1) / int64(h.count))
}

// hits returns at most limit rows that the terms find in a table of words.
func (t *tx) hits(table string, terms []term, limit int) (h textHits, err error) {
	d := t.store.dialect
	_, err = t.row(`SELECT count(*), coalesce(min(n), 0), coalesce(max(n), 0), coalesce(`+d.listed+`, '') FROM (SELECT `+d.textKey+` AS n FROM `+table+` t WHERE `+
		fmt.Sprintf(d.matching, `$1`)+` LIMIT $2) AS matched`, []any{d.matchOf(terms), limit}, &h.count, &h.first, &h.last, &h.numbers)
	return h, err
}

// positions reads the positions of findings in an order.
func (t *tx) positions(order findingOrder, query string, args []any) (found []position, err error) {
	err = t.rows(query, args, func(rows *sql.Rows) error {
		p, err := order.scan(rows)
		if err == nil {
			found = append(found, p)
		}
		return err
	})
	return found, err
}

// firstOf returns the ids of the first found behind a position, and how many there are at all.
func firstOf(order findingOrder, found []position, at position, limit int) (ids []string, count int) {
	count = len(found)
	if at.Order != "" {
		found = slices.DeleteFunc(found, func(p position) bool { return !order.behind(p, at) })
	}
	slices.SortFunc(found, func(a, b position) int {
		if order.behind(a, b) {
			return 1
		}
		return -1
	})
	for _, p := range found[:min(len(found), limit)] {
		ids = append(ids, p.Text)
	}
	return ids, count
}

// look is a query for the first findings behind a position that have the terms, among the first of a
// selection.
func (t *tx) look(sel *selection, q *filter, terms []term, order findingOrder, at position, among, limit int) string {
	d := t.store.dialect
	var behind []string
	if at.Order != "" {
		behind = append(behind, order.after(q, at))
	}
	list := order.first(sel.ranges(order.read()+`, f.number`, behind...), q.param(max(among, 1)))
	return `SELECT ` + strings.ReplaceAll(order.read(), `f.`, `p.`) + ` FROM (` + list + `) AS p WHERE ` +
		fmt.Sprintf(d.looked, q.param(d.matchOf(terms)), `p.number`) + ` LIMIT ` + q.param(limit)
}

// fetch returns the findings of ids, in their order.
func (t *tx) fetch(ids []string) ([]assay.Finding, error) {
	found := make(map[string]*assay.Finding, len(ids))
	err := in(ids, 2, func(list string, chunk []any) error {
		return t.whole(`finding f WHERE f.id IN (`+list+`) AND `+visible("f"), append([]any{t.scope.Organisation}, chunk...), func(f *assay.Finding) {
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

// countSome counts, up to most, those of the numbered findings that a selection has.
func (t *tx) countSome(sel *selection, numbers string, most int) (int, error) {
	q := sel.own()
	return t.countFew([]string{`SELECT 1 FROM ` + fmt.Sprintf(t.store.dialect.among, q.param(numbers)) + ` AND ` + sel.all()}, q.args, most)
}

// found are a table h and conditions that f has the terms, for all that the full text finds to be listed once, at some
// 0.3 µs for each on SQLite and 3 µs on PostgreSQL, and more if words are only begun. If the last
// word is, but is in many as a whole, and most that have the others have it, these are listed, and those that are met are
// looked at. far is how many rows are met for one that has the whole words.
func (t *tx) found(q *filter, terms []term, whole bool, far int) (with string, conditions []string, err error) {
	d, last := t.store.dialect, len(terms)-1
	if whole && last > 0 && terms[last].begun {
		others, err := t.hits("finding_text", terms[:last], t.store.search.few+1)
		if err != nil {
			return "", nil, err
		}
		if far <= mostHave*others.far(1) {
			conditions = append(conditions, fmt.Sprintf(d.looked, q.param(d.matchOf(terms)), `f.number`))
			terms = terms[:last]
		}
	}
	with = `WITH h AS MATERIALIZED (SELECT ` + d.textKey + ` AS n FROM finding_text t WHERE ` + fmt.Sprintf(d.matching, q.param(d.matchOf(terms))) + `) `
	// In this form no engine reads by the condition.
	return with, append(conditions, `(f.number IN (SELECT n FROM h)) IS TRUE`), nil
}
