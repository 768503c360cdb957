package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-json-experiment/json"

	"assay"
)

const webhookRead = `w.id, w.organisation, w.url, w.kinds, w.secret, w.active, w.created_at`

func scanWebhook(rows *sql.Rows) (w assay.Webhook, err error) {
	var kinds []byte
	var active, created int64
	if err := rows.Scan(&w.ID, &w.Organisation, &w.URL, &kinds, &w.Secret, &active, &created); err != nil {
		return w, err
	}
	w.Active, w.CreatedAt = active == 1, instant(created)
	return w, json.Unmarshal(kinds, &w.Kinds)
}

// PutWebhook makes or changes a webhook of an organisation that the scope sees, else
// NotFound. Its organisation and CreatedAt stay. What waits for one that is switched off is
// ended as failed, in short transactions after the change and without an EndedAt: it can be
// replayed when the webhook is on again. If that fails, doing it again goes on with it.
func (s *Store) PutWebhook(ctx context.Context, scope assay.Scope, w assay.Webhook) error {
	if w.ID == "" || w.Organisation == "" {
		return assay.Errorf(assay.Invalid, "a webhook needs an id and an organisation")
	}
	kinds, err := json.Marshal(w.Kinds, jsonOptions)
	if err != nil {
		return err
	}
	err = s.write(ctx, scope, "keeping a webhook", func(t *tx) error {
		if err := t.mustSee(w.Organisation); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO webhook (id, organisation, url, kinds, secret, active, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET url = excluded.url, kinds = excluded.kinds, secret = excluded.secret, active = excluded.active
			WHERE webhook.organisation = excluded.organisation`, w.ID, w.Organisation, w.URL, string(kinds), w.Secret, w.Active, w.CreatedAt)
		if err == nil && n == 0 {
			return assay.Errorf(assay.NotFound, "there is no such webhook")
		}
		return err
	})
	for more := err == nil && !w.Active; more; {
		err = s.write(ctx, scope, "ending what waits for a webhook", func(t *tx) error {
			n, err := t.exec(`UPDATE delivery SET state = 'failed', next_at = 0, error = 'the webhook was switched off' WHERE id IN
				(SELECT d.id FROM delivery d WHERE d.webhook = $2 AND d.state = 'pending' AND `+visible("d")+` LIMIT $3)
				AND EXISTS (SELECT 1 FROM webhook WHERE webhook.id = $2 AND webhook.active = 0)`, scope.Organisation, w.ID, endedDeliveries)
			more = n == endedDeliveries
			return err
		})
		more = more && err == nil
	}
	return err
}

// endedDeliveries is how many of a webhook's deliveries one transaction ends.
const endedDeliveries = 1_000

// mustBeActive is a Conflict for a webhook that is switched off: it would collect what
// nobody sends.
func mustBeActive(w assay.Webhook) error {
	if !w.Active {
		return assay.Errorf(assay.Conflict, "the webhook is switched off: switch it on first")
	}
	return nil
}

// mustSee is NotFound unless the scope sees the organisation.
func (t *tx) mustSee(organisation string) error {
	var one int64
	sees, err := t.row(`SELECT 1 FROM sight JOIN organisation o ON o.id = sight.organisation WHERE sight.viewer = $1 AND sight.organisation = $2`,
		[]any{t.scope.Organisation, organisation}, &one)
	if err == nil && !sees {
		return assay.Errorf(assay.NotFound, "there is no such organisation")
	}
	return err
}

// Webhooks lists those of the organisations that the scope sees, the oldest first.
func (s *Store) Webhooks(ctx context.Context, scope assay.Scope) ([]assay.Webhook, error) {
	var all []assay.Webhook
	err := s.read(ctx, scope, "listing webhooks", func(t *tx) error {
		return t.rows(`SELECT `+webhookRead+` FROM webhook w WHERE `+visible("w")+` ORDER BY w.created_at, w.id`, []any{scope.Organisation}, func(rows *sql.Rows) error {
			w, err := scanWebhook(rows)
			all = append(all, w)
			return err
		})
	})
	return all, err
}

// Webhook returns one, else NotFound.
func (s *Store) Webhook(ctx context.Context, scope assay.Scope, id string) (assay.Webhook, error) {
	var w assay.Webhook
	err := s.read(ctx, scope, "reading a webhook", func(t *tx) (err error) {
		w, err = t.webhook(id)
		return err
	})
	return w, err
}

func (t *tx) webhook(id string) (w assay.Webhook, err error) {
	there := false
	err = t.rows(`SELECT `+webhookRead+` FROM webhook w WHERE w.id = $2 AND `+visible("w"), []any{t.scope.Organisation, id}, func(rows *sql.Rows) (err error) {
		there = true
		w, err = scanWebhook(rows)
		return err
	})
	if err == nil && !there {
		err = assay.Errorf(assay.NotFound, "there is no such webhook")
	}
	return w, err
}

// DropWebhook forgets a webhook and its deliveries, else NotFound.
func (s *Store) DropWebhook(ctx context.Context, scope assay.Scope, id string) error {
	return s.write(ctx, scope, "dropping a webhook", func(t *tx) error {
		n, err := t.exec(`DELETE FROM webhook WHERE id = $2 AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $1 AND s.organisation = webhook.organisation)`, scope.Organisation, id)
		if err == nil && n == 0 {
			return assay.Errorf(assay.NotFound, "there is no such webhook")
		}
		return err
	})
}

// FanOut takes up to limit events that nobody was told of yet, the oldest first,
// and makes a pending delivery, due now, for each active webhook that may see and wants
// the event. It returns how many events it took, in one transaction; several processes may do it at
// once.
func (s *Store) FanOut(ctx context.Context, scope assay.Scope, limit int, now time.Time) (int, error) {
	n := 0
	err := s.writeLocal(ctx, scope, "fanning events out", func(t *tx) error {
		var positions []int64
		err := t.rows(`DELETE FROM outbox WHERE position IN (SELECT position FROM outbox ORDER BY position LIMIT $1`+t.store.dialect.skip+`) RETURNING position`,
			[]any{page(limit)}, func(rows *sql.Rows) error {
				var p int64
				err := rows.Scan(&p)
				positions = append(positions, p)
				return err
			})
		if err != nil {
			return err
		}
		n = len(positions)
		var deliveries []any
		err = in(distinct(positions), 1, func(list string, chunk []any) error {
			return t.rows(`SELECT w.id, w.organisation, w.kinds, e.id, e.kind FROM event e
				JOIN sight s ON s.organisation = e.organisation JOIN webhook w ON w.organisation = s.viewer
				WHERE w.active = 1 AND e.position IN (`+list+`) ORDER BY e.position, w.id`, chunk, func(rows *sql.Rows) error {
				var webhook, organisation, event, kind string
				var kinds []byte
				if err := rows.Scan(&webhook, &organisation, &kinds, &event, &kind); err != nil {
					return err
				}
				wants, err := wantsKind(kinds, kind)
				if wants {
					deliveries = append(deliveries, freshDelivery(webhook, organisation, event, now)...)
				}
				return err
			})
		})
		if err != nil {
			return err
		}
		_, err = t.insert(`delivery (`+deliveryColumns+`)`, deliveryWidth, deliveries, `ON CONFLICT (webhook, event) DO NOTHING`)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func wantsKind(kinds []byte, kind string) (bool, error) {
	var wanted []string
	if err := json.Unmarshal(kinds, &wanted); err != nil {
		return false, err
	}
	for _, k := range wanted {
		if k == kind {
			return true, nil
		}
	}
	return len(wanted) == 0, nil
}
