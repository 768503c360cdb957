package feed

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"assay"
)

const (
	headBytes = 64 << 10 // what is looked at to tell what the input is
	// zstdWindow bounds what one Zstandard stream may ask us to remember.
	zstdWindow = 64 << 20
)

// unpacked is an input with its compression undone.
type unpacked struct {
	r          io.Reader
	compressed func() int64 // nil if it was not compressed
	close      func()
}

// unpack undoes one layer of gzip or Zstandard, recognised by its first bytes. What
// else is packed or not text is refused by name.
func unpack(src io.Reader) (unpacked, error) {
	counted := &countReader{r: src}
	in := bufio.NewReaderSize(counted, 64<<10)
	magic, err := in.Peek(8)
	if err != nil && err != io.EOF {
		return unpacked{}, err
	}
	read := func() int64 { return counted.n - int64(in.Buffered()) }
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return unpacked{}, unpackError("gzip", err)
		}
		return unpacked{&unpackReader{z, "gzip"}, read, func() { z.Close() }}, nil
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(2*zstdWindow), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return unpacked{}, unpackError("zstd", err)
		}
		return unpacked{&unpackReader{z, "zstd"}, read, z.Close}, nil
	}
	if err := refuseBinary(magic); err != nil {
		return unpacked{}, err
	}
	return unpacked{in, nil, func() {}}, nil
}

// refuseBinary names the formats that are mistaken for feeds most often.
func refuseBinary(magic []byte) error {
	for _, m := range []struct{ magic, what, do string }{
		{"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"},
		{"PK\x05\x06", "an empty ZIP archive", "unpack it first"},
		{"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save the sheet as CSV"},
		{"PAR1", "a Parquet file", "convert it to NDJSON"},
		{"%PDF", "a PDF", "ask for the data as CSV"},
		{"BZh", "packed with bzip2", "unpack it, or pack it with gzip or zstd"},
		{"\xfd7zXZ", "packed with xz", "unpack it, or pack it with gzip or zstd"},
		{"7z\xbc\xaf", "a 7-Zip archive", "unpack it first"},
		{"Rar!", "a RAR archive", "unpack it first"},
		{"\x1f\x8b", "packed twice", "unpack it once"},
		{"\x28\xb5\x2f\xfd", "packed twice", "unpack it once"},
		{"\x89PNG", "an image", "a feed is text"},
		{"\xff\xd8\xff", "an image", "a feed is text"},
	} {
		if bytes.HasPrefix(magic, []byte(m.magic)) {
			return assay.Errorf(assay.Invalid, "the input is %s, not a feed: %s", m.what, m.do)
		}
	}
	return nil
}

type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unpackReader says what is wrong with packed data in words.
type unpackReader struct {
	io.Reader
	kind string
}

func (u *unpackReader) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = unpackError(u.kind, err)
	}
	return n, err
}

func unpackError(kind string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return assay.Errorf(assay.Invalid, "the %s data ends early: the file is cut off (%w)", kind, err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return assay.Errorf(assay.TooLarge, "the zstd data needs a window above %d MiB: pack it without --long (%w)", zstdWindow>>20, err)
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) ||
		errors.Is(err, zstd.ErrCRCMismatch) || errors.Is(err, zstd.ErrMagicMismatch) || isCorrupt(err):
		return assay.Errorf(assay.Invalid, "the %s data is damaged (%w)", kind, err)
	}
	return err // the input's own
}

// isCorrupt recognises the decoders' errors that have no name of their own.
func isCorrupt(err error) bool {
	text := err.Error()
	for _, part := range []string{"corrupt", "invalid", "unexpected", "zstd", "flate", "magic"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// decodeText strips a byte order mark, turns UTF-16 with one into UTF-8, and
// refuses what is not text.
func decodeText(r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(r, headBytes)
	bom, err := text.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.Equal(bom, []byte{0xef, 0xbb, 0xbf}):
		text.Discard(3)
	case bytes.HasPrefix(bom, []byte{0xff, 0xfe}), bytes.HasPrefix(bom, []byte{0xfe, 0xff}):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		text = bufio.NewReaderSize(utf16.NewDecoder().Reader(text), headBytes)
	}
	head, err := peek(text, 4096)
	if err != nil {
		return nil, err
	}
	if err := refuseBinary(head); err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n \t"), newline)
	if bytes.IndexByte(first, 0) >= 0 {
		return nil, assay.Errorf(assay.Invalid, "the input is binary (or UTF-16 without a byte order mark), not a feed: save it as UTF-8 text")
	}
	return text, nil
}

// peek is Peek that is content with less than n bytes. An error that comes later in
// the input is reported when reading gets there.
func peek(r *bufio.Reader, n int) ([]byte, error) {
	head, err := r.Peek(n)
	if len(head) > 0 || err == io.EOF {
		err = nil
	}
	return head, err
}

// kind is a format with its variety.
type kind uint8

const (
	kindNDJSON kind = iota
	kindCSV
	kindTSV
	kindGoogleTSV
	kindXML
	kindJSONLD
	kindHTML
)

func (k kind) format() Format {
	return [...]Format{NDJSON, CSV, TSV, Google, Google, JSONLD, HTML}[k]
}

// detect tells what the input is: by what the caller says, else by the name, else
// by the first bytes.
func detect(name string, text *bufio.Reader, f Format) (kind, error) {
	head, err := peek(text, 4096)
	if err != nil {
		return 0, err
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	switch f {
	case NDJSON:
		return kindNDJSON, nil
	case CSV:
		return kindCSV, nil
	case TSV:
		return kindTSV, nil
	case JSONLD:
		return kindJSONLD, nil
	case HTML:
		return kindHTML, nil
	case Google:
		if len(head) > 0 && head[0] == '<' {
			return kindXML, nil
		}
		return kindGoogleTSV, nil
	}
	name = strings.ToLower(name)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch path.Ext(name) {
	case ".csv":
		return kindCSV, nil
	case ".tsv":
		return kindTSV, nil
	case ".ndjson", ".jsonl":
		return kindNDJSON, nil
	case ".jsonld", ".json":
		return kindJSONLD, nil
	case ".html", ".htm":
		return kindHTML, nil
	case ".xml", ".rss", ".atom":
		return kindXML, nil
	}
	return detectContent(head), nil
}

func detectContent(head []byte) kind {
	if len(head) == 0 {
		return kindNDJSON
	}
	switch head[0] {
	case '{':
		inner := bytes.TrimLeft(head[1:], " \t\r\n")
		if bytes.HasPrefix(inner, []byte(`"@context"`)) || bytes.HasPrefix(inner, []byte(`"@graph"`)) ||
			bytes.HasPrefix(inner, []byte(`"@type"`)) || bytes.HasPrefix(inner, []byte(`"@id"`)) {
			return kindJSONLD
		}
		return kindNDJSON
	case '[':
		return kindJSONLD
	case '<':
		lower := bytes.ToLower(head)
		if bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.Contains(lower, []byte("<html")) {
			return kindHTML
		}
		return kindXML
	}
	first, _, _ := bytes.Cut(head, newline)
	if bytes.IndexByte(first, '\t') >= 0 {
		return kindTSV
	}
	return kindCSV
}

// delimiter tells what separates the fields of a CSV: the sign that is most
// frequent outside quotes in the header, a comma in doubt.
func delimiter(text *bufio.Reader) byte {
	head, _ := peek(text, headBytes)
	var commas, semicolons, tabs int
	quoted := false
	for _, c := range bytes.TrimLeft(head, " \t\r\n") {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabs++
		}
		if c == '\n' && !quoted {
			break
		}
	}
	switch {
	case semicolons > commas && semicolons >= tabs:
		return ';'
	case tabs > commas:
		return '\t'
	}
	return ','
}

// xmlText8 turns an XML document into UTF-8 by what its declaration says.
func xmlText8(text *bufio.Reader) (io.Reader, error) {
	head, _ := peek(text, 1024)
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<?xml")) {
		return text, nil
	}
	decl, _, ok := bytes.Cut(head, []byte("?>"))
	if !ok {
		return text, nil
	}
	label := ""
	if i := bytes.Index(decl, []byte("encoding")); i >= 0 {
		label = strings.Trim(string(decl[i+len("encoding"):]), " \t\r\n=")
		if label != "" && (label[0] == '"' || label[0] == '\'') {
			label, _, _ = strings.Cut(label[1:], label[:1])
		}
	}
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be": // UTF-16 was undone before
		return text, nil
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "the encoding %.40q is not known: save the feed as UTF-8", label)
	}
	return enc.NewDecoder().Reader(text), nil
}

// htmlText8 turns an HTML page into UTF-8 by its meta elements.
func htmlText8(text *bufio.Reader) (io.Reader, error) {
	head, err := peek(text, 1024)
	if err != nil {
		return nil, err
	}
	enc, name, certain := charset.DetermineEncoding(head, "text/html")
	if name == "utf-8" || !certain {
		return text, nil
	}
	return enc.NewDecoder().Reader(text), nil
}

// googlePrefixes returns the namespace prefixes that the document's first elements
// bind to Google's namespace, "" being the default one.
func googlePrefixes(text *bufio.Reader) map[string]bool {
	head, _ := peek(text, headBytes)
	d := xml.NewDecoder(bytes.NewReader(head))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	prefixes, bound := map[string]bool{}, false
	for range 100 {
		t, err := d.RawToken()
		if err != nil {
			break
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "item" || e.Name.Local == "entry" {
			break
		}
		for _, a := range e.Attr {
			prefix := a.Name.Local
			if a.Name.Space == "" && prefix == "xmlns" {
				prefix = ""
			} else if a.Name.Space != "xmlns" {
				continue
			}
			isGoogle := strings.TrimSuffix(strings.TrimPrefix(a.Value, "https:"), "/") == strings.TrimPrefix(googleNS, "http:") ||
				strings.TrimSuffix(a.Value, "/") == googleNS
			bound = bound || prefix == "g"
			if isGoogle {
				prefixes[prefix] = true
			}
		}
	}
	if !bound {
		prefixes["g"] = true // feeds that forget to declare it mean this
	}
	return prefixes
}
