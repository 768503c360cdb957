package marks_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"assay/marks"
)

// invented returns n made-up names and m made-up titles that hold one in ten of
// them.
func invented(n, m int) (names, titles []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		const consonants, vowels = "bcdfghklmnprstvz", "aeiou"
		var b []byte
		for range 2 + rng.IntN(3) {
			b = append(b, consonants[rng.IntN(len(consonants))], vowels[rng.IntN(len(vowels))])
		}
		return string(b)
	}
	for range n {
		name := word()
		for range rng.IntN(3) {
			name += " " + word()
		}
		names = append(names, name)
	}
	for i := range m {
		title := ""
		for range 7 {
			title += word() + " "
		}
		if i%10 == 0 {
			title += names[rng.IntN(n)]
		}
		titles = append(titles, title)
	}
	return names, titles
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("marks=%d", n), func(b *testing.B) {
			names, titles := invented(n, 10_000)
			m, err := marks.Build(names)
			if err != nil {
				b.Fatal(err)
			}
			f := m.NewFinder()
			bytes, hits, i := 0, 0, 0
			for b.Loop() {
				title := titles[i%len(titles)]
				hits += len(f.Find(title))
				bytes += len(title)
				i++
			}
			b.ReportMetric(float64(bytes)/b.Elapsed().Seconds()/1e6, "MB/s")
			b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
			b.ReportMetric(float64(m.MemoryBytes())/1e6, "MB")
		})
	}
}

func BenchmarkBuild100k(b *testing.B) {
	names, _ := invented(100_000, 1)
	for b.Loop() {
		if _, err := marks.Build(names); err != nil {
			b.Fatal(err)
		}
	}
}
