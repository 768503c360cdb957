package stream

import (
	"context"
	"errors"
	"fmt"

	"assay"

	"github.com/nats-io/nats.go/jetstream"
)

// State of a partition's stream. First is the sequence of the oldest envelope that
// is kept and Last that of the newest one ever appended; First is Last+1 when none
// is kept.
type State struct {
	First, Last uint64
	Bytes       uint64
	Messages    uint64
}

// State returns what a partition's stream holds. NotFound: the stream does not
// exist, Ensure makes it.
func (l *Log) State(ctx context.Context, partition int) (State, error) {
	if err := l.checkPartition(partition); err != nil {
		return State{}, err
	}
	info, err := l.info(ctx, partition)
	if err != nil {
		return State{}, l.failed("reading the state of a partition", err)
	}
	return state(info), nil
}

func state(info *jetstream.StreamInfo) State {
	s := State{First: info.State.FirstSeq, Last: info.State.LastSeq, Bytes: info.State.Bytes, Messages: info.State.Msgs}
	if s.Messages == 0 {
		s.First = s.Last + 1
	}
	return s
}

func (l *Log) info(ctx context.Context, partition int) (*jetstream.StreamInfo, error) {
	ctx, cancel := l.within(ctx, answerWithin)
	defer cancel()
	s, err := l.js.Stream(ctx, l.streamName(partition))
	if err != nil {
		return nil, err
	}
	return s.CachedInfo(), nil
}

// failed gives an error of the server the code that its caller can act on.
func (l *Log) failed(doing string, err error) error {
	if down := l.down(); down != nil {
		return down
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return &assay.Error{Code: assay.NotFound, Message: "the partition has no stream yet", Err: fmt.Errorf("%s: %w", doing, err)}
	}
	if final := refusal(err); final != nil {
		return final
	}
	return unavailable(doing, err)
}

// Ensure makes a partition's stream, or brings the limits of the one that exists to
// the log's options. first is the sequence after the last one that the store has
// committed, at least 1.
//
// A new stream starts at first, so that work goes on behind what is committed even
// if the stream's files were lost. A stream whose last sequence is below first-1
// has lost its end: all that it holds is at or below the committed sequence and
// would never be read, and what it took next would be passed over as done. Its
// envelopes are purged and its next sequence is set to first. Nothing above first-1
// is ever removed, and a stream that is further than that keeps everything.
//
// Ensure may be called again at any time by any process. It repeats what has no
// answer until ctx ends. Codes: Full, Unavailable.
func (l *Log) Ensure(ctx context.Context, partition int, first uint64) error {
	if err := l.checkPartition(partition); err != nil {
		return err
	}
	first = max(first, 1)
	for try := 0; ; try++ {
		err := l.ensure(ctx, partition, first)
		if err == nil {
			l.mu.Lock()
			l.ensured[partition] = true
			l.mu.Unlock()
			return nil
		}
		if code := assay.CodeOf(err); code == assay.Full || code == assay.Internal {
			return err
		}
		if l.nc.IsClosed() || !pause(ctx, try) {
			return err
		}
	}
}

func (l *Log) ensure(ctx context.Context, partition int, first uint64) error {
	ctx, cancel := l.within(ctx, 3*answerWithin)
	defer cancel()
	want := jetstream.StreamConfig{
		Name:        l.streamName(partition),
		Description: "envelopes of listings",
		Subjects:    []string{l.subject(partition)},
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		Storage:     jetstream.FileStorage,
		MaxBytes:    l.opts.MaxBytes,
		Replicas:    l.opts.Replicas,
		Duplicates:  dedupeWindow,
		FirstSeq:    first,
	}
	info, err := l.info(ctx, partition)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = l.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return unavailable("making a stream", err) // another process was first: look again
		}
		if err != nil {
			return l.failed("making a stream", err)
		}
		return l.syncDirs()
	}
	if err != nil {
		return l.failed("looking for a stream", err)
	}
	have := info.Config
	if have.Retention != want.Retention || have.Storage != want.Storage {
		return fmt.Errorf("the stream %s was made by something else: it has another retention or storage", want.Name)
	}
	if have.MaxBytes != want.MaxBytes || have.Replicas != want.Replicas || have.Discard != want.Discard ||
		have.Duplicates != want.Duplicates {
		have.MaxBytes, have.Replicas, have.Discard, have.Duplicates = want.MaxBytes, want.Replicas, want.Discard, want.Duplicates
		if _, err := l.js.UpdateStream(ctx, have); err != nil {
			return l.failed("changing a stream", err)
		}
	}
	if info.State.LastSeq+1 >= first {
		return nil
	}
	return l.purge(ctx, partition, first)
}

// Trim removes the envelopes up to and including a sequence. The newest envelope
// always stays: with it in place, what JetStream rewrites on disk never leaves a
// moment in which a crash could lose the stream's sequence. A trim may be undone by
// a loss of power; it is repeated by the next one.
func (l *Log) Trim(ctx context.Context, partition int, upTo uint64) error {
	if err := l.checkPartition(partition); err != nil {
		return err
	}
	info, err := l.info(ctx, partition)
	if err != nil {
		return l.failed("trimming", err)
	}
	if info.State.Msgs == 0 {
		return nil
	}
	from := min(upTo, info.State.LastSeq-1) + 1 // last is at least 1: there is a message
	if from <= info.State.FirstSeq {
		return nil
	}
	return l.purge(ctx, partition, from)
}

// purge makes from the first sequence of a stream, even when the stream has not got
// that far.
func (l *Log) purge(ctx context.Context, partition int, from uint64) error {
	ctx, cancel := l.within(ctx, 3*answerWithin)
	defer cancel()
	s, err := l.js.Stream(ctx, l.streamName(partition))
	if err == nil {
		err = s.Purge(ctx, jetstream.WithPurgeSequence(from))
	}
	if err != nil {
		return l.failed("trimming", err)
	}
	return nil
}
