package feed

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// jsonReader walks over one JSON text. Strings it gives are parts of src wherever
// they hold no escapes.
type jsonReader struct {
	dec  jsontext.Decoder
	in   bytes.Buffer
	src  string // the same bytes as in
	text []byte

	escapes bool // src has a backslash somewhere; most records have none

	// Which members an object has had, by memberBit, at each depth. twice says that
	// a bit came again: the object may have two members of one name.
	members [maxDepth]uint64
	depth   int
	twice   bool
}

// maxDepth is how deep the members of objects are watched; the formats' own
// objects are less deep.
const maxDepth = 8

func (j *jsonReader) reset(src string, data []byte, opts ...jsontext.Options) {
	j.src, j.depth, j.twice = src, 0, false
	j.escapes = strings.IndexByte(src, '\\') >= 0
	j.in = *bytes.NewBuffer(data)
	j.dec.Reset(&j.in, opts...)
}

// memberBit gives a name one of 64 bits. The factors are chosen so that no two
// members of a listing or of a seller share one.
func memberBit(name string) uint64 {
	if name == "" {
		return 1
	}
	return 1 << ((len(name) + int(name[0])*4 + int(name[len(name)-1])*28) & 63)
}

// peek returns the first character of the next value, name or end; '0' stands for
// every number's, and 0 for no more input. It only looks: whether the commas and
// colons before are in order is for the decoder, which reads next, to say.
func (j *jsonReader) peek() jsontext.Kind {
	_, k := j.ahead()
	return k
}

func (j *jsonReader) ahead() (int, jsontext.Kind) {
	for i := int(j.dec.InputOffset()); i < len(j.src); i++ {
		switch c := j.src[i]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
		case '-', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return i, '0'
		default:
			return i, jsontext.Kind(c)
		}
	}
	return len(j.src), 0
}

// value reads the next value (or name) and returns its text. Plain values are read
// as tokens, which is the decoder's faster way.
func (j *jsonReader) value() (string, error) {
	start, k := j.ahead()
	var err error
	if k == '{' || k == '[' || k == '}' || k == ']' {
		_, err = j.dec.ReadValue()
	} else {
		_, err = j.dec.ReadToken()
	}
	if err != nil {
		return "", err
	}
	return j.src[start:j.dec.InputOffset()], nil
}

// name reads the next member's name, unquoted; ok is false at the object's end,
// which is read.
func (j *jsonReader) name() (name string, ok bool, err error) {
	start, k := j.ahead()
	if _, err := j.dec.ReadToken(); err != nil || k == '}' {
		j.depth--
		return "", false, err
	}
	name = j.unquote(j.src[start:j.dec.InputOffset()])
	members, bit := &j.members[(j.depth)&(maxDepth-1)], memberBit(name)
	j.twice = j.twice || *members&bit != 0
	*members |= bit
	return name, true, nil
}

// enter reads the beginning of an object.
func (j *jsonReader) enter() error {
	j.depth++
	j.members[j.depth&(maxDepth-1)] = 0
	_, err := j.dec.ReadToken()
	return err
}

func (j *jsonReader) unquote(raw string) string {
	if !j.escapes || strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	j.text, _ = jsontext.AppendUnquote(j.text[:0], raw)
	return string(j.text)
}

// open reads the beginning of an object or array; ok is false for null, which is
// read.
func (j *jsonReader) open(kind jsontext.Kind, what string) (ok bool, err error) {
	switch k := j.peek(); k {
	case kind:
		if kind == '{' {
			return true, j.enter()
		}
		_, err := j.dec.ReadToken()
		return true, err
	case 'n':
		_, err := j.dec.ReadToken()
		return false, err
	case '"', '0', 't', 'f', '{', '[':
		return false, bad("", "must be "+what+", not "+kindName(byte(k)))
	default:
		_, err := j.dec.ReadToken() // whose error it is
		return false, err
	}
}

// more reports whether an array goes on, and reads its end.
func (j *jsonReader) more() (bool, error) {
	if j.peek() != ']' {
		return true, nil
	}
	_, err := j.dec.ReadToken()
	return false, err
}

// str reads a string; null leaves dst.
func (j *jsonReader) str(dst *string) error {
	raw, err := j.value()
	if err != nil {
		return err
	}
	switch raw[0] {
	case '"':
		*dst = j.unquote(raw)
	case 'n':
	default:
		return bad("", "must be a string, not "+kindName(raw[0]))
	}
	return nil
}

func kindName(c byte) string {
	switch c {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// gtin reads a string, or a number as many feeds have it, by its digits.
func (j *jsonReader) gtin(dst *string) error {
	raw, err := j.value()
	if err != nil {
		return err
	}
	switch c := raw[0]; {
	case c == '"':
		*dst = placeholder(j.unquote(raw))
	case c >= '0' && c <= '9':
		*dst = raw
	case c == 'n':
	default:
		return bad("", "must be a string, not "+kindName(c))
	}
	return nil
}

func (j *jsonReader) condition(dst *assay.Condition) error {
	var text string
	if err := j.str(&text); err != nil {
		return err
	}
	if *dst = assay.Condition(text); !dst.Valid() {
		return bad("", quote(text)+" is none of new, refurbished, used")
	}
	return nil
}

func (j *jsonReader) country(dst *string) error {
	var text string
	if err := j.str(&text); err != nil {
		return err
	}
	code, ok := countryCode(text)
	if !ok {
		return bad("", quote(text)+" is not a country's code of two letters (ISO 3166-1)")
	}
	*dst = code
	return nil
}

// countryCode returns a code of two letters in upper case; the empty text is no
// country.
func countryCode(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if len(s) != 2 || !letter(s[0]) || !letter(s[1]) {
		return "", false
	}
	return strings.ToUpper(s), true
}

func letter(c byte) bool { c |= 0x20; return c >= 'a' && c <= 'z' }

// count reads an integer from its digits.
func (j *jsonReader) count(dst *assay.Count) error {
	raw, err := j.value()
	if err != nil {
		return err
	}
	if raw[0] == 'n' {
		return nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	switch {
	case err != nil:
		return bad("", fmt.Sprintf("must be an integer, not %.40s", raw))
	case n < 0:
		return bad("", "is negative")
	}
	*dst = assay.Count{N: n, Known: true}
	return nil
}

func (j *jsonReader) time(dst *time.Time) error {
	var text string
	if err := j.str(&text); err != nil || text == "" {
		return err
	}
	t, ok := parseTime(text)
	if !ok {
		return bad("", quote(text)+" is not a time as in 2026-11-23T15:04:05Z (RFC 3339)")
	}
	*dst = t
	return nil
}

// parseTime reads an RFC 3339 time, as UTC.
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	t = t.UTC()
	if err != nil || t.Year() < 1 || t.Year() > 9999 { // UTC may leave the years that can be written
		return time.Time{}, false
	}
	return t, true
}

func (j *jsonReader) hexDigits(dst *string) error {
	var text string
	if err := j.str(&text); err != nil || text == "" {
		return err
	}
	var sum [32]byte
	if len(text) != 64 {
		return bad("", fmt.Sprintf("must have 64 hex digits, not %d characters", len(text)))
	}
	if _, err := hex.Decode(sum[:], []byte(text)); err != nil {
		return bad("", "must have 64 hex digits")
	}
	*dst = strings.ToLower(text)
	return nil
}
