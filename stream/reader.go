package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// prefetchMessages and prefetchBytes bound what a reader holds that was not asked
	// for yet.
	prefetchMessages = 64
	prefetchBytes    = 8 << 20

	// heartbeat is how often a server with nothing to send says so. After two missed
	// ones the reader asks again.
	heartbeat = time.Second
	// forgetReaderAfter is when the server forgets a reader that went away.
	forgetReaderAfter = time.Minute
	askFor            = 30 * time.Second
)

// Envelope is one message of the log. Data belongs to whoever got it.
type Envelope struct {
	Seq  uint64
	At   time.Time // when the server stored it
	Data []byte
}

// GapError says that envelopes which a reader should have returned are gone: the
// stream was trimmed beyond the reader, or damaged. The reader does not pass over
// them by itself.
type GapError struct {
	Partition  int
	From, Upto uint64 // the missing sequences, both inclusive
}

// Gap returns the missing sequences, both inclusive.
func (e *GapError) Gap() (from, upto uint64) { return e.From, e.Upto }

func (e *GapError) Error() string {
	return fmt.Sprintf("partition %d of the log has lost the envelopes %d to %d", e.Partition, e.From, e.Upto)
}

// ErrClosed is the error of a reader or log that was closed.
var ErrClosed = errors.New("the log's reader is closed")

// Reader returns a partition's envelopes in the order of their sequences, each once
// and without a gap, through lost connections and restarts of the server. It is for
// one goroutine, but for Close.
type Reader struct {
	log       *Log
	partition int
	last      uint64 // sequence of the envelope that was returned last
	gap       uint64 // sequence behind a gap that was seen, 0 for none

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	once   sync.Once

	consumer jetstream.Consumer // nil: to be made
	epoch    context.Context    // of the connection on which batch was asked for
	batch    jetstream.MessageBatch
	messages <-chan jetstream.Msg // of batch; nil: to be asked for
	stop     context.CancelFunc   // ends batch
}

// Reader returns a reader that starts behind the sequence after. It holds nothing
// on the server until it is asked for an envelope.
func (l *Log) Reader(partition int, after uint64) *Reader {
	r := &Reader{log: l, partition: partition, last: after}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Next returns the next envelope and waits for it until ctx ends; then it returns
// ctx's error and may be called again. While the server is away or out of room,
// Next waits.
//
// Other errors: a *GapError; NotFound when the partition has no stream, which
// Ensure mends; ErrClosed.
func (r *Reader) Next(ctx context.Context) (Envelope, error) {
	if err := r.log.checkPartition(r.partition); err != nil {
		return Envelope{}, err
	}
	for try := 0; ; {
		if err := r.ended(ctx); err != nil {
			return Envelope{}, err
		}
		if r.messages == nil {
			if err := r.ask(ctx); err != nil {
				if err := r.ended(ctx); err != nil {
					return Envelope{}, err
				}
				if errors.Is(err, jetstream.ErrStreamNotFound) {
					return Envelope{}, r.log.failed("reading", err)
				}
				if try++; !pause(ctx, try) {
					return Envelope{}, ctx.Err()
				}
				continue
			}
		}
		select {
		case m, open := <-r.messages:
			if !open {
				// A batch that ended in order leaves the consumer as it is.
				if err := r.batch.Error(); err != nil {
					r.drop()
					if try++; !pause(ctx, try) {
						return Envelope{}, ctx.Err()
					}
				}
				r.endBatch()
				continue
			}
			e, ok, err := r.take(m)
			if ok || err != nil {
				return e, err
			}
		case <-r.epoch.Done():
			r.drop()
		case <-ctx.Done():
			return Envelope{}, ctx.Err()
		case <-r.ctx.Done():
			return Envelope{}, ErrClosed
		}
	}
}

// TryNext returns the next envelope if it is here already, so that several are
// worked in one transaction. It never waits; false says nothing about the log.
func (r *Reader) TryNext() (Envelope, bool) {
	for r.messages != nil {
		select {
		case m, open := <-r.messages:
			if !open {
				return Envelope{}, false
			}
			if e, ok := r.sequel(m); ok {
				return e, true
			}
			if r.messages == nil {
				return Envelope{}, false
			}
		default:
			return Envelope{}, false
		}
	}
	return Envelope{}, false
}

// Close ends the reader. A Next that waits returns ErrClosed.
func (r *Reader) Close() { r.once.Do(r.cancel) }

func (r *Reader) ended(ctx context.Context) error {
	if r.ctx.Err() != nil || r.log.nc.IsClosed() {
		r.drop()
		return ErrClosed
	}
	return ctx.Err()
}

// take returns the message as an envelope if it is the next one. A gap that a fresh
// consumer shows again is real.
func (r *Reader) take(m jetstream.Msg) (Envelope, bool, error) {
	before := r.gap
	e, ok := r.sequel(m)
	if !ok && before != 0 && before == r.gap && r.messages == nil {
		return Envelope{}, false, &GapError{Partition: r.partition, From: r.last + 1, Upto: r.gap - 1}
	}
	return e, ok, nil
}

// sequel returns the message as an envelope if its sequence is the next one. It
// passes over repeats, and drops the consumer when messages are missing.
func (r *Reader) sequel(m jetstream.Msg) (Envelope, bool) {
	meta, err := m.Metadata()
	if err != nil { // not a message of a consumer
		r.gap = 0
		r.drop()
		return Envelope{}, false
	}
	seq := meta.Sequence.Stream
	switch {
	case seq <= r.last:
		return Envelope{}, false
	case seq > r.last+1:
		r.gap = seq
		r.drop()
		return Envelope{}, false
	}
	r.last, r.gap = seq, 0
	return Envelope{Seq: seq, At: meta.Timestamp, Data: m.Data()}, true
}

// ask asks the server for the next batch, making the consumer first if there is
// none.
func (r *Reader) ask(ctx context.Context) error {
	l := r.log
	l.mu.Lock()
	epoch := l.epoch
	l.mu.Unlock()
	if !l.nc.IsConnected() {
		r.drop()
		return nats.ErrConnectionClosed
	}
	if epoch != r.epoch {
		r.drop()
		r.epoch = epoch
	}
	if r.consumer == nil {
		ctx, cancel := l.within(ctx, answerWithin)
		defer cancel()
		stop := context.AfterFunc(r.ctx, cancel)
		defer stop()
		c, err := l.js.CreateConsumer(ctx, l.streamName(r.partition), jetstream.ConsumerConfig{
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       r.last + 1,
			AckPolicy:         jetstream.AckNonePolicy,
			InactiveThreshold: forgetReaderAfter,
			MemoryStorage:     true,
			Replicas:          1,
		})
		if err != nil {
			return err
		}
		r.consumer = c
	}
	ctx, cancel := context.WithTimeout(r.ctx, askFor)
	batch, err := r.consumer.Fetch(prefetchMessages, jetstream.FetchMaxBytes(prefetchBytes),
		jetstream.FetchHeartbeat(heartbeat), jetstream.FetchContext(ctx))
	if err != nil {
		cancel()
		r.drop()
		return err
	}
	r.batch, r.messages, r.stop = batch, batch.Messages(), cancel
	return nil
}

func (r *Reader) endBatch() {
	if r.stop != nil {
		r.stop()
	}
	r.batch, r.messages, r.stop = nil, nil, nil
}

// drop forgets the consumer, which the server does too after a while. The next one
// starts behind the last envelope that was returned.
func (r *Reader) drop() {
	r.endBatch()
	r.consumer = nil
}
