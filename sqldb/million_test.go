package sqldb_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
	"assay/sqldb/pgtest"
)

// BenchmarkListFindings reads first pages of 50, and second ones, out of 1,000,000 findings of 10,000
// brands, on each engine, and tells how long the middle one, 95 and 99 in a hundred took.
// Making the findings takes some 12 minutes on two cores for each engine (-timeout 2h), and 5 GB.
func BenchmarkListFindings(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		s := open(b, filepath.Join(b.TempDir(), "assay.db"))
		million(b, s)
		lists(b, s)
	})
	b.Run("postgres", func(b *testing.B) {
		server := pgtest.StartServer(b)
		address := server.Database(b)
		s := open(b, address)
		million(b, s)
		settle(b, server, address)
		lists(b, s)
	})
}

// settle does what PostgreSQL's autovacuum does of itself in the minutes after.
func settle(b *testing.B, server *pgtest.Server, address string) {
	u, err := url.Parse(address)
	must(b, err)
	db, err := sql.Open("pgx", server.Superuser(strings.TrimPrefix(u.Path, "/")))
	must(b, err)
	defer db.Close()
	_, err = db.ExecContext(b.Context(), "VACUUM ANALYZE")
	must(b, err)
}

// lists measures the lists that people and programs ask for.
func lists(b *testing.B, s *sqldb.Store) {
	ids := get(s.EnsureBrands(b.Context(), local, []string{"Owner 0", "Owner 100", "Owner 9000"}, day))(b)
	large, middling, small := assay.Scope{Organisation: ids["Owner 0"]}, assay.Scope{Organisation: ids["Owner 100"]}, assay.Scope{Organisation: ids["Owner 9000"]}
	type asked struct {
		name   string
		scope  assay.Scope
		filter assay.FindingFilter
	}
	all := []asked{
		{"all", local, assay.FindingFilter{}},
		{"with cleared", local, everything()},
		{"by verdict", local, assay.FindingFilter{Levels: []assay.Level{assay.Block}}},
		{"by a rare verdict", local, assay.FindingFilter{Levels: []assay.Level{assay.Clear}}},
		{"by lane", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LaneLookalike}}},
		{"by a rare lane", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice}}},
		{"by lanes", local, assay.FindingFilter{Lanes: []assay.Lane{assay.LaneMisuse, assay.LaneCopyright}}},
		{"by owner", local, assay.FindingFilter{Owner: "Owner 1"}},
		{"by marketplace", local, assay.FindingFilter{Marketplace: "m3.example"}},
		{"by a small marketplace", local, assay.FindingFilter{Marketplace: "m9.example"}},
		{"by seller", local, assay.FindingFilter{Seller: "seller-0"}},
		{"by a small seller", local, assay.FindingFilter{Seller: "seller-9000"}},
		{"by offer", local, assay.FindingFilter{Marketplace: "m0.example", Offer: "offer-77-1"}},
		{"by marketplace and verdict", local, assay.FindingFilter{Marketplace: "m3.example", Levels: []assay.Level{assay.Block}}},
		{"by marketplace and lane", local, assay.FindingFilter{Marketplace: "m3.example", Lanes: []assay.Lane{assay.LaneLookalike}}},
		{"by owner and verdict", local, assay.FindingFilter{Owner: "Owner 1", Levels: []assay.Level{assay.Block}}},
		{"of a large brand", large, assay.FindingFilter{}},
		{"of a large brand by verdict", large, assay.FindingFilter{Levels: []assay.Level{assay.Block}}},
		{"of a large brand by lane", large, assay.FindingFilter{Lanes: []assay.Lane{assay.LaneLookalike}}},
		{"of a large brand by seller", large, assay.FindingFilter{Seller: "seller-0"}},
		{"of a middling brand", middling, assay.FindingFilter{}},
		{"of a small brand", small, assay.FindingFilter{}},
	}
	for _, a := range all {
		for _, order := range []assay.FindingOrder{assay.OrderChanged, assay.OrderFound, assay.OrderScore} {
			a.filter.Order = order
			name := a.name + ", " + cmp.Or(string(order), "changed")
			next := get(s.ListFindings(b.Context(), a.scope, a.filter, "", 50))(b).Next
			timed(b, name, func() { get(s.ListFindings(b.Context(), a.scope, a.filter, "", 50))(b) })
			if next != "" {
				timed(b, name+", second page", func() { get(s.ListFindings(b.Context(), a.scope, a.filter, next, 50))(b) })
			}
		}
	}
	for _, q := range []struct{ name, query string }{
		{"an offer", "offer-77-77"}, {"a rare word", "word29000"}, {"a middling word", "word1500"}, {"a frequent word", "word300"},
		{"a very frequent word", "word10"}, {"what is everywhere", "正品 bag"}, {"nothing", "xyzzy"},
	} {
		for _, scope := range []struct {
			name string
			assay.Scope
		}{{"", local}, {" of a large brand", large}, {" of a small brand", small}} {
			for _, order := range []assay.FindingOrder{assay.OrderChanged, assay.OrderScore} {
				f := assay.FindingFilter{Query: q.query, Order: order}
				page := get(s.ListFindings(b.Context(), scope.Scope, f, "", 50))(b)
				b.Logf("%s%s: %d", q.name, scope.name, page.Count)
				timed(b, "search for "+q.name+scope.name+", "+cmp.Or(string(order), "changed"), func() { get(s.ListFindings(b.Context(), scope.Scope, f, "", 50))(b) })
			}
		}
	}
	for _, seller := range []string{"seller-0", "seller-100", "seller-9000"} {
		timed(b, "summary of "+seller, func() { get(s.SellerFindings(b.Context(), local, "m0.example", seller))(b) })
		timed(b, "summary of "+seller+" for a large brand", func() { get(s.SellerFindings(b.Context(), large, "m0.example", seller))(b) })
	}
	for name, scope := range map[string]assay.Scope{"everybody": local, "a large brand": large, "a small brand": small} {
		timed(b, "newest event of "+name, func() { get(s.LastPosition(b.Context(), scope))(b) })
	}
}

// timed is a benchmark that also tells how the slow ones of its calls were.
func timed(b *testing.B, name string, call func()) {
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			began := time.Now()
			call()
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		for _, percent := range []int{50, 95, 99} {
			b.ReportMetric(float64(took[(len(took)-1)*percent/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", percent))
		}
		b.ReportMetric(0, "ns/op")
	})
}

const (
	manyFindings = 1_000_000
	manyBatch    = 1_000
)

// million fills an empty store with manyFindings findings as a busy installation has them:
// a few large brands, sellers and marketplaces and many small ones, some lanes and verdicts that are
// rare, and one in five changed since it was found.
func million(b testing.TB, s *sqldb.Store) {
	get(s.Partitions(b.Context(), local, 1))(b)
	get2(s.Acquire(b.Context(), local, 0, "w", day, day.Add(time.Hour)))(b)
	r := rand.New(rand.NewPCG(1, 2))
	owners, sellers := rand.NewZipf(r, 1.1, 20, 9_999), rand.NewZipf(r, 1.1, 20, 49_999)
	words := rand.NewZipf(r, 1.1, 20, 29_999)
	share := func(percent ...float64) int {
		x := 100 * r.Float64()
		for i, p := range percent {
			if x -= p; x < 0 {
				return i
			}
		}
		return len(percent)
	}
	for batch := range manyFindings / manyBatch {
		at := day.Add(time.Duration(batch) * time.Minute)
		o := assay.Outcome{Partition: 0, Holder: "w", From: uint64(batch + 1), To: uint64(batch + 1), At: at}
		for i := range manyBatch {
			var text [24]string
			for j := range text {
				text[j] = fmt.Sprint("word", words.Uint64())
			}
			owner := fmt.Sprint("Owner ", owners.Uint64())
			o.Findings = append(o.Findings, finding(fmt.Sprintf("offer-%d-%d", batch, i), owner, func(f *assay.Finding) {
				f.Marketplace = fmt.Sprint("m", share(30, 25, 15, 10, 8, 5, 3, 2, 1), ".example")
				f.Level = []assay.Level{assay.Review, assay.Block, assay.Clear}[share(75, 24)]
				f.Lane = assay.Lanes()[share(55, 15, 10, 10, 5, 4.9)]
				f.SellerID = fmt.Sprint("seller-", sellers.Uint64())
				f.SellerName = "Shop of " + f.SellerID
				f.Score = assay.Points(1_800_000 + r.ExpFloat64()*1_500_000)
				f.Title = "bag 正品 " + strings.Join(text[:8], " ")
				f.Text = strings.Join(text[8:], " ")
				f.FoundAt = at.Add(time.Duration(i) * time.Millisecond)
				f.ChangedAt = f.FoundAt
				if r.IntN(5) == 0 {
					f.ChangedAt = f.FoundAt.Add(time.Duration(r.IntN(10_000)) * time.Second)
				}
			}))
		}
		commit(b, s, o)
	}
}
