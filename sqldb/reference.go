package sqldb

import (
	"context"
	"database/sql"
	"time"

	"assay"
)

// Rows of the reference are kept by version: an import writes under a version that is
// not in force yet, in short transactions, and one more of those puts it into
// force. Until then nobody sees any of it, and what a dead import left is taken
// back by the next one.

// Sizes of one transaction.
const (
	maxStaged = 5_000
	undoRows  = 5_000
	// MaxRetiredOwners is how many owners one call of RetireMissing takes.
	MaxRetiredOwners = 1_000
)

// ReferenceVersion returns the version in force, 0 before the first import.
func (s *Store) ReferenceVersion(ctx context.Context, scope assay.Scope) (int64, error) {
	if scope.Organisation == "" {
		return 0, nil
	}
	var version int64
	err := s.read(ctx, scope, "reading the reference's version", func(t *tx) error {
		_, err := t.row(`SELECT current FROM reference_version`, nil, &version)
		return err
	})
	return version, err
}

// ReferenceRows calls visit with the rows of a kind in force at version, by key, all of
// one state of the database. It holds one row at a time.
func (s *Store) ReferenceRows(ctx context.Context, scope assay.Scope, version int64, kind assay.ReferenceKind, visit func(owner, key, fields string) error) error {
	return s.read(ctx, scope, "reading the reference", func(t *tx) error {
		return t.rows(`SELECT r.owner, r.key, r.fields FROM reference_row r WHERE r.kind = $2 AND r.since <= $3
			AND (r.until IS NULL OR r.until > $3) AND `+visible("r")+` ORDER BY r.key`, []any{scope.Organisation, string(kind), version},
			func(rows *sql.Rows) error {
				var owner, key, fields string
				if err := rows.Scan(&owner, &key, &fields); err != nil {
					return err
				}
				return visited(visit(owner, key, fields))
			})
	})
}

// importing tells the state of imports. The row is locked until the transaction ends, so
// that a lease that is checked stays checked.
type importing struct {
	current, begun, begunAt int64
	holder                  string
}

func (t *tx) importing() (i importing, err error) {
	_, err = t.row(`UPDATE reference_version SET id = id RETURNING current, begun, begun_at, holder`, nil, &i.current, &i.begun, &i.begunAt, &i.holder)
	return i, err
}

// staging is importing for a version that is being written, else Conflict. holder is
// checked unless empty.
func (t *tx) staging(holder string, version int64) (importing, error) {
	i, err := t.importing()
	if err == nil && (i.holder == "" || i.begun != version || holder != "" && i.holder != clean(holder)) {
		return i, assay.Errorf(assay.Conflict, "another import has begun since")
	}
	return i, err
}

// BeginReference takes the one lease for imports, takes back what an import left that
// died, and returns the version to write under. It is above the one in force, and
// no import before had it: a straggler can't write into another's version. It is a
// Conflict while somebody else's import runs. The holder renews its lease by calling RenewReference.
func (s *Store) BeginReference(ctx context.Context, scope assay.Scope, holder string, now, until time.Time) (int64, error) {
	var i importing
	err := s.writeLocal(ctx, scope, "beginning an import", func(t *tx) (err error) {
		if holder == "" {
			return assay.Errorf(assay.Invalid, "an import needs a holder")
		}
		n, err := t.exec(`UPDATE reference_version SET holder = $1, lease_until = $4, begun_at = $2, begun = CASE WHEN begun > current THEN begun + 1 ELSE current + 1 END
			WHERE `+leaseFree, holder, now, believed(now, until), until)
		if err != nil {
			return err
		}
		if n == 0 {
			return assay.Errorf(assay.Conflict, "another import is running")
		}
		i, err = t.importing()
		return err
	})
	if err != nil {
		return 0, err
	}
	return i.begun, s.undoReference(ctx, scope, holder, i.begun)
}

// RenewReference extends the lease of a running import; Conflict if it is lost.
func (s *Store) RenewReference(ctx context.Context, scope assay.Scope, holder string, version int64, until time.Time) error {
	return s.writeLocal(ctx, scope, "renewing an import", func(t *tx) error {
		if _, err := t.staging(holder, version); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE reference_version SET lease_until = $1`, until)
		return err
	})
}

// undoReference takes back everything beyond the version in force, in short transactions.
func (s *Store) undoReference(ctx context.Context, scope assay.Scope, holder string, version int64) error {
	for more := true; more; {
		err := s.writeLocal(ctx, scope, "taking an import back", func(t *tx) error {
			i, err := t.staging(holder, version)
			if err != nil {
				return err
			}
			written, err := t.deleteReference(`(kind, key, since) IN
				(SELECT kind, key, since FROM reference_row WHERE since > $1 LIMIT $2)`, i.current, undoRows)
			if err != nil {
				return err
			}
			retired, err := t.exec(`UPDATE reference_row SET until = NULL WHERE (kind, key, since) IN
				(SELECT kind, key, since FROM reference_row WHERE until > $1 LIMIT $2)`, i.current, undoRows)
			more = written == undoRows || retired == undoRows
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StageReference writes up to 5,000 rows under a version that BeginReference gave, else
// Conflict. A row like the one in force is left alone and confirmed (RetireMissing);
// of rows with one key the last counts. Rows that this version wrote already count as
// they did the first time, so that a call whose answer was lost can be made again.
// Owners get their organisation at once, which does no harm if the import is abandoned.
func (s *Store) StageReference(ctx context.Context, scope assay.Scope, version int64, mode assay.ImportMode, rows []assay.ReferenceRow) (added, changed int, err error) {
	err = s.writeLocal(ctx, scope, "writing an import", func(t *tx) error {
		if len(rows) > maxStaged {
			return assay.Errorf(assay.TooLarge, "at most %d rows are written at once", maxStaged)
		}
		if _, err := t.staging("", version); err != nil {
			return err
		}
		byKind := map[assay.ReferenceKind][]assay.ReferenceRow{}
		var owners []string
		for _, r := range rows {
			r.Key, r.Owner, r.Fields = clean(r.Key), clean(r.Owner), clean(r.Fields)
			byKind[r.Kind] = append(byKind[r.Kind], r)
			if r.Owner != "" {
				owners = append(owners, r.Owner)
			}
		}
		i, err := t.importing()
		if err != nil {
			return err
		}
		ids, err := t.ensureBrands(owners, instant(i.begunAt))
		if err != nil {
			return err
		}
		ids[""] = assay.LocalOrganisation
		added, changed = 0, 0
		for kind, rows := range byKind {
			a, c, err := t.stage(version, mode, kind, lastOf(rows, func(r *assay.ReferenceRow) string { return r.Key }), ids)
			if err != nil {
				return err
			}
			added, changed = added+a, changed+c
		}
		return nil
	})
	return added, changed, err
}

// unended is until IS NULL where rows are asked for by key. That text would have PostgreSQL, while it
// has no statistics, read all rows of the kind by the index of those that are not ended.
const unended = `coalesce(until, 0) = 0`

func (t *tx) stage(version int64, mode assay.ImportMode, kind assay.ReferenceKind, rows []assay.ReferenceRow, ids map[string]string) (added, changed int, err error) {
	type kept struct {
		since         int64
		owner, fields string
	}
	keys := make([]string, len(rows))
	for i := range rows {
		keys[i] = rows[i].Key
	}
	inForce := make(map[string]kept, len(rows))
	err = in(keys, 2, func(list string, chunk []any) error {
		return t.rows(`SELECT key, since, owner, fields FROM reference_row WHERE kind = $1 AND key IN (`+list+`) AND `+unended,
			append([]any{string(kind)}, chunk...), func(rows *sql.Rows) error {
				var key string
				var k kept
				err := rows.Scan(&key, &k.since, &k.owner, &k.fields)
				inForce[key] = k
				return err
			})
	})
	if err != nil {
		return 0, 0, err
	}
	var same, old, again []string
	var fresh []assay.ReferenceRow
	for _, r := range rows {
		k, there := inForce[r.Key]
		equal := there && k.owner == r.Owner && k.fields == r.Fields
		if there && k.since == version {
			again = append(again, r.Key)
		}
		switch {
		case equal:
			same = append(same, r.Key)
			continue
		case there && k.since == version: // the file has the key twice
			if err := t.changeReference(version, &r, ids[r.Owner]); err != nil {
				return 0, 0, err
			}
			continue
		case there:
			old = append(old, r.Key)
			changed++
		default:
			added++
		}
		fresh = append(fresh, r)
	}
	// Of what was written already, a row that took another's place was a change.
	added += len(again)
	err = in(again, 3, func(list string, chunk []any) error {
		var n int
		_, err := t.row(`SELECT count(*) FROM reference_row WHERE until = $1 AND kind = $2 AND key IN (`+list+`)`,
			append([]any{version, string(kind)}, chunk...), &n)
		added, changed = added-n, changed+n
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	err = in(old, 3, func(list string, chunk []any) error {
		_, err := t.exec(`UPDATE reference_row SET until = $1 WHERE kind = $2 AND key IN (`+list+`) AND `+unended,
			append([]any{version, string(kind)}, chunk...)...)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	if err := t.addReference(version, fresh, ids); err != nil {
		return 0, 0, err
	}
	if mode != assay.ImportReplace {
		return added, changed, nil // nobody asks what was confirmed
	}
	return added, changed, in(same, 3, func(list string, chunk []any) error {
		_, err := t.exec(`UPDATE reference_row SET seen = $1 WHERE kind = $2 AND key IN (`+list+`) AND `+unended,
			append([]any{version, string(kind)}, chunk...)...)
		return err
	})
}

// addReference writes new rows and their words.
func (t *tx) addReference(version int64, rows []assay.ReferenceRow, ids map[string]string) error {
	first, err := t.referenceNumbers(len(rows))
	if err != nil {
		return err
	}
	values := make([]any, 0, len(rows)*9)
	for i, r := range rows {
		values = append(values, string(r.Kind), r.Key, version, nil, version, ids[r.Owner], r.Owner, r.Fields, first+int64(i))
	}
	if _, err := t.insert(`reference_row (kind, key, since, until, seen, organisation, owner, fields, number)`, 9, values, ``); err != nil {
		return err
	}
	for i := range rows {
		if err := t.putReferenceText(first+int64(i), ids[rows[i].Owner], &rows[i], true); err != nil {
			return err
		}
	}
	return nil
}

// changeReference changes a row that this version wrote, and its words.
func (t *tx) changeReference(version int64, r *assay.ReferenceRow, organisation string) error {
	var number sql.Null[int64]
	_, err := t.row(`UPDATE reference_row SET organisation = $1, owner = $2, fields = $3 WHERE kind = $4 AND key = $5 AND since = $6 RETURNING number`,
		[]any{organisation, r.Owner, r.Fields, string(r.Kind), r.Key, version}, &number)
	if err != nil || !number.Valid {
		return err
	}
	return t.putReferenceText(number.V, organisation, r, false)
}

// deleteReference deletes rows and their words, and returns how many rows there were.
func (t *tx) deleteReference(condition string, args ...any) (n int64, err error) {
	var numbers []int64
	err = t.rows(`DELETE FROM reference_row WHERE `+condition+` RETURNING number`, args, func(rows *sql.Rows) error {
		var number sql.Null[int64]
		err := rows.Scan(&number)
		if n++; number.Valid {
			numbers = append(numbers, number.V)
		}
		return err
	})
	if err != nil {
		return n, err
	}
	return n, in(numbers, 1, func(list string, chunk []any) error {
		_, err := t.exec(`DELETE FROM reference_text AS t WHERE `+t.store.dialect.textKey+` IN (`+list+`)`, chunk...)
		return err
	})
}

// RetireMissing ends, from version on, rows of a kind that this version neither wrote
// nor confirmed: those of the owners, MaxRetiredOwners at most, of everybody if owners
// is nil. It takes at most limit (0: 5,000) of them and reports whether there may be
// more. Once there are none, removed is how many the version has retired of those owners in all
// calls; until then it is 0.
func (s *Store) RetireMissing(ctx context.Context, scope assay.Scope, version int64, kind assay.ReferenceKind, owners []string, limit int) (removed int, more bool, err error) {
	if len(owners) > MaxRetiredOwners {
		return 0, false, assay.Errorf(assay.TooLarge, "rows of at most %d owners are retired at once", MaxRetiredOwners)
	}
	if limit <= 0 || limit > maxStaged {
		limit = maxStaged
	}
	owners = distinct(owners)
	err = s.writeLocal(ctx, scope, "retiring rows", func(t *tx) error {
		if _, err := t.staging("", version); err != nil {
			return err
		}
		n := 0
		err := ofOwners(owners, 4, func(condition string, chunk []any) error {
			if n == limit {
				return nil
			}
			touched, err := t.exec(`UPDATE reference_row SET until = $1 WHERE until IS NULL AND kind = $2 AND key IN
				(SELECT key FROM reference_row WHERE kind = $2 AND until IS NULL AND seen < $1`+condition+` LIMIT $3)`,
				append([]any{version, string(kind), limit - n}, chunk...)...)
			n += int(touched)
			return err
		})
		more = n == limit
		return err
	})
	if err != nil || more {
		return 0, more, err
	}
	err = s.readLocal(ctx, scope, "counting retired rows", func(t *tx) error {
		removed = 0
		return ofOwners(owners, 3, func(condition string, chunk []any) error {
			var n int
			_, err := t.row(`SELECT count(*) FROM reference_row WHERE kind = $1 AND until = $2`+condition+` AND NOT EXISTS
				(SELECT 1 FROM reference_row r WHERE r.kind = $1 AND r.key = reference_row.key AND r.since = $2)`,
				append([]any{string(kind), version}, chunk...), &n)
			removed += n
			return err
		})
	})
	return removed, false, err
}

// ofOwners calls f with a condition on the owner for each part of owners, with none
// if owners is nil.
func ofOwners(owners []string, first int, f func(condition string, chunk []any) error) error {
	if owners == nil {
		return f(``, nil)
	}
	return in(owners, first, func(list string, chunk []any) error { return f(` AND owner IN (`+list+`)`, chunk) })
}

// CommitReference puts a version into force and ends the import, with an event
// "reference.changed" that carries data, a JSON object. It is a Conflict if holder's lease went to
// somebody else.
func (s *Store) CommitReference(ctx context.Context, scope assay.Scope, holder string, version int64, owners []string, data []byte, now time.Time) error {
	return s.writeLocal(ctx, scope, "putting an import into force", func(t *tx) error {
		if _, err := t.staging(holder, version); err != nil {
			return err
		}
		if _, err := t.ensureBrands(owners, now); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE reference_version SET current = $1, holder = '', lease_until = 0`, version); err != nil {
			return err
		}
		at, err := t.numbers(1)
		if err != nil {
			return err
		}
		if len(data) == 0 {
			data = []byte("{}")
		}
		return t.putEvents([]any{newID(now), at, assay.LocalOrganisation, EventReferenceChanged, "reference", t.scope.Actor, now, string(data)},
			[]any{at, assay.LocalOrganisation})
	})
}

// EventReferenceChanged is the kind of the event about another version in force.
const EventReferenceChanged = "reference.changed"

// AbandonReference takes an import back and ends it. It is a Conflict if holder's
// lease went to somebody else, who then takes it back.
func (s *Store) AbandonReference(ctx context.Context, scope assay.Scope, holder string, version int64) error {
	if err := s.undoReference(ctx, scope, holder, version); err != nil {
		return err
	}
	return s.writeLocal(ctx, scope, "ending an import", func(t *tx) error {
		if _, err := t.staging(holder, version); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE reference_version SET holder = '', lease_until = 0`)
		return err
	})
}

// PruneReference forgets rows that were in force only in versions older than the last
// keepVersions, in short transactions.
func (s *Store) PruneReference(ctx context.Context, scope assay.Scope, keepVersions int) error {
	for more := true; more; {
		err := s.writeLocal(ctx, scope, "pruning the reference", func(t *tx) error {
			n, err := t.deleteReference(`(kind, key, since) IN (SELECT kind, key, since FROM reference_row
				WHERE until <= (SELECT current - $1 FROM reference_version) LIMIT $2)`, max(keepVersions, 0), undoRows)
			more = n == undoRows
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
