// Package notify tells organisations of their events: it signs each event by the
// Standard Webhooks specification (https://www.standardwebhooks.com) and sends it to
// every webhook that wants it, until the receiver has taken it or the schedule of
// retries is at its end.
//
// Delivery is at least once: a process that dies between an answer and its record
// sends the event again. The header webhook-id is the event's id and stays the same
// over all attempts, replays included: receivers drop what they have seen by it.
// Order is that of the events while everything goes well; a retry comes later than
// what followed it.
package notify

import (
	"context"
	"net/http"
	"time"

	"assay"
)

// Store keeps webhooks, events and deliveries. Every method works in the scope that
// it is given and acts as if what the scope does not see were not there.
//
// An error with code Unavailable means that nothing was done and that it may work
// later; what a method did is durable when it returns nil.
type Store interface {
	// FanOut takes the oldest events that wait to be told, at most limit, and makes a
	// pending delivery, due now, for each active webhook whose organisation sees the
	// event and that wants its kind. It is one transaction: an event is fanned out
	// wholly and once. n is how many events it took.
	FanOut(ctx context.Context, scope assay.Scope, limit int, now time.Time) (n int, err error)
	// DueDeliveries returns pending deliveries whose NextAt is not after now, earliest
	// first, and moves their NextAt to until. That is the lease: until then no other
	// call returns them, whichever process makes it. Those it returns have
	// NextAt == until.
	DueDeliveries(ctx context.Context, scope assay.Scope, now, until time.Time, limit int) ([]assay.Delivery, error)
	// EndDelivery writes State, Attempts, NextAt, Status, Error and EndedAt of a
	// delivery. NotFound: it was dropped with its webhook.
	// Conflict: it was ended already, such as with a webhook that was switched off.
	EndDelivery(ctx context.Context, scope assay.Scope, d assay.Delivery) error
	// EventByID returns an event that the scope sees, else NotFound.
	EventByID(ctx context.Context, scope assay.Scope, id string) (assay.Event, error)
	// Webhook returns a webhook with its secret, else NotFound.
	Webhook(ctx context.Context, scope assay.Scope, id string) (assay.Webhook, error)
	// PutWebhook writes a webhook.
	PutWebhook(ctx context.Context, scope assay.Scope, w assay.Webhook) error
}

// Poster sends one request and returns the status of the answer, whatever it is. It
// follows no redirect and gives up when ctx ends. The message of an *assay.Error is
// kept with the delivery and shown to the webhook's organisation; any other error is
// kept as "no answer".
type Poster interface {
	Post(ctx context.Context, url string, header http.Header, body []byte) (status int, err error)
}
