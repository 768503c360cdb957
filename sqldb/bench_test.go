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

// BenchmarkListFindings reads first pages of 50 out of 500,000 findings of 100,000
// brands. Making them takes minutes.
func BenchmarkListFindings(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "assay.db"))
	get(s.Partitions(b.Context(), local, 1))(b)
	get2(s.Acquire(b.Context(), local, 0, "w", day, day.Add(time.Hour)))(b)
	r := rand.New(rand.NewPCG(1, 2))
	for seq := range uint64(500) {
		o := outcome(seq + 1)
		for i := range 1000 {
			c := finding(fmt.Sprintf("offer-%d-%d", seq, i), fmt.Sprint("Owner ", r.IntN(100_000)), func(f *assay.Finding) {
				f.Title = fmt.Sprintf("bag %d of 古驰 leather", r.IntN(10_000))
				f.FoundAt = o.At.Add(time.Duration(i) * time.Millisecond)
				f.ChangedAt = f.FoundAt
				f.Level = []assay.Level{assay.Clear, assay.Review, assay.Block}[r.IntN(3)]
				f.Lane = assay.Lanes()[r.IntN(3)]
				f.SellerID = fmt.Sprint("seller-", r.IntN(20_000))
				f.Marketplace = fmt.Sprint("m", r.IntN(10), ".example")
			})
			o.Findings = append(o.Findings, c)
		}
		commit(b, s, o)
	}
	brand := get(s.EnsureBrands(b.Context(), local, []string{"Owner 1"}, day))(b)["Owner 1"]
	rare := assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice}}
	oldest := assay.FindingFilter{Oldest: true}
	for _, c := range []struct {
		name   string
		scope  assay.Scope
		filter assay.FindingFilter
	}{
		{"all", local, assay.FindingFilter{}},
		{"oldest", local, oldest},
		{"of a brand", assay.Scope{Organisation: brand}, assay.FindingFilter{}},
		{"by owner", local, assay.FindingFilter{Owner: "Owner 2"}},
		{"by a lane that is rare", local, rare},
		{"by lanes", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LaneCounterfeit, assay.LaneCopyright}}},
		{"by marketplace", local, assay.FindingFilter{Marketplace: "m3.example"}},
		{"by seller", local, assay.FindingFilter{Seller: "seller-7"}},
		{"by offer", local, assay.FindingFilter{Offer: "offer-7-7"}},
		{"search for one", local, assay.FindingFilter{Query: "offer-77-77"}},
		{"search for some", local, assay.FindingFilter{Query: "1234"}},
		{"search for what is everywhere", local, assay.FindingFilter{Query: "古驰 bag"}},
		{"search for what is everywhere, of a brand", assay.Scope{Organisation: brand}, assay.FindingFilter{Query: "古驰 bag"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				get(s.ListFindings(b.Context(), c.scope, c.filter, "", 50))(b)
			}
		})
	}
}
