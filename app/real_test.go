package app_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay"
	"assay/marks"
	"assay/reference"
)

// unzipped opens a gzip file for the length of the test.
func unzipped(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// writeRealMarks makes a marks.csv of a names.tsv.gz (name, source, category), one
// owner a name. Names without a word in them are left out.
func writeRealMarks(t testing.TB, names, to string) {
	t.Helper()
	z := unzipped(t, names)
	dst, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(dst)
	_ = w.Write([]string{"mark", "owner"})
	seen := map[string]bool{}
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "\t")
		if folded := marks.Fold(name); folded != "" && !seen[folded] {
			seen[folded] = true
			_ = w.Write([]string{name, name})
		}
	}
	w.Flush()
	if err := errors.Join(lines.Err(), w.Error(), dst.Close()); err != nil {
		t.Fatal(err)
	}
}

// writeRealProducts makes a products.csv and rates.csv of lazada.csv.gz: the price
// before discount of every listing whose brand field holds one of the marks is
// taken for a list price of that brand. That is no catalogue, but it is of the
// right size, and real prices are compared with it.
func writeRealProducts(t testing.TB, gen *reference.Generation, listings, dir string) {
	t.Helper()
	z := unzipped(t, listings)
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	products := [][]string{{"owner", "name", "currency", "list_price"}}
	for _, row := range rows[1:] {
		owner, ok := gen.OwnerID(row[column["brand"]])
		price, err := assay.ParseMoney(row[column["initial_price"]], row[column["currency"]])
		if ok && err == nil && price.Amount > 0 {
			products = append(products, []string{gen.Owner(owner), row[column["title"]], price.Currency, price.Decimal()})
		}
	}
	rates := [][]string{{"date", "currency", "per_eur"}, {"2026-11-02", "IDR", "17500"}, {"2026-11-02", "MYR", "4.80"},
		{"2026-11-02", "PHP", "62.0"}, {"2026-11-02", "SGD", "1.45"}, {"2026-11-02", "THB", "37.5"}, {"2026-11-02", "USD", "1.08"}}
	for name, rows := range map[string][][]string{"products.csv": products, "rates.csv": rates} {
		dst, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(csv.NewWriter(dst).WriteAll(rows), dst.Close()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d list prices", len(products)-1)
}
