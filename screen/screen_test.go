package screen_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay"
	"assay/reference"
	"assay/screen"

	"pgregory.net/rapid"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func exampleWorker(t testing.TB) *screen.Worker {
	t.Helper()
	gen, err := reference.Load(os.DirFS("../examples/reference"), day)
	if err != nil {
		t.Fatal(err)
	}
	return screen.New(gen).NewWorker()
}

// short formats an assessment as LEVEL LANE OWNER/VARIANT.
func short(a assay.Assessment) string {
	s := fmt.Sprintf("%s %s %s", a.Level, a.Lane, a.Owner)
	if a.Variant != "" {
		s += "/" + a.Variant
	}
	return s
}

func kept(v assay.Verdict) []string {
	var all []string
	for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
		if a.Level.Rank() >= assay.Review.Rank() {
			all = append(all, short(a))
		}
	}
	return all
}

func TestWhatItTakes(t *testing.T) {
	w := exampleWorker(t)
	variant := func(id, title, price string) assay.Variant {
		return assay.Variant{ID: id, Title: title, Price: euros(price)}
	}
	for _, c := range []struct {
		name    string
		listing assay.Listing
		want    []string
	}{
		{"a mark alone is no accusation", assay.Listing{Title: "Bellweather Fold shoulder bag"}, nil},
		{"a mark at a plausible price from an unknown seller is honest resale",
			assay.Listing{Title: "Bellweather Fold shoulder bag", Brand: "Bellweather", Price: euros("640.00"), Seller: assay.Seller{ID: "attic"}}, nil},
		{"a used one may be cheap",
			assay.Listing{Title: "Bellweather Fold shoulder bag", Brand: "Bellweather", Condition: assay.ConditionUsed, Price: euros("150.00"), Seller: assay.Seller{ID: "attic"}}, nil},
		{"a tenth of the list price asks for a look",
			assay.Listing{Title: "Bellweather Fold bag", Brand: "Bellweather", Category: "Bags", Price: euros("49.00")}, []string{"review counterfeit Bellweather Group"}},
		{"one confession asks for a look", assay.Listing{Title: "Bellweather bag 1:1"}, []string{"review counterfeit Bellweather Group"}},
		{"two confessions at a tenth of the price block",
			assay.Listing{Title: "Bellweather bag 1:1 mirror quality", Category: "Bags", Price: euros("49.00")}, []string{"block counterfeit Bellweather Group"}},
		{"a denial is not a confession", assay.Listing{Title: "Bellweather bag, original, no replica"}, nil},
		{"a strap for the bag is not the bag", assay.Listing{Title: "strap for Bellweather bag", Price: euros("9.90")}, nil},
		{"an authorised seller may be cheap",
			assay.Listing{Title: "Bellweather Fold bag", Brand: "Bellweather", Category: "Bags", Price: euros("49.00"), Seller: assay.Seller{ID: "bellweather-official"}}, nil},
		{"a name in the description alone with a confession is no accusation yet",
			assay.Listing{Title: "bag", Description: "replica of nothing, goes with Bellweather"}, nil},
		{"a word that is also a mark is mostly the word", assay.Listing{Title: "harbour lights, replica ship lamp"}, []string{"review counterfeit Harbour Watches Ltd"}},
		{"behind a gate an unknown seller is unauthorised, not counterfeit",
			assay.Listing{Title: "Maison Exemple coupe", Category: "Watches > Men", Price: euros("2200.00")}, []string{"review unauthorised Maison Exemple SA"}},
		{"behind a gate a strap is not the watch",
			assay.Listing{Title: "strap for Maison Exemple", Category: "Watches > Straps", Price: euros("9.00")}, nil},
		{"a GTIN of the product makes the gate certain",
			assay.Listing{Title: "Maison Exemple coupe", Category: "Watches", GTIN: "4012345000023", Price: euros("2200.00")}, []string{"block unauthorised Maison Exemple SA"}},
		{"two owners are two findings",
			assay.Listing{Title: "Bellweather × Maison Exemple replica"}, []string{"review counterfeit Bellweather Group", "review counterfeit Maison Exemple SA"}},
		{"a cheap variant beside a dear one is found by itself",
			assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Bags", Variants: []assay.Variant{variant("dear", "", "790.00"), variant("cheap", "", "39.00")}},
			[]string{"review counterfeit Bellweather Group/cheap"}},
		{"a strap beside a genuine bag is not a cheap bag",
			assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Bags", Variants: []assay.Variant{variant("bag", "", "790.00"), variant("strap", "strap for Bellweather", "29.00")}}, nil},
		{"the first price of an offer with variants is one of theirs, not the offer's",
			assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Bags", Price: euros("29.00"), Variants: []assay.Variant{variant("bag", "", "790.00")}}, nil},
		{"a name in one variant's title accuses only that variant",
			assay.Listing{Title: "bag replica", Variants: []assay.Variant{variant("a", "plain", "10.00"), variant("b", "Bellweather", "10.00")}},
			[]string{"block counterfeit Bellweather Group/b"}},
		{"each strap of several has its own excuse",
			assay.Listing{Title: "leather", Variants: []assay.Variant{variant("1", "strap for Bellweather, black", "29.00"), variant("2", "strap for Bellweather, red", "29.00"), variant("3", "strap for Bellweather, blue", "29.00")}}, nil},
		{"a variant's excuse takes none from the offer",
			assay.Listing{Title: "leather compatible with Bellweather", Price: euros("29.00"), Variants: []assay.Variant{{ID: "1", Title: "strap for Bellweather"}}}, nil},
		{"behind a gate a strap as a variant is not the watch",
			assay.Listing{Title: "leather", Category: "Watches", Variants: []assay.Variant{variant("1", "strap for Maison Exemple", "9.00")}}, nil},
		{"a variant at 0 does not hide the offer's price",
			assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Bags", Price: euros("39.00"), Variants: []assay.Variant{variant("free", "", "0")}},
			[]string{"review counterfeit Bellweather Group"}},
		{"the offer's GTIN does not make a strap the bag",
			assay.Listing{Title: "Bellweather Fold", Category: "Bags", GTIN: "4012345000016", Variants: []assay.Variant{variant("bag", "", "850.00"), variant("strap", "strap for Bellweather", "59.00")}}, nil},
		{"a variant without an id is known by its place",
			assay.Listing{Title: "bag", Variants: []assay.Variant{variant("", "plain", "10.00"), variant("", "Bellweather replica", "10.00")}},
			[]string{"block counterfeit Bellweather Group/#2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.listing.Marketplace = "bazar.example"
			if c.listing.Seller.ID == "" {
				c.listing.Seller.ID = "someone"
			}
			v, _ := w.Screen(&c.listing, assay.Clear)
			if got := kept(v); !slices.Equal(got, c.want) {
				b, _ := json.MarshalIndent(v, "", " ")
				t.Errorf("%q, want %q\n%s", got, c.want, b)
			}
		})
	}
}

func TestAProductWithoutARateIsComparedInItsOwnCurrency(t *testing.T) {
	gen, err := reference.Load(os.DirFS("testdata/norate"), day)
	if err != nil {
		t.Fatal(err)
	}
	l := assay.Listing{Title: "Verde", Brand: "Verde", GTIN: "4012345000016", Condition: assay.ConditionNew, Price: assay.Money{Amount: 900, Currency: "THB"}}
	v, ok := screen.New(gen).NewWorker().Screen(&l, assay.Review)
	if !ok || !slices.Equal(kept(v), []string{"review counterfeit Verde SpA"}) {
		t.Errorf("%v %q", ok, kept(v))
	}
}

func TestNobodyIsUnauthorisedWhoIsNotNamed(t *testing.T) {
	l := assay.Listing{Marketplace: "bazar.example", Title: "Maison Exemple coupe", Category: "Watches"}
	if v, ok := exampleWorker(t).Screen(&l, assay.Review); ok {
		t.Errorf("%q", kept(v))
	}
}

func TestTheConfessionsOfOtherVariantsUseUpNothing(t *testing.T) {
	l := assay.Listing{Marketplace: "bazar.example", Title: "Bellweather", Category: "Bags"}
	for i := range 30 {
		l.Variants = append(l.Variants, assay.Variant{ID: fmt.Sprint(i), Title: "replica"})
	}
	l.Variants = append(l.Variants, assay.Variant{ID: "last", Title: "replica mirror quality", Price: euros("60.00")})
	v, _ := exampleWorker(t).Screen(&l, assay.Block)
	if got := kept(v); !slices.Equal(got, []string{"block counterfeit Bellweather Group/last"}) {
		t.Errorf("%q", got)
	}
}

func TestASmallListingDoesNotMakeAHugeVerdict(t *testing.T) {
	l := assay.Listing{Marketplace: "bazar.example", Title: "Bellweather Maison Exemple Harbour 1:1 replica"}
	for i := range assay.MaxVariants {
		l.Variants = append(l.Variants, assay.Variant{ID: fmt.Sprint(i), GTIN: "4012345000017"})
	}
	v, _ := exampleWorker(t).Screen(&l, assay.Review)
	if n := 1 + len(v.Other); n < 500 || n > 1010 {
		t.Errorf("%d assessments", n)
	}
}

func TestThePriceLaneIsOffUnlessSwitchedOn(t *testing.T) {
	w := exampleWorker(t)
	for marketplace, want := range map[string][]string{"bazar.example": nil, "shop.example": {"review price Bellweather Group"}} {
		l := assay.Listing{Marketplace: marketplace, Title: "Bellweather Fold", GTIN: "4012345000016", Price: euros("650.00")}
		v, _ := w.Screen(&l, assay.Review)
		if got := kept(v); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", marketplace, got, want)
		}
	}
}

func TestALongerNameCoversAShorterOne(t *testing.T) {
	gen, err := reference.Load(os.DirFS("testdata/nested"), day)
	if err != nil {
		t.Fatal(err)
	}
	w := screen.New(gen).NewWorker()
	for title, want := range map[string][]string{
		"Verde replica":             {"review counterfeit Verde SpA"},
		"Verde Mar replica":         {"review counterfeit Verde Mar Lda"},
		"Verde Mar and Verde 1:1":   {"review counterfeit Verde Mar Lda", "review counterfeit Verde SpA"},
		"Verde, no replica":         nil,
		"not a Verde replica":       {"review counterfeit Verde SpA"},
		"Verde Mar Azul 1:1 edited": {"review counterfeit Mar Azul SA", "review counterfeit Verde Mar Lda"},
	} {
		l := assay.Listing{Title: title}
		v, _ := w.Screen(&l, assay.Review)
		if got := kept(v); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

// listings draws listings from pieces that mean something to the example
// reference, and from noise.
func listings() *rapid.Generator[assay.Listing] {
	words := rapid.SampledFrom([]string{"Bellweather", "ＢＥＬＬＷＥＡＴＨＥＲ", "贝尔韦瑟", "maison-exemple", "Harbour", "1:1", "高仿", "no replica", "replica",
		"strap for", "compatible with", "bag", "包", "é\xcc\x81", "🎒", " ", "\x00", "…"})
	text := rapid.Map(rapid.SliceOfN(words, 0, 8), func(w []string) string { return strings.Join(w, " ") })
	price := rapid.Custom(func(t *rapid.T) assay.Money {
		if rapid.Bool().Draw(t, "none") {
			return assay.Money{}
		}
		return assay.Money{Amount: rapid.Int64Range(0, 500_000).Draw(t, "amount"), Scale: 2,
			Currency: rapid.SampledFrom([]string{"EUR", "USD", "THB"}).Draw(t, "currency")}
	})
	gtin := rapid.SampledFrom([]string{"", "", "4012345000016", "4012345000023", "4012345000017", "n/a?"})
	return rapid.Custom(func(t *rapid.T) assay.Listing {
		l := assay.Listing{
			Marketplace: rapid.SampledFrom([]string{"bazar.example", "shop.example"}).Draw(t, "marketplace"), ID: "1",
			Title: text.Draw(t, "title"), Description: text.Draw(t, "description"), Brand: text.Draw(t, "brand"),
			Category:   rapid.SampledFrom([]string{"", "Bags", "Watches > Men"}).Draw(t, "category"),
			GTIN:       gtin.Draw(t, "gtin"),
			Condition:  rapid.SampledFrom([]assay.Condition{"", assay.ConditionNew, assay.ConditionUsed}).Draw(t, "condition"),
			Price:      price.Draw(t, "price"),
			Attributes: []assay.Attribute{{Name: "Material", Value: text.Draw(t, "material")}},
			Seller:     assay.Seller{ID: rapid.SampledFrom([]string{"", "x", "bellweather-official"}).Draw(t, "seller")},
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "variants") {
			l.Variants = append(l.Variants, assay.Variant{ID: fmt.Sprint(i), Title: text.Draw(t, "variant"), Price: price.Draw(t, "price"), GTIN: gtin.Draw(t, "gtin")})
		}
		return l
	})
}

// texts maps what a contribution's Where may name to its text.
func texts(l *assay.Listing) map[string]string {
	m := map[string]string{"title": l.Title, "brand": l.Brand, "description": l.Description}
	for _, a := range l.Attributes {
		m["attributes."+a.Name] = a.Value
	}
	for _, v := range l.Variants {
		m["variants."+v.ID] = v.Title
	}
	return m
}

func TestWhatHoldsForEveryVerdict(t *testing.T) {
	w, other := exampleWorker(t), exampleWorker(t)
	rapid.Check(t, func(t *rapid.T) {
		l := listings().Draw(t, "listing")
		v, ok := w.Screen(&l, assay.Clear)
		if !ok {
			t.Fatal("no verdict at level clear")
		}
		before := assay.Points(1 << 62)
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			var sum assay.Points
			for _, c := range a.Contributions {
				sum += c.Points
				if c.Span == nil {
					continue
				}
				text, known := texts(&l)[c.Where]
				if !known {
					t.Fatalf("contribution in unknown field %q", c.Where)
				}
				if got := text[c.Span[0]:c.Span[1]]; got != c.Written || utf8.ValidString(text) && !utf8.ValidString(got) {
					t.Fatalf("span %v of %q is %q, not %q", *c.Span, text, got, c.Written)
				}
			}
			if sum != a.Score {
				t.Fatalf("score %v, but the contributions sum to %v", a.Score, sum)
			}
			if a.Score > before {
				t.Fatalf("score %v stands below %v", a.Score, before)
			}
			before = a.Score
			if a.Lane == assay.LanePrice && l.Marketplace != "shop.example" {
				t.Fatal("lane price where it is off")
			}
		}
		again, _ := other.Screen(&l, assay.Clear)
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(again)
		if string(a) != string(b) {
			t.Fatalf("another worker says\n%s\nnot\n%s", b, a)
		}
		// What is left out below a level changes nothing above it.
		reviewed, ok := w.Screen(&l, assay.Review)
		if ok != (len(kept(v)) > 0) || ok && !slices.Equal(kept(v), kept(reviewed)) {
			t.Fatalf("%q at level review, %q of all", kept(reviewed), kept(v))
		}
	})
}

func TestTheOrderOfTheReferencesRowsDoesNotMatter(t *testing.T) {
	shuffled := rowsReversed(t, "../examples/reference")
	gen, err := reference.Load(shuffled, day)
	if err != nil {
		t.Fatal(err)
	}
	w, other := exampleWorker(t), screen.New(gen).NewWorker()
	rapid.Check(t, func(t *rapid.T) {
		l := listings().Draw(t, "listing")
		v, _ := w.Screen(&l, assay.Clear)
		o, _ := other.Screen(&l, assay.Clear)
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(o)
		if string(a) != string(b) {
			t.Fatalf("%s\nwith reversed rows\n%s", a, b)
		}
	})
}

// A listing made to be slow: every owner named, every phrase used, a thousand
// variants. It must stay a bounded amount of work; the assertion is on the
// verdict's size, the time shows in BenchmarkScreenHostile.
func hostile(gen *reference.Generation) *assay.Listing {
	var text strings.Builder
	for id := range int32(gen.Terms()) {
		text.WriteString(gen.Term(id).Text)
		text.WriteByte(' ')
	}
	l := &assay.Listing{Marketplace: "bazar.example", ID: "1", Title: text.String()[:min(text.Len(), assay.MaxTitleChars)], Description: strings.Repeat(text.String(), 200_000/text.Len()+1)[:200_000]}
	for i := range assay.MaxVariants {
		l.Variants = append(l.Variants, assay.Variant{ID: fmt.Sprint(i), Title: l.Title, Price: assay.Money{Amount: int64(i + 1), Currency: "EUR"}, GTIN: "4012345000016"})
	}
	return l
}

func TestAListingStuffedWithEverythingIsBounded(t *testing.T) {
	gen, err := reference.Load(os.DirFS("../examples/reference"), day)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := screen.New(gen).NewWorker().Screen(hostile(gen), assay.Review)
	if !ok || len(v.Contributions) > 30 {
		t.Errorf("%v, %d contributions", ok, len(v.Contributions))
	}
}

func BenchmarkScreenHostile(b *testing.B) {
	gen, err := reference.Load(os.DirFS("../examples/reference"), day)
	if err != nil {
		b.Fatal(err)
	}
	w, l := screen.New(gen).NewWorker(), hostile(gen)
	size := len(l.Title)*(1+len(l.Variants)) + len(l.Description)
	b.SetBytes(int64(size))
	for b.Loop() {
		w.Screen(l, assay.Review)
	}
}
