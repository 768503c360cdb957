package sqldb_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
)

func reference(t *testing.T, e engine) {
	hour := day.Add(time.Hour)
	row := func(key, owner, fields string) assay.ReferenceRow {
		return assay.ReferenceRow{Kind: assay.ReferenceMarks, Key: key, Owner: owner, Fields: fields}
	}
	begin := func(t *testing.T, s *sqldb.Store) int64 {
		t.Helper()
		return get(s.BeginReference(t.Context(), local, "i", day, hour))(t)
	}
	stage := func(t *testing.T, s *sqldb.Store, version int64, mode assay.ImportMode, rows ...assay.ReferenceRow) (added, changed int) {
		t.Helper()
		added, changed, err := s.StageReference(t.Context(), local, version, mode, rows)
		must(t, err)
		return added, changed
	}
	// inForce are the rows at a version as "key=fields", 0: the one in force.
	inForce := func(t *testing.T, s *sqldb.Store, version int64) (all []string) {
		t.Helper()
		if version == 0 {
			version = get(s.ReferenceVersion(t.Context(), local))(t)
		}
		must(t, s.ReferenceRows(t.Context(), local, version, assay.ReferenceMarks, func(_, key, fields string) error {
			all = append(all, key+"="+fields)
			return nil
		}))
		return all
	}
	// started is a store with a=1 of Bellweather, b=1 and c=1 of Corvane in force.
	started := func(t *testing.T) (*sqldb.Store, int64) {
		t.Helper()
		s := e.open(t)
		v := begin(t, s)
		if added, changed := stage(t, s, v, assay.ImportMerge, row("b", "Corvane", "1"), row("a", "Bellweather", "1"), row("c", "Corvane", "1")); added != 3 || changed != 0 {
			t.Errorf("added %d, changed %d", added, changed)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, []string{"Also"}, []byte(`{"rows":3}`), day))
		return s, v
	}
	retire := func(t *testing.T, s *sqldb.Store, v int64, owners []string) (removed int) {
		t.Helper()
		for more := true; more; {
			var n int
			var err error
			n, more, err = s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, owners, 1)
			must(t, err)
			removed += n
		}
		return removed
	}
	rowsOf := func(t *testing.T, s *sqldb.Store) (rows []string) {
		for _, d := range allRows(t, s) {
			if d.table == "reference_row" {
				rows = append(rows, fmt.Sprint(d.row...))
			}
		}
		return rows
	}

	t.Run("an import is seen by nobody until it is in force", func(t *testing.T) {
		s := e.open(t)
		if v := get(s.ReferenceVersion(t.Context(), local))(t); v != 0 {
			t.Errorf("the first version is %d", v)
		}
		v := begin(t, s)
		stage(t, s, v, assay.ImportMerge, row("a", "", "1"))
		if rows := inForce(t, s, 0); rows != nil {
			t.Errorf("in force are %q", rows)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=1"})
	})
	t.Run("coming into force is an event, and owners are organisations", func(t *testing.T) {
		s, v := started(t)
		if got := get(s.ReferenceVersion(t.Context(), local))(t); got != v {
			t.Errorf("in force is %d, want %d", got, v)
		}
		event := get(s.Events(t.Context(), local, 0, 1))(t)[0]
		if event.Kind != sqldb.EventReferenceChanged || string(event.Data) != `{"rows":3}` {
			t.Errorf("the event is %+v", event)
		}
		var names []string
		for _, o := range get(s.Organisations(t.Context(), local, "", 10))(t) {
			names = append(names, o.Name)
		}
		slices.Sort(names)
		same(t, names, []string{"Also", "Bellweather", "Corvane", "local"})
	})
	t.Run("merging adds and replaces, and what is the same is left alone", func(t *testing.T) {
		s, first := started(t)
		v := begin(t, s)
		if added, changed := stage(t, s, v, assay.ImportMerge, row("a", "Bellweather", "1"), row("b", "Corvane", "2"), row("d", "Corvane", "1")); added != 1 || changed != 1 {
			t.Errorf("added %d, changed %d", added, changed)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=1", "b=2", "c=1", "d=1"})
		same(t, inForce(t, s, first), []string{"a=1", "b=1", "c=1"})
	})
	t.Run("of rows with one key the last counts", func(t *testing.T) {
		s := e.open(t)
		v := begin(t, s)
		if added, _ := stage(t, s, v, assay.ImportMerge, row("a", "", "1"), row("a", "", "2")); added != 1 {
			t.Errorf("added %d", added)
		}
		if added, changed := stage(t, s, v, assay.ImportMerge, row("a", "X", "3")); added != 1 || changed != 0 {
			t.Errorf("added %d, changed %d", added, changed)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=3"})
	})
	t.Run("replacing retires what the file does not have, of its owners only", func(t *testing.T) {
		s, _ := started(t)
		v := begin(t, s)
		stage(t, s, v, assay.ImportReplace, row("b", "Corvane", "1"))
		if n := retire(t, s, v, []string{"Corvane"}); n != 1 {
			t.Errorf("removed %d", n)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=1", "b=1"})
	})
	t.Run("replacing for everybody retires all the rest, one with a changed value counts once", func(t *testing.T) {
		s, _ := started(t)
		v := begin(t, s)
		stage(t, s, v, assay.ImportReplace, row("b", "Corvane", "2"))
		if n := retire(t, s, v, nil); n != 2 {
			t.Errorf("removed %d", n)
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"b=2"})
	})
	t.Run("a call whose answer was lost can be made again and counts the same", func(t *testing.T) {
		s, _ := started(t)
		v := begin(t, s)
		for range 2 {
			if added, changed := stage(t, s, v, assay.ImportReplace, row("a", "Bellweather", "1"), row("b", "Corvane", "2"), row("d", "Corvane", "1")); added != 1 || changed != 1 {
				t.Errorf("added %d, changed %d", added, changed)
			}
		}
		for range 2 {
			if removed, more, err := s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, []string{"Bellweather", "Corvane"}, 0); removed != 1 || more || err != nil {
				t.Errorf("removed %d, more %t: %v", removed, more, err)
			}
		}
		for range 2 {
			if removed, more, err := s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, nil, 0); removed != 1 || more || err != nil {
				t.Errorf("of everybody removed %d, more %t: %v", removed, more, err)
			}
		}
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=1", "b=2", "d=1"})
	})
	t.Run("a call retires rows of a bounded number of owners, a bounded number of them", func(t *testing.T) {
		s := e.open(t)
		v := begin(t, s)
		var rows []assay.ReferenceRow
		var owners []string
		for i := range 150 {
			owners = append(owners, fmt.Sprint("Owner ", i))
			rows = append(rows, row(fmt.Sprint("k", i), owners[i], "1"), row(fmt.Sprint("l", i), owners[i], "1"))
		}
		stage(t, s, v, assay.ImportMerge, rows...)
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		v = begin(t, s)
		calls := 0
		for more := true; more; calls++ {
			var removed int
			var err error
			removed, more, err = s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, owners, 70)
			must(t, err)
			if want := map[bool]int{true: 0, false: 300}[more]; removed != want {
				t.Errorf("call %d: removed %d, more %t", calls, removed, more)
			}
		}
		if calls != 5 {
			t.Errorf("%d calls", calls)
		}
		_, _, err := s.RetireMissing(t.Context(), local, v, assay.ReferenceMarks, make([]string, sqldb.MaxRetiredOwners+1), 0)
		wantCode(t, err, assay.TooLarge)
	})
	t.Run("an abandoned import leaves nothing", func(t *testing.T) {
		s, _ := started(t)
		before := rowsOf(t, s)
		v := begin(t, s)
		stage(t, s, v, assay.ImportReplace, row("b", "Corvane", "2"), row("d", "Corvane", "1"))
		retire(t, s, v, nil)
		must(t, s.AbandonReference(t.Context(), local, "i", v))
		same(t, rowsOf(t, s), before)
		same(t, inForce(t, s, 0), []string{"a=1", "b=1", "c=1"})
	})
	t.Run("a crash leaves the old version in force, and the next import cleans up", func(t *testing.T) {
		s, _ := started(t)
		before := rowsOf(t, s)
		v := begin(t, s)
		stage(t, s, v, assay.ImportReplace, row("b", "Corvane", "2"), row("d", "Corvane", "1"))
		retire(t, s, v, nil)
		same(t, inForce(t, s, 0), []string{"a=1", "b=1", "c=1"}) // here it dies

		again := get(s.BeginReference(t.Context(), local, "other", hour, hour.Add(time.Hour)))(t)
		if again <= v {
			t.Errorf("version %d comes after %d", again, v)
		}
		same(t, rowsOf(t, s), before)
		_, _, err := s.StageReference(t.Context(), local, v, assay.ImportMerge, []assay.ReferenceRow{row("x", "", "1")})
		wantCode(t, err, assay.Conflict) // a straggler of the dead one
		wantCode(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day), assay.Conflict)
		wantCode(t, s.AbandonReference(t.Context(), local, "i", v), assay.Conflict)
		wantCode(t, s.RenewReference(t.Context(), local, "i", v, hour), assay.Conflict)
		stage(t, s, again, assay.ImportReplace, row("a", "Bellweather", "1"))
		if n := retire(t, s, again, nil); n != 2 { // what the dead one confirmed does not count
			t.Errorf("removed %d", n)
		}
		must(t, s.CommitReference(t.Context(), local, "other", again, nil, nil, day))
		same(t, inForce(t, s, 0), []string{"a=1"})
	})
	t.Run("one import runs at a time", func(t *testing.T) {
		s := e.open(t)
		v := begin(t, s)
		_, err := s.BeginReference(t.Context(), local, "other", day, hour)
		wantCode(t, err, assay.Conflict)
		must(t, s.RenewReference(t.Context(), local, "i", v, hour.Add(time.Hour)))
		_, err = s.BeginReference(t.Context(), local, "other", hour, hour.Add(time.Minute*10))
		wantCode(t, err, assay.Conflict)
		must(t, s.AbandonReference(t.Context(), local, "i", v))
		get(s.BeginReference(t.Context(), local, "other", day, hour))(t)
	})
	t.Run("pruning forgets old versions only", func(t *testing.T) {
		s, _ := started(t)
		for _, fields := range []string{"2", "3", "4"} {
			v := begin(t, s)
			stage(t, s, v, assay.ImportMerge, row("b", "Corvane", fields))
			must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		}
		must(t, s.PruneReference(t.Context(), local, 1))
		v := get(s.ReferenceVersion(t.Context(), local))(t)
		same(t, inForce(t, s, v), []string{"a=1", "b=4", "c=1"})
		same(t, inForce(t, s, v-1), []string{"a=1", "b=3", "c=1"})
		if n := len(rowsOf(t, s)); n != 4 {
			t.Errorf("%d rows are left", n)
		}
	})
	t.Run("more than 5,000 rows at once are too large", func(t *testing.T) {
		s := e.open(t)
		_, _, err := s.StageReference(t.Context(), local, begin(t, s), assay.ImportMerge, make([]assay.ReferenceRow, 5_001))
		wantCode(t, err, assay.TooLarge)
	})
	t.Run("the list is searched, bounded by owner and read in parts", func(t *testing.T) {
		s := e.open(t)
		v := begin(t, s)
		var rows []assay.ReferenceRow
		for i := range 30 {
			rows = append(rows, row(fmt.Sprintf("k%02d", i), []string{"Bellweather", "Corvane"}[i%2], "古驰 ÉTÉ "+fmt.Sprint(i)))
		}
		stage(t, s, v, assay.ImportMerge, rows...)
		must(t, s.CommitReference(t.Context(), local, "i", v, nil, nil, day))
		for _, c := range []struct {
			owner, q string
			want     int
		}{{"", "", 30}, {"Corvane", "", 15}, {"", "古驰", 30}, {"", "été 1", 1}, {"", "été 12", 1}, {"", "K07", 1}, {"", "k1", 10},
			{"Corvane", "k08", 0}, {"", "%", 0}, {"", " ", 30}} {
			var got []assay.ReferenceRow
			cursor := ""
			for {
				part, next, err := s.ListReferenceRows(t.Context(), local, assay.ReferenceMarks, c.owner, c.q, cursor, 4)
				must(t, err)
				got = append(got, part...)
				if cursor = next; next == "" {
					break
				}
			}
			if len(got) != c.want || !slices.IsSortedFunc(got, func(a, b assay.ReferenceRow) int { return cmpText(a.Key, b.Key) }) {
				t.Errorf("owner %q, q %q: %d rows, want %d", c.owner, c.q, len(got), c.want)
			}
		}
		_, _, err := s.ListReferenceRows(t.Context(), local, assay.ReferenceMarks, "", "", "nonsense", 4)
		wantCode(t, err, assay.Invalid)
	})
	t.Run("search", func(t *testing.T) { referenceSearch(t, e) })
	t.Run("the visitor's error comes back as it is", func(t *testing.T) {
		s, v := started(t)
		if err := s.ReferenceRows(t.Context(), local, v, assay.ReferenceMarks, func(_, _, _ string) error { return errVisitor }); err != errVisitor {
			t.Error(err)
		}
	})
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
