package reference_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"assay"
	"assay/reference"
)

var local = assay.LocalScope("test")

// keep runs a Keeper until the test ends or stop is called.
func keep(t testing.TB, o reference.KeeperOptions) (k *reference.Keeper, stop func()) {
	t.Helper()
	o.Scope, o.TempDir = local, t.TempDir()
	if o.Clock == nil {
		o.Clock = func() time.Time { return asOf.Add(7 * time.Hour) }
	}
	if o.Poll == 0 {
		o.Poll = time.Millisecond
	}
	k = reference.NewKeeper(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	await(t, "Run has begun", func() bool {
		_, err := k.Preview(context.Background(), local, "nonsense", assay.ImportMerge, "", nil)
		return assay.CodeOf(err) != assay.Unavailable
	})
	return k, stop
}

// await waits until something holds.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

// bring imports a file and returns how that ended.
func bring(t testing.TB, k *reference.Keeper, kind assay.ReferenceKind, mode assay.ImportMode, file string) assay.ReferenceImport {
	t.Helper()
	r, err := k.Import(t.Context(), local, kind, mode, string(kind)+".upload", bytes.NewReader([]byte(file)))
	if err != nil {
		t.Fatal(err)
	}
	return ended(t, k, r.ID)
}

func ended(t testing.TB, k *reference.Keeper, id string) (r assay.ReferenceImport) {
	t.Helper()
	await(t, "the import ends", func() bool {
		var err error
		if r, err = k.ImportStatus(id); err != nil {
			t.Fatal(err)
		}
		return !r.EndedAt.IsZero()
	})
	// The place is free when the upload is gone from the disk.
	await(t, "the next may begin", func() bool {
		_, err := k.Preview(t.Context(), local, "nonsense", assay.ImportMerge, "", nil)
		return assay.CodeOf(err) == assay.Invalid
	})
	return r
}

// mustBring is bring for a file that must come into force.
func mustBring(t testing.TB, k *reference.Keeper, kind assay.ReferenceKind, mode assay.ImportMode, file string) assay.ReferenceImport {
	t.Helper()
	r := bring(t, k, kind, mode, file)
	if r.Phase != assay.ImportDone {
		t.Fatalf("%s %s: %s %v", kind, r.Phase, r.Error, r.Problems)
	}
	return r
}

const twoMarks = "mark,owner\nMaison Exemple,H\nNordlicht,I\n"

func TestAServerWithoutRowsScreensEverythingClear(t *testing.T) {
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	await(t, "a generation", func() bool { return k.Current() != nil })
	if hits := k.Current().Matcher().NewFinder().Find("Sac Maison Exemple"); len(hits) > 0 {
		t.Error(hits)
	}
	if s := k.Status(); s.Version != 0 || s.Hash != k.Current().Hash() || !s.AsOf.Equal(asOf) || s.LastError != nil || !s.BehindSince.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestBeforeAndAfterRunNothingIsImported(t *testing.T) {
	k := reference.NewKeeper(reference.KeeperOptions{Store: newMemoryStore(), Clock: time.Now})
	if k.Current() != nil {
		t.Error("a generation before Run")
	}
	if _, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", nil); assay.CodeOf(err) != assay.Unavailable {
		t.Error(err)
	}
	k, stop := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	if err := k.Run(t.Context()); assay.CodeOf(err) != assay.Conflict {
		t.Error("two Runs at once")
	}
	stop()
	if _, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", nil); assay.CodeOf(err) != assay.Unavailable {
		t.Error(err)
	}
}

func TestTwoKeepersOfOneStoreConverge(t *testing.T) {
	store := newMemoryStore()
	wake := make(chan struct{}, 1)
	a, _ := keep(t, reference.KeeperOptions{Store: store, Holder: "a", Announce: func(context.Context) error {
		wake <- struct{}{}
		return nil
	}})
	b, _ := keep(t, reference.KeeperOptions{Store: store, Holder: "b", Wake: wake, Poll: time.Hour})
	await(t, "b has the first", func() bool { return b.Current() != nil })
	first := b.Current()
	r := mustBring(t, a, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
	await(t, "b has what a imported", func() bool { return b.Current() != first })
	if b.Current().Hash() != r.Generation || a.Current().Hash() != r.Generation || b.Status().Version != 1 {
		t.Errorf("%s, %s, %s", r.Generation, a.Current().Hash(), b.Current().Hash())
	}
}

func TestTheImportersGenerationIsBuiltOnce(t *testing.T) {
	store := newMemoryStore()
	k, _ := keep(t, reference.KeeperOptions{Store: store})
	await(t, "the first", func() bool { return k.Current() != nil })
	var swaps atomic.Int32
	k.OnSwap(func(*reference.Generation) { swaps.Add(1) }) // at once for the one in force
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, "mark,owner\nOther,H\n")
	await(t, "it is polled again", func() bool { return k.Status().Newest == 2 })
	if swaps.Load() != 3 {
		t.Errorf("%d swaps", swaps.Load())
	}
}

func TestANewDayIsANewGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemoryStore()
		rates, _ := readRows(assay.ReferenceRates, "", "date,currency,per_eur\n2000-01-01,USD,1\n2000-01-02,USD,2\n")
		store.rows[assay.ReferenceRates] = map[string][]*storedRow{}
		for _, r := range rates {
			store.rows[assay.ReferenceRates][r.Key] = []*storedRow{{fields: r.Fields}}
		}
		k := reference.NewKeeper(reference.KeeperOptions{Store: store, Scope: local, Clock: time.Now}) // midnight of 2000-01-01
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		first := k.Current()
		time.Sleep(23 * time.Hour) // of the bubble's clock
		synctest.Wait()
		if k.Current() != first {
			t.Error("built anew within the day")
		}
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		second := k.Current()
		dollars := func(g *reference.Generation) string {
			m, _ := g.Rates().Convert(assay.Money{Amount: 1, Currency: "EUR"}, "USD")
			return m.String()
		}
		if !second.AsOf().Equal(first.AsOf().AddDate(0, 0, 1)) || second.Hash() != first.Hash() || dollars(first) != "1.00 USD" || dollars(second) != "2.00 USD" {
			t.Errorf("%s then %s; %s then %s", first.AsOf(), second.AsOf(), dollars(first), dollars(second))
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAStoreThatIsAwayIsTriedAgainAndSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemoryStore()
		k := reference.NewKeeper(reference.KeeperOptions{Store: store, Scope: local, Clock: time.Now})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		first := k.Current()
		store.set(func() { store.away, store.version = assay.Errorf(assay.Unavailable, "away"), 1 })
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := k.Status(); assay.CodeOf(s.LastError) != assay.Unavailable || k.Current() != first || s.Hash != first.Hash() {
			t.Errorf("%+v", s)
		}
		store.set(func() { store.away = nil })
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if s := k.Status(); s.LastError != nil || s.Version != 1 || !s.BehindSince.IsZero() || k.Current() == first {
			t.Errorf("%+v", s)
		}
		cancel()
		<-done
	})
}

func TestStatusSaysSinceWhenItIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemoryStore()
		k := reference.NewKeeper(reference.KeeperOptions{Store: store, Scope: local, Clock: time.Now})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		store.set(func() {
			store.version = 1
			store.rows[assay.ReferenceMarks] = map[string][]*storedRow{"x": {{since: 1, owner: "H", fields: "A1,odd,H,,,,"}}}
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		s := k.Status()
		if s.Newest != 1 || s.Version != 0 || assay.CodeOf(s.LastError) != assay.Invalid || time.Since(s.BehindSince) < 58*time.Second || s.Building {
			t.Errorf("%+v", s)
		}
		cancel()
		<-done
	})
}

func TestASwapNeverWaitsForReadersNorTheyForIt(t *testing.T) {
	store := newMemoryStore()
	k, stop := keep(t, reference.KeeperOptions{Store: store})
	await(t, "the first", func() bool { return k.Current() != nil })
	entered, leave := make(chan struct{}), make(chan struct{})
	n := 0
	k.OnSwap(func(*reference.Generation) {
		if n++; n == 2 {
			close(entered)
			<-leave // a hook that takes long
		}
	})
	held := k.Current() // a reader that takes long
	r, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", bytes.NewReader([]byte(twoMarks)))
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	if k.Current() == held || k.Current().Stats().Marks != 2 || held.Stats().Marks != 0 || k.Status().Version != 1 {
		t.Error("a reader does not see the new one at once, or the old one has changed")
	}
	close(leave)
	ended(t, k, r.ID)
	stop()
}
