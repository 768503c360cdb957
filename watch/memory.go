package watch

import (
	"context"
	"sync"
	"time"

	"assay"
	"assay/seen"
)

// Memory is what has been seen of all partitions. A process that works a partition
// writes its part of it; of the others it follows the segments that appear in the
// store. It is safe for concurrent use.
type Memory struct {
	store Store
	scope assay.Scope
	index seen.Index
	parts []*remembered
}

// remembered is how far a partition's segments are in the index.
type remembered struct {
	mu      sync.Mutex
	through uint64
	mine    bool // this process works it
	whole   bool // all that was there at the start has been read
}

// NewMemory returns a Memory that knows nothing yet.
func NewMemory(store Store, scope assay.Scope, partitions int) *Memory {
	m := &Memory{store: store, scope: scope}
	for range partitions {
		m.parts = append(m.parts, &remembered{})
	}
	return m
}

// Offers returns how many offers are remembered.
func (m *Memory) Offers() int { return m.index.Len() }

// Bytes returns how much memory they take.
func (m *Memory) Bytes() int64 { return m.index.Bytes() }

// Ready reports whether everything that was there at the start has been read.
func (m *Memory) Ready() bool {
	for _, p := range m.parts {
		p.mu.Lock()
		whole := p.whole
		p.mu.Unlock()
		if !whole {
			return false
		}
	}
	return true
}

// catchUp reads the segments of a partition that are not in the index yet.
func (m *Memory) catchUp(ctx context.Context, partition int) error {
	p := m.parts[partition]
	p.mu.Lock()
	defer p.mu.Unlock()
	through := p.through
	err := m.store.Segments(ctx, m.scope, partition, through, func(s assay.Segment) error {
		if _, err := m.index.Apply(s.Data); err != nil {
			return err
		}
		through = max(through, s.To)
		return nil
	})
	if err != nil {
		return err // what was applied may be applied again
	}
	p.through, p.whole = through, true
	return nil
}

// own says whether this process works the partition.
func (m *Memory) own(partition int, mine bool) {
	p := m.parts[partition]
	p.mu.Lock()
	p.mine = mine
	p.mu.Unlock()
}

// advance notes that everything up to a sequence is in the index.
func (m *Memory) advance(partition int, through uint64) {
	p := m.parts[partition]
	p.mu.Lock()
	p.through = max(p.through, through)
	p.mu.Unlock()
}

// followTime is how often segments of others are looked for. What the gate knows of
// an offer is older by at most that, beyond the time it takes to work it.
const followTime = 250 * time.Millisecond

// Follow reads what is there, and then what other processes add, until ctx ends.
func (m *Memory) Follow(ctx context.Context, report func(error)) {
	tick := time.NewTicker(followTime)
	defer tick.Stop()
	for {
		for i, p := range m.parts {
			p.mu.Lock()
			skip := p.mine && p.whole
			p.mu.Unlock()
			if skip {
				continue
			}
			if err := m.catchUp(ctx, i); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
