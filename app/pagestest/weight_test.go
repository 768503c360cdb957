package pagestest

import (
	"testing"

	"assay/web/browsertest"
)

// maxFirst is what the first page may weigh on the wire, with all that belongs to it.
const maxFirst = 150_000

func TestTheFirstPageIsLight(t *testing.T) {
	s := world(t)
	for _, path := range []string{"/findings", "/findings/" + s.found(t, "rich").ID, "/screen?example"} {
		tab := s.tab(t, browsertest.Options{Screen: browsertest.Phone, SlowPhone: true})
		tab.Go(path)
		tab.Quiet()
		paint := browsertest.Eval[float64](tab, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`)
		whole := browsertest.Eval[float64](tab, `performance.getEntriesByType("navigation")[0].loadEventEnd`)
		r := tab.Take()
		t.Logf("%s: %d bytes in %d answers; on a slow phone shown after %.0f ms, loaded after %.0f ms", path[:min(len(path), 20)], r.Bytes, len(r.Answers), paint, whole)
		if r.Bytes == 0 || r.Bytes > maxFirst {
			t.Errorf("%s weighs %d bytes, more than %d", path, r.Bytes, maxFirst)
		}
	}
}
