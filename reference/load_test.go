package reference_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"assay"
	"assay/reference"
	"assay/score"
)

// folder makes a reference folder of names and contents.
func folder(files ...string) fstest.MapFS {
	f := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func load(t testing.TB, files ...string) *reference.Generation {
	t.Helper()
	g, err := reference.Load(folder(files...), asOf)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func owner(t testing.TB, g *reference.Generation, name string) reference.OwnerID {
	t.Helper()
	id, ok := g.OwnerID(name)
	if !ok {
		t.Fatalf("no owner %q", name)
	}
	return id
}

const oneMark = "mark,owner\nMaison Exemple,Maison Exemple\n"

func TestMarksAndClaimsBecomeTerms(t *testing.T) {
	g := load(t,
		"marks.csv", "mark,kind,owner,language,classes,right,alias_of\n"+
			"Maison Exemple,,Maison Exemple,fr,25;18;18,EU 012345678,\n"+
			"埃克桑,distinctive,Maison Exemple,zh,,,Maison Exemple\n"+
			"Harbour,Dictionary,Nordlicht Optik,en,9,,\n",
		"claims.csv", "phrase,meaning,language\nmirror quality,replica,en\ncompatible with,excuse,en\ncompatible with,excuse,fr\n")

	var got []string
	for id := range int32(g.Terms()) {
		term := g.Term(id)
		got = append(got, fmt.Sprintf("%s %q %q %q %v %v", term.Kind, g.Owner(term.Owner), term.Mark, term.Text, term.Dictionary, term.Classes))
	}
	want := []string{
		`mark "Maison Exemple" "Maison Exemple" "Maison Exemple" false [18 25]`,
		`mark "Maison Exemple" "Maison Exemple" "埃克桑" false [18 25]`, // an alias without classes has those of its mark
		`mark "Nordlicht Optik" "Harbour" "Harbour" true [9]`,
		`excuse "" "" "compatible with" false []`, // once, though in two languages
		`replica "" "" "mirror quality" false []`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, h := range g.Matcher().NewFinder().Find("mirror quality HARBOUR glasses") {
		t.Log(h, g.Term(h.Term).Text)
		if text := g.Term(h.Term).Text; text != "mirror quality" && text != "Harbour" {
			t.Errorf("hit %+v is term %q", h, text)
		}
	}
}

func TestAnAliasOfAnAliasLeadsToTheMark(t *testing.T) {
	g := load(t, "marks.csv", "mark,owner,alias_of\nA1,House,B2\nB2,House,C3\nC3,House,\n")
	for id := range int32(g.Terms()) {
		if m := g.Term(id).Mark; m != "C3" {
			t.Errorf("%q leads to %q", g.Term(id).Text, m)
		}
	}
}

const catalogueFolder = `owner,gtin,mpn,name,category,currency,list_price,minimum_price,images
Maison Exemple,4006381333931,ME-1001,Sac Un,Bags,EUR,1000.00,900,a.jpg; https://example.org/b.jpg
Maison Exemple,4006381333931,ME-1001,Sac Un,Bags,USD,5000,,
Maison Exemple,,ME 1002,Sac Deux,Bags,USD,230.24,,
Maison Exemple,,me1002,Sac Deux,Bags,EUR,200,,
Maison Exemple,,ME-2001,Ceinture,Leather > Belts,EUR,300,,
Maison Exemple,,001,Courte,Bags,,,,
Nordlicht Optik,4006381333931,,Brille,Eyewear,JPY,30000,,
`

func TestProductsAreFound(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "products.csv", catalogueFolder, "rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.1512\n")
	maison, nordlicht := owner(t, g, "Maison Exemple"), owner(t, g, "Nordlicht Optik")

	t.Run("by GTIN, one row a currency or owner", func(t *testing.T) {
		gtin, _ := assay.ParseGTIN("04006381333931")
		var got []string
		for _, id := range g.ProductsByGTIN(gtin) {
			p := g.Product(id)
			got = append(got, fmt.Sprint(g.Owner(p.Owner), " ", p.ListPrice, " ", p.MinimumPrice))
		}
		slices.Sort(got)
		want := []string{"Maison Exemple 1000.00 EUR 900.00 EUR", "Maison Exemple 5000.00 USD ", "Nordlicht Optik 30000 JPY "}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if other, _ := assay.ParseGTIN("96385074"); len(g.ProductsByGTIN(other)) > 0 || len(g.ProductsByGTIN(0)) > 0 {
			t.Error("a GTIN that nobody has was found")
		}
	})
	t.Run("by part number of the owner, whatever its case, spaces and hyphens", func(t *testing.T) {
		for _, part := range []string{"ME-1002", "me 1002", "m‑e1002"} {
			if ids := g.ProductsByMPN(maison, part); len(ids) != 2 || g.Product(ids[0]).Name != "Sac Deux" {
				t.Errorf("%q: %v", part, ids)
			}
		}
		if len(g.ProductsByMPN(nordlicht, "ME1002")) > 0 {
			t.Error("found another owner's part")
		}
		if len(g.ProductsByMPN(maison, "001")) > 0 {
			t.Error("found by a number of three characters")
		}
	})
	t.Run("with all that the row says", func(t *testing.T) {
		p := g.Product(g.ProductsByMPN(maison, "ME1001")[0])
		if p.ListPrice.Currency != "EUR" {
			p = g.Product(g.ProductsByMPN(maison, "ME1001")[1])
		}
		if images := slices.Collect(p.Images()); p.Category != "Bags" || p.MPN != "ME-1001" || p.GTIN != 4006381333931 ||
			!slices.Equal(images, []string{"a.jpg", "https://example.org/b.jpg"}) {
			t.Errorf("%+v %q", p, images)
		}
	})
}

func TestTheCatalogueIsTheNearestOne(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "products.csv", catalogueFolder, "rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.1512\n2026-11-24,JPY,160\n")
	maison := owner(t, g, "Maison Exemple")
	for _, c := range []struct{ path, basis, median string }{
		{"Fashion > bags > Totes", "category", "200.00 EUR"}, // of 200 and 1000 the lower; each article once, in EUR
		{" LEATHER>belts ", "category", "300.00 EUR"},        // as a whole
		{"Leather > Belts > Bags", "category", "200.00 EUR"}, // as a segment
		{"Leather", "brand", "300.00 EUR"},
		{"", "brand", "300.00 EUR"},
		{"Handbags", "brand", "300.00 EUR"}, // a segment, not a part of one
	} {
		got, basis, ok := g.Catalogue(maison, c.path)
		if !ok || basis != c.basis || got.Median.String() != c.median || got.N != got.Prices.Len() {
			t.Errorf("%q: %+v %s %v", c.path, got, basis, ok)
		}
	}
	if c, _, _ := g.Catalogue(maison, ""); c.N != 3 {
		t.Errorf("%d articles are priced, want 3", c.N)
	}
	if _, _, ok := g.Catalogue(owner(t, g, "Nordlicht Optik"), "Eyewear"); ok {
		t.Error("a price without a rate on the day made a catalogue")
	}
	if _, _, ok := g.Catalogue(reference.NoOwner, ""); ok {
		t.Error("nobody has a catalogue")
	}
}

func TestRatesAreTheLatestOnTheDay(t *testing.T) {
	rates := "date,currency,per_eur\n2026-11-20,USD,1.1\n2026-11-23,USD,1.2\n2026-11-24,USD,1.3\n2026-11-23,EUR,1.000\n"
	for date, want := range map[string]string{"2026-11-22": "110.00 USD", "2026-11-23": "120.00 USD", "2027-01-01": "130.00 USD", "2026-11-01": ""} {
		on, _ := time.Parse(time.DateOnly, date)
		g, err := reference.Load(folder("marks.csv", oneMark, "rates.csv", rates), on.Add(15*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := g.Rates().Convert(assay.Money{Amount: 100, Currency: "EUR"}, "USD"); got.String() != want {
			t.Errorf("as of %s: %s, want %q", date, got, want)
		}
		if !g.AsOf().Equal(on) {
			t.Errorf("as of %s, want midnight UTC", g.AsOf())
		}
	}
}

func TestStandingOfASeller(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "authorised.csv", `owner,marketplace,seller_id,regions,valid_from,valid_to
Maison Exemple,Shop.Example.ID,S-1,id;SG,2026-01-01,2026-11-23
Maison Exemple,shop.example.id,S-2,,2026-11-24,
Maison Exemple,shop.example.id,S-3,ID,,2026-11-22
Nordlicht Optik,shop.example.id,S-9,,,2020-12-31
`)
	maison, nordlicht := owner(t, g, "Maison Exemple"), owner(t, g, "Nordlicht Optik")
	none := reference.Outside{}
	for _, c := range []struct {
		name                  string
		owner                 reference.OwnerID
		marketplace, id, from string
		want                  score.Standing
		outside               reference.Outside
	}{
		{"named, in its region, on its last day", maison, "shop.example.id", "S-1", "ID", score.Authorised, none},
		{"the marketplace in any case", maison, "SHOP.example.id", "S-1", "sg", score.Authorised, none},
		{"a listing that does not say from where", maison, "shop.example.id", "S-1", "", score.Authorised, none},
		{"outside its regions", maison, "shop.example.id", "S-1", "CN", score.AuthorisedElsewhere, reference.Outside{Regions: true}},
		{"before its first day", maison, "shop.example.id", "S-2", "CN", score.AuthorisedElsewhere, reference.Outside{Dates: true}},
		{"after its last day and outside its regions", maison, "shop.example.id", "S-3", "CN", score.AuthorisedElsewhere, reference.Outside{Regions: true, Dates: true}},
		{"somebody else", maison, "shop.example.id", "s-1", "ID", score.Unknown, none},
		{"a marketplace without a list", maison, "shop.example.us", "S-1", "ID", score.Unlisted, none},
		{"somebody else where all of the list has run out", nordlicht, "shop.example.id", "S-1", "", score.Unlisted, none},
		{"named where all of the list has run out", nordlicht, "shop.example.id", "S-9", "", score.AuthorisedElsewhere, reference.Outside{Dates: true}},
	} {
		got, outside := g.Coverage(c.owner, c.marketplace, c.id, c.from)
		if got != c.want || outside != c.outside || g.Standing(c.owner, c.marketplace, c.id, c.from) != got {
			t.Errorf("%s: %v %+v, want %v %+v", c.name, got, outside, c.want, c.outside)
		}
	}
}

func TestAGateCoversItsCategoryAndAllBelow(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "gated.csv", `owner,marketplace,category,valid_from,valid_to
Maison Exemple,shop.example.id,Fashion > Bags,,
Maison Exemple,shop.example.sg,,2026-11-23,2026-11-23
Maison Exemple,shop.example.us,,2026-11-24,
`)
	maison := owner(t, g, "Maison Exemple")
	for _, c := range []struct {
		marketplace, category string
		want                  bool
	}{
		{"shop.example.id", "Fashion > Bags", true},
		{"shop.example.id", "FASHION >  bags  > Totes", true},
		{"shop.example.id", "Fashion > Bags for pets", false},
		{"shop.example.id", "Fashion", false},
		{"shop.example.id", "", false},
		{"Shop.Example.SG", "Anything", true},
		{"shop.example.sg", "", true},
		{"shop.example.us", "Anything", false}, // from tomorrow
		{"shop.example.cn", "Anything", false},
	} {
		if got := g.Gated(maison, c.marketplace, c.category); got != c.want {
			t.Errorf("%s %q: %v", c.marketplace, c.category, got)
		}
	}
}

func TestPolicyAndBanks(t *testing.T) {
	g := load(t, "marks.csv", oneMark,
		"screening.yaml", `
thresholds:
  counterfeit: {review: 2, block: 5.25}
  lookalike: {review: 3}
lanes:
  price:
    - {owner: Maison Exemple, jurisdiction: us, marketplaces: [Shop.Example.us], basis: agreed policy}
`,
		"banks/official-bags/bank.yaml", "meaning: official\nowner: Maison Exemple\n",
		"banks/official-bags/2026/front.JPG", "not decoded",
		"banks/official-bags/notes.txt", "ignored",
		"banks/harmless/bank.yaml", "meaning: benign\n",
		"banks/harmless/hashes.csv", "pdq,label\n"+strings.Repeat("0f", 32)+",grey wall\n")
	p := g.Policy()
	if got := p.For(assay.LaneCounterfeit); got != (score.Thresholds{Review: 2_000_000, Block: 5_250_000}) {
		t.Errorf("counterfeit: %v", got)
	}
	if got, def := p.For(assay.LaneLookalike), score.DefaultThresholds(assay.LaneLookalike); got.Review != 3_000_000 || got.Block != def.Block {
		t.Errorf("lookalike: %v", got)
	}
	if !p.PriceLaneOn("Maison Exemple", "shop.example.us") || p.PriceLaneOn("Maison Exemple", "shop.example.id") {
		t.Errorf("price lanes: %+v", p.PriceLanes)
	}
	banks := g.Banks()
	if len(banks) != 2 || banks[0].Name != "harmless" || banks[0].Hashes[0].Label != "grey wall" || banks[0].Hashes[0].PDQ[31] != 0x0f ||
		banks[1].Images[0].Path != "banks/official-bags/2026/front.JPG" || banks[1].Meaning != assay.Official {
		t.Errorf("%+v", banks)
	}
	if s := g.Stats(); s.Banks != 2 || s.BankImages != 1 || s.BankHashes != 1 || s.Marks != 1 || s.Owners != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAGenerationIsReadByManyAtOnce(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "products.csv", catalogueFolder, "authorised.csv", "owner,marketplace,seller_id\nMaison Exemple,m,s\n")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			finder := g.Matcher().NewFinder()
			for range 200 {
				for _, h := range finder.Find("sac maison exemple neuf") {
					o := g.Term(h.Term).Owner
					g.Catalogue(o, "Fashion > Bags")
					g.Standing(o, "m", "s", "ID")
					g.Gated(o, "m", "Bags")
					for _, id := range g.ProductsByMPN(o, "ME1001") {
						for _, other := range g.ProductsByGTIN(g.Product(id).GTIN) {
							_ = g.Owner(g.Product(other).Owner)
						}
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestLookupsDoNotAllocate(t *testing.T) {
	g := load(t, "marks.csv", oneMark, "products.csv", catalogueFolder, "authorised.csv", "owner,marketplace,seller_id,regions\nMaison Exemple,m,s,ID\n",
		"gated.csv", "owner,marketplace,category\nMaison Exemple,m,Fashion > Bags\n")
	maison := owner(t, g, "Maison Exemple")
	if n := testing.AllocsPerRun(100, func() {
		g.OwnerID("Maison Exemple")
		g.Owner(maison)
		g.Term(0)
		for _, id := range g.ProductsByGTIN(4006381333931) {
			g.Product(id)
		}
		g.ProductsByMPN(maison, "Me-1001")
		g.Catalogue(maison, "Fashion > Bags")
		g.Standing(maison, "M", "s", "id")
		g.Gated(maison, "M", "Fashion > Bags > Totes")
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestABuilderFollowsTheRulesOfTheFolder(t *testing.T) {
	fromFolder := load(t, "marks.csv", "mark,owner,classes\nMaison Exemple,Maison Exemple,25;18\n",
		"products.csv", "owner,gtin,mpn,name,category,currency,list_price,minimum_price,images\nMaison Exemple,4006381333931,M-1,Sac,Bags,eur,10,9.5,a; b\n",
		"rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.15\n",
		"screening.yaml", "thresholds: {lookalike: {review: 1, block: 2}}\n")
	b := reference.New()
	at := reference.Place{File: "rows", Line: 1}
	b.AddMark(assay.Mark{Text: "Maison Exemple", Owner: "Maison Exemple ", Classes: []uint8{18, 25, 18}}, at)
	b.AddProduct(assay.Product{
		Owner: "Maison Exemple", GTIN: 4006381333931, MPN: "M-1", Name: " Sac", Category: "Bags",
		ListPrice:    assay.Money{Amount: 1000, Scale: 2, Currency: "EUR"},
		MinimumPrice: assay.Money{Amount: 9500, Scale: 3, Currency: "EUR"}, Images: []string{"a", "b"},
	}, at)
	b.AddRate(assay.Rate{Date: asOf.AddDate(0, 0, -3), Currency: "USD", PerEUR: assay.Money{Amount: 11500, Scale: 4}}, at)
	b.SetPolicy(score.Policy{Thresholds: map[assay.Lane]score.Thresholds{assay.LaneLookalike: {Review: 1e6, Block: 2e6}}}, at)
	g, err := b.Build(asOf)
	if err != nil {
		t.Fatal(err)
	}
	if g.Hash() != fromFolder.Hash() {
		t.Error("the same rows have two hashes")
	}

	b = reference.New()
	b.AddMark(assay.Mark{Text: "*", Owner: "", Kind: "odd", Classes: []uint8{46}}, at)
	b.AddProduct(assay.Product{Owner: "", GTIN: 123, ListPrice: assay.Money{Amount: 1, Currency: "XXX"}}, at)
	b.AddAuthorised(assay.AuthorisedSeller{Regions: []string{"UK"}}, at)
	b.AddGate(assay.Gate{From: asOf, To: asOf.AddDate(0, 0, -1)}, at)
	b.AddRate(assay.Rate{Currency: "EUR", PerEUR: assay.Money{Amount: 2}}, at)
	b.AddBank(reference.Bank{Meaning: "nice"}, at)
	b.SetPolicy(score.Policy{Thresholds: map[assay.Lane]score.Thresholds{"odd": {}}, PriceLanes: []score.PriceLane{{}}}, at)
	_, err = b.Build(asOf)
	var ps assay.Problems
	if !errors.As(err, &ps) || len(ps) < 20 {
		t.Errorf("%d problems: %v", len(ps), err)
	}
	for _, p := range ps {
		if p.File != "rows" || p.Line != 1 {
			t.Errorf("without a place: %v", p)
		}
	}
}

func TestAFolderThatDoesNotExistIsNotFound(t *testing.T) {
	if _, err := reference.Load(missing{}, asOf); assay.CodeOf(err) != assay.NotFound {
		t.Error(err)
	}
}

type missing struct{}

func (missing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
