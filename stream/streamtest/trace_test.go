package streamtest_test

import (
	"strings"
	"testing"

	"assay/stream/streamtest"
)

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
		"passes a sync that was resumed":                  {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, `7 <... fsync resumed>) = 0`, ack}, true},
		"passes writes elsewhere":                         {[]string{`8 write(11<socket:[1]>, "x", 1) = 1`, write, sync, ack}, true},
		"fails without a sync":                            {[]string{write, ack}, false},
		"fails with a sync before the write":              {[]string{sync, write, ack}, false},
		"fails with a sync of another file":               {[]string{write, `7 fsync(9</d/2.blk>) = 0`, ack}, false},
		"fails with a sync that did not succeed":          {[]string{write, `7 fsync(9</d/1.blk>) = -1 EIO`, ack}, false},
		"fails with a sync that was not complete":         {[]string{write, `7 fsync(9</d/1.blk> <unfinished ...>`, ack}, false},
		"fails with a sync that began before the write":   {[]string{`6 fsync(9</d/1.blk> <unfinished ...>`, write, `6 <... fsync resumed>) = 0`, ack}, false},
		"fails when nothing was written":                  {[]string{write, sync, ack, ack}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := streamtest.CheckTrace(c.lines, func(line string) bool { return strings.Contains(line, `"acknowledged `) }); (err == nil) != c.good {
				t.Errorf("got %v", err)
			}
		})
	}
}
