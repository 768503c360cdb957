package feed_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"assay"
	"assay/feed"
)

// repeat yields head, then unit until size bytes, then tail, without holding them.
func repeat(head, unit string, size int64, tail string) io.Reader {
	block := []byte(strings.Repeat(unit, max(1, 1<<20/len(unit))))
	n := size / int64(len(unit)) * int64(len(unit))
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&endless{block: block}, n), strings.NewReader(tail))
}

// endless yields a block over and over.
type endless struct {
	block []byte
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.block[e.at:])
	e.at = (e.at + n) % len(e.block)
	return n, nil
}

// watcher notes the largest heap that was in use while its input was read.
type watcher struct {
	r     io.Reader
	n     int
	worst uint64
}

func (w *watcher) Read(p []byte) (int, error) {
	if w.n++; w.n%16 == 1 {
		w.sample()
	}
	return w.r.Read(p)
}

func (w *watcher) sample() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.worst = max(w.worst, m.HeapInuse)
}

func big(t *testing.T) int64 {
	if testing.Short() {
		return 100 << 20
	}
	return 1 << 30
}

// TestHostileInputs reads attacks in bounded memory. No case keeps its listings.
func TestHostileInputs(t *testing.T) {
	const good = `{"marketplace":"m","id":"1","title":"t"}`
	size := big(t)
	columns := "title" + strings.Repeat(",c", 1_000_000)
	for _, c := range []struct {
		attack, name string
		in           func() io.Reader
		listings     int    // to be read nevertheless
		problem      string // the first one, or part of it
		err          string // part of the error that ends the file, if any
	}{
		{"a line of a gigabyte is skipped", "x.ndjson", func() io.Reader { return repeat(good+"\n", "x", size, "\n"+good+"\n") }, 2, "x.ndjson:2: record longer than 4 MiB", ""},
		{"a string of a gigabyte is skipped", "x.ndjson", func() io.Reader { return repeat(good+"\n{\"id\":\"", "x", size, "\"}\n"+good) }, 2, "x.ndjson:2: record longer than 4 MiB", ""},
		{"JSON 200,000 deep is refused", "x.ndjson", func() io.Reader { return repeat(`{"a":`, "[", 200_000, "\n"+good) }, 1, "x.ndjson:1:", ""},
		{"JSON-LD 200,000 deep is refused", "x.jsonld", func() io.Reader { return repeat(`{"a":`, "[", 200_000, strings.Repeat("]", 200_000)+"}"+product) }, 1, "x.jsonld:1:", ""},
		{"JSON-LD of a gigabyte in one value is skipped", "x.jsonld", func() io.Reader { return repeat(`[{"a":[`, "1,", size, "1]},"+product+"]") }, 1, "x.jsonld:1: value longer than 16 MiB", ""},
		{"JSON-LD with 16 MiB of members is read", "x.jsonld", func() io.Reader {
			return repeat(`{"@type":"Product","sku":"1","name":"T","url":"http://m/1"`, `,"a":{}`, 15<<20, "}")
		}, 1, "", ""},
		{"JSON-LD with 16 MiB of offers is bounded", "x.jsonld", func() io.Reader {
			return repeat(`{"@type":"Product","sku":"1","name":"T","url":"http://m/1","offers":[{}`, `,{}`, 15<<20, "]}")
		}, 0, "offers: are more than 10000", ""},
		{"a record of 500,000 names is bounded", "x.ndjson", func() io.Reader { return repeat(`{"marketplace":"m"`, `,"x":1`, 3<<20, "}\n"+good) }, 1, "is given twice", ""},
		{"an XML text of a gigabyte is skipped", "x.xml", func() io.Reader {
			return repeat(`<rss><item><title>`, "x", size, "</title></item><item><id>1</id><title>t</title></item></rss>")
		}, 1, "x.xml:1: record longer than 4 MiB", ""},
		{"XML of a gigabyte between items is passed over", "x.xml", func() io.Reader {
			return repeat(`<rss><!--`, "x\n", size, "--><item><id>1</id><title>t</title></item></rss>")
		}, 1, "", ""},
		{"an entity bomb is not expanded", "x.xml", func() io.Reader {
			bomb := `<!DOCTYPE rss [<!ENTITY a0 "ha">`
			for i := range 30 {
				a := string(rune('a' + i%26))
				bomb += `<!ENTITY ` + a + `1 "&` + a + `0;&` + a + `0;">`
			}
			return strings.NewReader(bomb + "]><rss><item><id>1</id><title>&z1;</title></item><item><id>2</id><title>t</title></item></rss>")
		}, 1, "own entities are not expanded", ""},
		{"an HTML script of a gigabyte is passed over", "x.html", func() io.Reader {
			return repeat(`<html><script>`, "x", size, `</script><script type="application/ld+json">`+product+`</script>`)
		}, 1, "", ""},
		{"a JSON-LD script of a gigabyte is skipped", "x.html", func() io.Reader {
			return repeat(`<script type="application/ld+json">`, "x", size, `</script><script type="application/ld+json">`+product+`</script>`)
		}, 1, "x.html:1: value longer than 16 MiB", ""},
		{"an HTML tag of a gigabyte is passed over", "x.html", func() io.Reader {
			return repeat(`<html><script a="`, "x", size, `"></script><script type="application/ld+json">`+product+`</script>`)
		}, 1, "", ""},
		{"a million columns are refused", "x.csv", func() io.Reader { return strings.NewReader(columns + "\n1\n") }, 0, "", "has more than 4096 columns"},
		{"a row of a million fields is refused", "x.csv", func() io.Reader { return strings.NewReader("id,title\n" + columns + "\n1,t\n") }, 1, "x.csv:2: has more than 4096 columns", ""},
		{"a quote open for 8 MiB is told, and the lines after it are read", "x.csv", func() io.Reader { return repeat("id,title\n1,\"", "x\n", 8<<20, "2,t\n") }, 1, "x.csv:2: record longer than 4 MiB (an unclosed quote?)", ""},
		{"quotes that open anew on each line end the file", "x.csv", func() io.Reader { return repeat("id,title\n1,\"x\n", "x\"y,\"z\n", 16<<20, "") }, 0, "(an unclosed quote?)", "more than 100 unclosed quotes"},
		{"bytes that are no UTF-8 are told line by line", "x.ndjson", func() io.Reader { return repeat("", "{\"id\":\"\xff\"}\n", 8<<20, good) }, 1, "x.ndjson:1: id: invalid UTF-8", ""},
		{"gzip of 10 GB of zeros is a bomb", "x.ndjson.gz", func() io.Reader { return gzipped(repeat(good+"\n", "0", 10*size, "")) }, 1, "x.ndjson.gz:2: record longer than 4 MiB", "decompression bomb"},
		{"gzip of 10 GB of line feeds is a bomb", "x.csv.gz", func() io.Reader { return gzipped(repeat("id,title\n1,t\n", "\n", 10*size, "")) }, 1, "", "decompression bomb"},
		{"zstd of 10 GB of zeros is a bomb", "x.ndjson.zst", func() io.Reader { return zstandard(repeat(good+"\n", "0", 10*size, "")) }, 1, "x.ndjson.zst:2: record longer than 4 MiB", "decompression bomb"},
	} {
		t.Run(c.attack, func(t *testing.T) {
			runtime.GC()
			w := &watcher{}
			w.sample()
			before := w.worst
			w.r = c.in()
			var listings, problems int
			first := ""
			err := func() error {
				r, err := feed.Open(c.name, w, feed.Options{Marketplace: "m"})
				if err != nil {
					return err
				}
				defer r.Close()
				var b feed.Batch
				for {
					if err := r.Next(&b); err != nil {
						return err
					}
					b.Decode(func(l *assay.Listing, p *assay.Problem) {
						if w.n++; w.n%1024 == 0 {
							w.sample()
						}
						if l != nil {
							listings++
						} else if problems++; problems == 1 {
							first = p.Error()
						}
					})
					w.sample()
				}
			}()
			if err == io.EOF {
				err = nil
			}
			if (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), c.name+":")) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if listings != c.listings || !strings.Contains(first, c.problem) || (problems == 0) != (c.problem == "") {
				t.Errorf("%d listings, %d problems, the first %.300q; want %d and %q", listings, problems, first, c.listings, c.problem)
			}
			const limit = 300 << 20
			if w.worst > limit {
				t.Errorf("%d MiB of heap in use at worst (%d MiB before), above %d MiB", w.worst>>20, before>>20, limit>>20)
			}
			t.Logf("%d MiB of heap in use at worst", w.worst>>20)
		})
	}
}

// gzipped packs in a goroutine that ends with its reader.
func gzipped(r io.Reader) io.Reader {
	return packed(r, func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed); return z })
}

func zstandard(r io.Reader) io.Reader {
	return packed(r, func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		return z
	})
}

func packed(r io.Reader, pack func(io.Writer) io.WriteCloser) io.Reader {
	// 512 MiB unpacked is more than any guard lets pass.
	var out bytes.Buffer
	z := pack(&out)
	if _, err := io.CopyN(z, r, 512<<20); err != nil && err != io.EOF {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return &out
}

func TestUnpacking(t *testing.T) {
	const two = `{"marketplace":"m","id":"1","title":"t"}` + "\n" + `{"marketplace":"m","id":"2","title":"t"}` + "\n"
	t.Run("gzip and zstd are undone by their first bytes, whatever the name", func(t *testing.T) {
		for name, r := range map[string]io.Reader{"a": gzipped(strings.NewReader(two)), "b.ndjson": zstandard(strings.NewReader(two))} {
			if res := readAll(name, r, feed.Options{}); len(res.listings) != 2 || res.err != nil {
				t.Error(name, res)
			}
		}
	})
	t.Run("a gzip that is cut off gives what came before, and an error with file and line", func(t *testing.T) {
		var plain strings.Builder
		x := uint32(1)
		for range 5000 { // hard to pack, so that much comes before the cut
			x = x*1664525 + 1013904223
			plain.WriteString(strings.Replace(two[:41], `"1"`, `"`+string(binary.BigEndian.AppendUint32(nil, x&0x0f0f0f0f|0x40404040))+`"`, 1))
		}
		all, _ := io.ReadAll(gzipped(strings.NewReader(plain.String())))
		res := readAll("x.ndjson.gz", bytes.NewReader(all[:len(all)/2]), feed.Options{})
		if len(res.listings) < 1000 || res.err == nil || !strings.Contains(res.err.Error(), "the gzip data ends early") ||
			!strings.HasPrefix(res.err.Error(), "x.ndjson.gz:") || assay.CodeOf(res.err) != assay.Invalid {
			t.Error(len(res.listings), res.err)
		}
	})
	t.Run("damage is told", func(t *testing.T) {
		all, _ := io.ReadAll(gzipped(strings.NewReader(two)))
		all[len(all)-6] ^= 1 // in the checksum
		if res := readAll("x", bytes.NewReader(all), feed.Options{}); res.err == nil || !strings.Contains(res.err.Error(), "damaged") {
			t.Error(res.err)
		}
	})
	t.Run("what is no text is refused with what to do", func(t *testing.T) {
		twice, _ := io.ReadAll(gzipped(gzipped(strings.NewReader(two))))
		for in, want := range map[string]string{
			"PK\x03\x04xxxxxxx": "a ZIP archive or an Excel workbook, not a feed: unpack it",
			"\x89PNG\r\n\x1a\n": "an image",
			"a\x00b\x00,":       "binary (or UTF-16 without a byte order mark)",
			string(twice):       "packed twice",
		} {
			if res := readString("x.csv", in, feed.Options{}); res.err == nil || !strings.Contains(res.err.Error(), want) {
				t.Errorf("%.10q: %v", in, res.err)
			}
		}
	})
	t.Run("byte order marks go, UTF-16 becomes UTF-8", func(t *testing.T) {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			var text []byte
			for _, u := range utf16.Encode([]rune("\ufeffid,title\n1,Säge\n")) {
				text = order.AppendUint16(text, u)
			}
			if l := one(t, "x.csv", string(text), feed.Options{Marketplace: "m"}); l.Title != "Säge" {
				t.Error(l)
			}
		}
		one(t, "x", "\ufeff"+strings.TrimSpace(two[:41]), feed.Options{})
	})
	t.Run("an input's own error is passed on, with its place", func(t *testing.T) {
		broken := errors.New("the network is down")
		res := readAll("x.ndjson", io.MultiReader(strings.NewReader(two), &failing{broken}), feed.Options{})
		if !errors.Is(res.err, broken) || len(res.listings) != 2 || assay.CodeOf(res.err) != assay.Internal {
			t.Error(res)
		}
	})
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestDetection(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       feed.Format
	}{
		{"-", `{"marketplace":"m"}`, feed.NDJSON},
		{"-", " \n{ \"@context\": \"https://schema.org\"}", feed.JSONLD},
		{"-", "[1]", feed.JSONLD},
		{"-", "<!DOCTYPE HTML><p>", feed.HTML},
		{"-", "<?xml version='1.0'?><rss/>", feed.Google},
		{"-", "id\ttitle\n", feed.TSV},
		{"-", "id,title\n", feed.CSV},
		{"a.TSV.gz", "id\ttitle\n", feed.TSV},
		{"a.jsonl.zst", "", feed.NDJSON},
		{"a.rss", "<rss/>", feed.Google},
		{"a.txt", "id\ttitle\n", feed.TSV},
		{"a.htm", "x", feed.HTML},
	} {
		r, err := feed.Open(c.name, strings.NewReader(c.text), feed.Options{})
		if err != nil || r.Format() != c.want {
			t.Errorf("%s %q: %v, %v; want %s", c.name, c.text, r, err, c.want)
		}
	}
}
