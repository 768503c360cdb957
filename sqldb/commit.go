package sqldb

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// Commit writes an outcome in one transaction: its segment, its findings with an
// event and an outbox row each, what is kept of offers and sellers, and how far the
// partition is. It is
//   - Conflict if Holder does not hold the partition, whatever its time, or if a
//     finding is not at the version that the outcome starts from;
//   - nil, with nothing written, if the partition is past To: it was done before;
//   - Internal if the partition stands between From and To.
//
// Owners without an organisation get one, marketplaces are made as they are met.
func (s *Store) Commit(ctx context.Context, scope assay.Scope, o assay.Outcome) error {
	return s.writeLocal(ctx, scope, "committing an outcome", func(t *tx) error {
		done, err := t.advance(o.Partition, o.Holder, o.From, o.To, o.Listings, o.New)
		if err != nil || done {
			return err
		}
		if err := t.ensureMarketplaces(&o); err != nil {
			return err
		}
		if o.Segment != nil {
			seg := *o.Segment
			seg.Partition, seg.From, seg.To = o.Partition, o.From, o.To
			id, err := t.numbers(1)
			if err != nil {
				return err
			}
			if err := t.insertSegment(id, &seg); err != nil {
				return err
			}
		}
		if _, err := t.putFindings(o.Findings, o.At, false); err != nil {
			return err
		}
		if err := t.putRevisions(o.Revisions); err != nil {
			return err
		}
		if err := t.putObservations(o.Observations); err != nil {
			return err
		}
		return t.putSellers(o.Sellers)
	})
}

// advance moves a partition to the sequence to. done: it is there already.
func (t *tx) advance(partition int, holder string, from, to uint64, listings, revisions int) (done bool, err error) {
	if holder == "" || from == 0 || to < from {
		return false, assay.Errorf(assay.Invalid, "an outcome needs a holder and sequences in order")
	}
	n, err := t.exec(`UPDATE intake_partition SET committed = $1, listings = listings + $2, revisions = revisions + $3
		WHERE id = $4 AND holder = $5 AND committed < $6`, to, listings, revisions, partition, holder, from)
	if err != nil || n == 1 {
		return false, err
	}
	var committed int64
	var holds string
	found, err := t.row(`SELECT committed, holder FROM intake_partition WHERE id = $1`, []any{partition}, &committed, &holds)
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, assay.Errorf(assay.NotFound, "there is no partition %d", partition)
	case holds != clean(holder):
		return false, assay.Errorf(assay.Conflict, "partition %d is worked by somebody else", partition)
	case to <= uint64(committed):
		return true, nil
	}
	return false, assay.Errorf(assay.Internal, "partition %d is committed up to %d, within the run %d to %d", partition, committed, from, to)
}

func (t *tx) ensureMarketplaces(o *assay.Outcome) error {
	var names []string
	for i := range o.Findings {
		names = append(names, o.Findings[i].After.Marketplace)
	}
	for i := range o.Revisions {
		names = append(names, o.Revisions[i].Marketplace)
	}
	for i := range o.Observations {
		names = append(names, o.Observations[i].Marketplace)
	}
	for i := range o.Sellers {
		names = append(names, o.Sellers[i].Marketplace)
	}
	var rows []any
	for _, name := range distinct(names) {
		rows = append(rows, name, assay.LocalOrganisation)
	}
	_, err := t.insert(`marketplace (name, organisation)`, 2, rows, `ON CONFLICT (name) DO NOTHING`)
	return err
}

// jsonOptions: names and titles are hostile and may be no UTF-8.
var jsonOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true))

const findingColumns = `id, organisation, marketplace, offer, page, level, lane, owner, variant, score, contributions, model, ` +
	`reference, as_of, state, revision, title, url, price, currency, seller_id, seller_name, found_at, changed_at, version`

const findingWidth = 27 // findingColumns, number, searched

// findingValues are the values of findingColumns.
func findingValues(f *assay.Finding) ([]any, error) {
	contributions, err := json.Marshal(f.Contributions, jsonOptions)
	if err != nil {
		return nil, err
	}
	state := []byte("{}")
	if !f.State.IsZero() || f.State.Revision != 0 {
		if state, err = json.Marshal(f.State, jsonOptions); err != nil {
			return nil, err
		}
	}
	return []any{f.ID, f.Organisation, f.Marketplace, f.Offer, f.Page, f.Level.Rank(), string(f.Lane), f.Owner, f.Variant, int64(f.Score),
		string(contributions), f.Model, f.Reference, f.AsOf, string(state), f.Revision, f.Title, f.URL, f.Price, f.Currency, f.SellerID,
		f.SellerName, f.FoundAt, f.ChangedAt, f.Version}, nil
}

// putFindings writes changes of findings, their full text, events and outbox rows,
// and returns how many it wrote. A change that does not start from the finding
// as it is: is passed over with skip, else Conflict.
func (t *tx) putFindings(changes []assay.FindingChange, at time.Time, skip bool) (int, error) {
	if len(changes) == 0 {
		return 0, nil
	}
	changes = slices.Clone(changes) // what is set below is not the caller's
	organisations, err := t.owners(changes, at)
	if err != nil {
		return 0, err
	}
	first, err := t.numbers(2 * len(changes)) // a finding and an event each
	if err != nil {
		return 0, err
	}
	var added []any
	for i := range changes {
		f := &changes[i].After
		f.Organisation = organisations[f.Owner]
		f.AsOf, f.FoundAt, f.ChangedAt = instant(micros(f.AsOf)), instant(micros(f.FoundAt)), instant(micros(f.ChangedAt))
		if f.Level.Rank() < 0 {
			return 0, assay.Errorf(assay.Invalid, "a finding has the unknown verdict %q", f.Level)
		}
		if before := changes[i].Before; before != nil {
			f.ID, f.FoundAt = before.ID, instant(micros(before.FoundAt))
			continue
		}
		if f.ID == "" {
			f.ID = newID(at)
		}
		values, err := findingValues(f)
		if err != nil {
			return 0, err
		}
		added = append(append(added, values...), first+int64(i), searchedOf(f))
	}
	if _, err := t.insert(`finding (`+findingColumns+`, number, searched)`, findingWidth, added, ``); err != nil {
		return 0, err
	}
	var events, outbox []any
	for i := range changes {
		c := &changes[i]
		f := &c.After
		number, kind := first+int64(i), assay.EventFindingNew
		if c.Before != nil {
			kind = assay.EventFindingChanged
			found, err := t.changeFinding(f, c.Before.Version, &number)
			if err != nil {
				return 0, err
			}
			if !found && skip {
				continue
			}
			if !found {
				return 0, assay.Errorf(assay.Conflict, "the finding on %s of %s was changed meanwhile", f.Offer, f.Marketplace)
			}
		}
		if err := t.store.dialect.putText(t, "finding_text", number, f.Organisation, wordsOf(f), c.Before == nil); err != nil {
			return 0, err
		}
		data, err := json.Marshal(findingEvent{c.Before, f, c.Cause}, jsonOptions)
		if err != nil {
			return 0, err
		}
		position := first + int64(len(changes)+i)
		events = append(events, newID(at), position, f.Organisation, kind, f.ID, t.scope.Actor, at, string(data))
		outbox = append(outbox, position, f.Organisation)
	}
	return len(outbox) / 2, t.putEvents(events, outbox)
}

// findingEvent is the data of an event about a finding.
type findingEvent struct {
	Before *assay.Finding `json:"before"`
	After  *assay.Finding `json:"after"`
	Cause  assay.Cause    `json:"cause"`
}

// owners returns the organisation of each owner in changes. What has no owner is
// the installation's.
func (t *tx) owners(changes []assay.FindingChange, at time.Time) (map[string]string, error) {
	var names []string
	for i := range changes {
		if owner := changes[i].After.Owner; owner != "" {
			names = append(names, owner)
		}
	}
	ids, err := t.ensureBrands(names, at)
	if err == nil {
		ids[""] = assay.LocalOrganisation
	}
	return ids, err
}

func (t *tx) changeFinding(f *assay.Finding, version int, number *int64) (bool, error) {
	values, err := findingValues(f)
	if err != nil {
		return false, err
	}
	values = append(values, searchedOf(f), version, t.scope.Organisation)
	return t.row(`UPDATE finding SET organisation = $2, marketplace = $3, offer = $4, page = $5, level = $6, lane = $7, owner = $8, variant = $9,
		score = $10, contributions = $11, model = $12, reference = $13, as_of = $14, state = $15, revision = $16, title = $17, url = $18,
		price = $19, currency = $20, seller_id = $21, seller_name = $22, found_at = $23, changed_at = $24, version = $25, searched = $26
		WHERE id = $1 AND version = $27
		AND EXISTS (SELECT 1 FROM sight s WHERE s.viewer = $28 AND s.organisation = finding.organisation) RETURNING number`, values, number)
}

func (t *tx) putEvents(events, outbox []any) error {
	if _, err := t.insert(`event (id, position, organisation, kind, subject, actor, at, data)`, 8, events, ``); err != nil {
		return err
	}
	_, err := t.insert(`outbox (position, organisation)`, 2, outbox, ``)
	return err
}
