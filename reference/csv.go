package reference

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of a CSV file. They bound the memory that reading takes whatever the
// file holds.
const (
	MaxFieldBytes = 64 << 10
	MaxRowBytes   = 1 << 20
	MaxRows       = 10_000_000
	maxColumns    = 64 // of the header; no file here has more than nine
)

// blockBytes is how much is read before the rows in it are handed on. A block
// holds at least one whole row because a row is no longer than that.
const blockBytes = MaxRowBytes + 1

// block is a run of whole rows. Its data belongs to who asked for it until the
// next request with the same block.
type block struct {
	data []byte
	line int // of the first row; 0 if the rows stand in no file
}

// blockSource yields blocks of one file, to several goroutines at once.
type blockSource interface {
	next(*block) error // io.EOF at the end
}

// blockReader cuts a file into blocks at row ends, as RFC 4180 defines them. One
// reader may serve several goroutines.
type blockReader struct {
	mu    sync.Mutex
	r     io.Reader
	carry []byte // what was read behind the last row end
	line  int
	eof   bool
}

func newBlockReader(r io.Reader) *blockReader { return &blockReader{r: r, line: 1} }

// rowFault is a mistake in the structure of a file, after which the rest of it
// can't be read.
type rowFault struct {
	line   int
	reason string
}

func (f *rowFault) Error() string { return f.reason }

// next fills b with the next rows. It returns io.EOF at the end, a *rowFault for
// a row that does not end, or the error of the reader.
func (r *blockReader) next(b *block) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := append(b.data[:0], r.carry...)
	data = slices.Grow(data, max(blockBytes-len(data), 0))
	for !r.eof && len(data) < blockBytes {
		n, err := r.r.Read(data[len(data):blockBytes])
		data = data[:len(data)+n]
		if err == io.EOF {
			r.eof = true
		} else if err != nil {
			return err
		}
	}
	if len(data) == 0 {
		return io.EOF
	}
	end, lines := 0, 0
	for end < len(data) {
		n, newlines, state := rowEnd(data[end:])
		if state == rowOpen || state == rowQuoteOpen {
			if end > 0 {
				break // the next block has the rest
			}
			line := r.line + lines
			r.eof, r.carry = true, nil // no second attempt
			if state == rowQuoteOpen {
				return &rowFault{line, fmt.Sprintf("a quote opens a field that is not closed before %s; "+
					"the rest of the file was not read", cond(len(data)-end > MaxRowBytes, "the row passes 1 MiB", "the end of the file"))}
			}
			if len(data)-end > MaxRowBytes {
				return &rowFault{line, "the row is longer than 1 MiB; the rest of the file was not read"}
			}
			n = len(data) - end // the last row may lack its line end
		}
		end += n
		lines += newlines
	}
	r.carry = append(r.carry[:0], data[end:]...)
	b.data, b.line = data[:end], r.line
	r.line += lines
	return nil
}

func cond[T any](c bool, yes, no T) T {
	if c {
		return yes
	}
	return no
}

type rowState uint8

const (
	rowEnded     rowState = iota
	rowOpen               // the data ends within the row
	rowQuoteOpen          // the data ends within a quoted field of the row
)

// rowEnd returns the length of the first row of data, its line end included, and
// how many line ends it holds. A quote opens a field only where the field
// begins; elsewhere it is an ordinary character.
func rowEnd(data []byte) (n, newlines int, state rowState) {
	n = bytes.IndexByte(data, '\n') + 1
	line := data[:n]
	if n == 0 {
		line = data
	}
	if bytes.IndexByte(line, '"') < 0 { // nearly every row
		if n == 0 {
			return len(data), 0, rowOpen
		}
		return n, 1, rowEnded
	}
	for i := 0; ; {
		if i < len(data) && data[i] == '"' {
			close := quoteEnd(data, i)
			if close < 0 {
				return len(data), newlines, rowQuoteOpen
			}
			newlines += bytes.Count(data[i:close], newline)
			i = close
		}
		for i < len(data) && data[i] != ',' && data[i] != '\n' {
			i++
		}
		if i == len(data) {
			return i, newlines, rowOpen
		}
		i++
		if data[i-1] == '\n' {
			return i, newlines + 1, rowEnded
		}
	}
}

var newline = []byte{'\n'}

// quoteEnd returns the index behind the quote that closes the one at open, −1 if
// none does.
func quoteEnd(data []byte, open int) int {
	for i := open + 1; ; {
		q := bytes.IndexByte(data[i:], '"')
		if q < 0 {
			return -1
		}
		i += q + 1
		if i == len(data) || data[i] != '"' {
			return i
		}
		i++ // two quotes are one within the field
	}
}

// row is one row of a file, split into fields. Its fields point into the block
// and are overwritten by the next row.
type row struct {
	at     Place
	fields [][]byte // trimmed, unquoted
	faults []fieldFault
}

type fieldFault struct {
	field  int
	reason string
}

// split splits a whole row into fields. A field's quotes are undone in place.
func (w *row) split(data []byte) {
	data = bytes.TrimSuffix(data, newline)
	w.fields, w.faults = w.fields[:0], w.faults[:0]
	for {
		var f []byte
		if len(data) > 0 && data[0] == '"' {
			f, data = w.quotedField(data)
		} else {
			end := bytes.IndexByte(data, ',')
			if end < 0 {
				end = len(data)
			}
			f, data = data[:end], data[end:]
			if bytes.IndexByte(f, '"') >= 0 {
				w.fault(`a quote stands within a field that is not quoted; quote the field and write the quote as ""`)
			}
		}
		if len(f) > MaxFieldBytes {
			w.fault(fmt.Sprintf("the field has %d bytes; at most 64 KiB are allowed", len(f)))
			f = nil
		}
		w.fields = append(w.fields, trim(f))
		if len(data) == 0 || len(w.fields) > maxColumns {
			return
		}
		data = data[1:] // the comma
		if len(data) == 0 {
			w.fields = append(w.fields, nil)
			return
		}
	}
}

// quotedField returns the field that data opens with and what follows it.
func (w *row) quotedField(data []byte) (field, rest []byte) {
	end := quoteEnd(data, 0)
	if end < 0 { // only where the row was cut; rowEnd has reported it
		end = len(data)
		data = append(data[:end:end], '"')
		end++
	}
	field, rest = data[1:end-1], data[end:]
	if bytes.IndexByte(field, '"') >= 0 {
		n := 0
		for i := 0; i < len(field); i++ {
			field[n] = field[i]
			n++
			if field[i] == '"' {
				i++
			}
		}
		field = field[:n]
	}
	after := bytes.IndexByte(rest, ',')
	if after < 0 {
		after = len(rest)
	}
	if len(trim(rest[:after])) > 0 {
		w.fault(`text follows the quote that closes the field; write a quote within a field as ""`)
	}
	return field, rest[after:]
}

func (w *row) fault(reason string) {
	w.faults = append(w.faults, fieldFault{len(w.fields), reason})
}

func (w *row) blank() bool {
	for _, f := range w.fields {
		if len(f) > 0 {
			return false
		}
	}
	return len(w.faults) == 0
}

// trim drops white space at both ends, and tells apart what needs the slow way.
func trim(f []byte) []byte {
	if n := len(f); n == 0 || plainEnd(f[0]) && plainEnd(f[n-1]) {
		return f
	}
	return bytes.TrimSpace(f)
}

func plainEnd(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// layout says which columns a file may have.
type layout struct {
	file    string
	columns []string
	needed  []string
}

// named returns the layout for a file of another name.
func (l *layout) named(file string) *layout {
	other := *l
	other.file = file
	return &other
}

// whole is the header of rows that have every column, in the layout's order.
func (l *layout) whole() columnMap {
	c := columnMap{layout: l, width: len(l.columns)}
	for i := range l.columns {
		c.position = append(c.position, i)
	}
	return c
}

// columnMap is a file's header: where each column of the layout stands.
type columnMap struct {
	*layout
	position []int // by layout column, −1 if the file does not have it
	width    int
}

// header reads the first row of a file. ok is false if rows can't be read.
func (l *layout) header(w *row, m *mistakes) (c columnMap, ok bool) {
	c = columnMap{layout: l, width: len(w.fields)}
	for range l.columns {
		c.position = append(c.position, -1)
	}
	ok = true
	fault := func(field, format string, args ...any) {
		m.add(w.at, 0, field, format, args...)
		ok = false
	}
	for _, f := range w.faults {
		fault("", "%s", f.reason)
	}
	if len(w.fields) > maxColumns {
		fault("", "has more than %d columns; known are %s", maxColumns, strings.Join(l.columns, ", "))
		return c, false
	}
	for i, f := range w.fields {
		name := strings.ToLower(string(f))
		k := slices.Index(l.columns, name)
		switch {
		case !utf8.Valid(f):
			fault("", "the header is not UTF-8; save the file as \"CSV UTF-8\"")
			return c, false
		case name == "":
			fault("", "column %d has no name", i+1)
		case k < 0 && len(w.fields) == 1 && strings.ContainsAny(name, ";\t|"):
			fault("", "columns are separated by commas")
			return c, false
		case k < 0:
			fault(name[:min(len(name), 60)], "no such column; known are %s", strings.Join(l.columns, ", "))
		case c.position[k] >= 0:
			fault(name, "the column stands twice")
		default:
			c.position[k] = i
		}
	}
	for _, name := range l.needed {
		if c.position[slices.Index(l.columns, name)] < 0 {
			fault(name, "the column is missing")
		}
	}
	return c, ok
}

// check reports what is wrong with the row as a row. Fields at fault are emptied.
func (c *columnMap) check(w *row, utf8Known bool, m *mistakes) (ok bool) {
	ok = true
	if len(w.fields) != c.width {
		m.add(w.at, 0, "", "the row has %s fields, the header %d",
			cond(len(w.fields) > maxColumns, fmt.Sprintf("more than %d", maxColumns), fmt.Sprint(len(w.fields))), c.width)
		return false
	}
	for _, f := range w.faults {
		column := slices.Index(c.position, f.field)
		if f.field >= c.width || column < 0 {
			continue
		}
		m.add(w.at, column+1, c.columns[column], "%s", f.reason)
		ok = false
	}
	if utf8Known {
		return ok
	}
	for k, i := range c.position {
		if i >= 0 && !utf8.Valid(w.fields[i]) {
			m.add(w.at, k+1, c.columns[k], "is not UTF-8; save the file as \"CSV UTF-8\"")
			w.fields[i] = nil
			ok = false
		}
	}
	return ok
}

// get returns a column of the row, nil if the file does not have it.
func (c *columnMap) get(w *row, column int) []byte {
	if i := c.position[column]; i >= 0 {
		return w.fields[i]
	}
	return nil
}

// rows calls yield for every row of a block that is not blank.
func (b *block) rows(file string, w *row, yield func(*row)) {
	line := b.line
	for data := b.data; len(data) > 0; {
		n, newlines, _ := rowEnd(data)
		w.at = Place{file, line}
		w.split(data[:n])
		if !w.blank() {
			yield(w)
		}
		data = data[n:]
		if b.line > 0 {
			line += newlines
		}
	}
}

// readHeader reads the header from the first block and leaves the rows behind it
// in b.
func (l *layout) readHeader(r *blockReader, b *block, m *mistakes) (c columnMap, ok bool, err error) {
	at := Place{l.file, 1}
	if err := r.next(b); err != nil {
		if err == io.EOF {
			m.add(at, 0, "", "the file is empty; its first line names the columns: %s", strings.Join(l.columns, ","))
			return c, false, nil
		}
		return c, false, fault(l.file, err, m)
	}
	b.data = bytes.TrimPrefix(b.data, []byte("\xef\xbb\xbf"))
	n, newlines, _ := rowEnd(b.data)
	w := row{at: at}
	w.split(b.data[:n])
	c, ok = l.header(&w, m)
	b.data, b.line = b.data[n:], b.line+newlines
	return c, ok, nil
}

// fault turns a fault in the structure of a file into a mistake and hands any
// other error on.
func fault(file string, err error, m *mistakes) error {
	if f, ok := err.(*rowFault); ok {
		m.add(Place{file, f.line}, 0, "", "%s", f.reason)
		return nil
	}
	return fmt.Errorf("reading %s: %w", file, err)
}

// read reads a whole file, row by row. add is not called for a row that is
// broken as a row.
func (l *layout) read(f io.Reader, m *mistakes, add func(*columnMap, *row)) error {
	r, b := newBlockReader(f), &block{}
	c, ok, err := l.readHeader(r, b, m)
	if !ok || err != nil {
		return err
	}
	w, rows := &row{}, 0
	for {
		b.rows(l.file, w, func(w *row) {
			if rows++; rows > MaxRows {
				return
			}
			if c.check(w, false, m) {
				add(&c, w)
			}
		})
		if rows > MaxRows {
			m.add(Place{File: l.file}, 0, "", "has more than %d rows", MaxRows)
			return nil
		}
		if err := r.next(b); err == io.EOF {
			return nil
		} else if err != nil {
			return fault(l.file, err, m)
		}
	}
}
