package assay

import "time"

// Finding is a verdict that was kept: one for each offer, variant, lane and owner.
// It lives on when a later listing or generation clears it, with that verdict.
type Finding struct {
	ID           string `json:"id"`           // UUIDv7
	Organisation string `json:"organisation"` // id of the owner's organisation
	Marketplace  string `json:"marketplace"`
	Offer        string `json:"offer"` // the marketplace's id of the offer
	Page         string `json:"page,omitempty"`
	Assessment
	Model     string    `json:"model"`
	Reference string    `json:"reference"`
	AsOf      time.Time `json:"as_of"`
	State     State     `json:"state,omitzero"`
	Revision  int       `json:"revision"` // of the offer that was screened

	Title      string    `json:"title"`
	URL        string    `json:"url,omitempty"`
	Price      string    `json:"price,omitempty"` // decimal, of the variant where there is one
	Currency   string    `json:"currency,omitempty"`
	SellerID   string    `json:"seller_id,omitempty"`
	SellerName string    `json:"seller_name,omitempty"`
	FoundAt    time.Time `json:"found_at"`
	ChangedAt  time.Time `json:"changed_at"`
	Version    int       `json:"version"` // counts changes, from 1

	// Text is what full-text search looks in besides the fields above: brand,
	// description, marks as written. It is written, never read back.
	Text string `json:"-"`
}

// Key returns the name of the finding's offer.
func (f *Finding) Key() OfferKey { return OfferKey{f.Marketplace, f.Offer} }

// FindingKey tells the findings of one node apart.
type FindingKey struct {
	OfferKey
	Variant string
	Lane    Lane
	Owner   string
}

// Identity returns what the finding is about.
func (f *Finding) Identity() FindingKey {
	return FindingKey{f.Key(), f.Variant, f.Lane, f.Owner}
}

// FindingChange is a finding that is new or whose verdict changed.
type FindingChange struct {
	Before *Finding // nil: new
	After  Finding  // its Version is that of Before plus one
	Cause  Cause
}

// Cause is why a finding changed.
type Cause string

const (
	CauseListing    Cause = "listing"    // the offer came, or came changed
	CauseGeneration Cause = "generation" // the reference changed
)

// FindingFilter says which findings are asked for. Empty fields ask for all.
type FindingFilter struct {
	Levels      []Level // empty: review and block
	Lanes       []Lane
	Owner       string
	Marketplace string
	Offer       string // found at once with its Marketplace only
	Seller      string
	Query       string // words that must all occur, the last one perhaps only begun
	Since       time.Time
	Order       FindingOrder
}

// FindingOrder is what comes first in a list of findings.
type FindingOrder string

const (
	OrderChanged FindingOrder = ""      // the last changed first
	OrderFound   FindingOrder = "found" // the first found first
	OrderScore   FindingOrder = "score" // the highest score first, of equal ones the last changed
)

// FindingPage is a part of a list of findings.
type FindingPage struct {
	Findings []Finding `json:"findings"`
	Next     string    `json:"next,omitempty"` // cursor of the next part; empty: the last one
	// Count is how many findings match in all; if it is capped, there are at least so many.
	Count  int  `json:"count"`
	Capped bool `json:"count_capped"`
}

// MaxCount caps the counts of lists: further counting would cost more than it says. Those
// of searches may stop sooner.
const MaxCount = 10_000

// SellerSummary is how many findings there are on the offers of one seller. No more than
// MaxCount are counted, the last changed of them; then the other numbers are of these.
type SellerSummary struct {
	Findings int // whatever their verdict, also those that were cleared
	Review   int
	Block    int
	First    time.Time // when the first of them was found; zero if there is none
	Last     time.Time // when one of them last changed
}

// Event is one change, written in the transaction that made it.
type Event struct {
	ID           string    `json:"id"` // UUIDv7
	Position     int64     `json:"position"`
	Organisation string    `json:"organisation"` // whose matter it is
	Kind         string    `json:"kind"`         // "finding.new", "finding.changed", "reference.changed" …
	Subject      string    `json:"subject"`      // id of what changed
	Actor        string    `json:"actor"`
	At           time.Time `json:"at"`
	Data         []byte    `json:"-"` // a JSON object: what it was and what it is
}

// Kinds of events about findings.
const (
	EventFindingNew     = "finding.new"
	EventFindingChanged = "finding.changed"
)
