package feed_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"assay"
	"assay/feed"
)

// result is everything a feed gives.
type result struct {
	listings []assay.Listing
	problems []assay.Problem
	err      error // other than io.EOF
}

func readAll(name string, r io.Reader, o feed.Options) (res result) {
	f, err := feed.Open(name, r, o)
	if err != nil {
		return result{err: err}
	}
	defer f.Close()
	var b feed.Batch
	for {
		if err := f.Next(&b); err != nil {
			if err != io.EOF {
				res.err = err
			}
			return res
		}
		b.Decode(func(l *assay.Listing, p *assay.Problem) {
			if p != nil {
				res.problems = append(res.problems, *p)
				return
			}
			res.listings = append(res.listings, l.Clone())
		})
	}
}

func readString(name, text string, o feed.Options) result {
	return readAll(name, strings.NewReader(text), o)
}

// one reads a feed that must give exactly one listing.
func one(t *testing.T, name, text string, o feed.Options) assay.Listing {
	t.Helper()
	res := readString(name, text, o)
	if res.err != nil || len(res.problems) > 0 || len(res.listings) != 1 {
		t.Fatalf("got %d listings, problems %v, error %v; want one listing", len(res.listings), res.problems, res.err)
	}
	return res.listings[0]
}

// problems formats problems as a user sees them.
func problems(res result) string {
	var lines []string
	for i := range res.problems {
		lines = append(lines, res.problems[i].Error())
	}
	return strings.Join(lines, "\n")
}

// chunkings reads the same text in other pieces.
func chunkings(text string) map[string]io.Reader {
	return map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(strings.NewReader(text)),
		"half reads":         iotest.HalfReader(strings.NewReader(text)),
		"data with the end":  iotest.DataErrReader(strings.NewReader(text)),
	}
}

func testdata(t testing.TB, name string) string {
	dir := os.Getenv("ASSAY_TESTDATA")
	if dir == "" {
		t.Skip("SKIPPED: ASSAY_TESTDATA does not name the folder of real data; nothing was tested")
	}
	return filepath.Join(dir, name)
}

func TestRealListings(t *testing.T) {
	for _, name := range []string{"lazada.csv.gz", "shein.csv.gz"} {
		t.Run(name+" is read without a mapping and without a reject", func(t *testing.T) {
			file, err := os.Open(testdata(t, filepath.Join("listings", name)))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			res := readAll(name, file, feed.Options{})
			if res.err != nil || len(res.listings) != 1000 || len(res.problems) > 0 {
				t.Fatalf("%d listings, error %v, problems:\n%s", len(res.listings), res.err, problems(res))
			}
			ids := map[string]bool{}
			for i := range res.listings {
				l := &res.listings[i]
				ids[l.Marketplace+" "+l.ID] = true
				for what, ok := range map[string]bool{
					"price":       !l.Price.IsZero(),
					"images":      len(l.Images) > 0 && strings.HasPrefix(l.Images[0].URL, "https://"),
					"url":         strings.HasPrefix(l.URL, "https://"),
					"brand":       l.Brand != "",
					"category":    l.Category != "" && !strings.Contains(l.Category, `"`),
					"marketplace": strings.Contains(l.Marketplace, ".") && !strings.Contains(l.Marketplace, "/"),
				} {
					if !ok {
						t.Errorf("listing %d (%s) has no sensible %s: %+v", i, l.ID, what, l)
					}
				}
				if t.Failed() {
					return
				}
			}
			if len(ids) != 1000 {
				t.Errorf("%d different offers of 1000", len(ids))
			}
			if testing.Verbose() {
				for i := range res.listings[:2] {
					t.Logf("%s", feed.AppendListing(nil, &res.listings[i]))
				}
			}
		})
	}
}

func unzip(t testing.TB, name string) []byte {
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestBatches(t *testing.T) {
	var text strings.Builder
	const n = 5000
	for i := range n {
		fmt.Fprintf(&text, record, i)
	}
	t.Run("may be decoded at the same time, and give the feed's order", func(t *testing.T) {
		r, err := feed.Open("x.ndjson", strings.NewReader(text.String()), feed.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var wg sync.WaitGroup
		var batches []*feed.Batch
		for {
			b := new(feed.Batch)
			if err := r.Next(b); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			batches = append(batches, b)
		}
		ids := make([][]string, len(batches))
		for i, b := range batches {
			wg.Go(func() {
				b.Decode(func(l *assay.Listing, p *assay.Problem) { ids[i] = append(ids[i], strings.Clone(l.ID)) })
			})
		}
		wg.Wait()
		all := slices.Concat(ids...)
		if len(ids) < 5 || len(all) != n || all[0] != "6872778045-0" || all[n-1] != fmt.Sprintf("6872778045-%d", n-1) {
			t.Errorf("%d batches, %d listings", len(ids), len(all))
		}
	})
	t.Run("used again do not change a listing that was cloned", func(t *testing.T) {
		res := readString("x.ndjson", text.String(), feed.Options{}) // one Batch for all
		for i := range res.listings {
			if want := fmt.Sprintf("6872778045-%d", i); res.listings[i].ID != want || res.listings[i].Seller.Name != "Toko Jaya Abadi" {
				t.Fatalf("listing %d is %s", i, res.listings[i].ID)
			}
		}
	})
	t.Run("may be decoded again", func(t *testing.T) {
		r, err := feed.Open("x.ndjson", strings.NewReader(text.String()), feed.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b feed.Batch
		if err := r.Next(&b); err != nil {
			t.Fatal(err)
		}
		count := func() (n int) {
			b.Decode(func(*assay.Listing, *assay.Problem) { n++ })
			return n
		}
		for range 2 {
			if n := count(); n != b.Len() {
				t.Errorf("%d visits to %d records", n, b.Len())
			}
		}
	})
}
