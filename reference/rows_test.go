package reference_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assay"
	"assay/reference"
)

var kindFiles = map[assay.ReferenceKind]string{
	assay.ReferenceMarks: "marks.csv", assay.ReferenceClaims: "claims.csv", assay.ReferenceProducts: "products.csv",
	assay.ReferenceAuthorised: "authorised.csv", assay.ReferenceGated: "gated.csv", assay.ReferenceRates: "rates.csv",
	assay.ReferenceScreening: "screening.yaml",
}

// uploads returns the files of a folder as a server takes them, by kind.
func uploads(t interface{ Fatal(...any) }, fsys fs.FS) map[assay.ReferenceKind][]byte {
	files := map[assay.ReferenceKind][]byte{}
	for kind, name := range kindFiles {
		if data, err := fs.ReadFile(fsys, name); err == nil {
			files[kind] = data
		}
	}
	if _, err := fs.Stat(fsys, "banks"); err == nil {
		var banks, images bytes.Buffer
		if err := reference.WriteBanks(fsys, &banks, &images); err != nil {
			t.Fatal(err)
		}
		files[assay.ReferenceBanks], files[assay.ReferenceBankImages] = banks.Bytes(), images.Bytes()
	}
	return files
}

// readRows returns a file's rows in the order of their keys.
func readRows(kind assay.ReferenceKind, name, file string) (rows []assay.ReferenceRow, err error) {
	err = reference.ReadRows(kind, name, strings.NewReader(file), func(r assay.ReferenceRow, _ int) error {
		rows = append(rows, r)
		return nil
	})
	slices.SortFunc(rows, func(a, b assay.ReferenceRow) int { return strings.Compare(a.Key, b.Key) })
	return rows, err
}

// source yields rows that are held in memory.
func source(rows []assay.ReferenceRow) reference.RowSource {
	return func(kind assay.ReferenceKind, visit func(owner, key, fields string) error) error {
		for _, r := range rows {
			if r.Kind == kind {
				if err := visit(r.Owner, r.Key, r.Fields); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func TestRowsAreCanonicalAndHaveKeys(t *testing.T) {
	sum, pdq := strings.Repeat("AB", 32), strings.Repeat("0f", 32)
	for _, c := range []struct {
		name string
		kind assay.ReferenceKind
		file string
		want []string // key | owner | fields
	}{
		{"a mark by its owner and text", assay.ReferenceMarks,
			"owner,mark,CLASSES\n\"H, I\", A1 ,25;18;18\n", []string{`"H, I",A1 | H, I | A1,distinctive,"H, I",,18;25,,`}},
		{"a phrase by its text and language", assay.ReferenceClaims,
			"phrase,meaning,language\nfake,Replica,EN\nfake,replica,\n", []string{`fake, |  | fake,replica,`, `fake,en |  | fake,replica,en`}},
		{"a product by owner, currency and GTIN, else part number, else name", assay.ReferenceProducts,
			"owner,gtin,mpn,name,currency,list_price\nH,4006381333931,M,N,eur,10\nH,,M,N,EUR,1e1\nH,,,N,,\n", []string{
				`H,,,N, | H | H,,,N,,,,,`,
				`H,,M,,EUR | H | H,,M,N,,EUR,10.00,,`,
				`H,04006381333931,,,EUR | H | H,04006381333931,M,N,,EUR,10.00,,`}},
		{"different rows of one key are numbered, rows that repeat one are dropped", assay.ReferenceProducts,
			"owner,mpn,name\nH,M,A\nH,M,B\nH,M,A\n", []string{`H,,M,, | H | H,,M,?,,,,,`, `H,,M,,,2 | H | H,,M,?,,,,,`}},
		{"an account by owner, marketplace, account and first day", assay.ReferenceAuthorised,
			"owner,marketplace,seller_id,regions,valid_from\nH,M.example,S,sg;ID,2026-01-02\n", []string{`H,m.example,S,2026-01-02 | H | H,m.example,S,ID;SG,2026-01-02,`}},
		{"a gate by owner, marketplace, category and first day", assay.ReferenceGated,
			"owner,marketplace,category,valid_to\nH,m,A > B,2026-01-02\n", []string{`H,m,A > B, | H | H,m,A > B,,2026-01-02`}},
		{"a rate by day and currency", assay.ReferenceRates,
			"date,currency,per_eur\n2026-01-02,usd,1.1500\n", []string{`2026-01-02,USD |  | 2026-01-02,USD,1.15`}},
		{"a bank by its name", assay.ReferenceBanks,
			"name,meaning,owner\nb,Official,H\nc,benign,\n", []string{`b | H | b,official,H`, `c |  | c,benign,`}},
		{"an image by its bytes, else its look", assay.ReferenceBankImages,
			"bank,path,sha256,pdq,label\nb,a.jpg," + sum + ",,\nb,,," + pdq + ",x\n", []string{
				`b,,` + pdq + ` |  | b,,,` + pdq + `,x`,
				`b,` + strings.ToLower(sum) + `, |  | b,a.jpg,` + strings.ToLower(sum) + `,,`}},
		{"the policy as it is, comments too", assay.ReferenceScreening,
			"# \"why\"\nthresholds: {}\n", []string{"screening |  | \"# \"\"why\"\"\nthresholds: {}\n\""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := readRows(c.kind, "x", c.file)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, r := range rows {
				if i < len(c.want) && strings.Contains(c.want[i], "?") { // the order of equals is by digest
					r.Fields = strings.NewReplacer(",A,", ",?,", ",B,", ",?,").Replace(r.Fields)
				}
				got = append(got, fmt.Sprintf("%s | %s | %s", r.Key, r.Owner, r.Fields))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	t.Run("a long key is cut, and differs from others that begin as it does", func(t *testing.T) {
		long := strings.Repeat("長", 1000)
		rows, err := readRows(assay.ReferenceProducts, "x", "owner,name\nH,"+long+"1\nH,"+long+"2\n")
		if err != nil || len(rows) != 2 || rows[0].Key == rows[1].Key || len(rows[0].Key) > 510 || !strings.HasPrefix(rows[0].Key, "H,,,長長") {
			t.Errorf("%v %v", rows, err)
		}
	})
}

func TestAnUploadIsReadWithTheRulesOfTheFolder(t *testing.T) {
	for _, c := range []struct {
		name string
		kind assay.ReferenceKind
		file string
		want []string
	}{
		{"all mistakes with their lines", assay.ReferenceMarks, "mark,owner,kind\n,H,\nA1,,\nA2,H,slang\n", []string{
			"up.csv:2: mark: a mark is needed", "up.csv:3: owner: an owner is needed", `up.csv:4: kind: "slang" is neither distinctive nor dictionary`}},
		{"of products too", assay.ReferenceProducts, "owner,gtin\nH,1\n,\"\"\n\n,x\n", []string{
			`up.csv:2: gtin: "1" is not a GTIN: 8, 12, 13 or 14 digits`, `up.csv:5: gtin: "x" is not a GTIN: 8, 12, 13 or 14 digits`, "up.csv:5: owner: an owner is needed"}},
		{"a NUL", assay.ReferenceProducts, "owner,name\nH,a\x00b\n", []string{"up.csv:2: the row holds a NUL character"}},
		{"an owner too long for an index", assay.ReferenceGated, "owner,marketplace\n" + strings.Repeat("H", 1001) + ",m\n", []string{
			"up.csv:2: owner: the name has 1001 bytes; at most 1000 are allowed"}},
		{"a policy", assay.ReferenceScreening, "a: b\n", []string{"up.csv:1: a: no such key; known are lanes, thresholds"}},
		{"a policy that is no text", assay.ReferenceScreening, "\xff", []string{"up.csv: is not UTF-8"}},
		{"a bank", assay.ReferenceBanks, "name,meaning,owner\n,nice,\nb,official,\n", []string{
			`up.csv:2: meaning: "nice" is neither official, counterfeit nor benign`, "up.csv:2: name: a bank needs a name", "up.csv:3: owner: a bank of official images needs an owner"}},
		{"an image", assay.ReferenceBankImages, "bank,path,sha256,pdq,label\nb,a.jpg,,,\n,,12,,\nb,,," + strings.Repeat("0", 64) + ",\nb,," + strings.Repeat("0", 64) + ",,x\nb,a.jpg,," + strings.Repeat("0", 64) + ",\n", []string{
			"up.csv:2: sha256: an image is known by its sha256 or its pdq; one of them is needed",
			"up.csv:3: bank: the name of a bank is needed",
			`up.csv:3: sha256: "12" is not a SHA-256: 64 hex digits`,
			"up.csv:5: label: is the label of a pdq; there is none",
			"up.csv:6: sha256: a path needs the sha256 of its file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := readRows(c.kind, "/dir/up.csv", c.file)
			var ps assay.Problems
			if !errors.As(err, &ps) || len(rows) > 0 {
				t.Fatalf("%v, %d rows", err, len(rows))
			}
			got, want := strings.Split(err.Error(), "\n"), slices.Clone(c.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
	if _, err := readRows("nonsense", "x", ""); assay.CodeOf(err) != assay.Invalid {
		t.Error(err)
	}
	_, err := readRows(assay.ReferenceProducts, "p", "owner,gtin\n"+strings.Repeat("H,1\n", 5000))
	var ps assay.Problems
	if !errors.As(err, &ps) || len(ps) != reference.MaxProblems+1 {
		t.Errorf("%d problems", len(ps))
	}
}

func TestRowsOfAFolderMakeItsGeneration(t *testing.T) {
	build := func(t interface{ Fatal(...any) }, fsys fs.FS) *reference.Generation {
		var rows []assay.ReferenceRow
		for kind, data := range uploads(t, fsys) {
			got, err := readRows(kind, kindFiles[kind], string(data))
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, got...)
		}
		g, err := reference.BuildRows(asOf, source(rows))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	t.Run("the example's", func(t *testing.T) {
		fsys := os.DirFS("../examples/reference")
		want, err := reference.Load(fsys, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if got := build(t, fsys); describe(got) != describe(want) {
			t.Error("another generation")
		}
	})
	t.Run("with banks, phrases in two languages, one account twice, images twice", func(t *testing.T) {
		fsys := folder("marks.csv", oneMark, "claims.csv", "phrase,meaning,language\nfake,replica,en\nfake,replica,de\nFake,replica,\n",
			"authorised.csv", "owner,marketplace,seller_id,regions\nH,m,s,ID\nH,m,s,SG\n", "gated.csv", "owner,marketplace,valid_to\nH,m,2026-01-01\nH,m,2027-01-01\n",
			"banks/a, \"b\"/bank.yaml", "meaning: Official\nowner: H\n", "banks/a, \"b\"/1.jpg", "x", "banks/a, \"b\"/2.jpg", "x",
			"banks/a, \"b\"/hashes.csv", "pdq,label\n"+strings.Repeat("0f", 32)+",\n"+strings.Repeat("0f", 32)+",x\n",
			"banks/empty/bank.yaml", "meaning: benign\n", "screening.yaml", "lanes: {price: [{owner: H, jurisdiction: US, marketplaces: [m], basis: \"a \\\"b\\\"\"}]}\r\n")
		want, err := reference.Load(fsys, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if got := build(t, fsys); got.Hash() != want.Hash() || describe(got) != describe(want) {
			t.Error("another generation")
		}
	})
	t.Run("any", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			w := drawWorld(t)
			want, err := reference.Load(w.write(), asOf)
			if err != nil {
				t.Fatal(err)
			}
			if got := build(t, w.rewrite(t)); got.Hash() != want.Hash() || describe(got) != describe(want) {
				t.Fatalf("another generation\n%s\n---\n%s", describe(got), describe(want))
			}
		})
	})
}

func TestWithoutRowsNothingIsFound(t *testing.T) {
	g, err := reference.BuildRows(asOf, source(nil))
	if err != nil {
		t.Fatal(err)
	}
	if hits := g.Matcher().NewFinder().Find("Sac Maison Exemple, mirror quality"); len(hits) > 0 || g.Stats() != (reference.Stats{Currencies: g.Stats().Currencies}) {
		t.Errorf("%v %+v", hits, g.Stats())
	}
	if _, _, ok := g.Catalogue(reference.NoOwner, ""); ok || g.Gated(0, "m", "") || len(g.ProductsByGTIN(4006381333931)) > 0 {
		t.Error("something is found")
	}
}

func TestRowsAreWrittenAsAFileThatMakesThem(t *testing.T) {
	fsys := folder("marks.csv", "mark,owner\n\"a, \"\"b\"\"\",H\n", "products.csv", catalogueFolder, "screening.yaml", "# x, \"y\"\r\nthresholds: {}\n")
	for kind, data := range uploads(t, fsys) {
		rows, err := readRows(kind, "", string(data))
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := reference.WriteRows(&file, kind, source(rows)); err != nil {
			t.Fatal(err)
		}
		again, err := readRows(kind, "", file.String())
		if err != nil || !slices.Equal(rows, again) {
			t.Errorf("%s: %v\n%s", kind, err, file.String())
		}
	}
}

func TestStoredRowsThatContradictOneAnotherMakeNoGeneration(t *testing.T) {
	_, err := reference.BuildRows(asOf, source([]assay.ReferenceRow{
		{Kind: assay.ReferenceMarks, Key: "1", Fields: "A1,distinctive,H,,,,A2"}, {Kind: assay.ReferenceBankImages, Key: "2", Fields: "b,,,,"},
		{Kind: assay.ReferenceProducts, Key: "3", Fields: "H,1,,,,,,,"}, {Kind: assay.ReferenceRates, Key: "4", Fields: "short"},
		{Kind: assay.ReferenceScreening, Key: "5", Fields: "\"a: b\""},
	}))
	var ps assay.Problems
	if !errors.As(err, &ps) || len(ps) != 5 {
		t.Fatal(err)
	}
	for _, p := range ps {
		if !strings.HasPrefix(p.File, "stored ") {
			t.Error(p)
		}
	}
	gone := errors.New("gone")
	for _, kind := range reference.Kinds() {
		_, err := reference.BuildRows(asOf, func(k assay.ReferenceKind, visit func(owner, key, fields string) error) error {
			if k == kind {
				return gone
			}
			return nil
		})
		if !errors.Is(err, gone) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// FuzzRows reads any file of any kind: it ends in mistakes or in rows whose
// canonical lines are themselves such rows, and whose columns the standard library
// reads alike.
func FuzzRows(f *testing.F) {
	f.Add(uint8(0), marksHeader+"\"A,\"\"1\",dictionary,H,fr,18;25,EU 1,A2\r\nA2,,H,,,,\r\n")
	f.Add(uint8(2), catalogueFolder)
	f.Add(uint8(2), "owner,name\nH,A\nH,B\nH,\"A\r\nB\"\n")
	f.Add(uint8(5), "date,currency,per_eur\n2026-11-20,USD,1.1512\n")
	f.Add(uint8(6), "thresholds: {counterfeit: {review: 1, block: 2}} # \"x\"\n")
	f.Add(uint8(8), "bank,path,sha256,pdq,label\nb,a,"+strings.Repeat("0f", 32)+","+strings.Repeat("F0", 32)+",x\n")
	f.Fuzz(func(t *testing.T, n uint8, file string) {
		kind := reference.Kinds()[int(n)%len(reference.Kinds())]
		rows, err := readRows(kind, "x", file)
		if err != nil {
			var ps assay.Problems
			if !errors.As(err, &ps) || len(rows) > 0 {
				t.Fatal(err)
			}
			return
		}
		var again bytes.Buffer
		if err := reference.WriteRows(&again, kind, source(rows)); err != nil {
			t.Fatal(err)
		}
		back, err := readRows(kind, "x", again.String())
		if err != nil || !slices.Equal(rows, back) {
			t.Fatalf("%v\n%q\n%q", err, rows, back)
		}
		for i, r := range rows {
			if i > 0 && rows[i-1].Key == r.Key {
				t.Fatalf("key %q twice", r.Key)
			}
			cells, err := csv.NewReader(strings.NewReader(r.Fields)).Read()
			if kind != assay.ReferenceScreening && (err != nil || len(cells) != len(reference.Columns(kind))) {
				t.Fatalf("%q: %q %v", r.Fields, cells, err)
			}
		}
	})
}

func BenchmarkRowsToGeneration100kProducts(b *testing.B) {
	dir := b.TempDir()
	writeFolder(b, dir, 500, 10_000, 100_000)
	var rows []assay.ReferenceRow
	size := int64(0)
	for kind, data := range uploads(b, os.DirFS(dir)) {
		got, err := readRows(kind, "", string(data))
		if err != nil {
			b.Fatal(err)
		}
		rows, size = append(rows, got...), size+int64(len(data))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reference.BuildRows(asOf, source(rows)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadRows100kProducts(b *testing.B) {
	dir := b.TempDir()
	writeFolder(b, dir, 500, 10, 100_000)
	data := uploads(b, os.DirFS(dir))[assay.ReferenceProducts]
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := reference.ReadRows(assay.ReferenceProducts, "", bytes.NewReader(data), func(assay.ReferenceRow, int) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
