package feed

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// marketplaceName reads a marketplace's name or address: https://www.lazada.co.id
// is lazada.co.id.
func marketplaceName(v string) string {
	v = strings.TrimSpace(v)
	if strings.Contains(v, "://") {
		if h := host(v); h != "" {
			return h
		}
	}
	return strings.TrimPrefix(v, "www.")
}

// host returns the host of an address, in lower case and without www., or "".
func host(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		if rest, ok = strings.CutPrefix(url, "//"); !ok {
			return ""
		}
	} else if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		rest = rest[:i]
	}
	return strings.TrimPrefix(strings.ToLower(rest), "www.")
}

// conditionOf reads a condition as feeds and schema.org write it.
func conditionOf(v string) (assay.Condition, bool) {
	v = strings.ToLower(strings.TrimSpace(v))
	v = v[strings.LastIndexByte(v, '/')+1:] // https://schema.org/NewCondition
	v = strings.TrimSuffix(v, "condition")
	switch strings.Trim(v, " _-") {
	case "new", "brand new", "neu", "nuevo", "neuf", "nuovo", "baru", "novo", "全新":
		return assay.ConditionNew, true
	case "refurbished", "reconditioned", "renewed", "generalüberholt", "reconditionné", "reacondicionado":
		return assay.ConditionRefurbished, true
	case "used", "second hand", "second-hand", "pre-owned", "preowned", "damaged", "gebraucht", "usado", "occasion", "usato", "bekas", "二手":
		return assay.ConditionUsed, true
	}
	return "", false
}

// countOf reads a whole number, also as 111.0, which spreadsheets make of it.
func countOf(v string) (assay.Count, bool) {
	v = strings.TrimSpace(v)
	if whole, fraction, ok := strings.Cut(v, "."); ok && fraction != "" && strings.Trim(fraction, "0") == "" {
		v = whole
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return assay.Count{}, false
	}
	return assay.Count{N: n, Known: true}, true
}

// timeOf reads RFC 3339 and its plainer relatives, taken as UTC.
func timeOf(v string) (time.Time, bool) {
	v = strings.TrimSpace(v)
	if t, ok := parseTime(v); ok {
		return t, true
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, v); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// openCell begins to read a cell as JSON, if it looks like a list or an object.
func (s *scratch) openCell(v string) (*jsonReader, bool) {
	v = strings.TrimSpace(v)
	if len(v) < 2 || v[0] != '[' && v[0] != '{' {
		return nil, false
	}
	j := &s.inner
	j.reset(v, []byte(v), jsontext.AllowDuplicateNames(true))
	return j, true
}

// imagesCell reads a list of addresses: JSON, or separated by | ; , or spaces
// where another address follows (addresses may hold each of these signs).
func (s *scratch) imagesCell(v string) {
	add := func(url string) {
		url = strings.Trim(url, " \t\r\n|;,")
		if url == "" || strings.EqualFold(url, "null") || len(s.images) > assay.MaxImages {
			return
		}
		for i := range s.images {
			if s.images[i].URL == url {
				return // the main image stands in the list again
			}
		}
		s.images = append(s.images, assay.Image{URL: url})
	}
	if j, ok := s.openCell(v); ok && v[0] == '[' {
		if ok, err := j.open('[', ""); err == nil && ok {
			for {
				more, err := j.more()
				if err != nil || !more {
					return
				}
				url, err := j.textOf("url", "src", "link", "contentUrl")
				if err != nil {
					return
				}
				add(url)
			}
		}
	}
	for {
		i := nextAddress(v)
		if i < 0 {
			add(v)
			return
		}
		add(v[:i])
		v = v[i:]
	}
}

// nextAddress finds where a second address begins, after a separator.
func nextAddress(v string) int {
	for from := 1; from < len(v); {
		i := strings.Index(v[from:], "http")
		if i < 0 {
			return -1
		}
		i += from
		rest := v[i:]
		if strings.ContainsRune(" \t\r\n|;,", rune(v[i-1])) && (strings.HasPrefix(rest, "http://") || strings.HasPrefix(rest, "https://")) {
			return i
		}
		from = i + 4
	}
	return -1
}

// textOf reads a value as text: a string, a number by its digits, or an object's
// first string member of those named. Anything else is "".
func (j *jsonReader) textOf(members ...string) (string, error) {
	switch k := j.peek(); k {
	case '"':
		raw, err := j.value()
		if err != nil {
			return "", err
		}
		return j.unquote(raw), nil
	case '0', 't', 'f':
		return j.value()
	case '{':
		if _, err := j.dec.ReadToken(); err != nil {
			return "", err
		}
		found, best := "", len(members)
		for {
			name, ok, err := j.name()
			if err != nil || !ok {
				return found, err
			}
			rank := best
			for i, m := range members {
				if m == name && i < best {
					rank = i
				}
			}
			raw, err := j.value()
			if err != nil {
				return "", err
			}
			if rank < best && raw[0] != '{' && raw[0] != '[' && raw[0] != 'n' {
				if found, best = raw, rank; raw[0] == '"' {
					found = j.unquote(raw)
				}
			}
		}
	default:
		_, err := j.value()
		return "", err
	}
}

// categoryCell reads a path: a JSON list of names or of objects with a name, or
// text as it is.
func (s *scratch) categoryCell(v string) string {
	j, ok := s.openCell(v)
	if !ok {
		return v
	}
	if ok, err := j.open('[', ""); err != nil || !ok {
		return v
	}
	var path []string
	for {
		more, err := j.more()
		if err == nil && !more {
			return strings.Join(path, " > ")
		}
		var name string
		if err == nil {
			name, err = j.textOf("name", "title", "label")
		}
		if err != nil {
			return v
		}
		if name != "" {
			path = append(path, name)
		}
	}
}

// attributesCell reads [{"name","value"}] or {"name":"value"}; false leaves the
// listing as it was.
func (s *scratch) attributesCell(v string) bool {
	j, ok := s.openCell(v)
	if !ok {
		return false
	}
	l := &s.listing
	before := len(l.Attributes)
	if s.readPairs(j) != nil {
		l.Attributes = l.Attributes[:before]
		return false
	}
	return true
}

func (s *scratch) readPairs(j *jsonReader) error {
	l := &s.listing
	add := func(name, value string) error {
		if len(l.Attributes) > assay.MaxAttributes {
			return bad("", "are too many")
		}
		if name != "" && value != "" {
			l.Attributes = append(l.Attributes, assay.Attribute{Name: name, Value: value})
		}
		return nil
	}
	if j.peek() == '{' {
		if _, err := j.dec.ReadToken(); err != nil {
			return err
		}
		for {
			name, ok, err := j.name()
			if err != nil || !ok {
				return err
			}
			value, err := j.textOf("value")
			if err == nil {
				err = add(name, value)
			}
			if err != nil {
				return err
			}
		}
	}
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for {
		more, err := j.more()
		if err != nil || !more {
			return err
		}
		if ok, err := j.open('{', `objects {"name","value"}`); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		var name, value string
		for {
			member, ok, err := j.name()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			text, err := j.textOf("value", "name")
			if err != nil {
				return err
			}
			switch member {
			case "name", "key", "label":
				name = text
			case "value":
				value = text
			}
		}
		if err := add(name, value); err != nil {
			return err
		}
	}
}
