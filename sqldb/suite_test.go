package sqldb_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay"
	"assay/sqldb"
	"assay/sqldb/pgtest"
)

// engine makes empty databases of one kind.
type engine struct {
	name   string
	newURL func(t *testing.T) string
}

func (e engine) open(t *testing.T) *sqldb.Store {
	t.Helper()
	return open(t, e.newURL(t))
}

func open(t testing.TB, url string) *sqldb.Store {
	t.Helper()
	s, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// What a store promises, on each engine.
func TestTheStoreOnSQLite(t *testing.T) {
	conformance(t, engine{"sqlite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "assay.db") }})
}

func TestTheStoreOnPostgreSQL(t *testing.T) {
	server := pgtest.StartServer(t)
	e := engine{"postgres", func(t *testing.T) string { return server.Database(t) }}
	conformance(t, e)
	t.Run("only on PostgreSQL", func(t *testing.T) { onlyPostgres(t, server) })
	t.Run("a dump passes from engine to engine unchanged", func(t *testing.T) { dumpsAreEqual(t, e) })
}

// conformance is the suite that every engine passes.
func conformance(t *testing.T, e engine) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, engine)
	}{
		{"opening", opening},
		{"scope", scopes},
		{"organisations", organisations},
		{"partitions and leases", leases},
		{"committing", committing},
		{"segments", segments},
		{"envelopes set aside", poison},
		{"offers", offers},
		{"rescreening", rescreening},
		{"rescreening of earlier revisions", rescreeningOfEarlierRevisions},
		{"listing findings", listing},
		{"orders of findings", orders},
		{"what is told of a seller", sellers},
		{"the newest event", lastPosition},
		{"full text", fullText},
		{"reference", reference},
		{"webhooks", webhooks},
		{"tokens and answers", tokens},
		{"sessions", sessions},
		{"dump and load", dumping},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, e) })
	}
}

var (
	local = assay.LocalScope("test")
	day   = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get fails the test on an error and returns the value.
func get[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func wantCode(t testing.TB, err error, code assay.Code) {
	t.Helper()
	if got := assay.CodeOf(err); got != code {
		t.Errorf("error is %q (%v), want %q", got, err, code)
	}
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// finding is a new finding on an offer of bazar.example.
func finding(offer, owner string, change ...func(*assay.Finding)) assay.FindingChange {
	f := assay.Finding{
		Marketplace: "bazar.example", Offer: offer, Page: "p-" + offer,
		Assessment: assay.Assessment{
			Level: assay.Review, Lane: assay.LaneCounterfeit, Owner: owner, Score: 2_310_000,
			Contributions: []assay.Contribution{{Signal: assay.SignalMark, Points: 2_310_000, Mark: owner, Where: "title",
				Span: &assay.Span{0, 6}, Written: owner, How: []assay.Disguise{assay.DisguiseCase}}},
		},
		Model: "2026-11-1", Reference: "sha256:00", AsOf: day, State: assay.State{Revision: 1, Changed: []string{"title"}}, Revision: 1,
		Title: "bag " + offer, URL: "https://bazar.example/" + offer, Price: "39.00", Currency: "EUR",
		SellerID: "s1", SellerName: "Wang", FoundAt: day, ChangedAt: day, Version: 1,
	}
	for _, c := range change {
		c(&f)
	}
	return assay.FindingChange{After: f, Cause: assay.CauseListing}
}

// changed is the next version of a finding that is kept.
func changed(before assay.Finding, change ...func(*assay.Finding)) assay.FindingChange {
	after := before
	after.Version++
	after.ChangedAt = before.ChangedAt.Add(time.Hour)
	for _, c := range change {
		c(&after)
	}
	return assay.FindingChange{Before: &before, After: after, Cause: assay.CauseListing}
}

// worked is a store with one partition held by "w".
func worked(t *testing.T, e engine) *sqldb.Store {
	t.Helper()
	s := e.open(t)
	get(s.Partitions(t.Context(), local, 1))(t)
	if _, held, err := s.Acquire(t.Context(), local, 0, "w", day, day.Add(time.Minute)); !held || err != nil {
		t.Fatal(held, err)
	}
	return s
}

// outcome is one envelope's, at a sequence.
func outcome(sequence uint64, findings ...assay.FindingChange) assay.Outcome {
	return assay.Outcome{Partition: 0, Holder: "w", From: sequence, To: sequence, At: day.Add(time.Duration(sequence) * time.Second),
		Listings: 10, New: 2, Findings: findings,
		Segment: &assay.Segment{Entries: 10, Data: fmt.Appendf(nil, "segment %d", sequence)}}
}

func commit(t testing.TB, s *sqldb.Store, o assay.Outcome) {
	t.Helper()
	must(t, s.Commit(t.Context(), local, o))
}

// everything is a filter that leaves nothing out.
func everything() assay.FindingFilter {
	return assay.FindingFilter{Levels: []assay.Level{assay.Clear, assay.Review, assay.Block}}
}

// dump returns all rows of a store, as text.
func dump(t testing.TB, s *sqldb.Store) []string {
	t.Helper()
	var lines []string
	must(t, s.Dump(t.Context(), local, func(table string, columns []string, row []any) error {
		lines = append(lines, fmt.Sprintf("%s %v %#v", table, columns, row))
		return nil
	}))
	return lines
}

// unchanged fails the test if f leaves anything behind.
func unchanged(t testing.TB, s *sqldb.Store, f func()) {
	t.Helper()
	before := dump(t, s)
	f()
	same(t, dump(t, s), before)
}

type dumped struct {
	table   string
	columns []string
	row     []any
}

func allRows(t testing.TB, s *sqldb.Store) []dumped {
	t.Helper()
	var all []dumped
	must(t, s.Dump(t.Context(), local, func(table string, columns []string, row []any) error {
		all = append(all, dumped{table, slices.Clone(columns), slices.Clone(row)})
		return nil
	}))
	return all
}

func load(t testing.TB, s *sqldb.Store, rows []dumped) error {
	return s.Load(t.Context(), local, func() (string, []string, []any, error) {
		if len(rows) == 0 {
			return "", nil, nil, io.EOF
		}
		d := rows[0]
		rows = rows[1:]
		return d.table, d.columns, d.row, nil
	})
}

var errVisitor = errors.New("the visitor has had enough")
