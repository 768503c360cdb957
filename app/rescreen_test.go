package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/app"
	"assay/blob"
	"assay/feed"
	"assay/reference"
	"assay/sqldb"
	"assay/watch"

	"github.com/klauspost/compress/s2"
)

// hooked is a store that lets something happen before what is asked of it.
type hooked struct {
	watch.Store
	beforeFindings func()
}

func (h *hooked) FindingsOf(ctx context.Context, scope assay.Scope, keys []assay.OfferKey) ([]assay.Finding, error) {
	h.beforeFindings()
	return h.Store.FindingsOf(ctx, scope, keys)
}

type listingCodec struct{}

func (listingCodec) Append(dst []byte, l *assay.Listing) []byte { return feed.AppendListing(dst, l) }

func (listingCodec) NewDecoder() watch.Decoder {
	d, err := feed.NewDecoder(feed.Options{})
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}

// inForce is a reference that is set.
type inForce struct {
	atomic.Pointer[reference.Generation]
}

func (r *inForce) Current() *reference.Generation { return r.Load() }
func (r *inForce) Behind() bool                   { return false }

// withoutClaims is the example reference where nothing confesses.
func withoutClaims(t testing.TB) *reference.Generation {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/reference")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "claims.csv"), []byte("phrase,meaning,language\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gen, err := app.LoadReference(dir, day)
	if err != nil {
		t.Fatal(err)
	}
	return gen
}

// rescreening runs another Rescreener on a server's database, to the end of a job that
// began later than after.
func rescreening(t testing.TB, store watch.Store, gen *reference.Generation, after time.Time, workers ...*watch.Worker) {
	t.Helper()
	var r inForce
	r.Store(gen)
	done := make(chan struct{})
	work := watch.NewRescreener(watch.RescreenerOptions{Store: store, Codec: listingCodec{}, Reference: &r, Scope: assay.LocalScope("rescreen"),
		Workers: workers, Holder: "another process", Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { work.Run(ctx); close(done) }()
	until(t, "the findings are screened anew", func() bool {
		job, known, err := store.Rescreen(ctx, assay.LocalScope("test"))
		return err == nil && known && job.Generation == gen.Hash() && !job.EndedAt.IsZero() && job.StartedAt.After(after)
	})
	cancel()
	<-done
}

func TestScreeningAnewDoesNotPutAFindingBackToAnEarlierRevision(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	n.send(bag("1", 1))
	n.settled()
	store, err := sqldb.Open(t.Context(), sqldb.Options{URL: filepath.Join(n.data, "assay.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	// The next revision arrives after the offer was read, before its findings are.
	arrives := sync.OnceFunc(func() {
		n.send(strings.Replace(bag("1", 2), "mirror quality", "1:1 mirror quality", 1))
		n.settled()
	})
	rescreening(t, &hooked{Store: store, beforeFindings: arrives}, withoutClaims(t), time.Time{})
	o := n.offer("1", 2)
	if o.Revision != 2 || len(o.Findings) != 1 {
		t.Fatalf("the offer is %+v", o)
	}
	if f := o.Findings[0]; f.Revision != 2 || !strings.HasSuffix(f.Title, "000002") {
		t.Errorf("the offer is at revision 2, its finding is back at %d: %s", f.Revision, f.Title)
	}
}

// oneEnvelope is a log with one envelope in it.
type oneEnvelope struct{ data []byte }

func (l oneEnvelope) Append(context.Context, int, string, []byte) (uint64, error) {
	return 0, assay.Errorf(assay.Full, "it is full")
}
func (l oneEnvelope) Open(int, uint64) watch.Reader           { return &envelopeReader{data: l.data} }
func (l oneEnvelope) Trim(context.Context, int, uint64) error { return nil }
func (l oneEnvelope) State(context.Context, int) (assay.LogState, error) {
	return assay.LogState{First: 1, Last: 1, Bytes: int64(len(l.data))}, nil
}

type envelopeReader struct {
	data []byte
	read bool
}

func (r *envelopeReader) Next(ctx context.Context) (assay.Envelope, error) {
	if r.read {
		<-ctx.Done()
		return assay.Envelope{}, ctx.Err()
	}
	r.read = true
	return assay.Envelope{Seq: 1, Data: r.data}, nil
}
func (r *envelopeReader) TryNext() (assay.Envelope, bool) { return assay.Envelope{}, false }
func (r *envelopeReader) Close()                          {}

// late is a store that lets something happen between screening and committing.
type late struct {
	watch.Store
	beforeCommit func()
}

func (l *late) Commit(ctx context.Context, scope assay.Scope, o assay.Outcome) error {
	l.beforeCommit()
	return l.Store.Commit(ctx, scope, o)
}

// A process whose reference is a little older commits a listing after another has
// screened all findings anew: its finding must not keep the old reference's verdict.
func TestAFindingThatIsCommittedAfterScreeningAnewIsScreenedAnewToo(t *testing.T) {
	t.Parallel()
	store, err := sqldb.Open(t.Context(), sqldb.Options{URL: filepath.Join(t.TempDir(), "assay.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	scope := assay.LocalScope("test")
	if _, err := store.Partitions(t.Context(), scope, 1); err != nil {
		t.Fatal(err)
	}
	var reference inForce
	reference.Store(exampleReference(t))
	next := withoutClaims(t)
	swapped := sync.OnceFunc(func() {
		rescreening(t, store, next, time.Time{})
		reference.Store(next)
	})
	data := envelope(0, time.Now().UnixMicro(), 1, s2.Encode(nil, []byte(bag("1", 1)+"\n")))
	worker := watch.NewWorker(0, watch.WorkerOptions{Log: oneEnvelope{data}, Blobs: blobs, Store: &late{store, swapped}, Codec: listingCodec{},
		Reference: &reference, Memory: watch.NewMemory(store, scope, 1), Scope: scope, Holder: "this process", Clock: time.Now,
		Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { worker.Run(ctx); close(done) }()
	until(t, "the listing is committed", func() bool { return worker.Done.Through.Load() == 1 })
	cancel()
	<-done
	rescreening(t, store, next, time.Now(), worker) // as after each swap, and every 30 s
	found, err := store.FindingsOf(t.Context(), scope, []assay.OfferKey{{Marketplace: "bazar.example", ID: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Level != assay.Clear {
			t.Errorf("under the reference in force the finding would be clear; it is %s by %s", f.Level, f.Reference)
		}
	}
}
