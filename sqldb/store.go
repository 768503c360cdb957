package sqldb

import (
	"context"
	"database/sql"
	"time"

	"assay"
)

// Options say where the database is. Only URL is required.
type Options struct {
	// URL is sqlite:///absolute/path/assay.db, a plain path, or
	// postgres://user:password@host/database?….
	URL string
	// Readers is how many reads run at once on SQLite; 0: DefaultReaders.
	Readers int
	// Connections bounds the connections to PostgreSQL; 0: DefaultConnections.
	Connections int
	// BusyTimeout is how long a write on SQLite waits for another process's before
	// it is Unavailable; 0: DefaultBusyTimeout.
	BusyTimeout time.Duration
}

// Defaults of Options.
const (
	DefaultReaders     = 4  // more only compete for the processors: reads come from memory
	DefaultConnections = 16 // PostgreSQL's own default for everybody is 100
	// DefaultBusyTimeout covers a backup's checkpoint; transactions here take milliseconds.
	DefaultBusyTimeout = 10 * time.Second
)

// Store is an open database. It is safe for concurrent use by many goroutines, and
// many processes may have one database open.
type Store struct {
	dialect *dialect
	// On SQLite writer has one connection, so that writes queue here and not in
	// SQLite's busy loop, and reader has several that can't write. On PostgreSQL they
	// are the same pool.
	writer, reader pool
	listTime       time.Duration // the constant, but in tests
	search         searchBounds  // the default, but in tests
}

// pool is connections with the statements that were prepared on them.
type pool struct {
	*sql.DB
	statements *statements // nil: the driver keeps them itself
}

// Open opens the database and brings its tables up to date; a second process that
// does so at the same time waits. It is Invalid to connect to PostgreSQL as a
// role that row-level security does not bind.
func Open(ctx context.Context, options Options) (*Store, error) {
	if options.Readers <= 0 {
		options.Readers = DefaultReaders
	}
	if options.Connections <= 0 {
		options.Connections = DefaultConnections
	}
	if options.BusyTimeout <= 0 {
		options.BusyTimeout = DefaultBusyTimeout
	}
	d, location, err := dialectOf(options.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: d, listTime: listTime, search: d.search}
	if err := d.open(ctx, s, location, options); err != nil {
		s.Close()
		return nil, s.failed(ctx, "opening the database", err)
	}
	return s, nil
}

// Close ends every connection. Calls under way fail.
func (s *Store) Close() error {
	var err error
	for _, p := range []pool{s.reader, s.writer} {
		if p.DB == nil {
			continue
		}
		p.statements.close()
		if e := p.Close(); err == nil {
			err = e
		}
	}
	return err
}

// Engine names the database: "sqlite" or "postgres".
func (s *Store) Engine() string { return s.dialect.name }

// Ping writes a row and reads it, so that a full or read-only disk shows.
func (s *Store) Ping(ctx context.Context) error {
	return s.write(ctx, assay.LocalScope("ping"), "writing the heartbeat", func(t *tx) error {
		var beat int64
		_, err := t.row(`INSERT INTO heartbeat (id, beat) VALUES (1, 1)
			ON CONFLICT (id) DO UPDATE SET beat = heartbeat.beat + 1 RETURNING beat`, nil, &beat)
		return err
	})
}
