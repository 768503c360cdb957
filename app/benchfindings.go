package app

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"assay"
	"assay/demo"
	"assay/feed"
	"assay/reference"
	"assay/screen"
	"assay/sqldb"

	"golang.org/x/sync/errgroup"
)

// What findings a benchmark invents: a few large brands, marketplaces and sellers and many
// small ones, most findings counterfeits to be reviewed.
const (
	benchBrands       = 600 // of the world; groups of them own the marks
	benchMarketplaces = 20
	benchSellers      = 50_000
	benchPatterns     = 20_000 // verdicts that the findings are made of, at most
	benchCommit       = 1_000  // findings in one transaction
	benchPeriod       = 180 * 24 * time.Hour
	// lotWord stands in every title, beside a number that stands in lotSize of them.
	lotWord = "lot"
	lotSize = 20
)

// shares draws numbers that come up in given proportions: cumulative, the last is 1.
type shares []float64

func sharesOf(weights ...float64) shares {
	sum := 0.0
	s := make(shares, len(weights))
	for i, w := range weights {
		sum += w
		s[i] = sum
	}
	for i := range s {
		s[i] /= sum
	}
	return s
}

// zipf are shares of n that fall as 1/(k + shift).
func zipf(n int, shift float64) shares {
	weights := make([]float64, n)
	for k := range weights {
		weights[k] = 1 / (float64(k) + shift)
	}
	return sharesOf(weights...)
}

func (s shares) draw(r *rand.Rand) int {
	i, _ := slices.BinarySearch(s, r.Float64())
	return min(i, len(s)-1)
}

// pattern is a listing of the world and what screening says of it.
type pattern struct {
	listing    assay.Listing
	verdict    assay.Verdict
	assessment assay.Assessment // one of the verdict's
}

// inventedFindings are findings as a busy installation has them. Each is a function of
// its number, so that whoever measures knows what there is without keeping it.
type inventedFindings struct {
	n        int
	names    []string    // owners, those of the most findings first
	patterns [][]pattern // by owner
	end      time.Time

	owners, marketplaces, sellers, lanes, levels shares
}

// inventFindings screens the world's listings against its reference until there are
// patterns enough for n findings.
func inventFindings(ctx context.Context, world *demo.World, gen *reference.Generation, n int) (*inventedFindings, error) {
	d := &inventedFindings{
		n:            n,
		end:          gen.AsOf().Add(8 * time.Hour),
		marketplaces: zipf(benchMarketplaces, 2),
		sellers:      zipf(benchSellers, 20),
		lanes:        sharesOf(60, 12, 8, 9, 5, 5, 1), // as assay.Lanes
		levels:       sharesOf(70, 22, 8),             // review, block, clear
	}
	worker := screen.New(gen).NewWorker()
	of := map[string]int{}
	for i, found := uint64(0), 0; found < min(benchPatterns, max(200, n/10)); i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l, _ := world.Listing(i)
		v, ok := worker.Screen(&l, assay.Review)
		if !ok {
			continue
		}
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			at, known := of[a.Owner]
			if !known {
				at = len(d.names)
				of[a.Owner] = at
				d.names, d.patterns = append(d.names, a.Owner), append(d.patterns, nil)
			}
			d.patterns[at] = append(d.patterns[at], pattern{l, v, a})
			found++
		}
	}
	d.owners = zipf(len(d.names), 3)
	return d, nil
}

// offerOf is the number of the finding that stands for i's offer: every eighth is on the
// offer of the one before, in another lane.
func offerOf(i int) int {
	if i%8 == 7 {
		return i - 1
	}
	return i
}

func benchDice(i int) *rand.Rand { return rand.New(rand.NewPCG(benchSeed, uint64(i))) }

// owner is the rank of finding i's owner.
func (d *inventedFindings) owner(i int) int { return d.owners.draw(benchDice(offerOf(i))) }

// marketplaceOf is where a seller sells.
func (d *inventedFindings) marketplaceOf(seller int) string {
	return marketplaceName(d.marketplaces.draw(rand.New(rand.NewPCG(benchSeed+1, uint64(seller)))))
}

func marketplaceName(i int) string { return fmt.Sprintf("plaza-%02d.example", i+1) }
func sellerName(i int) string      { return fmt.Sprintf("S%07d", 3_000_000+i) }

// id is that of finding i, which grows with its time as a UUIDv7 does.
func (d *inventedFindings) id(i int) string {
	ms := d.foundAt(i).UnixMilli()
	r := benchDice(i).Uint64()
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", ms>>16, ms&0xffff, i&0xfff, i>>12&0xfff, r>>16)
}

// foundAt spreads the findings over the time before the world's present.
func (d *inventedFindings) foundAt(i int) time.Time {
	return d.end.Add(-benchPeriod + time.Duration(float64(benchPeriod)*float64(i)/float64(d.n)))
}

// add adds finding i, and what is kept of its offer, to an outcome.
func (d *inventedFindings) add(o *assay.Outcome, i int) {
	offer := offerOf(i)
	r := benchDice(offer)
	patterns := d.patterns[d.owners.draw(r)]
	p := &patterns[r.IntN(len(patterns))]
	seller := d.sellers.draw(r)
	lane, level := d.lanes.draw(r), d.levels.draw(r)
	revisions, counts := 1+r.IntN(4)/3, r.IntN(4)
	if i != offer {
		lane = (lane + 1) % len(d.lanes)
	}
	l := p.listing
	l.Marketplace = d.marketplaceOf(seller)
	l.ID = strconv.Itoa(700_000_000 + offer)
	l.URL = "https://" + l.Marketplace + "/i/" + l.ID
	l.Title += " " + lotWord + " " + strconv.Itoa(10_000+offer/lotSize)
	l.Seller.ID = sellerName(seller)
	f := assay.Finding{
		ID: d.id(i), Marketplace: l.Marketplace, Offer: l.ID, Assessment: p.assessment,
		Model: p.verdict.Model, Reference: p.verdict.Reference, AsOf: p.verdict.AsOf, Revision: revisions,
		Title: l.Title, URL: l.URL, SellerID: l.Seller.ID, SellerName: l.Seller.Name,
		FoundAt: d.foundAt(i), Version: 1, Text: l.Brand + "\n" + l.Description,
	}
	f.Lane = assay.Lanes()[lane]
	f.Level = []assay.Level{assay.Review, assay.Block, assay.Clear}[level]
	if !l.Price.IsZero() {
		f.Price, f.Currency = l.Price.Decimal(), l.Price.Currency
	}
	f.ChangedAt = f.FoundAt
	if r.IntN(5) == 0 { // later, more often soon
		left := d.end.Sub(f.FoundAt)
		f.ChangedAt = f.FoundAt.Add(time.Duration(float64(left) * math.Pow(r.Float64(), 4)))
	}
	o.Findings = append(o.Findings, assay.FindingChange{After: f, Cause: assay.CauseListing})
	if i != offer {
		return
	}
	first := l
	first.Title = p.listing.Title
	for number := revisions; number > 0; number-- {
		kept := &l
		if number < revisions {
			kept = &first
		}
		o.Revisions = append(o.Revisions, assay.Revision{OfferKey: l.Key(), Number: number, Listing: feed.AppendListing(nil, kept),
			SeenAt: f.FoundAt.Add(time.Duration(number-revisions) * time.Hour)})
	}
	for k := range counts {
		o.Observations = append(o.Observations, assay.Observation{OfferKey: l.Key(), At: f.FoundAt.Add(time.Duration(k) * 24 * time.Hour),
			Sold: assay.Count{N: int64(3 * k), Known: true}})
	}
	o.Sellers = append(o.Sellers, assay.SellerRecord{Marketplace: l.Marketplace, Seller: l.Seller, Hash: int64(seller), SeenAt: f.FoundAt})
}

const benchHolder = "bench"

// fill writes the findings to a store as a worker commits them: a transaction for each
// benchCommit of them, with events, which nobody waits for.
func (d *inventedFindings) fill(ctx context.Context, store *sqldb.Store, progress func(done int)) error {
	scope := assay.LocalScope(benchHolder)
	// What a server that has ended held is free an hour after the world's present.
	now := d.end.Add(2 * time.Hour)
	part, held, err := store.Acquire(ctx, scope, 0, benchHolder, now, now.Add(time.Hour))
	if err == nil && !held {
		err = assay.Errorf(assay.Conflict, "another process works on the database")
	}
	if err != nil {
		return err
	}
	made := make(chan *assay.Outcome, 1)
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(made)
		for first := 0; first < d.n; first += benchCommit {
			sequence := part.Committed + uint64(first/benchCommit) + 1
			end := min(first+benchCommit, d.n)
			o := &assay.Outcome{Partition: part.ID, Holder: benchHolder, From: sequence, To: sequence, At: d.foundAt(end),
				Listings: 50 * (end - first), New: end - first}
			for i := first; i < end; i++ {
				d.add(o, i)
			}
			select {
			case made <- o:
			case <-working.Done():
				return working.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		done := 0
		for o := range made {
			if err := store.Commit(working, scope, *o); err != nil {
				return err
			}
			if _, err := store.FanOut(working, scope, benchCommit, o.At); err != nil {
				return err
			}
			done += len(o.Findings)
			progress(done)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("writing findings: %w", err)
	}
	return store.Release(ctx, scope, part.ID, benchHolder)
}
