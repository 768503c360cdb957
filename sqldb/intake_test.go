package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"assay"
	"assay/sqldb"
)

func opening(t *testing.T, e engine) {
	t.Run("an empty database gets its tables, and opening it again changes nothing", func(t *testing.T) {
		url := e.newURL(t)
		s := open(t, url)
		if s.Engine() != e.name {
			t.Errorf("engine is %q", s.Engine())
		}
		unchanged(t, s, func() { open(t, url) })
		must(t, s.Ping(t.Context()))
		must(t, s.Ping(t.Context()))
	})
	t.Run("processes that open an empty database at once all succeed", func(t *testing.T) {
		url := e.newURL(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Ping(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
	t.Run("the installation's own organisation is there from the first migration", func(t *testing.T) {
		o := get(e.open(t).Organisation(t.Context(), local, assay.LocalOrganisation))(t)
		same(t, o, assay.Organisation{ID: "local", Kind: assay.KindNode, Name: "local"})
	})
	t.Run("a context that has ended is told as itself", func(t *testing.T) {
		s := e.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Ping(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := s.Events(ctx, local, 0, 1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestAnAddressThatIsNoDatabaseIsInvalid(t *testing.T) {
	for _, url := range []string{"", "mysql://root@localhost/x", "sqlite://relative.db", "postgres://%zz"} {
		t.Run(url, func(t *testing.T) {
			_, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
			wantCode(t, err, assay.Invalid)
		})
	}
}

func TestSQLiteAddresses(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"plain.db", "question?mark&and=more#.db", "space and %25 percent.db"} {
		t.Run("a path may hold "+path, func(t *testing.T) {
			open(t, filepath.Join(dir, path))
			if found, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(found) == 0 {
				t.Error(found, err)
			}
		})
	}
	t.Run("as a URL", func(t *testing.T) { open(t, "sqlite://"+filepath.Join(dir, "url.db")) })
	t.Run("in a folder that is not there it is Full: nothing can be written", func(t *testing.T) {
		_, err := sqldb.Open(t.Context(), sqldb.Options{URL: filepath.Join(dir, "no", "such", "folder.db")})
		wantCode(t, err, assay.Full)
	})
}

func leases(t *testing.T, e engine) {
	t.Run("the first number of partitions stays in force", func(t *testing.T) {
		s := e.open(t)
		same(t, get(s.Partitions(t.Context(), local, 2))(t), []assay.Partition{{ID: 0}, {ID: 1}})
		_, err := s.Partitions(t.Context(), local, 3)
		wantCode(t, err, assay.Conflict)
		if n := len(get(s.Partitions(t.Context(), local, 0))(t)); n != 2 {
			t.Errorf("%d partitions, when nobody says how many", n)
		}
		if n := len(get(e.open(t).Partitions(t.Context(), local, 0))(t)); n != sqldb.DefaultPartitions {
			t.Errorf("%d partitions at first, when nobody says how many", n)
		}
		for _, n := range []int{-1, 5000} {
			_, err := s.Partitions(t.Context(), local, n)
			wantCode(t, err, assay.Invalid)
		}
	})

	minute := func(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
	type step struct {
		holder     string
		now, until time.Time
		held       bool
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"a free lease is taken", []step{{"a", minute(0), minute(1), true}}},
		{"nobody else gets it before it is over", []step{{"a", minute(0), minute(2), true}, {"b", minute(1), minute(3), false}, {"b", minute(2), minute(3), true}}},
		{"its holder renews it, even late", []step{{"a", minute(0), minute(1), true}, {"a", minute(5), minute(6), true}}},
		{"a holder whose clock went back keeps it", []step{{"a", minute(60), minute(61), true}, {"a", minute(0), minute(1), true}, {"b", minute(0), minute(1), false}}},
		{"a lease from a clock that jumped a year ahead does not hold for a year",
			[]step{{"a", minute(525_600), minute(525_601), true}, {"b", minute(0), minute(1), true}}},
		{"one who lost it does not get it back by a stale clock", []step{{"a", minute(0), minute(1), true}, {"b", minute(2), minute(3), true}, {"a", minute(1), minute(2), false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := e.open(t)
			get(s.Partitions(t.Context(), local, 1))(t)
			for i, step := range c.steps {
				p, held, err := s.Acquire(t.Context(), local, 0, step.holder, step.now, step.until)
				must(t, err)
				if held != step.held {
					t.Errorf("step %d: held is %v for a partition", i, held)
				}
				if held && (p.Holder != step.holder || !p.LeaseUntil.Equal(step.until)) {
					t.Errorf("step %d: the partition is %+v", i, p)
				}
				held, err = s.AcquireJob(t.Context(), local, "rescreen", step.holder, step.now, step.until)
				must(t, err)
				if held != step.held {
					t.Errorf("step %d: held is %v for a job", i, held)
				}
			}
		})
	}
	t.Run("a released lease is free, and releasing somebody else's does nothing", func(t *testing.T) {
		s := worked(t, e)
		must(t, s.Release(t.Context(), local, 0, "other"))
		_, held, err := s.Acquire(t.Context(), local, 0, "b", day, day.Add(time.Minute))
		if held || err != nil {
			t.Fatal(held, err)
		}
		must(t, s.Release(t.Context(), local, 0, "w"))
		if _, held, err = s.Acquire(t.Context(), local, 0, "b", day, day.Add(time.Minute)); !held || err != nil {
			t.Fatal(held, err)
		}
		must(t, s.ReleaseJob(t.Context(), local, "none", "b"))
	})
	t.Run("a partition that is not there is NotFound", func(t *testing.T) {
		_, _, err := e.open(t).Acquire(t.Context(), local, 7, "a", day, day.Add(time.Minute))
		wantCode(t, err, assay.NotFound)
	})
}

func committing(t *testing.T, e engine) {
	t.Run("an outcome is there whole", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"), finding("2", "Corvane"))
		o.To = 3
		o.Sellers = []assay.SellerRecord{{Marketplace: "bazar.example", Seller: assay.Seller{ID: "s1", Name: "Wang",
			Identifiers: []assay.Identifier{{Type: "email", Value: "a@b"}}}, Hash: 1, SeenAt: day}}
		commit(t, s, o)

		p := get(s.Partitions(t.Context(), local, 1))(t)[0]
		if p.Committed != 3 || p.Listings != 10 || p.Revisions != 2 {
			t.Errorf("the partition is %+v", p)
		}
		page := get(s.ListFindings(t.Context(), local, everything(), "", 10))(t)
		if len(page.Findings) != 2 || page.Count != 2 {
			t.Fatalf("%d findings, count %d", len(page.Findings), page.Count)
		}
		f := get(s.FindingsOf(t.Context(), local, []assay.OfferKey{{Marketplace: "bazar.example", ID: "1"}}))(t)[0]
		want := o.Findings[0].After
		want.ID, want.Organisation = f.ID, f.Organisation
		same(t, f, want)
		if owner := get(s.Organisation(t.Context(), local, f.Organisation))(t); owner.Name != "Bellweather" || owner.Kind != assay.KindBrand {
			t.Errorf("the finding's organisation is %+v", owner)
		}
		same(t, get(s.Marketplaces(t.Context(), local))(t), []assay.Marketplace{{Name: "bazar.example", Platform: "local"}})

		events := get(s.Events(t.Context(), local, 0, 10))(t)
		if len(events) != 2 || events[0].Kind != assay.EventFindingNew || events[0].Subject != f.ID || events[0].Actor != "test" {
			t.Fatalf("events are %+v", events)
		}
		var data struct {
			Before *assay.Finding `json:"before"`
			After  assay.Finding  `json:"after"`
			Cause  assay.Cause    `json:"cause"`
		}
		must(t, json.Unmarshal(events[0].Data, &data))
		if data.Before != nil || data.Cause != assay.CauseListing {
			t.Errorf("data is %s", events[0].Data)
		}
		same(t, data.After, f)
	})
	t.Run("a changed finding keeps its id and time, and tells what it was", func(t *testing.T) {
		s := worked(t, e)
		commit(t, s, outcome(1, finding("1", "Bellweather")))
		f := get(s.ListFindings(t.Context(), local, everything(), "", 1))(t).Findings[0]
		commit(t, s, outcome(2, changed(f, func(f *assay.Finding) { f.Level = assay.Clear })))
		g := get(s.Finding(t.Context(), local, f.ID))(t)
		if g.Level != assay.Clear || g.Version != 2 || !g.FoundAt.Equal(f.FoundAt) {
			t.Errorf("the finding is %+v", g)
		}
		events := get(s.SubjectEvents(t.Context(), local, f.ID, 10))(t)
		if len(events) != 2 || events[0].Kind != assay.EventFindingChanged {
			t.Fatalf("events are %+v", events)
		}
		var data struct{ Before, After assay.Finding }
		must(t, json.Unmarshal(events[0].Data, &data, json.MatchCaseInsensitiveNames(true)))
		same(t, data.Before, f)
		same(t, data.After, g)
		same(t, get(s.EventByID(t.Context(), local, events[0].ID))(t), events[0])
	})
	t.Run("a finding may be made and changed by one run of envelopes", func(t *testing.T) {
		s := worked(t, e)
		made := finding("1", "Bellweather")
		made.After.ID = "0193-made"
		commit(t, s, outcome(1, made, changed(made.After)))
		if f := get(s.Finding(t.Context(), local, "0193-made"))(t); f.Version != 2 {
			t.Errorf("version is %d", f.Version)
		}
	})
	t.Run("the same outcome again writes nothing", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"))
		o.To = 4
		commit(t, s, o)
		unchanged(t, s, func() { commit(t, s, o) })
		unchanged(t, s, func() { commit(t, s, outcome(2, finding("9", "Bellweather"))) })
	})
	t.Run("a run of envelopes that straddles what is committed is refused", func(t *testing.T) {
		s := worked(t, e)
		commit(t, s, outcome(3))
		unchanged(t, s, func() {
			o := outcome(2)
			o.To = 4
			wantCode(t, s.Commit(t.Context(), local, o), assay.Internal)
		})
	})
	t.Run("who does not hold the partition is refused, whatever the lease's time", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1, finding("1", "Bellweather"))
		o.Holder = "other"
		unchanged(t, s, func() { wantCode(t, s.Commit(t.Context(), local, o), assay.Conflict) })
		must(t, s.Release(t.Context(), local, 0, "w"))
		unchanged(t, s, func() { wantCode(t, s.Commit(t.Context(), local, outcome(1)), assay.Conflict) })
	})
	t.Run("a lease that is over but nobody took still commits", func(t *testing.T) {
		s := worked(t, e)
		o := outcome(1)
		o.At = day.AddDate(1, 0, 0)
		commit(t, s, o)
	})
	t.Run("an outcome whose last finding conflicts leaves nothing at all", func(t *testing.T) {
		s := worked(t, e)
		commit(t, s, outcome(1, finding("1", "Bellweather")))
		f := get(s.ListFindings(t.Context(), local, everything(), "", 1))(t).Findings[0]
		f.Version = 7
		for name, last := range map[string]assay.FindingChange{
			"another version": changed(f), "a new one that exists": finding("1", "Bellweather"),
		} {
			t.Run(name, func(t *testing.T) {
				unchanged(t, s, func() {
					o := outcome(2, finding("2", "Nobody before"), finding("3", "Corvane"), last)
					o.Revisions = []assay.Revision{{OfferKey: assay.OfferKey{Marketplace: "new.example", ID: "2"}, Number: 1, Listing: []byte("{}")}}
					wantCode(t, s.Commit(t.Context(), local, o), assay.Conflict)
				})
			})
		}
	})
	t.Run("of an offer's lanes, variants and owners each is a finding", func(t *testing.T) {
		s := worked(t, e)
		commit(t, s, outcome(1, finding("1", "Bellweather"), finding("1", "Corvane"),
			finding("1", "Corvane", func(f *assay.Finding) { f.Variant = "v" }),
			finding("1", "Corvane", func(f *assay.Finding) { f.Lane = assay.LaneMisuse })))
		if n := len(get(s.FindingsOf(t.Context(), local, []assay.OfferKey{{Marketplace: "bazar.example", ID: "1"}}))(t)); n != 4 {
			t.Errorf("%d findings", n)
		}
	})
	t.Run("an unknown verdict is Invalid", func(t *testing.T) {
		s := worked(t, e)
		err := s.Commit(t.Context(), local, outcome(1, finding("1", "x", func(f *assay.Finding) { f.Level = "?" })))
		wantCode(t, err, assay.Invalid)
	})
	t.Run("hostile text is kept", func(t *testing.T) {
		s := worked(t, e)
		commit(t, s, outcome(1, finding("a\x00'; DROP TABLE finding; --", "Bell\xffweather", func(f *assay.Finding) {
			f.Title = "\x00\xf0\x28\x8c\x28 ' \" $1 ?"
			f.Contributions[0].Written = "\x00\xff"
		})))
		f := get(s.ListFindings(t.Context(), local, everything(), "", 1))(t).Findings[0]
		if f.Offer != "a\uFFFD'; DROP TABLE finding; --" || f.Owner != "Bell\uFFFDweather" {
			t.Errorf("the finding is %+v", f)
		}
		if n := len(get(s.FindingsOf(t.Context(), local, []assay.OfferKey{{Marketplace: "bazar.example", ID: "a\x00'; DROP TABLE finding; --"}}))(t)); n != 1 {
			t.Error("it is not found by its own key")
		}
	})
	t.Run("workers of two partitions commit side by side", func(t *testing.T) {
		s := e.open(t)
		get(s.Partitions(t.Context(), local, 2))(t)
		var both sync.WaitGroup
		for p := range 2 {
			both.Go(func() {
				if _, held, err := s.Acquire(t.Context(), local, p, "w", day, day.Add(time.Minute)); !held || err != nil {
					t.Error(held, err)
					return
				}
				for seq := uint64(1); seq <= 20; seq++ {
					o := outcome(seq, finding(string(rune('a'+p))+string(rune('a'+seq)), "Bellweather"))
					o.Partition = p
					if err := s.Commit(t.Context(), local, o); err != nil {
						t.Error(err)
					}
				}
			})
		}
		both.Wait()
		if n := get(s.ListFindings(t.Context(), local, everything(), "", 1))(t).Count; n != 40 {
			t.Errorf("%d findings", n)
		}
		last := int64(0)
		for _, event := range get(s.Events(t.Context(), local, 0, 1000))(t) {
			if event.Position <= last {
				t.Errorf("position %d comes after %d", event.Position, last)
			}
			last = event.Position
		}
	})
}

func segments(t *testing.T, e engine) {
	key := func(segs []assay.Segment) (out []uint64) {
		for _, seg := range segs {
			out = append(out, seg.From, seg.To)
		}
		return out
	}
	read := func(t *testing.T, s *sqldb.Store, after uint64) (all []assay.Segment) {
		must(t, s.Segments(t.Context(), local, 0, after, func(seg assay.Segment) error {
			all = append(all, seg)
			return nil
		}))
		return all
	}
	filled := func(t *testing.T) *sqldb.Store {
		s := worked(t, e)
		for seq := uint64(1); seq <= 5; seq++ {
			commit(t, s, outcome(seq))
		}
		return s
	}
	t.Run("those beyond a sequence come in order", func(t *testing.T) {
		s := filled(t)
		same(t, key(read(t, s, 2)), []uint64{3, 3, 4, 4, 5, 5})
		if all := read(t, s, 0); string(all[4].Data) != "segment 5" || all[4].Entries != 10 {
			t.Errorf("the last one is %+v", all[4])
		}
	})
	t.Run("merged ones take the place of those they replace", func(t *testing.T) {
		s := filled(t)
		heads := get(s.SegmentHeads(t.Context(), local, 0))(t)
		if heads[0].Data != nil {
			t.Error("a head has data")
		}
		ids := []int64{heads[0].ID, heads[1].ID, heads[2].ID}
		if data := get(s.SegmentData(t.Context(), local, ids))(t); string(data[2].Data) != "segment 3" {
			t.Errorf("data is %q", data[2].Data)
		}
		merged := []assay.Segment{{Partition: 0, From: 1, To: 3, Level: 1, Entries: 30, Data: []byte("merged")}}
		must(t, s.MergeSegments(t.Context(), local, ids, merged))
		same(t, key(read(t, s, 0)), []uint64{1, 3, 4, 4, 5, 5})

		unchanged(t, s, func() {
			wantCode(t, s.MergeSegments(t.Context(), local, []int64{heads[3].ID, heads[0].ID}, merged), assay.Conflict)
		})
		_, err := s.SegmentData(t.Context(), local, ids)
		wantCode(t, err, assay.NotFound)
	})
	t.Run("the visitor's error comes back as it is", func(t *testing.T) {
		err := filled(t).Segments(t.Context(), local, 0, 0, func(assay.Segment) error { return errVisitor })
		if err != errVisitor {
			t.Error(err)
		}
	})
	t.Run("visiting and committing at once do not wait for one another", func(t *testing.T) {
		s := filled(t)
		n := 0
		must(t, s.Segments(t.Context(), local, 0, 0, func(seg assay.Segment) error {
			n++
			return s.Commit(t.Context(), local, outcome(seg.To+100))
		}))
		if n != 5 {
			t.Errorf("visited %d", n)
		}
	})
}

func poison(t *testing.T, e engine) {
	p := assay.Poison{ID: "p1", Partition: 0, Sequence: 1, Reason: "unreadable", At: day, Data: []byte("bad")}
	t.Run("it is kept and the partition goes on behind it", func(t *testing.T) {
		s := worked(t, e)
		must(t, s.SetAside(t.Context(), local, "w", p, day))
		unchanged(t, s, func() { must(t, s.SetAside(t.Context(), local, "w", p, day)) })
		commit(t, s, outcome(2))
		listed := get(s.Poisoned(t.Context(), local, "", 10))(t)
		want := p
		want.Data, want.Bytes = nil, 3
		same(t, listed, []assay.Poison{want})
		want.Data = p.Data
		same(t, get(s.PoisonData(t.Context(), local, "p1"))(t), want)
		must(t, s.DropPoison(t.Context(), local, "p1"))
		wantCode(t, s.DropPoison(t.Context(), local, "p1"), assay.NotFound)
		_, err := s.PoisonData(t.Context(), local, "p1")
		wantCode(t, err, assay.NotFound)
	})
	t.Run("only by who holds the partition", func(t *testing.T) {
		s := worked(t, e)
		unchanged(t, s, func() { wantCode(t, s.SetAside(t.Context(), local, "other", p, day), assay.Conflict) })
	})
}
