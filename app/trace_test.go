//go:build linux

package app_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"assay/stream/streamtest"
)

func TestAListingIsAcknowledgedOnlyAfterItsEnvelopeIsSynced(t *testing.T) {
	t.Parallel()
	const requests = 15
	t.Run("in a trace of the system calls", func(t *testing.T) {
		t.Parallel()
		seen, err := streamtest.CheckTrace(traced(t, requests, false), acknowledges)
		if err != nil {
			t.Fatal(err)
		}
		if seen != requests {
			t.Fatalf("the trace shows %d of %d acknowledgements", seen, requests)
		}
	})
	t.Run("and the same check fails when syncing is off", func(t *testing.T) {
		t.Parallel()
		if seen, err := streamtest.CheckTrace(traced(t, requests, true), acknowledges); err == nil {
			t.Fatalf("it passes %d acknowledgements", seen)
		} else {
			t.Logf("as it should: %v", err)
		}
	})
}

// marked begins the request ids that the trace is searched for.
const marked = "trace-of-acknowledgement-"

// traced posts listings, one after the other, to a server that runs under strace, and
// returns the trace.
func traced(t *testing.T, requests int, noSync bool) []string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "trace")
	p := startProcess(t, processOptions{Data: filepath.Join(t.TempDir(), "data"), NoSync: noSync, FreeBytes: -1},
		streamtest.Strace(t, out)...)
	p.ready()
	for i := range requests {
		header := ndjson.Clone()
		header.Set("X-Request-Id", fmt.Sprint(marked, i))
		if a := p.do(http.MethodPost, "/v1/listings", header, strings.NewReader(bag(fmt.Sprint(i), 1))); a.status != 200 {
			t.Fatal(a)
		}
	}
	p.stdin.Close() // it ends, and strace with it
	_ = p.wait()
	return streamtest.ReadTrace(t, out)
}

// acknowledges tells the answers that are marked.
func acknowledges(line string) bool {
	return strings.Contains(line, "HTTP/1.1 200 OK") && strings.Contains(line, marked)
}
