package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"assay"
)

// lastOf keeps the last value of each key, in the order of their first ones: one
// statement must not touch a row twice.
func lastOf[T any, K comparable](values []T, key func(*T) K) []T {
	at := make(map[K]int, len(values))
	out := make([]T, 0, len(values))
	for i := range values {
		k := key(&values[i])
		if j, ok := at[k]; ok {
			out[j] = values[i]
			continue
		}
		at[k] = len(out)
		out = append(out, values[i])
	}
	return out
}

func (t *tx) putRevisions(revisions []assay.Revision) error {
	type key struct {
		assay.OfferKey
		number int
	}
	var rows []any
	for _, r := range lastOf(revisions, func(r *assay.Revision) key { return key{r.OfferKey, r.Number} }) {
		state, err := json.Marshal(r.State, jsonOptions)
		if err != nil {
			return err
		}
		rows = append(rows, r.Marketplace, r.ID, r.Number, r.SeenAt, string(state), r.Listing)
	}
	_, err := t.insert(`offer_revision (marketplace, offer, number, seen_at, state, listing)`, 6, rows,
		`ON CONFLICT (marketplace, offer, number) DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state, listing = excluded.listing`)
	return err
}

func (t *tx) putObservations(observations []assay.Observation) error {
	type key struct {
		assay.OfferKey
		variant string
		at      int64
	}
	var rows []any
	for _, o := range lastOf(observations, func(o *assay.Observation) key { return key{o.OfferKey, o.Variant, micros(o.At)} }) {
		rows = append(rows, o.Marketplace, o.ID, o.At, o.Variant, countValue(o.Quantity), countValue(o.Sold))
	}
	_, err := t.insert(`observation (marketplace, offer, at, variant, quantity, sold)`, 6, rows,
		`ON CONFLICT (marketplace, offer, at, variant) DO UPDATE SET quantity = excluded.quantity, sold = excluded.sold`)
	return err
}

func countValue(c assay.Count) any {
	if !c.Known {
		return nil
	}
	return c.N
}

func (t *tx) putSellers(sellers []assay.SellerRecord) error {
	type key struct{ marketplace, id string }
	var rows []any
	for _, r := range lastOf(sellers, func(r *assay.SellerRecord) key { return key{r.Marketplace, r.Seller.ID} }) {
		identifiers, err := json.Marshal(r.Seller.Identifiers, jsonOptions)
		if err != nil {
			return err
		}
		rows = append(rows, r.Marketplace, r.Seller.ID, r.Seller.Name, r.Seller.LegalName, r.Seller.Country, r.Seller.JoinedAt,
			string(identifiers), r.Hash, r.SeenAt)
	}
	_, err := t.insert(`seller (marketplace, id, name, legal_name, country, joined_at, identifiers, hash, seen_at)`, 9, rows,
		`ON CONFLICT (marketplace, id) DO UPDATE SET name = excluded.name, legal_name = excluded.legal_name, country = excluded.country,
		joined_at = excluded.joined_at, identifiers = excluded.identifiers, hash = excluded.hash, seen_at = excluded.seen_at
		WHERE seller.hash <> excluded.hash`)
	return err
}

const findingRead = `f.id, f.organisation, f.marketplace, f.offer, f.page, f.level, f.lane, f.owner, f.variant, f.score, f.contributions, ` +
	`f.model, f.reference, f.as_of, f.state, f.revision, f.title, f.url, f.price, f.currency, f.seller_id, f.seller_name, f.found_at, ` +
	`f.changed_at, f.version`

func levels() []assay.Level { return []assay.Level{assay.Clear, assay.Review, assay.Block} }

func scanFinding(rows *sql.Rows, more ...any) (f assay.Finding, err error) {
	var level, score, asOf, found, changed int64
	var contributions, state []byte
	if err := rows.Scan(append([]any{&f.ID, &f.Organisation, &f.Marketplace, &f.Offer, &f.Page, &level, &f.Lane, &f.Owner, &f.Variant, &score,
		&contributions, &f.Model, &f.Reference, &asOf, &state, &f.Revision, &f.Title, &f.URL, &f.Price, &f.Currency, &f.SellerID,
		&f.SellerName, &found, &changed, &f.Version}, more...)...); err != nil {
		return f, err
	}
	f.Level, f.Score = levels()[level], assay.Points(score)
	f.AsOf, f.FoundAt, f.ChangedAt = instant(asOf), instant(found), instant(changed)
	if err := json.Unmarshal(contributions, &f.Contributions, jsonOptions); err != nil {
		return f, err
	}
	return f, json.Unmarshal(state, &f.State, jsonOptions)
}

// FindingsOf returns every finding of the given offers, clear ones too, in no
// particular order.
func (s *Store) FindingsOf(ctx context.Context, scope assay.Scope, keys []assay.OfferKey) ([]assay.Finding, error) {
	offers := map[string][]string{}
	for _, key := range keys {
		offers[key.Marketplace] = append(offers[key.Marketplace], key.ID)
	}
	var all []assay.Finding
	err := s.read(ctx, scope, "reading findings of offers", func(t *tx) error {
		for marketplace, ids := range offers {
			err := in(distinct(ids), 3, func(list string, chunk []any) error {
				return t.rows(`SELECT `+findingRead+` FROM finding f WHERE f.marketplace = $2 AND f.offer IN (`+list+`) AND `+visible("f"),
					append([]any{scope.Organisation, marketplace}, chunk...), func(rows *sql.Rows) error {
						f, err := scanFinding(rows)
						all = append(all, f)
						return err
					})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// found is the predicate on what is kept of an offer: the installation sees all,
// others what they have a finding on. $1 is the viewer.
func found(row string) string {
	return `($1 = 'local' OR EXISTS (SELECT 1 FROM finding f JOIN sight s ON s.viewer = $1 AND s.organisation = f.organisation
		WHERE f.marketplace = ` + row + `.marketplace AND f.offer = ` + row + `.offer))`
}

const revisionRead = `r.marketplace, r.offer, r.number, r.seen_at, r.state, r.listing`

func scanRevision(rows *sql.Rows) (r assay.Revision, err error) {
	var seen int64
	var state, listing []byte
	if err := rows.Scan(&r.Marketplace, &r.ID, &r.Number, &seen, &state, &listing); err != nil {
		return r, err
	}
	r.SeenAt, r.Listing = instant(seen), listing
	return r, json.Unmarshal(state, &r.State, jsonOptions)
}

// Revisions returns which revisions of an offer were kept, without their listings, the
// newest 1,000, newest first, if the scope has a finding on it.
func (s *Store) Revisions(ctx context.Context, scope assay.Scope, key assay.OfferKey) ([]assay.Revision, error) {
	var all []assay.Revision
	err := s.read(ctx, scope, "reading revisions", func(t *tx) error {
		return t.rows(`SELECT r.number, r.seen_at, r.state FROM offer_revision r WHERE r.marketplace = $2 AND r.offer = $3 AND `+found("r")+
			` ORDER BY r.number DESC LIMIT $4`, []any{scope.Organisation, key.Marketplace, key.ID, maxPage}, func(rows *sql.Rows) error {
			r := assay.Revision{OfferKey: key}
			var seen int64
			var state []byte
			if err := rows.Scan(&r.Number, &seen, &state); err != nil {
				return err
			}
			r.SeenAt = instant(seen)
			err := json.Unmarshal(state, &r.State, jsonOptions)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

// RevisionListing returns the listing that was kept of a revision, else NotFound, also for
// who has no finding on the offer. Others than the installation get it without what tells
// who the seller is in law: [undisclosed].
func (s *Store) RevisionListing(ctx context.Context, scope assay.Scope, key assay.OfferKey, number int) ([]byte, error) {
	var listing []byte
	err := s.read(ctx, scope, "reading a revision's listing", func(t *tx) error {
		there, err := t.row(`SELECT r.listing FROM offer_revision r WHERE r.marketplace = $2 AND r.offer = $3 AND r.number = $4 AND `+found("r"),
			[]any{scope.Organisation, key.Marketplace, key.ID, number}, &listing)
		if err == nil && !there {
			return assay.Errorf(assay.NotFound, "there is no such revision")
		}
		return err
	})
	if err != nil || scope.Organisation == assay.LocalOrganisation {
		return listing, err
	}
	disclosed, err := undisclosed(listing)
	if err != nil {
		return nil, fmt.Errorf("leaving out what is not for others of revision %d: %w", number, err)
	}
	return disclosed, nil
}

// Observations returns what was counted on an offer, the newest first, if the scope
// has a finding on it.
func (s *Store) Observations(ctx context.Context, scope assay.Scope, key assay.OfferKey, limit int) ([]assay.Observation, error) {
	var all []assay.Observation
	err := s.read(ctx, scope, "reading observations", func(t *tx) error {
		return t.rows(`SELECT o.variant, o.at, o.quantity, o.sold FROM observation o WHERE o.marketplace = $2 AND o.offer = $3 AND `+found("o")+
			` ORDER BY o.at DESC, o.variant LIMIT $4`, []any{scope.Organisation, key.Marketplace, key.ID, page(limit)}, func(rows *sql.Rows) error {
			o := assay.Observation{OfferKey: key}
			var at int64
			var quantity, sold sql.NullInt64
			err := rows.Scan(&o.Variant, &at, &quantity, &sold)
			o.At = instant(at)
			o.Quantity = assay.Count{N: quantity.Int64, Known: quantity.Valid}
			o.Sold = assay.Count{N: sold.Int64, Known: sold.Valid}
			all = append(all, o)
			return err
		})
	})
	return all, err
}

// FoundOffers returns the latest revision of each offer with a finding, by
// marketplace and id, after the given key. A part shorter than limit (at most
// 1,000) is the last one.
func (s *Store) FoundOffers(ctx context.Context, scope assay.Scope, after assay.OfferKey, limit int) ([]assay.Revision, error) {
	limit = page(limit)
	var all []assay.Revision
	err := s.read(ctx, scope, "reading offers with findings", func(t *tx) error {
		for len(all) < limit {
			var keys []assay.OfferKey
			err := t.rows(`SELECT DISTINCT f.marketplace, f.offer FROM finding f WHERE (f.marketplace, f.offer) > ($2, $3) AND `+visible("f")+
				` ORDER BY f.marketplace, f.offer LIMIT $4`, []any{scope.Organisation, after.Marketplace, after.ID, limit - len(all)}, func(rows *sql.Rows) error {
				var key assay.OfferKey
				err := rows.Scan(&key.Marketplace, &key.ID)
				keys = append(keys, key)
				return err
			})
			if err != nil || len(keys) == 0 {
				return err
			}
			for _, key := range keys {
				err := t.rows(`SELECT `+revisionRead+` FROM offer_revision r WHERE r.marketplace = $2 AND r.offer = $3 AND `+found("r")+
					` ORDER BY r.number DESC LIMIT 1`, []any{scope.Organisation, key.Marketplace, key.ID}, func(rows *sql.Rows) error {
					r, err := scanRevision(rows)
					all = append(all, r)
					return err
				})
				if err != nil {
					return err
				}
			}
			after = keys[len(keys)-1]
		}
		return nil
	})
	return all, err
}

// CountFoundOffers counts the offers with a finding.
func (s *Store) CountFoundOffers(ctx context.Context, scope assay.Scope) (int, error) {
	n := 0
	err := s.read(ctx, scope, "counting offers with findings", func(t *tx) error {
		_, err := t.row(`SELECT count(*) FROM (SELECT DISTINCT f.marketplace, f.offer FROM finding f WHERE `+visible("f")+`) AS matched`,
			[]any{scope.Organisation}, &n)
		return err
	})
	return n, err
}

// ReviseFindings writes what became of findings under another generation, and how
// far that job is, in one transaction with events as in Commit. A finding that
// changed meanwhile is passed over, as is one of an offer of which a later revision
// has come: a newer listing won.
func (s *Store) ReviseFindings(ctx context.Context, scope assay.Scope, changes []assay.FindingChange, job assay.Rescreen, now time.Time) error {
	return s.writeLocal(ctx, scope, "revising findings", func(t *tx) error {
		latest, err := t.latestOnly(changes)
		if err != nil {
			return err
		}
		if _, err := t.putFindings(latest, now, true); err != nil {
			return err
		}
		return t.putRescreen(job)
	})
}

// latestOnly returns the changes that speak of the latest kept revision of their
// offers.
func (t *tx) latestOnly(changes []assay.FindingChange) (latest []assay.FindingChange, err error) {
	for _, c := range changes {
		var later int
		found, err := t.row(`SELECT 1 FROM offer_revision WHERE marketplace = $1 AND offer = $2 AND number > $3 LIMIT 1`,
			[]any{c.After.Marketplace, c.After.Offer, c.After.Revision}, &later)
		if err != nil {
			return nil, err
		}
		if !found {
			latest = append(latest, c)
		}
	}
	return latest, nil
}

func (t *tx) putRescreen(job assay.Rescreen) error {
	_, err := t.exec(`INSERT INTO rescreen (id, generation, model, as_of, marketplace, offer, total, done, changed, started_at, ended_at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, model = excluded.model, as_of = excluded.as_of,
		marketplace = excluded.marketplace, offer = excluded.offer, total = excluded.total, done = excluded.done, changed = excluded.changed,
		started_at = excluded.started_at, ended_at = excluded.ended_at`,
		job.Generation, job.Model, job.AsOf, job.Position.Marketplace, job.Position.ID, job.Total, job.Done, job.Changed, job.StartedAt, job.EndedAt)
	return err
}

// PutRescreen keeps how far the screening of findings under a generation is; there
// is one at a time.
func (s *Store) PutRescreen(ctx context.Context, scope assay.Scope, job assay.Rescreen) error {
	return s.writeLocal(ctx, scope, "keeping the rescreen", func(t *tx) error { return t.putRescreen(job) })
}

// Rescreen returns the latest one, false if there was none. How far it is, everybody
// may know; which offer it has come to, only the installation.
func (s *Store) Rescreen(ctx context.Context, scope assay.Scope) (assay.Rescreen, bool, error) {
	var job assay.Rescreen
	there := false
	if scope.Organisation == "" {
		return job, false, nil
	}
	err := s.read(ctx, assay.LocalScope(scope.Actor), "reading the rescreen", func(t *tx) (err error) {
		var asOf, started, ended int64
		there, err = t.row(`SELECT generation, model, as_of, marketplace, offer, total, done, changed, started_at, ended_at FROM rescreen`, nil,
			&job.Generation, &job.Model, &asOf, &job.Position.Marketplace, &job.Position.ID, &job.Total, &job.Done, &job.Changed, &started, &ended)
		job.AsOf, job.StartedAt, job.EndedAt = instant(asOf), instant(started), instant(ended)
		return err
	})
	if scope.Organisation != assay.LocalOrganisation {
		job.Position = assay.OfferKey{}
	}
	return job, there, err
}
