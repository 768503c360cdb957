package stream_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/stream"
)

func TestWhatWasAcknowledgedIsThereOnceAndInOrderAfterTheProcessWasKilled(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for round := range 5 {
		h := startHelper(t, "append", dir, 0)
		for range 20 + 17*round { // so many acknowledged appends, then a kill during the next ones
			if !h.lines.Scan() {
				t.Fatalf("round %d: the helper ended by itself", round)
			}
			n := 0
			if _, err := fmt.Sscanf(h.lines.Text(), "acknowledged %d", &n); err != nil {
				t.Fatal(err)
			}
			acknowledged = max(acknowledged, n)
		}
		if err := h.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for h.lines.Scan() { // what it had acknowledged meanwhile
			n := 0
			if _, err := fmt.Sscanf(h.lines.Text(), "acknowledged %d", &n); err == nil {
				acknowledged = max(acknowledged, n)
			}
		}
		h.kill()

		log := open(t, stream.Options{Dir: dir})
		s := stateOf(t, log, 0)
		// At most the one append that was in flight is there without a word of it.
		if s.First != 1 || s.Last < uint64(acknowledged) || s.Last > uint64(acknowledged)+1 {
			t.Fatalf("round %d: %d were acknowledged, the log has %+v", round, acknowledged, s)
		}
		r := log.Reader(0, 0)
		for i := uint64(1); i <= s.Last; i++ {
			e := next(t, r)
			id, padding, _ := strings.Cut(string(e.Data), " ")
			if e.Seq != i || id != fmt.Sprintf("envelope-%d", i) || strings.Trim(padding, "x") != "" {
				t.Fatalf("round %d: in place of envelope %d there is %d %s", round, i, e.Seq, id)
			}
		}
		r.Close()
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARecordThatWasCutShortIsDroppedAndTheOnesBeforeItStay(t *testing.T) {
	dir := t.TempDir()
	log := open(t, stream.Options{Dir: dir})
	ensured(t, log, 0, 1)
	for i := 1; i <= 3; i++ {
		appended(t, log, 0, fmt.Sprint(i), strings.Repeat(fmt.Sprint(i), 5_000))
	}
	// The files as they are while the log runs are those of a crash.
	crashed := t.TempDir()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	block := blocks(t, crashed)[0]
	info, err := os.Stat(block)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int64{1, 100, 5_000} {
		t.Run(fmt.Sprintf("by %d bytes", cut), func(t *testing.T) {
			torn := t.TempDir()
			if err := os.CopyFS(torn, os.DirFS(crashed)); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(blocks(t, torn)[0], info.Size()-cut); err != nil {
				t.Fatal(err)
			}
			log := open(t, stream.Options{Dir: torn})
			ensured(t, log, 0, 1)
			if s := stateOf(t, log, 0); s.First != 1 || s.Last != 2 {
				t.Fatalf("the log has %+v", s)
			}
			if seq := appended(t, log, 0, "3", "again"); seq != 3 {
				t.Fatalf("the repeat has the sequence %d", seq)
			}
			r := log.Reader(0, 0)
			defer r.Close()
			for i, want := range []string{strings.Repeat("1", 5_000), strings.Repeat("2", 5_000), "again"} {
				if e := next(t, r); e.Seq != uint64(i+1) || string(e.Data) != want {
					t.Errorf("envelope %d is %d with %d bytes", i+1, e.Seq, len(e.Data))
				}
			}
		})
	}
}

func TestAnAppendReturnsOnlyAfterItsBlockIsSynced(t *testing.T) {
	const appends = 20
	t.Run("in a trace of the system calls", func(t *testing.T) {
		seen, err := checkTrace(trace(t, "append", appends))
		if err != nil {
			t.Fatal(err)
		}
		if seen != appends {
			t.Fatalf("the trace shows %d of %d appends", seen, appends)
		}
	})
	t.Run("and the same check fails when syncing is off", func(t *testing.T) {
		if seen, err := checkTrace(trace(t, "append-unsynced", appends)); err == nil {
			t.Fatalf("it passes %d appends", seen)
		}
	})
}

// trace runs the helper under strace and returns the trace's lines.
func trace(t *testing.T, role string, appends int) []string {
	t.Helper()
	const strace = "/usr/bin/strace" // of the package strace
	if _, err := os.Stat(strace); err != nil {
		t.Fatalf("strace is missing, and it shows that an acknowledged envelope is synced: %v", err)
	}
	out := t.TempDir() + "/trace"
	h := startHelper(t, role, t.TempDir(), appends,
		strace, "-f", "-y", "-s", "32", "-o", out, "-e", "trace=openat,write,pwrite64,pwritev,writev,fsync,fdatasync,rename,renameat")
	for h.lines.Scan() {
	}
	if err := h.cmd.Wait(); err != nil {
		t.Fatalf("strace of the helper failed (is ptrace permitted here?): %v", err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}

// checkTrace goes through a trace of the helper and returns how many
// acknowledgements it saw. It is an error when one begins while a write to a block
// file has not been followed by a complete sync of that file, or when none was
// written for it.
func checkTrace(lines []string) (acknowledged int, err error) {
	type call struct {
		name, file string
		writes     int // to the file when the call began
	}
	var (
		begun   = map[string]call{} // by thread
		writes  = map[string]int{}  // writes to a block that have begun
		synced  = map[string]int{}  // of those, how many a complete sync covers
		written int                 // since the last acknowledgement
	)
	for _, line := range lines {
		thread, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		c := begun[thread]
		if !strings.HasPrefix(rest, "<... ") {
			c = call{name: rest[:max(strings.IndexByte(rest, '('), 0)]}
			if _, after, ok := strings.Cut(rest, "<"); ok {
				c.file, _, _ = strings.Cut(after, ">")
			}
			if c.name == "write" && strings.Contains(rest, `"acknowledged `) {
				acknowledged++
				if written == 0 {
					return acknowledged, fmt.Errorf("nothing was written for acknowledgement %d", acknowledged)
				}
				for file, n := range writes {
					if synced[file] != n {
						return acknowledged, fmt.Errorf("acknowledgement %d came before a sync of %s", acknowledged, file)
					}
				}
				written = 0
				continue
			}
			if !strings.HasSuffix(c.file, ".blk") {
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
		} else {
			delete(begun, thread)
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
		ack   = `8 write(1<pipe:[1]>, "acknowledged 1\n", 15) = 15`
	)
	for name, c := range map[string]struct {
		lines []string
		good  bool
	}{
		"passes a sync between write and acknowledgement": {[]string{write, sync, ack}, true},
		"passes a sync that was resumed": {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, `8 openat(1) = 2`,
			`7 <... fsync resumed>) = 0`, ack}, true},
		"fails without a sync":                          {[]string{write, ack}, false},
		"fails with a sync before the write":            {[]string{sync, write, ack}, false},
		"fails with a sync of another file":             {[]string{write, `7 fsync(9</d/2.blk>) = 0`, ack}, false},
		"fails with a sync that did not succeed":        {[]string{write, `7 fsync(9</d/1.blk>) = -1 EIO`, ack}, false},
		"fails with a sync that was not complete":       {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, ack}, false},
		"fails with a sync that began before the write": {[]string{`6 fsync(9</d/1.blk> <unfinished ...>`, write, `6 <... fsync resumed>) = 0`, ack}, false},
		"fails when nothing was written":                {[]string{write, sync, ack, ack}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := checkTrace(c.lines); (err == nil) != c.good {
				t.Errorf("got %v", err)
			}
		})
	}
}

// blocks returns the block files below dir.
func blocks(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".blk" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("there is no block file")
	}
	return names
}
