package demo

import (
	"strings"
	"testing"

	"assay"
	"assay/demo/picture"
)

// mustSee is the picture at an address that the world names.
func mustSee(t *testing.T, w *World, url string) picture.Picture {
	t.Helper()
	p, ok := w.Picture(url)
	if !ok {
		t.Fatalf("the world does not know its own photo %s", url)
	}
	if !p.Thing.Known() {
		t.Fatalf("%s: nobody can draw a %q", url, p.Thing)
	}
	return p
}

func TestEveryPhotoOfAListingIsOfWhatTheListingIs(t *testing.T) {
	w := New(11, Options{})
	styles := map[Kind]map[picture.Style]int{}
	listings(w, 60_000, func(i uint64, l assay.Listing, tr Truth) {
		if styles[tr.Kind] == nil {
			styles[tr.Kind] = map[picture.Style]int{}
		}
		for k, im := range l.Images {
			p := mustSee(t, w, im.URL)
			styles[tr.Kind][p.Style]++
			if again := mustSee(t, w, im.URL); again != p {
				t.Errorf("%s shows two things", im.URL)
			}
			branded := tr.Kind.Fake()
			switch tr.Kind {
			case Genuine, Flagship, Resale, SecondHand, Denial, MistypedGTIN, GenuinePart, Unauthorised, BelowMinimum, Box:
				branded = true
			}
			if branded != (p.Brand != "") {
				t.Errorf("listing %d (%s): photo %d has the brand %q on it", i, tr.Kind, k, p.Brand)
			}
			if (p.Style == picture.Copied || p.Style == picture.Fake) != tr.Kind.Fake() {
				t.Errorf("listing %d (%s): photo %d is %s", i, tr.Kind, k, p.Style)
			}
			if l.MPN != "" && (p.Article != l.MPN || p.Style != picture.Studio) {
				t.Errorf("listing %d (%s) of %s shows %+v", i, tr.Kind, l.MPN, p)
			}
		}
		for _, v := range l.Variants {
			if len(v.Images) != 1 {
				t.Fatalf("listing %d: variant %s has %d photos", i, v.ID, len(v.Images))
			}
		}
	})
	for _, k := range []Kind{SecondHand, Box} {
		if n := styles[k]; n[picture.Own] == 0 || n[picture.Studio] > 0 {
			t.Errorf("%s: photos %v, want all taken at home", k, n)
		}
	}
	for k, n := range styles {
		if k.Fake() && k != VariantFake && (n[picture.Copied] < n[picture.Fake]/2 || n[picture.Fake] == 0) {
			t.Errorf("%s: photos %v, want both copies and photos of the fake", k, n)
		}
	}
	if n := styles[Resale]; n[picture.Studio]*2 > n[picture.Own] || n[picture.Studio] == 0 {
		t.Errorf("resale: photos %v, want some of the maker's", n)
	}
}

func TestAVariantsPhotoShowsTheVariant(t *testing.T) {
	w := New(11, Options{})
	parts, hidden := 0, 0
	listings(w, 60_000, func(i uint64, l assay.Listing, tr Truth) {
		var shown []picture.Picture
		for _, v := range l.Variants {
			shown = append(shown, mustSee(t, w, v.Images[0].URL))
		}
		switch {
		case tr.Kind == GenuinePart:
			parts++
			if shown[0].Thing == shown[1].Thing || shown[0].Brand == "" || shown[1].Brand != shown[0].Brand {
				t.Errorf("listing %d: whole and part are %+v", i, shown)
			}
		case tr.Kind == VariantFake:
			hidden++
			if shown[0].Style != picture.Copied || shown[1].Style != picture.Fake {
				t.Errorf("listing %d: bait and fake are %+v", i, shown)
			}
		case len(shown) > 1 && shown[0].Colour == shown[1].Colour:
			t.Errorf("listing %d: two variants have one colour: %+v", i, shown)
		}
	})
	if parts == 0 || hidden == 0 {
		t.Errorf("%d parts and %d hidden fakes", parts, hidden)
	}
}

func TestTheReferenceNamesTheMakersPhotos(t *testing.T) {
	for _, o := range []Options{{}, {Brands: 300, Products: 20_000}} {
		w := New(12, o)
		official := map[string]picture.Picture{}
		for _, r := range table(t, reference(t, w), "products.csv") {
			p := mustSee(t, w, r["images"])
			if p.Article != r["mpn"] || p.Style != picture.Studio || !strings.HasPrefix(r["name"], p.Brand+" ") {
				t.Fatalf("%s shows %+v, want %s", r["images"], p, r["name"])
			}
			official[p.Article] = p
		}
		same := 0
		listings(w, 5_000, func(_ uint64, l assay.Listing, tr Truth) {
			if tr.Kind == Genuine || tr.Kind == Flagship {
				if p := mustSee(t, w, l.Images[0].URL); p != official[l.MPN] {
					t.Errorf("%s shows %+v, the maker's photo is %+v", l.Images[0].URL, p, official[l.MPN])
				}
				same++
			}
		})
		if same == 0 {
			t.Error("nobody shows the maker's photo")
		}
	}
}

func TestAddressesOfNobodyAreUnknown(t *testing.T) {
	w := New(1, Options{})
	l, _ := w.Listing(5)
	url := l.Images[0].URL
	mustSee(t, w, url)
	other := "https://img.bazar.example/"
	if strings.HasPrefix(url, other) {
		other = "https://img.tao.example/"
	}
	p := w.product(w.brands[0], 0)
	for _, bad := range []string{
		"", "https://", "https://img.bazar.example/", "https://img.bazar.example/1.jpg", url + "x", url[1:],
		strings.Replace(url, "1.jpg", "9.jpg", 1), strings.Replace(url, "1.jpg", "v7.jpg", 1), strings.Replace(url, "1.jpg", "01.jpg", 1),
		other + l.ID + "/1.jpg", "https://img.bazar.example/99999999999999999999/1.jpg", "https://img.bazar.example/-5/1.jpg",
		"https://media.example/MA-00000.jpg", "https://media.maison-exemple.example/MA-99999999.jpg",
		"https://media.maison-exemple.example/NO-00001.jpg", strings.Replace(p.photo(), "MA-", "MA-0", 1), p.photo() + "?", "https://cdn.example/x.jpg",
	} {
		if p, ok := w.Picture(bad); ok {
			t.Errorf("%q shows %+v", bad, p)
		}
	}
}

func TestAnOfferIsFoundByItsNumber(t *testing.T) {
	for _, i := range []uint64{0, 1, 2, 50_000, 123_456_789, offerNumbers - 1} {
		if got := offerIndex(offerNumber(i)); got != i {
			t.Errorf("number %d of offer %d is that of offer %d", offerNumber(i), i, got)
		}
	}
}

func FuzzPicture(f *testing.F) {
	w := New(1, Options{})
	l, _ := w.Listing(0)
	f.Add(l.Images[0].URL)
	f.Add(w.brands[3].image + "CA-00003.jpg")
	f.Fuzz(func(t *testing.T, url string) {
		if p, ok := w.Picture(url); ok && !p.Thing.Known() {
			t.Errorf("%q shows a %q", url, p.Thing)
		}
	})
}

func BenchmarkPicture(b *testing.B) {
	w := New(1, Options{})
	l, _ := w.Listing(7)
	for b.Loop() {
		w.Picture(l.Images[0].URL)
	}
}
