package demo

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
)

type file struct {
	bytes.Buffer
	close func(content string)
}

func (f *file) Close() error {
	f.close(f.String())
	return nil
}

// reference is the world's reference folder by file name.
func reference(t *testing.T, w *World) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := w.WriteReference(func(name string) (io.WriteCloser, error) {
		return &file{close: func(content string) { files[name] = content }}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// table reads a file of the folder as records by column name.
func table(t *testing.T, files map[string]string, name string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(files[name])).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var out []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = r[i]
		}
		out = append(out, row)
	}
	return out
}

func TestMarksAreUniqueAndAliasesNameAMarkOfTheirOwner(t *testing.T) {
	rows := table(t, reference(t, New(1, Options{ExtraMarks: 100_000})), "marks.csv")
	owner := map[string]string{}
	kinds := map[string]int{}
	for _, r := range rows {
		if other, ok := owner[r["mark"]]; ok {
			t.Errorf("mark %q of %s is also one of %s", r["mark"], r["owner"], other)
		}
		owner[r["mark"]] = r["owner"]
		kinds[r["kind"]]++
		if r["owner"] == "" || r["right"] == "" || r["classes"] == "" {
			t.Errorf("mark %q misses a field: %v", r["mark"], r)
		}
	}
	for _, r := range rows {
		if a := r["alias_of"]; a != "" && owner[a] != r["owner"] {
			t.Errorf("%q of %s is an alias of %q of %q", r["mark"], r["owner"], a, owner[a])
		}
	}
	if len(rows) < 100_100 || kinds["dictionary"] != 7 || kinds["dictionary"]+kinds["distinctive"] != len(rows) {
		t.Errorf("%d marks, by kind %v", len(rows), kinds)
	}
	t.Logf("%d marks", len(rows))
}

func TestProductsBelongToOwnersAndHaveSoundNumbersAndPrices(t *testing.T) {
	files := reference(t, New(1, Options{}))
	owners := map[string]bool{}
	for _, r := range table(t, files, "marks.csv") {
		owners[r["owner"]] = true
	}
	seen := map[string]bool{}
	priced, minimum := 0, 0
	rows := table(t, files, "products.csv")
	for _, r := range rows {
		if !owners[r["owner"]] {
			t.Errorf("owner %q has no mark", r["owner"])
		}
		for _, column := range []string{"gtin", "mpn", "name"} {
			if seen[column+r[column]] {
				t.Errorf("%s %q is not unique", column, r[column])
			}
			seen[column+r[column]] = true
		}
		if _, fault := assay.ParseGTIN(r["gtin"]); fault != assay.GTINFine || !strings.HasPrefix(r["gtin"], "952") || len(r["gtin"]) != 13 {
			t.Errorf("GTIN %q: %s", r["gtin"], fault)
		}
		list, err := assay.ParseMoney(r["list_price"], r["currency"])
		if err != nil || list.Amount <= 0 {
			t.Errorf("%s: list price %q %s: %v", r["mpn"], r["list_price"], r["currency"], err)
		}
		priced++
		if r["minimum_price"] != "" {
			minimum++
			if low, err := assay.ParseMoney(r["minimum_price"], r["currency"]); err != nil || low.Compare(list) >= 0 {
				t.Errorf("%s: minimum price %q above %q (%v)", r["mpn"], r["minimum_price"], r["list_price"], err)
			}
		}
	}
	if priced != DefaultProducts || minimum == 0 {
		t.Errorf("%d products with prices, %d with minimum prices", priced, minimum)
	}
}

func TestSellersAndGatesAreThoseThatListingsUse(t *testing.T) {
	w := New(1, Options{})
	files := reference(t, w)
	type account struct{ owner, market, id string }
	valid := map[account]bool{}
	for _, r := range table(t, files, "authorised.csv") {
		a := account{r["owner"], r["marketplace"], r["seller_id"]}
		if _, ok := valid[a]; ok {
			t.Errorf("%v is authorised twice", a)
		}
		valid[a] = r["valid_to"] == "" || r["valid_to"] >= AsOf().Format(time.DateOnly)
	}
	type gate struct{ owner, market string }
	gates := map[gate]string{}
	for _, r := range table(t, files, "gated.csv") {
		if r["valid_to"] == "" {
			gates[gate{r["owner"], r["marketplace"]}] = r["category"]
		}
	}
	if len(gates) == 0 {
		t.Fatal("no gate is in force")
	}
	lapsed := 0
	listings(w, sample, func(i uint64, l assay.Listing, tr Truth) {
		current, listed := valid[account{tr.Owner, l.Marketplace, l.Seller.ID}]
		if want := slices.Contains([]Kind{Genuine, Flagship, BelowMinimum}, tr.Kind); current != want {
			t.Errorf("listing %d (%s): the seller's authorisation is %v", i, tr.Kind, current)
		}
		if listed && !current {
			lapsed++
		}
		category := gates[gate{tr.Owner, l.Marketplace}]
		inside := category != "" && strings.HasPrefix(l.Category+" > ", category+" > ")
		switch tr.Kind {
		case Unauthorised:
			if !inside {
				t.Errorf("listing %d is outside a gate that is not there", i)
			}
		case Resale, SecondHand, Denial, MistypedGTIN, Box, GenuinePart:
			if inside {
				t.Errorf("listing %d (%s) is inside the gate for %s", i, tr.Kind, category)
			}
		}
	})
	if lapsed == 0 {
		t.Error("no seller's authorisation has ended")
	}
}

func TestRatesEndAtTheWorldsPresentAndCoverItsCurrencies(t *testing.T) {
	files := reference(t, New(1, Options{}))
	last := map[string]string{}
	for _, r := range table(t, files, "rates.csv") {
		if r["date"] == AsOf().Format(time.DateOnly) {
			last[r["currency"]] = r["per_eur"]
		}
		if _, err := assay.ParseAmount(r["per_eur"]); err != nil {
			t.Errorf("%v: %v", r, err)
		}
	}
	for _, r := range table(t, files, "products.csv") {
		if r["currency"] != "EUR" && last[r["currency"]] == "" {
			t.Fatalf("no rate for %s", r["currency"])
		}
	}
	if last["IDR"] != "18000.0000" {
		t.Errorf("IDR stands at %s", last["IDR"])
	}
}

func TestClaimsAreAUsefulList(t *testing.T) {
	files := reference(t, New(1, Options{}))
	if files["claims.csv"] != ClaimsCSV() {
		t.Error("claims.csv is not the list that the package ships")
	}
	seen := map[string]bool{}
	count := map[string]int{}
	for _, r := range table(t, files, "claims.csv") {
		phrase := strings.ToLower(r["phrase"])
		if phrase == "" || phrase != strings.TrimSpace(phrase) || seen[phrase] {
			t.Errorf("phrase %q is empty, padded or there twice", phrase)
		}
		seen[phrase] = true
		if m := assay.ClaimMeaning(r["meaning"]); m != assay.Replica && m != assay.Excuse {
			t.Errorf("%q means %q", phrase, m)
		}
		count[r["meaning"]+" "+r["language"]]++
	}
	if len(seen) < 150 {
		t.Errorf("%d phrases", len(seen))
	}
	for _, language := range strings.Fields("en zh de fr es it pt ja id th vi ru ko tr") {
		for _, meaning := range []string{"replica", "excuse"} {
			if count[meaning+" "+language] < 4 {
				t.Errorf("%d phrases that %s in %s", count[meaning+" "+language], meaning, language)
			}
		}
	}
	for _, word := range strings.Fields("for für pour para per untuk için для like new") {
		if seen[word] {
			t.Errorf("%q alone would fit nearly every listing", word)
		}
	}
	t.Logf("%d phrases: %v", len(seen), count)
}

func TestInventedNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint64(200_000) {
		for _, i := range []uint64{n, wordNoMark + n} {
			name, _ := filler(i)
			if seen[name] {
				t.Fatalf("%q occurs twice, again as number %d", name, i)
			}
			seen[name] = true
		}
	}
}

func TestAFolderThatCannotBeWrittenIsReported(t *testing.T) {
	full := errors.New("disk full")
	err := New(1, Options{}).WriteReference(func(name string) (io.WriteCloser, error) { return nil, full })
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "marks.csv") {
		t.Errorf("got %v", err)
	}
	err = New(1, Options{}).WriteReference(func(name string) (io.WriteCloser, error) { return brokenFile{full}, nil })
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type brokenFile struct{ err error }

func (f brokenFile) Write([]byte) (int, error) { return 0, f.err }
func (f brokenFile) Close() error              { return nil }

func TestRoundingMovesAPriceOnlyALittle(t *testing.T) {
	for _, m := range markets {
		for cents := int64(20_00); cents < 5_000_00; cents += 977 {
			exact := fromEUR(cents, m.currency)
			if got := rounded(exact, m.currency); got*100 < exact*95 || got*100 > exact*105 {
				t.Errorf("%d minor units of %s become %d", exact, m.currency, got)
			}
		}
	}
}
