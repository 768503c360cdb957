package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"assay"
	"assay/watch"
)

// Services is what the door opens to. Every field is required.
//
// Errors carry a code of package assay where a caller can act; an error of code Busy
// or Unavailable may say when to come back by a method RetryAfter() time.Duration.
type Services struct {
	Gate          Gate
	Intake        Intake
	Findings      Findings
	Offers        Offers
	Reference     Reference
	ReferenceRows ReferenceRows
	Rescreens     Rescreens
	Webhooks      Webhooks
	Organisations Organisations
	Ingest        Ingest
	Tokens        Tokens
	Idempotency   Idempotency
	// Backup writes a tar archive of everything, consistent in itself, and returns
	// when the last byte is written. It must not write before it knows that it can
	// begin.
	Backup func(ctx context.Context, w io.Writer) error
	// Ready answers for each part whether it can do its work now.
	Ready func(ctx context.Context) []Check
	// Metrics answers /metrics.
	Metrics http.Handler
}

// Check is one part's answer to whether it can do its work.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // for people; no addresses, no secrets
}

// Gate says what screening says of a listing, and keeps nothing.
type Gate interface {
	// Open fixes the generation for a number of listings. Unavailable while no
	// generation is ready.
	Open(ctx context.Context) (GateSession, error)
}

// GateSession screens listings one at a time.
type GateSession interface {
	// Screen returns the verdict, a clear one too. It shares the listing's texts: it
	// is good until the next listing is decoded.
	Screen(l *assay.Listing) assay.Verdict
	Close()
}

// Intake takes listings for good.
type Intake interface {
	// Begin asks for room before a body is read: Busy when too much is under way,
	// Full, Unavailable.
	Begin(ctx context.Context) (Submission, error)
}

// Submission is one request's listings on their way to be durable.
type Submission interface {
	// Add takes a listing that stood on the line and copies what it needs. It blocks
	// a bounded time while others are ahead. After an error nothing more can be taken,
	// unless it is an *assay.Problem: that is what is wrong with this listing.
	Add(ctx context.Context, l *assay.Listing, line int) error
	// Finish waits until everything added is durable or failed, and must be called
	// once. The receipt is good also beside an error.
	Finish(ctx context.Context) (watch.Receipt, error)
}

// Findings reads what was kept.
type Findings interface {
	ListFindings(ctx context.Context, scope assay.Scope, f assay.FindingFilter, cursor string, limit int) (assay.FindingPage, error)
	Finding(ctx context.Context, scope assay.Scope, id string) (assay.Finding, error)
	// Revisions lists the newest revisions that were kept of an offer, a bounded number and without
	// their listings, the newest first.
	Revisions(ctx context.Context, scope assay.Scope, key assay.OfferKey) ([]assay.Revision, error)
	// RevisionListing returns the listing of one, else NotFound. It holds what the scope
	// may know: a seller's identifiers and legal name are the installation's.
	RevisionListing(ctx context.Context, scope assay.Scope, key assay.OfferKey, number int) ([]byte, error)
	Observations(ctx context.Context, scope assay.Scope, key assay.OfferKey, limit int) ([]assay.Observation, error)
	Events(ctx context.Context, scope assay.Scope, after int64, limit int) ([]assay.Event, error)
	SubjectEvents(ctx context.Context, scope assay.Scope, subject string, limit int) ([]assay.Event, error)
}

// Offers tells what is remembered of an offer. NotFound if it was never seen, or
// not for this scope.
type Offers interface {
	Offer(ctx context.Context, scope assay.Scope, key assay.OfferKey) (watch.Offer, error)
}

// Reference brings rows into force.
type Reference interface {
	// Import reads body to its end, keeps it, and returns the import that goes on
	// behind. Conflict while another one is under way.
	Import(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error)
	// Preview says what Import would do, and changes nothing.
	Preview(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error)
	ImportStatus(ctx context.Context, scope assay.Scope, id string) (assay.ReferenceImport, error)
	Status(ctx context.Context, scope assay.Scope) (ReferenceStatus, error)
}

// ReferenceStatus is the generation in force in this process.
type ReferenceStatus struct {
	Generation string    `json:"generation,omitempty"` // hash; empty: none is ready yet
	Version    int64     `json:"version"`              // of the rows it was built from
	Latest     int64     `json:"latest"`               // of the rows in the store
	AsOf       time.Time `json:"as_of,omitzero"`
	BuiltAt    time.Time `json:"built_at,omitzero"`
}

// ReferenceRows lists the rows in force.
type ReferenceRows interface {
	ListReferenceRows(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, owner, q, cursor string, limit int) (rows []assay.ReferenceRow, next string, err error)
}

// Rescreens tells how far the findings are screened anew.
type Rescreens interface {
	Rescreen(ctx context.Context, scope assay.Scope) (assay.Rescreen, bool, error)
}

// Webhooks keeps addresses that are told of events.
type Webhooks interface {
	PutWebhook(ctx context.Context, scope assay.Scope, w assay.Webhook) error
	Webhooks(ctx context.Context, scope assay.Scope) ([]assay.Webhook, error)
	Webhook(ctx context.Context, scope assay.Scope, id string) (assay.Webhook, error)
	DropWebhook(ctx context.Context, scope assay.Scope, id string) error
	Deliveries(ctx context.Context, scope assay.Scope, webhook string, state assay.DeliveryState, cursor string, limit int) ([]assay.Delivery, string, error)
	ReplayDelivery(ctx context.Context, scope assay.Scope, id string, now time.Time) error
	ReplayEvents(ctx context.Context, scope assay.Scope, webhook string, since, now time.Time) (int, error)
}

// Organisations keeps parties and the marketplaces they run.
type Organisations interface {
	Organisations(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Organisation, error)
	PutOrganisation(ctx context.Context, scope assay.Scope, o assay.Organisation) error
	Marketplaces(ctx context.Context, scope assay.Scope) ([]assay.Marketplace, error)
	PutMarketplace(ctx context.Context, scope assay.Scope, m assay.Marketplace) error
}

// Ingest tells how far the envelopes are worked, and keeps those that could not be.
type Ingest interface {
	Partitions(ctx context.Context, scope assay.Scope) ([]assay.PartitionStatus, error)
	Poisoned(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Poison, error)
	PoisonData(ctx context.Context, scope assay.Scope, id string) (assay.Poison, error)
	// ReplayPoison puts the envelope at the end of its partition, durably, and then
	// drops what was set aside.
	ReplayPoison(ctx context.Context, scope assay.Scope, id string) error
	DropPoison(ctx context.Context, scope assay.Scope, id string) error
}

// Tokens tells who calls.
type Tokens interface {
	// TokenByHash returns the token whose secret has this SHA-256, NotFound if there
	// is none.
	TokenByHash(ctx context.Context, hash [32]byte) (assay.Token, error)
	// Rotate puts a new secret in the place of the admin token's and returns it.
	// When it returns, the old one is no longer in the store.
	Rotate(ctx context.Context, scope assay.Scope) (secret string, err error)
}

// Idempotency keeps answers under their keys, one key space for each organisation.
type Idempotency interface {
	IdempotentResult(ctx context.Context, scope assay.Scope, key string) (requestHash [32]byte, status int, body []byte, found bool, err error)
	PutIdempotentResult(ctx context.Context, scope assay.Scope, key string, requestHash [32]byte, status int, body []byte, now time.Time) error
}
