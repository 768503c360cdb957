package feed

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// maxTagName is how far a tag's name is looked for.
const maxTagName = 64

// xmlRule cuts <item>…</item> and <entry>…</entry> out of an XML document and
// drops what lies between them. It knows comments, CDATA sections, processing
// instructions, the document type and quoted attributes, so that a tag's text
// inside them ends nothing. An <item> within an item means that the first was
// never closed: it is cut there and the next one goes on.
type xmlRule struct {
	pos   int
	in    bool // within an item
	name  string
	state xmlState
	act   xmlAct
	quote byte
	depth int // of brackets in the document type
	slash bool
}

type xmlState uint8

const (
	xmlText xmlState = iota
	xmlTag
	xmlComment
	xmlCDATA
	xmlPI
	xmlDoctype
)

type xmlAct uint8

const (
	actNone xmlAct = iota
	actOpen        // the tag opens an item
	actClose
)

var xmlEnds = map[xmlState][]byte{xmlComment: []byte("-->"), xmlCDATA: []byte("]]>"), xmlPI: []byte("?>")}

func (r *xmlRule) scan(data []byte, eof bool) (skip int, body span, end int) {
	for {
		switch r.state {
		case xmlText:
			i := bytes.IndexByte(data[r.pos:], '<')
			if i < 0 {
				r.pos = len(data)
				s, b, e := r.wait(data, eof)
				return skip + s, b, e
			}
			r.pos += i
			if !r.in { // what lies before belongs to no item
				data = data[r.pos:]
				skip += r.pos
				r.pos = 0
			}
			known, cut := r.enter(data[r.pos:], eof)
			if cut { // the next item begins where this one has not ended
				n := r.pos
				r.pos, r.in = 0, false
				return skip, span{0, n}, n
			}
			if !known {
				s, b, e := r.wait(data, eof)
				return skip + s, b, e
			}
		case xmlComment, xmlCDATA, xmlPI:
			term := xmlEnds[r.state]
			i := bytes.Index(data[r.pos:], term)
			if i < 0 {
				r.pos = max(r.pos, len(data)-len(term)+1)
				s, b, e := r.wait(data, eof)
				return skip + s, b, e
			}
			r.pos += i + len(term)
			r.state = xmlText
		case xmlDoctype, xmlTag:
			if !r.tagEnd(data) {
				s, b, e := r.wait(data, eof)
				return skip + s, b, e
			}
			act := r.act
			r.state, r.act = xmlText, actNone
			if act == actOpen && r.slash {
				act = actClose // <item/>
			}
			if act == actClose {
				n := r.pos
				r.pos, r.in = 0, false
				return skip, span{0, n}, n
			}
		}
	}
}

// enter looks at markup, which begins with '<', and sets the state; known is
// false if it takes more input to tell, cut is true if it opens an item within
// one.
func (r *xmlRule) enter(markup []byte, eof bool) (known, cut bool) {
	if len(markup) < 2 {
		return r.giveUp(eof, 1), false
	}
	switch markup[1] {
	case '!':
		switch {
		case bytes.HasPrefix(markup, []byte("<!--")):
			r.state = xmlComment
			r.pos += 4
		case bytes.HasPrefix(markup, []byte("<![CDATA[")):
			r.state = xmlCDATA
			r.pos += 9
		case len(markup) < 9 && !eof:
			return false, false
		default:
			r.state, r.depth, r.quote = xmlDoctype, 0, 0
			r.pos += 2
		}
		return true, false
	case '?':
		r.state = xmlPI
		r.pos += 2
		return true, false
	}
	i, close := 1, false
	if markup[1] == '/' {
		i, close = 2, true
	}
	from := i
	for i < len(markup) && i < maxTagName && !strings.ContainsRune(" \t\r\n/><", rune(markup[i])) {
		i++
	}
	if i == len(markup) && i < maxTagName {
		return r.giveUp(eof, 1), false
	}
	name := string(markup[from:i])
	if local := name[strings.IndexByte(name, ':')+1:]; local == "item" || local == "entry" {
		switch {
		case !close && r.in && name == r.name:
			return true, true
		case !close && !r.in:
			r.in, r.name, r.act = true, name, actOpen
		case close && r.in && name == r.name:
			r.act = actClose
		}
	}
	r.state, r.quote, r.slash = xmlTag, 0, false
	r.pos += i
	return true, false
}

// giveUp passes over n bytes that cannot be markup any more, at the input's end.
func (r *xmlRule) giveUp(eof bool, n int) bool {
	if eof {
		r.pos += n
	}
	return eof
}

// tagEnd moves past the '>' that ends a tag or document type. A '<' that cannot
// stand there ends it too: the tag is broken, and what follows need not be.
func (r *xmlRule) tagEnd(data []byte) bool {
	for ; r.pos < len(data); r.pos++ {
		c := data[r.pos]
		switch {
		case c == '<' && r.state == xmlTag:
			return true
		case r.quote != 0:
			if c == r.quote {
				r.quote = 0
			}
		case c == '"' || c == '\'':
			r.quote = c
		case c == '[' && r.state == xmlDoctype:
			r.depth++
		case c == ']' && r.state == xmlDoctype:
			r.depth--
		case c == '>' && (r.state == xmlTag || r.depth <= 0):
			r.pos++
			return true
		}
		r.slash = c == '/'
	}
	return false
}

// wait ends a scan without a record. An item that the input cuts off is given to
// the decoder, whose business it is to say what is wrong.
func (r *xmlRule) wait(data []byte, eof bool) (skip int, body span, end int) {
	if eof && r.in {
		r.reset()
		return 0, span{0, len(data)}, len(data)
	}
	if !r.in {
		skip = r.pos
		r.pos = 0
	}
	return skip, span{}, -1
}

func (r *xmlRule) shed() int      { n := r.pos; r.pos = 0; return n }
func (r *xmlRule) unclosed() bool { return false }
func (r *xmlRule) reset()         { *r = xmlRule{} }

// htmlRule cuts the contents of <script type="application/ld+json"> elements out
// of an HTML document, and drops everything else as it passes, so that a page of
// any size takes no memory. It follows the parts of the HTML standard's tokenizer
// that decide what is a script: comments, quoted attributes, and the elements
// whose content is text.
type htmlRule struct {
	pos   int
	state htmlState
	raw   string // the element whose end tag is looked for
	quote byte
}

type htmlState uint8

const (
	htmlText htmlState = iota
	htmlComment
	htmlTag  // a start tag that decides what follows; it is kept whole
	htmlSkip // any other tag
	htmlRaw  // text up to the end tag of raw
	htmlData // JSON-LD up to </script
)

// maxTag is the longest start tag of a script that is understood.
const maxTag = 64 << 10

// rawElements hold text, not markup (HTML standard, 13.2.6).
var rawElements = map[string]bool{"script": true, "style": true, "textarea": true, "title": true, "iframe": true,
	"noembed": true, "noframes": true, "xmp": true, "noscript": true}

func (r *htmlRule) scan(data []byte, eof bool) (skip int, body span, end int) {
	drop := func(n int) {
		data = data[n:]
		skip += n
		r.pos = 0
	}
	for {
		switch r.state {
		case htmlText:
			i := bytes.IndexByte(data[r.pos:], '<')
			if i < 0 {
				drop(len(data))
				return skip, span{}, -1
			}
			drop(r.pos + i)
			if len(data) < maxTagName && !eof && !bytes.ContainsAny(data[1:], "<>") {
				return skip, span{}, -1 // not enough to tell the tag's name
			}
			r.enter(data)
		case htmlComment:
			i := bytes.Index(data[r.pos:], []byte("-->"))
			if i < 0 {
				drop(max(r.pos, len(data)-2))
				return skip, span{}, -1
			}
			drop(r.pos + i + 3)
			r.state = htmlText
		case htmlTag, htmlSkip:
			if !r.tagEnd(data) {
				if r.state == htmlSkip || len(data) > maxTag {
					r.state = htmlSkip
					drop(r.pos)
				}
				return skip, span{}, -1
			}
			if r.state == htmlSkip {
				r.state = htmlText
			} else if r.state = htmlRaw; r.raw == "script" && isLinkedData(data[:r.pos]) {
				r.state = htmlData
			}
			drop(r.pos)
		case htmlRaw, htmlData:
			i, ok := endTag(data, r.pos, r.raw)
			if !ok {
				r.pos = i
				if r.state == htmlRaw {
					drop(i)
				} else if eof && len(data) > 0 {
					n := len(data)
					r.reset()
					return skip, span{0, n}, n
				}
				return skip, span{}, -1
			}
			found := r.state == htmlData
			r.state = htmlText
			if found {
				r.pos = 0
				return skip, span{0, i}, i
			}
			drop(i)
		}
	}
}

// enter looks at markup that begins with '<' and sets the state.
func (r *htmlRule) enter(markup []byte) {
	r.pos = 1
	if bytes.HasPrefix(markup, []byte("<!--")) {
		r.pos, r.state = 2, htmlComment // "<!-->" is a whole comment
		return
	}
	if len(markup) < 2 {
		return
	}
	c := markup[1] | 0x20
	if c >= 'a' && c <= 'z' {
		n := 1
		for n < len(markup) && n < maxTagName && !strings.ContainsRune(" \t\r\n\f/>", rune(markup[n])) {
			n++
		}
		r.pos, r.quote, r.state = n, 0, htmlSkip
		if name := strings.ToLower(string(markup[1:n])); rawElements[name] {
			r.raw, r.state = name, htmlTag
		}
	} else if markup[1] == '/' || markup[1] == '!' || markup[1] == '?' {
		r.quote, r.state = 0, htmlSkip
	}
}

// tagEnd moves past the '>' of a tag. A quote counts only as an attribute value's
// beginning, directly after '='.
func (r *htmlRule) tagEnd(data []byte) bool {
	for ; r.pos < len(data); r.pos++ {
		c := data[r.pos]
		switch {
		case r.quote == '"' || r.quote == '\'':
			i := bytes.IndexByte(data[r.pos:], r.quote)
			if i < 0 {
				r.pos = len(data)
				return false
			}
			r.pos += i
			r.quote = 0
		case c == '>':
			r.pos++
			return true
		case c == '=':
			r.quote = '=' // a value begins
		case r.quote == '=' && (c == '"' || c == '\''):
			r.quote = c
		case !strings.ContainsRune(" \t\r\n\f", rune(c)):
			r.quote = 0
		}
	}
	return false
}

// endTag finds "</name" in data from pos; without one it returns how far nothing
// can begin.
func endTag(data []byte, pos int, name string) (int, bool) {
	for {
		i := bytes.Index(data[pos:], []byte("</"))
		if i < 0 {
			return max(pos, len(data)-1), false
		}
		pos += i
		rest := data[pos+2:]
		if len(rest) <= len(name) {
			return pos, false
		}
		if strings.EqualFold(string(rest[:len(name)]), name) && strings.ContainsRune(" \t\r\n\f/>", rune(rest[len(name)])) {
			return pos, true
		}
		pos += 2
	}
}

// isLinkedData reports whether a script's start tag says that it holds JSON-LD.
func isLinkedData(tag []byte) bool {
	z := html.NewTokenizer(bytes.NewReader(tag))
	z.SetMaxBuf(maxTag + 1)
	z.Next()
	for more := true; more; {
		var key, value []byte
		if key, value, more = z.TagAttr(); string(key) == "type" {
			kind, _, _ := strings.Cut(string(value), ";")
			return strings.EqualFold(strings.TrimSpace(kind), "application/ld+json")
		}
	}
	return false
}

func (r *htmlRule) shed() int      { n := r.pos; r.pos = 0; return n }
func (r *htmlRule) unclosed() bool { return false }
func (r *htmlRule) reset()         { *r = htmlRule{} }
