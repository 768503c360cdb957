package assay

import "time"

// Webhook is an address of an organisation that is told of its events.
type Webhook struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	URL          string    `json:"url"`
	Kinds        []string  `json:"kinds"`  // of events; empty: all
	Secret       []byte    `json:"-"`      // key of the signature
	Active       bool      `json:"active"` // an inactive one collects nothing
	CreatedAt    time.Time `json:"created_at"`
}

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID        string        `json:"id"`
	Webhook   string        `json:"webhook"`
	Event     string        `json:"event"` // its id
	State     DeliveryState `json:"state"`
	Attempts  int           `json:"attempts"`
	NextAt    time.Time     `json:"next_at,omitzero"` // of a pending one
	Status    int           `json:"status,omitzero"`  // HTTP status of the last answer
	Error     string        `json:"error,omitempty"`  // why there was none
	CreatedAt time.Time     `json:"created_at"`
	EndedAt   time.Time     `json:"ended_at,omitzero"`
}

// DeliveryState is how far a delivery is.
type DeliveryState string

const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed" // given up; it can be replayed
)
