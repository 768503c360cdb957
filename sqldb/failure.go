package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"assay"
)

// failed gives an error of the database its code, by the engines' own numbers, never
// by their text. Errors that have a code keep it; an ended ctx says so itself.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	var visiting *visitError
	if errors.As(err, &visiting) {
		return visiting.err
	}
	var known *assay.Error
	if errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	wrapped := fmt.Errorf("%s: %w", doing, err)
	switch code := codeOf(err); code {
	case assay.Unavailable:
		return &assay.Error{Code: code, Message: "the database is away or busy: try again later", Err: wrapped}
	case assay.Full:
		return &assay.Error{Code: code, Message: "the database cannot be written: its disk is full, read-only or failing", Err: wrapped}
	case assay.Conflict:
		return &assay.Error{Code: code, Message: "somebody else has written this already", Err: wrapped}
	}
	return wrapped
}

// visitError is what a caller's own function returned. It goes back as it is.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

// visited wraps the result of a caller's function.
func visited(err error) error {
	if err == nil {
		return nil
	}
	return &visitError{err}
}

func codeOf(err error) assay.Code {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return codeOfSQLite(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return codeOfState(pg.Code)
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &connecting), errors.As(err, &network), errors.As(err, &operation), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err):
		return assay.Unavailable
	}
	return assay.Internal
}

// codeOfSQLite reads a result code of SQLite, extended or not
// (https://www.sqlite.org/rescode.html).
func codeOfSQLite(code int) assay.Code {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return assay.Conflict
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return assay.Unavailable
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return assay.Full
	}
	return assay.Internal
}

// codeOfState reads an SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func codeOfState(state string) assay.Code {
	switch state {
	case "23505": // unique violation
		return assay.Conflict
	case "25006", "53100": // read-only transaction, disk full
		return assay.Full
	case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
		return assay.Unavailable
	}
	if len(state) != 5 {
		return assay.Internal
	}
	switch {
	case state[:2] == "08", state[:3] == "57P", state[:2] == "53": // connection, shutting down, resources
		return assay.Unavailable
	case state[:2] == "58": // system error: the disk, mostly
		return assay.Full
	}
	return assay.Internal
}
