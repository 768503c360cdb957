package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay"
)

// kept is a table as it is dumped: what is not derived from others.
type kept struct {
	name    string
	columns []string // as "name", "name:int", "name:int?" (or nil), "name:bytes"
	order   int      // by so many of the first columns
}

// keptTables are all tables but the heartbeat, the sessions and the full text, in an order in
// which they can be loaded: sight before what is seen by it.
func keptTables() []kept {
	table := func(name string, order int, columns string) kept { return kept{name, strings.Fields(columns), order} }
	return []kept{
		table("setting", 1, `name value`),
		table("sight", 2, `viewer organisation`),
		table("organisation", 1, `id kind name parent created_at:int`),
		table("marketplace", 1, `name organisation`),
		table("intake_partition", 1, `id:int committed:int listings:int revisions:int holder lease_until:int`),
		table("segment", 1, `id:int partition_id:int from_seq:int to_seq:int level:int entries:int data:bytes`),
		table("poison", 1, `id partition_id:int sequence:int reason at:int bytes:int data:bytes`),
		table("job_lease", 1, `name holder lease_until:int`),
		table("rescreen", 1, `id:int generation model as_of:int marketplace offer total:int done:int changed:int started_at:int ended_at:int`),
		table("seller", 2, `marketplace id name legal_name country joined_at:int identifiers hash:int seen_at:int`),
		table("finding", 1, `id number:int organisation marketplace offer page level:int lane owner variant score:int contributions model
			reference as_of:int state revision:int title url price currency seller_id seller_name found_at:int changed_at:int version:int searched`),
		table("offer_revision", 3, `marketplace offer number:int seen_at:int state listing:bytes`),
		table("observation", 4, `marketplace offer at:int variant quantity:int? sold:int?`),
		table("event", 1, `id position:int organisation kind subject actor at:int data`),
		table("outbox", 1, `position:int organisation`),
		table("webhook", 1, `id organisation url kinds secret:bytes active:int created_at:int`),
		table("delivery", 1, `id webhook organisation event state attempts:int next_at:int status:int error created_at:int ended_at:int`),
		// Without number and numbered: the full text is made anew, under new numbers.
		table("reference_row", 3, `kind key since:int until:int? seen:int organisation owner fields`),
		table("reference_version", 1, `id:int current:int begun:int begun_at:int holder lease_until:int`),
		table("token", 1, `id organisation name hash:bytes expires_at:int created_at:int`),
		table("idempotent_result", 2, `organisation key request_hash:bytes status:int body:bytes created_at:int`),
		table("counter", 1, `id:int value:int`),
	}
}

// names returns the columns' names.
func (k kept) names() []string {
	names := make([]string, len(k.columns))
	for i, c := range k.columns {
		names[i], _, _ = strings.Cut(c, ":")
	}
	return names
}

// fits reports whether a value is of the column's kind.
func fits(column string, value any) bool {
	_, kind, _ := strings.Cut(column, ":")
	switch value.(type) {
	case int64:
		return strings.HasPrefix(kind, "int")
	case string:
		return kind == ""
	case []byte:
		return kind == "bytes"
	case nil:
		return strings.HasSuffix(kind, "?")
	}
	return false
}

// Dump calls visit with every row of every table, all of one state of the database, in an
// order in which Load takes them. Values are int64, string, []byte or nil;
// they are the same whatever the engine. visit must not keep columns or row.
func (s *Store) Dump(ctx context.Context, scope assay.Scope, visit func(table string, columns []string, row []any) error) error {
	return s.readLocal(ctx, scope, "dumping", func(t *tx) error {
		for _, table := range keptTables() {
			names := table.names()
			row := make([]any, len(names))
			dest := make([]any, len(names))
			for i := range row {
				dest[i] = &row[i]
			}
			query := `SELECT ` + strings.Join(names, ", ") + ` FROM ` + table.name + ` ORDER BY ` + strings.Join(names[:table.order], ", ")
			err := t.rows(query, nil, func(rows *sql.Rows) error {
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				for i, column := range table.columns {
					if b, _ := row[i].([]byte); strings.HasSuffix(column, ":bytes") && b == nil {
						row[i] = []byte{} // SQLite gives an empty one as nil
					}
					if !fits(column, row[i]) {
						return fmt.Errorf("column %s of %s holds a %T", column, table.name, row[i])
					}
				}
				return visited(visit(table.name, names, row))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Load fills an empty database with the rows that next gives until it returns
// io.EOF, in one transaction, and makes the full text anew. A database that holds
// anything is a Conflict; a table, column or value that does not belong here is Invalid.
func (s *Store) Load(ctx context.Context, scope assay.Scope, next func() (table string, columns []string, row []any, err error)) error {
	return s.writeLocal(ctx, scope, "loading", func(t *tx) error {
		if err := t.mustBeEmpty(); err != nil {
			return err
		}
		tables := map[string]kept{}
		for _, table := range keptTables() {
			tables[table.name] = table
		}
		var into kept
		var names []string
		var values []any
		flush := func() error {
			if len(values) == 0 {
				return nil
			}
			_, err := t.insert(into.name+` (`+strings.Join(names, ", ")+`)`, len(names), values, ``)
			values = values[:0]
			return err
		}
		for {
			name, columns, row, err := next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return visited(err)
			}
			if name != into.name {
				if err := flush(); err != nil {
					return err
				}
				var known bool
				if into, known = tables[name]; !known {
					return assay.Errorf(assay.Invalid, "the dump has a table %q that is not known here: it is of another version", name)
				}
				names = into.names()
			}
			if !slices.Equal(columns, names) || len(row) != len(names) {
				return assay.Errorf(assay.Invalid, "the dump's table %q has other columns: it is of another version", name)
			}
			for i, value := range row {
				if !fits(into.columns[i], value) {
					return assay.Errorf(assay.Invalid, "the dump holds a value in %s.%s that does not belong there", name, names[i])
				}
				if b, ok := value.([]byte); ok {
					value = slices.Clone(b)
				}
				values = append(values, value)
			}
			if len(values)+len(names) > maxInsertParams {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if err := flush(); err != nil {
			return err
		}
		if err := t.rebuildText(); err != nil {
			return err
		}
		var at referencePlace
		for more := true; more; {
			var err error
			if more, err = t.fillReferenceText(&at); err != nil {
				return err
			}
		}
		return nil
	})
}

// mustBeEmpty is a Conflict unless there is nothing but what the migrations wrote and
// sessions, which it takes away.
func (t *tx) mustBeEmpty() error {
	seeded := map[string]int64{"counter": 1, "sight": 1, "organisation": 1, "reference_version": 1}
	for _, table := range keptTables() {
		var n, value int64
		if _, err := t.row(`SELECT count(*) FROM (SELECT 1 FROM `+table.name+` LIMIT 2) AS matched`, nil, &n); err != nil {
			return err
		}
		if table.name == "counter" {
			if _, err := t.row(`SELECT value FROM counter`, nil, &value); err != nil {
				return err
			}
		}
		if n != seeded[table.name] || value != 0 {
			return assay.Errorf(assay.Conflict, "this database is not empty: restore into a new one")
		}
	}
	// Sight last: it lets the others be seen.
	for _, name := range []string{"session", "counter", "organisation", "reference_version", "sight"} {
		if _, err := t.exec(`DELETE FROM ` + name); err != nil {
			return err
		}
	}
	return nil
}

// rebuildText makes the full text of every finding.
func (t *tx) rebuildText() error {
	after := int64(-1 << 63)
	for more := true; more; {
		more = false
		type textual struct {
			number  int64
			finding assay.Finding
		}
		var part []textual
		err := t.rows(`SELECT `+findingRead+`, f.number, f.searched FROM finding f WHERE f.number > $1 ORDER BY f.number LIMIT $2`,
			[]any{after, maxPage}, func(rows *sql.Rows) (err error) {
				var x textual
				var searched string
				if x.finding, err = scanFinding(rows, &x.number, &searched); err != nil {
					return err
				}
				x.finding.Text = searched
				after = x.number
				part = append(part, x)
				return nil
			})
		if err != nil {
			return err
		}
		for i := range part {
			f := &part[i].finding
			if err := t.store.dialect.putText(t, "finding_text", part[i].number, f.Organisation, wordsOf(f), true); err != nil {
				return err
			}
		}
		more = len(part) == maxPage
	}
	return nil
}
