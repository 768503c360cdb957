package web

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"time"

	"assay"
	"assay/reference"
	"assay/score"
	"assay/screen"
)

// Services is what the pages show and do. Every field is required. Errors carry a
// code of package assay where a person can act.
type Services struct {
	Findings      Findings
	Screening     Screening
	Reference     Reference
	Ingest        Ingest
	Organisations Organisations
	Pictures      Pictures
	Sessions      Sessions
	SignIn        SignIn
	Fetch         Fetch
}

// Findings reads what was kept, as the scope may see it.
type Findings interface {
	ListFindings(ctx context.Context, scope assay.Scope, f assay.FindingFilter, cursor string, limit int) (assay.FindingPage, error)
	Finding(ctx context.Context, scope assay.Scope, id string) (assay.Finding, error)
	// Revisions lists the newest revisions that were kept of an offer, without their
	// listings, the newest first.
	Revisions(ctx context.Context, scope assay.Scope, key assay.OfferKey) ([]assay.Revision, error)
	// RevisionListing returns the listing of one, else NotFound.
	RevisionListing(ctx context.Context, scope assay.Scope, key assay.OfferKey, number int) ([]byte, error)
	Observations(ctx context.Context, scope assay.Scope, key assay.OfferKey, limit int) ([]assay.Observation, error)
	SubjectEvents(ctx context.Context, scope assay.Scope, subject string, limit int) ([]assay.Event, error)
	// LastPosition is the position of the newest event that the scope sees.
	LastPosition(ctx context.Context, scope assay.Scope) (int64, error)
	SellerFindings(ctx context.Context, scope assay.Scope, marketplace, seller string) (assay.SellerSummary, error)
}

// Screening says what the generation in force says of listings.
type Screening interface {
	// Open fixes the generation for one page. Unavailable while none is ready.
	Open(ctx context.Context) (ScreeningSession, error)
}

// ScreeningSession answers for one generation and is for one goroutine.
type ScreeningSession interface {
	// Screen returns the verdict, a clear one too, with every assessment in it.
	Screen(l *assay.Listing) assay.Verdict
	// Prices tells what the price of an assessment was compared with, under this
	// generation; false where it was not.
	Prices(l *assay.Listing, owner, variant string) (screen.PriceView, bool)
	// Thresholds are those of a lane.
	Thresholds(lane assay.Lane) score.Thresholds
	Close()
}

// Reference shows and changes the rows that screening goes by.
type Reference interface {
	ListReferenceRows(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, owner, q, cursor string, limit int) (rows []assay.ReferenceRow, next string, err error)
	// Preview says what Import would do, and changes nothing; Import reads body to its
	// end, keeps it, and goes on behind. Conflict while another one is under way.
	Preview(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error)
	Import(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error)
	ImportStatus(ctx context.Context, scope assay.Scope, id string) (assay.ReferenceImport, error)
	Status(ctx context.Context, scope assay.Scope) (reference.Status, error)
	// Rescreen tells how far the findings are screened anew; false if they never were.
	Rescreen(ctx context.Context, scope assay.Scope) (assay.Rescreen, bool, error)
}

// Ingest tells how far the envelopes are worked, and keeps those that could not be.
type Ingest interface {
	Partitions(ctx context.Context, scope assay.Scope) ([]assay.PartitionStatus, error)
	// Rates lists how many listings were committed a second, oldest first, one for
	// each RateStep up to now.
	Rates() []float64
	Poisoned(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Poison, error)
	PoisonData(ctx context.Context, scope assay.Scope, id string) (assay.Poison, error)
	// ReplayPoison puts the envelope at the end of its partition, durably, and then drops
	// what was set aside.
	ReplayPoison(ctx context.Context, scope assay.Scope, id string) error
	DropPoison(ctx context.Context, scope assay.Scope, id string) error
}

// RateStep is the time between two values of Ingest.Rates.
const RateStep = 5 * time.Second

// Organisations names parties. NotFound if there is none of that id for the scope.
type Organisations interface {
	Organisation(ctx context.Context, scope assay.Scope, id string) (assay.Organisation, error)
}

// Pictures gives the pictures that listings name, as JPEG files of ours: never the
// bytes that a seller chose. Errors: Invalid for what is no picture or may not be
// fetched, TooLarge, NotFound, Unavailable.
type Pictures interface {
	Picture(ctx context.Context, url string) ([]byte, error)
	// Encode is Picture for a picture whose bytes came with the listing.
	Encode(ctx context.Context, data []byte) ([]byte, error)
}

// Sessions keeps what browsers are signed in, by the SHA-256 of their cookie's token.
type Sessions interface {
	Session(ctx context.Context, hash [32]byte, now time.Time) (data []byte, found bool, err error)
	PutSession(ctx context.Context, hash [32]byte, data []byte, expires time.Time) error
	DropSession(ctx context.Context, hash [32]byte) error
}

// SignIn tells whose a token is.
type SignIn interface {
	// Identify returns the token with this secret: Unauthenticated if there is none or
	// it has expired, Busy if the client has named too many that do not exist.
	Identify(ctx context.Context, secret string, client netip.Addr) (assay.Token, error)
	// TokenByHash is Identify for a secret that was shown before; NotFound.
	TokenByHash(ctx context.Context, hash [32]byte) (assay.Token, error)
	// Client returns who sent a request, as far as proxies are trusted.
	Client(r *http.Request) netip.Addr
}

// Fetch gets a page that a person named, through a client that reaches nothing
// inside. Errors: Invalid, TooLarge, Unavailable.
type Fetch interface {
	Page(ctx context.Context, url string) (contentType string, body []byte, err error)
}
