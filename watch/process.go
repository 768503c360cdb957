package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"assay"
	"assay/reference"
	"assay/screen"
	"assay/seen"
)

// processor turns runs of envelopes of one partition into outcomes. It holds scratch
// and belongs to one goroutine.
type processor struct {
	store   Store
	scope   assay.Scope
	blobs   Blobs
	decoder Decoder
	index   *seen.Index
	writer  *seen.Writer
	sellers sellerCache

	gen    *reference.Generation
	screen *screen.Worker

	// Of the run at hand.
	pending  map[seen.Key]seen.Record // what its listings made of the records
	items    []item                   // what touches findings, in order
	outcome  assay.Outcome
	envelope assay.Envelope
	at       time.Time
	replayOf uint64 // of the envelope
	problem  error  // of the listing at hand
}

// item is a listing that has or had somebody's attention: one with an assessment to
// keep, or with a finding from before.
type item struct {
	screened
	key     seen.Key
	record  seen.Record
	counted bool // only its counts are new
	counts  []assay.Observation
}

func newProcessor(store Store, scope assay.Scope, blobs Blobs, codec Codec, index *seen.Index) *processor {
	return &processor{
		store: store, scope: scope, blobs: blobs, decoder: codec.NewDecoder(), index: index, writer: seen.NewWriter(),
		sellers: sellerCache{written: map[uint64]uint64{}, fresh: map[uint64]uint64{}},
		pending: map[seen.Key]seen.Record{},
	}
}

// use sets the generation to screen with.
func (p *processor) use(gen *reference.Generation) {
	if p.gen != gen {
		p.gen, p.screen = gen, screen.New(gen).NewWorker()
	}
}

// poisoned is why an envelope of a run can't be worked, now or ever: what it holds is to
// blame and nothing around it.
type poisoned struct {
	at  int // in the run
	err error
}

func (p *poisoned) Error() string { return p.err.Error() }

// process works a run of envelopes up to the outcome, which shares nothing with the
// envelopes. The error is *poisoned if one of them is to blame. The index is only
// read: apply puts the outcome's records there, once it is committed.
func (p *processor) process(ctx context.Context, run []assay.Envelope) (assay.Outcome, error) {
	clear(p.pending)
	clear(p.items)
	p.items = p.items[:0]
	p.writer.Reset()
	p.sellers.drop()
	p.outcome = assay.Outcome{From: run[0].Seq, To: run[len(run)-1].Seq}
	for i, e := range run {
		if err := p.work(ctx, e); err != nil {
			var bad *poisoned
			if errors.As(err, &bad) {
				bad.at = i
			}
			return assay.Outcome{}, err
		}
	}
	if err := p.find(ctx); err != nil {
		return assay.Outcome{}, err
	}
	if n := p.writer.Len(); n > 0 {
		p.outcome.Segment = &assay.Segment{From: p.outcome.From, To: p.outcome.To, Entries: n, Data: p.writer.Bytes()}
	}
	return p.outcome, nil
}

// work takes one envelope's listings. A panic is the envelope's fault: whatever it
// holds must not stop those behind it.
func (p *processor) work(ctx context.Context, e assay.Envelope) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &poisoned{err: fmt.Errorf("working the envelope failed: %v", r)}
			p.screen = nil // its scratch may be anything
			p.gen = nil
		}
	}()
	c, err := open(e.Data)
	if err != nil {
		return &poisoned{err: err}
	}
	if c.blob != "" {
		replayOf := c.replayOf
		if c, err = p.fetch(ctx, c.blob); err != nil {
			return err
		}
		c.replayOf = replayOf
	}
	p.envelope, p.at, p.replayOf = e, c.sealed, c.replayOf
	line := 0
	for lines := c.lines; len(lines) > 0; {
		end := bytes.IndexByte(lines, '\n')
		record := lines[:end]
		lines = lines[end+1:]
		line++
		p.problem = nil
		p.decoder.Decode(record, line, func(l *assay.Listing, problem *assay.Problem) {
			if problem != nil {
				p.problem = problem
				return
			}
			p.listing(l, record)
		})
		if p.problem != nil {
			return &poisoned{err: p.problem}
		}
	}
	p.outcome.At = c.sealed
	p.outcome.Listings += c.count
	return nil
}

// fetch reads an envelope that was too large for the log.
func (p *processor) fetch(ctx context.Context, sha256 string) (contents, error) {
	r, err := p.blobs.Get(ctx, sha256)
	if assay.CodeOf(err) == assay.NotFound {
		return contents{}, &poisoned{err: err}
	} else if err != nil {
		return contents{}, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return contents{}, err
	}
	c, err := open(data)
	if err == nil && c.blob != "" {
		err = assay.Errorf(assay.Invalid, "not an envelope: a blob that names a blob")
	}
	if err != nil {
		return contents{}, &poisoned{err: err}
	}
	return c, nil
}

// listing works one listing: what is it to what was seen, and what does screening
// say of it?
func (p *processor) listing(l *assay.Listing, record []byte) {
	k := seen.KeyOf(l.Key())
	before, known := p.pending[k]
	if !known {
		before, known = p.index.Get(k)
	}
	if known && p.replayOf > 0 && before.Seq > p.replayOf {
		return // something later is known of the offer
	}
	r, change := before.Next(known, k, seen.PrintOf(l), p.envelope.Seq)
	if change == seen.Same {
		return
	}
	it := item{key: k, record: r, counted: change == seen.Counted}
	if it.counted {
		if r.Has(seen.Found) {
			it.counts = observe(l, p.at)
			p.items = append(p.items, it)
		}
	} else {
		p.outcome.New++
		// Of an offer with findings every assessment counts: the clear one ends it.
		least := assay.Review
		if r.Has(seen.Found) {
			least = assay.Clear
		}
		v, kept := p.screen.ScreenRevision(l, r.State(), least)
		if kept && v.Level.Rank() >= assay.Review.Rank() {
			r.Set(seen.Found)
		}
		if r.Has(seen.Found) {
			it.record = r
			it.screened = keep(l, record, &v, r.Revision(), p.at)
			it.counts = observe(l, p.at)
			p.items = append(p.items, it)
		}
		p.seller(l)
	}
	p.pending[k] = r
	entry := seen.EntryOf(r, l, p.at.UnixMicro())
	p.writer.Add(&entry)
}

// find compares the items with the findings that there are and puts into the outcome
// what is new or changed.
func (p *processor) find(ctx context.Context) error {
	if len(p.items) == 0 {
		return nil
	}
	var keys []assay.OfferKey
	for i := range p.items {
		if it := &p.items[i]; !it.counted {
			keys = append(keys, it.offer)
		}
		p.outcome.Observations = append(p.outcome.Observations, p.items[i].counts...)
	}
	book, err := openBook(ctx, p.store, p.scope, keys)
	if err != nil {
		return err
	}
	for i := range p.items {
		if it := &p.items[i]; !it.counted {
			book.revise(&it.screened, assay.CauseListing)
			p.outcome.Revisions = append(p.outcome.Revisions, it.revision())
		}
	}
	p.outcome.Findings = book.changes()
	return nil
}

// apply puts the records of the run into the index, once its outcome is committed.
func (p *processor) apply() {
	for _, r := range p.pending {
		p.index.Put(r)
	}
	p.sellers.commit()
}

// observe returns the listing's counts.
func observe(l *assay.Listing, at time.Time) (list []assay.Observation) {
	key := assay.OfferKey{Marketplace: strings.Clone(l.Marketplace), ID: strings.Clone(l.ID)}
	if l.Quantity.Known || l.Sold.Known {
		list = append(list, assay.Observation{OfferKey: key, At: at, Quantity: l.Quantity, Sold: l.Sold})
	}
	for i := range l.Variants {
		if v := &l.Variants[i]; v.ID != "" && (v.Quantity.Known || v.Sold.Known) {
			list = append(list, assay.Observation{OfferKey: key, Variant: strings.Clone(v.ID), At: at, Quantity: v.Quantity, Sold: v.Sold})
		}
	}
	return list
}

// seller notes the listing's seller if anything about it is new.
func (p *processor) seller(l *assay.Listing) {
	if l.Seller.ID == "" {
		return
	}
	h := fnv.New64a()
	text := func(fields ...string) {
		for _, s := range fields {
			h.Write([]byte(s))
			h.Write([]byte{0xff})
		}
	}
	s := &l.Seller
	text(l.Marketplace, s.ID)
	id := h.Sum64()
	text(s.Name, s.LegalName, s.Country, s.JoinedAt.UTC().Format(time.RFC3339))
	for _, i := range s.Identifiers {
		text(string(i.Type), i.Value)
	}
	hash := h.Sum64()
	if !p.sellers.news(id, hash) {
		return
	}
	c := (&assay.Listing{Marketplace: l.Marketplace, Seller: *s}).Clone()
	record := assay.SellerRecord{Marketplace: c.Marketplace, Seller: c.Seller, Hash: int64(hash), SeenAt: p.at}
	// Within a run the last word counts.
	same := func(o assay.SellerRecord) bool {
		return o.Marketplace == record.Marketplace && o.Seller.ID == record.Seller.ID
	}
	if i := slices.IndexFunc(p.outcome.Sellers, same); i >= 0 {
		p.outcome.Sellers[i] = record
		return
	}
	p.outcome.Sellers = append(p.outcome.Sellers, record)
}

// sellerCache remembers which sellers were written as they are, so that the same
// seller's next thousand listings cost nothing. It forgets at maxSellers: writing a
// seller again is harmless.
type sellerCache struct {
	written map[uint64]uint64 // seller → hash
	fresh   map[uint64]uint64 // of the run at hand
}

const maxSellers = 1 << 20

func (c *sellerCache) news(id, hash uint64) bool {
	if known, ok := c.fresh[id]; ok && known == hash {
		return false
	} else if !ok {
		if known, ok := c.written[id]; ok && known == hash {
			return false
		}
	}
	c.fresh[id] = hash
	return true
}

// drop forgets what the run at hand brought.
func (c *sellerCache) drop() { clear(c.fresh) }

func (c *sellerCache) commit() {
	if len(c.written)+len(c.fresh) > maxSellers {
		clear(c.written)
	}
	for id, hash := range c.fresh {
		c.written[id] = hash
	}
	clear(c.fresh)
}
