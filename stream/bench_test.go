package stream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"assay/stream"
	"assay/stream/streamtest"
)

// BenchmarkAppend appends to two partitions, one append in flight in each, as the
// intake does. b.N counts the envelopes of both.
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{"embedded", "outside", "embedded-unsynced"} {
		for _, kilobytes := range []int{8, 100, 330} {
			b.Run(fmt.Sprintf("%s/%dKB", kind, kilobytes), func(b *testing.B) {
				opts := stream.Options{Partitions: 2}
				switch kind {
				case "outside":
					opts.URL = streamtest.Server(b).URL
				case "embedded-unsynced":
					opts.NoSync = true
					fallthrough
				default:
					opts.Dir = b.TempDir()
				}
				log := open(b, opts)
				data := make([]byte, kilobytes*1000)
				random := rand.NewChaCha8([32]byte{})
				random.Read(data)
				ensured(b, log, 0, 1)
				ensured(b, log, 1, 1)
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for p := range 2 {
					wg.Go(func() {
						for i := p; i < b.N; i += 2 {
							if _, err := log.Append(context.Background(), p, fmt.Sprint(i), data); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

// BenchmarkRead reads what was appended before.
func BenchmarkRead(b *testing.B) {
	log := open(b, stream.Options{Dir: b.TempDir(), NoSync: true})
	ensured(b, log, 0, 1)
	data := make([]byte, 330_000)
	const kept = 200
	for i := range kept {
		appended(b, log, 0, fmt.Sprint(i), string(data))
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for n := 0; n < b.N; {
		r := log.Reader(0, 0)
		for i := 0; i < kept && n < b.N; i++ {
			next(b, r)
			n++
		}
		r.Close()
	}
}
