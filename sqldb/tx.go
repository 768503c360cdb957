package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"assay"
)

// tx is one transaction in one scope.
type tx struct {
	ctx   context.Context
	scope assay.Scope
	store *Store
	pool  pool
	sql   *sql.Tx
	fresh []string // statements that are worth preparing once the connection is free
}

// write runs f in a transaction that may write. The zero Scope may not.
func (s *Store) write(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	if scope.Organisation == "" {
		return assay.Errorf(assay.Forbidden, "nobody is named for whom to write")
	}
	return s.run(ctx, scope, s.writer, doing, nil, f)
}

// writeLocal is write for the installation's own work.
func (s *Store) writeLocal(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	if err := onlyLocal(scope); err != nil {
		return err
	}
	return s.write(ctx, scope, doing, f)
}

// read runs f in a transaction that sees one state of the database throughout.
func (s *Store) read(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	return s.run(ctx, scope, s.reader, doing, s.dialect.reading, f)
}

// readLocal is read for the installation's own work.
func (s *Store) readLocal(ctx context.Context, scope assay.Scope, doing string, f func(*tx) error) error {
	if err := onlyLocal(scope); err != nil {
		return err
	}
	return s.read(ctx, scope, doing, f)
}

func onlyLocal(scope assay.Scope) error {
	if scope.Organisation != assay.LocalOrganisation {
		return assay.Errorf(assay.Forbidden, "this is the installation's own work")
	}
	return nil
}

func (s *Store) run(ctx context.Context, scope assay.Scope, p pool, doing string, how *sql.TxOptions, f func(*tx) error) error {
	sqlTx, err := p.BeginTx(ctx, how)
	if err != nil {
		return s.failed(ctx, doing, err)
	}
	t := &tx{ctx: ctx, scope: scope, store: s, pool: p, sql: sqlTx}
	defer sqlTx.Rollback() // after a commit it does nothing
	if s.dialect.enter != "" {
		if _, err := t.exec(s.dialect.enter, scope.Organisation); err != nil {
			return s.failed(ctx, doing, err)
		}
	}
	if err := f(t); err != nil {
		return s.failed(ctx, doing, err)
	}
	if err := sqlTx.Commit(); err != nil {
		return s.failed(ctx, doing, err)
	}
	p.statements.prepare(ctx, p.DB, t.fresh)
	return nil
}

// exec runs a statement and returns how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	args = arguments(args)
	var result sql.Result
	var err error
	if stmt := t.statement(query); stmt != nil {
		result, err = stmt.ExecContext(t.ctx, args...)
	} else {
		result, err = t.sql.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rows calls scan for every row of a query.
func (t *tx) rows(query string, args []any, scan func(*sql.Rows) error) error {
	args = arguments(args)
	var rows *sql.Rows
	var err error
	if stmt := t.statement(query); stmt != nil {
		rows, err = stmt.QueryContext(t.ctx, args...)
	} else {
		rows, err = t.sql.QueryContext(t.ctx, query, args...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row scans the first row of a query into dest and reports whether there is one.
func (t *tx) row(query string, args []any, dest ...any) (bool, error) {
	found := false
	err := t.rows(query, args, func(rows *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// statement returns the prepared form of query, nil if there is none yet.
func (t *tx) statement(query string) *sql.Stmt {
	if t.pool.statements == nil {
		return nil
	}
	stmt := t.pool.statements.get(query)
	if stmt == nil {
		t.fresh = append(t.fresh, query)
		return nil
	}
	return t.sql.StmtContext(t.ctx, stmt)
}

// maxInsertParams bounds the parameters of one INSERT: SQLite looks names of
// parameters up one after the other, which makes long lists slow.
const maxInsertParams = 256

// insert adds rows of width values each; into is "table (columns)", tail what
// follows the values. Row counts are powers of two, so that there are few
// different statements to prepare.
func (t *tx) insert(into string, width int, values []any, tail string) (int64, error) {
	size := 1
	for size*2*width <= maxInsertParams {
		size *= 2
	}
	var n int64
	for len(values) > 0 {
		for size*width > len(values) {
			size /= 2
		}
		var b strings.Builder
		b.WriteString("INSERT INTO ")
		b.WriteString(into)
		b.WriteString(" VALUES ")
		for i := range size {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('(')
			appendParams(&b, i*width+1, width)
			b.WriteByte(')')
		}
		b.WriteByte(' ')
		b.WriteString(tail)
		touched, err := t.exec(b.String(), values[:size*width]...)
		if err != nil {
			return n, err
		}
		n += touched
		values = values[size*width:]
	}
	return n, nil
}

// inList is how many values an IN list of one query holds.
const inList = 64

// in calls f with lists of at most inList values, padded with their last one to a
// power of two; list is the text of the parameters, the first of them numbered first.
func in[T any](values []T, first int, f func(list string, chunk []any) error) error {
	for len(values) > 0 {
		n := min(len(values), inList)
		chunk := make([]any, 0, inList)
		for _, v := range values[:n] {
			chunk = append(chunk, v)
		}
		size := 1
		for size < n {
			size *= 2
		}
		for len(chunk) < size {
			chunk = append(chunk, values[n-1])
		}
		var b strings.Builder
		appendParams(&b, first, size)
		if err := f(b.String(), chunk); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// appendParams writes n parameters, "$7,$8,$9".
func appendParams(b *strings.Builder, first, n int) {
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
}

// arguments brings values into what both engines take: int64, string, []byte, nil.
func arguments(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			args[i] = clean(v)
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		case time.Time:
			args[i] = micros(v)
		case int:
			args[i] = int64(v)
		case uint64:
			args[i] = int64(v)
		case bool:
			args[i] = int64(0)
			if v {
				args[i] = int64(1)
			}
		}
	}
	return args
}

// clean makes s something that a TEXT of either engine can hold.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// micros is how a time is kept.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is micros' inverse.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// maxStatements bounds what is kept prepared. The store has far fewer texts; what
// is put together for a filter may go beyond.
const maxStatements = 512

// statements keeps prepared statements by their text. A nil *statements keeps none.
type statements struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt // guarded by mu; nil once closed
}

func newStatements() *statements { return &statements{byText: map[string]*sql.Stmt{}} }

func (ss *statements) get(query string) *sql.Stmt {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.byText[query]
}

// prepare keeps queries for the transactions to come. It is done outside of one:
// within, a pool of one connection would wait for itself. What can't be prepared
// runs as it did the first time.
func (ss *statements) prepare(ctx context.Context, db *sql.DB, queries []string) {
	if ss == nil {
		return
	}
	for _, query := range queries {
		ss.mu.Lock()
		skip := ss.byText == nil || ss.byText[query] != nil || len(ss.byText) >= maxStatements
		ss.mu.Unlock()
		if skip {
			continue
		}
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			return
		}
		ss.mu.Lock()
		if ss.byText == nil || ss.byText[query] != nil {
			ss.mu.Unlock()
			stmt.Close()
			continue
		}
		ss.byText[query] = stmt
		ss.mu.Unlock()
	}
}

func (ss *statements) close() {
	if ss == nil {
		return
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, stmt := range ss.byText {
		stmt.Close()
	}
	ss.byText = nil
}

// errStop ends a query early; it never leaves the package.
var errStop = errors.New("stop")
