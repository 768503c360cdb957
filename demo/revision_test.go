package demo

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/demo/picture"
)

// revision is a later revision with the truth about it.
type revision struct {
	assay.Listing
	Truth
}

func revisions(w *World, n uint64) (out []revision) {
	for l, t := range w.Revisions(n) {
		out = append(out, revision{l, t})
	}
	return out
}

func TestSomeListingsComeAgainChanged(t *testing.T) {
	const n = 50_000
	w := New(1, Options{})
	type known struct {
		listing assay.Listing
		truth   Truth
		number  int
	}
	before := map[string]known{}
	order := map[string]uint64{}
	listings(w, n, func(i uint64, l assay.Listing, tr Truth) {
		before[l.Marketplace+l.ID] = known{l, tr, 1}
		order[l.Marketplace+l.ID] = i
	})
	all := revisions(w, n)
	changed, kinds, dropped, raised := map[string]bool{}, map[Kind]int{}, 0, 0
	last := uint64(0)
	for _, r := range all {
		key := r.Marketplace + r.ID
		b, ok := before[key]
		if !ok {
			t.Fatalf("%s is no listing's", key)
		}
		if order[key] < last {
			t.Errorf("%s comes after a later listing's revision", key)
		}
		last = order[key]
		if r.Listing.ContentHash() == b.listing.ContentHash() {
			t.Errorf("%s (%s): revision %d has the content of the one before", key, r.Kind, b.number+1)
		}
		if r.UpdatedAt.Before(b.listing.UpdatedAt) || r.UpdatedAt.Before(r.ListedAt.Truncate(time.Second)) || r.UpdatedAt.After(AsOf()) {
			t.Errorf("%s: revision of %v after one of %v", key, r.UpdatedAt, b.listing.UpdatedAt)
		}
		if !reflect.DeepEqual(r.Seller, b.listing.Seller) || !r.ListedAt.Equal(b.listing.ListedAt) || r.URL != b.listing.URL || r.Operator != b.truth.Operator {
			t.Errorf("%s changed hands", key)
		}
		if r.Price.Currency != b.listing.Price.Currency || r.Price.Amount <= 0 || len(r.Images) == 0 || !strings.HasSuffix(r.Story, ".") {
			t.Errorf("%s: %+v", key, r)
		}
		if r.Kind != b.truth.Kind && r.Kind != SwappedFake && !(b.truth.Kind == SwappedFake && r.Kind == Clean) {
			t.Errorf("%s was %s and is %s", key, b.truth.Kind, r.Kind)
		}
		if c := r.Price.Compare(b.listing.Price); c < 0 {
			dropped++
		} else if c > 0 {
			raised++
		}
		for _, im := range r.Images {
			mustSee(t, w, im.URL)
		}
		for _, v := range r.Variants {
			mustSee(t, w, v.Images[0].URL)
		}
		changed[key] = true
		kinds[r.Kind]++
		before[key] = known{r.Listing, r.Truth, b.number + 1}
	}
	if share := 1000 * len(changed) / n; share < 10 || share > 50 {
		t.Errorf("%d ‰ of the listings come again", share)
	}
	if dropped == 0 || raised == 0 || len(kinds) < 15 || kinds[SwappedFake] < 50 || len(all) <= len(changed) {
		t.Errorf("%d prices dropped, %d raised; %d revisions of %d listings, by kind %v", dropped, raised, len(all), len(changed), kinds)
	}
	if !reflect.DeepEqual(all, revisions(New(1, Options{}), n)) {
		t.Error("a second world has other revisions")
	}
}

func TestAHarmlessOfferTurnsIntoAFakesWithOtherPhotos(t *testing.T) {
	w := New(3, Options{})
	firsts, returned := 0, 0
	for i := range uint64(100_000) {
		first := w.draft(i)
		for k, d := range w.later(first) {
			l, tr := d.l, d.truth()
			if k == 0 && tr.Kind != SwappedFake || first.kind != Clean {
				break
			}
			if tr.Kind == Clean {
				returned++
				if l.ContentHash() != first.l.ContentHash() {
					t.Errorf("listing %d returned to another content", i)
				}
				continue
			}
			firsts++
			if tr.Lane != assay.LaneCounterfeit || tr.Owner == "" || tr.Operator == "" {
				t.Errorf("listing %d: %+v", i, tr)
			}
			p := mustSee(t, w, l.Images[0].URL)
			if p.Brand == "" || p.Style != picture.Copied && p.Style != picture.Fake {
				t.Errorf("listing %d now shows %+v", i, p)
			}
			if old := mustSee(t, w, first.l.Images[0].URL); old.Brand != "" || l.Images[0].URL == first.l.Images[0].URL {
				t.Errorf("listing %d showed %+v", i, old)
			}
		}
	}
	if firsts == 0 || returned == 0 {
		t.Errorf("%d fakes after a harmless start, %d returned", firsts, returned)
	}
}

func TestHonestPricesStayAboveAnAgreedMinimum(t *testing.T) {
	w := New(4, Options{})
	seen := 0
	for i := range uint64(150_000) {
		first := w.draft(i)
		if first.p.brand == nil || first.p.minimum() == 0 || first.kind == SwappedFake {
			continue
		}
		for _, d := range w.later(first) {
			switch d.kind {
			case Genuine, Flagship, Resale, Denial, MistypedGTIN:
				seen++
				if toEUR(d.l.Price.Amount, d.l.Price.Currency)*100 < d.p.cents*minimumPercent {
					t.Errorf("listing %d (%s) fell to %v", i, d.kind, d.l.Price)
				}
			case BelowMinimum:
				if toEUR(d.l.Price.Amount, d.l.Price.Currency)*100 >= d.p.cents*minimumPercent {
					t.Errorf("listing %d rose to %v", i, d.l.Price)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no honest price of such a brand changed")
	}
}
