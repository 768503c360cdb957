package feed_test

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
	"assay/feed"
)

// record is an NDJSON record of about 650 bytes.
const record = `{"marketplace":"lazada.co.id","id":"6872778045-%d","title":"Jam Tangan Pria Stainless Steel Anti Air Original Garansi Resmi 1 Tahun","description":"Jam tangan pria dengan tali stainless steel, tahan air 30 meter, baterai tahan lama dan garansi resmi selama satu tahun. Dikirim dari Jakarta setiap hari kerja.","url":"https://www.lazada.example/products/jam-tangan-pria-i6872778045.html","brand":"No Brand","category":"Watches > Men > Analog","price":{"amount":"129000","currency":"IDR"},"images":["https://img.example/a1.jpg","https://img.example/a2.jpg"],"seller":{"id":"s-20831","name":"Toko Jaya Abadi","country":"ID"},"quantity":25,"sold":1311}` + "\n"

func benchmark(b *testing.B, name string, text []byte, records int) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var batch feed.Batch
	for b.Loop() {
		r, err := feed.Open(name, bytes.NewReader(text), feed.Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			if err := r.Next(&batch); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			batch.Decode(func(l *assay.Listing, p *assay.Problem) {
				if p != nil {
					b.Fatal(p)
				}
				n++
			})
		}
		if n != records {
			b.Fatalf("%d records of %d", n, records)
		}
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records)/float64(b.N), "ns/record")
}

// BenchmarkNDJSON splits and decodes invented records of about 650 bytes on one
// goroutine.
func BenchmarkNDJSON(b *testing.B) {
	const n = 20_000
	var text []byte
	for i := range n {
		text = fmt.Appendf(text, record, i)
	}
	benchmark(b, "bench.ndjson", text, n)
}

// BenchmarkCSV reads the real Lazada rows, about 4 KB each with JSON in the cells.
func BenchmarkCSV(b *testing.B) {
	text := unzip(b, testdata(b, filepath.Join("listings", "lazada.csv.gz")))
	benchmark(b, "lazada.csv", text, 1000)
}

// BenchmarkNDJSONTokens only reads the tokens of the same records: the floor.
func BenchmarkNDJSONTokens(b *testing.B) {
	const n = 20_000
	var text []byte
	for i := range n {
		text = fmt.Appendf(text, record, i)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dec := jsontext.NewDecoder(bytes.NewBuffer(text))
		for {
			if _, err := dec.ReadToken(); err != nil {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/float64(b.N), "ns/record")
}
