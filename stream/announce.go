package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Announce tells every process that listens to the topic now that something
// changed. Nothing is kept and nobody confirms: whoever needs to know for certain
// looks from time to time as well.
func (l *Log) Announce(ctx context.Context, topic string) error {
	subject, err := l.topic(topic)
	if err != nil {
		return err
	}
	ctx, cancel := l.within(ctx, answerWithin)
	defer cancel()
	if err := l.nc.Publish(subject, nil); err != nil {
		return unavailable("announcing", err)
	}
	if err := l.nc.FlushWithContext(ctx); err != nil {
		return unavailable("announcing", err)
	}
	return nil
}

// Listen calls f for each announcement of the topic, its own process's too, one
// call at a time, until stop is called. f should return soon. It goes on after the
// connection was lost; what was announced meanwhile is missed.
func (l *Log) Listen(topic string, f func()) (stop func(), err error) {
	subject, err := l.topic(topic)
	if err != nil {
		return nil, err
	}
	sub, err := l.nc.Subscribe(subject, func(*nats.Msg) { f() })
	if err != nil {
		return nil, unavailable("listening", err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // fails only when the connection is closed, which ends it too
}

func (l *Log) topic(name string) (string, error) {
	if !isName(name) {
		return "", fmt.Errorf("the topic %q must be letters, digits, - and _", name)
	}
	return l.opts.Prefix + ".announce." + name, nil
}
