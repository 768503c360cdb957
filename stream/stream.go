// Package stream is the durable log of envelopes: NATS JetStream, embedded by
// default, or an outside NATS by its address. There is one stream a partition, in
// files, without an age limit. A stream that is full refuses what is new and drops
// nothing; the application trims what it has committed.
//
// The log keeps no position of a consumer. How far a partition has been worked
// stands in the store, in the same transaction as the work, and a Reader starts
// behind it.
package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"assay"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// DefaultPrefix starts the names of streams and subjects.
	DefaultPrefix = "ASSAY"
	// DefaultMaxBytes bounds a partition's stream: some hours of work at full speed.
	DefaultMaxBytes = 8 << 30
	// MaxPartitions bounds the number of streams.
	MaxPartitions = 64
	// MaxData is the most that one envelope may have, whatever an outside server
	// allows: what a reader fetches ahead is bounded by it.
	MaxData = 1 << 20

	// dedupeWindow is how long the server remembers the ids of appends. After a
	// restart it reads that much of the stream again, so it is not longer than
	// settling an append needs.
	dedupeWindow = 2 * time.Minute
	// settleWithin is how long an append of uncertain outcome is repeated. It stays
	// below dedupeWindow: later, a repeat could be stored twice.
	settleWithin = 100 * time.Second
	// answerWithin is how long one request waits for its answer before it is
	// repeated. A server that disconnects is noticed without it.
	answerWithin = 3 * time.Second

	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

// Options of a Log. Partitions and one of URL and Dir are needed.
type Options struct {
	// URL of an outside server, several separated by commas. It may hold user and
	// password. The servers must run with "sync_interval: always" (jetstream), else
	// an acknowledged envelope may be lost with their power. One more case stays with
	// a single outside server: killed before a sync, it takes what the kernel still
	// has for stored and confirms a repeat of it, so that a loss of power within the
	// next seconds loses an acknowledged envelope. Three replicas close it, and so
	// does the embedded server. Empty: embedded.
	URL string
	// Credentials is the file with the user's JWT and key for an outside server.
	Credentials string
	// Dir holds the embedded server's files. One process at a time has it.
	Dir string
	// Prefix of stream and subject names (letters, digits, "-", "_"), so that
	// several installations share one NATS. Default DefaultPrefix.
	Prefix string
	// Partitions is the number of streams, 1 to MaxPartitions.
	Partitions int
	// MaxBytes of each partition's stream. Default DefaultMaxBytes.
	MaxBytes int64
	// Replicas of each stream on an outside cluster: 1 (default) or 3.
	Replicas int
	// NoSync makes the embedded server acknowledge before the disk has it. It is
	// there for the test that shows that syncing matters.
	NoSync bool
	// Logger gets the embedded server's warnings and what happens to the
	// connection. Default: none.
	Logger *slog.Logger
}

func (o *Options) check() error {
	switch {
	case (o.URL == "") == (o.Dir == ""):
		return errors.New("the log needs either an address or a folder")
	case o.Partitions < 1 || o.Partitions > MaxPartitions:
		return fmt.Errorf("the number of partitions must be 1 to %d, not %d", MaxPartitions, o.Partitions)
	case o.MaxBytes < 0:
		return errors.New("the size of a partition must be positive")
	case o.Replicas != 0 && o.Replicas != 1 && o.Replicas != 3:
		return fmt.Errorf("the number of replicas must be 1 or 3, not %d", o.Replicas)
	case o.URL == "" && o.Replicas > 1:
		return errors.New("the embedded log has no replicas")
	case o.NoSync && o.URL != "":
		return errors.New("whether an outside server syncs is its own setting")
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if !isName(o.Prefix) {
		return fmt.Errorf("the prefix %q must be letters, digits, - and _", o.Prefix)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	for part := range strings.SplitSeq(o.URL, ",") {
		if _, err := url.Parse(strings.TrimSpace(part)); err != nil {
			return errors.New("the address of the NATS server cannot be read") // the cause would quote a password
		}
	}
	return nil
}

// isName reports whether s may be part of a stream's name and of a subject.
func isName(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// Log is the log of every partition. Its methods may be called from any goroutine.
type Log struct {
	opts     Options
	embedded *embedded // nil with an outside server
	nc       *nats.Conn
	js       jetstream.JetStream

	mu       sync.Mutex
	epoch    context.Context // ends when the connection is lost; a new one follows
	endEpoch context.CancelFunc
	ensured  [MaxPartitions]bool
}

// Open starts the embedded server or connects to the outside one. With an outside
// server it tries until ctx ends, and then says Unavailable. A Dir that another
// process has is Conflict; one without room is Full.
func Open(ctx context.Context, opts Options) (*Log, error) {
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	l := &Log{opts: opts}
	l.epoch, l.endEpoch = context.WithCancel(context.Background())
	if opts.URL == "" {
		var err error
		if l.embedded, err = openEmbedded(opts); err != nil {
			return nil, err
		}
	}
	if err := l.connect(ctx); err != nil {
		if l.embedded != nil {
			l.embedded.close()
		}
		return nil, err
	}
	return l, nil
}

func (l *Log) connect(ctx context.Context) error {
	options := []nats.Option{
		nats.Name("assay"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.ReconnectBufSize(-1), // an append is repeated here, not kept there
		nats.IgnoreAuthErrorAbort(),
		nats.Timeout(answerWithin),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			l.mu.Lock()
			l.endEpoch()
			l.epoch, l.endEpoch = context.WithCancel(context.Background())
			l.mu.Unlock()
			if err != nil {
				l.opts.Logger.Warn("the connection to the log was lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { l.opts.Logger.Info("the connection to the log is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.opts.Logger.Warn("the connection to the log had an error", "error", err)
		}),
	}
	if l.opts.Credentials != "" {
		if _, err := os.Stat(l.opts.Credentials); err != nil {
			return fmt.Errorf("opening the log: %w", err)
		}
		options = append(options, nats.UserCredentials(l.opts.Credentials))
	}
	address := l.opts.URL
	if l.embedded != nil {
		address = nats.DefaultURL // unused
		options = append(options, nats.InProcessServer(l.embedded))
	}
	for try := 0; ; try++ {
		nc, err := nats.Connect(address, options...)
		if err == nil {
			l.nc = nc
			break
		}
		if !pause(ctx, try) {
			return unavailable("connecting", err)
		}
	}
	var err error
	l.js, err = jetstream.New(l.nc, jetstream.WithDefaultTimeout(answerWithin))
	if err != nil {
		l.nc.Close()
		return fmt.Errorf("opening the log: %w", err)
	}
	return nil
}

// Close ends every Reader and listener, and stops the embedded server. What was
// acknowledged is durable already; what is in flight stays uncertain.
func (l *Log) Close() error {
	l.nc.Close()
	l.mu.Lock()
	l.endEpoch()
	l.mu.Unlock()
	if l.embedded != nil {
		return l.embedded.close()
	}
	return nil
}

// Healthy says whether the log takes and gives envelopes now: nil when JetStream is
// enabled and every stream that Ensure was called for answers. The codes are those
// of Append.
func (l *Log) Healthy(ctx context.Context) error {
	if err := l.down(); err != nil {
		return err
	}
	ctx, cancel := l.within(ctx, answerWithin)
	defer cancel()
	if _, err := l.js.AccountInfo(ctx); err != nil {
		return unavailable("asking for the state of JetStream", err)
	}
	for p := range l.opts.Partitions {
		l.mu.Lock()
		ensured := l.ensured[p]
		l.mu.Unlock()
		if !ensured {
			continue
		}
		if _, err := l.State(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// down returns why the embedded server is not running, nil when it is.
func (l *Log) down() error {
	if l.embedded == nil {
		return nil
	}
	return l.embedded.fault()
}

// within returns a context for one exchange with the server: it ends after d, and
// at once when the connection is lost, because no answer will come over it.
func (l *Log) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	l.mu.Lock()
	epoch := l.epoch
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(epoch, cancel)
	return ctx, func() { stop(); cancel() }
}

// pause waits longer the more tries there were. It reports whether ctx goes on.
func pause(ctx context.Context, try int) bool {
	t := time.NewTimer(min(firstPause<<min(try, 10), lastPause))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func (l *Log) checkPartition(p int) error {
	if p < 0 || p >= l.opts.Partitions {
		return fmt.Errorf("the log has partitions 0 to %d, not %d", l.opts.Partitions-1, p)
	}
	return nil
}

func (l *Log) streamName(p int) string { return fmt.Sprintf("%s_%d", l.opts.Prefix, p) }

func (l *Log) subject(p int) string { return fmt.Sprintf("%s.envelopes.%d", l.opts.Prefix, p) }

func unavailable(doing string, cause error) error {
	return &assay.Error{
		Code:    assay.Unavailable,
		Message: "the log of listings cannot be reached; try again later",
		Err:     fmt.Errorf("%s: %w", doing, cause),
	}
}

func full(cause error) error {
	return &assay.Error{
		Code:    assay.Full,
		Message: "the log of listings has no room left on its disk",
		Err:     cause,
	}
}
