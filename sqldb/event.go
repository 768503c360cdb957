package sqldb

import (
	"context"
	"database/sql"

	"assay"
)

const eventRead = `e.id, e.position, e.organisation, e.kind, e.subject, e.actor, e.at, e.data`

func scanEvent(rows *sql.Rows) (e assay.Event, err error) {
	var at int64
	var data []byte
	err = rows.Scan(&e.ID, &e.Position, &e.Organisation, &e.Kind, &e.Subject, &e.Actor, &at, &data)
	e.At, e.Data = instant(at), data
	return e, err
}

// Events returns the events after a position in its order. No event appears later
// at a position that was passed: positions are given in the order of commits.
// They have gaps.
func (s *Store) Events(ctx context.Context, scope assay.Scope, after int64, limit int) ([]assay.Event, error) {
	var all []assay.Event
	err := s.read(ctx, scope, "listing events", func(t *tx) error {
		q, err := t.sees("e")
		if err != nil {
			return err
		}
		q.and(`e.position > %s`, after)
		query := `SELECT ` + eventRead + ` FROM event e WHERE ` + q.String() + ` ORDER BY e.position LIMIT ` + q.param(page(limit))
		return t.rows(query, q.args, func(rows *sql.Rows) error {
			e, err := scanEvent(rows)
			all = append(all, e)
			return err
		})
	})
	return all, err
}

// recentPositions is how far back LastPosition looks through everybody's events.
const recentPositions = 1_000

// LastPosition returns the position of the newest event that the scope sees, 0 if there is
// none. It costs a few index look-ups; for a viewer of more than a few organisations,
// none of whose events is recent, one for each of them.
func (s *Store) LastPosition(ctx context.Context, scope assay.Scope) (int64, error) {
	var last sql.NullInt64
	err := s.read(ctx, scope, "looking for the newest event", func(t *tx) error {
		if _, err := t.row(`SELECT max(e.position) FROM event e WHERE e.position > (SELECT value FROM counter WHERE id = 1) - $2 AND `+visible("e"),
			[]any{scope.Organisation, recentPositions}, &last); err != nil || last.Valid {
			return err
		}
		_, err := t.row(`SELECT max((SELECT e.position FROM event e WHERE e.organisation = s.organisation ORDER BY e.position DESC LIMIT 1))
			FROM sight s WHERE s.viewer = $1`, []any{scope.Organisation}, &last)
		return err
	})
	return last.Int64, err
}

// SubjectEvents returns the events of one subject, the newest first.
func (s *Store) SubjectEvents(ctx context.Context, scope assay.Scope, subject string, limit int) ([]assay.Event, error) {
	var all []assay.Event
	err := s.read(ctx, scope, "listing a subject's events", func(t *tx) error {
		return t.rows(`SELECT `+eventRead+` FROM event e WHERE e.subject = $2 AND `+visible("e")+` ORDER BY e.position DESC LIMIT $3`,
			[]any{scope.Organisation, subject, page(limit)}, func(rows *sql.Rows) error {
				e, err := scanEvent(rows)
				all = append(all, e)
				return err
			})
	})
	return all, err
}

// EventByID returns one event, else NotFound.
func (s *Store) EventByID(ctx context.Context, scope assay.Scope, id string) (assay.Event, error) {
	var e assay.Event
	err := s.read(ctx, scope, "reading an event", func(t *tx) error {
		there := false
		err := t.rows(`SELECT `+eventRead+` FROM event e WHERE e.id = $2 AND `+visible("e"), []any{scope.Organisation, id}, func(rows *sql.Rows) (err error) {
			there = true
			e, err = scanEvent(rows)
			return err
		})
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such event")
		}
		return err
	})
	return e, err
}
