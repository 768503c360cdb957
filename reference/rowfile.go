package reference

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"assay"
)

// ReadRows reads an uploaded file of one kind (the file of a reference folder, or
// banks.csv or bank_images.csv with the columns that Columns says) and calls visit
// with every row in canonical form, each different row once. The order of the rows
// is not that of the file. All mistakes are reported at once, as Load reports
// them, under the file's name; visit is called only if there are none. The file is
// read twice, so that a row costs 40 bytes of memory however long it is.
//
// Keys are canonical lines of CSV too:
//
//   - marks: owner, mark
//   - claims: phrase, language
//   - products: owner; GTIN, else part number, else name; currency of its prices
//   - authorised: owner, marketplace, account, first day
//   - gated: owner, marketplace, category, first day
//   - rates: day, currency
//   - banks: name
//   - bank_images: bank; SHA-256, else PDQ
//   - screening: the word screening
//
// Of several different rows of one key in a file (an account with two sets of
// regions), the second and later ones have their number behind the key; which is
// which depends on the rows alone, not on their order.
//
// An image's Owner is left empty: a file of images does not say whose banks they
// are in.
func ReadRows(kind assay.ReferenceKind, name string, file io.ReadSeeker, visit func(row assay.ReferenceRow, line int) error) error {
	f, err := newRowFile(kind, name, file)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	return f.each(visit)
}

// rowFile is an uploaded file of one kind. It is read once to check it and then
// as often as its rows are wanted.
type rowFile struct {
	*rowKind
	name  string
	body  io.ReadSeeker
	banks func(bank string) (owner string, ok bool) // whose a bank is, of images; nil: not asked

	rows     []rowMark // different rows by key, then digest
	numbered []rowMark // second and later rows of one key by final key, once each has run
	whole    bool      // numbered is complete
	owners   map[string]bool
	total    int
}

// rowMark stands for a row.
type rowMark struct {
	key, row [16]byte // digests
	line     uint32
	stored   bool // a preview met a stored row of the key
}

func compareRowMarks(a, b rowMark) int {
	return cmp.Or(bytes.Compare(a.key[:], b.key[:]), bytes.Compare(a.row[:], b.row[:]), cmp.Compare(a.line, b.line))
}

func shortDigest(b []byte) [16]byte {
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// parsedRow is a row on its way; its texts are overwritten by the next one.
type parsedRow struct {
	owner, key, fields []byte
	line               int
}

func (r *parsedRow) digest() [16]byte { return rowDigest(string(r.owner), string(r.fields)) }

// rowDigest tells whether two rows of one key are the same. The owner of an image is
// not among its fields.
func rowDigest(owner, fields string) [16]byte {
	return shortDigest(append(append(append(make([]byte, 0, 512), owner...), 0), fields...))
}

func newRowFile(kind assay.ReferenceKind, name string, body io.ReadSeeker) (*rowFile, error) {
	k := kindOf(kind)
	if k == nil {
		var known []string
		for _, k := range rowKinds {
			known = append(known, string(k.kind))
		}
		return nil, assay.Errorf(assay.Invalid, "no kind of reference data is called %s; known are %s", quoted(string(kind)), strings.Join(known, ", "))
	}
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, `/\`)+1:], "?")
	if name == "" {
		name = k.layout.file
	}
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "") + "…"
	}
	return &rowFile{rowKind: k, name: name, body: body, owners: map[string]bool{}}, nil
}

// check reads the whole file. All its mistakes are the error, as assay.Problems.
func (f *rowFile) check() error {
	var m mistakes
	err := f.parse(&m, func(r *parsedRow) error {
		f.total++
		at := Place{f.name, r.line}
		if f.layout.storable(at, r.owner, r.fields, &m) && f.total <= MaxRows {
			f.rows = append(f.rows, rowMark{key: shortDigest(r.key), row: r.digest(), line: uint32(r.line)})
			if f.owned && !f.owners[string(r.owner)] {
				f.owners[string(r.owner)] = true
			}
		}
		if f.total == MaxRows+1 {
			m.add(Place{File: f.name}, 0, "", "has more than %d rows", MaxRows)
			return errTooManyRows
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTooManyRows) {
		return err
	}
	if err := m.err(); err != nil {
		return err
	}
	slices.SortFunc(f.rows, compareRowMarks)
	f.rows = slices.CompactFunc(f.rows, func(a, b rowMark) bool { return a.key == b.key && a.row == b.row })
	return nil
}

var errTooManyRows = errors.New("too many rows")

// each calls visit with every different row of a file that check found sound.
func (f *rowFile) each(visit func(row assay.ReferenceRow, line int) error) error {
	var m mistakes
	var key []byte
	err := f.parse(&m, func(r *parsedRow) error {
		number, kept := f.numberOf(r)
		if !kept {
			return nil
		}
		key = numberedKey(key[:0], r.key, number)
		if number > 1 && !f.whole {
			f.numbered = append(f.numbered, rowMark{key: shortDigest(key), row: r.digest(), line: uint32(r.line)})
		}
		return visit(assay.ReferenceRow{Kind: f.kind, Key: string(key), Owner: string(r.owner), Fields: string(r.fields)}, r.line)
	})
	if err := cmp.Or(err, m.err()); err != nil {
		return err
	}
	if !f.whole {
		slices.SortFunc(f.numbered, compareRowMarks)
		f.whole = true
	}
	return nil
}

// numberOf says which of the different rows of its key a row is, from 1. kept is
// false for a row that repeats one of an earlier line.
func (f *rowFile) numberOf(r *parsedRow) (number int, kept bool) {
	key, row := shortDigest(r.key), r.digest()
	i, ok := slices.BinarySearchFunc(f.rows, rowMark{key: key, row: row}, compareRowMarks)
	if !ok && (i == len(f.rows) || f.rows[i].key != key || f.rows[i].row != row) {
		return 0, false // not what was checked: the file was changed meanwhile
	}
	if f.rows[i].line != uint32(r.line) {
		return 0, false
	}
	for number = 1; i > 0 && f.rows[i-1].key == key; i-- {
		number++
	}
	return number, true
}

// number makes find ready: where several different rows have one key, only the
// whole keys tell which is which.
func (f *rowFile) number() error {
	for i := range f.rows {
		if i > 0 && f.rows[i].key == f.rows[i-1].key {
			return f.each(func(assay.ReferenceRow, int) error { return nil })
		}
	}
	return nil
}

// find returns the row that is kept under a key, nil if the file has none. each or
// number must have run.
func (f *rowFile) find(key string) *rowMark {
	want := rowMark{key: shortDigest([]byte(key))}
	for _, list := range [...][]rowMark{f.rows, f.numbered} {
		if i, _ := slices.BinarySearchFunc(list, want, compareRowMarks); i < len(list) && list[i].key == want.key {
			return &list[i]
		}
	}
	return nil
}

// parse calls emit with every sound row, one at a time.
func (f *rowFile) parse(m *mistakes, emit func(*parsedRow) error) error {
	if _, err := f.body.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	switch f.kind {
	case assay.ReferenceScreening:
		return f.parseScreening(m, emit)
	case assay.ReferenceProducts:
		return f.parseProducts(m, emit)
	}
	var failed error
	var fields, long, key []byte
	b := New() // checks the rows one by one
	err := f.layout.named(f.name).read(f.body, &b.mistakes, func(c *columnMap, w *row) {
		cells, ok := f.cells(b, c, w)
		if !ok || failed != nil {
			return
		}
		owner := ""
		switch {
		case f.kind == assay.ReferenceBankImages && f.banks != nil:
			if owner, ok = f.banks(cells[0]); !ok {
				f.layout.mistake(&b.mistakes, w.at, "bank", "there is no bank %s; import the banks first", quoted(cells[0]))
				return
			}
		case f.owner >= 0:
			owner = cells[f.owner]
		}
		fields, long = appendCells(fields[:0], cells...), appendCells(long[:0], f.key(cells)...)
		key = shortKey(key[:0], long)
		failed = emit(&parsedRow{[]byte(owner), key, fields, w.at.Line})
	})
	m.take(&b.mistakes)
	return cmp.Or(failed, err)
}

func (f *rowFile) parseProducts(m *mistakes, emit func(*parsedRow) error) error {
	var failed error
	err := f.layout.named(f.name).readProducts(f.body, m, (*productReader).keepLine, func(p *productReader) bool {
		m.take(&p.mistakes)
		start := 0
		for _, l := range p.lines {
			if failed = emit(&parsedRow{p.text[start:l.owner], p.text[l.owner:l.key], p.text[l.key:l.fields], l.line}); failed != nil {
				return false
			}
			start = l.fields
		}
		return true
	})
	return cmp.Or(failed, err)
}

// parseScreening checks the policy and keeps its text as it is, comments too.
func (f *rowFile) parseScreening(m *mistakes, emit func(*parsedRow) error) error {
	text, err := io.ReadAll(io.LimitReader(f.body, maxYAMLBytes+1))
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text[:min(len(text), maxYAMLBytes)]) {
		m.add(Place{File: f.name}, 0, "", "is not UTF-8")
		return nil
	}
	b := New()
	if err := b.readScreening(f.name, bytes.NewReader(text)); err != nil {
		return err
	}
	sound := !b.mistakes.any()
	m.take(&b.mistakes)
	if !sound {
		return nil
	}
	return emit(&parsedRow{key: []byte(assay.ReferenceScreening), fields: appendCell(nil, text), line: 1})
}
