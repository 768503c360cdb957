package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"assay"
)

const (
	// DefaultWorkers bounds attempts at one time. Most of their time is waiting.
	DefaultWorkers = 32
	// DefaultPoll is how often the store is asked for what is due. Wake makes new
	// events faster; retries are up to this late.
	DefaultPoll = time.Second
	// DefaultAttemptTimeout bounds one attempt, reading the event included.
	DefaultAttemptTimeout = 20 * time.Second
	// DefaultLease is how long a delivery belongs to the process that took it, so also
	// how late one comes whose process died. It has to be several attempts long.
	DefaultLease = 2 * time.Minute
	// DefaultGrace is how long attempts go on when the process is told to end.
	DefaultGrace = 5 * time.Second

	fanOutBatch = 200 // events in one transaction
	leaseBatch  = 200 // deliveries in one transaction

	// maxQueued bounds what waits in memory for one webhook. Deliveries above it are
	// left alone until their lease ends; that is why a long queue never keeps those
	// behind it, for other webhooks, from being taken.
	maxQueued = 4_000

	// recordTimeout bounds writing what became of an attempt. It goes on when the
	// process is told to end: what is not recorded is sent again.
	recordTimeout = 5 * time.Second
)

// Options are what a Dispatcher works with. Zero durations and numbers mean the
// defaults above.
type Options struct {
	Store  Store
	Poster Poster
	Scope  assay.Scope      // has to see every webhook and event: assay.LocalScope
	Clock  func() time.Time // now

	// Jitter draws from [0, 1); it is called by several goroutines. Nil: no jitter.
	Jitter func() float64
	// Logger is told of errors of the store and of webhooks that were switched off,
	// by their ids. Nil: nobody.
	Logger *slog.Logger

	Workers        int
	Poll           time.Duration
	AttemptTimeout time.Duration
	Lease          time.Duration
	Grace          time.Duration
}

// Dispatcher delivers events to webhooks. Each webhook has one attempt at a time in a
// process, so that a slow receiver costs the others nothing and sees events in their
// order. Several processes may run one each on the same store.
type Dispatcher struct {
	o     Options
	wake  chan struct{}
	slots chan struct{} // one for each running attempt

	running sync.WaitGroup // goroutines that work a line

	mu    sync.Mutex
	lines map[string]*line // by webhook; guarded by mu, as is what they hold
	stats Stats            // guarded by mu
}

// Stats counts what one process did since it began, and what it has in hand.
type Stats struct {
	Events    int64 // fanned out
	Delivered int64
	Retried   int64 // attempts that failed and will be repeated
	Failed    int64 // deliveries given up
	Stopped   int64 // webhooks switched off by their receiver (410 Gone)

	Queued   int // deliveries taken and waiting
	InFlight int // attempts running
	Held     int // webhooks left alone for a while since they do not answer
}

// New returns a Dispatcher. It panics when Store, Poster or Clock is missing, or the
// lease is too short for an attempt: those are mistakes of the program.
func New(o Options) *Dispatcher {
	if o.Store == nil || o.Poster == nil || o.Clock == nil {
		panic("notify: a dispatcher needs a store, a poster and a clock")
	}
	orElse(&o.Workers, DefaultWorkers)
	orElse(&o.Poll, DefaultPoll)
	orElse(&o.AttemptTimeout, DefaultAttemptTimeout)
	orElse(&o.Lease, DefaultLease)
	orElse(&o.Grace, DefaultGrace)
	if o.Lease < o.AttemptTimeout+recordTimeout {
		panic("notify: a lease must be longer than an attempt and its record")
	}
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0 }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Dispatcher{
		o:     o,
		wake:  make(chan struct{}, 1),
		slots: make(chan struct{}, o.Workers),
		lines: map[string]*line{},
	}
}

func orElse[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Wake says that events were committed. It never waits; calls while the dispatcher is
// busy become one.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Stats returns the counters as they are now.
func (d *Dispatcher) Stats() Stats {
	now := d.o.Clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	for _, l := range d.lines {
		s.Queued += len(l.queue)
		if l.heldUntil.After(now) {
			s.Held++
		}
	}
	return s
}

// Run works until ctx ends; call it once. It then takes nothing more, gives running
// attempts the grace to end, cuts those that do not, and returns when no goroutine of
// its own is left. What was taken and not done is due again when its lease ends, here
// or in another process.
//
// Errors of the store are logged and the work goes on with the next poll.
func (d *Dispatcher) Run(ctx context.Context) {
	attempts, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	ticker := time.NewTicker(d.o.Poll)
	defer ticker.Stop()
	away := false // the store, so far; said once
	for ctx.Err() == nil {
		err := d.round(ctx, attempts)
		if err != nil && ctx.Err() == nil && !away {
			d.o.Logger.Warn("webhooks wait for the store", "error", err)
		}
		away = err != nil
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-ticker.C:
		}
	}
	grace := time.AfterFunc(d.o.Grace, cut)
	defer grace.Stop()
	d.running.Wait()
}

// round fans out and takes what is due, in turns, until there is nothing of either.
func (d *Dispatcher) round(ctx, attempts context.Context) error {
	for {
		events, err := d.o.Store.FanOut(ctx, d.o.Scope, fanOutBatch, d.o.Clock())
		if err != nil {
			return err
		}
		now := d.o.Clock()
		until := now.Add(d.o.Lease)
		due, err := d.o.Store.DueDeliveries(ctx, d.o.Scope, now, until, leaseBatch)
		d.mu.Lock()
		d.stats.Events += int64(events)
		for _, delivery := range due {
			d.queue(ctx, attempts, leased{delivery, until})
		}
		d.mu.Unlock()
		if err != nil {
			return err
		}
		if events == 0 && len(due) < leaseBatch {
			return nil
		}
	}
}
