package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"assay"
	"assay/reference"

	"github.com/google/uuid"
)

// WorkerOptions says what a Worker works with.
type WorkerOptions struct {
	Log       Log
	Blobs     Blobs
	Store     Store
	Codec     Codec
	Reference Reference
	Memory    *Memory
	Scope     assay.Scope
	// Holder names the installation, not the process: after a crash the same one goes
	// on without waiting for its own lease.
	Holder string
	Clock  func() time.Time
	Logger *slog.Logger
	// RetainBytes is how much of a partition's log is kept once it is worked, so that
	// it can be replayed; 0: DefaultRetain.
	RetainBytes int64
	// Keep, if set, says that nothing of the log may be freed now: it is being read.
	Keep func() bool
	// Committed is told after each outcome, such as to send what is in the outbox.
	Committed func()
}

const (
	// leaseTime is how long a partition stays with who holds it without a sign of
	// life. It is renewed at a third of it.
	leaseTime = 15 * time.Second
	// runListings is how many listings share a transaction when envelopes wait: with
	// a backlog, syncing is shared too.
	runListings  = 2_000
	runBytes     = 4 << 20
	runEnvelopes = 200

	firstPause = 50 * time.Millisecond
	longPause  = 5 * time.Second

	// conflicts is how often a run is worked anew because somebody changed its
	// findings meanwhile.
	conflicts = 50
	// faults is how often an envelope is tried that fails for no reason outside it.
	faults       = 3
	blamedInARow = 3

	housekeeping = 2 * time.Second

	// DefaultRetain is what stays in a partition's log for replay.
	DefaultRetain = 1 << 30
)

// Worker works the envelopes of one partition, while it has the lease.
type Worker struct {
	WorkerOptions
	partition int
	proc      *processor
	renewed   time.Time // monotonic
	housed    time.Time // monotonic
	blamed    int       // envelopes set aside in a row for no known reason
	found     lastFound
	rewritten uint64 // segments up to here were looked through for what is replaced

	Done WorkerCounters
}

// WorkerCounters tells what a Worker did since the process began.
type WorkerCounters struct {
	Listings, Revisions, Findings, Poisoned, Retries atomic.Int64
	Through                                          atomic.Uint64 // sequence that is committed
	Held                                             atomic.Bool   // the worker has the lease
}

// NewWorker returns the Worker of a partition.
func NewWorker(partition int, o WorkerOptions) *Worker {
	if o.RetainBytes <= 0 {
		o.RetainBytes = DefaultRetain
	}
	return &Worker{WorkerOptions: o, partition: partition,
		proc: newProcessor(o.Store, o.Scope, o.Blobs, o.Codec, &o.Memory.index)}
}

// Partition returns which partition the worker works.
func (w *Worker) Partition() int { return w.partition }

var errLost = errors.New("another process has taken the partition")

// Run works until ctx ends. What it cannot do now, because the store or the log is
// away or full, it tries again.
func (w *Worker) Run(ctx context.Context) {
	pause := pauses{}
	for ctx.Err() == nil {
		held, err := w.acquire(ctx)
		if err == nil && held {
			pause = pauses{}
			err = w.hold(ctx)
			w.Done.Held.Store(false)
			w.Memory.own(w.partition, false)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, errLost) {
			w.Logger.Warn("working a partition stopped; it is tried again", "partition", w.partition, "error", err)
		}
		pause.wait(ctx)
	}
	// The next process need not wait; if the store is away, the lease ends by itself.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := w.Store.Release(ctx, w.Scope, w.partition, w.Holder); err != nil {
		w.Logger.Debug("the partition's lease was not released", "partition", w.partition, "error", err)
	}
}

func (w *Worker) acquire(ctx context.Context) (bool, error) {
	began, now := time.Now(), w.Clock()
	p, held, err := w.Store.Acquire(ctx, w.Scope, w.partition, w.Holder, now, now.Add(leaseTime))
	if err != nil || !held {
		return false, err
	}
	w.renewed = began
	w.Done.Through.Store(p.Committed)
	return true, nil
}

// renew makes sure of the lease. If it went to another process and came back, what that
// one worked has to be read first: the partition counts as lost.
func (w *Worker) renew(ctx context.Context) error {
	before := w.Done.Through.Load()
	held, err := w.acquire(ctx)
	if err == nil && (!held || w.Done.Through.Load() != before) {
		err = errLost
	}
	return err
}

// hold works the partition until the lease is lost or ctx ends.
func (w *Worker) hold(ctx context.Context) error {
	w.Memory.own(w.partition, true)
	if err := w.Memory.catchUp(ctx, w.partition); err != nil {
		return err
	}
	w.Done.Held.Store(true)
	r := w.Log.Open(w.partition, w.Done.Through.Load())
	defer func() { r.Close() }()
	for {
		if time.Since(w.renewed) > leaseTime/3 {
			if err := w.renew(ctx); err != nil {
				return err
			}
		}
		if err := w.keepHouse(ctx); err != nil {
			return err
		}
		run, err := w.gather(ctx, r)
		var lost interface{ Gap() (from, upto uint64) }
		if errors.As(err, &lost) {
			// What the log has lost cannot be worked; it must not be lost silently.
			_, upto := lost.Gap()
			if err := w.setAside(ctx, assay.Envelope{Seq: upto}, err); err != nil {
				return err
			}
			r.Close()
			r = w.Log.Open(w.partition, upto)
			continue
		}
		if err != nil {
			return err
		}
		if len(run) > 0 {
			if err := w.work(ctx, run); err != nil {
				return err
			}
		}
	}
}

// gather waits for an envelope and takes those that wait behind it; none if there is
// none in a while.
func (w *Worker) gather(ctx context.Context, r Reader) (run []assay.Envelope, err error) {
	within, cancel := context.WithTimeout(ctx, leaseTime/5)
	defer cancel()
	e, err := r.Next(within)
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, nil
		}
		return nil, err
	}
	listings, bytes := 0, 0
	for {
		run = append(run, e)
		listings += listingsIn(e.Data)
		bytes += len(e.Data)
		if isBlob(e.Data) {
			bytes += runBytes / 2 // it is larger than it looks
		}
		if len(run) >= runEnvelopes || listings >= runListings || bytes >= runBytes {
			return run, nil
		}
		var ok bool
		if e, ok = r.TryNext(); !ok {
			return run, nil
		}
	}
}

// work works a run to the end: committed, or what could not be worked set aside.
func (w *Worker) work(ctx context.Context, run []assay.Envelope) error {
	pause, clashes := pauses{}, 0
	for len(run) > 0 {
		gen := w.Reference.Current()
		if gen == nil {
			if err := pause.wait(ctx); err != nil {
				return err
			}
			continue
		}
		w.proc.use(gen)
		o, err := w.proc.process(ctx, run)
		var bad *poisoned
		if errors.As(err, &bad) {
			if bad.at > 0 {
				if err := w.work(ctx, run[:bad.at]); err != nil {
					return err
				}
			}
			if err := w.setAside(ctx, run[bad.at], bad.err); err != nil {
				return err
			}
			run = run[bad.at+1:]
			continue
		}
		if err == nil {
			o.Partition, o.Holder = w.partition, w.Holder
			if o.Segment != nil {
				o.Segment.Partition = w.partition
			}
			err = w.commit(ctx, o)
		}
		switch {
		case err == nil:
			w.committed(o, gen)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case assay.CodeOf(err) == assay.Conflict:
			if err := w.renew(ctx); err != nil {
				return err
			}
			if clashes++; clashes < conflicts {
				continue // with the findings as they are now
			}
		case transient(err):
			w.Done.Retries.Add(1)
			w.Logger.Warn("a run could not be worked; it is tried again", "partition", w.partition, "error", err)
			if err := pause.wait(ctx); err != nil {
				return err
			}
			continue
		}
		// Something in the run is to blame, or something around it that does not say so.
		if len(run) == 1 {
			return w.blame(ctx, run[0], err)
		}
		for i := range run {
			if err := w.work(ctx, run[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// transient reports whether an error goes away by itself or with somebody's help.
func transient(err error) bool {
	code := assay.CodeOf(err)
	return code == assay.Unavailable || code == assay.Full
}

// commit commits an outcome, again and again while the store is away or full: it is the
// same outcome each time, so that one whose answer was lost is not made differently.
// A fault that says nothing of itself is tried a few times.
func (w *Worker) commit(ctx context.Context, o assay.Outcome) error {
	pause, failures := pauses{}, 0
	for {
		err := w.Store.Commit(ctx, w.Scope, o)
		switch {
		case err == nil || ctx.Err() != nil || assay.CodeOf(err) == assay.Conflict:
			return err
		case !transient(err):
			if failures++; failures >= faults {
				return err
			}
		}
		w.Done.Retries.Add(1)
		w.Logger.Warn("an outcome could not be committed; it is tried again", "partition", w.partition, "error", err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

// blame sets an envelope aside that fails for no known reason, unless the last few did
// so too: then it is not the envelopes, and nothing more is set aside until one has
// been committed.
func (w *Worker) blame(ctx context.Context, e assay.Envelope, reason error) error {
	if w.blamed >= blamedInARow {
		return fmt.Errorf("envelope %d and those before it fail, so it is not they that are to blame: %w", e.Seq, reason)
	}
	w.blamed++
	return w.setAside(ctx, e, reason)
}

func (w *Worker) committed(o assay.Outcome, gen *reference.Generation) {
	w.blamed = 0
	w.proc.apply()
	w.Memory.advance(w.partition, o.To)
	w.Done.Through.Store(o.To)
	w.Done.Listings.Add(int64(o.Listings))
	w.Done.Revisions.Add(int64(o.New))
	w.Done.Findings.Add(int64(len(o.Findings)))
	if len(o.Findings) == 0 {
		return
	}
	w.found.note(gen, w.Clock())
	if w.Committed != nil {
		w.Committed()
	}
}

// FoundUnderOlder returns when the worker last committed findings under a generation
// other than the one given; zero if it never did.
func (w *Worker) FoundUnderOlder(gen *reference.Generation) time.Time { return w.found.before(gen) }

// lastFound is when findings were last committed, and under which generation.
type lastFound struct {
	mu     sync.Mutex // guards what follows
	gen    *reference.Generation
	at     time.Time
	former time.Time // when they last were under any other
}

func (l *lastFound) note(gen *reference.Generation, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen != gen {
		l.former = l.at
	}
	l.gen, l.at = gen, at
}

func (l *lastFound) before(gen *reference.Generation) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen != gen {
		return l.at
	}
	return l.former
}

func (w *Worker) setAside(ctx context.Context, e assay.Envelope, reason error) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	now := w.Clock()
	p := assay.Poison{ID: id.String(), Partition: w.partition, Sequence: e.Seq, Reason: reason.Error(), At: now, Bytes: len(e.Data), Data: e.Data}
	for pause := (pauses{}); ; {
		err := w.Store.SetAside(ctx, w.Scope, w.Holder, p, now)
		switch {
		case err == nil:
			w.aside(p, reason)
			return nil
		case assay.CodeOf(err) == assay.Conflict:
			return errLost
		case !transient(err):
			return err
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func (w *Worker) aside(p assay.Poison, reason error) {
	w.Logger.Error("an envelope was set aside", "partition", w.partition, "sequence", p.Sequence, "poison", p.ID, "reason", reason)
	w.Done.Poisoned.Add(1)
	w.Done.Through.Store(p.Sequence)
	w.Memory.advance(w.partition, p.Sequence)
}

// keepHouse frees the log's worked envelopes beyond what is retained, and merges
// segments.
func (w *Worker) keepHouse(ctx context.Context) error {
	if time.Since(w.housed) < housekeeping {
		return nil
	}
	w.housed = time.Now()
	s, err := w.Log.State(ctx, w.partition)
	if upTo := trimTo(s, w.Done.Through.Load(), w.RetainBytes); err == nil && upTo > 0 && (w.Keep == nil || !w.Keep()) {
		err = w.Log.Trim(ctx, w.partition, upTo)
	}
	if err == nil {
		err = w.merge(ctx)
	}
	if err != nil && ctx.Err() == nil {
		w.Logger.Warn("keeping house failed; it is tried again", "partition", w.partition, "error", err)
		return nil
	}
	return ctx.Err()
}

// trimTo returns up to where a log may be freed: what is committed, and no more than
// brings it down to retain, as if all envelopes were of one size.
func trimTo(s assay.LogState, committed uint64, retain int64) uint64 {
	if s.Bytes <= retain || s.Last < s.First {
		return 0
	}
	n := float64(s.Last-s.First+1) * float64(s.Bytes-retain) / float64(s.Bytes)
	return min(committed, s.First+uint64(n)-1)
}

// pauses grow from one to the next.
type pauses struct{ last time.Duration }

// wait waits, or returns the error of ctx.
func (p *pauses) wait(ctx context.Context) error {
	p.last = min(max(firstPause, 2*p.last), longPause)
	t := time.NewTimer(p.last)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
