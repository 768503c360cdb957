package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"assay/web"
)

// rates measures how fast partitions are worked, from what the store says is
// committed, whichever process did it.
type rates struct {
	mu        sync.Mutex
	perSecond []float64 // of each partition, lately
	past      []float64 // of all, oldest first
}

const (
	rateTime = web.RateStep
	// ratesKept is a quarter of an hour.
	ratesKept = int(15 * time.Minute / rateTime)
)

// history returns the rates of the last quarter of an hour, oldest first.
func (r *rates) history() []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.past)
}

func (r *rates) of(partition int) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if partition >= len(r.perSecond) {
		return 0
	}
	return r.perSecond[partition]
}

func (r *rates) run(ctx context.Context, s *Server) {
	tick := time.NewTicker(rateTime)
	defer tick.Stop()
	var before []int64
	var at time.Time // monotonic
	for {
		// An error is left to whoever asks for readiness.
		if parts, err := s.store.PartitionStates(ctx, s.scope); err == nil {
			now := make([]int64, len(parts))
			for i, p := range parts {
				now[i] = p.Listings
			}
			if len(before) == len(now) {
				r.add(before, now, time.Since(at).Seconds())
			}
			before, at = now, time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// add notes what was committed within a time.
func (r *rates) add(before, now []int64, seconds float64) {
	perSecond, all := make([]float64, len(now)), 0.0
	for i := range now {
		perSecond[i] = float64(now[i]-before[i]) / seconds
		all += perSecond[i]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.perSecond = perSecond
	r.past = append(r.past[max(0, len(r.past)-ratesKept+1):], all)
}
