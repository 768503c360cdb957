package watch

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"assay"
)

func TestAnEnvelopeGivesBackItsLines(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 123_000, time.UTC)
	lines := []byte("{\"id\":\"1\"}\n{\"id\":\"2\"}\n")
	c, err := open(encodeLines(lines, at, 2))
	if err != nil || !bytes.Equal(c.lines, lines) || c.count != 2 || !c.sealed.Equal(at) || c.blob != "" {
		t.Errorf("%+v, %v", c, err)
	}
	sum := strings.Repeat("ab", 32)
	reference, err := encodeReference(sum, at, 7)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = open(reference); err != nil || c.blob != sum || c.count != 7 || listingsIn(reference) != 7 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWhatIsNoEnvelopeIsInvalid(t *testing.T) {
	good := encodeLines([]byte("{}\n"), time.Now(), 1)
	changed := func(i int, b byte) []byte {
		c := bytes.Clone(good)
		c[i] = b
		return c
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "a few bytes": good[:5], "another version": changed(0, 9), "another kind": changed(1, 7),
		"another count": changed(10, 3), "cut off": good[:len(good)-1], "a huge body": append(bytes.Clone(good[:headBytes]), 0xff, 0xff, 0xff, 0xff, 0x7f),
		"a short name of a blob": append(bytes.Clone(changed(1, kindBlob)[:headBytes]), 1, 2, 3),
	} {
		if _, err := open(data); assay.CodeOf(err) != assay.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(encodeLines([]byte("{\"id\":\"1\"}\n"), time.Unix(1, 0), 1))
	if b, err := encodeReference(strings.Repeat("00", 32), time.Unix(1, 0), 1); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := open(data)
		if err != nil {
			return
		}
		if c.blob == "" && bytes.Count(c.lines, newline) != c.count {
			t.Fatalf("%d lines for %d listings", bytes.Count(c.lines, newline), c.count)
		}
	})
}

func TestTheLogIsTrimmedToWhatIsRetainedAndNeverBeyondWhatIsCommitted(t *testing.T) {
	for _, c := range []struct {
		name      string
		state     assay.LogState
		committed uint64
		retain    int64
		want      uint64
	}{
		{"little is kept", assay.LogState{First: 1, Last: 100, Bytes: 1_000}, 100, 1_000, 0},
		{"half is too much", assay.LogState{First: 1, Last: 100, Bytes: 1_000}, 100, 500, 50},
		{"the log began later", assay.LogState{First: 101, Last: 200, Bytes: 1_000}, 200, 500, 150},
		{"not committed", assay.LogState{First: 1, Last: 100, Bytes: 1_000}, 20, 500, 20},
		{"empty", assay.LogState{First: 101, Last: 100}, 100, 0, 0},
	} {
		if got := trimTo(c.state, c.committed, c.retain); got != c.want {
			t.Errorf("%s: up to %d, want %d", c.name, got, c.want)
		}
	}
}
