package feed

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// googleNS is the namespace of Merchant Center's elements.
const googleNS = "http://base.google.com/ns/1.0"

// maxXMLDepth bounds the nesting within an item. Google's own goes two deep.
const maxXMLDepth = 32

// xmlDecoder reads <item> (RSS 2.0) and <entry> (Atom) elements, one at a time and
// apart from their document, whose namespace prefixes it knows from the start.
// The elements' names are those of Google's TSV columns, and are mapped alike.
type xmlDecoder struct {
	o        Options
	prefixes map[string]bool // bound to googleNS
}

func newXMLDecoder(o Options, head *bufio.Reader) *xmlDecoder {
	return &xmlDecoder{o, googlePrefixes(head)}
}

func (d *xmlDecoder) decode(s *scratch, data []byte) {
	if !utf8.Valid(data) {
		s.problem(invalidElement(data), "is not UTF-8: declare the document's encoding")
		return
	}
	t := &s.table
	t.names, t.values, t.binds = t.names[:0], t.values[:0], t.binds[:0]
	if err := d.readItem(t, string(data)); err != nil {
		s.problem("", xmlReason(err))
		return
	}
	s.readRow(d.o, t.names, t.binds, t.values)
}

// invalidElement names the element whose text holds the first byte that is no
// UTF-8.
func invalidElement(data []byte) string {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			before := string(data[:i])
			open := before[strings.LastIndexByte(before, '<')+1:]
			name, _, ok := strings.Cut(open, ">")
			if name, _, _ = strings.Cut(name, " "); ok && len(name) < maxTagName {
				return normalName(name)
			}
			return ""
		}
		i += n
	}
	return ""
}

// readItem collects the texts of the item's children.
func (d *xmlDecoder) readItem(t *tableScratch, item string) error {
	x := xml.NewDecoder(strings.NewReader(item))
	x.Entity = xml.HTMLEntity // &nbsp; is not XML, but feeds have it; a feed's own entities are not expanded
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var (
		depth  int
		name   string
		google bool
		text   strings.Builder
		link   string
		nGoog  int
	)
	for {
		token, err := x.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxXMLDepth {
				return fmt.Errorf("is nested more than %d deep", maxXMLDepth)
			}
			if depth == 2 {
				name, link = normalName(e.Name.Local), ""
				google = e.Name.Space == googleNS || d.prefixes[e.Name.Space]
				text.Reset()
				for _, a := range e.Attr {
					if name != "link" {
						break
					}
					switch a.Name.Local {
					case "href":
						link = a.Value
					case "rel":
						if a.Value != "alternate" { // Atom: next, self, enclosure …
							name = "link_" + a.Value
						}
					}
				}
			} else if depth > 2 && text.Len() > 0 {
				text.WriteByte(' ')
			}
		case xml.CharData:
			if depth >= 2 {
				text.Write(e)
			}
		case xml.EndElement:
			if depth--; depth != 1 {
				continue
			}
			value := text.String()
			if link != "" && emptyText(value) {
				value = link
			}
			// Google's elements come before RSS's of the same name.
			at := len(t.names)
			if google {
				at = nGoog
				nGoog++
			}
			if len(t.names) >= MaxColumns {
				return errors.New(tooManyColumns)
			}
			b := bindAlias(name)
			t.names = slices.Insert(t.names, at, name)
			t.values = slices.Insert(t.values, at, value)
			t.binds = slices.Insert(t.binds, at, b)
		case xml.Directive:
			return errors.New("holds a document type declaration")
		}
	}
}

// xmlReason says what is wrong without the line number, which counts from the
// item's beginning.
func xmlReason(err error) string {
	var se *xml.SyntaxError
	if !errors.As(err, &se) {
		return err.Error()
	}
	switch {
	case strings.Contains(se.Msg, "invalid character entity"):
		return "has an " + strings.TrimPrefix(se.Msg, "invalid ") + ": a feed's own entities are not expanded"
	case strings.Contains(se.Msg, "unexpected EOF"):
		return "the item is not closed"
	}
	return "is not well-formed: " + se.Msg
}
