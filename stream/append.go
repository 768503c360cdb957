package stream

import (
	"context"
	"errors"
	"fmt"

	"assay"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Codes of JetStream's answers that the client has no names for.
const (
	codeAccountResources      jetstream.ErrorCode = 10002
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeStorageResources      jetstream.ErrorCode = 10047
	codeStoreFailed           jetstream.ErrorCode = 10077 // the stream's own limit
)

// maxIDBytes bounds the id of an append, which is kept with the envelope.
const maxIDBytes = 256

// Append adds an envelope to a partition and returns its sequence. When it returns
// nil the envelope is durable: the server has synced it to its disk (with three
// replicas, two of the three have). The caller must not change data before that.
//
// The id makes repeats one append: within two minutes, an append with the same id
// in the same partition stores nothing and returns the first one's sequence. Append
// itself repeats what has no answer (a timeout, a lost connection, a server that
// restarts, a change of leader) until ctx ends, at most for settleWithin. An error
// leaves open whether the envelope was stored, unless its code is Busy or TooLarge.
//
// Two appends to a partition that overlap may be stored in either order.
//
// Codes: Busy when the partition is at its MaxBytes, until it is trimmed; Full when
// the server has no room on its disk; Unavailable when it could not be reached;
// TooLarge for an envelope above MaxData or what the server takes.
func (l *Log) Append(ctx context.Context, partition int, id string, data []byte) (seq uint64, err error) {
	if err := l.checkPartition(partition); err != nil {
		return 0, err
	}
	if id == "" || len(id) > maxIDBytes {
		return 0, fmt.Errorf("the id of an append must have 1 to %d bytes, not %d", maxIDBytes, len(id))
	}
	if len(data) > MaxData {
		return 0, tooLarge(nil)
	}
	msg := &nats.Msg{
		Subject: l.subject(partition),
		Header:  nats.Header{jetstream.MsgIDHeader: []string{id}},
		Data:    data,
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for try := 0; ; try++ {
		if err := l.down(); assay.CodeOf(err) == assay.Full {
			return 0, err
		}
		seq, err := l.publish(ctx, msg)
		if err == nil {
			return seq, nil
		}
		if final := refusal(err); final != nil {
			return 0, final
		}
		if l.nc.IsClosed() || !pause(ctx, try) {
			return 0, unavailable("appending", errors.Join(err, context.Cause(ctx)))
		}
	}
}

func (l *Log) publish(ctx context.Context, msg *nats.Msg) (uint64, error) {
	ctx, cancel := l.within(ctx, answerWithin)
	defer cancel()
	ack, err := l.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// refusal returns the error for an answer that a repeat would not change, nil for
// one that it may.
func refusal(err error) error {
	if errors.Is(err, nats.ErrMaxPayload) {
		return tooLarge(err)
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch api.ErrorCode {
	case codeStoreFailed:
		return &assay.Error{
			Code:    assay.Busy,
			Message: "the log holds as much unfinished work as it may; try again later",
			Err:     err,
		}
	case codeAccountResources, codeInsufficientResources, codeStorageResources:
		return full(err)
	case jetstream.JSErrCodeStreamMessageExceedsMaximum:
		return tooLarge(err)
	}
	return nil
}

func tooLarge(cause error) error {
	return &assay.Error{
		Code:    assay.TooLarge,
		Message: fmt.Sprintf("an envelope of the log has at most %d bytes", MaxData),
		Err:     cause,
	}
}
