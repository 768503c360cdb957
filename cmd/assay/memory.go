package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much memory, in bytes, may be spent on collecting garbage less often. What lives
// is the reference and, on a server, what is remembered of the offers; without this,
// their size alone would set the pace, and waste as much again.
const (
	screenGarbage = 200 << 20
	serveGarbage  = 256 << 20
)

// spendMemory lets garbage grow to so much between collections, unless GOGC says
// otherwise.
func spendMemory(garbage uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(int(min(800, max(10, garbage*100/max(1, live[0].Value.Uint64())))))
}

// keepSpending does so again and again, as what lives grows, until ctx ends.
func keepSpending(ctx context.Context, garbage uint64) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		spendMemory(garbage)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
