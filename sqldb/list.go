package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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

// put returns a condition with the parameters of its values in the place of each %s.
func (q *filter) put(condition string, values ...any) string {
	params := make([]any, len(values))
	for i, v := range values {
		params[i] = q.param(v)
	}
	return fmt.Sprintf(condition, params...)
}

// and adds a condition with its values.
func (q *filter) and(condition string, values ...any) {
	q.where = append(q.where, q.put(condition, values...))
}

// anyOf adds a condition that a column has one of the values.
func anyOf[T ~string](q *filter, column string, values []T) {
	params := make([]string, len(values))
	for i, v := range values {
		params[i] = q.param(string(v))
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
		q.where = append(q.where, q.seen(row, few[0]))
	default:
		q.and(row + `.organisation IN (SELECT organisation FROM sight WHERE viewer = $1)`)
	}
	return q, few, nil
}

// seen is the condition that rows are of one organisation that the viewer sees. It names the
// organisation, which tells PostgreSQL how many rows it has.
func (q *filter) seen(row, organisation string) string {
	id := q.param(organisation)
	return row + `.organisation = ` + id + ` AND EXISTS (SELECT 1 FROM sight WHERE viewer = $1 AND organisation = ` + id + `)`
}

// listTime is how long a list or a search may take: readers are few, and shared.
const listTime = 5 * time.Second

// list is read for what somebody may ask too broadly.
func (s *Store) list(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	limited, cancel := context.WithTimeout(ctx, s.listTime)
	defer cancel()
	err := s.read(limited, scope, doing, func(t *tx) error {
		if s.dialect.planning != "" {
			if _, err := t.exec(s.dialect.planning); err != nil {
				return err
			}
		}
		return f(t)
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return assay.Errorf(assay.Unavailable, "the search was too broad to be answered in %v, or the database is busy: ask for something narrower (%w)", s.listTime, err)
	}
	return err
}
