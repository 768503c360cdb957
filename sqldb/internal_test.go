package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"assay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachErrorHasTheCodeThatItsCallerCanActOn(t *testing.T) {
	for _, c := range []struct {
		err  error
		want assay.Code
	}{
		{&pgconn.PgError{Code: "08006"}, assay.Unavailable},
		{&pgconn.PgError{Code: "57P01"}, assay.Unavailable},
		{&pgconn.PgError{Code: "40001"}, assay.Unavailable},
		{&pgconn.PgError{Code: "40P01"}, assay.Unavailable},
		{&pgconn.PgError{Code: "53300"}, assay.Unavailable},
		{&pgconn.PgError{Code: "53100"}, assay.Full},
		{&pgconn.PgError{Code: "25006"}, assay.Full},
		{&pgconn.PgError{Code: "58030"}, assay.Full},
		{&pgconn.PgError{Code: "23505"}, assay.Conflict},
		{&pgconn.PgError{Code: "42601"}, assay.Internal},
		{&pgconn.PgError{}, assay.Internal},
		{&net.OpError{Err: errors.New("refused")}, assay.Unavailable},
		{io.EOF, assay.Unavailable},
		{io.ErrUnexpectedEOF, assay.Unavailable},
		{driver.ErrBadConn, assay.Unavailable},
		{errors.New("else"), assay.Internal},
	} {
		t.Run(fmt.Sprintf("%v is %s", c.err, c.want), func(t *testing.T) {
			s := &Store{}
			err := s.failed(t.Context(), "testing", c.err)
			if got := assay.CodeOf(err); got != c.want {
				t.Errorf("the code is %q", got)
			}
			if !errors.Is(err, c.err) {
				t.Error("the cause is lost")
			}
		})
	}
	t.Run("the end of a context is told as itself", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := (&Store{}).failed(ctx, "testing", driver.ErrBadConn); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func openTemp(t *testing.T, o Options) *Store {
	t.Helper()
	o.URL = filepath.Join(t.TempDir(), "assay.db")
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSQLiteWithoutRoomIsFullAndRecovers(t *testing.T) {
	s := openTemp(t, Options{})
	limit := func(pages int) {
		if _, err := s.writer.ExecContext(t.Context(), fmt.Sprint("PRAGMA max_page_count=", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite takes the pages that are there as the least
	big := make([]byte, 1<<20)
	put := func() error {
		return s.PutIdempotentResult(t.Context(), assay.LocalScope("test"), "k", [32]byte{}, 200, big, time.Unix(1, 0))
	}
	if err := put(); assay.CodeOf(err) != assay.Full {
		t.Errorf("the error is %v", err)
	}
	limit(1 << 30)
	if err := put(); err != nil {
		t.Errorf("with room again the error is %v", err)
	}
}

func TestSQLiteThatMayNotBeWrittenIsFull(t *testing.T) {
	s := openTemp(t, Options{})
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA query_only=1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); assay.CodeOf(err) != assay.Full {
		t.Errorf("the error is %v", err)
	}
}

func TestSQLiteThatSomebodyElseWritesIsUnavailable(t *testing.T) {
	s := openTemp(t, Options{BusyTimeout: time.Millisecond})
	var file string
	if err := s.writer.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&file); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", file+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("the error is %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("after it the error is %v", err)
	}
}

func TestSQLiteIsDurable(t *testing.T) {
	s := openTemp(t, Options{})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		if err := s.writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
	if _, err := s.reader.ExecContext(t.Context(), "DELETE FROM setting"); err == nil {
		t.Error("a reader can write")
	}
}

// Whatever is asked, the engines see tokens only, and few of them.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"古驰 bag", `" OR *`, "Gцcci", "ｸﾞｯﾁ", "\xff\x00", "w67:*"} {
		f.Add(s)
	}
	token := regexp.MustCompile(`^w[0-9a-f]+$`)
	f.Fuzz(func(t *testing.T, query string) {
		terms := termsOf(query)
		if len(terms) > maxTerms {
			t.Errorf("%d terms", len(terms))
		}
		for _, term := range terms {
			if len(term.phrase) == 0 || len(term.phrase) > maxWordRunes {
				t.Errorf("a phrase of %d words", len(term.phrase))
			}
			for _, w := range term.phrase {
				if !token.MatchString(w) {
					t.Errorf("%q is no token", w)
				}
			}
		}
		if read := termsOfMatch(matchSQLite(terms)); len(terms) > 0 && !reflect.DeepEqual(read, terms) {
			t.Errorf("%v are read as %v", terms, read)
		}
	})
}

// A cursor that is not refused is one that was made here.
func FuzzCursor(f *testing.F) {
	f.Add(position{"changed", 3, 12, "id"}.cursor())
	f.Add("AXt9")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := openCursor(cursor, "changed")
		if err != nil {
			if assay.CodeOf(err) != assay.Invalid {
				t.Error(err)
			}
			return
		}
		if again, err := openCursor(p.cursor(), "changed"); cursor != "" && (err != nil || again != p) {
			t.Errorf("%+v became %+v: %v", p, again, err)
		}
	})
}
