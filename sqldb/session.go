package sqldb

import (
	"context"
	"database/sql"
	"time"

	"assay"
)

// What browsers are signed in is the installation's own. Sessions are known by the SHA-256
// of their token: who reads the database can take none over. They take no scope, since
// a scope is what they hold. A backup has none: where one is restored, everybody signs
// in again.

// Session returns what is kept under a hash, unless it has expired by now.
func (s *Store) Session(ctx context.Context, hash [32]byte, now time.Time) (data []byte, found bool, err error) {
	err = s.read(ctx, assay.LocalScope("session"), "reading a session", func(t *tx) error {
		return t.rows(`SELECT data FROM session WHERE hash = $1 AND expires_at > $2`, []any{hash[:], now}, func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&data)
		})
	})
	if err != nil {
		return nil, false, err
	}
	return data, found, nil
}

// PutSession keeps data under a hash until it expires, in the place of what was there.
func (s *Store) PutSession(ctx context.Context, hash [32]byte, data []byte, expires time.Time) error {
	return s.write(ctx, assay.LocalScope("session"), "keeping a session", func(t *tx) error {
		_, err := t.exec(`INSERT INTO session (hash, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, hash[:], data, expires)
		return err
	})
}

// DropSession ends a session. It is no error if there is none.
func (s *Store) DropSession(ctx context.Context, hash [32]byte) error {
	return s.write(ctx, assay.LocalScope("session"), "ending a session", func(t *tx) error {
		_, err := t.exec(`DELETE FROM session WHERE hash = $1`, hash[:])
		return err
	})
}

// droppedSessions is how many sessions one transaction forgets.
const droppedSessions = 1_000

// DropSessions forgets the sessions that expired before a time, in short transactions.
func (s *Store) DropSessions(ctx context.Context, expiredBefore time.Time) error {
	for more := true; more; {
		err := s.write(ctx, assay.LocalScope("session"), "dropping old sessions", func(t *tx) error {
			n, err := t.exec(`DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE expires_at < $1 LIMIT $2)`,
				expiredBefore, droppedSessions)
			more = n == droppedSessions
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
