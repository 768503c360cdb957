package watch

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"assay"

	"github.com/google/uuid"
)

// screened is what is kept of a listing and its verdict. It shares nothing with
// either.
type screened struct {
	offer    assay.OfferKey
	number   int // of the revision
	at       time.Time
	record   []byte // the listing as one JSON object
	state    assay.State
	verdicts []assay.Assessment
	model    string
	ref      string
	asOf     time.Time
	finding  assay.Finding     // what all findings of the offer have in common
	prices   map[string]priced // of variants
}

type priced struct{ amount, currency string }

// maxSearched is how much of a description full-text search looks in, in bytes.
const maxSearched = 2_000

func keep(l *assay.Listing, record []byte, v *assay.Verdict, number int, at time.Time) screened {
	c := strings.Clone
	s := screened{
		offer: assay.OfferKey{Marketplace: c(l.Marketplace), ID: c(l.ID)}, number: number, at: at,
		record: slices.Clone(record), state: v.State, model: v.Model, ref: v.Reference, asOf: v.AsOf,
	}
	s.finding = assay.Finding{
		Marketplace: s.offer.Marketplace, Offer: s.offer.ID, Page: c(l.PageID),
		Model: v.Model, Reference: v.Reference, AsOf: v.AsOf, State: v.State, Revision: number,
		Title: c(l.Title), URL: c(l.URL), SellerID: c(l.Seller.ID), SellerName: c(l.Seller.Name),
	}
	if !l.Price.IsZero() {
		s.finding.Price, s.finding.Currency = l.Price.Decimal(), c(l.Price.Currency)
	}
	for i := range l.Variants {
		if p := l.Variants[i].Price; !p.IsZero() && l.Variants[i].ID != "" {
			if s.prices == nil {
				s.prices = map[string]priced{}
			}
			s.prices[c(l.Variants[i].ID)] = priced{p.Decimal(), c(p.Currency)}
		}
	}
	description := l.Description
	if len(description) > maxSearched {
		description = strings.ToValidUTF8(description[:maxSearched], "")
	}
	s.finding.Text = c(l.Brand) + "\n" + c(description)
	if v.Lane != "" {
		s.verdicts = append(s.verdicts, cloneAssessment(&v.Assessment))
	}
	for i := range v.Other {
		s.verdicts = append(s.verdicts, cloneAssessment(&v.Other[i]))
	}
	return s
}

func (s *screened) revision() assay.Revision {
	return assay.Revision{OfferKey: s.offer, Number: s.number, SeenAt: s.at, Listing: s.record, State: s.state}
}

// cloneAssessment copies the texts that may belong to a listing.
func cloneAssessment(a *assay.Assessment) assay.Assessment {
	c := *a
	c.Variant = strings.Clone(a.Variant)
	c.Contributions = slices.Clone(a.Contributions)
	for i := range c.Contributions {
		k := &c.Contributions[i]
		for _, s := range []*string{&k.Mark, &k.Phrase, &k.Where, &k.Written, &k.Amount, &k.Currency, &k.Reference,
			&k.ReferenceCurrency, &k.Basis, &k.GTIN, &k.Note} {
			*s = strings.Clone(*s)
		}
		k.How = slices.Clone(k.How)
		if k.Span != nil {
			span := *k.Span
			k.Span = &span
		}
	}
	return c
}

// book is the findings of some offers while they are revised.
type book struct {
	stored map[assay.FindingKey]assay.Finding // as they stand in the store
	now    map[assay.FindingKey]assay.Finding
	of     map[assay.OfferKey][]assay.FindingKey
	causes map[assay.FindingKey]assay.Cause // of what changed
	order  []assay.FindingKey               // in which it did
}

func openBook(ctx context.Context, store Store, scope assay.Scope, keys []assay.OfferKey) (*book, error) {
	b := &book{
		stored: map[assay.FindingKey]assay.Finding{}, now: map[assay.FindingKey]assay.Finding{},
		of: map[assay.OfferKey][]assay.FindingKey{}, causes: map[assay.FindingKey]assay.Cause{},
	}
	if len(keys) == 0 {
		return b, nil
	}
	found, err := store.FindingsOf(ctx, scope, keys)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		id := f.Identity()
		b.stored[id], b.now[id] = f, f
		b.of[id.OfferKey] = append(b.of[id.OfferKey], id)
	}
	return b, nil
}

// revise brings the findings of one offer to what was screened.
func (b *book) revise(s *screened, cause assay.Cause) {
	spoken := map[assay.FindingKey]bool{}
	for i := range s.verdicts {
		a := &s.verdicts[i]
		id := assay.FindingKey{OfferKey: s.offer, Variant: a.Variant, Lane: a.Lane, Owner: a.Owner}
		spoken[id] = true
		old, known := b.now[id]
		switch {
		case !known && (a.Level.Rank() < assay.Review.Rank() || len(b.of[s.offer]) >= maxFindings):
		case !known:
			uid, err := uuid.NewV7()
			if err != nil {
				panic(err) // the system has no randomness
			}
			f := s.about(a)
			f.ID, f.FoundAt = uid.String(), s.at
			b.of[s.offer] = append(b.of[s.offer], id)
			b.change(id, f, cause)
		default:
			b.change(id, s.onto(old, a), cause)
		}
	}
	// Nothing is said any more of a finding whose owner is not named any more.
	for _, id := range b.of[s.offer] {
		if !spoken[id] {
			old := b.now[id]
			b.change(id, s.onto(old, &assay.Assessment{Level: assay.Clear, Lane: id.Lane, Owner: id.Owner, Variant: id.Variant,
				Contributions: []assay.Contribution{}}), cause)
		}
	}
}

// maxFindings bounds the findings of one offer. A listing may have a thousand variants,
// and each finding, and each event about it, repeats what the list shows of the
// offer. Those with the highest scores are kept: verdicts come in that order.
const maxFindings = 200

// about returns the finding of an assessment.
func (s *screened) about(a *assay.Assessment) assay.Finding {
	f := s.finding
	f.Assessment, f.ChangedAt = *a, s.at
	if p, ok := s.prices[a.Variant]; ok && a.Variant != "" {
		f.Price, f.Currency = p.amount, p.currency
	}
	return f
}

// onto returns the next version of a finding.
func (s *screened) onto(old assay.Finding, a *assay.Assessment) assay.Finding {
	f := s.about(a)
	f.ID, f.Organisation, f.FoundAt, f.Version = old.ID, old.Organisation, old.FoundAt, old.Version
	return f
}

// change notes a finding, unless it says what it said before: the same of the same
// revision, or of any revision that nobody has a claim on it still.
func (b *book) change(id assay.FindingKey, f assay.Finding, cause assay.Cause) {
	old, known := b.now[id]
	if known && f.Revision < old.Revision {
		return // a later revision came while an earlier one was screened
	}
	if known && sameAssessment(&old.Assessment, &f.Assessment) && (old.Revision == f.Revision || f.Level == assay.Clear) {
		return
	}
	if _, changed := b.causes[id]; !changed {
		b.order = append(b.order, id)
	}
	b.now[id], b.causes[id] = f, cause
}

func sameAssessment(a, b *assay.Assessment) bool {
	return a.Level == b.Level && a.Score == b.Score && len(a.Contributions) == len(b.Contributions) &&
		(len(a.Contributions) == 0 || reflect.DeepEqual(a.Contributions, b.Contributions))
}

// changes returns what became of the findings. What happened to one finding in
// several steps is one change: nobody saw those between.
func (b *book) changes() []assay.FindingChange {
	var list []assay.FindingChange
	for _, id := range b.order {
		c := assay.FindingChange{After: b.now[id], Cause: b.causes[id]}
		if old, ok := b.stored[id]; ok {
			c.Before = &old
			c.After.Version = old.Version
		}
		c.After.Version++
		list = append(list, c)
	}
	return list
}
