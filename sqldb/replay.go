package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"assay"
)

// replayed is how many events are read, and at most told, in one transaction.
const replayed = 1_000

// ReplayEvents makes a delivery due now of every event since a time that a webhook
// may see and wants, also of those that were delivered or came while it was inactive, and returns of
// how many. It is a Conflict while the webhook is switched off. It reads and writes in parts, each in
// a transaction of its own; what is done when it fails stays done, and doing it again doubles nothing.
func (s *Store) ReplayEvents(ctx context.Context, scope assay.Scope, webhook string, since, now time.Time) (int, error) {
	w, err := s.Webhook(ctx, scope, webhook)
	if err != nil {
		return 0, err
	}
	if err := mustBeActive(w); err != nil {
		return 0, err
	}
	// What it may see is read as its organisation sees it, which the scope sees.
	receiver := assay.Scope{Organisation: w.Organisation, Actor: scope.Actor}
	var last int64 // what comes from here on comes by itself
	organisations := []string{""}
	err = s.read(ctx, receiver, "replaying events", func(t *tx) error {
		if _, err := t.row(`SELECT value FROM counter WHERE id = 1`, nil, &last); err != nil || w.Organisation == assay.LocalOrganisation {
			return err
		}
		organisations = nil
		return t.rows(`SELECT organisation FROM sight WHERE viewer = $1 ORDER BY organisation`, []any{w.Organisation}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			organisations = append(organisations, id)
			return err
		})
	})
	total := 0
	for _, organisation := range organisations {
		if err != nil {
			break
		}
		var n int
		n, err = s.replay(ctx, scope, receiver, w, organisation, last, since, now)
		total += n
	}
	return total, err
}

// replay is ReplayEvents for one organisation's events up to the position last, for
// everybody's if organisation is "".
func (s *Store) replay(ctx context.Context, scope, receiver assay.Scope, w assay.Webhook, organisation string, last int64, since, now time.Time) (total int, err error) {
	at, after := micros(since), int64(0)
	for more := true; more; {
		var deliveries []any
		err := s.read(ctx, receiver, "reading events to replay", func(t *tx) error {
			q := &filter{args: []any{receiver.Organisation}, where: []string{visible("e")}}
			if organisation != "" {
				q.and(`e.organisation = %s`, organisation)
			}
			q.and(`(e.at, e.position) > (%s, %s)`, at, after)
			q.and(`e.position <= %s`, last)
			query := `SELECT e.id, e.kind, e.at, e.position FROM event e WHERE ` + q.String() + ` ORDER BY e.at, e.position LIMIT ` + q.param(replayed)
			looked := 0
			err := t.rows(query, q.args, func(rows *sql.Rows) error {
				var id, kind string
				if err := rows.Scan(&id, &kind, &at, &after); err != nil {
					return err
				}
				looked++
				if len(w.Kinds) == 0 || slices.Contains(w.Kinds, kind) {
					deliveries = append(deliveries, freshDelivery(w.ID, w.Organisation, id, now)...)
				}
				return nil
			})
			more = looked == replayed
			return err
		})
		if err != nil {
			return total, err
		}
		if len(deliveries) == 0 {
			continue
		}
		err = s.write(ctx, scope, "replaying events", func(t *tx) error {
			is, err := t.webhook(w.ID) // it may have been dropped or switched off meanwhile
			if err != nil {
				return err
			}
			if err := mustBeActive(is); err != nil {
				return err
			}
			_, err = t.insert(`delivery (`+deliveryColumns+`)`, deliveryWidth, deliveries, `ON CONFLICT (webhook, event) DO UPDATE SET
				state = 'pending', attempts = 0, next_at = excluded.next_at, status = 0, error = '', ended_at = 0`)
			return err
		})
		if err != nil {
			return total, err
		}
		total += len(deliveries) / deliveryWidth
	}
	return total, nil
}
