package streamtest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Strace returns the command that runs another, which follows it, and writes what it and
// its threads write and sync to the file out. The test fails where strace is missing.
func Strace(tb testing.TB, out string) []string {
	tb.Helper()
	const strace = "/usr/bin/strace" // of the package strace
	if _, err := os.Stat(strace); err != nil {
		tb.Fatalf("strace is missing, and it shows that what is acknowledged is synced: %v", err)
	}
	return []string{strace, "-f", "-y", "-s", "600", "-o", out, "-e", "trace=write,pwrite64,pwritev,writev,sendto,sendmsg,fsync,fdatasync"}
}

// ReadTrace returns the lines of a trace.
func ReadTrace(tb testing.TB, file string) (lines []string) {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if s.Err() != nil {
		tb.Fatal(s.Err())
	}
	return lines
}

// CheckTrace goes through the lines of a trace and returns how many acknowledgements it
// saw; acknowledges tells them. It is an error when one begins although nothing was
// written to a block file of the log since the one before, or while a write to one is
// not followed by a complete sync of that file.
func CheckTrace(lines []string, acknowledges func(line string) bool) (acknowledged int, err error) {
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
			if acknowledges(rest) {
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
			if c.name == "write" || c.name == "writev" || c.name == "pwrite64" || c.name == "pwritev" {
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
