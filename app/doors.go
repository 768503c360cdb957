package app

import (
	"context"
	"time"

	"assay"
	"assay/api"
	"assay/feed"
	"assay/fetch"
	"assay/notify"
	"assay/reference"
	"assay/sqldb"
	"assay/stream"
	"assay/watch"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// services connects the door to the work.
func (s *Server) services() api.Services {
	return api.Services{
		Gate:          gateDoor{s.gate},
		Intake:        intakeDoor{s.intake},
		Findings:      s.store,
		Offers:        s.memory,
		Reference:     referenceDoor{s.keeper},
		ReferenceRows: s.store,
		Rescreens:     s.store,
		Webhooks:      webhookDoor{s.store, s.dispatcher, s.fetch},
		Organisations: s.store,
		Ingest:        ingestDoor{s},
		Tokens:        tokenDoor{s},
		Idempotency:   s.store,
		Backup:        s.Backup,
		Ready:         s.health.check,
		Metrics:       promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}),
	}
}

// What follows fits the work's types to the interfaces of those who use them, and
// does nothing else.

type gateDoor struct{ *watch.Gate }

func (d gateDoor) Open(context.Context) (api.GateSession, error) {
	session, err := d.Gate.Open()
	if err != nil {
		return nil, err
	}
	return session, nil
}

type intakeDoor struct{ *watch.Intake }

func (d intakeDoor) Begin(ctx context.Context) (api.Submission, error) {
	s, err := d.Intake.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return s, nil
}

type referenceDoor struct{ *reference.Keeper }

func (d referenceDoor) Status(context.Context, assay.Scope) (api.ReferenceStatus, error) {
	st := d.Keeper.Status()
	return api.ReferenceStatus{Generation: st.Hash, Version: st.Version, Latest: st.Newest, AsOf: st.AsOf, BuiltAt: st.BuiltAt}, nil
}

func (d referenceDoor) ImportStatus(_ context.Context, _ assay.Scope, id string) (assay.ReferenceImport, error) {
	return d.Keeper.ImportStatus(id)
}

type webhookDoor struct {
	*sqldb.Store
	dispatcher *notify.Dispatcher
	fetch      *fetch.Client
}

func (d webhookDoor) PutWebhook(ctx context.Context, scope assay.Scope, w assay.Webhook) error {
	if err := d.fetch.CheckURL(w.URL); err != nil {
		return err
	}
	return d.Store.PutWebhook(ctx, scope, w)
}

func (d webhookDoor) ReplayDelivery(ctx context.Context, scope assay.Scope, id string, now time.Time) error {
	defer d.dispatcher.Wake()
	return d.Store.ReplayDelivery(ctx, scope, id, now)
}

func (d webhookDoor) ReplayEvents(ctx context.Context, scope assay.Scope, webhook string, since, now time.Time) (int, error) {
	defer d.dispatcher.Wake()
	return d.Store.ReplayEvents(ctx, scope, webhook, since, now)
}

type tokenDoor struct{ *Server }

func (d tokenDoor) TokenByHash(ctx context.Context, hash [32]byte) (assay.Token, error) {
	return d.store.TokenByHash(ctx, hash)
}

func (d tokenDoor) Rotate(ctx context.Context, _ assay.Scope) (string, error) {
	return d.rotateToken(ctx)
}

type ingestDoor struct{ *Server }

func (d ingestDoor) Partitions(ctx context.Context, scope assay.Scope) ([]assay.PartitionStatus, error) {
	parts, err := d.store.PartitionStates(ctx, scope)
	if err != nil {
		return nil, err
	}
	list := make([]assay.PartitionStatus, 0, len(parts))
	for _, p := range parts {
		state, err := d.log.State(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		st := assay.PartitionStatus{Partition: p, Last: state.Last, Bytes: uint64(state.Bytes), Rate: d.rates.of(p.ID)}
		if state.Last > p.Committed {
			st.Backlog = state.Last - p.Committed
		}
		list = append(list, st)
	}
	return list, nil
}

func (d ingestDoor) Poisoned(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Poison, error) {
	return d.store.Poisoned(ctx, scope, after, limit)
}

func (d ingestDoor) PoisonData(ctx context.Context, scope assay.Scope, id string) (assay.Poison, error) {
	return d.store.PoisonData(ctx, scope, id)
}

func (d ingestDoor) DropPoison(ctx context.Context, scope assay.Scope, id string) error {
	return d.store.DropPoison(ctx, scope, id)
}

func (d ingestDoor) ReplayPoison(ctx context.Context, scope assay.Scope, id string) error {
	p, err := d.store.PoisonData(ctx, scope, id)
	if err != nil {
		return err
	}
	return watch.Replay(ctx, logDoor{d.log}, p, func() error { return d.store.DropPoison(ctx, scope, id) })
}

type logDoor struct{ *stream.Log }

func (d logDoor) Open(partition int, after uint64) watch.Reader {
	return readerDoor{d.Log.Reader(partition, after)}
}

func (d logDoor) State(ctx context.Context, partition int) (assay.LogState, error) {
	s, err := d.Log.State(ctx, partition)
	return assay.LogState{First: s.First, Last: s.Last, Bytes: int64(s.Bytes)}, err
}

type readerDoor struct{ *stream.Reader }

func (d readerDoor) Next(ctx context.Context) (assay.Envelope, error) {
	e, err := d.Reader.Next(ctx)
	return assay.Envelope{Seq: e.Seq, Data: e.Data}, err
}

func (d readerDoor) TryNext() (assay.Envelope, bool) {
	e, ok := d.Reader.TryNext()
	return assay.Envelope{Seq: e.Seq, Data: e.Data}, ok
}

// codec writes and reads listings in Assay's own format.
type codec struct{}

func (codec) Append(dst []byte, l *assay.Listing) []byte { return feed.AppendListing(dst, l) }

func (codec) NewDecoder() watch.Decoder {
	d, err := feed.NewDecoder(feed.Options{})
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}
