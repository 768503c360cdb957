package stream_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"assay"
	"assay/stream"
	"assay/stream/streamtest"

	"github.com/nats-io/nats-server/v2/server"
)

// load appends to partition 0 and reads it at the same time, until it is told to
// finish. Then every append must have been read, once and in order.
type load struct {
	step   chan struct{} // one for each envelope that was read
	finish chan struct{}
	done   chan error
}

func startLoad(ctx context.Context, log *stream.Log) *load {
	l := &load{step: make(chan struct{}, 1<<20), finish: make(chan struct{}), done: make(chan error, 2)}
	total := make(chan int64, 1)
	go func() {
		padding := strings.Repeat("x", 10_000)
		for i := int64(1); ; i++ {
			select {
			case <-l.finish:
				total <- i - 1
				l.done <- nil
				return
			default:
			}
			id := fmt.Sprint(i)
			seq, err := log.Append(ctx, 0, id, []byte(id+" "+padding))
			if err != nil || seq != uint64(i) {
				total <- i - 1
				l.done <- fmt.Errorf("append %d has the sequence %d: %w (%w)", i, seq, err, cause(err))
				return
			}
		}
	}()
	go func() {
		r := log.Reader(0, 0)
		defer r.Close()
		end := int64(-1)
		for i := int64(1); i != end+1; {
			if end < 0 {
				select {
				case end = <-total:
					continue
				default:
				}
			}
			e, ok := r.TryNext()
			if !ok {
				one, cancel := context.WithTimeout(ctx, patience/600)
				var err error
				e, err = r.Next(one)
				ended := one.Err() != nil && ctx.Err() == nil
				cancel()
				if err != nil && ended {
					continue // look whether there is an end now
				}
				if err != nil {
					l.done <- fmt.Errorf("reading envelope %d: %w", i, err)
					return
				}
			}
			if id, _, _ := strings.Cut(string(e.Data), " "); e.Seq != uint64(i) || id != fmt.Sprint(i) {
				l.done <- fmt.Errorf("in place of envelope %d there is %d with the id %s", i, e.Seq, id)
				return
			}
			i++
			l.step <- struct{}{}
		}
		l.done <- nil
	}()
	return l
}

// read waits until so many more envelopes were read.
func (l *load) read(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-l.step:
		case err := <-l.done:
			t.Fatalf("the load ended: %v", err)
		}
	}
}

func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.finish)
	for range 2 {
		if err := <-l.done; err != nil {
			t.Error(err)
		}
	}
}

func TestAnOutsideServerThatIsKilledUnderLoadLosesAndDoublesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	dir, port := t.TempDir(), streamtest.FreePort(t)
	start := func() *helper {
		h := startHelper(t, "serve", dir, port)
		if !h.lines.Scan() {
			t.Fatal("the server did not start")
		}
		return h
	}
	h := start()
	log := open(t, stream.Options{URL: fmt.Sprintf("nats://127.0.0.1:%d", port)})
	ensured(t, log, 0, 1)
	l := startLoad(ctx, log)
	for range 3 {
		l.read(t, 100)
		h.kill()
		h = start()
	}
	l.read(t, 100)
	l.end(t)
}

func TestAServerThatIsAwayMakesAppendUnavailableOnceTheContextEnds(t *testing.T) {
	s := streamtest.Server(t)
	log := open(t, stream.Options{URL: s.URL})
	ensured(t, log, 0, 1)
	s.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience/100)
	defer cancel()
	if _, err := log.Append(ctx, 0, "a", []byte("a")); assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("got %v", err)
	}
	s.Start()
	appended(t, log, 0, "a", "a")
}

func TestAClusterWithThreeReplicasLosesNothingWhenItsLeaderGoesUnderLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var (
		opts   [3]server.Options
		nodes  [3]*server.Server
		urls   []string
		routes []*url.URL
	)
	for i := range opts {
		opts[i] = streamtest.Options(t.TempDir(), streamtest.FreePort(t))
		opts[i].Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: streamtest.FreePort(t)}
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", opts[i].Port))
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", opts[i].Cluster.Port)})
	}
	start := func(i int) {
		t.Helper()
		o := opts[i]
		o.Routes = routes
		srv, err := streamtest.Run(&o)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = srv
	}
	for i := range nodes {
		start(i)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.Shutdown()
			n.WaitForShutdown()
		}
	})
	log := open(t, stream.Options{URL: strings.Join(urls, ","), Replicas: 3})
	ensured(t, log, 0, 1)
	l := startLoad(ctx, log)
	for range 2 {
		l.read(t, 100)
		leader := -1
		for leader < 0 && ctx.Err() == nil {
			for i, n := range nodes {
				if n.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream.DefaultPrefix+"_0") {
					leader = i
				}
			}
		}
		if leader < 0 {
			t.Fatal("the stream has no leader")
		}
		nodes[leader].Shutdown()
		nodes[leader].WaitForShutdown()
		l.read(t, 100)
		start(leader)
	}
	l.read(t, 100)
	l.end(t)
}
