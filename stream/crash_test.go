package stream_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/stream"
	"assay/stream/streamtest"
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
		seen, err := streamtest.CheckTrace(trace(t, "append", appends), acknowledges)
		if err != nil {
			t.Fatal(err)
		}
		if seen != appends {
			t.Fatalf("the trace shows %d of %d appends", seen, appends)
		}
	})
	t.Run("and the same check fails when syncing is off", func(t *testing.T) {
		if seen, err := streamtest.CheckTrace(trace(t, "append-unsynced", appends), acknowledges); err == nil {
			t.Fatalf("it passes %d appends", seen)
		}
	})
}

// trace runs the helper under strace and returns the trace's lines.
func trace(t *testing.T, role string, appends int) []string {
	t.Helper()
	out := t.TempDir() + "/trace"
	h := startHelper(t, role, t.TempDir(), appends, streamtest.Strace(t, out)...)
	for h.lines.Scan() {
	}
	if err := h.cmd.Wait(); err != nil {
		t.Fatalf("strace of the helper failed (is ptrace permitted here?): %v", err)
	}
	return streamtest.ReadTrace(t, out)
}

// acknowledges tells the lines that the helper writes when an append has returned.
func acknowledges(line string) bool { return strings.Contains(line, `"acknowledged `) }

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
