package watch

import (
	"context"
	"errors"
	"log/slog"
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
	Changed atomic.Int64 // findings, since the process began
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
			pause.wait(ctx)
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
	known = known && job.Generation == gen.Hash() && job.AsOf.Equal(gen.AsOf()) && job.Model == score.Version
	if known && !job.EndedAt.IsZero() {
		return nil
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

func (r *Rescreener) lease(ctx context.Context) (bool, error) {
	now := r.Clock()
	return r.Store.AcquireJob(ctx, r.Scope, rescreenJob, r.Holder, now, now.Add(leaseTime))
}

// work goes through the offers from where the job is. It ends early when a newer
// generation is in force.
func (r *Rescreener) work(ctx context.Context, gen *reference.Generation, job assay.Rescreen) error {
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
		decoder.Decode(offer.Listing, 1, func(l *assay.Listing, problem *assay.Problem) {
			if problem != nil {
				r.Logger.Error("a kept listing cannot be read; its findings stay as they are",
					"marketplace", offer.Marketplace, "offer", offer.ID, "error", problem)
				return
			}
			v, _ := worker.ScreenRevision(l, offer.State, assay.Clear)
			s := keep(l, offer.Listing, &v, offer.Number, now)
			b.revise(&s, assay.CauseGeneration)
		})
	}
	return b.changes(), nil
}
