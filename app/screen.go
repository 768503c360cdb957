package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"assay"
	"assay/feed"
	"assay/reference"
	"assay/screen"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// Input is one feed to screen.
type Input struct {
	Name string // stands in messages; its ending tells the format
	Open func() (io.ReadCloser, error)
}

// ScreenOptions says how ScreenFeeds reads and what it writes.
type ScreenOptions struct {
	Feed    feed.Options
	Least   assay.Level // assessments below it are not written
	Workers int         // goroutines that decode and screen; 0: one a core
	Errors  io.Writer   // bad records, one line each
	Rejects io.Writer   // bad records as NDJSON; nil: none
	// Counters, if set, is kept up to date while the work goes on.
	Counters *ScreenCounters
}

// ScreenCounters tells how far a run is. It is safe for concurrent use.
type ScreenCounters struct {
	Bytes    atomic.Int64 // read from the inputs, as they are stored
	Listings atomic.Int64 // screened
}

// ScreenSummary is what a run did.
type ScreenSummary struct {
	Listings int64 // screened
	Rejected int64 // bad records, skipped
	Failed   int64 // inputs whose reading ended early
	Written  int64 // verdicts
	// Assessments counts those written, by lane and level.
	Assessments map[assay.Lane]map[assay.Level]int64
	Elapsed     time.Duration
}

// ScreenFeeds screens every listing of the inputs and writes the verdicts as
// NDJSON to out, in the order of the listings, whatever the number of workers.
//
// A bad record is reported and skipped; an input that cannot be read to its end
// is reported and counted as failed, and the next one goes on. The error is that
// of writing, or of ctx. Memory does not depend on the size of the inputs.
func ScreenFeeds(ctx context.Context, gen *reference.Generation, inputs []Input, out io.Writer, o ScreenOptions) (ScreenSummary, error) {
	if err := o.Feed.Validate(); err != nil {
		return ScreenSummary{}, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Counters == nil {
		o.Counters = &ScreenCounters{}
	}
	if o.Errors == nil {
		o.Errors = io.Discard
	}
	began := time.Now()
	p := pipeline{
		ScreenOptions: o,
		screener:      screen.New(gen),
		summary:       ScreenSummary{Assessments: map[assay.Lane]map[assay.Level]int64{}},
		work:          make(chan *job, jobsPerWorker*o.Workers),
		order:         make(chan *job, jobsPerWorker*o.Workers),
		free:          make(chan *job, jobsPerWorker*o.Workers),
	}
	for range cap(p.free) {
		p.free <- &job{done: make(chan struct{}, 1)}
	}
	group, running := errgroup.WithContext(ctx)
	// The reader is not waited for: it may be blocked in an input that says nothing,
	// and then nobody needs it any more. It ends with its next read.
	go p.read(running, inputs)
	for range o.Workers {
		group.Go(func() error { return p.screen(running) })
	}
	group.Go(func() error { return p.write(running, out) })
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	p.summary.Elapsed = time.Since(began)
	return p.summary, err
}

// jobsPerWorker bounds the batches in flight: one being read or screened, one
// waiting for its turn to be written, and one to spare.
const jobsPerWorker = 3

// maxKept is how large a buffer of verdicts, in bytes, may stay with its job.
const maxKept = 1 << 20

// pipeline is one run: a reader cuts the inputs into jobs, workers do them in any
// order, the writer takes them in theirs. A job is owned by whoever took it last
// from a channel; free bounds how many there are.
type pipeline struct {
	ScreenOptions
	screener *screen.Screener
	work     chan *job // reader → workers
	order    chan *job // reader → writer, in the order of the inputs
	free     chan *job // writer → reader
	summary  ScreenSummary
}

// job is a batch of records and what became of them.
type job struct {
	batch    feed.Batch
	failure  error          // of the input; then there is no batch
	verdicts []byte         // NDJSON
	problems assay.Problems // in the order of the records
	counts   jobCounts
	done     chan struct{} // holds one token when the job is done
}

type jobCounts struct {
	listings, written int64
	assessments       map[assay.Lane]map[assay.Level]int64
}

// read cuts the inputs into jobs until there are no more or ctx ends.
func (p *pipeline) read(ctx context.Context, inputs []Input) {
	defer close(p.order)
	defer close(p.work)
	for _, in := range inputs {
		if err := p.readInput(ctx, in); err != nil {
			j, gone := p.take(ctx)
			if gone != nil {
				return
			}
			j.failure = err
			j.done <- struct{}{}
			p.order <- j
		}
	}
}

func (p *pipeline) readInput(ctx context.Context, in Input) error {
	src, err := in.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	r, err := feed.Open(in.Name, &countingReader{src, &p.Counters.Bytes}, p.Feed)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		j, err := p.take(ctx)
		if err != nil {
			return err
		}
		if err := r.Next(&j.batch); err != nil {
			p.free <- j
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		// Neither channel blocks: each has room for every job there is.
		p.order <- j
		p.work <- j
	}
}

func (p *pipeline) take(ctx context.Context) (*job, error) {
	select {
	case j := <-p.free:
		if cap(j.verdicts) > maxKept { // one talkative batch need not weigh for ever
			j.verdicts = nil
		}
		j.failure, j.verdicts, j.problems, j.counts = nil, j.verdicts[:0], j.problems[:0], jobCounts{}
		return j, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// screen does jobs until there are no more.
func (p *pipeline) screen(ctx context.Context) error {
	w := p.screener.NewWorker()
	for {
		j, err := next(ctx, p.work)
		if j == nil || err != nil {
			return err
		}
		if err := p.do(w, j); err != nil {
			return err
		}
		j.done <- struct{}{}
	}
}

// next receives a job; nil when there are no more.
func next(ctx context.Context, from chan *job) (*job, error) {
	select {
	case j := <-from:
		return j, ctx.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipeline) do(w *screen.Worker, j *job) (err error) {
	j.counts.assessments = map[assay.Lane]map[assay.Level]int64{}
	j.batch.Decode(func(l *assay.Listing, problem *assay.Problem) {
		if problem != nil {
			j.problems = append(j.problems, problem)
			return
		}
		j.counts.listings++
		v, ok := w.Screen(l, p.Least)
		if !ok || err != nil {
			return
		}
		j.counts.written++
		count(j.counts.assessments, &v.Assessment)
		for i := range v.Other {
			count(j.counts.assessments, &v.Other[i])
		}
		j.verdicts, err = screen.AppendVerdict(j.verdicts, &v)
	})
	p.Counters.Listings.Add(j.counts.listings)
	return err
}

func count(by map[assay.Lane]map[assay.Level]int64, a *assay.Assessment) {
	if by[a.Lane] == nil {
		by[a.Lane] = map[assay.Level]int64{}
	}
	by[a.Lane][a.Level]++
}

// write takes the jobs in the order of the inputs.
func (p *pipeline) write(ctx context.Context, out io.Writer) error {
	for {
		j, err := next(ctx, p.order)
		if j == nil || err != nil {
			return err
		}
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if j.failure != nil {
			p.summary.Failed++
			fmt.Fprintln(p.Errors, j.failure)
		}
		if len(j.verdicts) > 0 {
			if _, err := out.Write(j.verdicts); err != nil {
				return fmt.Errorf("writing verdicts: %w", err)
			}
		}
		for _, problem := range j.problems {
			fmt.Fprintln(p.Errors, problem)
			if p.Rejects != nil {
				if err := json.MarshalWrite(p.Rejects, problem, jsontext.AllowInvalidUTF8(true)); err != nil {
					return fmt.Errorf("writing rejects: %w", err)
				}
				if _, err := io.WriteString(p.Rejects, "\n"); err != nil {
					return fmt.Errorf("writing rejects: %w", err)
				}
			}
		}
		p.summary.Listings += j.counts.listings
		p.summary.Written += j.counts.written
		p.summary.Rejected += int64(len(j.problems))
		for lane, levels := range j.counts.assessments {
			for level, n := range levels {
				if p.summary.Assessments[lane] == nil {
					p.summary.Assessments[lane] = map[assay.Level]int64{}
				}
				p.summary.Assessments[lane][level] += n
			}
		}
		p.free <- j
	}
}

// countingReader adds what it reads to n.
type countingReader struct {
	io.Reader
	n *atomic.Int64
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n.Add(int64(n))
	return n, err
}
