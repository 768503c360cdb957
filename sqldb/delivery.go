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

// DueDeliveries returns up to limit pending deliveries that are due, the longest overdue
// first, and leases them: nobody else gets them before until, which is their NextAt
// then. Nothing is pending for a webhook that is switched off, except for what was fanned out
// at that very moment: whoever sends looks at the webhook.
func (s *Store) DueDeliveries(ctx context.Context, scope assay.Scope, now, until time.Time, limit int) ([]assay.Delivery, error) {
	var all []assay.Delivery
	err := s.write(ctx, scope, "leasing deliveries", func(t *tx) error {
		return t.rows(`UPDATE delivery SET next_at = $3 WHERE id IN (SELECT d.id FROM delivery d WHERE d.state = 'pending' AND d.next_at <= $2
			AND `+visible("d")+`
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
// NotFound. It is a Conflict while its webhook is switched off.
func (s *Store) ReplayDelivery(ctx context.Context, scope assay.Scope, id string, now time.Time) error {
	return s.write(ctx, scope, "replaying a delivery", func(t *tx) error {
		var webhook string
		there, err := t.row(`SELECT d.webhook FROM delivery d WHERE d.id = $2 AND `+visible("d"), []any{scope.Organisation, id}, &webhook)
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such delivery")
		}
		if err != nil {
			return err
		}
		w, err := t.webhook(webhook)
		if err != nil {
			return err
		}
		if err := mustBeActive(w); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE delivery SET state = 'pending', attempts = 0, next_at = $3, status = 0, error = '', ended_at = 0
			WHERE id = $2 AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $1 AND s.organisation = delivery.organisation)`, scope.Organisation, id, now)
		return err
	})
}
