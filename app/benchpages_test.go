package app

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assay"
	"assay/demo"
	"assay/sqldb/pgtest"
)

func TestInventedFindingsAreWhatTheirNumbersSay(t *testing.T) {
	world := demo.New(benchSeed, demo.Options{Brands: benchBrands})
	dir := t.TempDir()
	if err := WriteReference(world, dir); err != nil {
		t.Fatal(err)
	}
	gen, err := LoadReference(dir, demo.AsOf())
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventFindings(t.Context(), world, gen, 2_000)
	if err != nil {
		t.Fatal(err)
	}
	var o assay.Outcome
	for i := range d.n {
		d.add(&o, i)
	}
	ids, findings, owners := map[string]bool{}, map[assay.FindingKey]bool{}, map[string]int{}
	for i := range o.Findings {
		f := &o.Findings[i].After
		if f.ID != d.id(i) || f.Owner != d.names[d.owner(i)] || f.FoundAt != d.foundAt(i) || f.ChangedAt.Before(f.FoundAt) || f.ChangedAt.After(d.end) {
			t.Fatalf("finding %d is %+v", i, f)
		}
		ids[f.ID], findings[f.Identity()] = true, true
		owners[f.Owner]++
	}
	if len(ids) != d.n || len(findings) != d.n {
		t.Errorf("%d ids and %d findings of %d", len(ids), len(findings), d.n)
	}
	kept := map[assay.OfferKey]bool{}
	for _, r := range o.Revisions {
		kept[r.OfferKey] = true
	}
	for i := range o.Findings {
		if !kept[o.Findings[i].After.Key()] {
			t.Fatalf("nothing is kept of the offer of finding %d", i)
		}
	}
	if len(owners) < 20 || owners[d.names[0]] < 5*d.n/len(owners) {
		t.Errorf("they are of %d owners, and %d of the largest", len(owners), owners[d.names[0]])
	}
}

func TestPagesAreMeasuredOnPostgreSQLToo(t *testing.T) {
	database := pgtest.Start(t)
	dir := t.TempDir()
	var said, steps, log bytes.Buffer
	o := BenchPagesOptions{BenchOptions: BenchOptions{Marks: 100, Products: 700, Dir: dir, Progress: func(s string) { steps.WriteString(s + "\n") }},
		Findings: 2_000, Database: database, Requests: 2, Concurrency: 2, Log: &log}
	bench := func(o BenchPagesOptions) error {
		said.Reset()
		steps.Reset()
		return BenchPages(t.Context(), &said, o)
	}
	if err := bench(o); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`(?m)^data     2,000 invented findings of \d+ brands, .* on postgres;`, `(?m)^page  .* p95 `, `(?m)^finding  +2  .*\d\.\d +\d`,
		`(?m)^a small brand: finding  +2 `, `(?m)^first page in all +\d+,\d+ bytes \(/findings `} {
		if !regexp.MustCompile(want).MatchString(said.String()) {
			t.Errorf("%s is not in\n%s", want, said.String())
		}
	}
	if log.Len() > 0 {
		t.Errorf("the server says\n%s", log.String())
	}
	t.Run("what is there is measured again", func(t *testing.T) {
		if err := bench(o); err != nil || !strings.Contains(steps.String(), "from an earlier run") {
			t.Errorf("%v\n%s", err, steps.String())
		}
	})
	t.Run("a database that is in use is not touched", func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, benchFilled)); err != nil {
			t.Fatal(err)
		}
		if err := bench(o); assay.CodeOf(err) != assay.Conflict || said.Len() > 0 {
			t.Errorf("%v\n%s", err, said.String())
		}
	})
}
