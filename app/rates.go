package app

import (
	"context"
	"sync"
	"time"
)

// rates measures how fast partitions are worked, from what the store says is
// committed, whichever process did it.
type rates struct {
	mu        sync.Mutex
	perSecond []float64
}

const rateTime = 5 * time.Second

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
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		parts, err := s.store.PartitionStates(ctx, s.scope)
		if err != nil {
			continue // whoever asks for readiness learns why
		}
		now, seconds := make([]int64, len(parts)), time.Since(at).Seconds()
		perSecond := make([]float64, len(parts))
		for i, p := range parts {
			now[i] = p.Listings
			if len(before) == len(parts) {
				perSecond[i] = float64(now[i]-before[i]) / seconds
			}
		}
		before, at = now, time.Now()
		r.mu.Lock()
		r.perSecond = perSecond
		r.mu.Unlock()
	}
}
