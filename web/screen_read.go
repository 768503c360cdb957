package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
	"assay/feed"
)

// Bounds of what is screened at once, for people: more than this nobody reads on a page.
const (
	maxScreenBytes = 8 << 20
	maxScreened    = 100
	maxMistakes    = 100
	// maxBatches bounds what is unpacked, in batches of package feed (256 KiB), and
	// readingTime what it may take.
	maxBatches  = 8 * maxScreenBytes >> 18
	readingTime = 10 * time.Second
)

// endingReader ends with its context.
type endingReader struct {
	ctx context.Context
	in  io.Reader
}

func (r *endingReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(b[:min(len(b), 4<<10)]) // 4 KiB may unpack to megabytes
}

// placeName is the marketplace of listings that name none.
const placeName = "pasted"

// pasted is what somebody gave to be screened.
type pasted struct {
	name        string // of the file, for messages and for its ending; empty: no file
	data        []byte
	format      feed.Format // empty: told by name and content
	marketplace string      // for records that name none
	currency    string      // for prices that have none
	fields      plainFields // for plain text
}

// plainFields say what a plain text does not.
type plainFields struct {
	brand, price, condition, seller, gtin string
}

// reading is what was read of it.
type reading struct {
	plain    bool        // a title, and perhaps a description
	format   feed.Format // of what is not plain
	listings []assay.Listing
	problems assay.Problems
	more     bool // listings that were left out
	moreBad  bool // problems that were left out
}

// read takes what was given apart. An error is of the whole: it is no feed at all, or a
// setting has a value that is none. What is wrong with single records is among the
// problems.
func (p *pasted) read(ctx context.Context) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readingTime)
	defer cancel()
	if p.marketplace == "" {
		p.marketplace = placeName
	}
	format, what := p.recognise()
	switch what {
	case plainText:
		return p.readPlain(ctx)
	case ownJSON:
		return p.readOwn()
	}
	r, err := p.readFeed(ctx, p.data, format)
	if err == nil && slices.ContainsFunc(r.problems, withoutID) {
		if data := numbered(p.data, r.format); data != nil {
			if again, err := p.readFeed(ctx, data, format); err == nil {
				return again, nil
			}
		}
	}
	return r, err
}

// Kinds of what is pasted.
const (
	aFeed     = iota // read by package feed
	plainText        // words
	ownJSON          // listings in Assay's own format
)

// recognise tells what was given. A feed has signs of one: a file's ending, the marks of
// JSON, HTML or XML, or a header that names a title's column. All else is plain text.
func (p *pasted) recognise() (feed.Format, int) {
	if p.format != "" && p.format != feed.JSONLD {
		return p.format, aFeed
	}
	if strangeBytes(p.data) {
		return "", aFeed // packed, or UTF-16: package feed undoes it
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(p.data, []byte("\ufeff")), " \t\r\n")
	if len(head) > 0 && (head[0] == '{' || head[0] == '[') {
		if bytes.Contains(head, []byte(`"@type"`)) || bytes.Contains(head, []byte(`"@context"`)) || p.format != "" {
			return feed.JSONLD, aFeed
		}
		return "", ownJSON
	}
	switch path.Ext(strings.ToLower(p.name)) {
	case ".csv":
		return feed.CSV, aFeed
	case ".tsv":
		return feed.TSV, aFeed
	case ".html", ".htm":
		return feed.HTML, aFeed
	case ".xml", ".rss", ".atom":
		return feed.Google, aFeed
	}
	if len(head) > 0 && head[0] == '<' {
		lower := bytes.ToLower(head)
		holds := func(s string) bool { return bytes.Contains(lower, []byte(s)) }
		switch {
		case holds("<html"), holds("<!doctype html"), holds("ld+json"):
			return feed.HTML, aFeed
		case holds("<item"), holds("<entry"):
			return feed.Google, aFeed
		}
		return "", plainText
	}
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	if bytes.ContainsAny(first, ",;\t") && len(bytes.TrimSpace(rest)) > 0 {
		if r, err := feed.Open("", bytes.NewReader(p.data), feed.Options{}); err == nil {
			defer r.Close()
			return r.Format(), aFeed
		}
	}
	return "", plainText
}

// strangeBytes reports whether data begins with the marks of gzip, Zstandard or UTF-16.
func strangeBytes(data []byte) bool {
	return slices.ContainsFunc([]string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfe\xff", "\xff\xfe"}, func(mark string) bool {
		return bytes.HasPrefix(data, []byte(mark))
	})
}

// take keeps a listing or a problem; it is a visitor of package feed.
func (r *reading) take(l *assay.Listing, p *assay.Problem) {
	switch {
	case p != nil && len(r.problems) == maxMistakes:
		r.moreBad = true
	case p != nil:
		r.problems = append(r.problems, p)
	case len(r.listings) == maxScreened:
		r.more = true
	default:
		r.listings = append(r.listings, l.Clone())
	}
}

func (p *pasted) options(f feed.Format) feed.Options {
	return feed.Options{Format: f, Marketplace: p.marketplace, Currency: p.currency}
}

// readFeed reads data with package feed, as far as it is shown. A small packed file may
// hold gigabytes: ctx ends them.
func (p *pasted) readFeed(ctx context.Context, data []byte, f feed.Format) (r reading, err error) {
	in, err := feed.Open(cmp.Or(p.name, placeName), &endingReader{ctx, bytes.NewReader(data)}, p.options(f))
	if err != nil {
		return r, err
	}
	defer in.Close()
	r.format = in.Format()
	var b feed.Batch
	for batches := 0; !r.more && !r.moreBad; batches++ {
		if ctx.Err() != nil || batches == maxBatches {
			return r, tooMuch()
		}
		if err := in.Next(&b); err == io.EOF {
			break
		} else if err != nil {
			if ctx.Err() != nil {
				return r, tooMuch()
			}
			if assay.CodeOf(err) == assay.Internal {
				return r, err
			}
			r.take(nil, &assay.Problem{Reason: err.Error()}) // what came before it is good
			break
		}
		b.Decode(r.take)
	}
	return r, nil
}

// readPlain reads words: the first line is the title, the others are the description.
// They go the way of a table's row, so that prices and conditions are read, and limits
// held, as they are everywhere.
func (p *pasted) readPlain(ctx context.Context) (reading, error) {
	text := strings.ReplaceAll(strings.ToValidUTF8(string(p.data), "\ufffd"), "\r\n", "\n")
	title, description, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if title == "" {
		return reading{}, assay.Errorf(assay.Invalid, "there is nothing to screen")
	}
	var table bytes.Buffer
	out := csv.NewWriter(&table)
	out.Write([]string{"id", "title", "description", "brand", "price", "condition", "seller_id", "gtin"})
	out.Write([]string{"1", strings.TrimSpace(title), strings.TrimSpace(description), p.fields.brand, p.fields.price, p.fields.condition, p.fields.seller, p.fields.gtin})
	out.Flush()
	r, err := p.readFeed(ctx, table.Bytes(), feed.CSV)
	r.plain = true
	for _, problem := range r.problems {
		problem.File, problem.Line = "", 0 // of a table that nobody has seen
	}
	return r, err
}

// record is one JSON value, and the line on which it begins.
type record struct {
	data []byte
	line int
}

// readOwn reads listings in Assay's own format, one after another or in a list, whatever
// their line ends; where the whole is not JSON, a line is a record.
func (p *pasted) readOwn() (r reading, err error) {
	dec, err := feed.NewDecoder(p.options(""))
	if err != nil {
		return r, err
	}
	r.format = feed.NDJSON
	for i, rec := range jsonRecords(p.data) {
		if r.more {
			break
		}
		missing := false
		dec.Decode(rec.data, rec.line, func(l *assay.Listing, bad *assay.Problem) {
			if missing = bad != nil && withoutID(bad); !missing {
				r.take(l, bad)
			}
		})
		if missing { // the page needs none, the format does
			dec.Decode(withID(rec.data, strconv.Itoa(i+1)), rec.line, r.take)
		}
	}
	return r, nil
}

// withID puts an id into a JSON object.
func withID(object []byte, id string) []byte {
	at := bytes.IndexByte(object, '{') + 1
	member := `"id":"` + id + `"`
	if !bytes.HasPrefix(bytes.TrimLeft(object[at:], " \t\r\n"), []byte("}")) {
		member += ","
	}
	return slices.Concat(object[:at], []byte(member), object[at:])
}

// jsonRecords cuts JSON into its objects. What is not JSON as a whole is cut into lines,
// if each of them begins as an object does, so that one broken line spoils itself only.
func jsonRecords(data []byte) []record {
	var records []record
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	line, counted := 1, 0
	for {
		if k := dec.PeekKind(); k == '[' && dec.StackDepth() == 0 || k == ']' {
			dec.ReadToken() // it was peeked
			continue
		}
		v, err := dec.ReadValue()
		if errors.Is(err, io.EOF) {
			return records
		}
		if err != nil {
			break
		}
		start := int(dec.InputOffset()) - len(v)
		line += bytes.Count(data[counted:start], []byte("\n"))
		counted = start
		records = append(records, record{bytes.Clone(v), line})
	}
	records = nil
	for i, text := range bytes.Split(data, []byte("\n")) {
		text = bytes.TrimSpace(text)
		if len(text) > 0 {
			records = append(records, record{text, i + 1})
		}
		if len(text) > 0 && text[0] != '{' {
			return []record{{data, 1}}
		}
	}
	return records
}

// withoutID reports whether a record lacks an id and nothing that was seen before.
func withoutID(p *assay.Problem) bool { return p.Field == "id" && p.Reason == "is missing" }

// productType is where a schema.org product says what it is.
var productType = regexp.MustCompile(`"@type"\s*:\s*(?:\[\s*)?"(?:https?://schema\.org/)?(?:Product|ProductGroup|IndividualProduct)"`)

// numbered gives records that have no id the numbers 1, 2, 3 …; nil if it cannot. Lines
// stay where they were.
func numbered(data []byte, f feed.Format) []byte {
	n := 0
	next := func() string { n++; return strconv.Itoa(n) }
	switch f {
	case feed.HTML, feed.JSONLD:
		return productType.ReplaceAllFunc(data, func(found []byte) []byte {
			return append([]byte(`"productID":"`+next()+`",`), found...)
		})
	case feed.CSV, feed.TSV:
		return numberedTable(data, f, next)
	}
	return nil
}

// numberedTable puts a column of ids before a table's own ones.
func numberedTable(data []byte, f feed.Format, next func() string) []byte {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	comma := "\t"
	if f == feed.CSV {
		comma = ","
		if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
			comma = ";"
		}
	}
	var out bytes.Buffer
	quoted := false
	for i, line := range bytes.SplitAfter(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
		switch {
		case i == 0:
			out.WriteString("offer_id" + comma)
		case !quoted && len(bytes.TrimSpace(line)) > 0:
			out.WriteString(next() + comma)
		}
		out.Write(line)
		quoted = f == feed.CSV && quoted != (bytes.Count(line, []byte(`"`))%2 == 1)
	}
	return out.Bytes()
}

// hostOf is the host of an address that a page may be fetched from.
func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(address) > assay.MaxURLBytes || !utf8.ValidString(address) {
		return "", assay.Errorf(assay.Invalid, "that is no address of a page: it begins with https:// or http://")
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), nil
}
