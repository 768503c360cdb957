package demo

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"assay"
)

// sample is enough listings for every kind to occur often.
const sample = 200_000

// listings runs f over the first listings of a world.
func listings(w *World, n uint64, f func(i uint64, l assay.Listing, t Truth)) {
	for i := range n {
		l, t := w.Listing(i)
		f(i, l, t)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	a, b, other := New(7, Options{}), New(7, Options{}), New(8, Options{})
	differ := 0
	for i := range uint64(2_000) {
		la, ta := a.Listing(i)
		lb, tb := b.Listing(i)
		if !reflect.DeepEqual(la, lb) || ta != tb {
			t.Fatalf("listing %d differs between two worlds of one seed", i)
		}
		if lo, _ := other.Listing(i); !bytes.Equal(ndjson(la), ndjson(lo)) {
			differ++
		}
	}
	if differ < 1_990 {
		t.Errorf("only %d of 2,000 listings differ between two seeds", differ)
	}
	if !sameFiles(reference(t, a), reference(t, b)) {
		t.Error("two worlds of one seed have different references")
	}
	if sameFiles(reference(t, a), reference(t, other)) {
		t.Error("two seeds have one reference")
	}
}

func sameFiles(a, b map[string]string) bool { return reflect.DeepEqual(a, b) }

func TestAnyOrderAndAnyGoroutineGivesTheSameListings(t *testing.T) {
	w := New(3, Options{ExtraMarks: 1_000})
	const n = 4_000
	forward := make([][]byte, n)
	for i := range forward {
		l, _ := w.Listing(uint64(i))
		forward[i] = ndjson(l)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := n - 1 - g; i >= 0; i -= 4 {
				if l, _ := w.Listing(uint64(i)); !bytes.Equal(ndjson(l), forward[i]) {
					t.Errorf("listing %d differs when asked for backwards", i)
				}
			}
		})
	}
	wait.Wait()
}

func TestKindsOccurAsOftenAsTheirRatesSay(t *testing.T) {
	count := map[Kind]int{}
	honest, fakes := 0, 0
	listings(New(1, Options{}), sample, func(_ uint64, _ assay.Listing, tr Truth) {
		count[tr.Kind]++
		if tr.Kind.Fake() {
			fakes++
		} else if tr.Lane == "" {
			honest++
		}
	})
	kinds, rates := Kinds()
	for i, k := range kinds {
		want := float64(rates[i]) * sample / perAll
		if got := float64(count[k]); math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("%s: %v of %d listings, want about %v", k, got, sample, want)
		}
		delete(count, k)
	}
	if len(count) > 0 {
		t.Errorf("kinds that Kinds does not list: %v", count)
	}
	if ratio := float64(honest) / float64(fakes); ratio < 47 || ratio > 56 {
		t.Errorf("%.1f honest listings for every fake, want about 50", ratio)
	}
}

func TestListingsFitTheFormat(t *testing.T) {
	seen := map[string]uint64{}
	currencies, languages := map[string]bool{}, map[string]bool{}
	listings(New(2, Options{ExtraMarks: 10_000}), sample, func(i uint64, l assay.Listing, tr Truth) {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("listing %d (%s): %s\n%s", i, tr.Kind, fmt.Sprintf(format, args...), ndjson(l))
		}
		key := l.Marketplace + "\n" + l.ID
		if at, ok := seen[key]; ok {
			fail("has the id of listing %d", at)
		}
		seen[key] = i
		if n := utf8.RuneCountInString(l.Title); n < minTitle || n > maxTitle {
			fail("title of %d characters", n)
		}
		if !utf8.ValidString(l.Title+l.Description) || strings.Contains(l.Title+l.Description, "{") {
			fail("text is broken")
		}
		if strings.Contains(l.Title, "  ") || l.Title != strings.TrimSpace(l.Title) {
			fail("title has gaps")
		}
		if len(l.Description) < minDescription/2 || l.Category == "" || l.URL == "" || len(l.Images) == 0 || l.ShipFrom == "" {
			fail("misses a field")
		}
		if !l.Condition.Valid() {
			fail("condition %q", l.Condition)
		}
		for _, m := range append([]assay.Money{l.Price}, variantPrices(l)...) {
			back, err := assay.ParseMoney(m.Decimal(), m.Currency)
			if err != nil || back != m || m.Amount <= 0 {
				fail("price %v", m)
			}
			currencies[m.Currency] = true
		}
		_, fault := assay.ParseGTIN(l.GTIN)
		wrong := tr.Kind == MadeUpGTIN || tr.Kind == MistypedGTIN
		if l.GTIN != "" && (fault == assay.GTINCheckDigit) != wrong || fault == assay.GTINShape && l.GTIN != "" || wrong && l.GTIN == "" {
			fail("GTIN %q: %s", l.GTIN, fault)
		}
		if l.ListedAt.Before(l.Seller.JoinedAt) || l.ListedAt.After(AsOf()) ||
			!l.UpdatedAt.IsZero() && (l.UpdatedAt.Before(l.ListedAt) || l.UpdatedAt.After(AsOf())) {
			fail("times out of order")
		}
		if l.Seller.ID == "" || l.Seller.Name == "" || len(l.Seller.Country) != 2 {
			fail("seller %+v", l.Seller)
		}
		if n := len(l.Seller.Identifiers); n < 1 || n > maxIdentifiers {
			fail("%d identifiers", n)
		}
		for _, id := range l.Seller.Identifiers {
			if !id.Type.Valid() || id.Value == "" {
				fail("identifier %+v", id)
			}
		}
		if tr.Story == "" || !strings.HasSuffix(tr.Story, ".") || (tr.Lane != "") && !tr.Lane.Valid() || tr.Lane != "" && tr.Owner == "" {
			fail("truth %+v", tr)
		}
		languages[l.Marketplace] = true
	})
	for _, c := range []string{"EUR", "USD", "GBP", "IDR", "CNY", "JPY"} {
		if !currencies[c] {
			t.Errorf("no listing in %s", c)
		}
	}
	if len(languages) != len(markets) {
		t.Errorf("%d marketplaces of %d occur", len(languages), len(markets))
	}
}

func variantPrices(l assay.Listing) (prices []assay.Money) {
	for _, v := range l.Variants {
		prices = append(prices, v.Price)
	}
	return prices
}

func TestAListingIsAbout750Bytes(t *testing.T) {
	const n = 20_000
	for _, o := range []Options{{}, {ExtraMarks: 100_000, Products: 1_000_000}} {
		total := 0
		listings(New(5, o), n, func(_ uint64, l assay.Listing, _ Truth) { total += len(ndjson(l)) })
		mean := float64(total) / n
		t.Logf("%+v: %.1f bytes a listing", o, mean)
		if mean < 700 || mean > 800 {
			t.Errorf("%+v: %.1f bytes a listing, want 700 to 800", o, mean)
		}
	}
}

func TestOnlyThoseWhoConfessUseAPhraseThatConfesses(t *testing.T) {
	var phrases []string
	for _, r := range rows("claims.csv", claimsCSV) {
		if r[1] == "replica" {
			phrases = append(phrases, strings.ToLower(r[0]))
		}
	}
	mayConfess := []Kind{ConfessingFake, Denial, Curio}
	listings(New(4, Options{}), 30_000, func(i uint64, l assay.Listing, tr Truth) {
		text := strings.ToLower(l.Title + "\n" + l.Description)
		at := slices.IndexFunc(phrases, func(p string) bool { return strings.Contains(text, p) })
		if at < 0 && tr.Kind == ConfessingFake {
			t.Errorf("listing %d confesses nothing: %s", i, text)
		}
		if at >= 0 && !slices.Contains(mayConfess, tr.Kind) {
			t.Errorf("listing %d (%s) contains %q: %s", i, tr.Kind, phrases[at], text)
		}
	})
}

func TestPricesTellTheStoriesThatTheTruthTells(t *testing.T) {
	w := New(9, Options{})
	list := map[string]int64{} // euro cents by article number
	for j := range w.products {
		p := w.product(w.brands[j%len(w.brands)], j/len(w.brands))
		list[p.mpn()] = p.cents
	}
	listings(w, sample, func(i uint64, l assay.Listing, tr Truth) {
		reference, ok := list[l.MPN]
		if !ok {
			return
		}
		percent := 100 * toEUR(l.Price.Amount, l.Price.Currency) / reference
		low, high := int64(85), int64(105)
		if tr.Kind == BelowMinimum {
			low, high = 50, minimumPercent-1
		}
		if percent < low || percent > high {
			t.Errorf("listing %d (%s) asks %d %% of the list price: %v", i, tr.Kind, percent, l.Price)
		}
	})
}

func TestDisguisesHideTheName(t *testing.T) {
	w := New(6, Options{})
	names := map[string][]string{}
	for _, b := range w.brands {
		names[b.owner] = append(names[b.owner], b.name)
	}
	hidden, all := 0, 0
	listings(w, sample, func(_ uint64, l assay.Listing, tr Truth) {
		if tr.Kind != DisguisedFake {
			return
		}
		all++
		if !slices.ContainsFunc(names[tr.Owner], func(n string) bool { return strings.Contains(l.Title, n) }) {
			hidden++
		}
	})
	if hidden < all*98/100 {
		t.Errorf("%d of %d disguised names are written plainly", all-hidden, all)
	}
}

func TestASmallOrOddWorldStillWorks(t *testing.T) {
	for _, o := range []Options{
		{Brands: 1, Products: 1}, {Brands: 2, Products: 2}, {Brands: 300, Products: 700},
		{Brands: 5_000, Products: 10}, {Brands: -1, Products: -1, ExtraMarks: -1},
	} {
		w := New(1, o)
		reference(t, w)
		listings(w, 20_000, func(i uint64, l assay.Listing, tr Truth) {
			if n := utf8.RuneCountInString(l.Title); n < minTitle || n > maxTitle {
				t.Errorf("%+v: listing %d has a title of %d characters: %s", o, i, n, l.Title)
			}
		})
	}
}

func BenchmarkListing(b *testing.B) {
	w := New(1, Options{ExtraMarks: 100_000, Products: 1_000_000})
	b.ReportAllocs()
	var i uint64
	for b.Loop() {
		w.Listing(i)
		i++
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(1, Options{ExtraMarks: 100_000, Products: 1_000_000})
	}
}
