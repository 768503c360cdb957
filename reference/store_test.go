package reference_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"assay"
	"assay/reference"
)

// memoryStore is a Store without a disk: the versions as reference.Store describes
// them. It can be made to fail.
type memoryStore struct {
	mu      sync.Mutex
	version int64
	begun   int64
	lease   struct {
		holder string
		until  time.Time
	}
	rows   map[assay.ReferenceKind]map[string][]*storedRow
	events []string
	owners map[string]bool
	calls  int
	// fail is asked before and after every call that writes, under a number that
	// counts both; what it returns is the call's error.
	fail func(call int) error
	// away is the error of every call that reads.
	away error
}

type storedRow struct {
	since, until, seen int64 // until 0: open
	owner, fields      string
}

func (r *storedRow) in(version int64) bool {
	return r.since <= version && (r.until == 0 || r.until > version)
}

func newMemoryStore() *memoryStore {
	return &memoryStore{rows: map[assay.ReferenceKind]map[string][]*storedRow{}, owners: map[string]bool{}}
}

// write does a write that may fail before it is done or after it.
func (s *memoryStore) write(do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := func() error {
		s.calls++
		if s.fail != nil {
			return s.fail(s.calls)
		}
		return nil
	}
	if err := step(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return step()
}

func (s *memoryStore) ReferenceVersion(context.Context, assay.Scope) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.away
}

func (s *memoryStore) ReferenceRows(ctx context.Context, _ assay.Scope, version int64, kind assay.ReferenceKind, visit func(owner, key, fields string) error) error {
	type row struct{ owner, key, fields string }
	var rows []row
	s.mu.Lock()
	if s.away != nil {
		defer s.mu.Unlock()
		return s.away
	}
	for key, versions := range s.rows[kind] {
		for _, r := range versions {
			if r.in(version) {
				rows = append(rows, row{r.owner, key, r.fields})
			}
		}
	}
	s.mu.Unlock()
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.key, b.key) })
	for _, r := range rows {
		if err := cmp.Or(ctx.Err(), visit(r.owner, r.key, r.fields)); err != nil {
			return err
		}
	}
	return nil
}

func (s *memoryStore) BeginReference(_ context.Context, _ assay.Scope, holder string, now, until time.Time) (version int64, err error) {
	err = s.write(func() error {
		if s.lease.holder != "" && s.lease.holder != holder && now.Before(s.lease.until) {
			return assay.Errorf(assay.Conflict, "somebody has the lease")
		}
		s.lease.holder, s.lease.until = holder, until
		s.clean()
		s.begun = max(s.begun, s.version) + 1
		version = s.begun
		return nil
	})
	return version, err
}

func (s *memoryStore) RenewReference(_ context.Context, _ assay.Scope, holder string, version int64, until time.Time) error {
	return s.write(func() error {
		if err := s.staging(holder, version); err != nil {
			return err
		}
		s.lease.until = until
		return nil
	})
}

// staging is a Conflict for who has not the lease, or has another one.
func (s *memoryStore) staging(holder string, version int64) error {
	if s.lease.holder == "" || version != s.begun || holder != "" && s.lease.holder != holder {
		return assay.Errorf(assay.Conflict, "the lease is lost")
	}
	return nil
}

// clean drops what was staged.
func (s *memoryStore) clean() {
	for _, keys := range s.rows {
		for key, versions := range keys {
			versions = slices.DeleteFunc(versions, func(r *storedRow) bool { return r.since > s.version })
			for _, r := range versions {
				if r.until > s.version {
					r.until = 0
				}
				r.seen = 0
			}
			if keys[key] = versions; len(versions) == 0 {
				delete(keys, key)
			}
		}
	}
}

func (s *memoryStore) StageReference(_ context.Context, _ assay.Scope, version int64, _ assay.ImportMode, rows []assay.ReferenceRow) (added, changed int, err error) {
	err = s.write(func() error {
		if err := s.staging("", version); err != nil {
			return err
		}
		if len(rows) > reference.StageRows {
			return errors.New("too many rows")
		}
		seen := map[string]bool{}
		for _, row := range rows {
			if seen[row.Key] {
				return errors.New("one key twice in a chunk")
			}
			seen[row.Key] = true
			keys := s.rows[row.Kind]
			if keys == nil {
				keys = map[string][]*storedRow{}
				s.rows[row.Kind] = keys
			}
			i := slices.IndexFunc(keys[row.Key], func(r *storedRow) bool { return r.in(version) })
			if i >= 0 {
				old := keys[row.Key][i]
				if old.since == version && old.fields != row.Fields {
					return errors.New("one key twice in an import")
				}
				if old.fields == row.Fields && old.owner == row.Owner {
					old.seen = version
					switch {
					case old.since == version && retiredIn(keys[row.Key], version):
						changed++
					case old.since == version:
						added++
					}
					continue
				}
				old.until = version
				changed++
			} else {
				added++
			}
			keys[row.Key] = append(keys[row.Key], &storedRow{since: version, seen: version, owner: row.Owner, fields: row.Fields})
		}
		return nil
	})
	return added, changed, err
}

func (s *memoryStore) RetireMissing(_ context.Context, _ assay.Scope, version int64, kind assay.ReferenceKind, owners []string, limit int) (removed int, more bool, err error) {
	err = s.write(func() error {
		if err := s.staging("", version); err != nil {
			return err
		}
		if len(owners) > reference.RetireOwners {
			return errors.New("too many owners")
		}
		retired := 0
		for _, versions := range s.rows[kind] {
			for _, r := range versions {
				if !r.in(version) || r.seen == version || owners != nil && !slices.Contains(owners, r.owner) {
					continue
				}
				if retired == limit {
					more = true
					return nil
				}
				r.until = version
				retired++
			}
		}
		for _, versions := range s.rows[kind] {
			if slices.ContainsFunc(versions, func(r *storedRow) bool { return r.since == version }) {
				continue // changed
			}
			for _, r := range versions {
				if r.until == version && (owners == nil || slices.Contains(owners, r.owner)) {
					removed++
				}
			}
		}
		return nil
	})
	return removed, more, err
}

func retiredIn(versions []*storedRow, version int64) bool {
	return slices.ContainsFunc(versions, func(r *storedRow) bool { return r.until == version })
}

func (s *memoryStore) CommitReference(_ context.Context, _ assay.Scope, holder string, version int64, owners []string, event []byte, _ time.Time) error {
	return s.write(func() error {
		if err := s.staging(holder, version); err != nil {
			return err
		}
		s.version, s.lease.holder = version, ""
		s.events = append(s.events, string(event))
		for _, o := range owners {
			s.owners[o] = true
		}
		return nil
	})
}

func (s *memoryStore) AbandonReference(_ context.Context, _ assay.Scope, holder string, version int64) error {
	return s.write(func() error {
		if err := s.staging(holder, version); err != nil {
			return err
		}
		s.clean()
		s.lease.holder = ""
		return nil
	})
}

func (s *memoryStore) PruneReference(_ context.Context, _ assay.Scope, keep int) error {
	return s.write(func() error {
		for _, keys := range s.rows {
			maps.DeleteFunc(keys, func(key string, versions []*storedRow) bool {
				keys[key] = slices.DeleteFunc(versions, func(r *storedRow) bool { return r.until > 0 && r.until <= s.version-int64(keep)+1 })
				return len(keys[key]) == 0
			})
		}
		return nil
	})
}

// set changes the store while others use it.
func (s *memoryStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}
