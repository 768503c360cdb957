package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"assay"
	"assay/api"
)

// health answers whether the server can do its work. An answer is used again for
// healthTime, so that asking costs nothing however often it is done.
type health struct {
	s *Server

	mu     sync.Mutex
	asked  time.Time // monotonic
	checks []api.Check

	room     sync.Mutex // guards what follows
	measured time.Time  // monotonic
	full     error
}

const (
	healthTime  = time.Second
	healthLimit = 3 * time.Second // for one check
)

func newHealth(s *Server) *health { return &health{s: s} }

func (h *health) check(ctx context.Context) []api.Check {
	ctx = context.WithoutCancel(ctx) // the answer is for others too
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks != nil && time.Since(h.asked) < healthTime {
		return h.checks
	}
	h.checks = []api.Check{
		h.ask(ctx, "database", h.s.store.Ping),
		h.ask(ctx, "log", h.s.log.Healthy),
		h.ask(ctx, "disk", func(context.Context) error { return h.s.room() }),
		h.ask(ctx, "reference", func(context.Context) error { return h.reference() }),
		h.ask(ctx, "seen", func(context.Context) error {
			if !h.s.memory.Ready() {
				return assay.Errorf(assay.Unavailable, "what was seen before is being read")
			}
			return nil
		}),
	}
	h.asked = time.Now()
	return h.checks
}

func (h *health) ask(ctx context.Context, name string, f func(context.Context) error) api.Check {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	c := api.Check{Name: name, OK: true}
	if err := f(ctx); err != nil {
		c.OK, c.Detail = false, "does not answer"
		if assay.CodeOf(err) != assay.Internal {
			c.Detail = err.Error()
		}
		h.s.o.Logger.Warn("a readiness check failed", "check", name, "error", err)
	}
	return c
}

func (h *health) reference() error {
	st := h.s.keeper.Status()
	if st.Hash == "" {
		return assay.Errorf(assay.Unavailable, "the reference is being built")
	}
	if behind := st.BehindSince; !behind.IsZero() {
		if age := h.s.o.Clock().Sub(behind); age > h.s.o.MaxReferenceAge {
			return assay.Errorf(assay.Unavailable, "the reference in force here is version %d, %s behind", st.Version, age.Round(time.Second))
		}
	}
	return nil
}

// room says why no listings can be taken: the disk is nearly full. It is measured
// once a healthTime.
func (s *Server) room() error {
	if s.o.FreeBytes < 0 {
		return nil
	}
	h := s.health
	h.room.Lock()
	defer h.room.Unlock()
	if !h.measured.IsZero() && time.Since(h.measured) < healthTime {
		return h.full
	}
	h.measured, h.full = time.Now(), nil
	if free, known := freeBytes(s.o.Data); known && free < s.o.FreeBytes {
		h.full = assay.Errorf(assay.Full, "%s", fmt.Sprintf("the disk is nearly full: %d MiB are free, %d are kept", free>>20, s.o.FreeBytes>>20))
	}
	return h.full
}
