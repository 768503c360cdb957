package web

import (
	"net/url"
	"strings"

	"golang.org/x/text/unicode/norm"

	"assay"
	"assay/screen"
)

// What the page of a finding says of a listing, field by field.

// textField is a short text of a listing that was searched for names.
type textField struct{ name, where, value string }

// textFields lists the texts of a listing besides title and description.
func textFields(l *assay.Listing) []textField {
	var fields []textField
	add := func(name, where, value string) {
		if value != "" {
			fields = append(fields, textField{name, where, value})
		}
	}
	add("brand", "brand", l.Brand)
	add("category", "", l.Category)
	add("condition", "", string(l.Condition))
	add("gtin", "", l.GTIN)
	add("mpn", "", l.MPN)
	add("sku", "", l.SKU)
	add("ship_from", "", l.ShipFrom)
	for i, a := range l.Attributes {
		if i == maxAttributesShown {
			break
		}
		add(attributePrefix+a.Name, "attributes."+a.Name, a.Value)
	}
	return fields
}

const (
	attributePrefix    = "attribute " // no field of the format has a space
	maxAttributesShown = 40
	maxVariantsShown   = 100
)

func fieldName(c *visit, f textField) string {
	if name, ok := strings.CutPrefix(f.name, attributePrefix); ok {
		return name
	}
	return c.Say("field." + f.name)
}

func shownText(s string) string {
	short, _ := cut(s, maxShown)
	return short
}

func shownVariants(l *assay.Listing) []assay.Variant {
	return l.Variants[:min(len(l.Variants), maxVariantsShown)]
}

func variantWhere(l *assay.Listing, i int) string { return "variants." + screen.VariantName(l, i) }

func isVariant(v *findingView, i int) bool {
	return v.finding.Variant != "" && v.finding.Variant == screen.VariantName(v.listing, i)
}

func moneyOf(m assay.Money) (amount, currency string) {
	if m.IsZero() {
		return "", ""
	}
	return m.Decimal(), m.Currency
}

func counted(c *visit, n assay.Count) string {
	if !n.Known {
		return "–"
	}
	return c.Number(int(n.N))
}

func photoAlt(c *visit, p pictureView, i int) string {
	if p.of != "" {
		return c.Say("photo.variant_alt", "n", i+1, "variant", p.of)
	}
	return c.Say("photo.alt", "n", i+1)
}

// sellerFacts are what the marketplace says of the seller, and what of it the one who
// looks may know.
func sellerFacts(c *visit, v *findingView) []namedValue {
	var facts []namedValue
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, namedValue{c.Say("seller." + name), value})
		}
	}
	for i := range v.finding.Contributions {
		if k := &v.finding.Contributions[i]; k.Signal == assay.SignalChannel {
			add("standing", c.why(k))
		}
	}
	if v.listing == nil {
		return facts
	}
	s := &v.listing.Seller
	add("legal_name", s.LegalName)
	add("country", s.Country)
	add("ship_from", v.listing.ShipFrom)
	if !s.JoinedAt.IsZero() {
		joined := dayOf(s.JoinedAt)
		if age := v.finding.FoundAt.Sub(s.JoinedAt); age >= 0 {
			joined += " · " + c.Count("seller.age", int(age.Hours()/24))
		}
		add("joined", joined)
	}
	for i, id := range s.Identifiers {
		if i == maxAttributesShown {
			break
		}
		facts = append(facts, namedValue{c.SayOr("identifier."+string(id.Type), string(id.Type)), id.Value})
	}
	return facts
}

// webAddress is a listing's URL if it can be opened from a page: http or https, with a
// host, and nothing that hides it. Anything else of a seller's is no link.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

func allLevels() []assay.Level { return []assay.Level{assay.Block, assay.Review, assay.Clear} }

// namesOf lists the characters of a disguise that are not what they look like. A wide or
// a styled form of the same letter (Unicode's compatibility forms) needs no name.
func namesOf(row []letter) []string {
	var names []string
	for _, l := range row {
		if l.differs && l.name != "" && !strings.EqualFold(norm.NFKC.String(l.written), l.read) {
			text := l.written + " " + l.name
			if l.read != "" {
				text += " → " + l.read
			}
			names = append(names, text)
		}
	}
	return names
}

// priceMoved reports whether the reference says something else of the price today than
// the finding does.
func priceMoved(v *findingView) bool {
	for i := range v.finding.Contributions {
		if k := &v.finding.Contributions[i]; k.Signal == assay.SignalPrice {
			return k.Points != v.prices.Points
		}
	}
	return true
}

func binCount(v *findingView) int {
	n := 0
	for _, b := range v.prices.Bins {
		n += b.Count
	}
	return n
}
