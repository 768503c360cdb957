package reference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"assay"
)

const (
	// StageRows is how many rows are written in one transaction.
	StageRows = 5_000
	// RetireOwners is how many owners' missing rows are retired by one call.
	RetireOwners = 1_000
	// ImportLease is how long the right to import lasts, unless it is renewed. Another
	// process must wait that long after a crash.
	ImportLease = 2 * time.Minute
	// KeptImports is how many imports that have ended are remembered.
	KeptImports = 32

	abandonTimeout = 30 * time.Second
	stageAttempts  = 4
	stageDelay     = 50 * time.Millisecond // before the second attempt; doubled for each further one
)

// importJob is an import on its way.
type importJob struct {
	scope   assay.Scope
	mode    assay.ImportMode
	file    *rowFile
	spool   spool
	version int64
	record  *assay.ReferenceImport
}

// Import takes in a file of one kind and goes on in the background; ImportStatus
// says how far it is. The file is plain or gzip, at most MaxImportBytes. It comes
// into force as a whole or not at all:
//
//   - checking: every row is read. All mistakes are reported at once.
//   - writing: rows go into the store's next version, which nobody sees yet.
//   - building: that version's generation is built, and finds what rows say wrongly
//     together (an alias of a mark that is not there).
//   - done: the version and its generation are in force.
//
// Rows have keys (ReadRows names them): with ImportMerge a row takes the
// place of the one of its key. Where a file has several different rows of one key,
// all are kept, and take the place of as many. An import that changes nothing makes
// no new version.
//
// One import runs at a time, whatever process has begun it; another is a Conflict.
// It is Unavailable while Run does not run.
func (k *Keeper) Import(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error) {
	end, err := k.begin()
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	j, err := k.newJob(scope, kind, mode, name, body)
	if err != nil {
		end()
		return assay.ReferenceImport{}, err
	}
	life, done, err := k.work()
	if err != nil {
		j.spool.close()
		end()
		return assay.ReferenceImport{}, err
	}
	finish := func() {
		j.spool.close()
		end()
		done()
	}
	now := k.Clock()
	if j.version, err = k.Store.BeginReference(ctx, scope, k.Holder, now, now.Add(ImportLease)); err != nil {
		finish()
		if assay.CodeOf(err) == assay.Conflict {
			return assay.ReferenceImport{}, assay.Errorf(assay.Conflict, "an import is running elsewhere; wait for its end: %w", err)
		}
		return assay.ReferenceImport{}, fmt.Errorf("beginning an import: %w", err)
	}
	k.mu.Lock()
	j.record.ID = uuid.NewString()
	k.imports = append(k.imports, j.record)
	if len(k.imports) > KeptImports+1 {
		k.imports = k.imports[1:]
	}
	begun := *j.record
	k.mu.Unlock()
	go func() {
		defer finish()
		k.run(life, j)
	}()
	return begun, nil
}

// ImportStatus returns an import by its id. It is NotFound after KeptImports more.
func (k *Keeper) ImportStatus(id string) (assay.ReferenceImport, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.imports {
		if r.ID == id {
			return *r, nil
		}
	}
	return assay.ReferenceImport{}, assay.Errorf(assay.NotFound, "no import has this id here, or it ended long ago")
}

// begin reserves the one place for a file that is read.
func (k *Keeper) begin() (end func(), err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.stopped(); err != nil {
		return nil, err
	}
	if k.reading {
		return nil, assay.Errorf(assay.Conflict, "an import is running; wait for its end")
	}
	k.reading = true
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.reading = false
	}, nil
}

// work begins what Run waits for before it returns.
func (k *Keeper) work() (life context.Context, done func(), err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.stopped(); err != nil {
		return nil, nil, err
	}
	k.jobs.Add(1)
	return k.life, k.jobs.Done, nil
}

// stopped is an error while Run does not run. The caller holds k.mu.
func (k *Keeper) stopped() error {
	if k.life == nil || k.life.Err() != nil {
		return assay.Errorf(assay.Unavailable, "the server is starting or shutting down; try again in a moment")
	}
	return nil
}

// newJob takes in the file.
func (k *Keeper) newJob(scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (*importJob, error) {
	if mode != assay.ImportMerge && mode != assay.ImportReplace {
		return nil, assay.Errorf(assay.Invalid, "%s is neither merge nor replace", quoted(string(mode)))
	}
	file, err := newRowFile(kind, name, nil)
	if err != nil {
		return nil, err
	}
	s, err := newSpool(k.TempDir, body, MaxImportBytes)
	if err != nil {
		return nil, err
	}
	file.body = s
	return &importJob{scope: scope, mode: mode, file: file, spool: s, record: &assay.ReferenceImport{
		Kind: kind, Mode: mode, Phase: assay.ImportChecking, StartedAt: k.Clock(),
	}}, nil
}

// note changes the record of an import.
func (k *Keeper) note(j *importJob, change func(*assay.ReferenceImport)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(j.record)
}

// run does what Import has begun and records how it ended.
func (k *Keeper) run(ctx context.Context, j *importJob) {
	leased, release := k.renew(ctx, j)
	err := k.importFile(leased, j)
	if cause := context.Cause(leased); err != nil && ctx.Err() == nil && cause != nil {
		err = cause
	}
	release()
	now := k.Clock()
	if err == nil {
		k.note(j, func(r *assay.ReferenceImport) { r.Phase, r.EndedAt = assay.ImportDone, now })
		return
	}
	k.Logger.WarnContext(ctx, "an import failed", "import", j.record.ID, "kind", j.record.Kind, "error", err)
	k.note(j, func(r *assay.ReferenceImport) { fail(r, err, now) })
}

// renew keeps the lease until release is called. The context it returns ends when
// the lease is lost.
func (k *Keeper) renew(ctx context.Context, j *importJob) (leased context.Context, release func()) {
	leased, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(ImportLease / 4)
		defer ticker.Stop()
		for {
			select {
			case <-leased.Done():
				return
			case <-ticker.C:
			}
			err := k.Store.RenewReference(leased, j.scope, k.Holder, j.version, k.Clock().Add(ImportLease))
			if assay.CodeOf(err) == assay.Conflict { // others may pass before the lease ends
				cancel(assay.Errorf(assay.Conflict, "another import has taken over: %w", err))
			}
		}
	}()
	return leased, func() {
		cancel(nil)
		<-done
	}
}

// fail says in a record why nothing was changed.
func fail(r *assay.ReferenceImport, err error, now time.Time) {
	r.Phase, r.EndedAt = assay.ImportFailed, now
	var e *assay.Error
	switch {
	case errors.As(err, &r.Problems):
	case errors.As(err, &e):
		r.Error = e.Message
	case errors.Is(err, context.Canceled):
		r.Error = "the server was shut down before the import was done"
	default:
		r.Error = "a fault of the server; its log has the cause"
	}
}

// importFile brings a file into force, or undoes what it did.
func (k *Keeper) importFile(ctx context.Context, j *importJob) (err error) {
	committed := false
	defer func() {
		if committed {
			return
		}
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
		defer cancel()
		if e := k.Store.AbandonReference(undo, j.scope, k.Holder, j.version); e != nil { // the next import cleans
			k.Logger.WarnContext(ctx, "an import could not be undone yet", "import", j.record.ID, "error", e)
		}
	}()
	if err := k.check(ctx, j.file); err != nil {
		return err
	}
	k.note(j, func(r *assay.ReferenceImport) { r.Phase, r.Rows = assay.ImportWriting, len(j.file.rows) })
	if err := k.write(ctx, j); err != nil {
		return err
	}
	if r := j.record; r.Added+r.Changed+r.Removed == 0 { // only this goroutine writes to it
		if err := k.catchUp(ctx); err != nil { // nearly always it is up to date
			return err
		}
		hash := k.Status().Hash
		k.note(j, func(r *assay.ReferenceImport) { r.Generation = hash })
		return nil
	}
	k.note(j, func(r *assay.ReferenceImport) { r.Phase = assay.ImportBuilding })
	release, err := k.acquireBuilder(ctx)
	if err != nil {
		return err
	}
	defer release() // after the swap: nobody else builds this version
	g, err := k.build(ctx, j.version, j.file)
	if err != nil {
		return err
	}
	if committed, err = k.commit(ctx, j, g); err != nil {
		return err
	}
	k.swap(g, j.version)
	k.note(j, func(r *assay.ReferenceImport) { r.Generation = g.Hash() })
	if k.Announce != nil {
		if err := k.Announce(ctx); err != nil { // the others find it when they poll
			k.Logger.WarnContext(ctx, "a new version of the reference could not be announced", "error", err)
		}
	}
	if err := k.Store.PruneReference(ctx, k.Scope, KeptVersions); err != nil { // after the next one
		k.Logger.WarnContext(ctx, "old versions of the reference could not be dropped", "error", err)
	}
	return nil
}

// check reads the whole file.
func (k *Keeper) check(ctx context.Context, f *rowFile) error {
	if f.kind == assay.ReferenceBankImages {
		owners := map[string]string{}
		version, err := k.version(ctx)
		if err != nil {
			return err
		}
		if err := k.rowsOf(ctx, version)(assay.ReferenceBanks, func(owner, key, _ string) error {
			owners[key] = owner
			return nil
		}); err != nil {
			return err
		}
		var key []byte
		f.banks = func(bank string) (string, bool) {
			key = shortKey(key[:0], appendCell(nil, bank))
			owner, ok := owners[string(key)]
			return owner, ok
		}
	}
	return f.check()
}

// write stages the file's rows and retires those that it replaces.
func (k *Keeper) write(ctx context.Context, j *importJob) error {
	rows := make([]assay.ReferenceRow, 0, StageRows)
	stage := func() error {
		if len(rows) == 0 {
			return nil
		}
		return k.attempt(ctx, func() error {
			added, changed, err := k.Store.StageReference(ctx, j.scope, j.version, j.mode, rows)
			if err != nil {
				return fmt.Errorf("writing rows: %w", err)
			}
			k.note(j, func(r *assay.ReferenceImport) {
				r.Done, r.Added, r.Changed = r.Done+len(rows), r.Added+added, r.Changed+changed
			})
			rows = rows[:0]
			return nil
		})
	}
	if err := j.file.each(func(row assay.ReferenceRow, _ int) error {
		if rows = append(rows, row); len(rows) < StageRows {
			return nil
		}
		return stage()
	}); err != nil {
		return err
	}
	if err := stage(); err != nil {
		return err
	}
	owners, none := j.file.replaced(j.mode)
	switch {
	case none:
		return nil
	case owners == nil:
		return k.retire(ctx, j, nil)
	}
	for part := range slices.Chunk(owners, RetireOwners) {
		if err := k.retire(ctx, j, part); err != nil {
			return err
		}
	}
	return nil
}

// retire takes the rows of the owners that were not staged out of the version, all for
// nil.
func (k *Keeper) retire(ctx context.Context, j *importJob, owners []string) error {
	for more := true; more; {
		if err := k.attempt(ctx, func() (err error) {
			var removed int
			removed, more, err = k.Store.RetireMissing(ctx, j.scope, j.version, j.file.kind, owners, StageRows)
			if err != nil {
				return fmt.Errorf("removing rows: %w", err)
			}
			if !more {
				k.note(j, func(r *assay.ReferenceImport) { r.Removed += removed })
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// replaced returns whose rows the file replaces: nil for all; none is true if
// nobody's.
func (f *rowFile) replaced(mode assay.ImportMode) (owners []string, none bool) {
	switch {
	case mode != assay.ImportReplace:
		return nil, true
	case !f.owned:
		return nil, false
	}
	owners = slices.Sorted(maps.Keys(f.owners))
	return owners, len(owners) == 0
}

// attempt does a step again that a busy store has refused.
func (k *Keeper) attempt(ctx context.Context, do func() error) (err error) {
	delay := stageDelay
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err = do(); assay.CodeOf(err) != assay.Unavailable || n == stageAttempts {
			return err
		}
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		delay *= 2
	}
}

// commit puts the version into force. committed is true too when that can't be
// told: then it must not be undone.
func (k *Keeper) commit(ctx context.Context, j *importJob, g *Generation) (committed bool, err error) {
	r := j.record
	event, err := json.Marshal(struct {
		Import     string              `json:"import"`
		Kind       assay.ReferenceKind `json:"kind"`
		Mode       assay.ImportMode    `json:"mode"`
		Version    int64               `json:"version"`
		Generation string              `json:"generation"`
		Added      int                 `json:"added"`
		Changed    int                 `json:"changed"`
		Removed    int                 `json:"removed"`
	}{r.ID, r.Kind, r.Mode, j.version, g.Hash(), r.Added, r.Changed, r.Removed})
	if err != nil {
		return false, fmt.Errorf("writing the event: %w", err)
	}
	owners := slices.DeleteFunc(slices.Sorted(maps.Keys(j.file.owners)), func(o string) bool { return o == "" })
	// Not cut short by a shutdown: that would leave open how it ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	err = k.Store.CommitReference(ctx, j.scope, k.Holder, j.version, owners, event, k.Clock())
	if err == nil {
		return true, nil
	}
	err = fmt.Errorf("putting the rows into force: %w", err)
	switch version, e := k.version(ctx); {
	case e != nil:
		return true, assay.Errorf(assay.Unavailable, "the store went away while the rows were put into force; look at the version in force before trying again: %w", err)
	case version == j.version: // done, though the answer was lost
		return true, nil
	}
	return false, err
}

// place says where a row of the build stands: in the uploaded file, if it is of
// it.
func (f *rowFile) place(k *rowKind, key string) Place {
	if f != nil && f.rowKind == k {
		if r := f.find(key); r != nil {
			return Place{f.name, int(r.line)}
		}
	}
	return k.stored()
}
