package reference_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"assay"
	"assay/reference"
)

// world is a folder of several files as rows of cells, header first.
type world map[string][][]string

func drawWorld(t *rapid.T) world {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	w := world{
		"marks.csv":      {{"mark", "kind", "owner", "language", "classes", "alias_of"}},
		"claims.csv":     {{"phrase", "meaning", "language"}},
		"products.csv":   {{"owner", "gtin", "mpn", "name", "category", "currency", "list_price", "images"}},
		"authorised.csv": {{"owner", "marketplace", "seller_id", "regions", "valid_to"}},
		"gated.csv":      {{"owner", "marketplace", "category"}},
		"rates.csv":      {{"date", "currency", "per_eur"}, {"2026-11-20", "USD", "1.15"}, {"2026-11-19", "USD", "1.16"}, {"2026-11-20", "JPY", "160.5"}},
	}
	add := func(file string, cells ...string) { w[file] = append(w[file], cells) }
	owners := []string{"Maison Exemple", "Nordlicht Optik", "Haus, der \"Zitate\""}
	for i := range rapid.IntRange(1, 12).Draw(t, "marks") {
		o := pick("owner", owners...)
		add("marks.csv", fmt.Sprintf("Mark %d", i), pick("kind", "", "dictionary"), o, pick("language", "", "fr"), pick("classes", "", "18;25"), "")
		add("marks.csv", fmt.Sprintf("Alias %d", i), "", o, "", "", fmt.Sprintf("Mark %d", i))
	}
	add("claims.csv", "mirror quality", "replica", "en")
	add("claims.csv", "compatible with", "excuse", "en")
	for range rapid.IntRange(0, 30).Draw(t, "products") {
		add("products.csv", pick("owner", owners...), pick("gtin", "", "4006381333931", "96385074"), pick("mpn", "", "M-1001", "m1001", "M-2002"),
			pick("name", "Sac", "Sac\nUn", ""), pick("category", "", "Bags", "Fashion > Belts"),
			pick("currency", "EUR", "USD", "JPY", "CNY"), pick("price", "", "100", "250", "1000"), pick("images", "", "a.jpg", "a.jpg;b.jpg"))
	}
	for range rapid.IntRange(0, 5).Draw(t, "sellers") {
		add("authorised.csv", pick("owner", owners...), "m", pick("seller", "s1", "s2"), pick("regions", "", "ID", "ID;SG"), pick("to", "", "2026-01-01"))
		add("gated.csv", pick("owner", owners...), "m", pick("gate", "", "Bags"))
	}
	return w
}

func quote(cell string) string {
	if strings.ContainsAny(cell, "\",\n\r") {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}

// write writes the world, rows and columns as they stand.
func (w world) write() fstest.MapFS {
	f := fstest.MapFS{}
	for name, rows := range w {
		var b strings.Builder
		for _, row := range rows {
			for i, cell := range row {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(quote(cell))
			}
			b.WriteByte('\n')
		}
		f[name] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return f
}

// rewrite writes the same meaning otherwise: rows and columns shuffled, rows
// repeated, empty columns dropped or added, other line ends, a byte order mark,
// quotes and spaces where none are needed.
func (w world) rewrite(t *rapid.T) fstest.MapFS {
	known := map[string][]string{"marks.csv": {"right"}, "products.csv": {"minimum_price"}, "authorised.csv": {"valid_from"}, "gated.csv": {"valid_from"}}
	f := fstest.MapFS{}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		rows := slices.Clone(w[name][1:])
		if len(rows) > 0 {
			rows = append(rapid.Permutation(rows).Draw(t, "rows"), rows[0])
		}
		header := w[name][0]
		columns := slices.Collect(maps.Keys(make(map[int]bool)))
		for i := range header {
			empty := name != "marks.csv" || header[i] != "mark"
			for _, row := range rows {
				empty = empty && row[i] == ""
			}
			if !empty || slices.Contains([]string{"owner", "mark", "phrase", "meaning", "marketplace", "seller_id", "date", "currency", "per_eur"}, header[i]) {
				columns = append(columns, i)
			}
		}
		columns = rapid.Permutation(columns).Draw(t, "columns")
		extra := known[name]
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "\xef\xbb\xbf"}).Draw(t, "mark"))
		line := func(cells []string, more []string) {
			for i, c := range columns {
				if i > 0 {
					b.WriteByte(',')
				}
				if cell := cells[c]; rapid.Bool().Draw(t, "quoted") {
					b.WriteString(`"` + strings.ReplaceAll(" "+cell, `"`, `""`) + `"`)
				} else {
					b.WriteString(quote(cell))
				}
			}
			for _, m := range more {
				b.WriteString("," + m)
			}
			b.WriteString(end)
		}
		line(header, extra)
		for _, row := range rows {
			line(row, make([]string, len(extra)))
		}
		f[name] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return f
}

// describe writes down everything that a generation's look-ups say.
func describe(g *reference.Generation) string {
	var b strings.Builder
	for id := range int32(g.Terms()) {
		fmt.Fprintln(&b, id, g.Term(id), g.Matcher().Term(id))
	}
	for id := range g.Products() {
		p := g.Product(id)
		fmt.Fprintln(&b, id, p, slices.Collect(p.Images()), g.ProductsByGTIN(p.GTIN), g.ProductsByMPN(p.Owner, p.MPN))
	}
	for o := range reference.OwnerID(g.Owners()) {
		fmt.Fprintln(&b, o, g.Owner(o))
		for _, category := range []string{"", "Fashion > Bags", "fashion>belts", "Belts"} {
			c, basis, ok := g.Catalogue(o, category)
			fmt.Fprintln(&b, c, basis, ok, g.Gated(o, "m", category))
		}
		for _, s := range []string{"s1", "s2", "s3"} {
			fmt.Fprintln(&b, g.Standing(o, "m", s, "SG"), g.Standing(o, "m", s, "CN"))
		}
	}
	fmt.Fprintln(&b, g.Stats(), g.Hash())
	return b.String()
}

func TestTheSameMeaningIsTheSameGeneration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, err := reference.Load(w.write(), asOf)
		if err != nil {
			t.Fatal(err)
		}
		b, err := reference.Load(w.rewrite(t), asOf)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := describe(a), describe(b); x != y {
			t.Fatalf("%s\n---\n%s", x, y)
		}
	})
}

// TestLookupsAreWhatReadingAllRowsSays compares the indexes with a plain search.
func TestLookupsAreWhatReadingAllRowsSays(t *testing.T) {
	fold := strings.NewReplacer("-", "", " ", "")
	rapid.Check(t, func(t *rapid.T) {
		g, err := reference.Load(drawWorld(t).write(), asOf)
		if err != nil {
			t.Fatal(err)
		}
		for _, gtin := range []assay.GTIN{4006381333931, 96385074, 12345670} {
			var want []reference.ProductID
			for id := range g.Products() {
				if g.Product(id).GTIN == gtin {
					want = append(want, id)
				}
			}
			if got := g.ProductsByGTIN(gtin); !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", gtin, got, want)
			}
		}
		for o := range reference.OwnerID(g.Owners()) {
			for _, part := range []string{"M1001", "m 2002"} {
				var want []reference.ProductID
				priced := map[string]bool{}
				for id := range g.Products() {
					p := g.Product(id)
					if p.Owner == o && fold.Replace(strings.ToLower(p.MPN)) == fold.Replace(strings.ToLower(part)) {
						want = append(want, id)
					}
					if p.Owner == o && !p.ListPrice.IsZero() && g.Rates().Has(p.ListPrice.Currency) {
						key := p.GTIN.String()
						if p.GTIN == 0 {
							key = "part " + fold.Replace(strings.ToLower(p.MPN))
							if p.MPN == "" {
								key = fmt.Sprint("row ", id)
							}
						}
						priced[key] = true
					}
				}
				if got := g.ProductsByMPN(o, part); !slices.Equal(got, want) {
					t.Fatalf("%s: %v, want %v", part, got, want)
				}
				if c, _, ok := g.Catalogue(o, ""); ok != (len(priced) > 0) || ok && c.N != len(priced) {
					t.Fatalf("catalogue %+v, want %d articles", c, len(priced))
				}
			}
		}
	})
}

func TestAnyChangeOfMeaningChangesTheHash(t *testing.T) {
	base := func() fstest.MapFS {
		return folder("marks.csv", "mark,owner,kind\nA1,H,\nA2,H,\n", "claims.csv", "phrase,meaning\nmirror,replica\n",
			"products.csv", "owner,mpn,currency,list_price\nH,M-1,EUR,10\n", "authorised.csv", "owner,marketplace,seller_id\nH,m,s\n",
			"gated.csv", "owner,marketplace\nH,m\n", "rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.1\n",
			"screening.yaml", "thresholds: {lookalike: {review: 1, block: 2}}\n",
			"banks/b/bank.yaml", "meaning: benign\n", "banks/b/1.jpg", "1", "banks/b/hashes.csv", "pdq\n"+strings.Repeat("0", 64)+"\n")
	}
	hash := func(f fstest.MapFS) string {
		g, err := reference.Load(f, asOf)
		if err != nil {
			t.Fatal(err)
		}
		return g.Hash()
	}
	seen := map[string]string{hash(base()): "the base"}
	for _, c := range []struct{ file, from, to string }{
		{"marks.csv", "A1,H,", "A1,H,dictionary"}, {"marks.csv", "A2", "A3"}, {"marks.csv", "A2,H,\n", ""}, {"marks.csv", "A1,H", "A1,I"},
		{"marks.csv", "kind", "right"}, {"marks.csv", "A2,H,\n", "A2,H,\nA4,H,\n"},
		{"claims.csv", "replica", "excuse"}, {"claims.csv", "mirror", "Mirror"},
		{"products.csv", "10", "10.01"}, {"products.csv", "EUR", "USD"}, {"products.csv", "M-1", "M1"}, {"products.csv", "list_price", "minimum_price"},
		{"products.csv", "mpn", "name"}, {"authorised.csv", "m,s", "m,t"}, {"gated.csv", "H", "I"},
		{"rates.csv", "1.1", "1.2"}, {"rates.csv", "20", "21"}, {"screening.yaml", "block: 2", "block: 3"}, {"screening.yaml", "lookalike", "misuse"},
		{"banks/b/bank.yaml", "benign", "official\nowner: H"}, {"banks/b/1.jpg", "1", "2"}, {"banks/b/hashes.csv", "000\n", "001\n"},
	} {
		f := base()
		changed := strings.Replace(string(f[c.file].Data), c.from, c.to, 1)
		if c.file == "marks.csv" && c.from == "kind" {
			changed = strings.Replace(changed, "A1,H,", "A1,H,EU 1", 1)
		}
		f[c.file].Data = []byte(changed)
		h, what := hash(f), fmt.Sprintf("%s: %q → %q", c.file, c.from, c.to)
		if other, dup := seen[h]; dup {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[h] = what
		if !strings.HasPrefix(h, "sha256:") || len(h) != len("sha256:")+64 {
			t.Errorf("hash %q", h)
		}
	}
	f := base()
	f["products.csv"].Data = []byte("owner,mpn,currency,list_price\n H ,M-1,eur,1.00e1\n")
	f["banks/b/readme.txt"] = &fstest.MapFile{Data: []byte("no image")}
	if seen[hash(f)] != "the base" {
		t.Error("another way to write the same price changed the hash")
	}
	delete(f, "gated.csv")
	without := hash(f)
	f["gated.csv"] = &fstest.MapFile{Data: []byte("marketplace,owner\n")}
	if hash(f) != without {
		t.Error("a file without rows is not as one that is absent")
	}
	later, err := reference.Load(base(), asOf.AddDate(1, 0, 0))
	if err != nil || seen[later.Hash()] != "the base" {
		t.Error("the as-of date changed the hash")
	}
}
