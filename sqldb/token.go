package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"time"

	"assay"
)

// PutToken keeps a token of an organisation that the scope sees, else NotFound. It is
// a Conflict if its id or hash is there already.
func (s *Store) PutToken(ctx context.Context, scope assay.Scope, token assay.Token) error {
	return s.write(ctx, scope, "keeping a token", func(t *tx) error {
		if err := t.mustSee(token.Organisation); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO token (id, organisation, name, hash, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			token.ID, token.Organisation, token.Name, token.Hash[:], token.ExpiresAt, token.CreatedAt)
		return err
	})
}

// TokenByHash returns the token whose secret has the hash, else NotFound. It takes no
// scope, since it makes one; whether the token has expired is the caller's to see.
func (s *Store) TokenByHash(ctx context.Context, hash [32]byte) (assay.Token, error) {
	var token assay.Token
	scope := assay.LocalScope("sign-in")
	err := s.read(ctx, scope, "reading a token", func(t *tx) error {
		there := false
		err := t.rows(`SELECT k.id, k.organisation, k.name, k.expires_at, k.created_at FROM token k WHERE k.hash = $2 AND `+visible("k"),
			[]any{scope.Organisation, hash[:]}, func(rows *sql.Rows) error {
				there = true
				var expires, created int64
				err := rows.Scan(&token.ID, &token.Organisation, &token.Name, &expires, &created)
				token.Hash, token.ExpiresAt, token.CreatedAt = hash, instant(expires), instant(created)
				return err
			})
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such token")
		}
		return err
	})
	return token, err
}

// DropTokens forgets the scope's own tokens of a name but the one with the id except.
func (s *Store) DropTokens(ctx context.Context, scope assay.Scope, name, except string) error {
	return s.write(ctx, scope, "dropping tokens", func(t *tx) error {
		_, err := t.exec(`DELETE FROM token WHERE organisation = $1 AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $1 AND s.organisation = token.organisation)
			AND name = $2 AND id <> $3`, scope.Organisation, name, except)
		return err
	})
}

// HasTokens reports whether the scope's organisation has a token of a name.
func (s *Store) HasTokens(ctx context.Context, scope assay.Scope, name string) (bool, error) {
	has := false
	err := s.read(ctx, scope, "looking for tokens", func(t *tx) (err error) {
		var one int64
		has, err = t.row(`SELECT 1 FROM token k WHERE k.organisation = $1 AND k.name = $2 AND `+visible("k")+` LIMIT 1`,
			[]any{scope.Organisation, name}, &one)
		return err
	})
	return has, err
}

// IdempotentResult returns what the scope's organisation was answered under a key.
func (s *Store) IdempotentResult(ctx context.Context, scope assay.Scope, key string) (requestHash [32]byte, status int, body []byte, found bool, err error) {
	err = s.read(ctx, scope, "reading an earlier answer", func(t *tx) (err error) {
		var hash []byte
		found, err = t.row(`SELECT r.request_hash, r.status, r.body FROM idempotent_result r WHERE r.organisation = $1 AND r.key = $2 AND `+visible("r"),
			[]any{scope.Organisation, key}, &hash, &status, &body)
		copy(requestHash[:], hash)
		return err
	})
	return requestHash, status, body, found, err
}

// PutIdempotentResult keeps an answer under a key of the scope's organisation. The
// first one stays: another for the same request is dropped, one for another request is a Conflict.
func (s *Store) PutIdempotentResult(ctx context.Context, scope assay.Scope, key string, requestHash [32]byte, status int, body []byte, now time.Time) error {
	return s.write(ctx, scope, "keeping an answer", func(t *tx) error {
		if err := t.mustSee(scope.Organisation); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO idempotent_result (organisation, key, request_hash, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (organisation, key) DO NOTHING`, scope.Organisation, key, requestHash[:], status, body, now)
		if err != nil || n == 1 {
			return err
		}
		var hash []byte
		if _, err := t.row(`SELECT r.request_hash FROM idempotent_result r WHERE r.organisation = $1 AND r.key = $2 AND `+visible("r"),
			[]any{scope.Organisation, key}, &hash); err != nil {
			return err
		}
		if !bytes.Equal(hash, requestHash[:]) {
			return assay.Errorf(assay.Conflict, "this idempotency key was used for another request")
		}
		return nil
	})
}

// droppedAnswers is how many answers one transaction forgets: each holds a body.
const droppedAnswers = 500

// DropIdempotent forgets the answers from before a time of every organisation that the
// scope sees, in short transactions.
func (s *Store) DropIdempotent(ctx context.Context, scope assay.Scope, before time.Time) error {
	for more := true; more; {
		err := s.write(ctx, scope, "dropping old answers", func(t *tx) error {
			n, err := t.exec(`DELETE FROM idempotent_result WHERE (organisation, key) IN (SELECT r.organisation, r.key FROM idempotent_result r
				WHERE r.created_at < $2 AND `+visible("r")+` LIMIT $3)`, scope.Organisation, before, droppedAnswers)
			more = n == droppedAnswers
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
