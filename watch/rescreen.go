package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"assay"
	"assay/reference"
	"assay/score"
	"assay/screen"
)

// RescreenerOptions says what a Rescreener works with.
type RescreenerOptions struct {
	Store     Store
	Codec     Codec
	Reference Reference
	Scope     assay.Scope
	Holder    string
	Clock     func() time.Time
	Logger    *slog.Logger
	// Workers are those of this process: what they found under an older generation while
	// the findings were screened anew is screened anew too.
	Workers []*Worker
	// Swapped says that there is a new generation.
	Swapped <-chan struct{}
	// Committed is told after findings were changed.
	Committed func()
}

// Rescreener screens the offers that have findings anew whenever a new generation
// is in force, so that each finding's verdict is the one it would get today. Of
// several processes one does it. A process that dies leaves how far it came.
type Rescreener struct {
	RescreenerOptions
	gen     *reference.Generation // of the job at hand
	Changed atomic.Int64          // findings, since the process began
}

// NewRescreener returns a Rescreener.
func NewRescreener(o RescreenerOptions) *Rescreener { return &Rescreener{RescreenerOptions: o} }

const (
	rescreenJob = "rescreen"
	// rescreenBatch is how many offers share a transaction: few, so that what arrives
	// does not wait for it.
	rescreenBatch = 200
	// rescreenCheck is how often it is looked whether another process has left the job
	// undone.
	rescreenCheck = 30 * time.Second
)

// Run works until ctx ends.
func (r *Rescreener) Run(ctx context.Context) {
	tick := time.NewTicker(rescreenCheck)
	defer tick.Stop()
	pause := pauses{}
	for {
		err := r.bring(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !errors.Is(err, errLost):
			r.Logger.Warn("re-screening stopped; it is tried again", "error", err)
			_ = pause.wait(ctx) // the next turn sees that ctx has ended
			continue
		}
		pause = pauses{}
		select {
		case <-r.Swapped:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// bring brings the findings to the generation in force, unless they are.
func (r *Rescreener) bring(ctx context.Context) error {
	gen := r.Reference.Current()
	if gen == nil {
		return nil
	}
	job, known, err := r.Store.Rescreen(ctx, r.Scope)
	if err != nil {
		return err
	}
	if known && (r.Reference.Behind() || gen.AsOf().Before(job.AsOf) || score.Version < job.Model) {
		return nil // another process is further; this one must not take its work back
	}
	known = known && job.Generation == gen.Hash() && job.AsOf.Equal(gen.AsOf()) && job.Model == score.Version
	if known && !job.EndedAt.IsZero() {
		if !r.late(gen, job) {
			return nil
		}
		known = false
	}
	if held, err := r.lease(ctx); err != nil || !held {
		return err
	}
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = r.Store.ReleaseJob(release, r.Scope, rescreenJob, r.Holder) // else it expires
	}()
	if !known {
		total, err := r.Store.CountFoundOffers(ctx, r.Scope)
		if err != nil {
			return err
		}
		job = assay.Rescreen{Generation: gen.Hash(), Model: score.Version, AsOf: gen.AsOf(), Total: total, StartedAt: r.Clock()}
		if err := r.Store.PutRescreen(ctx, r.Scope, job); err != nil {
			return err
		}
	}
	return r.work(ctx, gen, job)
}

// late reports whether a worker has committed findings under another generation since
// the job began, which may have passed them by then.
func (r *Rescreener) late(gen *reference.Generation, job assay.Rescreen) bool {
	return slices.ContainsFunc(r.Workers, func(w *Worker) bool { return w.FoundUnderOlder(gen).After(job.StartedAt) })
}

func (r *Rescreener) lease(ctx context.Context) (bool, error) {
	now := r.Clock()
	return r.Store.AcquireJob(ctx, r.Scope, rescreenJob, r.Holder, now, now.Add(leaseTime))
}

// work goes through the offers from where the job is. It ends early when a newer
// generation is in force.
func (r *Rescreener) work(ctx context.Context, gen *reference.Generation, job assay.Rescreen) error {
	r.gen = gen
	worker, decoder := screen.New(gen).NewWorker(), r.Codec.NewDecoder()
	for r.Reference.Current() == gen {
		if held, err := r.lease(ctx); err != nil {
			return err
		} else if !held {
			return errLost
		}
		offers, err := r.Store.FoundOffers(ctx, r.Scope, job.Position, rescreenBatch)
		if err != nil {
			return err
		}
		now := r.Clock()
		if len(offers) == 0 {
			job.EndedAt = now
			return r.Store.PutRescreen(ctx, r.Scope, job)
		}
		changes, err := r.screen(ctx, worker, decoder, offers, now)
		if err != nil {
			return err
		}
		job.Position = offers[len(offers)-1].OfferKey
		job.Done += len(offers)
		job.Changed += len(changes)
		if err := r.Store.ReviseFindings(ctx, r.Scope, changes, job, now); err != nil {
			return err
		}
		r.Changed.Add(int64(len(changes)))
		if len(changes) > 0 && r.Committed != nil {
			r.Committed()
		}
	}
	return nil
}

func (r *Rescreener) screen(ctx context.Context, worker *screen.Worker, decoder Decoder, offers []assay.Revision, now time.Time) ([]assay.FindingChange, error) {
	var keys []assay.OfferKey
	for i := range offers {
		keys = append(keys, offers[i].OfferKey)
	}
	b, err := openBook(ctx, r.Store, r.Scope, keys)
	if err != nil {
		return nil, err
	}
	for i := range offers {
		offer := &offers[i]
		s, err := r.one(worker, decoder, offer, now)
		if err != nil {
			r.Logger.Error("a kept listing cannot be screened; its findings stay as they are",
				"marketplace", offer.Marketplace, "offer", offer.ID, "error", err)
			worker, decoder = screen.New(r.gen).NewWorker(), r.Codec.NewDecoder() // their scratch may be anything
			continue
		}
		b.revise(s, assay.CauseGeneration)
	}
	return b.changes(), nil
}

// one screens one kept listing. A panic is the listing's fault and ends nothing else.
func (r *Rescreener) one(worker *screen.Worker, decoder Decoder, offer *assay.Revision, now time.Time) (s *screened, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("screening failed: %v", fault)
		}
	}()
	decoder.Decode(offer.Listing, 1, func(l *assay.Listing, problem *assay.Problem) {
		if problem != nil {
			err = problem
			return
		}
		v, _ := worker.ScreenRevision(l, offer.State, assay.Clear)
		kept := keep(l, offer.Listing, &v, offer.Number, now)
		s = &kept
	})
	return s, err
}
