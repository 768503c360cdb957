package sqldb

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"assay"
)

// filter puts together a query that depends on what is asked for. Values go in as
// parameters only.
type filter struct {
	where []string
	args  []any
}

// param adds a value and returns its parameter.
func (q *filter) param(value any) string {
	q.args = append(q.args, value)
	return "$" + strconv.Itoa(len(q.args))
}

// and adds a condition with its values in the place of each %s.
func (q *filter) and(condition string, values ...any) {
	params := make([]any, len(values))
	for i, v := range values {
		params[i] = q.param(v)
	}
	q.where = append(q.where, fmt.Sprintf(condition, params...))
}

// anyOf adds a condition that a column has one of the values.
func anyOf[T any](q *filter, column string, values []T) {
	params := make([]string, len(values))
	for i, v := range values {
		params[i] = q.param(v)
	}
	q.where = append(q.where, column+` IN (`+strings.Join(params, ",")+`)`)
}

func (q *filter) String() string { return strings.Join(q.where, " AND ") }

// fewOrganisations is how many organisations a viewer may see for its rows to be
// fetched organisation by organisation.
const fewOrganisations = 32

// sees begins a filter on rows f of an owned table with the scope's sight, in the form
// that an index serves. A viewer of one organisation reads that one's rows in their
// order; one of few reads each one's; for one who sees much, the installation first of all, rows
// in their order are looked up in sight one by one.
func (t *tx) sees(row string) (*filter, error) {
	q, _, err := t.seesFew(row)
	return q, err
}

// seesFew is sees, and for a viewer of few also tells the organisations.
func (t *tx) seesFew(row string) (q *filter, few []string, err error) {
	q = &filter{args: []any{t.scope.Organisation}}
	if t.scope.Organisation == assay.LocalOrganisation {
		q.and(visible(row))
		return q, nil, nil
	}
	err = t.rows(`SELECT organisation FROM sight WHERE viewer = $1 LIMIT $2`, []any{t.scope.Organisation, fewOrganisations + 1}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		few = append(few, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(few) > fewOrganisations:
		q.and(visible(row))
		return q, nil, nil
	case len(few) == 1:
		q.and(row + `.organisation = (SELECT organisation FROM sight WHERE viewer = $1)`)
	default:
		q.and(row + `.organisation IN (SELECT organisation FROM sight WHERE viewer = $1)`)
	}
	return q, few, nil
}

// listTime is how long a list or a search may take: readers are few, and shared.
const listTime = 5 * time.Second

// list is read for what somebody may ask too broadly.
func (s *Store) list(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	limited, cancel := context.WithTimeout(ctx, s.listTime)
	defer cancel()
	err := s.read(limited, scope, doing, f)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return assay.Errorf(assay.Unavailable, "the search was too broad to be answered in %v, or the database is busy: ask for something narrower (%w)", s.listTime, err)
	}
	return err
}

// Bounds of a filter; hostile ones are ordinary.
const maxFilterValues = 32

// ListFindings returns the part of the matching findings after cursor, the last
// changed first (or in the order they were found), at most limit (0: 50, at most 1,000).
// Since bounds the time of the last change. A cursor that was not made here, or for the other
// order, is Invalid. Findings that change while a list is read move to its top and
// are not met again further down.
func (s *Store) ListFindings(ctx context.Context, scope assay.Scope, ff assay.FindingFilter, cursor string, limit int) (assay.FindingPage, error) {
	limit = page(limit)
	result := assay.FindingPage{Findings: []assay.Finding{}}
	order := "changed"
	if ff.Oldest {
		order = "found"
	}
	at, err := openCursor(cursor, order)
	if err != nil {
		return result, err
	}
	terms := termsOf(ff.Query)
	if strings.TrimSpace(ff.Query) != "" && len(terms) == 0 {
		return result, nil // punctuation occurs nowhere
	}
	err = s.list(ctx, scope, "listing findings", func(t *tx) error {
		q, few, err := t.seesFew("f")
		if err != nil {
			return err
		}
		if err := t.matching(q, ff); err != nil {
			return err
		}
		count := `SELECT count(*) FROM (SELECT 1 FROM ` + t.searching(q, terms) + ` LIMIT ` + strconv.Itoa(assay.MaxCount) + `) AS matched`
		if _, err := t.row(count, slices.Clone(q.args), &result.Count); err != nil {
			return err
		}
		direction := ` ORDER BY f.changed_at DESC, f.id DESC`
		switch {
		case ff.Oldest:
			direction = ` ORDER BY f.found_at, f.id`
			if cursor != "" {
				q.and(`(f.found_at, f.id) > (%s, %s)`, at.Number, at.Text)
			}
		case cursor != "":
			q.and(`(f.changed_at, f.id) < (%s, %s)`, at.Number, at.Text)
		}
		query := `SELECT ` + findingRead + ` FROM finding f WHERE ` + q.String()
		if len(few) > 1 && len(terms) == 0 {
			query = merged(q, few)
			direction = strings.ReplaceAll(direction, `f.`, ``)
		}
		query += direction + ` LIMIT ` + q.param(limit+1)
		return t.rows(query, q.args, func(rows *sql.Rows) error {
			f, err := scanFinding(rows)
			result.Findings = append(result.Findings, f)
			return err
		})
	})
	if err != nil {
		return assay.FindingPage{}, err
	}
	if len(result.Findings) > limit {
		result.Findings = result.Findings[:limit]
		last := &result.Findings[limit-1]
		when := last.ChangedAt
		if ff.Oldest {
			when = last.FoundAt
		}
		result.Next = position{Order: order, Number: micros(when), Text: last.ID}.cursor()
	}
	return result, nil
}

// merged reads the findings of each of few organisations by itself: every one has an
// index in the order of the list, and the engines merge them as far as the page needs.
func merged(q *filter, few []string) string {
	rest := strings.Join(q.where[1:], " AND ") // the first one is the sight
	parts := make([]string, len(few))
	for i, id := range few {
		parts[i] = `SELECT ` + findingRead + ` FROM finding f WHERE f.organisation =
			(SELECT organisation FROM sight WHERE viewer = $1 AND organisation = ` + q.param(id) + `) AND ` + rest
	}
	return strings.Join(parts, ` UNION ALL `)
}

// matching adds what a filter asks for.
func (t *tx) matching(q *filter, ff assay.FindingFilter) error {
	levels := ff.Levels
	if len(levels) == 0 {
		levels = []assay.Level{assay.Review, assay.Block}
	}
	if len(levels) > maxFilterValues || len(ff.Lanes) > maxFilterValues {
		return assay.Errorf(assay.Invalid, "at most %d values of a filter can be asked for", maxFilterValues)
	}
	var ranks []int
	for _, level := range levels {
		if level.Rank() < 0 {
			return assay.Errorf(assay.Invalid, "%q is no verdict: ask for clear, review or block", string(level))
		}
		ranks = append(ranks, level.Rank())
	}
	anyOf(q, `f.level`, ranks)
	if len(ff.Lanes) > 0 {
		var lanes []string
		for _, lane := range ff.Lanes {
			lanes = append(lanes, string(lane))
		}
		column := `f.lane`
		if len(lanes) > 1 {
			column = `(f.lane || '')` // keeps the lanes' index out, which would make all of them be sorted
		}
		anyOf(q, column, lanes)
	}
	if ff.Owner != "" { // by its organisation, which is in the indexes
		q.and(`f.organisation = (SELECT o.id FROM organisation o WHERE o.kind = 'brand' AND o.name = %s)`, ff.Owner)
	}
	if ff.Marketplace != "" {
		q.and(`f.marketplace = %s`, ff.Marketplace)
	}
	if ff.Offer != "" {
		q.and(`f.offer = %s`, ff.Offer)
	}
	if ff.Seller != "" {
		q.and(`f.seller_id = %s`, ff.Seller)
	}
	if !ff.Since.IsZero() {
		q.and(`f.changed_at >= %s`, micros(ff.Since))
	}
	return nil
}

// searching adds the full text to a filter, and returns from where matching findings f
// are counted: from the text, which can stop at the most that is counted. A page
// needs every hit to put them in order, and costs some 5 µs for each on SQLite.
func (t *tx) searching(q *filter, terms []term) (counted string) {
	if len(terms) == 0 {
		return `finding f WHERE ` + q.String()
	}
	d := t.store.dialect
	matching := fmt.Sprintf(d.matching, q.param(d.matchOf(terms)))
	others := q.String()
	q.where = append(q.where, `f.number IN (SELECT `+d.textKey+` FROM finding_text t WHERE `+matching+`)`)
	return `finding_text t CROSS JOIN finding f WHERE ` + matching + ` AND ` + d.textKey + ` = f.number AND ` + others
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

// position is where a list goes on: the last row's place in its order.
type position struct {
	Order  string `json:"o"`
	Number int64  `json:"n,omitzero"`
	Text   string `json:"t"`
}

const (
	cursorFormat   = 1 // first byte of a cursor
	maxCursorBytes = 4 << 10
)

// cursor is opaque to its readers.
func (p position) cursor() string {
	b, err := json.Marshal(p, jsonOptions)
	if err != nil {
		panic(err) // two strings and a number
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte{cursorFormat}, b...))
}

// openCursor reads a cursor of the named order; "" is the beginning.
func openCursor(cursor, order string) (p position, err error) {
	if cursor == "" {
		return p, nil
	}
	bad := assay.Errorf(assay.Invalid, "this cursor does not belong to this list: begin without one")
	if len(cursor) > maxCursorBytes {
		return p, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) == 0 || b[0] != cursorFormat {
		return p, bad
	}
	if err := json.Unmarshal(b[1:], &p, json.RejectUnknownMembers(true)); err != nil || p.Order != order {
		return p, bad
	}
	return p, nil
}
