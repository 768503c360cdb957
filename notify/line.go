package notify

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"assay"
)

// line is what waits for one webhook, and how its receiver fares. Dispatcher.mu
// guards it.
type line struct {
	queue   []leased
	working bool // a goroutine works the queue

	failures    int       // attempts in a row without an answer
	silentSince time.Time // the first of them
	heldUntil   time.Time // nothing is sent before
	postponed   int       // deliveries put off to heldUntil, for their order
}

// leased is a delivery that belongs to this process until a time.
type leased struct {
	assay.Delivery
	until time.Time
}

// queue puts a delivery at the end of its webhook's line, and starts a goroutine for
// the line where none is at work. The caller holds d.mu.
func (d *Dispatcher) queue(ctx, attempts context.Context, l leased) {
	ln := d.lines[l.Webhook]
	if ln == nil {
		ln = &line{}
		d.lines[l.Webhook] = ln
	}
	if len(ln.queue) >= maxQueued {
		return
	}
	ln.queue = append(ln.queue, l)
	if !ln.working {
		ln.working = true
		d.running.Go(func() { d.work(ctx, attempts, l.Webhook, ln) })
	}
}

// work empties a line, one delivery after the other.
func (d *Dispatcher) work(ctx, attempts context.Context, webhook string, ln *line) {
	for {
		next, ok := d.next(ctx, webhook, ln)
		if !ok {
			return
		}
		if err := d.handle(ctx, attempts, ln, next); err != nil {
			// Without the store the rest would fare no better: it is taken again when
			// its leases end.
			d.o.Logger.Warn("webhook deliveries wait for the store", "webhook", webhook, "delivery", next.ID, "error", err)
			d.mu.Lock()
			ln.queue = nil
			d.mu.Unlock()
		}
	}
}

// next takes the first of a line, or ends the line's goroutine. A line with nothing to
// remember is forgotten.
func (d *Dispatcher) next(ctx context.Context, webhook string, ln *line) (leased, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(ln.queue) == 0 || ctx.Err() != nil {
		ln.queue, ln.working = nil, false
		if ln.failures == 0 {
			delete(d.lines, webhook)
		}
		return leased{}, false
	}
	first := ln.queue[0]
	ln.queue = ln.queue[1:]
	return first, true
}

// handle does with a delivery what its turn asks for. An error is the store's.
func (d *Dispatcher) handle(ctx, attempts context.Context, ln *line, l leased) error {
	now := d.o.Clock()
	if now.Add(recordTimeout).After(l.until) {
		return nil // its lease is over, or nearly
	}
	d.mu.Lock()
	held := ln.heldUntil.After(now)
	d.mu.Unlock()
	if held {
		return d.putOff(attempts, ln, l, now)
	}
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	defer func() { <-d.slots }()
	if d.o.Clock().Add(d.o.AttemptTimeout + recordTimeout).After(l.until) {
		return nil // it waited so long that another process might take it during the attempt
	}
	d.count(func(s *Stats) { s.InFlight++ })
	defer d.count(func(s *Stats) { s.InFlight-- })
	return d.attempt(attempts, ln, l.Delivery)
}

// putOff moves a delivery behind the time until which its receiver is left alone, in
// the order of the line. That is no attempt.
func (d *Dispatcher) putOff(ctx context.Context, ln *line, l leased, now time.Time) error {
	d.mu.Lock()
	silent := now.Sub(ln.silentSince)
	ln.postponed++
	l.NextAt = ln.heldUntil.Add(time.Duration(ln.postponed) * time.Millisecond)
	d.mu.Unlock()
	if silent >= giveUpAfter && now.Sub(l.CreatedAt) >= giveUpAfter {
		return d.fail(ctx, l.Delivery, "given up: the receiver has not answered for too long")
	}
	return d.record(ctx, l.Delivery)
}

// attempt sends one delivery. What it reads, it reads anew, so that a secret, an
// address or a right to see the event counts as it is now.
func (d *Dispatcher) attempt(attempts context.Context, ln *line, delivery assay.Delivery) error {
	ctx, cancel := context.WithTimeout(attempts, d.o.AttemptTimeout)
	defer cancel()
	hook, err := d.o.Store.Webhook(ctx, d.o.Scope, delivery.Webhook)
	switch {
	case assay.CodeOf(err) == assay.NotFound: // dropped, and its deliveries with it
		d.note(ln, http.StatusGone, d.o.Clock(), 0)
		return nil
	case err != nil:
		return err
	case !hook.Active:
		return d.fail(attempts, delivery, "the webhook is not active")
	}
	// In the receiver's scope, though fanning out looked already: that may have been a
	// day ago, and nobody is told what they do not see.
	receiver := assay.Scope{Organisation: hook.Organisation, Actor: d.o.Scope.Actor}
	event, err := d.o.Store.EventByID(ctx, receiver, delivery.Event)
	switch {
	case assay.CodeOf(err) == assay.NotFound:
		return d.fail(attempts, delivery, "the webhook's organisation does not see the event")
	case err != nil:
		return err
	}
	body, err := Body(event)
	if err != nil {
		d.o.Logger.Error("an event cannot be told", "event", event.ID, "error", err)
		return d.fail(attempts, delivery, "the event cannot be written as a message")
	}

	at := d.o.Clock()
	status, err := d.o.Poster.Post(ctx, hook.URL, http.Header{
		"Content-Type":  {"application/json"},
		HeaderID:        {event.ID},
		HeaderTimestamp: {strconv.FormatInt(at.Unix(), 10)},
		HeaderSignature: {Sign(hook.Secret, event.ID, at, body)},
	}, body)
	if err != nil && attempts.Err() != nil {
		return nil // cut by us: it does not count, and is sent again
	}
	delivery.Attempts++
	delivery.Status, delivery.Error = status, ""
	if err != nil {
		delivery.Status, delivery.Error = 0, explain(err)
	}
	return d.end(attempts, ln, hook, delivery)
}

// explain says why there was no answer, in words that may be shown: other errors than
// *assay.Error may quote the URL, which may hold a secret.
func explain(err error) string {
	if e, ok := errors.AsType[*assay.Error](err); ok {
		return e.Message
	}
	return "no answer"
}

// end records an attempt and what follows from it.
func (d *Dispatcher) end(ctx context.Context, ln *line, hook assay.Webhook, delivery assay.Delivery) error {
	now, jitter := d.o.Clock(), d.o.Jitter()
	heldUntil := d.note(ln, delivery.Status, now, jitter)
	switch status := delivery.Status; {
	case status >= 200 && status <= 299:
		delivery.State, delivery.NextAt, delivery.EndedAt = assay.DeliveryDelivered, time.Time{}, now
		err := d.record(ctx, delivery)
		if err == nil {
			d.count(func(s *Stats) { s.Delivered++ })
		}
		return err
	case status == http.StatusGone:
		if err := d.fail(ctx, delivery, ""); err != nil {
			return err
		}
		return d.stop(ctx, hook)
	}
	after, more := wait(delivery.Attempts, jitter)
	if !more {
		return d.fail(ctx, delivery, delivery.Error)
	}
	delivery.NextAt = now.Add(after)
	if delivery.NextAt.Before(heldUntil) {
		delivery.NextAt = heldUntil
	}
	err := d.record(ctx, delivery)
	if err == nil {
		d.count(func(s *Stats) { s.Retried++ })
	}
	return err
}

// note remembers how the receiver fares and returns until when it is left alone. One
// that does not answer, or asks for peace, is; one that answers that it cannot take
// this event costs little and may take the next.
func (d *Dispatcher) note(ln *line, status int, now time.Time, jitter float64) (heldUntil time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if status != 0 && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		ln.failures, ln.silentSince, ln.heldUntil, ln.postponed = 0, time.Time{}, time.Time{}, 0
		return time.Time{}
	}
	if ln.failures == 0 {
		ln.silentSince = now
	}
	ln.failures++
	ln.heldUntil, ln.postponed = now.Add(hold(ln.failures, jitter)), 0
	return ln.heldUntil
}

// stop switches a webhook off whose receiver said that it is gone for good, unless
// somebody gave it another address meanwhile.
func (d *Dispatcher) stop(ctx context.Context, told assay.Webhook) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	hook, err := d.o.Store.Webhook(ctx, d.o.Scope, told.ID)
	if assay.CodeOf(err) == assay.NotFound || err == nil && (!hook.Active || hook.URL != told.URL) {
		return nil
	}
	if err != nil {
		return err
	}
	hook.Active = false
	if err := d.o.Store.PutWebhook(ctx, d.o.Scope, hook); err != nil {
		return err
	}
	d.count(func(s *Stats) { s.Stopped++ })
	d.o.Logger.Info("webhook switched off: its receiver answered 410 Gone", "webhook", hook.ID, "organisation", hook.Organisation)
	return nil
}

// fail ends a delivery without success. It can be replayed.
func (d *Dispatcher) fail(ctx context.Context, delivery assay.Delivery, why string) error {
	delivery.State, delivery.NextAt, delivery.EndedAt = assay.DeliveryFailed, time.Time{}, d.o.Clock()
	delivery.Error = why
	err := d.record(ctx, delivery)
	if err == nil {
		d.count(func(s *Stats) { s.Failed++ })
	}
	return err
}

// record writes what became of a delivery, also while the process ends.
func (d *Dispatcher) record(ctx context.Context, delivery assay.Delivery) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	err := d.o.Store.EndDelivery(ctx, d.o.Scope, delivery)
	if code := assay.CodeOf(err); code == assay.NotFound || code == assay.Conflict {
		return nil
	}
	return err
}

func (d *Dispatcher) count(change func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.stats)
}
