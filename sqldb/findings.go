package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"assay"
)

// maxFilterValues bounds a filter; hostile ones are ordinary.
const maxFilterValues = 32

// ListFindings returns the part of the matching findings after cursor in the order that is
// asked for, at most limit (0: 50, at most 1,000). Since bounds the time of the last
// change. A cursor that was not made here, or for another order, is Invalid. Findings that
// change while a list is read may move: to the top of those last changed, where they are
// not met again.
func (s *Store) ListFindings(ctx context.Context, scope assay.Scope, ff assay.FindingFilter, cursor string, limit int) (assay.FindingPage, error) {
	limit = page(limit)
	result := assay.FindingPage{Findings: []assay.Finding{}}
	order, err := orderOf(ff.Order)
	if err != nil {
		return result, err
	}
	at, err := openCursor(cursor, order.name)
	if err != nil {
		return result, err
	}
	terms := termsOf(ff.Query)
	if strings.TrimSpace(ff.Query) != "" && len(terms) == 0 {
		return result, nil // punctuation occurs nowhere
	}
	err = s.list(ctx, scope, "listing findings", func(t *tx) error {
		sel, err := t.selection(ff)
		if err != nil {
			return err
		}
		if len(terms) > 0 {
			result, err = t.search(sel, terms, order, at, limit+1)
			return err
		}
		if result.Count, err = t.countFew(sel.ranges(`1`), sel.args, assay.MaxCount); err != nil {
			return err
		}
		result.Capped = result.Count == assay.MaxCount
		if !slices.Contains(sel.ordered, order.name) && !result.Capped {
			order = order.sorted(t.store.dialect) // few are sooner sorted than met in all
		}
		q := sel.own()
		return t.readFirst(sel, &q, "", order, at, limit+1, func(f *assay.Finding) { result.Findings = append(result.Findings, *f) })
	})
	if err != nil {
		return assay.FindingPage{}, err
	}
	if len(result.Findings) > limit {
		result.Findings = result.Findings[:limit]
		result.Next = order.position(&result.Findings[limit-1]).cursor()
	}
	return result, nil
}

// readFirst calls visit with the first findings of a selection behind a position that meet
// further conditions. They may speak of the table in with.
func (t *tx) readFirst(sel *selection, q *filter, with string, order findingOrder, at position, limit int, visit func(*assay.Finding), further ...string) error {
	if at.Order != "" {
		further = append(further, order.after(q, at))
	}
	ids := order.first(sel.ranges(order.read(), further...), q.param(limit))
	return t.whole(`(`+with+ids+`) AS p CROSS JOIN finding f WHERE f.id = p.id ORDER BY `+order.by(order.column), q.args, visit)
}

// whole calls visit with findings f.
func (t *tx) whole(from string, args []any, visit func(*assay.Finding)) error {
	return t.rows(`SELECT `+findingRead+` FROM `+from, args, func(rows *sql.Rows) error {
		f, err := scanFinding(rows)
		if err == nil {
			visit(&f)
		}
		return err
	})
}

// countFew counts the rows of queries up to most.
func (t *tx) countFew(queries []string, args []any, most int) (n int, err error) {
	_, err = t.row(`SELECT count(*) FROM (`+strings.Join(queries, ` UNION ALL `)+` LIMIT `+strconv.Itoa(most)+`) AS matched`, slices.Clone(args), &n)
	return n, err
}

// selection is the findings f that a scope sees and a filter asks for. They are read as
// ranges of one index, each in the order that is asked for and as far as a page
// needs: a range for each verdict and, where that leads the index, each lane or each of few
// organisations that are seen.
type selection struct {
	filter          // what holds for every row beside its range
	sight  string   // the scope's sight
	each   []string // the same, organisation by organisation, if it is of few
	level  string   // the column of the verdict
	levels []string // parameters
	lanes  []string // parameters, if the ranges are of lanes
	// ordered are the names of the orders in which an index has the ranges.
	ordered []string
}

// selection reads a filter. The columns of which it names one value are ranked by how few
// rows they usually leave; the index is that of the first of them.
func (t *tx) selection(ff assay.FindingFilter) (*selection, error) {
	q, few, err := t.seesFew("f")
	if err != nil {
		return nil, err
	}
	sel := &selection{filter: filter{args: q.args}, level: `f.level`}
	levels := ff.Levels
	if len(levels) == 0 {
		levels = []assay.Level{assay.Review, assay.Block}
	}
	if len(levels) > maxFilterValues || len(ff.Lanes) > maxFilterValues {
		return nil, assay.Errorf(assay.Invalid, "at most %d values of a filter can be asked for", maxFilterValues)
	}
	ranks := map[int]bool{}
	for _, level := range levels {
		rank := level.Rank()
		if rank < 0 {
			return nil, assay.Errorf(assay.Invalid, "%q is no verdict: ask for clear, review or block", string(level))
		}
		if !ranks[rank] {
			ranks[rank] = true
			sel.levels = append(sel.levels, sel.param(rank))
		}
	}
	led := false
	lead := func(column string, ordered ...string) string {
		if led {
			return t.store.dialect.unindexed(column)
		}
		led, sel.ordered = true, ordered
		return column
	}
	byKey := ff.Offer != "" && ff.Marketplace != "" // the table's own, which has no verdict
	if byKey {
		sel.level = t.store.dialect.unindexed(sel.level)
		sel.and(lead(`f.marketplace`)+` = %s`, ff.Marketplace)
	}
	if ff.Offer != "" { // alone it has no index
		sel.and(`f.offer = %s`, ff.Offer)
	}
	if ff.Seller != "" {
		sel.and(lead(`f.seller_id`, "changed")+` = %s`, ff.Seller)
	}
	if ff.Owner != "" { // by its organisation, which is in the indexes
		owner := ""
		if _, err := t.row(`SELECT o.id FROM organisation o WHERE o.kind = 'brand' AND o.name = $1`, []any{ff.Owner}, &owner); err != nil {
			return nil, err
		}
		sel.and(lead(`f.organisation`, "changed", "found", "score")+` = %s`, owner)
	}
	sel.sight = q.String()
	switch {
	case len(few) == 0:
	case led:
		sel.sight = strings.Replace(sel.sight, `f.organisation`, lead(`f.organisation`), 1)
	default:
		lead(`f.organisation`, "changed", "found", "score")
		if len(few) == 1 {
			break
		}
		for _, id := range few {
			sel.each = append(sel.each, sel.seen("f", id))
		}
	}
	if ff.Marketplace != "" && !byKey {
		sel.and(lead(`f.marketplace`, "changed", "score")+` = %s`, ff.Marketplace)
	}
	switch {
	case len(ff.Lanes) == 0:
	case led:
		anyOf(&sel.filter, t.store.dialect.unindexed(`f.lane`), ff.Lanes)
	default:
		lead(`f.lane`, "changed", "score")
		for _, lane := range slices.Compact(slices.Sorted(slices.Values(ff.Lanes))) {
			sel.lanes = append(sel.lanes, sel.param(string(lane)))
		}
	}
	if !led {
		sel.ordered = []string{"changed", "found", "score"}
	}
	if !ff.Since.IsZero() {
		sel.and(`f.changed_at >= %s`, micros(ff.Since))
	}
	return sel, nil
}

// ranges are queries for the findings of a selection that meet further conditions.
func (sel *selection) ranges(columns string, further ...string) []string {
	sights := sel.each
	if len(sights) == 0 {
		sights = []string{sel.sight}
	}
	lanes := []string{""}
	if len(sel.lanes) > 0 {
		lanes = sel.lanes
	}
	var parts []string
	for _, sight := range sights {
		for _, lane := range lanes {
			for _, level := range sel.levels {
				conditions := slices.Concat([]string{sight, sel.level + ` = ` + level}, sel.where, further)
				if lane != "" {
					conditions = append(conditions, `f.lane = `+lane)
				}
				parts = append(parts, `SELECT `+columns+` FROM finding f WHERE `+strings.Join(conditions, ` AND `))
			}
		}
	}
	return parts
}

// own returns the filter for one query to add parameters of its own.
func (sel *selection) own() filter {
	q := sel.filter
	q.args = slices.Clone(q.args)
	return q
}

// all is the condition on the findings of a selection in one.
func (sel *selection) all() string {
	sight := sel.sight
	if len(sel.each) > 0 {
		sight = `(` + strings.Join(sel.each, ` OR `) + `)`
	}
	conditions := append([]string{sight, sel.level + ` IN (` + strings.Join(sel.levels, `,`) + `)`}, sel.where...)
	if len(sel.lanes) > 0 {
		conditions = append(conditions, `f.lane IN (`+strings.Join(sel.lanes, `,`)+`)`)
	}
	return strings.Join(conditions, ` AND `)
}

// Finding returns one, else NotFound.
func (s *Store) Finding(ctx context.Context, scope assay.Scope, id string) (assay.Finding, error) {
	var f assay.Finding
	err := s.read(ctx, scope, "reading a finding", func(t *tx) error {
		there := false
		err := t.rows(`SELECT `+findingRead+` FROM finding f WHERE f.id = $2 AND `+visible("f"), []any{scope.Organisation, id}, func(rows *sql.Rows) (err error) {
			there = true
			f, err = scanFinding(rows)
			return err
		})
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such finding")
		}
		return err
	})
	return f, err
}

// SellerFindings counts the findings that the scope sees on the offers of one seller of a
// marketplace. It reads an index alone, and no further than is counted.
func (s *Store) SellerFindings(ctx context.Context, scope assay.Scope, marketplace, seller string) (assay.SellerSummary, error) {
	var summary assay.SellerSummary
	err := s.list(ctx, scope, "counting a seller's findings", func(t *tx) error {
		sel, err := t.selection(assay.FindingFilter{Levels: levels(), Seller: seller, Marketplace: marketplace})
		if err != nil {
			return err
		}
		order, err := orderOf(assay.OrderChanged)
		if err != nil {
			return err
		}
		counted := order.first(sel.ranges(`f.level, f.found_at, f.changed_at, f.id`), strconv.Itoa(assay.MaxCount))
		return t.rows(`SELECT level, count(*), min(found_at), max(changed_at) FROM (`+counted+`) AS counted GROUP BY level`, sel.args, func(rows *sql.Rows) error {
			var level, n int
			var found, changed int64
			if err := rows.Scan(&level, &n, &found, &changed); err != nil {
				return err
			}
			switch levels()[level] {
			case assay.Review:
				summary.Review = n
			case assay.Block:
				summary.Block = n
			}
			if first := instant(found); summary.Findings == 0 || first.Before(summary.First) {
				summary.First = first
			}
			if last := instant(changed); last.After(summary.Last) {
				summary.Last = last
			}
			summary.Findings += n
			return nil
		})
	})
	return summary, err
}
