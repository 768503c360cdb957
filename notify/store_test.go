package notify_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"assay"
	"assay/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is the contract of notify.Store in a few lines: what each method does, and
// who sees what.
type memory struct {
	mu         sync.Mutex
	sight      map[string][]string // organisation → others that it sees
	webhooks   map[string]assay.Webhook
	events     []assay.Event
	outbox     []assay.Event
	deliveries []assay.Delivery
	down       error                      // of every method
	beforeEnd  func(assay.Delivery) error // an error: EndDelivery writes nothing
	leases     int                        // deliveries handed out
}

func newMemory(hooks ...assay.Webhook) *memory {
	m := &memory{webhooks: map[string]assay.Webhook{}, sight: map[string][]string{}}
	for _, h := range hooks {
		m.webhooks[h.ID] = h
	}
	return m
}

func (m *memory) sees(viewer, organisation string) bool {
	return viewer != "" && (viewer == assay.LocalOrganisation || viewer == organisation || slices.Contains(m.sight[viewer], organisation))
}

// commit is what the rest of the program does: an event and its outbox row.
func (m *memory) commit(organisation, kind string, at time.Time) assay.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.events) + 1
	e := assay.Event{ID: fmt.Sprintf("event-%d", n), Position: int64(n), Organisation: organisation, Kind: kind, At: at, Data: []byte(`{"a":1}`)}
	m.events, m.outbox = append(m.events, e), append(m.outbox, e)
	return e
}

func (m *memory) FanOut(_ context.Context, scope assay.Scope, limit int, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return 0, m.down
	}
	n := min(limit, len(m.outbox))
	for _, e := range m.outbox[:n] {
		for _, w := range m.webhooks {
			if w.Active && m.sees(scope.Organisation, w.Organisation) && m.sees(w.Organisation, e.Organisation) &&
				(len(w.Kinds) == 0 || slices.Contains(w.Kinds, e.Kind)) {
				m.deliveries = append(m.deliveries, assay.Delivery{
					ID: fmt.Sprintf("delivery-%d", len(m.deliveries)+1), Webhook: w.ID, Event: e.ID,
					State: assay.DeliveryPending, NextAt: now, CreatedAt: now,
				})
			}
		}
	}
	m.outbox = m.outbox[n:]
	return n, nil
}

func (m *memory) DueDeliveries(_ context.Context, scope assay.Scope, now, until time.Time, limit int) ([]assay.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return nil, m.down
	}
	var due []int
	for i, d := range m.deliveries {
		if d.State == assay.DeliveryPending && !d.NextAt.After(now) && m.sees(scope.Organisation, m.webhooks[d.Webhook].Organisation) {
			due = append(due, i)
		}
	}
	slices.SortStableFunc(due, func(a, b int) int { return m.deliveries[a].NextAt.Compare(m.deliveries[b].NextAt) })
	var out []assay.Delivery
	for _, i := range due[:min(limit, len(due))] {
		m.deliveries[i].NextAt = until
		out = append(out, m.deliveries[i])
	}
	m.leases += len(out)
	return out, nil
}

func (m *memory) EndDelivery(_ context.Context, scope assay.Scope, d assay.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.beforeEnd != nil {
		if err := m.beforeEnd(d); err != nil {
			return err
		}
	}
	for i := range m.deliveries {
		if m.deliveries[i].ID == d.ID && m.sees(scope.Organisation, m.webhooks[d.Webhook].Organisation) {
			m.deliveries[i] = d
			return nil
		}
	}
	return assay.Errorf(assay.NotFound, "no such delivery")
}

func (m *memory) EventByID(_ context.Context, scope assay.Scope, id string) (assay.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events {
		if e.ID == id && m.sees(scope.Organisation, e.Organisation) {
			return e, nil
		}
	}
	return assay.Event{}, assay.Errorf(assay.NotFound, "no such event")
}

func (m *memory) Webhook(_ context.Context, scope assay.Scope, id string) (assay.Webhook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.webhooks[id]
	if !ok || !m.sees(scope.Organisation, w.Organisation) {
		return assay.Webhook{}, assay.Errorf(assay.NotFound, "no such webhook")
	}
	return w, nil
}

func (m *memory) PutWebhook(_ context.Context, scope assay.Scope, w assay.Webhook) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sees(scope.Organisation, w.Organisation) {
		return assay.Errorf(assay.NotFound, "no such webhook")
	}
	m.webhooks[w.ID] = w
	return nil
}

// replay is what an operator asks for: the delivery is due again.
func (m *memory) replay(id string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.deliveries {
		if m.deliveries[i].ID == id {
			d := &m.deliveries[i]
			d.State, d.Attempts, d.NextAt, d.EndedAt = assay.DeliveryPending, 0, now, time.Time{}
		}
	}
}

// with changes the store from outside.
func (m *memory) with(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *memory) delivery(i int) assay.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deliveries[i]
}

func (m *memory) states() map[assay.DeliveryState]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := map[assay.DeliveryState]int{}
	for _, d := range m.deliveries {
		n[d.State]++
	}
	return n
}

var _ notify.Store = (*memory)(nil)
