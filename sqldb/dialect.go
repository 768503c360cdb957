package sqldb

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"assay"
)

// dialect is what differs between the engines. All other SQL is one text.
type dialect struct {
	name     string
	goose    goose.Dialect
	open     func(ctx context.Context, s *Store, location string, o Options) error
	reading  *sql.TxOptions // a transaction that sees one state
	enter    string         // first statement of a transaction, with the scope's organisation
	planning string         // first statement of a list
	skip     string         // end of a sub-select that passes over rows others are working on
	// Full text: a table t of words by the numbers of other rows.
	putText  func(t *tx, table string, number int64, organisation string, words []string, fresh bool) error
	textKey  string                    // its column of the numbers
	matching string                    // predicate on it, with "%s" for the parameter
	matchOf  func(terms []term) string // that parameter
	listed   string                    // the numbers n of a query's rows as one text
	among    string                    // findings f by such a text, its parameter "%s", as far as WHERE
	// looked is the condition that a finding has the words, for it to be looked at. The first "%s"
	// is the parameter of matchOf, the second the finding's number.
	looked string
	search searchBounds
	// unindexed keeps an engine that has no statistics from reading by the index of a column.
	unindexed func(column string) string
}

// dialectOf tells the engine of a URL and what is left of it to open.
func dialectOf(address string) (*dialect, string, error) {
	scheme, rest, found := strings.Cut(address, "://")
	switch {
	case address == "":
		return nil, "", assay.Errorf(assay.Invalid, "no database is named: give a path or a postgres:// address")
	case !found:
		path, err := filepath.Abs(address)
		if err != nil {
			return nil, "", assay.Errorf(assay.Invalid, "the database's path cannot be made absolute: %w", err)
		}
		return sqliteDialect(), path, nil
	case scheme == "sqlite":
		path, err := url.PathUnescape(rest)
		if err != nil || !strings.HasPrefix(path, "/") {
			return nil, "", assay.Errorf(assay.Invalid, "an SQLite address is sqlite:///absolute/path/assay.db")
		}
		return sqliteDialect(), path, nil
	case scheme == "postgres" || scheme == "postgresql":
		return postgresDialect(), address, nil
	}
	return nil, "", assay.Errorf(assay.Invalid, "%q is no database that is known here: use sqlite:// or postgres://", scheme)
}

func sqliteDialect() *dialect {
	return &dialect{
		name:  "sqlite",
		goose: goose.DialectSQLite3,
		open:  openSQLite,
		putText: func(t *tx, table string, number int64, _ string, words []string, fresh bool) error {
			if !fresh {
				if _, err := t.exec(`DELETE FROM `+table+` WHERE rowid = $1`, number); err != nil {
					return err
				}
			}
			_, err := t.exec(`INSERT INTO `+table+` (rowid, words) VALUES ($1, $2)`, number, strings.Join(words, " "))
			return err
		},
		textKey:   `t.rowid`,
		matching:  `t.words MATCH %s`,
		matchOf:   matchSQLite,
		listed:    `json_group_array(n)`,
		among:     `json_each(%s) AS n CROSS JOIN finding f WHERE f.number = n.value`,
		looked:    `(SELECT ` + hasWords + `(%s, x.title, x.searched, x.seller_id, x.seller_name, x.offer, x.owner, x.contributions) FROM finding x WHERE x.number = %s)`,
		search:    searchBounds{few: 1_500, counted: 1_000, asked: 1_000, walked: 2_000, sampled: 100},
		unindexed: func(column string) string { return `+` + column },
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name:    "postgres",
		goose:   goose.DialectPostgres,
		open:    openPostgres,
		reading: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		// A plan that is made for any value is a bad one for most lists.
		planning: `SET LOCAL plan_cache_mode = force_custom_plan`,
		enter:    `SELECT set_config('assay.organisation', $1, true)`,
		skip:     ` FOR UPDATE SKIP LOCKED`,
		putText: func(t *tx, table string, number int64, organisation string, words []string, _ bool) error {
			_, err := t.exec(`INSERT INTO `+table+` (number, organisation, words) VALUES ($1, $2, CAST(CAST($3 AS TEXT) AS TSVECTOR))
				ON CONFLICT (number) DO UPDATE SET words = excluded.words, organisation = excluded.organisation`, number, organisation, vectorOf(words))
			return err
		},
		textKey:   `t.number`,
		matching:  `t.words @@ CAST(CAST(%s AS TEXT) AS TSQUERY)`,
		matchOf:   matchPostgres,
		listed:    `CAST(array_agg(n) AS TEXT)`,
		among:     `finding f WHERE f.number = ANY (CAST(CAST(%s AS TEXT) AS BIGINT[]))`,
		looked:    `(SELECT t.words @@ CAST(CAST(%s AS TEXT) AS TSQUERY) FROM finding_text t WHERE t.number = %s)`,
		search:    searchBounds{few: 1_500, counted: 1_000, asked: 5_000, walked: 15_000, sampled: 300},
		unindexed: func(column string) string { return column },
	}
}

func openSQLite(ctx context.Context, s *Store, path string, o Options) error {
	if err := defineHasWords(); err != nil {
		return err
	}
	// A path may hold anything, a query mark, too: hence the URI form, escaped.
	file := (&url.URL{Scheme: "file", Path: path}).String() + "?"
	common := "_pragma=busy_timeout(" + strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10) + ")" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(memory)&_pragma=mmap_size(268435456)&_dqs=0&_error_rc=1"
	// The log is taken into the database every 4,000 pages (16 MiB): fewer random
	// writes than at the default 1,000, and still little to read at a start.
	writing := file + common + "&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate" +
		"&_pragma=wal_autocheckpoint(4000)&_pragma=journal_size_limit(67108864)&_pragma=cache_size(-65536)"
	// A search looks thousands of findings up all over an index: with 64 MiB for each reader
	// most of a large one's pages are at hand. A small database never fills them.
	reading := file + common + "&_pragma=query_only(1)&_pragma=cache_size(-65536)"

	unlock, err := lockSQLite(ctx, path, o)
	if err != nil {
		return err
	}
	defer unlock()
	w, err := sql.Open("sqlite", writing)
	if err != nil {
		return err
	}
	w.SetMaxOpenConns(1)
	s.writer = pool{w, newStatements()}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	r, err := sql.Open("sqlite", reading)
	if err != nil {
		return err
	}
	r.SetMaxOpenConns(o.Readers)
	r.SetMaxIdleConns(o.Readers)
	s.reader = pool{r, newStatements()}
	return nil
}

// lockSQLite keeps other processes from migrating the same database until unlock is
// called. It holds SQLite's write lock of an empty database beside it, since goose
// wants its own transactions in the database itself.
func lockSQLite(ctx context.Context, path string, o Options) (unlock func(), err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path + "-migration"}).String()+
		"?_txlock=immediate&_pragma=busy_timeout("+strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10)+")")
	if err != nil {
		return nil, err
	}
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		db.Close()
		return nil, err
	}
	return func() { t.Rollback(); db.Close() }, nil
}

// migrationLock is the advisory lock of PostgreSQL that one migration holds: "assay".
const migrationLock = 0x6173736179

func openPostgres(ctx context.Context, s *Store, address string, o Options) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// The cause may quote the address, and with it the password.
		return assay.Errorf(assay.Invalid, "the PostgreSQL address cannot be read: use postgres://user:password@host:port/database")
	}
	// A commit that returned is on disk, whatever the server's default is.
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["application_name"] = "assay"
	// What is asked here takes milliseconds; compiling it takes a hundred, and is chosen by the
	// cost of a whole list, of which a page is read.
	config.RuntimeParams["jit"] = "off"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(o.Connections)
	db.SetMaxIdleConns(o.Connections)
	s.writer = pool{DB: db}
	s.reader = s.writer

	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var free bool
	if err := conn.QueryRowContext(ctx, `SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&free); err != nil {
		return err
	}
	if free {
		return assay.Errorf(assay.Invalid, "the database role %q is not bound by row-level security: connect as a role made with "+
			"CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS that owns the database", config.User)
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
	return s.migrate(ctx)
}
