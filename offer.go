package assay

import (
	"slices"
	"time"
)

// OfferKey names an offer.
type OfferKey struct {
	Marketplace string `json:"marketplace"`
	ID          string `json:"id"`
}

// Key returns the name of the listing's offer.
func (l *Listing) Key() OfferKey { return OfferKey{l.Marketplace, l.ID} }

// State is what was known of an offer before a listing was screened, as far as
// the verdict depends on it. The zero State is that of an offer seen for the first
// time, and of every listing where nothing is remembered.
type State struct {
	Revision int      `json:"revision"` // number of the listing's revision, from 1
	Changed  []string `json:"changed"`  // what was swapped since the revision before: "images", "title"
}

// What State.Changed may hold.
const (
	ChangedImages = "images"
	ChangedTitle  = "title"
)

// Has reports whether something was changed.
func (s State) Has(what string) bool { return slices.Contains(s.Changed, what) }

// IsZero reports whether nothing that matters was known.
func (s State) IsZero() bool { return len(s.Changed) == 0 }

// Revision is one state of an offer whose content was kept because somebody has a
// finding on it.
type Revision struct {
	OfferKey
	Number  int       `json:"revision"`
	SeenAt  time.Time `json:"seen_at"`
	Listing []byte    `json:"-"` // one JSON object in the format of a listing
	State   State     `json:"state,omitzero"`
}

// Observation is what was counted on an offer, or on one of its variants, at a
// time. It is no revision.
type Observation struct {
	OfferKey
	Variant  string    `json:"variant,omitempty"`
	At       time.Time `json:"at"`
	Quantity Count     `json:"quantity"`
	Sold     Count     `json:"sold"`
}

// Segment is what one run of envelopes of a partition changed in what has been
// seen: the encoded entries of package seen.
type Segment struct {
	ID        int64
	Partition int
	From, To  uint64 // sequences of the envelopes, both inclusive
	Level     int    // how often it was merged
	Entries   int
	Data      []byte
}

// Partition is how far the envelopes of one partition have been worked.
type Partition struct {
	ID         int       `json:"partition"`
	Committed  uint64    `json:"committed"`        // sequence of the last envelope whose outcome is in the store
	Listings   int64     `json:"listings"`         // committed since the beginning, no-ops included
	Revisions  int64     `json:"revisions"`        // of those, new or changed
	Holder     string    `json:"holder,omitempty"` // process that works it
	LeaseUntil time.Time `json:"-"`
}

// PartitionStatus is how far a partition is, beside what waits for it.
type PartitionStatus struct {
	Partition
	Last    uint64  `json:"last"`    // sequence of the newest envelope
	Backlog uint64  `json:"backlog"` // envelopes not committed yet
	Bytes   uint64  `json:"bytes"`   // kept in the log
	Rate    float64 `json:"rate"`    // listings committed a second, lately
}

// Outcome is everything that became of a run of envelopes of one partition. It is
// committed whole or not at all.
type Outcome struct {
	Partition    int
	Holder       string // who worked it; refused with Conflict if the lease went to another
	From, To     uint64 // sequences of the envelopes, both inclusive
	At           time.Time
	Listings     int // in the envelopes
	New          int // of those, revisions: first ones and changed ones
	Segment      *Segment
	Findings     []FindingChange
	Revisions    []Revision
	Observations []Observation
	Sellers      []SellerRecord
}

// SellerRecord is a seller as a marketplace last described it.
type SellerRecord struct {
	Marketplace string
	Seller      Seller
	Hash        int64 // of everything but the time it was seen
	SeenAt      time.Time
}

// Poison is an envelope that could not be worked and was set aside, so that those
// behind it go on.
type Poison struct {
	ID        string    `json:"id"`
	Partition int       `json:"partition"`
	Sequence  uint64    `json:"sequence"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
	Bytes     int       `json:"bytes"`
	Data      []byte    `json:"-"` // the envelope as it was stored
}

// Envelope is a run of listings of one partition as it was stored: the unit in
// which listings are made durable and worked.
type Envelope struct {
	Seq  uint64 // rising by one within the partition
	Data []byte
}

// LogState is what a partition's log holds.
type LogState struct {
	First uint64 // sequence of the oldest envelope; Last + 1 if there is none
	Last  uint64
	Bytes int64
}
