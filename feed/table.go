package feed

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// MaxColumns bounds the columns of a CSV or TSV.
const MaxColumns = 4096

// tableDecoder reads the rows of a CSV or TSV by the mapping its header gave.
type tableDecoder struct {
	o     Options
	comma byte // '\t' as a TSV's, which knows no fields of several lines
	tsv   bool
	names []string
	binds []binding
}

// tableScratch is what reading rows keeps for the next one.
type tableScratch struct {
	values []string
	quoted []byte // the extra fields' JSON, one after another
	extras []extraCell
	images []imageCell
	names  []string
	binds  []binding
}

type extraCell struct{ column, lo, hi int }

type imageCell struct {
	rank  int
	value string
}

func newTableDecoder(o Options, comma byte, header string) (*tableDecoder, error) {
	d := &tableDecoder{o: o, comma: comma, tsv: comma == '\t'}
	names, reason := d.fields(nil, header)
	if reason != "" {
		return nil, assay.Errorf(assay.Invalid, "the header %s", reason)
	}
	if !utf8.ValidString(header) {
		return nil, assay.Errorf(assay.Invalid, "the header is not UTF-8: save the file as UTF-8")
	}
	for i, n := range names {
		if names[i] = strings.TrimSpace(n); names[i] == "" {
			names[i] = fmt.Sprintf("column %d", i+1)
		}
	}
	d.names = names
	d.binds = make([]binding, len(names))
	for i, n := range names {
		d.binds[i] = bindAlias(n)
	}
	if err := d.applyMap(o.Map); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(d.binds, func(b binding) bool { return b.t == tTitle }) {
		return nil, assay.Errorf(assay.Invalid, "no column for the title: name it with --map title=COLUMN; the columns are %s", columnList(names))
	}
	return d, nil
}

// applyMap lets the caller's mapping win over the aliases: a mapped field is read
// from its column only, and that column holds nothing else.
func (d *tableDecoder) applyMap(m map[string]string) error {
	columns := make([]int, 0, len(m))
	paths := make([]string, 0, len(m))
	for path := range m {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		i := slices.Index(d.names, m[path])
		if i < 0 {
			i = slices.IndexFunc(d.names, func(n string) bool { return normalName(n) == normalName(m[path]) })
		}
		if i < 0 {
			return assay.Errorf(assay.Invalid, "--map %s=%s: there is no such column; the columns are %s",
				path, quote(m[path]), columnList(d.names))
		}
		columns = append(columns, i)
		b, _ := targetOf(path)
		for k := range d.binds {
			if d.binds[k].t == b.t && !b.t.many() {
				d.binds[k] = binding{}
			}
		}
	}
	for k, path := range paths {
		d.binds[columns[k]], _ = targetOf(path)
	}
	return nil
}

func columnList(names []string) string {
	const most = 60
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

func (d *tableDecoder) decode(s *scratch, data []byte) {
	t := &s.table
	row := string(data)
	values, reason := d.fields(t.values[:0], row)
	t.values = values
	if reason != "" {
		s.problem("", reason)
		return
	}
	if len(values) != len(d.names) {
		s.problem("", fmt.Sprintf("has %d fields where the header has %d", len(values), len(d.names)))
		return
	}
	if !utf8.ValidString(row) {
		for i, v := range values {
			if !utf8.ValidString(v) {
				s.problem(d.names[i], "is not UTF-8")
				return
			}
		}
	}
	s.readRow(d.o, d.names, d.binds, values)
}

// fields splits one record.
func (d *tableDecoder) fields(dst []string, record string) ([]string, string) {
	if d.tsv {
		return tsvFields(dst, record)
	}
	return csvFields(dst, record, d.comma)
}

var tooManyColumns = fmt.Sprintf("has more than %d columns", MaxColumns)

// csvFields splits a record as RFC 4180 has it. Fields are parts of the record
// wherever they hold no doubled quotes.
func csvFields(dst []string, record string, comma byte) ([]string, string) {
	for {
		if len(dst) == MaxColumns {
			return dst, tooManyColumns
		}
		if record == "" || record[0] != '"' {
			i := strings.IndexByte(record, comma)
			if i < 0 {
				return append(dst, record), ""
			}
			dst = append(dst, record[:i])
			record = record[i+1:]
			continue
		}
		end, doubled := 1, false
		for {
			i := strings.IndexByte(record[end:], '"')
			if i < 0 {
				return dst, "a quote is opened and never closed"
			}
			end += i + 1
			if end == len(record) || record[end] != '"' {
				break
			}
			doubled = true
			end++
		}
		value := record[1 : end-1]
		if doubled {
			value = strings.ReplaceAll(value, `""`, `"`)
		}
		dst = append(dst, value)
		switch {
		case end == len(record):
			return dst, ""
		case record[end] != comma:
			return dst, fmt.Sprintf("field %d: text follows the closing quote", len(dst))
		}
		record = record[end+1:]
	}
}

// tsvFields splits a line at its tabs. A field wholly in quotes loses them, as
// spreadsheets and Google write; any other quote is text.
func tsvFields(dst []string, line string) ([]string, string) {
	for more := true; more; {
		if len(dst) == MaxColumns {
			return dst, tooManyColumns
		}
		var value string
		value, line, more = strings.Cut(line, "\t")
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			inner := value[1 : len(value)-1]
			if strings.IndexByte(inner, '"') < 0 {
				value = inner
			} else if strings.IndexByte(strings.ReplaceAll(inner, `""`, ""), '"') < 0 {
				value = strings.ReplaceAll(inner, `""`, `"`)
			}
		}
		dst = append(dst, value)
	}
	return dst, ""
}

// readRow builds a listing from named values. For each field the best-ranked value
// that is not empty is taken; what is left over is kept as extra fields.
func (s *scratch) readRow(o Options, names []string, binds []binding, values []string) {
	l := s.reset()
	t := &s.table
	t.quoted, t.extras, t.images = t.quoted[:0], t.extras[:0], t.images[:0]
	var best [nTargets]int // index + 1
	for i, v := range values {
		if emptyCell(v) {
			continue
		}
		b := binds[i]
		switch {
		case b.t == tNone:
			t.keep(i, v)
		case b.t == tImages:
			at := len(t.images)
			for at > 0 && t.images[at-1].rank > b.rank {
				at--
			}
			t.images = slices.Insert(t.images, at, imageCell{b.rank, v})
		case b.t == tAttributes:
			if b.name != "" {
				l.Attributes = append(l.Attributes, assay.Attribute{Name: b.name, Value: v})
			} else if !s.attributesCell(v) {
				t.keep(i, v)
			}
		case b.t == tIdentifier:
			l.Seller.Identifiers = append(l.Seller.Identifiers, assay.Identifier{Type: assay.IdentifierType(b.name), Value: strings.TrimSpace(v)})
		case best[b.t] == 0:
			best[b.t] = i + 1
		case b.rank < binds[best[b.t]-1].rank:
			t.keep(best[b.t]-1, values[best[b.t]-1])
			best[b.t] = i + 1
		default:
			t.keep(i, v)
		}
	}
	for target := range best {
		if i := best[target] - 1; i >= 0 && !s.setField(l, binds[i].t, values[i]) {
			t.keep(i, values[i]) // it cannot be read as what it should be
		}
	}
	for _, c := range t.images {
		s.imagesCell(c.value)
	}
	if len(s.images) > 0 {
		l.Images = s.images
	}
	if err := s.rowPrice(l, o, values, best[tPrice]-1, best[tCurrency]-1); err != nil {
		s.fail(err)
		return
	}
	t.addExtras(l, names)
	if l.ID == "" {
		if l.ID = l.SKU; l.ID == "" {
			l.ID = l.URL
		}
	}
	if l.Marketplace == "" {
		l.Marketplace = host(l.URL)
	}
	if len(l.Attributes) > 1 {
		slices.SortStableFunc(l.Attributes, func(a, b assay.Attribute) int { return strings.Compare(a.Name, b.Name) })
		l.Attributes = uniqueAttributes(l.Attributes)
	}
	s.finish(o)
}

func (s *scratch) rowPrice(l *assay.Listing, o Options, values []string, price, currency int) error {
	if price < 0 {
		return nil
	}
	code := ""
	if currency >= 0 {
		code = strings.TrimSpace(values[currency])
	}
	m, err := parsePrice(values[price], code, o)
	if err != nil {
		return within("price", err)
	}
	l.Price = m
	return nil
}

// keep notes a value that no field takes.
func (t *tableScratch) keep(column int, value string) {
	lo := len(t.quoted)
	t.quoted, _ = jsontext.AppendQuote(t.quoted, value)
	t.extras = append(t.extras, extraCell{column, lo, len(t.quoted)})
}

// addExtras gives the listing the values kept, all in one string.
func (t *tableScratch) addExtras(l *assay.Listing, names []string) {
	all := string(t.quoted)
	for _, x := range t.extras {
		l.Extra = append(l.Extra, assay.ExtraField{Name: names[x.column], JSON: all[x.lo:x.hi]})
	}
}

func emptyCell(v string) bool {
	return v == "" || emptyText(v) || len(v) == 4 && strings.EqualFold(v, "null")
}

// setField sets a plain field; ok is false if v is nothing of its kind.
func (s *scratch) setField(l *assay.Listing, t target, v string) (ok bool) {
	switch t {
	case tMarketplace:
		l.Marketplace = marketplaceName(v)
	case tID:
		l.ID = strings.TrimSpace(v)
	case tPageID:
		l.PageID = strings.TrimSpace(v)
	case tTitle:
		l.Title = v
	case tDescription:
		l.Description = v
	case tURL:
		l.URL = strings.TrimSpace(v)
	case tBrand:
		l.Brand = v
	case tCategory:
		l.Category = s.categoryCell(v)
	case tGTIN:
		l.GTIN = placeholder(strings.TrimSpace(v))
	case tMPN:
		l.MPN = placeholder(strings.TrimSpace(v))
	case tSKU:
		l.SKU = strings.TrimSpace(v)
	case tCondition:
		l.Condition, ok = conditionOf(v)
		return ok
	case tQuantity:
		l.Quantity, ok = countOf(v)
		return ok
	case tSold:
		l.Sold, ok = countOf(v)
		return ok
	case tShipFrom:
		l.ShipFrom, ok = countryCode(strings.TrimSpace(v))
		return ok
	case tSellerID:
		l.Seller.ID = strings.TrimSpace(v)
	case tSellerName:
		l.Seller.Name = v
	case tSellerLegalName:
		l.Seller.LegalName = v
	case tSellerCountry:
		l.Seller.Country, ok = countryCode(strings.TrimSpace(v))
		return ok
	case tSellerJoined:
		l.Seller.JoinedAt, ok = timeOf(v)
		return ok
	case tListedAt:
		l.ListedAt, ok = timeOf(v)
		return ok
	case tUpdatedAt:
		l.UpdatedAt, ok = timeOf(v)
		return ok
	}
	return true
}
