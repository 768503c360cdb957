//go:build linux

package app_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAListingIsAcknowledgedOnlyAfterItsEnvelopeIsSynced(t *testing.T) {
	t.Parallel()
	const requests = 15
	t.Run("in a trace of the system calls", func(t *testing.T) {
		t.Parallel()
		seen, err := checkTrace(traced(t, requests, false))
		if err != nil {
			t.Fatal(err)
		}
		if seen != requests {
			t.Fatalf("the trace shows %d of %d acknowledgements", seen, requests)
		}
	})
	t.Run("and the same check fails when syncing is off", func(t *testing.T) {
		t.Parallel()
		if seen, err := checkTrace(traced(t, requests, true)); err == nil {
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
	const strace = "/usr/bin/strace" // of the package strace
	if _, err := os.Stat(strace); err != nil {
		t.Fatalf("strace is missing, and it shows that a listing is synced before it is acknowledged: %v", err)
	}
	out := filepath.Join(t.TempDir(), "trace")
	p := startProcess(t, processOptions{Data: filepath.Join(t.TempDir(), "data"), NoSync: noSync, FreeBytes: -1},
		strace, "-f", "-y", "-s", "600", "-o", out, "-e", "trace=write,pwrite64,pwritev,writev,sendto,sendmsg,fsync,fdatasync")
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
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return lines
}

// checkTrace goes through a trace and returns how many marked acknowledgements it
// saw. It is an error when one begins although nothing was written to a block file of
// the log since the one before, or while a write to one is not followed by a
// complete sync of that file.
func checkTrace(lines []string) (acknowledged int, err error) {
	type call struct {
		name, file string
		writes     int // to the file when the call began
	}
	var (
		begun   = map[string]call{} // by thread
		writes  = map[string]int{}  // to a block file, begun
		synced  = map[string]int{}  // of those, how many a complete sync covers
		written int                 // since the last acknowledgement
	)
	for _, line := range lines {
		thread, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		c := begun[thread]
		if strings.HasPrefix(rest, "<... ") {
			delete(begun, thread)
		} else {
			c = call{name: rest[:max(strings.IndexByte(rest, '('), 0)]}
			if _, after, ok := strings.Cut(rest, "<"); ok {
				c.file, _, _ = strings.Cut(after, ">")
			}
			if strings.Contains(rest, "HTTP/1.1 200 OK") && strings.Contains(rest, marked) {
				if written == 0 {
					return acknowledged, fmt.Errorf("nothing was written to the log for acknowledgement %d", acknowledged+1)
				}
				for file, n := range writes {
					if synced[file] != n {
						return acknowledged, fmt.Errorf("acknowledgement %d came before a sync of %s", acknowledged+1, filepath.Base(file))
					}
				}
				acknowledged++
				written = 0
				continue
			}
			if filepath.Ext(c.file) != ".blk" {
				delete(begun, thread)
				continue
			}
			if c.name != "fsync" && c.name != "fdatasync" {
				writes[c.file]++
				written++
			}
			c.writes = writes[c.file]
			if strings.HasSuffix(rest, "<unfinished ...>") {
				begun[thread] = c
				continue
			}
		}
		if (c.name == "fsync" || c.name == "fdatasync") && strings.HasSuffix(rest, "= 0") {
			synced[c.file] = max(synced[c.file], c.writes)
		}
	}
	return acknowledged, nil
}

func TestTheCheckOfATrace(t *testing.T) {
	const (
		write = `7 pwrite64(9</d/1.blk>, "x", 1, 0) = 1`
		sync  = `7 fsync(9</d/1.blk>) = 0`
		ack   = `8 write(11<socket:[1]>, "HTTP/1.1 200 OK\r\nX-Request-Id: trace-of-acknowledgement-1\r\n", 60) = 60`
	)
	for name, c := range map[string]struct {
		lines []string
		good  bool
	}{
		"passes a sync between write and acknowledgement": {[]string{write, sync, ack}, true},
		"passes a sync that was resumed":                  {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, `7 <... fsync resumed>) = 0`, ack}, true},
		"passes answers that are not marked":              {[]string{`8 write(11<socket:[1]>, "HTTP/1.1 200 OK\r\n", 17) = 17`}, true},
		"fails without a sync":                            {[]string{write, ack}, false},
		"fails with a sync before the write":              {[]string{sync, write, ack}, false},
		"fails with a sync of another file":               {[]string{write, `7 fsync(9</d/2.blk>) = 0`, ack}, false},
		"fails with a sync that did not succeed":          {[]string{write, `7 fsync(9</d/1.blk>) = -1 EIO`, ack}, false},
		"fails with a sync that was not complete":         {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, ack}, false},
		"fails with a sync that began before the write":   {[]string{`6 fsync(9</d/1.blk> <unfinished ...>`, write, `6 <... fsync resumed>) = 0`, ack}, false},
		"fails when nothing was written":                  {[]string{write, sync, ack, ack}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := checkTrace(c.lines); (err == nil) != c.good {
				t.Errorf("got %v", err)
			}
		})
	}
}
