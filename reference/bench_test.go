package reference_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"assay"
	"assay/reference"
)

var asOf = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// BenchmarkLoad100kMarks1MProducts compiles 100,000 marks of 5,000 owners and
// 1,000,000 products (about 120 MB of CSV, invented) from files. peak-RSS is the
// process's high-water mark since the first iteration began.
func BenchmarkLoad100kMarks1MProducts(b *testing.B) {
	dir := b.TempDir()
	size := writeFolder(b, dir, 5_000, 100_000, 1_000_000)
	fsys := os.DirFS(dir)
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // Linux: start the mark afresh
	b.SetBytes(size)
	before := cpuSeconds()
	var g *reference.Generation
	for b.Loop() {
		g = nil
		var err error
		if g, err = reference.Load(fsys, asOf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds()-before)/float64(b.N), "cpu-s/op")
	b.ReportMetric(peakRSS()/1e6, "MB-peak-RSS")
	if s := g.Stats(); s.Marks != 100_000 || s.Products != 1_000_000 {
		b.Fatalf("%+v", s)
	}
}

func BenchmarkLookups(b *testing.B) {
	dir := b.TempDir()
	writeFolder(b, dir, 500, 1_000, 100_000)
	g, err := reference.Load(os.DirFS(dir), asOf)
	if err != nil {
		b.Fatal(err)
	}
	var views []reference.ProductView
	for id := range g.Products() {
		views = append(views, g.Product(id))
	}
	i := 0
	next := func() *reference.ProductView { i++; return &views[i*7919%len(views)] }
	for name, look := range map[string]func(){
		"gtin":      func() { g.ProductsByGTIN(next().GTIN) },
		"mpn":       func() { v := next(); g.ProductsByMPN(v.Owner, v.MPN) },
		"catalogue": func() { v := next(); g.Catalogue(v.Owner, "Fashion > Accessories > "+v.Category) },
		"product":   func() { i++; g.Product(reference.ProductID(i % len(views))) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				look()
			}
		})
	}
}

// cpuSeconds is what the process has used of all cores, collection included.
func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func peakRSS() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kB, _ := strconv.ParseFloat(string(bytes.Fields(rest)[0]), 64)
			return kB * 1024
		}
	}
	return 0
}

// writeFolder writes a folder of invented names, the same for the same sizes.
func writeFolder(tb testing.TB, dir string, owners, marks, products int) (size int64) {
	dice := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"nor", "vel", "mai", "son", "ka", "ri", "tol", "bex", "ul", "fen", "dra", "sol", "qui", "pha", "lor", "wen"}
	word := func() string {
		var w []byte
		for range 2 + dice.IntN(3) {
			w = append(w, syllables[dice.IntN(len(syllables))]...)
		}
		return string(bytes.ToUpper(w[:1])) + string(w[1:])
	}
	categories := make([]string, 300)
	for i := range categories {
		categories[i] = word() + " " + strconv.Itoa(i)
	}
	owner := func(i int) string { return "House " + strconv.Itoa(i%owners) + " of Exemple" }
	write := func(name string, rows func(w io.Writer)) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		rows(w)
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		info, _ := f.Stat()
		size += info.Size()
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	write("marks.csv", func(w io.Writer) {
		fmt.Fprintln(w, "mark,kind,owner,language,classes,right,alias_of")
		for i := range marks {
			fmt.Fprintf(w, "%s %s%d,distinctive,%s,en,18;25,EX%08d,\n", word(), word(), i, owner(i), i)
		}
	})
	write("claims.csv", func(w io.Writer) {
		fmt.Fprintln(w, "phrase,meaning,language\nmirror quality,replica,en\ncompatible with,excuse,en")
	})
	write("products.csv", func(w io.Writer) {
		fmt.Fprintln(w, "owner,gtin,mpn,name,category,currency,list_price,minimum_price,images")
		for i := range products {
			o := owner(dice.IntN(owners))
			currency := []string{"EUR", "EUR", "USD", "CNY"}[dice.IntN(4)]
			fmt.Fprintf(w, "%s,%s,EX-%07d,\"%s %s, %s\",%s,%s,%d.%02d,,photos/%08d.jpg\n",
				o, gtin13(400_000_000_000+i/2), i/2, word(), word(), word(), categories[dice.IntN(len(categories))], currency, 20+dice.IntN(3000), dice.IntN(100), i)
		}
	})
	write("rates.csv", func(w io.Writer) {
		fmt.Fprintln(w, "date,currency,per_eur\n2026-11-20,USD,1.1512\n2026-11-20,CNY,8.2031")
	})
	return size
}

// gtin13 returns twelve digits with their check digit.
func gtin13(n int) string {
	s := fmt.Sprintf("%012d", n)
	sum := 0
	for i, c := range s {
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	s += strconv.Itoa((10 - sum%10) % 10)
	if _, fault := assay.ParseGTIN(s); fault != assay.GTINFine {
		panic(s)
	}
	return s
}
