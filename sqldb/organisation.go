package sqldb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"assay"
)

// newID makes a UUIDv7 (RFC 9562) of the given time, so that ids are roughly in the
// order of time without a look at the clock.
func newID(at time.Time) string {
	var id uuid.UUID
	rand.Read(id[:])
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// visible is the predicate that every query on rows of organisations carries: $1 is
// the viewer, row the table's name in the query. The installation sees all, which need not be
// looked up for each row.
func visible(row string) string {
	return `($1 = 'local' OR EXISTS (SELECT 1 FROM sight WHERE sight.viewer = $1 AND sight.organisation = ` + row + `.organisation))`
}

const organisationColumns = `id, kind, name, parent, created_at`

func scanOrganisation(rows *sql.Rows) (o assay.Organisation, err error) {
	var created int64
	err = rows.Scan(&o.ID, &o.Kind, &o.Name, &o.Parent, &created)
	o.CreatedAt = instant(created)
	return o, err
}

// EnsureBrands returns the organisation of each name, and makes the brands that are
// missing.
func (s *Store) EnsureBrands(ctx context.Context, scope assay.Scope, names []string, now time.Time) (map[string]string, error) {
	var ids map[string]string
	err := s.writeLocal(ctx, scope, "ensuring brands", func(t *tx) (err error) {
		ids, err = t.ensureBrands(names, now)
		return err
	})
	return ids, err
}

func (t *tx) ensureBrands(names []string, now time.Time) (map[string]string, error) {
	names = distinct(names)
	ids := make(map[string]string, len(names))
	if err := t.brands(names, ids); err != nil || len(ids) == len(names) {
		return ids, err
	}
	var rows, sights []any
	made := map[string]string{}
	for _, name := range names {
		if _, ok := ids[name]; !ok {
			id := newID(now)
			made[name] = id
			sights = append(sights, id, id, assay.LocalOrganisation, id)
			rows = append(rows, id, string(assay.KindBrand), name, "", now)
		}
	}
	// Sight first: rows are written only where they can be seen.
	if _, err := t.insert(`sight (viewer, organisation)`, 2, sights, ``); err != nil {
		return nil, err
	}
	if _, err := t.insert(`organisation (`+organisationColumns+`)`, 5, rows, `ON CONFLICT (name) WHERE kind = 'brand' DO NOTHING`); err != nil {
		return nil, err
	}
	if err := t.brands(slices.Collect(maps.Keys(made)), ids); err != nil {
		return nil, err
	}
	for name, id := range made {
		if ids[name] != id { // another process made it at this moment, and theirs counts
			if _, err := t.exec(`DELETE FROM sight WHERE organisation = $1`, id); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// brands adds the ids of those brands that exist, by the name as given.
func (t *tx) brands(names []string, ids map[string]string) error {
	given := map[string]string{} // by the name as kept
	for _, name := range names {
		given[clean(name)] = name
	}
	return in(names, 1, func(list string, chunk []any) error {
		return t.rows(`SELECT id, name FROM organisation WHERE kind = 'brand' AND name IN (`+list+`)`, chunk, func(rows *sql.Rows) error {
			var id, name string
			err := rows.Scan(&id, &name)
			ids[given[name]] = id
			return err
		})
	})
}

func distinct[T cmp.Ordered](values []T) []T {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// PutOrganisation makes an organisation, or changes its name, kind and parent; who
// sees whom follows. A parent that is missing or would be its own ancestor is Invalid, a
// second brand of one name Conflict.
func (s *Store) PutOrganisation(ctx context.Context, scope assay.Scope, o assay.Organisation) error {
	if o.ID == "" || o.Name == "" || o.Kind == "" {
		return assay.Errorf(assay.Invalid, "an organisation needs an id, a kind and a name")
	}
	if o.ID == assay.LocalOrganisation && (o.Kind != assay.KindNode || o.Parent != "") {
		return assay.Errorf(assay.Invalid, "the installation itself stays a node without a parent")
	}
	return s.writeLocal(ctx, scope, "keeping an organisation", func(t *tx) error {
		if _, err := t.exec(`INSERT INTO sight (viewer, organisation) VALUES ($1, $1), ('local', $1) ON CONFLICT DO NOTHING`, o.ID); err != nil {
			return err
		}
		var before string
		if _, err := t.row(`SELECT parent FROM organisation WHERE id = $1`, []any{o.ID}, &before); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO organisation (`+organisationColumns+`) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, parent = excluded.parent`,
			o.ID, string(o.Kind), o.Name, o.Parent, o.CreatedAt); err != nil {
			return err
		}
		if before == o.Parent {
			return nil
		}
		return t.moveSight(o.ID, before, o.Parent)
	})
}

// moveSight takes the organisation and all below it out of the sight of its old
// ancestors and puts them into that of the new ones.
func (t *tx) moveSight(id, before, after string) error {
	const below = `WITH RECURSIVE below (id) AS (SELECT CAST($2 AS TEXT) COLLATE "binary"
		UNION SELECT o.id FROM organisation o JOIN below b ON o.parent = b.id) `
	old, err := t.ancestors(before)
	if err != nil {
		return err
	}
	for _, viewer := range old {
		if viewer == assay.LocalOrganisation || viewer == id {
			continue
		}
		if _, err := t.exec(below+`DELETE FROM sight WHERE viewer = $1 AND organisation IN (SELECT id FROM below)`, viewer, id); err != nil {
			return err
		}
	}
	fresh, err := t.ancestors(after)
	if err != nil {
		return err
	}
	if slices.Contains(fresh, id) {
		return assay.Errorf(assay.Invalid, "an organisation cannot belong to itself")
	}
	for _, viewer := range fresh {
		if _, err := t.exec(below+`INSERT INTO sight (viewer, organisation) SELECT CAST($1 AS TEXT), id FROM below WHERE true ON CONFLICT DO NOTHING`, viewer, id); err != nil {
			return err
		}
	}
	return nil
}

// ancestors returns id and every group above it.
func (t *tx) ancestors(id string) ([]string, error) {
	var all []string
	for id != "" && !slices.Contains(all, id) {
		all = append(all, id)
		var parent string
		found, err := t.row(`SELECT parent FROM organisation WHERE id = $1`, []any{id}, &parent)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, assay.Errorf(assay.Invalid, "the parent organisation %q does not exist", id)
		}
		id = parent
	}
	return all, nil
}

// Organisations lists those that the scope sees by id, after the given one.
func (s *Store) Organisations(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Organisation, error) {
	var all []assay.Organisation
	err := s.read(ctx, scope, "listing organisations", func(t *tx) error {
		return t.rows(`SELECT o.id, o.kind, o.name, o.parent, o.created_at FROM sight s JOIN organisation o ON o.id = s.organisation
			WHERE s.viewer = $1 AND s.organisation > $2 ORDER BY s.organisation LIMIT $3`,
			[]any{scope.Organisation, after, page(limit)}, func(rows *sql.Rows) error {
				o, err := scanOrganisation(rows)
				all = append(all, o)
				return err
			})
	})
	return all, err
}

// Organisation returns one that the scope sees, else NotFound.
func (s *Store) Organisation(ctx context.Context, scope assay.Scope, id string) (assay.Organisation, error) {
	var o assay.Organisation
	err := s.read(ctx, scope, "reading an organisation", func(t *tx) error {
		found := false
		err := t.rows(`SELECT o.id, o.kind, o.name, o.parent, o.created_at FROM sight s JOIN organisation o ON o.id = s.organisation
			WHERE s.viewer = $1 AND s.organisation = $2`, []any{scope.Organisation, id}, func(rows *sql.Rows) (err error) {
			found = true
			o, err = scanOrganisation(rows)
			return err
		})
		if err == nil && !found {
			return assay.Errorf(assay.NotFound, "there is no such organisation")
		}
		return err
	})
	return o, err
}

// PutMarketplace makes a marketplace or gives it another platform.
func (s *Store) PutMarketplace(ctx context.Context, scope assay.Scope, m assay.Marketplace) error {
	if m.Name == "" {
		return assay.Errorf(assay.Invalid, "a marketplace needs a name")
	}
	platform := cmp.Or(m.Platform, assay.LocalOrganisation)
	return s.writeLocal(ctx, scope, "keeping a marketplace", func(t *tx) error {
		var one int64
		found, err := t.row(`SELECT 1 FROM organisation WHERE id = $1`, []any{platform}, &one)
		if err != nil {
			return err
		}
		if !found {
			return assay.Errorf(assay.Invalid, "the marketplace's platform %q does not exist", platform)
		}
		_, err = t.exec(`INSERT INTO marketplace (name, organisation) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET organisation = excluded.organisation`, m.Name, platform)
		return err
	})
}

// Marketplaces lists the marketplaces of the platforms that the scope sees, by name.
func (s *Store) Marketplaces(ctx context.Context, scope assay.Scope) ([]assay.Marketplace, error) {
	var all []assay.Marketplace
	err := s.read(ctx, scope, "listing marketplaces", func(t *tx) error {
		return t.rows(`SELECT m.name, m.organisation FROM marketplace m WHERE `+visible("m")+` ORDER BY m.name`,
			[]any{scope.Organisation}, func(rows *sql.Rows) error {
				var m assay.Marketplace
				err := rows.Scan(&m.Name, &m.Platform)
				all = append(all, m)
				return err
			})
	})
	return all, err
}

// Sizes of the pages of lists.
const (
	defaultPage = 50
	maxPage     = 1_000
)

func page(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}
