package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay"
	"assay/demo"
	"assay/feed"
)

// BenchServerOptions says what a benchmark of the server measures. The server is a
// process of its own, this one is its client, and both share the machine.
type BenchServerOptions struct {
	BenchOptions
	Serve   []string      // further flags of assay serve
	Seen    int           // offers that the server knows before anything is measured
	Burst   time.Duration // as fast as it goes; 0: none
	Sustain time.Duration // at Rate; 0: none
	Rate    int           // listings a second; requests a second for the gate
	Clients int           // connections
	Body    int           // listings in one request
}

// benched is a server that is measured.
type benched struct {
	*Client
	process *exec.Cmd
	data    string
	logs    *bytes.Buffer
}

// startServer starts assay serve on a new data folder, with the world's reference.
func (o *BenchServerOptions) startServer(ctx context.Context) (*benched, *demo.World, error) {
	world, dir, err := o.writeReference()
	if err != nil {
		return nil, nil, err
	}
	b := &benched{data: filepath.Join(o.Dir, "data"), logs: &bytes.Buffer{}}
	if err := os.RemoveAll(b.data); err != nil {
		return nil, nil, err
	}
	args := append([]string{"serve", "--data", b.data, "--listen", "127.0.0.1:0", "--log-level", "warn"}, o.Serve...)
	b.process = exec.CommandContext(ctx, o.Command, args...)
	b.process.Stderr = b.logs
	out, err := b.process.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := b.process.Start(); err != nil {
		return nil, nil, err
	}
	// The line that it serves; if it fails, the pipe ends.
	if _, err := out.Read(make([]byte, 512)); err != nil {
		b.process.Wait()
		return nil, nil, fmt.Errorf("assay serve ended: %s", b.logs)
	}
	if b.Client, err = ClientOf(b.data); err != nil {
		return nil, nil, errors.Join(err, b.stop())
	}
	o.Progress("importing the reference")
	for _, file := range ReferenceFiles() {
		if err := b.importFile(ctx, filepath.Join(dir, file.Name), file.Kind); err != nil {
			return nil, nil, errors.Join(err, b.stop())
		}
	}
	return b, world, nil
}

func (b *benched) importFile(ctx context.Context, name string, kind assay.ReferenceKind) error {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	_, err = b.ImportReference(ctx, kind, assay.ImportMerge, false, filepath.Base(name), f, nil)
	return err
}

func (b *benched) stop() error {
	b.process.Process.Signal(os.Interrupt)
	if err := b.process.Wait(); err != nil {
		return fmt.Errorf("assay serve: %w\n%s", err, b.logs)
	}
	return nil
}

// resident returns what the server has in memory now and had at most, in bytes.
func (b *benched) resident() (now, most int64) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.Process.Pid))
	field := func(name string) int64 {
		_, rest, _ := strings.Cut(string(text), name+":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			return 0
		}
		n, _ := strconv.ParseInt(fields[0], 10, 64)
		return n << 10
	}
	return field("VmRSS"), field("VmHWM")
}

// progress is how far the server is.
type ingestProgress struct {
	committed, backlog int64
}

func (b *benched) ingest(ctx context.Context) (p ingestProgress, err error) {
	var answer struct {
		Partitions []struct {
			Listings int64 `json:"listings"`
			Backlog  int64 `json:"backlog"`
		} `json:"partitions"`
	}
	_, err = b.do(ctx, http.MethodGet, "/v1/ingest", nil, nil, &answer)
	for _, part := range answer.Partitions {
		p.committed += part.Listings
		p.backlog += part.Backlog
	}
	return p, err
}

// drained waits until everything that was stored is committed.
func (b *benched) drained(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := b.ingest(ctx)
		if err != nil || p.backlog == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// template is a listing in which the offer's id, its revision and its sold count are
// digits of fixed width, so that another offer costs the client next to nothing.
type template struct {
	line               []byte
	id, revision, sold int // where the digits begin
}

const (
	templates = 20_000
	idDigits  = 10
)

func makeTemplates(world *demo.World) []template {
	mark := func(what byte) string { return strings.Repeat(string(what), idDigits) }
	list := make([]template, templates)
	for i := range list {
		l, _ := world.Listing(uint64(i))
		l.ID, l.SKU = mark('i'), mark('r')
		l.Sold = assay.Count{N: 7_777_777_777, Known: true}
		line := append(feed.AppendListing(nil, &l), '\n')
		list[i] = template{line: line, id: bytes.Index(line, []byte(mark('i'))), revision: bytes.Index(line, []byte(mark('r'))),
			sold: bytes.Index(line, []byte("7777777777"))}
	}
	return list
}

func (t *template) append(dst []byte, id, revision, sold int) []byte {
	at := len(dst)
	dst = append(dst, t.line...)
	digits(dst[at+t.id:], id)
	digits(dst[at+t.revision:], revision)
	digits(dst[at+t.sold:], sold+1_000_000_000)
	return dst
}

func digits(dst []byte, n int) {
	for i := idDigits - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// load sends listings that next makes.
type load struct {
	o       *BenchServerOptions
	b       *benched
	list    []template
	acked   atomic.Int64
	refused atomic.Int64 // answers 429 and 503, waited for and tried again
	mu      sync.Mutex
	took    []time.Duration
}

// run sends until next says that there are no more. next is called by several
// goroutines and returns the number of the first listing of a request.
func (l *load) run(ctx context.Context, next func() (first, n int, ok bool), write func(dst []byte, i int) []byte) error {
	group := make(chan error, l.o.Clients)
	for range l.o.Clients {
		go func() {
			var body []byte
			for ctx.Err() == nil {
				first, n, ok := next()
				if !ok {
					break
				}
				body = body[:0]
				for i := range n {
					body = write(body, first+i)
				}
				if err := l.send(ctx, body); err != nil {
					group <- err
					return
				}
			}
			group <- ctx.Err()
		}()
	}
	var err error
	for range l.o.Clients {
		err = errors.Join(err, <-group)
	}
	return err
}

func (l *load) send(ctx context.Context, body []byte) error {
	for {
		began := time.Now()
		a, err := l.b.SendListings(ctx, http.Header{"Content-Type": {"application/x-ndjson"}}, url.Values{}, bytes.NewReader(body))
		if code := assay.CodeOf(err); code == assay.Busy || code == assay.Unavailable {
			l.refused.Add(1)
			select {
			case <-time.After(200 * time.Millisecond):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		if len(a.Rejected) > 0 {
			return fmt.Errorf("line %d was rejected: %w", a.Rejected[0].Line, &a.Rejected[0])
		}
		took := time.Since(began)
		l.acked.Add(int64(a.Accepted))
		l.mu.Lock()
		l.took = append(l.took, took)
		l.mu.Unlock()
		return nil
	}
}

// BenchIngest measures how many listings a second become durable, and how many are
// worked to the end.
func BenchIngest(ctx context.Context, w io.Writer, o BenchServerOptions) error {
	b, world, err := o.startServer(ctx)
	if err != nil {
		return err
	}
	defer b.process.Process.Kill()
	l := &load{o: &o, b: b, list: makeTemplates(world)}
	size := 0
	for i := range l.list {
		size += len(l.list[i].line)
	}
	writeMachine(w)
	fmt.Fprintf(w, "data     invented listings, %d bytes each, NDJSON; %s marks, %s products\n", size/templates, Thousands(int64(o.Marks)), Thousands(int64(o.Products)))
	fmt.Fprintf(w, "command  assay serve %s, a process of its own; %d connections, %d listings a request, from this process on the same machine\n", strings.Join(o.Serve, " "), o.Clients, o.Body)

	first := func(dst []byte, i int) []byte { return l.list[i%templates].append(dst, i, 0, 0) }
	if o.Seen > 0 {
		o.Progress(fmt.Sprintf("feeding %s offers", Thousands(int64(o.Seen))))
		began := time.Now()
		if err := l.run(ctx, upTo(o.Seen, o.Body), first); err != nil {
			return err
		}
		if err := b.drained(ctx); err != nil {
			return err
		}
		took := time.Since(began)
		now, most := b.resident()
		fmt.Fprintf(w, "%-34s %.0f acknowledged and committed a second, %s in all; resident %d MB (at most %d)\n", "before: offers seen first",
			float64(o.Seen)/took.Seconds(), Thousands(int64(o.Seen)), now/1e6, most/1e6)
	}
	known := o.Seen
	if o.Burst > 0 {
		o.Progress(fmt.Sprintf("a burst of %s", o.Burst))
		l.took = l.took[:0]
		before, began := l.acked.Load(), time.Now()
		committed, err := b.ingest(ctx)
		if err != nil {
			return err
		}
		end := began.Add(o.Burst)
		var n atomic.Int64
		err = l.run(ctx, func() (int, int, bool) {
			return known + int(n.Add(int64(o.Body))) - o.Body, o.Body, time.Now().Before(end)
		}, first)
		if err != nil {
			return err
		}
		took := time.Since(began)
		at, err := b.ingest(ctx)
		if err != nil {
			return err
		}
		now, most := b.resident()
		fmt.Fprintf(w, "%-34s %.0f acknowledged a second for %.0f s, all new; %.0f committed a second meanwhile, backlog %d envelopes\n", "burst",
			float64(l.acked.Load()-before)/took.Seconds(), took.Seconds(), float64(at.committed-committed.committed)/took.Seconds(), at.backlog)
		fmt.Fprintf(w, "%-34s %s; resident %d MB (at most %d)\n", "", l.latency(), now/1e6, most/1e6)
		known += int(n.Load())
		if err := b.drained(ctx); err != nil {
			return err
		}
		fmt.Fprintf(w, "%-34s backlog worked %.1f s after the last answer\n", "", time.Since(began.Add(took)).Seconds())
	}
	if o.Sustain > 0 {
		if err := l.sustain(ctx, w, max(known, 1)); err != nil {
			return err
		}
	}
	return b.stop()
}

// upTo counts to n in steps.
func upTo(n, step int) func() (int, int, bool) {
	var at atomic.Int64
	return func() (int, int, bool) {
		end := int(at.Add(int64(step)))
		first := end - step
		return first, min(step, n-first), first < n
	}
}

// Of the listings of a sustained run, in percent; the rest is sent again unchanged.
const (
	sustainNew     = 5
	sustainChanged = 20
	sustainCounted = 15
)

// sustain sends at a fixed rate and watches the backlog.
func (l *load) sustain(ctx context.Context, w io.Writer, known int) error {
	o := l.o
	o.Progress(fmt.Sprintf("%s listings a second for %s", Thousands(int64(o.Rate)), o.Sustain))
	l.took = l.took[:0]
	before, err := l.b.ingest(ctx)
	if err != nil {
		return err
	}
	began, acked := time.Now(), l.acked.Load()
	var n atomic.Int64
	next := func() (int, int, bool) {
		first := int(n.Add(int64(o.Body))) - o.Body
		due := began.Add(time.Duration(float64(first) / float64(o.Rate) * float64(time.Second)))
		if due.Sub(began) >= o.Sustain {
			return 0, 0, false
		}
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
		}
		return first, o.Body, ctx.Err() == nil
	}
	// Which offers come again is spread over all that are known; numbers 100 apart are
	// of one kind.
	write := func(dst []byte, i int) []byte {
		kind, offer := i%100, int(uint64(i)*2_654_435_761%uint64(known))
		t := &l.list[offer%templates]
		switch {
		case kind < sustainNew:
			return l.list[i%templates].append(dst, known+i, 0, 0)
		case kind < sustainNew+sustainChanged:
			return t.append(dst, offer, i+1, 0)
		case kind < sustainNew+sustainChanged+sustainCounted:
			return t.append(dst, offer, 0, i+1)
		}
		return t.append(dst, offer, 0, 0)
	}
	sampling, stop := context.WithCancel(ctx)
	defer stop()
	samples := make(chan []ingestProgress, 1)
	go func() {
		var list []ingestProgress
		tick := time.NewTicker(o.Sustain / 20)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if p, err := l.b.ingest(sampling); err == nil {
					list = append(list, p)
				}
			case <-sampling.Done():
				samples <- list
				return
			}
		}
	}()
	if err := l.run(ctx, next, write); err != nil {
		return err
	}
	took := time.Since(began)
	stop()
	list := <-samples
	at, err := l.b.ingest(ctx)
	if err != nil {
		return err
	}
	now, most := l.b.resident()
	fmt.Fprintf(w, "%-34s %.0f acknowledged and %.0f committed a second for %.0f s, %s offers seen before; %d %% new, %d %% changed, %d %% counted anew, the rest unchanged\n", "sustained",
		float64(l.acked.Load()-acked)/took.Seconds(), float64(at.committed-before.committed)/took.Seconds(), took.Seconds(), Thousands(int64(known)),
		sustainNew, sustainChanged, sustainCounted)
	var backlog []string
	for _, p := range list {
		backlog = append(backlog, strconv.FormatInt(p.backlog, 10))
	}
	fmt.Fprintf(w, "%-34s %s; resident %d MB (at most %d)\n", "", l.latency(), now/1e6, most/1e6)
	fmt.Fprintf(w, "%-34s %s\n", "backlog in envelopes, over time", strings.Join(backlog, " "))
	return nil
}

func (l *load) latency() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("a request took %s, %d refused", percentiles(l.took), l.refused.Load())
}

func percentiles(took []time.Duration) string {
	if len(took) == 0 {
		return "–"
	}
	sorted := slices.Sorted(slices.Values(took))
	at := func(p float64) string {
		return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))].Round(10 * time.Microsecond).String()
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s, at most %s", at(.5), at(.9), at(.99), at(.999), sorted[len(sorted)-1].Round(10*time.Microsecond))
}

// BenchGate measures how long the gate takes for one listing, at a fixed rate of
// requests. What counts is the time from when a request was due, not from when a
// late client sent it.
func BenchGate(ctx context.Context, w io.Writer, o BenchServerOptions) error {
	b, world, err := o.startServer(ctx)
	if err != nil {
		return err
	}
	defer b.process.Process.Kill()
	l := &load{o: &o, b: b, list: makeTemplates(world)}
	if o.Seen > 0 {
		o.Progress(fmt.Sprintf("feeding %s offers", Thousands(int64(o.Seen))))
		feeding := o
		feeding.Clients = min(o.Clients, feedClients)
		l.o = &feeding
		if err := l.run(ctx, upTo(o.Seen, o.Body), func(dst []byte, i int) []byte { return l.list[i%templates].append(dst, i, 0, 0) }); err != nil {
			return err
		}
		if err := b.drained(ctx); err != nil {
			return err
		}
	}
	o.Progress(fmt.Sprintf("%s requests a second for %s", Thousands(int64(o.Rate)), o.Sustain))
	type result struct {
		took []time.Duration
		err  error
	}
	var n atomic.Int64
	began := time.Now().Add(100 * time.Millisecond)
	results := make(chan result, o.Clients)
	for range o.Clients {
		go func() {
			var r result
			var body []byte
			for {
				i := int(n.Add(1)) - 1
				due := began.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
				if due.Sub(began) >= o.Sustain || ctx.Err() != nil {
					break
				}
				time.Sleep(time.Until(due))
				body = l.list[i%templates].append(body[:0], i%max(1, 2*o.Seen), i%2, 0)
				if _, r.err = b.do(ctx, http.MethodPost, "/v1/screen", http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(body), nil); r.err != nil {
					break
				}
				r.took = append(r.took, time.Since(due))
			}
			results <- r
		}()
	}
	var took []time.Duration
	for range o.Clients {
		r := <-results
		took, err = append(took, r.took...), errors.Join(err, r.err)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	now, most := b.resident()
	writeMachine(w)
	fmt.Fprintf(w, "data     invented listings; %s marks, %s products; %s offers seen before\n", Thousands(int64(o.Marks)), Thousands(int64(o.Products)), Thousands(int64(o.Seen)))
	fmt.Fprintf(w, "command  assay serve %s, a process of its own; POST /v1/screen with one listing, %s requests a second on %d connections from this process on the same machine\n", strings.Join(o.Serve, " "), Thousands(int64(o.Rate)), o.Clients)
	fmt.Fprintf(w, "%-34s %s\n", fmt.Sprintf("%s requests, from when due", Thousands(int64(len(took)))), percentiles(took))
	fmt.Fprintf(w, "%-34s %d MB (at most %d)\n", "resident", now/1e6, most/1e6)
	return b.stop()
}

const feedClients = 4
