package app

import (
	"bytes"
	"context"
	"io"
	"testing"

	"assay"
	"assay/demo"
	"assay/feed"
)

// BenchmarkScreenFeeds is the path of "assay screen" within one process, so that
// it can be profiled and its allocations counted; "assay bench screen" is the
// figure to quote.
func BenchmarkScreenFeeds(b *testing.B) {
	world := demo.New(benchSeed, demo.Options{ExtraMarks: 100_000, Products: 10_000})
	dir := b.TempDir()
	if err := WriteReference(world, dir); err != nil {
		b.Fatal(err)
	}
	gen, err := LoadReference(dir, demo.AsOf())
	if err != nil {
		b.Fatal(err)
	}
	const listings = 50_000
	var data []byte
	for i := range listings {
		l, _ := world.Listing(uint64(i))
		data = append(feed.AppendListing(data, &l), '\n')
	}
	inputs := []Input{{Name: "world.ndjson", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}}
	b.SetBytes(int64(len(data)) / listings)
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for n < b.N {
		if _, err := ScreenFeeds(context.Background(), gen, inputs, io.Discard, ScreenOptions{Least: assay.Review, Workers: 1}); err != nil {
			b.Fatal(err)
		}
		n += listings
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "listings/s")
}

// BenchmarkLoadReference is the start-up of "assay screen" with 100,000 marks.
func BenchmarkLoadReference(b *testing.B) {
	world := demo.New(benchSeed, demo.Options{ExtraMarks: 100_000, Products: 10_000})
	dir := b.TempDir()
	if err := WriteReference(world, dir); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LoadReference(dir, demo.AsOf()); err != nil {
			b.Fatal(err)
		}
	}
}
