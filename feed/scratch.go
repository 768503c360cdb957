package feed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// scratch is what decoding a record needs and keeps for the next one. It belongs to
// one Batch.
type scratch struct {
	file    string
	line    int
	visit   func(*assay.Listing, *assay.Problem)
	listing assay.Listing
	images  []assay.Image // backs the listing's and its variants' images
	json    jsonReader
	inner   jsonReader // for JSON inside cells
	table   tableScratch
}

// reset empties the listing and keeps its slices.
func (s *scratch) reset() *assay.Listing {
	l := &s.listing
	*l = assay.Listing{
		Variants:   l.Variants[:0],
		Attributes: l.Attributes[:0],
		Extra:      l.Extra[:0],
		Seller:     assay.Seller{Identifiers: l.Seller.Identifiers[:0]},
	}
	s.images = s.images[:0]
	return l
}

func (s *scratch) problem(field, reason string) {
	// The record's own text does not outlive the visit; a problem does.
	s.visit(nil, &assay.Problem{File: s.file, Line: s.line, Field: strings.Clone(field), Reason: strings.Clone(reason)})
}

// fail reports err, which is a *assay.Problem or says what is wrong with the
// record's syntax.
func (s *scratch) fail(err error) {
	var p *assay.Problem
	if !errors.As(err, &p) {
		p = syntaxProblem(err)
	}
	s.problem(p.Field, p.Reason)
}

// finish checks what every listing must have and hands it over.
func (s *scratch) finish(o Options) {
	l := &s.listing
	if l.Marketplace == "" {
		l.Marketplace = o.Marketplace
	}
	if err := check(l); err != nil {
		s.fail(err)
		return
	}
	if len(l.Attributes) > 1 || len(l.Extra) > 1 || len(l.Seller.Identifiers) > 1 {
		l.Normalize()
		l.Extra = uniqueExtra(l.Extra)
	}
	s.visit(l, nil)
}

// check applies the format's rules that all inputs share.
func check(l *assay.Listing) error {
	switch {
	case emptyText(l.Marketplace):
		return bad("marketplace", "is missing")
	case emptyText(l.ID):
		return bad("id", "is missing")
	case emptyText(l.Title):
		return bad("title", "is missing")
	case tooLong(l.Title, assay.MaxTitleChars):
		return bad("title", fmt.Sprintf("is longer than %d characters", assay.MaxTitleChars))
	case tooLong(l.Description, assay.MaxDescriptionChars):
		return bad("description", fmt.Sprintf("is longer than %d characters", assay.MaxDescriptionChars))
	case len(l.Variants) > assay.MaxVariants:
		return bad("variants", fmt.Sprintf("are more than %d", assay.MaxVariants))
	case len(l.Images) > assay.MaxImages:
		return bad("images", fmt.Sprintf("are more than %d", assay.MaxImages))
	case len(l.Attributes) > assay.MaxAttributes:
		return bad("attributes", fmt.Sprintf("are more than %d", assay.MaxAttributes))
	case len(l.Seller.Identifiers) > assay.MaxIdentifiers:
		return bad("seller.identifiers", fmt.Sprintf("are more than %d", assay.MaxIdentifiers))
	case tooLong(l.Category, assay.MaxNameChars):
		return bad("category", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	case tooLong(l.Brand, assay.MaxNameChars):
		return bad("brand", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	case tooLong(l.MPN, assay.MaxNameChars):
		return bad("mpn", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	case len(l.GTIN) > maxGTIN:
		return bad("gtin", fmt.Sprintf("is longer than %d bytes", maxGTIN))
	case len(l.URL) > assay.MaxURLBytes:
		return bad("url", fmt.Sprintf("is longer than %d bytes", assay.MaxURLBytes))
	case tooLong(l.SKU, assay.MaxNameChars):
		return bad("sku", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	case tooLong(l.Seller.Name, assay.MaxNameChars):
		return bad("seller.name", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	case tooLong(l.Seller.LegalName, assay.MaxNameChars):
		return bad("seller.legal_name", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
	}
	for _, key := range [...]struct{ field, value string }{{"marketplace", l.Marketplace}, {"id", l.ID}, {"page_id", l.PageID}, {"seller.id", l.Seller.ID}} {
		if reason := keyFault(key.value); reason != "" {
			return bad(key.field, reason)
		}
	}
	for i := range l.Seller.Identifiers {
		if tooLong(l.Seller.Identifiers[i].Value, assay.MaxNameChars) {
			return bad("seller.identifiers["+strconv.Itoa(i)+"].value", fmt.Sprintf("is longer than %d characters", assay.MaxNameChars))
		}
	}
	if i := longURL(l.Images); i >= 0 {
		return bad("images["+strconv.Itoa(i)+"].url", fmt.Sprintf("is longer than %d bytes", assay.MaxURLBytes))
	}
	for i := range l.Variants {
		v := &l.Variants[i]
		field := ""
		reason := ""
		switch {
		case tooLong(v.Title, assay.MaxTitleChars):
			field, reason = "title", fmt.Sprintf("is longer than %d characters", assay.MaxTitleChars)
		case len(v.Images) > assay.MaxImages:
			field, reason = "images", fmt.Sprintf("are more than %d", assay.MaxImages)
		case len(v.GTIN) > maxGTIN:
			field, reason = "gtin", fmt.Sprintf("is longer than %d bytes", maxGTIN)
		default:
			if reason = keyFault(v.ID); reason != "" {
				field = "id"
			} else if j := longURL(v.Images); j >= 0 {
				field, reason = "images["+strconv.Itoa(j)+"].url", fmt.Sprintf("is longer than %d bytes", assay.MaxURLBytes)
			} else {
				continue
			}
		}
		return bad(variantPath(i)+"."+field, reason)
	}
	return nil
}

// keyFault says why a text cannot name anything: names are compared, stored as keys
// and printed.
func keyFault(s string) string {
	if len(s) > assay.MaxKeyBytes {
		return fmt.Sprintf("is longer than %d bytes", assay.MaxKeyBytes)
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return "holds a control character"
		}
	}
	return ""
}

// longURL returns the first image whose address is too long, −1 if none is.
func longURL(images []assay.Image) int {
	for i := range images {
		if len(images[i].URL) > assay.MaxURLBytes {
			return i
		}
	}
	return -1
}

// maxGTIN bounds the text of a GTIN. Whether it is one is for screening to say: a
// bad one is a signal, and must not keep the listing from being looked at.
const maxGTIN = 64

// maxExtra bounds the fields of one record that the format does not know.
const maxExtra = 10_000

func variantPath(i int) string { return "variants[" + strconv.Itoa(i) + "]" }

func bad(field, reason string) *assay.Problem {
	return &assay.Problem{Field: field, Reason: reason}
}

// within puts a level in front of a Problem's field.
func within(path string, err error) error {
	p, ok := err.(*assay.Problem)
	if !ok {
		return err
	}
	if p.Field == "" || p.Field[0] == '[' {
		p.Field = path + p.Field
	} else {
		p.Field = path + "." + p.Field
	}
	return p
}

// emptyText is strings.TrimSpace(s) == "", told by the first letter where it can be.
func emptyText(s string) bool {
	if s != "" && s[0] > ' ' && s[0] < utf8.RuneSelf {
		return false
	}
	return strings.TrimSpace(s) == ""
}

// tooLong counts characters only where the bytes leave a doubt.
func tooLong(s string, chars int) bool {
	return len(s) > chars && utf8.RuneCountInString(s) > chars
}

// placeholder empties what people type into a field that they have to fill in.
func placeholder(s string) string {
	if len(s) > len("does not apply") {
		return s
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "n/a", "does not apply", "null", "none", "-":
		return ""
	}
	return s
}

// uniqueExtra keeps the first of sorted extra fields with one name, so that they
// can be written as one object.
func uniqueExtra(extra []assay.ExtraField) []assay.ExtraField {
	n := 1
	for i := 1; i < len(extra); i++ {
		if extra[i].Name != extra[n-1].Name {
			extra[n] = extra[i]
			n++
		}
	}
	return extra[:min(n, len(extra))]
}

// uniqueAttributes joins sorted attributes of one name, as the format's object has
// each name once: "Style: Boho; Chic".
func uniqueAttributes(attrs []assay.Attribute) []assay.Attribute {
	n := 1
	for i := 1; i < len(attrs); i++ {
		last := &attrs[n-1]
		switch {
		case attrs[i].Name != last.Name:
			attrs[n] = attrs[i]
			n++
		case attrs[i].Value != last.Value:
			last.Value += "; " + attrs[i].Value
		}
	}
	return attrs[:min(n, len(attrs))]
}

// syntaxProblem says in a feed's words what the JSON reader found.
func syntaxProblem(err error) *assay.Problem {
	var se *jsontext.SyntacticError
	if !errors.As(err, &se) {
		return bad("", strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	reason := ""
	switch {
	case errors.Is(se.Err, jsontext.ErrDuplicateName):
		reason = "is given twice"
	case se.Err != nil && strings.Contains(se.Err.Error(), "unexpected EOF"):
		reason = "the JSON ends early"
	case se.Err != nil:
		reason = fmt.Sprintf("%s (byte %d of the record)", strings.TrimPrefix(se.Err.Error(), "jsontext: "), se.ByteOffset+1)
	default:
		reason = "is not JSON"
	}
	return bad(pointerPath(string(se.JSONPointer)), reason)
}

// pointerPath writes a JSON Pointer as the formats write a field: variants[2].title.
func pointerPath(p string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(p, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if b.Len() > 200 {
			return strings.ToValidUTF8(b.String()[:200], "") + "…"
		}
		if _, err := strconv.Atoi(part); err == nil && b.Len() > 0 {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}
