package sqldb_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay"
	"assay/sqldb"
)

// full is a store with a row in every table.
func full(t *testing.T, e engine) *sqldb.Store {
	t.Helper()
	s, _, _ := twoBrands(t, e)
	must(t, s.SetAside(t.Context(), local, "w", assay.Poison{Partition: 0, Sequence: 2, Data: []byte{0, 255}}, day))
	must(t, s.PutRescreen(t.Context(), local, assay.Rescreen{Generation: "g"}))
	get(s.AcquireJob(t.Context(), local, "j", "h", day, day))(t)
	o := outcome(3)
	for i := range 40 {
		o.Findings = append(o.Findings, finding(fmt.Sprint("正品", i), "古驰", func(f *assay.Finding) { f.Text = fmt.Sprint("searched", i) }))
	}
	o.Sellers = []assay.SellerRecord{{Marketplace: "bazar.example", Seller: assay.Seller{ID: "s"}, Hash: -1}}
	o.Segment.Data = nil
	commit(t, s, o)
	return s
}

func dumping(t *testing.T, e engine) {
	t.Run("every table is in it, and what is loaded is the same", func(t *testing.T) {
		s := full(t, e)
		rows := allRows(t, s)
		var tables []string
		for _, d := range rows {
			tables = append(tables, d.table)
		}
		slices.Sort(tables)
		want := append(slices.Clone(ownedTables), "counter", "intake_partition", "reference_version", "setting")
		want = slices.DeleteFunc(want, func(name string) bool { return strings.HasSuffix(name, "_text") || name == "session" })
		slices.Sort(want)
		same(t, slices.Compact(tables), slices.Compact(want))

		loaded := e.open(t)
		must(t, load(t, loaded, rows))
		same(t, dump(t, loaded), dump(t, s))
		sameSearches(t, loaded, s)
		commit(t, loaded, outcome(4, finding("after", "Corvane")))
	})
	t.Run("a database that is not empty is a conflict", func(t *testing.T) {
		s := full(t, e)
		unchanged(t, s, func() { wantCode(t, load(t, s, allRows(t, s)), assay.Conflict) })
	})
	t.Run("a dump that does not belong here is Invalid and leaves nothing", func(t *testing.T) {
		s := e.open(t)
		for name, bad := range map[string]dumped{
			"another table":        {"pg_class", []string{"a"}, []any{"x"}},
			"other columns":        {"setting", []string{"name; DROP TABLE finding"}, []any{"x"}},
			"a value of no column": {"setting", []string{"name", "value"}, []any{"x", int64(1)}},
			"too few values":       {"setting", []string{"name", "value"}, []any{"x"}},
		} {
			t.Run(name, func(t *testing.T) {
				unchanged(t, s, func() {
					wantCode(t, load(t, s, []dumped{{"setting", []string{"name", "value"}, []any{"a", "b"}}, bad}), assay.Invalid)
				})
			})
		}
	})
	t.Run("the visitor's error comes back as it is", func(t *testing.T) {
		if err := e.open(t).Dump(t.Context(), local, func(string, []string, []any) error { return errVisitor }); err != errVisitor {
			t.Error(err)
		}
	})
}

func sameSearches(t *testing.T, a, b *sqldb.Store) {
	t.Helper()
	for _, query := range []string{"古驰", "正品", "searched7", "bag"} {
		f := everything()
		f.Query = query
		same(t, get(a.ListFindings(t.Context(), local, f, "", 100))(t), get(b.ListFindings(t.Context(), local, f, "", 100))(t))
	}
}

func dumpsAreEqual(t *testing.T, postgres engine) {
	lite := engine{"sqlite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "assay.db") }}
	for _, way := range [][2]engine{{lite, postgres}, {postgres, lite}} {
		t.Run(way[0].name+" to "+way[1].name, func(t *testing.T) {
			from := full(t, way[0])
			to, back := way[1].open(t), way[0].open(t)
			must(t, load(t, to, allRows(t, from)))
			must(t, load(t, back, allRows(t, to)))
			same(t, dump(t, to), dump(t, from))
			same(t, dump(t, back), dump(t, from))
			sameSearches(t, to, from)
		})
	}
}
