package watch

import (
	"context"
	"io"
	"time"

	"assay"
	"assay/reference"
)

// Log keeps envelopes, each partition's in its order.
type Log interface {
	// Append stores an envelope. When it returns nil, the bytes are synced. An append
	// repeated with the same id is one append. Busy: the partition holds all it may;
	// Full: there is no room on the disk; Unavailable: it may or may not be stored.
	Append(ctx context.Context, partition int, id string, data []byte) (seq uint64, err error)
	// Open reads a partition's envelopes from the one behind sequence after.
	Open(partition int, after uint64) Reader
	// Trim frees the envelopes up to a sequence.
	Trim(ctx context.Context, partition int, upTo uint64) error
	State(ctx context.Context, partition int) (assay.LogState, error)
}

// Reader gives the envelopes of a partition, without gap or repeat.
type Reader interface {
	// Next waits for the next envelope. If the log has lost some, its error has a
	// method Gap, and a Reader opened behind them goes on.
	Next(ctx context.Context) (assay.Envelope, error)
	// TryNext returns the next envelope if it is there.
	TryNext() (assay.Envelope, bool)
	Close()
}

// Blobs keeps bytes under their SHA-256, durable when Put returns.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sha256 string, size int64, err error)
	Get(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// Store keeps what became of the listings. Every method is one transaction.
// Unavailable and Full errors go away by themselves or with somebody's help; the
// same call is then right again.
type Store interface {
	// Acquire takes or renews a partition's lease, if it is free, expired or the
	// holder's own.
	Acquire(ctx context.Context, scope assay.Scope, partition int, holder string, now, until time.Time) (assay.Partition, bool, error)
	Release(ctx context.Context, scope assay.Scope, partition int, holder string) error
	// Commit writes an outcome and moves the partition on. It does nothing if the
	// partition is there already. Conflict: another holds the partition, or a finding
	// was changed meanwhile.
	Commit(ctx context.Context, scope assay.Scope, o assay.Outcome) error
	// SetAside keeps an envelope that cannot be worked and moves the partition on.
	SetAside(ctx context.Context, scope assay.Scope, holder string, p assay.Poison, now time.Time) error

	Segments(ctx context.Context, scope assay.Scope, partition int, after uint64, visit func(assay.Segment) error) error
	SegmentHeads(ctx context.Context, scope assay.Scope, partition int) ([]assay.Segment, error)
	SegmentData(ctx context.Context, scope assay.Scope, ids []int64) ([]assay.Segment, error)
	// MergeSegments puts segments in the place of others, or fails with Conflict.
	MergeSegments(ctx context.Context, scope assay.Scope, replaced []int64, merged []assay.Segment) error

	FindingsOf(ctx context.Context, scope assay.Scope, keys []assay.OfferKey) ([]assay.Finding, error)
	// FoundOffers returns the latest revision of each offer with a finding, in the
	// order of their keys.
	FoundOffers(ctx context.Context, scope assay.Scope, after assay.OfferKey, limit int) ([]assay.Revision, error)
	CountFoundOffers(ctx context.Context, scope assay.Scope) (int, error)
	// ReviseFindings writes the changes of findings that nobody changed meanwhile, and
	// how far the job is.
	ReviseFindings(ctx context.Context, scope assay.Scope, changes []assay.FindingChange, job assay.Rescreen, now time.Time) error
	Rescreen(ctx context.Context, scope assay.Scope) (assay.Rescreen, bool, error)
	PutRescreen(ctx context.Context, scope assay.Scope, job assay.Rescreen) error
	AcquireJob(ctx context.Context, scope assay.Scope, name, holder string, now, until time.Time) (bool, error)
	ReleaseJob(ctx context.Context, scope assay.Scope, name, holder string) error
}

// Reference gives the generation in force, nil while there is none yet.
type Reference interface {
	Current() *reference.Generation
	// Behind reports whether a newer one is known to be in force elsewhere.
	Behind() bool
}

// Codec writes and reads listings as single JSON objects, the format of the door.
type Codec interface {
	Append(dst []byte, l *assay.Listing) []byte
	NewDecoder() Decoder
}

// Decoder decodes one record at a time and calls visit once, with a listing that is
// good during the call only, or with what is wrong. It is for one goroutine.
type Decoder interface {
	Decode(record []byte, line int, visit func(*assay.Listing, *assay.Problem))
}
