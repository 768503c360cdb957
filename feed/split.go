package feed

import (
	"bytes"
	"errors"
	"io"

	"assay"
)

// Limits of the input before anything is decoded. They are constants, not
// settings: whoever needs larger records has a different format.
const (
	// MaxRecord is the longest record of a line or item format, in bytes. A
	// listing at every limit of the format, pictures not included, fits.
	MaxRecord = 4 << 20
	// MaxDocument is the longest JSON-LD value, in bytes: shops put whole
	// catalogue pages into one.
	MaxDocument = 16 << 20

	windowBytes = 256 << 10 // what the splitter reads ahead to begin with

	// A compressed input that gives bombBytes without the end of a record, at
	// more than bombRatio bytes for one, is an attack: text shrinks 5 to 20
	// times, runs of one character a thousand times.
	bombBytes = 64 << 20
	bombRatio = 100
	// quietBytes is how far any input is read without finding a record's end.
	quietBytes = 2 << 30

	// maxUnclosed is how many unclosed quotes are survived in one file. Each
	// costs reading up to MaxRecord twice, so that a file made of nothing else
	// would take time in proportion to the square of its length.
	maxUnclosed = 100
)

// rule knows where the records of one format end. It is fed the input in
// pieces and remembers how far it has looked, so that no byte is looked at
// twice however the input is cut.
type rule interface {
	// scan looks for the end of the record that begins at data[skip:]. data
	// starts where the last record (or shed part) ended and only ever grows
	// until a record is found. skip bytes at its front belong to no record and
	// are dropped; the other results are relative to what remains. end is the
	// index after the record, terminator included, or −1 if data ends before;
	// body is the record without its terminator. At eof a record that just
	// ends with the input is found too.
	scan(data []byte, eof bool) (skip int, body span, end int)
	// shed says that the record is too long to be kept: it returns how many
	// bytes at the front of data (as scan left it) are not needed to find the
	// record's end, and forgets them.
	shed() int
	// unclosed reports whether the current record has gone over a line's end
	// only because a quote was open, or is in one still: it may be one stray
	// quote, and the record is resumed at its second line.
	unclosed() bool
	// reset forgets the current record.
	reset()
}

type span struct{ lo, hi int }

// rawRecord is a record as it was cut out: data, or the reason why there is none.
type rawRecord struct {
	data   []byte // valid until the next call
	line   int
	reason string
}

// splitter cuts an input into records with one window of bounded size.
type splitter struct {
	src   io.Reader
	rule  rule
	limit int // longest record

	buf        []byte
	start, end int // the window's bytes not yet given out
	line       int // line number of buf[start]
	err        error

	skipping  bool // in a record past the limit, already reported
	nUnclosed int

	// What the guard against bombs compares: bytes since the last record's end.
	quiet        int64
	compressed   func() int64 // bytes of compressed input read so far; nil if not compressed
	compressedAt int64
}

func newSplitter(src io.Reader, r rule, limit int) *splitter {
	return &splitter{src: src, rule: r, limit: limit, line: 1}
}

// next returns the next record that is not blank; the input's end is io.EOF, and
// every other error ends the input too.
func (s *splitter) next() (rawRecord, error) {
	for {
		// A record within the limit is looked for in that many bytes, so that what
		// is too long does not depend on how much happens to have been read.
		all := s.buf[s.start:s.end]
		data := all
		if !s.skipping && len(data) > s.limit+1 {
			data = data[:s.limit+1]
		}
		unseen := len(data) < len(all)
		eof := s.err == io.EOF && !unseen
		skip, body, end := s.rule.scan(data, eof)
		if skip > 0 {
			s.advance(skip)
			data = data[skip:]
		}
		if end >= 0 {
			line := s.line + bytes.Count(data[:body.lo], newline)
			s.advance(end)
			rec := data[body.lo:body.hi]
			if blank(rec) {
				if s.skipping {
					s.skipping = false
					s.progress()
				}
				continue
			}
			s.progress()
			switch {
			case s.skipping:
				s.skipping = false
				continue
			case len(rec) > s.limit:
				return rawRecord{line: line, reason: s.tooLong()}, nil
			}
			return rawRecord{data: rec, line: line}, nil
		}
		tooLong := len(data) > s.limit && !s.skipping
		if (tooLong || eof && len(data) > 0) && s.rule.unclosed() && !s.skipping {
			return s.resume(data, tooLong)
		}
		if tooLong {
			s.skipping = true
			line := s.line
			s.advance(s.rule.shed())
			return rawRecord{line: line, reason: s.tooLong()}, nil
		}
		if s.skipping {
			s.advance(s.rule.shed())
		}
		if unseen {
			continue
		}
		if s.err != nil {
			return rawRecord{}, s.err
		}
		s.fill()
	}
}

// resume reports a record whose quote never ends and goes on at its second line:
// most often one stray quote, and the lines after it are well.
func (s *splitter) resume(data []byte, tooLong bool) (rawRecord, error) {
	reason := `a quote is opened and never closed`
	if tooLong {
		reason = s.tooLong() + " (an unclosed quote?)"
	}
	if s.nUnclosed++; s.nUnclosed > maxUnclosed {
		return rawRecord{}, assay.Errorf(assay.Invalid, "more than %d unclosed quotes: is this really a CSV file?", maxUnclosed)
	}
	line := s.line
	s.rule.reset()
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		i = len(data) - 1
	}
	s.advance(i + 1)
	return rawRecord{line: line, reason: reason}, nil
}

func (s *splitter) tooLong() string {
	if s.limit == MaxDocument {
		return "value longer than 16 MiB"
	}
	return "record longer than 4 MiB"
}

func (s *splitter) advance(n int) {
	s.line += bytes.Count(s.buf[s.start:s.start+n], newline)
	s.start += n
}

// progress notes that a record ended here.
func (s *splitter) progress() {
	s.quiet = int64(s.end - s.start)
	if s.compressed != nil {
		s.compressedAt = s.compressed()
	}
}

// fill reads once, making room first. Its error goes to s.err.
func (s *splitter) fill() {
	if s.start > 0 && (s.start == s.end || len(s.buf)-s.end < windowBytes/4) {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	// Two windows above the limit are room enough to see that a record passes it.
	if s.end == len(s.buf) {
		grown := make([]byte, min(max(2*len(s.buf), windowBytes), s.limit+2*windowBytes))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	} else if len(s.buf) > 4*windowBytes && s.end < windowBytes/2 {
		small := make([]byte, windowBytes) // a long record has passed
		copy(small, s.buf[:s.end])
		s.buf = small
	}
	var n int
	for range 100 {
		n, s.err = s.src.Read(s.buf[s.end:])
		if n > 0 || s.err != nil {
			break
		}
	}
	if n == 0 && s.err == nil {
		s.err = io.ErrNoProgress
	}
	s.end += n
	s.quiet += int64(n)
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return
	}
	switch {
	case s.compressed != nil && s.quiet > bombBytes && s.quiet > bombRatio*(s.compressed()-s.compressedAt):
		s.err = assay.Errorf(assay.TooLarge,
			"decompression bomb: %d MiB without the end of a record, more than %d times what they were packed in", s.quiet>>20, bombRatio)
	case s.quiet > quietBytes:
		s.err = assay.Errorf(assay.TooLarge, "no end of a record in %d GiB: is this a feed?", quietBytes>>30)
	}
}

var newline = []byte{'\n'}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// lineRule ends a record at each line feed.
type lineRule struct{ pos int }

func (r *lineRule) scan(data []byte, eof bool) (skip int, body span, end int) {
	if i := bytes.IndexByte(data[r.pos:], '\n'); i >= 0 {
		i += r.pos
		r.pos = 0
		return 0, span{0, trimCR(data, i)}, i + 1
	}
	if eof && len(data) > 0 {
		r.pos = 0
		return 0, span{0, trimCR(data, len(data))}, len(data)
	}
	r.pos = len(data)
	return 0, span{}, -1
}

func (r *lineRule) shed() int      { n := r.pos; r.pos = 0; return n }
func (r *lineRule) unclosed() bool { return false }
func (r *lineRule) reset()         { r.pos = 0 }

func trimCR(data []byte, end int) int {
	if end > 0 && data[end-1] == '\r' {
		return end - 1
	}
	return end
}

// csvRule ends a record at a line feed outside quotes (RFC 4180). A quote opens
// only at a field's beginning; elsewhere it is a character like others, as in
// 27" screen. csvFields reads a record by the same states.
type csvRule struct {
	comma byte
	pos   int
	state csvState
	lines bool // a line feed within quotes was passed
	raw   bool // the record is given up: it ends with its line, quotes or not
}

type csvState uint8

const (
	csvFieldStart csvState = iota
	csvPlain               // in a field that is not quoted, or after a quoted one's end
	csvQuoted
	csvQuote // at a quote within quotes: the end, or half of a doubled one
)

func (r *csvRule) scan(data []byte, eof bool) (skip int, body span, end int) {
	if r.raw {
		i := bytes.IndexByte(data[r.pos:], '\n')
		if i < 0 {
			i = len(data) - r.pos
		}
		r.pos += i
		r.state = csvPlain
	}
	for r.pos < len(data) {
		if r.state == csvQuoted {
			quoted := data[r.pos:]
			i := bytes.IndexByte(quoted, '"')
			if i >= 0 {
				quoted = quoted[:i]
				r.pos++
				r.state = csvQuote
			}
			r.pos += len(quoted)
			r.lines = r.lines || bytes.IndexByte(quoted, '\n') >= 0
			continue
		}
		c := data[r.pos]
		r.pos++
		switch {
		case c == '\n':
			i := r.pos
			r.reset()
			return 0, span{0, trimCR(data, i-1)}, i
		case c == r.comma:
			r.state = csvFieldStart
		case c == '"' && r.state != csvPlain:
			r.state = csvQuoted
		default:
			r.state = csvPlain
		}
	}
	if eof && len(data) > 0 && (r.raw || r.state != csvQuoted) {
		r.reset()
		return 0, span{0, trimCR(data, len(data))}, len(data)
	}
	return 0, span{}, -1
}

func (r *csvRule) shed() int      { n := r.pos; r.pos, r.raw = 0, true; return n }
func (r *csvRule) unclosed() bool { return r.lines || r.state == csvQuoted }
func (r *csvRule) reset()         { *r = csvRule{comma: r.comma} }

// jsonRule finds the JSON values of a stream: those that follow one another, and
// the elements of an array at the top. It counts brackets and knows strings; all
// else is left to decoding, so that a broken value spoils only itself as long as
// its brackets match.
type jsonRule struct {
	pos     int
	depth   int
	inArray bool // within the array at the top
	state   jsonState
}

type jsonState uint8

const (
	jsonBetween jsonState = iota
	jsonNested            // in an object or array
	jsonString
	jsonEscape
	jsonScalar
)

func (r *jsonRule) scan(data []byte, eof bool) (skip int, body span, end int) {
	if r.state == jsonBetween {
		for skip < len(data) && r.state == jsonBetween {
			switch c := data[skip]; c {
			case ' ', '\t', '\r', '\n', ',', 0x1e: // 0x1e: RFC 7464 record separator
				skip++
			case '[':
				if !r.inArray {
					r.inArray = true
					skip++
					continue
				}
				r.state = jsonNested
			case ']':
				if r.inArray {
					r.inArray = false
					skip++
					continue
				}
				r.state = jsonScalar
			case '{':
				r.state = jsonNested
			case '"':
				r.state = jsonString
			default:
				r.state = jsonScalar
			}
		}
		r.pos = 0
		if r.state == jsonString || r.state == jsonScalar {
			r.pos = 1
		}
		data = data[skip:]
	}
	for r.pos < len(data) {
		c := data[r.pos]
		switch r.state {
		case jsonEscape:
			r.state = jsonString
		case jsonString:
			switch c {
			case '\\':
				r.state = jsonEscape
			case '"':
				r.state = jsonNested
				if r.depth == 0 {
					return r.done(skip, r.pos+1)
				}
			}
		case jsonNested:
			switch c {
			case '"':
				r.state = jsonString
			case '{', '[':
				r.depth++
			case '}', ']':
				if r.depth--; r.depth == 0 {
					return r.done(skip, r.pos+1)
				}
			}
		case jsonScalar:
			if c == ',' || c == '\n' || c == '{' || c == '[' || c == '"' || c == ']' {
				return r.done(skip, r.pos)
			}
		}
		r.pos++
	}
	if eof && len(data) > 0 {
		return r.done(skip, len(data))
	}
	return skip, span{}, -1
}

// done ends a value of n bytes.
func (r *jsonRule) done(skip, n int) (int, span, int) {
	r.reset()
	return skip, span{0, n}, n
}

func (r *jsonRule) shed() int      { n := r.pos; r.pos = 0; return n }
func (r *jsonRule) unclosed() bool { return false }
func (r *jsonRule) reset()         { r.pos, r.depth, r.state = 0, 0, jsonBetween }
