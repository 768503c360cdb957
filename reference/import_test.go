package reference_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"assay"
	"assay/reference"
)

// bringFolder imports a folder, kind by kind in the order of the kinds.
func bringFolder(t testing.TB, k *reference.Keeper, files map[assay.ReferenceKind][]byte, mode assay.ImportMode) {
	t.Helper()
	for _, kind := range reference.Kinds() {
		if data, ok := files[kind]; ok {
			mustBring(t, k, kind, mode, string(data))
		}
	}
}

func TestAFolderImportedKindByKindIsItsGeneration(t *testing.T) {
	fsys := os.DirFS("../examples/reference")
	want, err := reference.Load(fsys, asOf)
	if err != nil {
		t.Fatal(err)
	}
	store := newMemoryStore()
	k, _ := keep(t, reference.KeeperOptions{Store: store})
	bringFolder(t, k, uploads(t, fsys), assay.ImportMerge)
	if describe(k.Current()) != describe(want) || k.Current().Hash() != want.Hash() {
		t.Error("another generation")
	}
	if !store.owners["Bellweather Group"] || len(store.owners) != 3 {
		t.Errorf("organisations of %v", store.owners)
	}
	if len(store.events) != 7 || !strings.Contains(store.events[6], want.Hash()) {
		t.Errorf("events %q", store.events)
	}
	t.Run("again, it changes nothing and makes no version", func(t *testing.T) {
		for _, mode := range []assay.ImportMode{assay.ImportMerge, assay.ImportReplace} {
			for kind, data := range uploads(t, fsys) {
				r := mustBring(t, k, kind, mode, string(data))
				if r.Added+r.Changed+r.Removed != 0 || r.Generation != want.Hash() || r.Done != r.Rows || r.Rows == 0 {
					t.Errorf("%+v", r)
				}
			}
		}
		if store.version != 7 {
			t.Errorf("version %d", store.version)
		}
	})
}

// TestHowRowsCameInDoesNotMatter imports a world written otherwise, over another
// world, and over itself.
func TestHowRowsCameInDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		want, err := reference.Load(w.write(), asOf)
		if err != nil {
			rt.Fatal(err)
		}
		store := newMemoryStore()
		k, stop := keep(t, reference.KeeperOptions{Store: store})
		defer stop()
		if rapid.Bool().Draw(rt, "over another") {
			bringFolder(t, k, uploads(rt, drawWorld(rt).write()), assay.ImportMerge)
			for _, kind := range reference.Kinds() { // everything out again
				store.set(func() {
					for _, versions := range store.rows[kind] {
						for _, r := range versions {
							if r.until == 0 {
								r.until = store.version
							}
						}
					}
				})
			}
		}
		bringFolder(t, k, uploads(rt, w.rewrite(rt)), rapid.SampledFrom([]assay.ImportMode{assay.ImportMerge, assay.ImportReplace}).Draw(rt, "mode"))
		bringFolder(t, k, uploads(rt, w.rewrite(rt)), assay.ImportMerge)
		if k.Current().Hash() != want.Hash() || describe(k.Current()) != describe(want) {
			rt.Fatalf("another generation\n%s\n---\n%s", describe(k.Current()), describe(want))
		}
	})
}

func TestMergeAndReplace(t *testing.T) {
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	count := func(r assay.ReferenceImport) string { return fmt.Sprint(r.Rows, r.Added, r.Changed, r.Removed) }
	for _, c := range []struct {
		name string
		mode assay.ImportMode
		file string
		want string // rows added changed removed
		left int    // products
	}{
		{"the first rows", assay.ImportMerge, "owner,mpn,currency,list_price\nH,M-1,EUR,1\nH,M-2,EUR,1\nI,M-1,EUR,1\n", "3 3 0 0", 3},
		{"a row of the same key takes its place", assay.ImportMerge, "owner,mpn,currency,list_price\nH,M-1,EUR,2\nH,M-3,EUR,1\n", "2 1 1 0", 4},
		{"replace removes the owner's other rows and nobody else's", assay.ImportReplace, "owner,mpn,currency,list_price\nH,M-1,EUR,2\nH,M-9,EUR,2\n", "2 1 0 2", 3},
		{"several rows of one key are all kept", assay.ImportMerge, "owner,mpn,currency,list_price\nH,M-1,EUR,5\nH,M-1,EUR,6\nH,M-1,EUR,7\n", "3 2 1 0", 5},
		{"replace by fewer", assay.ImportReplace, "owner,mpn,currency,list_price\nH,M-1,EUR,6\n", "1 0 1 3", 2},
		{"a file without rows replaces nobody's", assay.ImportReplace, "owner\n", "0 0 0 0", 2},
	} {
		before := k.Status().Version
		preview, err := k.Preview(t.Context(), local, assay.ReferenceProducts, c.mode, "", strings.NewReader(c.file))
		if err != nil || k.Status().Version != before {
			t.Fatal(err)
		}
		got := mustBring(t, k, assay.ReferenceProducts, c.mode, c.file)
		// A row that stands where another of the same key stood is the same or a change,
		// depending on the order of their digests: only sums are told for that one.
		if c.name == "replace by fewer" {
			if got.Added != 0 || got.Removed != 3 {
				t.Errorf("%s: %s", c.name, count(got))
			}
		} else if count(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, count(got), c.want)
		}
		if count(preview) != count(got) || preview.Generation != got.Generation || preview.Phase != assay.ImportDone {
			t.Errorf("%s: the preview said %s %s, it was %s %s", c.name, count(preview), preview.Generation, count(got), got.Generation)
		}
		if n := k.Current().Stats().Products; n != c.left {
			t.Errorf("%s: %d products, want %d", c.name, n, c.left)
		}
	}
	mustBring(t, k, assay.ReferenceRates, assay.ImportMerge, "date,currency,per_eur\n2026-11-01,USD,1\n2026-11-01,JPY,160\n")
	if r := mustBring(t, k, assay.ReferenceRates, assay.ImportReplace, "date,currency,per_eur\n2026-11-01,USD,2\n"); count(r) != "1 0 1 1" {
		t.Errorf("rows without owners: %s", count(r))
	}
	if r := mustBring(t, k, assay.ReferenceRates, assay.ImportReplace, "date,currency,per_eur\n"); count(r) != "0 0 0 1" {
		t.Errorf("a file without rows: %s", count(r))
	}
}

func TestABadFileChangesNothing(t *testing.T) {
	store := newMemoryStore()
	k, _ := keep(t, reference.KeeperOptions{Store: store})
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, "mark,owner,alias_of\nA1,H,\nA2,H,A1\n")
	mustBring(t, k, assay.ReferenceClaims, assay.ImportMerge, "phrase,meaning\nfake,replica\n")
	mustBring(t, k, assay.ReferenceBanks, assay.ImportMerge, "name,meaning,owner\nb,official,H\n")
	mustBring(t, k, assay.ReferenceBankImages, assay.ImportMerge, "bank,pdq\nb,"+strings.Repeat("0", 64)+"\n")
	before := k.Current()
	for _, c := range []struct {
		name string
		kind assay.ReferenceKind
		mode assay.ImportMode
		file string
		want string
	}{
		{"all mistakes of its rows", assay.ReferenceMarks, assay.ImportMerge, "mark,owner\n,H\nB1,\n",
			"marks.upload:2: mark: a mark is needed\nmarks.upload:3: owner: an owner is needed"},
		{"an alias of a mark that is not there", assay.ReferenceMarks, assay.ImportMerge, "mark,owner,alias_of\nB1,H,A1\nB2,H,B9\n",
			`marks.upload:3: alias_of: "B9" is not a mark of "H"`},
		{"an alias that makes a circle with a stored one", assay.ReferenceMarks, assay.ImportMerge, "mark,owner,alias_of\nB1,H,\nA1,H,A2\n",
			`marks.upload:3: alias_of: "A2" leads back to itself; one of the aliases must be the mark`},
		{"an alias whose mark is replaced", assay.ReferenceMarks, assay.ImportReplace, "mark,owner,alias_of\nA2,H,A1\n",
			`marks.upload:2: alias_of: "A1" is not a mark of "H"`},
		{"a mark twice", assay.ReferenceMarks, assay.ImportMerge, "mark,owner,kind\nC1,H,\nC2,H,\nC1,H,dictionary\n",
			`marks.upload:4: mark: "C1" of this owner stands on line 2 with another kind`},
		{"a phrase that the stored ones contradict", assay.ReferenceClaims, assay.ImportMerge, "phrase,meaning\nok,excuse\nFAKE,excuse\n",
			`claims.upload:3: meaning: "FAKE" is excuse here and replica elsewhere`},
		{"the other way round", assay.ReferenceClaims, assay.ImportReplace, "phrase,meaning,language\nfake,replica,\nfake,excuse,en\n",
			`claims.upload:3: meaning: "fake" is excuse here and replica on line 2`},
		{"two rates of one day", assay.ReferenceRates, assay.ImportMerge, "date,currency,per_eur\n2026-11-01,USD,1\n2026-11-01,USD,2\n", "rates.upload:"},
		{"images of a bank that is not there", assay.ReferenceBankImages, assay.ImportMerge, "bank,pdq\nb," + strings.Repeat("1", 64) + "\nc," + strings.Repeat("1", 64) + "\n",
			`bank_images.upload:3: bank: there is no bank "c"; import the banks first`},
		{"a bank twice", assay.ReferenceBanks, assay.ImportMerge, "name,meaning,owner\nd,benign,\nd,official,H\n",
			`banks.upload:3: name: two banks are named "d"`},
		{"a policy", assay.ReferenceScreening, assay.ImportMerge, "thresholds: {odd: 1}\n", "screening.upload:1: thresholds.odd: no such lane; known are"},
	} {
		preview, err := k.Preview(t.Context(), local, c.kind, c.mode, string(c.kind)+".upload", strings.NewReader(c.file))
		if err != nil || preview.Phase != assay.ImportFailed || !strings.HasPrefix(preview.Problems.Error(), c.want) {
			t.Errorf("%s: the preview: %+v %v", c.name, preview, err)
		}
		r := bring(t, k, c.kind, c.mode, c.file)
		if got := r.Problems.Error(); r.Phase != assay.ImportFailed || !strings.HasPrefix(got, c.want) || strings.Count(got, "\n") != strings.Count(c.want, "\n") || r.Generation != "" {
			t.Errorf("%s: %s\n%s\nwant\n%s", c.name, r.Phase, got, c.want)
		}
		if store.version != 4 || k.Current() != before || store.lease.holder != "" {
			t.Errorf("%s: version %d", c.name, store.version)
		}
		for kind, keys := range store.rows {
			for key, versions := range keys {
				if len(versions) != 1 || versions[0].since > 4 || versions[0].until != 0 {
					t.Errorf("%s: left %s %s", c.name, kind, key)
				}
			}
		}
	}
}

// TestACrashAnywhereLeavesTheOldVersionOrTheNewOne lets every call in turn be the
// last one that reaches the store, before or after it took effect.
func TestACrashAnywhereLeavesTheOldVersionOrTheNewOne(t *testing.T) {
	var file strings.Builder
	file.WriteString("owner,mpn\n")
	for i := range 2*reference.StageRows + 1 {
		fmt.Fprintf(&file, "H,N-%d\n", i)
	}
	for n, finished := 1, false; !finished; n++ {
		store := newMemoryStore()
		k, stop := keep(t, reference.KeeperOptions{Store: store, Holder: "a"})
		mustBring(t, k, assay.ReferenceProducts, assay.ImportMerge, "owner,mpn\nH,M-1\n")
		before := k.Current().Hash()
		crashed := errors.New("crashed")
		store.set(func() {
			store.calls = 0
			store.fail = func(call int) error {
				if call >= n {
					return crashed
				}
				return nil
			}
		})
		r, err := k.Import(t.Context(), local, assay.ReferenceProducts, assay.ImportReplace, "", strings.NewReader(file.String()))
		if err == nil {
			r = ended(t, k, r.ID)
		}
		stop()
		finished = store.calls < n
		store.set(func() { store.fail = nil })

		other, stop := keep(t, reference.KeeperOptions{Store: store, Holder: "a"})
		await(t, "a generation after the crash", func() bool { return other.Current() != nil })
		switch products := other.Current().Stats().Products; {
		case store.version == 1 && (other.Current().Hash() != before || r.Phase == assay.ImportDone):
			t.Errorf("call %d: the old version is not what it was (%d products), or the import says %s", n, products, r.Phase)
		case store.version > 1 && (products != 2*reference.StageRows+1 || r.Phase != assay.ImportDone):
			t.Errorf("call %d: %d products, and the import says %s", n, products, r.Phase)
		}
		mustBring(t, other, assay.ReferenceProducts, assay.ImportReplace, file.String())
		if got := other.Current().Stats().Products; got != 2*reference.StageRows+1 {
			t.Errorf("call %d: the next import leaves %d products", n, got)
		}
		stop()
	}
}

func TestABusyStoreIsAskedAgain(t *testing.T) {
	store := newMemoryStore()
	k, _ := keep(t, reference.KeeperOptions{Store: store})
	store.set(func() {
		store.fail = func(call int) error {
			if call == 3 || call == 4 { // the first two attempts to stage
				return assay.Errorf(assay.Unavailable, "busy")
			}
			return nil
		}
	})
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
}

func TestOneImportRunsAtATime(t *testing.T) {
	store := newMemoryStore()
	a, _ := keep(t, reference.KeeperOptions{Store: store, Holder: "a"})
	b, _ := keep(t, reference.KeeperOptions{Store: store, Holder: "b"})
	reached, goOn := make(chan struct{}), make(chan struct{})
	store.set(func() {
		store.fail = func(call int) error {
			if call == 3 {
				store.mu.Unlock()
				close(reached)
				<-goOn
				store.mu.Lock()
			}
			return nil
		}
	})
	first, err := a.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", strings.NewReader(twoMarks))
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	for name, k := range map[string]*reference.Keeper{"here": a, "elsewhere": b} {
		if _, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", strings.NewReader(twoMarks)); assay.CodeOf(err) != assay.Conflict || !strings.Contains(err.Error(), "an import is running") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, _ := a.ImportStatus(first.ID); r.Phase != assay.ImportWriting || r.Rows != 2 || r.Done != 0 {
		t.Errorf("%+v", r)
	}
	close(goOn)
	if r := ended(t, a, first.ID); r.Phase != assay.ImportDone || r.Done != 2 || r.Added != 2 {
		t.Errorf("%+v", r)
	}
	mustBring(t, b, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
}

func TestAShutdownAbandonsTheImport(t *testing.T) {
	store := newMemoryStore()
	k, stop := keep(t, reference.KeeperOptions{Store: store})
	reached, goOn := make(chan struct{}), make(chan struct{})
	store.set(func() {
		store.fail = func(call int) error {
			if call == 4 { // the rows are staged
				store.mu.Unlock()
				close(reached)
				<-goOn
				store.mu.Lock()
			}
			return nil
		}
	})
	r, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", strings.NewReader(twoMarks))
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	await(t, "the shutdown is noticed", func() bool {
		_, err := k.Preview(t.Context(), local, "nonsense", assay.ImportMerge, "", nil)
		return assay.CodeOf(err) == assay.Unavailable
	})
	close(goOn)
	<-stopped
	if r, _ = k.ImportStatus(r.ID); r.Phase != assay.ImportFailed || r.Error != "the server was shut down before the import was done" {
		t.Errorf("%+v", r)
	}
	if store.version != 0 || store.lease.holder != "" || len(store.rows[assay.ReferenceMarks]) > 0 {
		t.Errorf("left: version %d, lease of %q, %v", store.version, store.lease.holder, store.rows)
	}
}

func TestUploads(t *testing.T) {
	dir := t.TempDir()
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	bring := func(body io.Reader) (assay.ReferenceImport, error) {
		return k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "m.csv", body)
	}
	packed := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		return b.Bytes()
	}
	t.Run("gzip is unpacked", func(t *testing.T) {
		r, err := bring(bytes.NewReader(packed(twoMarks)))
		if err != nil {
			t.Fatal(err)
		}
		if r = ended(t, k, r.ID); r.Phase != assay.ImportDone || r.Added != 2 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("gzip that is cut off or broken is invalid", func(t *testing.T) {
		whole := packed(twoMarks)
		for _, body := range [][]byte{whole[:len(whole)-9], whole[:3], append(bytes.Clone(whole[:len(whole)-8]), "xxxxxxxx"...)} {
			if _, err := bring(bytes.NewReader(body)); assay.CodeOf(err) != assay.Invalid {
				t.Errorf("%d bytes: %v", len(body), err)
			}
		}
	})
	t.Run("a connection that breaks is no mistake of the file", func(t *testing.T) {
		_, err := bring(io.MultiReader(strings.NewReader(twoMarks), brokenReader{}))
		if !errors.Is(err, errDisk) || assay.CodeOf(err) != assay.Internal {
			t.Error(err)
		}
	})
	t.Run("a file that is too large is refused, packed or not", func(t *testing.T) {
		for _, body := range [][]byte{[]byte(strings.Repeat("a", 101)), packed(strings.Repeat("a", 101))} {
			if err := reference.Spool(dir, bytes.NewReader(body), 100); assay.CodeOf(err) != assay.TooLarge {
				t.Error(err)
			}
		}
		if err := reference.Spool(dir, strings.NewReader(strings.Repeat("a", 100)), 100); err != nil {
			t.Error(err)
		}
	})
	t.Run("no room on the disk is told as that", func(t *testing.T) {
		if err := reference.Spool(filepath.Join(dir, "missing"), strings.NewReader(""), 100); assay.CodeOf(err) != assay.Full {
			t.Error(err)
		}
	})
	t.Run("nothing is left on the disk", func(t *testing.T) {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Error(left)
		}
	})
	t.Run("an unknown kind, mode or import", func(t *testing.T) {
		if _, err := k.Import(t.Context(), local, "odd", assay.ImportMerge, "", nil); assay.CodeOf(err) != assay.Invalid {
			t.Error(err)
		}
		if _, err := k.Import(t.Context(), local, assay.ReferenceMarks, "odd", "", nil); assay.CodeOf(err) != assay.Invalid {
			t.Error(err)
		}
		if _, err := k.ImportStatus("odd"); assay.CodeOf(err) != assay.NotFound {
			t.Error(err)
		}
	})
	t.Run("so many that have ended are remembered", func(t *testing.T) {
		first := mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
		for range reference.KeptImports + 1 {
			mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
		}
		if _, err := k.ImportStatus(first.ID); assay.CodeOf(err) != assay.NotFound {
			t.Error(err)
		}
	})
}

func TestAnAnnouncementThatFailsFailsNothing(t *testing.T) {
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore(), Announce: func(context.Context) error { return errors.New("no network") }})
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, twoMarks)
}

func TestAnImportRenewsItsLeaseAndEndsWhenItIsLost(t *testing.T) {
	for name, lost := range map[string]bool{"renewed": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemoryStore()
				k := reference.NewKeeper(reference.KeeperOptions{Store: store, Scope: local, Clock: time.Now, TempDir: t.TempDir(), Holder: "a"})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- k.Run(ctx) }()
				synctest.Wait()
				store.fail = func(call int) error {
					if call == 3 { // before the rows are staged
						store.mu.Unlock()
						time.Sleep(3 * reference.ImportLease)
						store.mu.Lock()
					}
					return nil
				}
				r, err := k.Import(t.Context(), local, assay.ReferenceMarks, assay.ImportMerge, "", strings.NewReader(twoMarks))
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * reference.ImportLease)
				store.set(func() {
					if store.lease.until.Before(time.Now()) {
						t.Errorf("the lease ran out at %s", store.lease.until)
					}
					if lost {
						store.lease.holder = "b"
					}
				})
				time.Sleep(2 * reference.ImportLease)
				synctest.Wait()
				r, _ = k.ImportStatus(r.ID)
				switch {
				case lost && (r.Phase != assay.ImportFailed || !strings.HasPrefix(r.Error, "another import has taken over") || store.version != 0):
					t.Errorf("version %d, %+v", store.version, r)
				case !lost && (r.Phase != assay.ImportDone || store.version != 1):
					t.Errorf("version %d, %+v", store.version, r)
				}
				cancel()
				<-done
			})
		})
	}
}
