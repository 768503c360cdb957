package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"assay"
	"assay/seen"

	"github.com/google/uuid"
)

// IntakeOptions says what an Intake works with.
type IntakeOptions struct {
	Log        Log
	Blobs      Blobs
	Codec      Codec
	Partitions int
	Clock      func() time.Time
	// MaxSubmissions is how many may be under way at once; 0: DefaultSubmissions.
	MaxSubmissions int
	// Room says why nothing can be taken in, such as a disk nearly full; nil: there is
	// always room.
	Room func() error
}

// How an Intake fills its envelopes. At most laneDepth envelopes of a partition
// exist, so its memory is bounded by partitions × laneDepth × maxBytes whatever is
// sent.
const (
	// fillTime is how long an envelope waits for more listings. A log that syncs each
	// message takes hundreds a second: at 5 ms, lone requests share theirs.
	fillTime  = 5 * time.Millisecond
	laneDepth = 4
	// patience is how long adding a listing waits for room before it says Busy.
	patience = 10 * time.Second
	// appendTime is how long storing one envelope may take, a restart of the log
	// included.
	appendTime = 30 * time.Second
	// refusalTime is for how long submissions are refused after the log was full.
	refusalTime = time.Second
	// MaxListingBytes bounds one listing in an envelope, its pictures left out: it must
	// be no more than a Decoder reads.
	MaxListingBytes = 4 << 20
	// maxPicture bounds a picture that a listing carries.
	maxPicture = 32 << 20

	DefaultSubmissions = 512
)

// Intake fills listings into envelopes, across submissions, and stores them.
type Intake struct {
	IntakeOptions
	lanes   []*lane
	active  atomic.Int64 // submissions under way
	refused atomic.Pointer[refusal]
	closed  atomic.Bool
	senders sync.WaitGroup
	stop    context.CancelFunc

	Accepted atomic.Int64 // listings made durable
}

var errStopping = assay.Errorf(assay.Unavailable, "the server is stopping")

// refusal is why nothing was taken, and until when that is presumed to last. It is
// measured by the process's own monotonic clock, which does not jump.
type refusal struct {
	err   error
	until time.Time
}

// NewIntake starts an Intake; Close ends it.
func NewIntake(o IntakeOptions) *Intake {
	if o.MaxSubmissions <= 0 {
		o.MaxSubmissions = DefaultSubmissions
	}
	ctx, stop := context.WithCancel(context.Background())
	in := &Intake{IntakeOptions: o, stop: stop}
	for p := range o.Partitions {
		l := &lane{intake: in, partition: p,
			room: make(chan struct{}, laneDepth), sealed: make(chan *envelope, laneDepth), ripe: make(chan struct{}, 1)}
		in.lanes = append(in.lanes, l)
		in.senders.Go(func() { l.send(ctx) })
	}
	return in
}

// Close stores what was added and ends the Intake; what is not stored when ctx ends
// fails. Adding fails from then on.
func (in *Intake) Close(ctx context.Context) {
	if in.closed.Swap(true) {
		return
	}
	for _, l := range in.lanes {
		l.mu.Lock()
		l.seal()
		close(l.sealed)
		l.mu.Unlock()
	}
	defer context.AfterFunc(ctx, in.stop)()
	in.senders.Wait()
	in.stop()
}

// Submission is one caller's listings on their way. It is for one goroutine.
type Submission struct {
	intake  *Intake
	line    []byte // scratch
	hadLine int    // the highest line added

	mu       sync.Mutex // guards what follows; the senders settle
	pending  int
	durable  int
	failed   int // lowest line that did not become durable; 0: none
	err      error
	finished chan struct{} // closed when nothing is pending any more; made by Finish
}

// Receipt is what became durable of a submission.
type Receipt struct {
	Durable int // listings
	Through int // every listing up to this line is durable
}

// Begin begins a submission. Busy: too much is under way or waiting to be worked;
// Full: there is no room; both last for a while.
func (in *Intake) Begin(context.Context) (*Submission, error) {
	if in.closed.Load() {
		return nil, errStopping
	}
	if r := in.refused.Load(); r != nil && time.Now().Before(r.until) {
		return nil, r.err
	}
	if in.Room != nil {
		if err := in.Room(); err != nil {
			return nil, err
		}
	}
	if in.active.Add(1) > int64(in.MaxSubmissions) {
		in.active.Add(-1)
		return nil, assay.Errorf(assay.Busy, "more than %d submissions are under way; try again", in.MaxSubmissions)
	}
	return &Submission{intake: in}, nil
}

// Add adds a listing, which stood on a line of the caller's input. It keeps nothing
// of l, whose pictures' bytes go to blobs. It waits while there is no room, for a
// bounded time: then it says Busy. After an error only Finish may follow, unless it
// is an *assay.Problem, which is of this listing alone.
func (s *Submission) Add(ctx context.Context, l *assay.Listing, line int) error {
	if err := s.failure(); err != nil {
		return err
	}
	if err := s.storePictures(ctx, l); err != nil {
		return err
	}
	s.line = s.intake.Codec.Append(s.line[:0], l)
	if len(s.line) > MaxListingBytes {
		return &assay.Problem{Line: line, Reason: fmt.Sprintf("record longer than %d MiB as it is stored", MaxListingBytes>>20)}
	}
	s.line = append(s.line, '\n')
	k := seen.KeyOf(l.Key())
	if err := s.intake.lanes[k.Partition(len(s.intake.lanes))].add(ctx, s, line); err != nil {
		return err
	}
	s.hadLine = max(s.hadLine, line)
	return nil
}

// storePictures moves the pictures' bytes to blobs and names them by their hashes.
func (s *Submission) storePictures(ctx context.Context, l *assay.Listing) error {
	return eachPicture(l, func(im *assay.Image) error {
		sum, _, err := s.intake.Blobs.Put(ctx, bytes.NewReader(im.Data), maxPicture)
		im.SHA256, im.Data = sum, nil
		return err
	})
}

// namePictures does the same without keeping them.
func namePictures(l *assay.Listing) {
	_ = eachPicture(l, func(im *assay.Image) error {
		sum := sha256.Sum256(im.Data)
		im.SHA256, im.Data = hex.EncodeToString(sum[:]), nil
		return nil
	})
}

func eachPicture(l *assay.Listing, do func(*assay.Image) error) error {
	each := func(images []assay.Image) error {
		for i := range images {
			if len(images[i].Data) > 0 {
				if err := do(&images[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := each(l.Images); err != nil {
		return err
	}
	for i := range l.Variants {
		if err := each(l.Variants[i].Images); err != nil {
			return err
		}
	}
	return nil
}

// Finish waits until every listing that was added is durable, or failed, and says
// how many are. The error is the first failure, or that of ctx; what the receipt
// counts is durable all the same.
func (s *Submission) Finish(ctx context.Context) (Receipt, error) {
	s.mu.Lock()
	s.finished = make(chan struct{})
	if s.pending == 0 {
		close(s.finished)
	}
	s.mu.Unlock()
	var err error
	select {
	case <-s.finished:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.intake.active.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Receipt{Durable: s.durable, Through: s.hadLine}
	switch {
	case s.failed > 0:
		r.Through = s.failed - 1
	case err != nil:
		r.Through = 0
	}
	if s.err != nil {
		err = s.err
	}
	return r, err
}

// failure returns why something of the submission did not become durable.
func (s *Submission) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// settle is told by a sender what became of n listings, of which first is the line
// of the first.
func (s *Submission) settle(first, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.durable += n
	} else {
		if s.failed == 0 || first < s.failed {
			s.failed = first
		}
		if s.err == nil {
			s.err = err
		}
	}
	if s.pending--; s.pending == 0 && s.finished != nil {
		close(s.finished)
	}
}

// lane fills and stores the envelopes of one partition, one after the other: the
// next is not stored before the one before it is.
type lane struct {
	intake    *Intake
	partition int

	mu   sync.Mutex
	open *envelope // that is being filled

	room   chan struct{}  // holds a token for each envelope there is
	sealed chan *envelope // in their order; has room for all there may be
	ripe   chan struct{}  // told when an open envelope has waited long enough
}

// envelope is one that is being filled or stored.
type envelope struct {
	lines  []byte
	count  int
	shares []share
	opened time.Time // monotonic; of the process, not of the intake's clock
	timer  *time.Timer
}

// share is what of an envelope belongs to one submission.
type share struct {
	of       *Submission
	first, n int // the first line of the caller's input, and how many listings
	end      int // in the envelope's lines; a share begins where the one before ends
}

// add adds the submission's line.
func (l *lane) add(ctx context.Context, s *Submission, line int) error {
	l.mu.Lock()
	for {
		if l.intake.closed.Load() {
			l.mu.Unlock()
			return errStopping
		}
		if e := l.open; e != nil {
			if e.count == 0 || e.count < maxListings && len(e.lines)+len(s.line) <= maxBytes {
				break
			}
			l.seal()
		}
		l.mu.Unlock()
		if err := l.reserve(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		if l.open != nil { // somebody else was first
			<-l.room
			continue
		}
		l.open = &envelope{lines: make([]byte, 0, 64<<10), opened: time.Now()}
		l.open.timer = time.AfterFunc(fillTime, l.ripen)
	}
	e := l.open
	e.lines = append(e.lines, s.line...)
	e.count++
	if n := len(e.shares); n > 0 && e.shares[n-1].of == s {
		e.shares[n-1].n++
		e.shares[n-1].end = len(e.lines)
	} else {
		e.shares = append(e.shares, share{s, line, 1, len(e.lines)})
		s.mu.Lock()
		s.pending++
		s.mu.Unlock()
	}
	if e.count >= maxListings || len(e.lines) >= maxBytes {
		l.seal()
	}
	l.mu.Unlock()
	return nil
}

// reserve takes a token for a new envelope.
func (l *lane) reserve(ctx context.Context) error {
	select {
	case l.room <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case l.room <- struct{}{}:
		return nil
	case <-wait.C:
		return assay.Errorf(assay.Busy, "listings come faster than they can be stored; try again")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seal closes the open envelope. The lane is locked.
func (l *lane) seal() {
	if l.open != nil {
		l.open.timer.Stop()
		l.sealed <- l.open // never blocks: it has room for every token
		l.open = nil
	}
}

func (l *lane) ripen() {
	select {
	case l.ripe <- struct{}{}:
	default:
	}
}

// send stores envelopes until sealed is closed.
func (l *lane) send(ctx context.Context) {
	for {
		select {
		case e, ok := <-l.sealed:
			if !ok {
				return
			}
			l.store(ctx, e)
		case <-l.ripe:
			// A full envelope that was sealed meanwhile goes first. An open one waited
			// its time, or a little longer while the one before was stored.
			l.mu.Lock()
			if len(l.sealed) == 0 && l.open != nil && time.Since(l.open.opened) >= fillTime {
				l.seal()
			} else if l.open != nil {
				l.open.timer.Reset(max(0, fillTime-time.Since(l.open.opened)))
			}
			l.mu.Unlock()
		}
	}
}

// store stores one envelope and tells those who have a share in it.
func (l *lane) store(ctx context.Context, e *envelope) {
	ctx, cancel := context.WithTimeout(ctx, appendTime)
	defer cancel()
	e.dropFailed()
	var err error
	if e.count > 0 {
		err = l.intake.keep(ctx, l.partition, e)
	}
	for _, s := range e.shares {
		s.of.settle(s.first, s.n, err)
	}
	if err == nil {
		l.intake.Accepted.Add(int64(e.count))
	}
	<-l.room
}

// dropFailed takes out the shares of submissions that have failed already. They will
// be sent again from where they failed: what came behind must not be stored before.
func (e *envelope) dropFailed() {
	kept, lines, start := e.shares[:0], e.lines[:0], 0
	for _, s := range e.shares {
		part := e.lines[start:s.end]
		start = s.end
		if err := s.of.failure(); err != nil {
			s.of.settle(s.first, s.n, err)
			e.count -= s.n
			continue
		}
		lines = append(lines, part...)
		s.end = len(lines)
		kept = append(kept, s)
	}
	e.shares, e.lines = kept, lines
}

func (in *Intake) keep(ctx context.Context, partition int, e *envelope) error {
	sealed := in.Clock()
	data := encodeLines(e.lines, sealed, e.count)
	if len(data) > maxBytes {
		sum, _, err := in.Blobs.Put(ctx, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return in.refuse(err)
		}
		if data, err = encodeReference(sum, sealed, e.count); err != nil {
			return err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if _, err := in.Log.Append(ctx, partition, id.String(), data); err != nil {
		return in.refuse(err)
	}
	return nil
}

// refuse remembers that nothing can be taken for a while, so that callers learn it
// before they send anything.
func (in *Intake) refuse(err error) error {
	switch assay.CodeOf(err) {
	case assay.Busy, assay.Full, assay.Unavailable:
		in.refused.Store(&refusal{err, time.Now().Add(refusalTime)})
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return assay.Errorf(assay.Unavailable, "the listings could not be stored in time: %w", err)
	}
	return err
}
