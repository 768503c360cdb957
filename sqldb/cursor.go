package sqldb

import (
	"cmp"
	"database/sql"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"assay"
)

// findingOrder is an order of findings. It is strict, so that a list goes on behind its last
// row whatever was added meanwhile.
type findingOrder struct {
	name    string   // in cursors
	down    bool     // the greatest first
	columns []string // the last is the id, text in the order of its bytes; others are numbers
	// column is how a column is written to be sorted by.
	column func(string) string
}

func orderOf(order assay.FindingOrder) (findingOrder, error) {
	as := func(column string) string { return column }
	switch order {
	case assay.OrderChanged:
		return findingOrder{"changed", true, []string{`f.changed_at`, `f.id`}, as}, nil
	case assay.OrderFound:
		return findingOrder{"found", false, []string{`f.found_at`, `f.id`}, as}, nil
	case assay.OrderScore:
		return findingOrder{"score", true, []string{`f.score`, `f.changed_at`, `f.id`}, as}, nil
	}
	return findingOrder{}, assay.Errorf(assay.Invalid, "%q is no order of findings: ask for found or score, or for none", string(order))
}

// sorted is the same order without the help of an index.
func (o findingOrder) sorted(d *dialect) findingOrder {
	o.column = d.unindexed
	return o
}

func (o findingOrder) read() string { return strings.Join(o.columns, `, `) }

// by is what follows ORDER BY.
func (o findingOrder) by(column func(string) string) string {
	parts := make([]string, len(o.columns))
	for i, c := range o.columns {
		if parts[i] = column(c); o.down {
			parts[i] += ` DESC`
		}
	}
	return strings.Join(parts, `, `)
}

// first is a query for the first rows of all queries together, each read no further than
// that: in the order of an index, PostgreSQL does not do so by itself.
func (o findingOrder) first(queries []string, limit string) string {
	parts := make([]string, len(queries))
	for i, query := range queries {
		parts[i] = `SELECT * FROM (` + query + ` ORDER BY ` + o.by(o.column) + ` LIMIT ` + limit + `) AS r` + strconv.Itoa(i)
	}
	plain := func(column string) string { return strings.TrimPrefix(column, `f.`) }
	return strings.Join(parts, ` UNION ALL `) + ` ORDER BY ` + o.by(plain) + ` LIMIT ` + limit
}

// after adds the values of a position to a query and returns the condition on rows behind it.
func (o findingOrder) after(q *filter, at position) string {
	values := []string{q.param(at.Number), q.param(at.Text)}
	if len(o.columns) == 3 {
		values = append([]string{q.param(at.Score)}, values...)
	}
	columns := make([]string, len(o.columns))
	for i, c := range o.columns {
		columns[i] = o.column(c)
	}
	compare := `) > (`
	if o.down {
		compare = `) < (`
	}
	return `(` + strings.Join(columns, `, `) + compare + strings.Join(values, `, `) + `)`
}

// behind reports whether a comes behind b.
func (o findingOrder) behind(a, b position) bool {
	c := cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
	return o.down == (c < 0) && c != 0
}

// scan reads a row of the order's columns.
func (o findingOrder) scan(rows *sql.Rows) (p position, err error) {
	p.Order = o.name
	if len(o.columns) == 3 {
		return p, rows.Scan(&p.Score, &p.Number, &p.Text)
	}
	return p, rows.Scan(&p.Number, &p.Text)
}

// position is where a finding stands.
func (o findingOrder) position(f *assay.Finding) position {
	p := position{Order: o.name, Number: micros(f.ChangedAt), Text: f.ID}
	switch {
	case len(o.columns) == 3:
		p.Score = int64(f.Score)
	case !o.down:
		p.Number = micros(f.FoundAt)
	}
	return p
}

// position is where a list goes on: the last row's place in its order.
type position struct {
	Order  string `json:"o"`
	Score  int64  `json:"s,omitzero"`
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
		panic(err) // strings and numbers
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
