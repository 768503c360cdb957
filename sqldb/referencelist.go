package sqldb

import (
	"context"
	"database/sql"
	"strings"

	"golang.org/x/text/unicode/norm"

	"assay"
)

// maxLookedThrough bounds the rows that one call looks through for a text.
const maxLookedThrough = 20_000

// ListReferenceRows lists rows of a kind in force that the scope sees, by key; only those
// of owner and with the text q in key or fields, if given. Case and width of
// characters don't count. One call looks through a bounded number of rows: a part
// may be short, or empty, and still have a next cursor.
func (s *Store) ListReferenceRows(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, owner, q, cursor string, limit int) (list []assay.ReferenceRow, next string, err error) {
	limit = page(limit)
	order := "reference " + string(kind)
	at, err := openCursor(cursor, order)
	if err != nil {
		return nil, "", err
	}
	wanted := folded(q)
	err = s.list(ctx, scope, "listing the reference", func(t *tx) error {
		f, err := t.sees("r")
		if err != nil {
			return err
		}
		var version int64
		if _, err := t.row(`SELECT current FROM reference_version`, nil, &version); err != nil {
			return err
		}
		f.and(`r.kind = %s`, string(kind))
		f.and(`r.since <= %s`, version)
		f.and(`(r.until IS NULL OR r.until > %s)`, version)
		if owner != "" {
			f.and(`r.owner = %s`, owner)
		}
		if cursor != "" {
			f.and(`r.key > %s`, at.Text)
		}
		looked, last, most := 0, "", maxLookedThrough
		if wanted == "" {
			most = limit // every row counts
		}
		query := `SELECT r.key, r.owner, r.fields FROM reference_row r WHERE ` + f.String() + ` ORDER BY r.key LIMIT ` + f.param(most+1)
		err = t.rows(query, f.args, func(rows *sql.Rows) error {
			r := assay.ReferenceRow{Kind: kind}
			if err := rows.Scan(&r.Key, &r.Owner, &r.Fields); err != nil {
				return err
			}
			if looked == most || len(list) == limit {
				next = position{Order: order, Text: last}.cursor()
				return errStop
			}
			looked, last = looked+1, r.Key
			if wanted == "" || strings.Contains(folded(r.Key), wanted) || strings.Contains(folded(r.Fields), wanted) {
				list = append(list, r)
			}
			return nil
		})
		if err == errStop {
			return nil
		}
		return err
	})
	return list, next, err
}

func folded(s string) string { return strings.ToLower(norm.NFKC.String(s)) }
