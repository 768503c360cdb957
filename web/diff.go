package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sergi/go-diff/diffmatchpatch"

	"assay"
)

// change is one field that differs between two revisions.
type change struct {
	field string // a word of the catalogue's under field.
	list  bool   // the parts are entries, each on a line of its own
	parts []part
}

// part is a piece of text that stayed, went or came.
type part struct {
	kind partKind
	text string
}

type partKind int8

const (
	gone partKind = iota - 1
	same
	come
)

const (
	// diffTime bounds the comparison of two hostile texts; what is left is shown as
	// replaced.
	diffTime = 20 * time.Millisecond
	// diffContext is how many characters of unchanged text are shown beside a change.
	diffContext = 60
	// maxDiffChars is how much of a text is compared, maxPartChars how much of one change
	// is shown, maxParts how many changes of one field.
	maxDiffChars = 20_000
	maxPartChars = 500
	maxParts     = 100
)

// changesBetween lists the fields that differ, in the order of a listing's fields.
func changesBetween(c *visit, before, after *assay.Listing) []change {
	var changes []change
	text := func(field, a, b string) {
		if a != b {
			changes = append(changes, change{field: field, parts: diffText(a, b)})
		}
	}
	whole := func(field, a, b string) {
		if a != b {
			changes = append(changes, change{field: field, parts: slices.DeleteFunc([]part{{gone, a}, {come, b}}, func(p part) bool { return p.text == "" })})
		}
	}
	list := func(field string, a, b []string) {
		if parts := diffList(a, b); parts != nil {
			changes = append(changes, change{field: field, list: true, parts: parts})
		}
	}
	text("title", before.Title, after.Title)
	whole("price", before.Price.String(), after.Price.String())
	list("images", imageNames(before.Images), imageNames(after.Images))
	list("variants", variantLines(before), variantLines(after))
	text("brand", before.Brand, after.Brand)
	text("category", before.Category, after.Category)
	whole("condition", string(before.Condition), string(after.Condition))
	whole("gtin", before.GTIN, after.GTIN)
	whole("mpn", before.MPN, after.MPN)
	whole("ship_from", before.ShipFrom, after.ShipFrom)
	whole("url", before.URL, after.URL)
	whole("seller", sellerLine(before), sellerLine(after))
	list("attributes", attributeLines(before), attributeLines(after))
	text("body", before.Description, after.Description)
	return changes
}

func imageNames(images []assay.Image) []string {
	names := make([]string, len(images))
	for i, im := range images {
		switch {
		case im.URL != "":
			names[i] = im.URL
		case im.SHA256 != "":
			names[i] = im.SHA256
		default:
			names[i] = strconv.Itoa(len(im.Data)) + " B"
		}
	}
	return names
}

func variantLines(l *assay.Listing) []string {
	lines := make([]string, len(l.Variants))
	for i := range l.Variants {
		v := &l.Variants[i]
		lines[i] = joined(" · ", v.ID, v.Title, v.Price.String(), v.GTIN)
	}
	return lines
}

func attributeLines(l *assay.Listing) []string {
	lines := make([]string, len(l.Attributes))
	for i, a := range l.Attributes {
		lines[i] = a.Name + ": " + a.Value
	}
	return lines
}

func sellerLine(l *assay.Listing) string {
	return joined(" · ", l.Seller.ID, l.Seller.Name, l.Seller.Country)
}

// joined joins what is not empty.
func joined(by string, values ...string) string {
	var there []string
	for _, v := range values {
		if v != "" {
			there = append(there, v)
		}
	}
	return strings.Join(there, by)
}

// diffText compares two texts character by character and joins what reads as one
// change (Myers' algorithm and the semantic clean-up of diff-match-patch).
func diffText(a, b string) []part {
	d := diffmatchpatch.New()
	d.DiffTimeout = diffTime
	diffs := d.DiffCleanupSemantic(d.DiffMainRunes(firstChars(a), firstChars(b), false))
	var parts []part
	for i, x := range diffs {
		kind := partKind(x.Type)
		text := x.Text
		if kind == same {
			text = shortened(text, i > 0, i < len(diffs)-1)
		} else if r := []rune(text); len(r) > maxPartChars {
			text = string(r[:maxPartChars]) + " …"
		}
		if len(parts) == maxParts {
			return append(parts, part{same, " …"})
		}
		parts = append(parts, part{kind, text})
	}
	return parts
}

func firstChars(s string) []rune {
	r := []rune(s)
	return r[:min(len(r), maxDiffChars)]
}

// shortened leaves out the middle of long text that did not change, or the end that no
// change is beside.
func shortened(s string, before, after bool) string {
	r := []rune(s)
	keep := 0
	var head, tail []rune
	if before {
		keep, head = keep+diffContext, r[:min(len(r), diffContext)]
	}
	if after {
		keep, tail = keep+diffContext, r[max(0, len(r)-diffContext):]
	}
	if len(r) <= keep+1 {
		return s
	}
	return string(head) + " … " + string(tail)
}

// diffList compares two lists whose order says nothing: what went, then what came.
func diffList(a, b []string) []part {
	count := map[string]int{}
	for _, s := range b {
		count[s]++
	}
	var parts []part
	for _, s := range a {
		if count[s] > 0 {
			count[s]--
			continue
		}
		parts = appendEntry(parts, gone, s)
	}
	for _, s := range b {
		if count[s] > 0 {
			count[s]--
			parts = appendEntry(parts, come, s)
		}
	}
	return parts
}

// appendEntry adds an entry of a list, as far as it is shown.
func appendEntry(parts []part, kind partKind, s string) []part {
	switch {
	case len(parts) > maxParts:
		return parts
	case len(parts) == maxParts:
		return append(parts, part{same, "…"})
	}
	short, whole := cut(s, maxPartChars)
	if !whole {
		short += " …"
	}
	return append(parts, part{kind, short})
}
