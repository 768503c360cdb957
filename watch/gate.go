package watch

import (
	"sync"
	"sync/atomic"

	"assay"
	"assay/reference"
	"assay/score"
	"assay/screen"
	"assay/seen"
)

// Gate answers "may this be published?": the verdict that a listing would get if it
// arrived now. It reads what was seen of the offer and writes nothing. It is safe
// for concurrent use.
type Gate struct {
	reference Reference
	memory    *Memory
	current   atomic.Pointer[bench]
	Screened  atomic.Int64
}

// bench is the workers for one generation.
type bench struct {
	gen     *reference.Generation
	workers sync.Pool
}

// NewGate returns a Gate.
func NewGate(r Reference, m *Memory) *Gate { return &Gate{reference: r, memory: m} }

// GateSession screens some listings against one generation. It is for one goroutine
// and must be closed.
type GateSession struct {
	gate   *Gate
	bench  *bench
	worker *screen.Worker
}

// Open begins a session. Unavailable: no generation has been built yet, or what was
// seen has not been read yet.
func (g *Gate) Open() (*GateSession, error) {
	gen := g.reference.Current()
	if gen == nil {
		return nil, assay.Errorf(assay.Unavailable, "the reference is being built; try again in a moment")
	}
	if !g.memory.Ready() {
		return nil, assay.Errorf(assay.Unavailable, "what was seen before is being read; try again in a moment")
	}
	b := g.current.Load()
	if b == nil || b.gen != gen {
		b = &bench{gen: gen}
		screener := screen.New(gen)
		b.workers.New = func() any { return screener.NewWorker() }
		g.current.Store(b)
	}
	return &GateSession{gate: g, bench: b, worker: b.workers.Get().(*screen.Worker)}, nil
}

// Screen returns the verdict on a listing, clear ones included. It names the
// listing's inline pictures by their hashes and drops their bytes, as feeding it
// would. The verdict shares the listing's texts.
func (s *GateSession) Screen(l *assay.Listing) assay.Verdict {
	namePictures(l)
	k := seen.KeyOf(l.Key())
	before, known := s.gate.memory.index.Get(k)
	now, _ := before.Next(known, k, seen.PrintOf(l), before.Seq)
	v, _ := s.worker.ScreenRevision(l, now.State(), assay.Clear)
	s.gate.Screened.Add(1)
	return v
}

// Prices tells what the price of an owner's assessment was compared with, as
// screen.Worker.Prices does.
func (s *GateSession) Prices(l *assay.Listing, owner, variant string) (screen.PriceView, bool) {
	return s.worker.Prices(l, owner, variant)
}

// Thresholds are those of a lane under the session's generation.
func (s *GateSession) Thresholds(lane assay.Lane) score.Thresholds {
	return s.bench.gen.Policy().For(lane)
}

// Close ends the session.
func (s *GateSession) Close() {
	if s.worker != nil {
		s.bench.workers.Put(s.worker)
		s.worker = nil
	}
}
