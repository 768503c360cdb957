package sqldb_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"assay"
)

// BenchmarkCommit commits envelopes of 500 listings: a segment of 20 KB, 20 new findings
// on offers of their own with their full text, events, outbox rows, revisions,
// observations and sellers. One operation is one envelope, synced.
func BenchmarkCommit(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "assay.db"))
	get(s.Partitions(b.Context(), local, 1))(b)
	get2(s.Acquire(b.Context(), local, 0, "w", day, day.Add(time.Hour)))(b)
	commit(b, s, loadedOutcome(1)) // prepares the statements
	next := uint64(2)
	for b.Loop() {
		b.StopTimer()
		o := loadedOutcome(next)
		next++
		b.StartTimer()
		commit(b, s, o)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// get2 is get for a lease.
func get2(p assay.Partition, held bool, err error) func(testing.TB) assay.Partition {
	return func(t testing.TB) assay.Partition {
		t.Helper()
		if err != nil || !held {
			t.Fatal(held, err)
		}
		return p
	}
}

// loadedOutcome is what a busy envelope gives.
func loadedOutcome(sequence uint64) assay.Outcome {
	r := rand.New(rand.NewPCG(1, sequence))
	o := outcome(sequence)
	o.Listings, o.New = 500, 400
	o.Segment.Data = make([]byte, 20<<10)
	for i := range o.Segment.Data {
		o.Segment.Data[i] = byte(r.Uint32())
	}
	for i := range 20 {
		offer := fmt.Sprintf("offer-%x-%d", r.Uint64(), i)
		owner := fmt.Sprintf("Owner %d", r.IntN(200))
		c := finding(offer, owner, func(f *assay.Finding) {
			f.Title = "Luxury handbag 正品 genuine leather shoulder strap " + offer
			f.Text = "brand " + owner + " soft calf leather with golden hardware and dust bag, ships from our warehouse within two days"
			f.ChangedAt = o.At.Add(time.Duration(i) * time.Microsecond)
			f.FoundAt = f.ChangedAt
			f.Lane = assay.Lanes()[r.IntN(7)]
			f.SellerID = fmt.Sprintf("seller-%d", r.IntN(20_000))
			f.Contributions = append(f.Contributions, f.Contributions[0], assay.Contribution{Signal: assay.SignalPrice, Points: 1_120_000,
				Amount: "39.00", Currency: "EUR", Reference: "890.00"})
		})
		c.After.ID = fmt.Sprintf("0193%08x-%d", sequence, i)
		o.Findings = append(o.Findings, c)
		key := c.After.Key()
		o.Revisions = append(o.Revisions, assay.Revision{OfferKey: key, Number: 1, SeenAt: o.At, Listing: make([]byte, 1500)})
		o.Observations = append(o.Observations, assay.Observation{OfferKey: key, At: o.At, Sold: assay.Count{N: 3, Known: true}})
		o.Sellers = append(o.Sellers, assay.SellerRecord{Marketplace: key.Marketplace, Seller: assay.Seller{ID: c.After.SellerID, Name: "Wang"},
			Hash: int64(i), SeenAt: o.At})
	}
	return o
}
