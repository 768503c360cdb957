package seen_test

import (
	"errors"
	"fmt"
	"testing"

	"assay"
	"assay/seen"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func listing(id, title, image string, sold int64) *assay.Listing {
	return &assay.Listing{Marketplace: "bazar.example", ID: id, Title: title,
		Images: []assay.Image{{URL: image}}, Sold: assay.Count{N: sold, Known: true}}
}

func TestWhatAListingIsToWhatWasSeenBefore(t *testing.T) {
	first := listing("1", "Phone case", "a.jpg", 3)
	k := seen.KeyOf(first.Key())
	for _, c := range []struct {
		name   string
		next   *assay.Listing
		change seen.Change
		state  assay.State
	}{
		{"the same again", listing("1", "Phone case", "a.jpg", 3), seen.Same, assay.State{Revision: 1}},
		{"sold more", listing("1", "Phone case", "a.jpg", 4), seen.Counted, assay.State{Revision: 1}},
		{"another title", listing("1", "Bellweather bag", "a.jpg", 3), seen.Changed, assay.State{Revision: 2, Changed: []string{"title"}}},
		{"another photo", listing("1", "Phone case", "b.jpg", 3), seen.Changed, assay.State{Revision: 2, Changed: []string{"images"}}},
		{"both", listing("1", "Bellweather bag", "b.jpg", 9), seen.Changed, assay.State{Revision: 2, Changed: []string{"images", "title"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, change := seen.Record{}.Next(false, k, seen.PrintOf(first), 1)
			if change != seen.New || before.Revision() != 1 || !before.State().IsZero() {
				t.Fatalf("the first listing is %v, revision %d", change, before.Revision())
			}
			before.Set(seen.Found)
			after, change := before.Next(true, k, seen.PrintOf(c.next), 2)
			if diff := cmp.Diff(c.state, after.State()); change != c.change || diff != "" {
				t.Errorf("change %v, want %v; state %s", change, c.change, diff)
			}
			if !after.Has(seen.Found) {
				t.Error("it is forgotten that there is a finding")
			}
		})
	}
}

func TestAnEarlierContentIsANewRevisionToo(t *testing.T) {
	a, b := listing("1", "Phone case", "a.jpg", 3), listing("1", "Bellweather bag", "b.jpg", 3)
	k := seen.KeyOf(a.Key())
	r, _ := seen.Record{}.Next(false, k, seen.PrintOf(a), 1)
	r, _ = r.Next(true, k, seen.PrintOf(b), 2)
	r, change := r.Next(true, k, seen.PrintOf(a), 3)
	if change != seen.Changed || r.Revision() != 3 || len(r.State().Changed) != 2 {
		t.Errorf("%v, revision %d, state %v", change, r.Revision(), r.State())
	}
}

// entries draws a history of a few offers: rising sequences, some offers again.
func entries(t *rapid.T) []seen.Entry {
	n := rapid.IntRange(0, 60).Draw(t, "n")
	list := make([]seen.Entry, 0, n)
	latest := map[seen.Key]seen.Record{}
	for seq := range n {
		l := listing(fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "offer")), rapid.String().Draw(t, "title"),
			rapid.String().Draw(t, "image"), rapid.Int64().Draw(t, "sold"))
		l.Price = assay.Money{Amount: rapid.Int64Range(0, 1e12).Draw(t, "amount"), Scale: 2, Currency: rapid.SampledFrom([]string{"EUR", "IDR"}).Draw(t, "currency")}
		k := seen.KeyOf(l.Key())
		before, known := latest[k]
		r, _ := before.Next(known, k, seen.PrintOf(l), uint64(seq/3))
		latest[k] = r
		list = append(list, seen.EntryOf(r, l, int64(seq)*1e6))
	}
	return list
}

func encode(list []seen.Entry) []byte {
	w := seen.NewWriter()
	for i := range list {
		w.Add(&list[i])
	}
	return w.Bytes()
}

func decode(t *rapid.T, data []byte) (list []seen.Entry) {
	if err := seen.Entries(data, func(e seen.Entry) bool { list = append(list, e); return true }); err != nil {
		t.Fatal(err)
	}
	return list
}

var exact = cmp.AllowUnexported(seen.Record{})

func TestASegmentGivesBackItsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := entries(t)
		got := decode(t, encode(want))
		if len(want) == 0 && len(got) == 0 {
			return
		}
		if diff := cmp.Diff(want, got, exact); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTheIndexIsTheLastRecordOfEachOfferInWhateverOrderSegmentsCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := entries(t)
		last := map[seen.Key]seen.Record{}
		for _, e := range list {
			last[e.Key] = e.Record
		}
		// Envelopes are cut whole: what is of one sequence stays together.
		var segments [][]byte
		for len(list) > 0 {
			n := min(3*rapid.IntRange(1, 5).Draw(t, "cut"), len(list))
			segments = append(segments, encode(list[:n]))
			list = list[n:]
		}
		merged, err := seen.Merge(segments, func(*seen.Record) bool { return true }, 7)
		if err != nil {
			t.Fatal(err)
		}
		var pieces [][]byte
		for i, p := range merged {
			if i > 0 && p.From <= merged[i-1].To {
				t.Fatalf("pieces overlap: %d after %d", p.From, merged[i-1].To)
			}
			pieces = append(pieces, p.Data)
		}
		for _, order := range [][][]byte{rapid.Permutation(segments).Draw(t, "order"), pieces} {
			var x seen.Index
			for _, s := range order {
				if _, err := x.Apply(s); err != nil {
					t.Fatal(err)
				}
			}
			if x.Len() != len(last) {
				t.Fatalf("%d offers, want %d", x.Len(), len(last))
			}
			for k, want := range last {
				if got, ok := x.Get(k); !ok || got != want {
					t.Fatalf("%v %v, want %v", got, ok, want)
				}
			}
		}
	})
}

func TestMergingDropsWhatALaterEntryReplaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := entries(t)
		var x seen.Index
		if _, err := x.Apply(encode(list)); err != nil {
			t.Fatal(err)
		}
		merged, err := seen.Merge([][]byte{encode(list)}, x.Live, 1_000)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var again seen.Index
		for _, p := range merged {
			n += p.Entries
			if _, err := again.Apply(p.Data); err != nil {
				t.Fatal(err)
			}
		}
		if n < x.Len() || again.Len() != x.Len() {
			t.Fatalf("%d entries of %d offers were kept, %d offers are left", n, x.Len(), again.Len())
		}
	})
}

func TestTheIndexHoldsManyOffers(t *testing.T) {
	const n = 200_000
	var x seen.Index
	for i := range n {
		k := seen.KeyOf(assay.OfferKey{Marketplace: "bazar.example", ID: fmt.Sprint(i)})
		x.Put(seen.NewRecord(k, seen.Print{Title: uint32(i)}, 1, 0, uint64(i)))
	}
	if x.Len() != n {
		t.Fatalf("%d offers", x.Len())
	}
	for i := range n {
		k := seen.KeyOf(assay.OfferKey{Marketplace: "bazar.example", ID: fmt.Sprint(i)})
		if r, ok := x.Get(k); !ok || r.Title != uint32(i) {
			t.Fatalf("offer %d: %v %v", i, r, ok)
		}
	}
	if perOffer := x.Bytes() / n; perOffer > 2*56 {
		t.Errorf("%d bytes an offer", perOffer)
	}
}

func TestBytesThatAreNoSegmentAreRefused(t *testing.T) {
	good := encode([]seen.Entry{seen.EntryOf(seen.NewRecord(seen.Key{1, 2}, seen.Print{}, 1, 0, 1), listing("1", "t", "i", 1), 0)})
	for name, data := range map[string][]byte{
		"nothing": {}, "another version": append([]byte{9}, good[1:]...), "cut off": good[:len(good)-3], "noise": []byte("\x01hello"),
	} {
		if _, err := new(seen.Index).Apply(data); !errors.Is(err, seen.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(encode([]seen.Entry{seen.EntryOf(seen.NewRecord(seen.Key{1, 2}, seen.Print{}, 1, seen.Found, 1), listing("1", "t", "i", 1), 5)}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var list []seen.Entry
		if seen.Entries(data, func(e seen.Entry) bool { list = append(list, e); return len(list) < 1_000 }) != nil || len(list) >= 1_000 {
			return
		}
		var again []seen.Entry
		if err := seen.Entries(encode(list), func(e seen.Entry) bool { again = append(again, e); return true }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, again, exact); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	const n = 1 << 20
	var x seen.Index
	keys := make([]seen.Key, n)
	for i := range keys {
		keys[i] = seen.KeyOf(assay.OfferKey{Marketplace: "bazar.example", ID: fmt.Sprint(i)})
		x.Put(seen.NewRecord(keys[i], seen.Print{}, 1, 0, 1))
	}
	b.Run("get", func(b *testing.B) {
		for i := range b.N {
			x.Get(keys[i*7919%n])
		}
	})
	b.Run("apply", func(b *testing.B) {
		w := seen.NewWriter()
		for i := range 500 {
			e := seen.EntryOf(seen.NewRecord(keys[i*997], seen.Print{}, 1, 0, 2), listing(fmt.Sprint(i), "t", "i", 1), 5)
			w.Add(&e)
		}
		data := w.Bytes()
		b.ReportMetric(float64(len(data))/500, "B/entry")
		for b.Loop() {
			if _, err := x.Apply(data); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/entry")
	})
}

func BenchmarkPrint(b *testing.B) {
	l := listing("123456789", "Bellweather shoulder bag, genuine leather, with dust bag and card", "https://img.bazar.example/123456789.jpg", 5)
	l.Description = "A bag. " + l.Title + l.Title + l.Title
	for b.Loop() {
		k := seen.KeyOf(l.Key())
		p := seen.PrintOf(l)
		_, _ = k, p
	}
}
