package reference

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"assay"
)

// Store keeps the rows of a reference in versions. A version is whole: readers see
// all of an import or none of it. Errors are assay.Unavailable where the same call
// may succeed later.
type Store interface {
	// ReferenceVersion returns the version in force, 0 before the first import.
	ReferenceVersion(ctx context.Context, scope assay.Scope) (int64, error)
	// ReferenceRows calls visit with the rows of a kind that a version holds; the one
	// being staged may be asked for too. It ends with visit's error, if there is one.
	ReferenceRows(ctx context.Context, scope assay.Scope, version int64, kind assay.ReferenceKind, visit func(owner, key, fields string) error) error
	// BeginReference takes the lease of which there is one, until a time, and returns
	// the version to stage: above the one in force, and of no import before. It is a
	// Conflict if another holder has the lease; the same holder takes it anew. What an
	// import that never ended left is gone when it returns.
	BeginReference(ctx context.Context, scope assay.Scope, holder string, now, until time.Time) (version int64, err error)
	// RenewReference extends the lease. It is a Conflict if the holder has lost it, as
	// all that follows is: a straggler writes nothing.
	RenewReference(ctx context.Context, scope assay.Scope, holder string, version int64, until time.Time) error
	// StageReference writes at most StageRows rows of one kind, each key once, into
	// the version that was begun, all or none. It counts rows of a new key and rows
	// with other fields than the row in force; one equal to it is left alone. A row that
	// this version wrote already counts as it did then: a call whose answer was lost
	// can be made again, and answers the same.
	StageReference(ctx context.Context, scope assay.Scope, version int64, mode assay.ImportMode, rows []assay.ReferenceRow) (added, changed int, err error)
	// RetireMissing takes at most limit rows of a kind that were not staged out of the
	// version that was begun: those of the owners ("" is of rows without one),
	// RetireOwners at most, all for nil. more says that there may be some left. Once
	// there are none, removed is how many the version has retired of those owners in
	// all calls; until then it says nothing.
	RetireMissing(ctx context.Context, scope assay.Scope, version int64, kind assay.ReferenceKind, owners []string, limit int) (removed int, more bool, err error)
	// CommitReference puts the version into force, makes organisations of owners that
	// are none yet, writes the event reference.changed with its data (a JSON object),
	// and ends the lease. What it did is durable when it returns.
	CommitReference(ctx context.Context, scope assay.Scope, holder string, version int64, owners []string, event []byte, now time.Time) error
	// AbandonReference undoes what was staged and ends the lease. A version in force
	// is left alone.
	AbandonReference(ctx context.Context, scope assay.Scope, holder string, version int64) error
	// PruneReference drops the rows that only versions hold which are older than the
	// newest ones.
	PruneReference(ctx context.Context, scope assay.Scope, keepVersions int) error
}

const (
	// DefaultPoll is how often the store is asked for a new version.
	DefaultPoll = time.Second
	// maxRetryDelay bounds the time between two attempts to build.
	maxRetryDelay = 30 * time.Second
	// KeptVersions is how many versions stay readable, so that a build can end that
	// began before the latest imports.
	KeptVersions = 8
)

// KeeperOptions says what a Keeper works with. Store and Clock are needed.
type KeeperOptions struct {
	Store    Store
	Scope    assay.Scope // for reading: it must see all rows
	Clock    func() time.Time
	TempDir  string                      // for uploads; empty: the system's
	Poll     time.Duration               // 0: DefaultPoll
	Announce func(context.Context) error // tells other processes of a new version; may be nil
	Wake     <-chan struct{}             // somebody has announced one; may be nil
	Logger   *slog.Logger                // of what has no caller to return to; may be nil
	// Holder names this process in the lease of imports. One that keeps its name over
	// a restart can import at once after a crash; another waits until ImportLease is
	// over. Two processes must not share one. Empty: a random name.
	Holder string
}

// Keeper keeps one Generation of a store's rows in memory: that of the version in
// force, as of today (UTC). It builds the next one in the background and swaps
// them, and imports files. All methods may be called at any time by any number of
// goroutines.
type Keeper struct {
	KeeperOptions
	current atomic.Pointer[Generation]
	started chan struct{} // closed once Run takes imports
	builder chan struct{} // holds one token: who has it may build and swap
	hooking sync.Mutex    // held while hooks are called, so that each gets the generations in order
	hooks   []func(*Generation)

	mu      sync.Mutex // guards what follows
	status  Status
	life    context.Context // of Run; nil while it does not run
	jobs    sync.WaitGroup  // imports under way
	reading bool            // an upload is taken in, checked or imported
	imports []*assay.ReferenceImport
}

// Status says what a Keeper has and what it lacks.
type Status struct {
	Version     int64     // of Current
	Newest      int64     // known to be in force
	Hash        string    // of Current; empty until there is one
	AsOf        time.Time // of Current
	BuiltAt     time.Time
	Building    bool
	BehindSince time.Time // when it was noticed that Current is not the newest or not of today; zero if it is
	LastError   error     // of the latest attempt, nil after a success
	Stats       Stats     // of Current
}

// NewKeeper returns a Keeper without a Generation. Run builds it.
func NewKeeper(o KeeperOptions) *Keeper {
	if o.Poll <= 0 {
		o.Poll = DefaultPoll
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Holder == "" {
		o.Holder = uuid.NewString()
	}
	k := &Keeper{KeeperOptions: o, started: make(chan struct{}), builder: make(chan struct{}, 1)}
	k.builder <- struct{}{}
	return k
}

// Current returns the generation in force here, nil until the first one is built.
// It never waits.
func (k *Keeper) Current() *Generation { return k.current.Load() }

// Behind reports whether Current is not the newest that is known, or not of today.
func (k *Keeper) Behind() bool { return !k.Status().BehindSince.IsZero() }

// OnSwap has f called with every generation that comes into force here, in their
// order, the one in force at once. f must not wait for anything long: the next
// swap waits for it.
func (k *Keeper) OnSwap(f func(*Generation)) {
	k.hooking.Lock()
	defer k.hooking.Unlock()
	k.hooks = append(k.hooks, f)
	if g := k.Current(); g != nil {
		f(g)
	}
}

// Started is closed once Run takes imports.
func (k *Keeper) Started() <-chan struct{} { return k.started }

// Status says how things stand.
func (k *Keeper) Status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status
}

// Run keeps Current at the version in force and at the UTC day until ctx is done.
// A build that fails is tried again, more and more seldom. When Run returns, the
// import under way has been abandoned.
func (k *Keeper) Run(ctx context.Context) error {
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	k.mu.Lock()
	if k.life != nil {
		k.mu.Unlock()
		return assay.Errorf(assay.Conflict, "the reference is kept already")
	}
	k.life = life
	select {
	case <-k.started: // by a Run before this one
	default:
		close(k.started)
	}
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		k.life = nil // no new imports
		k.mu.Unlock()
		cancel()
		k.jobs.Wait()
	}()
	wake, delay := k.Wake, k.Poll
	for {
		err := k.catchUp(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.mu.Lock()
		k.status.LastError = err
		k.mu.Unlock()
		if err != nil {
			k.Logger.WarnContext(ctx, "the reference could not be brought up to date", "error", err, "again_in", delay)
		} else {
			delay = k.Poll
		}
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case _, ok := <-wake:
			if !ok {
				wake = nil
			}
		}
		timer.Stop()
		if err != nil {
			delay = max(min(2*delay, maxRetryDelay), k.Poll)
		}
	}
}

// catchUp builds the generation that should be in force, if it is another.
func (k *Keeper) catchUp(ctx context.Context) error {
	if version, err := k.version(ctx); err != nil || k.upToDate(version) {
		return err
	}
	release, err := k.acquireBuilder(ctx)
	if err != nil {
		return err
	}
	defer release()
	version, err := k.version(ctx) // an import may have been building it
	if err != nil || k.upToDate(version) {
		return err
	}
	g, err := k.build(ctx, version, nil)
	if err != nil {
		return err
	}
	newest, err := k.version(ctx)
	if err != nil {
		return err
	}
	if newest-version >= KeptVersions {
		return assay.Errorf(assay.Unavailable, "version %d of the reference was outdated before it was built", version)
	}
	k.swap(g, version)
	return nil
}

// version asks for the version in force.
func (k *Keeper) version(ctx context.Context) (int64, error) {
	version, err := k.Store.ReferenceVersion(ctx, k.Scope)
	if err != nil {
		return 0, fmt.Errorf("reading the version of the reference: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.Newest = version
	return version, nil
}

// upToDate reports whether Current is of this version and of today.
func (k *Keeper) upToDate(version int64) bool {
	now := k.Clock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Current() != nil && k.status.Version == version && k.status.AsOf.Equal(day(now)) {
		k.status.BehindSince = time.Time{}
		return true
	}
	if k.status.BehindSince.IsZero() {
		k.status.BehindSince = now
	}
	return false
}

func (k *Keeper) acquireBuilder(ctx context.Context) (release func(), err error) {
	select {
	case <-k.builder:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k.setBuilding(true)
	return func() {
		k.setBuilding(false)
		k.builder <- struct{}{}
	}, nil
}

func (k *Keeper) setBuilding(building bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.Building = building
}

// build compiles a version as of today. Rows of upload, which may be nil, are
// named by their lines in it.
func (k *Keeper) build(ctx context.Context, version int64, upload *rowFile) (*Generation, error) {
	return buildRows(k.Clock(), k.rowsOf(ctx, version), upload.place)
}

func (k *Keeper) rowsOf(ctx context.Context, version int64) RowSource {
	return func(kind assay.ReferenceKind, visit func(owner, key, fields string) error) error {
		if err := k.Store.ReferenceRows(ctx, k.Scope, version, kind, visit); err != nil {
			return fmt.Errorf("reading the rows of %s: %w", kind, err)
		}
		return nil
	}
}

// swap puts a generation into force here. The caller has the builder's token.
func (k *Keeper) swap(g *Generation, version int64) {
	stats := g.Stats()
	k.hooking.Lock()
	defer k.hooking.Unlock()
	k.mu.Lock()
	k.current.Store(g)
	s := &k.status
	s.Version, s.Newest, s.Hash, s.AsOf, s.BuiltAt, s.Stats = version, max(s.Newest, version), g.Hash(), g.AsOf(), k.Clock(), stats
	s.LastError = nil
	if s.Newest == version {
		s.BehindSince = time.Time{}
	}
	k.mu.Unlock()
	for _, hook := range k.hooks {
		hook(g)
	}
}
