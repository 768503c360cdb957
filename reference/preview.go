package reference

import (
	"context"
	"errors"
	"io"

	"assay"
)

// Preview does what Import would do without changing anything: it checks the file,
// counts the rows that would be added, changed and removed, and builds the
// generation that would come into force. It returns when that is done: a record
// that failed has the mistakes, one that is done the generation's hash and the first
// rows that would change. An error is of the upload or the store.
func (k *Keeper) Preview(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error) {
	end, err := k.begin()
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	defer end()
	j, err := k.newJob(scope, kind, mode, name, body)
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	defer j.spool.close()
	r := j.record
	g, err := k.preview(ctx, j)
	var problems assay.Problems
	if err != nil && !errors.As(err, &problems) {
		return assay.ReferenceImport{}, err
	}
	r.Rows, r.EndedAt = len(j.file.rows), k.Clock()
	if err != nil {
		fail(r, err, r.EndedAt)
		return *r, nil
	}
	r.Phase, r.Generation = assay.ImportDone, g.Hash()
	return *r, nil
}

func (k *Keeper) preview(ctx context.Context, j *importJob) (*Generation, error) {
	f, r := j.file, j.record
	if err := k.check(ctx, f); err != nil {
		return nil, err
	}
	if err := f.number(); err != nil {
		return nil, err
	}
	release, err := k.acquireBuilder(ctx) // one build at a time bounds the memory
	if err != nil {
		return nil, err
	}
	defer release()
	version, err := k.version(ctx)
	if err != nil {
		return nil, err
	}
	c := newChanges(f, j.mode)
	stored := k.rowsOf(ctx, version)
	g, err := buildRows(k.Clock(), func(kind assay.ReferenceKind, visit func(owner, key, fields string) error) error {
		if kind != f.kind {
			return stored(kind, visit)
		}
		if err := stored(kind, func(owner, key, fields string) error {
			if c.stays(owner, key, fields) {
				return visit(owner, key, fields)
			}
			return nil
		}); err != nil {
			return err
		}
		return f.each(func(row assay.ReferenceRow, line int) error {
			c.comes(row, line)
			return visit(row.Owner, row.Key, row.Fields)
		})
	}, f.place)
	r.Added, r.Changed, r.Removed = c.counts()
	if err == nil {
		r.Changes = c.list()
	}
	return g, err
}
