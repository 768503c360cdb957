package reference_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"assay"
	"assay/reference"
)

// fuzzFile feeds a file of a reference folder with anything: it ends in a
// generation or in mistakes of that file, and a generation answers.
func fuzzFile(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := folder("marks.csv", oneMark, "rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.1\n",
			"banks/b/bank.yaml", "meaning: benign\n")
		fsys[name] = &fstest.MapFile{Data: data}
		g, err := reference.Load(fsys, asOf)
		if err != nil {
			var ps assay.Problems
			if !errors.As(err, &ps) {
				t.Fatal(err)
			}
			for _, p := range ps {
				if p.Reason == "" || p.File == "" && !strings.HasPrefix(p.Reason, "and ") {
					t.Fatalf("%+v", p)
				}
			}
			return
		}
		describe(g)
	})
}

func FuzzMarks(f *testing.F) {
	fuzzFile(f, "marks.csv", oneMark, marksHeader+"\"A,\"\"1\",dictionary,H,fr,18;25,EU 1,A2\r\nA2,,H,,,,\r\n", "\xef\xbb\xbfmark,owner\nx")
}

func FuzzClaims(f *testing.F) {
	fuzzFile(f, "claims.csv", "phrase,meaning,language\nmirror quality,replica,en\n1:1,replica,\n")
}
func FuzzProducts(f *testing.F) { fuzzFile(f, "products.csv", catalogueFolder, "owner\n\"") }

func FuzzAuthorised(f *testing.F) {
	fuzzFile(f, "authorised.csv", "owner,marketplace,seller_id,regions,valid_from,valid_to\nH,m,s,ID;SG,2026-01-01,2026-12-31\n")
}
func FuzzGated(f *testing.F) {
	fuzzFile(f, "gated.csv", "owner,marketplace,category,valid_from,valid_to\nH,m,A > B,,\n")
}
func FuzzRates(f *testing.F) {
	fuzzFile(f, "rates.csv", "date,currency,per_eur\n2026-11-20,USD,1.1512\n2026-11-20,EUR,1\n")
}

func FuzzScreening(f *testing.F) {
	fuzzFile(f, "screening.yaml", "thresholds:\n  counterfeit: {review: 1.8, block: 4.5}\nlanes:\n  price:\n    - {owner: H, jurisdiction: US, marketplaces: [m], basis: b}\n", "a: &a [*a]\n")
}
func FuzzBank(f *testing.F) { fuzzFile(f, "banks/b/bank.yaml", "meaning: official\nowner: H\n") }

func FuzzHashes(f *testing.F) {
	fuzzFile(f, "banks/b/hashes.csv", "pdq,label\n"+strings.Repeat("0f", 32)+",wall\n")
}

// FuzzCSV compares the reader with the standard library's on files that both
// accept.
func FuzzCSV(f *testing.F) {
	f.Add("mirror,replica\n\"a \"\"b\"\", c\",excuse\r\n\"x\ny\",replica")
	f.Fuzz(func(t *testing.T, body string) {
		r := csv.NewReader(strings.NewReader("phrase,meaning\n" + body))
		rows, err := r.ReadAll()
		if err != nil || strings.Contains(body, "\r") && !strings.Contains(body, "\r\n") {
			return
		}
		g, err := reference.Load(folder("marks.csv", oneMark, "claims.csv", "phrase,meaning\n"+body), asOf)
		if err != nil {
			return
		}
		want := map[string]bool{}
		for _, row := range rows[1:] {
			want[fmt.Sprint(strings.Join(strings.Fields(row[0]), " "))] = true
		}
		for id := range int32(g.Terms()) {
			if term := g.Term(id); term.Kind != reference.TermMark && !want[strings.Join(strings.Fields(term.Text), " ")] {
				t.Fatalf("phrase %q is none of %q", term.Text, rows)
			}
		}
	})
}

// FuzzPrice compares the quick way to read a price with assay.ParseMoney.
func FuzzPrice(f *testing.F) {
	for _, s := range []string{"129.00", "0", "1e3", ".5", "1.", "000012.340000", "999999999999999", "1.0000000001", "-1", "1..2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, wantErr := assay.ParseMoney(s, "EUR")
		got, err := reference.ParsePrice(s, "EUR")
		if (err == nil) != (wantErr == nil) || err == nil && got != reference.CanonicalMoney(want) {
			t.Errorf("%q: %v %v, want %v %v", s, got, err, want, wantErr)
		}
	})
}

// FuzzPath compares the allocation-free comparisons with the folded forms.
func FuzzPath(f *testing.F) {
	f.Add("Fashion >  Bags > Totes", " fashion>BAGS ")
	f.Add(">>", "")
	f.Fuzz(func(t *testing.T, path, other string) {
		a, b := reference.FoldPath(path), reference.FoldPath(other)
		if got := reference.ComparePath(b, path); got != strings.Compare(b, a) {
			t.Errorf("%q, %q: %d", b, path, got)
		}
		if got, want := reference.HasPathPrefix(path, b), b == "" || a == b || strings.HasPrefix(a, b+">"); got != want {
			t.Errorf("%q below %q: %v", a, b, got)
		}
		if again := reference.FoldPath(a); again != a {
			t.Errorf("%q folds to %q, that to %q", path, a, again)
		}
	})
}
