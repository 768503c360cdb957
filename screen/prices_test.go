package screen_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"testing"
	"testing/fstest"

	"assay"
	"assay/demo"
	"assay/reference"
	"assay/screen"

	"pgregory.net/rapid"
)

// demoWorker screens against the reference of an invented world.
func demoWorker(t testing.TB, world *demo.World) *screen.Worker {
	t.Helper()
	files := fstest.MapFS{}
	err := world.WriteReference(func(name string) (io.WriteCloser, error) { return &memoryFile{files: files, name: name}, nil })
	if err != nil {
		t.Fatal(err)
	}
	gen, err := reference.Load(files, demo.AsOf())
	if err != nil {
		t.Fatal(err)
	}
	return screen.New(gen).NewWorker()
}

// memoryFile becomes a file of files when it is closed.
type memoryFile struct {
	bytes.Buffer
	files fstest.MapFS
	name  string
}

func (f *memoryFile) Close() error {
	f.files[f.name] = &fstest.MapFile{Data: f.Bytes()}
	return nil
}

// priceOf returns the contribution of the price, nil where there is none.
func priceOf(a assay.Assessment) *assay.Contribution {
	for i := range a.Contributions {
		if c := &a.Contributions[i]; c.Signal == assay.SignalPrice {
			return c
		}
	}
	return nil
}

func TestTheViewOfAPriceIsTheVerdictsContribution(t *testing.T) {
	world := demo.New(1, demo.Options{})
	w, viewer := demoWorker(t, world), demoWorker(t, world)
	bases := map[string]int{}
	for i := range uint64(4_000) {
		l, _ := world.Listing(i)
		v, _ := w.Screen(&l, assay.Clear)
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			if a.Lane != assay.LaneCounterfeit {
				continue
			}
			view, ok := viewer.Prices(&l, a.Owner, a.Variant)
			c := priceOf(a)
			if compared := c != nil && c.Note == ""; ok != compared {
				t.Fatalf("listing %d, %s, variant %q: a view %t, compared %t", i, a.Owner, a.Variant, ok, compared)
			}
			if !ok {
				bases["none"]++
				continue
			}
			bases[view.Basis]++
			if a.Variant != "" {
				bases["of a variant"]++
			}
			if view.Points != c.Points || view.Basis != c.Basis || view.Offer.Decimal() != c.Amount || view.Currency != c.Currency || view.Reference.Decimal() != c.Reference {
				t.Fatalf("listing %d, %s, variant %q: the view %+v\nof %+v", i, a.Owner, a.Variant, view, c)
			}
			checkDrawing(t, &view)
			again, _ := w.Prices(&l, a.Owner, a.Variant)
			if again.Points != view.Points {
				t.Fatalf("listing %d: a worker that has just screened it says %v, not %v", i, again.Points, view.Points)
			}
		}
	}
	for _, what := range []string{"product", reference.BasisCategory, reference.BasisBrand, "of a variant", "none"} {
		if bases[what] == 0 {
			t.Errorf("no listing of the world has a price compared by %q: %v", what, bases)
		}
	}
}

// checkDrawing checks what can be told of a view by itself.
func checkDrawing(t *testing.T, v *screen.PriceView) {
	t.Helper()
	const step = 1.0443 // 2^(1/16)
	at := v.Curve[v.At]
	if r := at.Price / v.OfferPrice; r > math.Sqrt(step)*1.001 || r < 1/math.Sqrt(step)/1.001 {
		t.Fatalf("the offer's step is drawn at %f, its price at %f", at.Price, v.OfferPrice)
	}
	if ratio := 1e6 * math.Log(at.Fake/at.Honest); math.Abs(ratio-float64(v.Points)) > 1.01 {
		t.Fatalf("the curves' ratio at the offer is %f millionths, its points %d", ratio, v.Points)
	}
	for i := 1; i < len(v.Curve); i++ {
		if r := v.Curve[i].Price / v.Curve[i-1].Price; math.Abs(r-step) > 0.001 {
			t.Fatalf("a gap in the curve: %f, then %f", v.Curve[i-1].Price, v.Curve[i].Price)
		}
	}
	first, last := v.Bins[0].Price, v.Bins[len(v.Bins)-1].Price
	if first < v.Curve[0].Price*30 || last*2 > v.Curve[len(v.Curve)-1].Price {
		t.Fatalf("bins from %f to %f, the curve from %f to %f", first, last, v.Curve[0].Price, v.Curve[len(v.Curve)-1].Price)
	}
	if (v.Product != nil) != (v.Basis == "product") || v.Product != nil && (len(v.Bins) != 1 || v.Product.Name == "" || v.Product.ListPrice.IsZero()) {
		t.Fatalf("basis %s, product %+v, %d bins", v.Basis, v.Product, len(v.Bins))
	}
}

func TestAPriceIsDrawnInTheOffersCurrency(t *testing.T) {
	w := exampleWorker(t)
	l := assay.Listing{Marketplace: "bazar.example", Title: "Bellweather Fold", GTIN: "4012345000016", Price: assay.Money{Amount: 108, Currency: "USD"}}
	v, ok := w.Prices(&l, "Bellweather Group", "")
	if !ok || v.Basis != "product" || v.Reference.String() != "961.20 USD" || v.OfferPrice != 108 {
		t.Fatalf("%t %+v", ok, v)
	}
	if p := v.Product; p.Name != "Bellweather Fold shoulder bag" || p.MPN != "BW-4410" || p.ListPrice.String() != "890.00 EUR" {
		t.Errorf("%+v", p)
	}
	if bin := v.Bins[0]; bin.Count != 1 || math.Abs(bin.Price/961.20-1) > 0.022 { // half a step
		t.Errorf("the list price is drawn at %+v", bin)
	}
	l.GTIN, l.Category = "", "Shoes" // of which the owner has none: all its goods count
	if v, ok = w.Prices(&l, "Bellweather Group", ""); !ok || v.Basis != reference.BasisBrand || v.Product != nil || len(v.Bins) != 3 {
		t.Errorf("%t %+v", ok, v)
	}
}

func TestAPriceWithoutARateIsDrawnWhereTheProductsCurrencyIsTheSame(t *testing.T) {
	gen, err := reference.Load(os.DirFS("testdata/norate"), day)
	if err != nil {
		t.Fatal(err)
	}
	w := screen.New(gen).NewWorker()
	l := assay.Listing{Title: "Verde", GTIN: "4012345000016", Price: assay.Money{Amount: 900, Currency: "THB"}}
	v, ok := w.Prices(&l, "Verde SpA", "")
	if !ok || v.OfferPrice != 900 || math.Abs(v.Bins[0].Price/18_000-1) > 0.022 {
		t.Errorf("%t %+v", ok, v)
	}
	l.Price.Currency = "EUR"
	if _, ok := w.Prices(&l, "Verde SpA", ""); ok {
		t.Error("euros were compared with bahts")
	}
}

func TestNoPriceIsShownWhereNoneIsCompared(t *testing.T) {
	bag := func(change func(*assay.Listing)) assay.Listing {
		l := assay.Listing{Title: "Bellweather Fold", Price: euros("39.00"), Variants: []assay.Variant{{ID: "strap"}}}
		change(&l)
		return l
	}
	for _, c := range []struct {
		name, owner, variant string
		listing              assay.Listing
		shown                bool
	}{
		{"a price", "Bellweather Group", "", bag(func(*assay.Listing) {}), true},
		{"no price", "Bellweather Group", "", bag(func(l *assay.Listing) { l.Price = assay.Money{} }), false},
		{"a price of 0", "Bellweather Group", "", bag(func(l *assay.Listing) { l.Price.Amount = 0 }), false},
		{"an absurd price is still drawn", "Bellweather Group", "", bag(func(l *assay.Listing) { l.Price = assay.Money{Amount: 999_999_999_999_999_999, Currency: "EUR"} }), true},
		{"no rate", "Bellweather Group", "", bag(func(l *assay.Listing) { l.Price.Currency = "THB" }), false},
		{"a variant without a price of its own", "Bellweather Group", "strap", bag(func(*assay.Listing) {}), false},
		{"a variant that is not there", "Bellweather Group", "clasp", bag(func(*assay.Listing) {}), false},
		{"the offer whose variants have prices", "Bellweather Group", "", bag(func(l *assay.Listing) { l.Variants[0].Price = euros("9.00") }), false},
		{"a variant with a price", "Bellweather Group", "strap", bag(func(l *assay.Listing) { l.Variants[0].Price = euros("9.00") }), true},
		{"a variant without an id, by its place", "Bellweather Group", "#1", bag(func(l *assay.Listing) { l.Variants[0] = assay.Variant{Price: euros("9.00")} }), true},
		{"an owner whom nothing names", "Maison Exemple SA", "", bag(func(*assay.Listing) {}), false},
		{"an owner without list prices", "Harbour Watches Ltd", "", bag(func(l *assay.Listing) { l.Title = "Harbour" }), false},
		{"an owner nobody knows", "Nobody", "", bag(func(*assay.Listing) {}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, ok := exampleWorker(t).Prices(&c.listing, c.owner, c.variant); ok != c.shown {
				t.Errorf("%t %+v", ok, v)
			}
		})
	}
}

func TestLookingAtAPriceChangesNoVerdict(t *testing.T) {
	w, other := exampleWorker(t), exampleWorker(t)
	rapid.Check(t, func(t *rapid.T) {
		l := listings().Draw(t, "listing")
		w.Prices(&l, "Bellweather Group", rapid.SampledFrom([]string{"", "0", "1"}).Draw(t, "variant"))
		v, _ := w.Screen(&l, assay.Clear)
		want, _ := other.Screen(&l, assay.Clear)
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Fatalf("%s\nand without looking\n%s", a, b)
		}
	})
}

func TestHowASellerStandsToAnOwner(t *testing.T) {
	for _, c := range []struct {
		name, marketplace, seller, category, owner string
		want                                       screen.SellerView
	}{
		{"on the owner's list", "bazar.example", "bellweather-official", "", "Bellweather Group", screen.SellerView{Standing: "authorised"}},
		{"not on the list", "bazar.example", "attic", "", "Bellweather Group", screen.SellerView{Standing: "unknown"}},
		{"no list for the marketplace", "shop.example", "attic", "", "Bellweather Group", screen.SellerView{Standing: "unlisted"}},
		{"behind a gate", "bazar.example", "attic", "Watches > Men", "Maison Exemple SA", screen.SellerView{Standing: "unlisted", Gated: true}},
		{"no seller named", "bazar.example", "", "", "Bellweather Group", screen.SellerView{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := assay.Listing{Marketplace: c.marketplace, Category: c.category, Seller: assay.Seller{ID: c.seller}}
			if got, ok := exampleWorker(t).Seller(&l, c.owner); !ok || got != c.want {
				t.Errorf("%t %+v", ok, got)
			}
		})
	}
	if _, ok := exampleWorker(t).Seller(&assay.Listing{}, "Nobody"); ok {
		t.Error("an owner whom the reference does not know")
	}
}

func TestASellersStandingIsTheChannelsContribution(t *testing.T) {
	world := demo.New(1, demo.Options{})
	w := demoWorker(t, world)
	seen := map[string]int{}
	for i := range uint64(4_000) {
		l, _ := world.Listing(i)
		v, _ := w.Screen(&l, assay.Clear)
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			view, _ := w.Seller(&l, a.Owner)
			for _, c := range a.Contributions {
				if c.Signal != assay.SignalChannel {
					continue
				}
				said := view.Standing
				if a.Lane == assay.LaneUnauthorised {
					said = "gated"
				}
				seen[said]++
				if c.Basis != said || a.Lane == assay.LaneUnauthorised && !view.Gated {
					t.Fatalf("listing %d, %s: the view %+v of %+v", i, a.Owner, view, c)
				}
				if (view.OutsideRegions || view.OutsideDates) != (view.Standing == "authorised elsewhere") {
					t.Fatalf("listing %d, %s: %+v", i, a.Owner, view)
				}
			}
		}
	}
	for _, what := range []string{"authorised", "authorised elsewhere", "unknown", "gated"} {
		if seen[what] == 0 {
			t.Errorf("no seller of the world is %s: %v", what, seen)
		}
	}
}

// BenchmarkScreenPriced screens the listings of an invented world that have a price
// compared: the path that Prices shares.
func BenchmarkScreenPriced(b *testing.B) {
	world := demo.New(1, demo.Options{})
	w := demoWorker(b, world)
	var listings []assay.Listing
	for i := uint64(0); len(listings) < 1_000; i++ {
		l, _ := world.Listing(i)
		if v, _ := w.Screen(&l, assay.Clear); priceOf(v.Assessment) != nil {
			listings = append(listings, l)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w.Screen(&listings[i%len(listings)], assay.Review)
		i++
	}
}
