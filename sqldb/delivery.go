package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"assay"
)

const (
	deliveryColumns = `id, webhook, organisation, event, state, attempts, next_at, status, error, created_at, ended_at`
	deliveryWidth   = 11
	deliveryRead    = `id, webhook, event, state, attempts, next_at, status, error, created_at, ended_at`
)

func freshDelivery(webhook, organisation, event string, now time.Time) []any {
	return []any{newID(now), webhook, organisation, event, string(assay.DeliveryPending), 0, now, 0, "", now, 0}
}

func scanDelivery(rows *sql.Rows) (d assay.Delivery, err error) {
	var next, created, ended int64
	err = rows.Scan(&d.ID, &d.Webhook, &d.Event, &d.State, &d.Attempts, &next, &d.Status, &d.Error, &created, &ended)
	d.NextAt, d.CreatedAt, d.EndedAt = instant(next), instant(created), instant(ended)
	return d, err
}

// DueDeliveries returns up to limit pending deliveries of active webhooks that are due, the
// longest overdue first, and leases them: nobody else gets them before until, which is
// their NextAt then.
func (s *Store) DueDeliveries(ctx context.Context, scope assay.Scope, now, until time.Time, limit int) ([]assay.Delivery, error) {
	var all []assay.Delivery
	err := s.write(ctx, scope, "leasing deliveries", func(t *tx) error {
		return t.rows(`UPDATE delivery SET next_at = $3 WHERE id IN (SELECT d.id FROM delivery d WHERE d.state = 'pending' AND d.next_at <= $2
			AND EXISTS (SELECT 1 FROM webhook w WHERE w.id = d.webhook AND w.active = 1) AND `+visible("d")+`
			ORDER BY d.next_at, d.id LIMIT $4`+t.store.dialect.skip+`) RETURNING `+deliveryRead,
			[]any{scope.Organisation, now, until, page(limit)}, func(rows *sql.Rows) error {
				d, err := scanDelivery(rows)
				all = append(all, d)
				return err
			})
	})
	// Ids are of the time that the event was fanned out.
	slices.SortFunc(all, func(a, b assay.Delivery) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// EndDelivery keeps what became of a pending delivery: its state, attempts, NextAt
// if it is to be tried again, status, error, EndedAt. One that is not pending any
// more is a Conflict: somebody else ended it.
func (s *Store) EndDelivery(ctx context.Context, scope assay.Scope, d assay.Delivery) error {
	return s.write(ctx, scope, "ending a delivery", func(t *tx) error {
		n, err := t.exec(`UPDATE delivery SET state = $3, attempts = $4, next_at = $5, status = $6, error = $7, ended_at = $8
			WHERE id = $2 AND state = 'pending' AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $1 AND s.organisation = delivery.organisation)`,
			scope.Organisation, d.ID, string(d.State), d.Attempts, d.NextAt, d.Status, d.Error, d.EndedAt)
		if err != nil || n == 1 {
			return err
		}
		var one int64
		there, err := t.row(`SELECT 1 FROM delivery d WHERE d.id = $2 AND `+visible("d"), []any{scope.Organisation, d.ID}, &one)
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such delivery")
		}
		if err == nil {
			return assay.Errorf(assay.Conflict, "the delivery was ended by somebody else")
		}
		return err
	})
}

// Deliveries lists those of a webhook, the newest first, only those of a state if it is given.
func (s *Store) Deliveries(ctx context.Context, scope assay.Scope, webhook string, state assay.DeliveryState, cursor string, limit int) (list []assay.Delivery, next string, err error) {
	limit = page(limit)
	at, err := openCursor(cursor, "deliveries")
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, scope, "listing deliveries", func(t *tx) error {
		q := &filter{args: []any{scope.Organisation}, where: []string{visible("d")}}
		q.and(`d.webhook = %s`, webhook)
		if state != "" {
			q.and(`d.state = %s`, string(state))
		}
		if cursor != "" {
			q.and(`(d.created_at, d.id) < (%s, %s)`, at.Number, at.Text)
		}
		query := `SELECT ` + deliveryRead + ` FROM delivery d WHERE ` + q.String() + ` ORDER BY d.created_at DESC, d.id DESC LIMIT ` + q.param(limit+1)
		return t.rows(query, q.args, func(rows *sql.Rows) error {
			d, err := scanDelivery(rows)
			list = append(list, d)
			return err
		})
	})
	if err == nil && len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = position{Order: "deliveries", Number: micros(last.CreatedAt), Text: last.ID}.cursor()
	}
	return list, next, err
}

// ReplayDelivery makes a delivery pending and due again from its first attempt, else
// NotFound.
func (s *Store) ReplayDelivery(ctx context.Context, scope assay.Scope, id string, now time.Time) error {
	return s.write(ctx, scope, "replaying a delivery", func(t *tx) error {
		n, err := t.exec(`UPDATE delivery SET state = 'pending', attempts = 0, next_at = $3, status = 0, error = '', ended_at = 0
			WHERE id = $2 AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $1 AND s.organisation = delivery.organisation)`, scope.Organisation, id, now)
		if err == nil && n == 0 {
			return assay.Errorf(assay.NotFound, "there is no such delivery")
		}
		return err
	})
}

// ReplayEvents makes a delivery due now of every event since a time that a webhook
// may see and wants, also of those that were delivered or came while it was inactive, and returns of
// how many. It goes in parts; what is done when it fails stays done, and doing it
// again doubles nothing.
func (s *Store) ReplayEvents(ctx context.Context, scope assay.Scope, webhook string, since, now time.Time) (int, error) {
	total := 0
	var after, last int64
	var at int64 = micros(since)
	for more := true; more; {
		err := s.write(ctx, scope, "replaying events", func(t *tx) error {
			w, err := t.webhook(webhook)
			if err != nil {
				return err
			}
			if last == 0 { // what comes from here on comes by itself
				if _, err := t.row(`SELECT value FROM counter WHERE id = 1`, nil, &last); err != nil {
					return err
				}
			}
			more = false
			looked := 0
			var deliveries []any
			err = t.rows(`SELECT e.id, e.kind, e.at, e.position FROM event e WHERE (e.at, e.position) > ($2, $3) AND e.position <= $4
				AND EXISTS (SELECT 1 FROM sight WHERE sight.viewer = $5 AND sight.organisation = e.organisation) AND `+visible("e")+`
				ORDER BY e.at, e.position LIMIT $6`, []any{scope.Organisation, at, after, last, w.Organisation, maxPage}, func(rows *sql.Rows) error {
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
			if err != nil {
				return err
			}
			more = looked == maxPage
			total += len(deliveries) / deliveryWidth
			_, err = t.insert(`delivery (`+deliveryColumns+`)`, deliveryWidth, deliveries, `ON CONFLICT (webhook, event) DO UPDATE SET
				state = 'pending', attempts = 0, next_at = excluded.next_at, status = 0, error = '', ended_at = 0`)
			return err
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
