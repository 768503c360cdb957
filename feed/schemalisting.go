package feed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// emit hands over the listing that a product and one of its offers make.
func (w *walker) emit(p *schemaProduct, o *schemaOffer, several bool, i int) error {
	s := w.s
	l := s.reset()
	keep := *l
	*l = p.listing
	l.Variants, l.Extra, l.Seller.Identifiers = keep.Variants, keep.Extra, keep.Seller.Identifiers
	l.Attributes = append(keep.Attributes, p.listing.Attributes...)
	if o.url != "" {
		if l.PageID == "" && several {
			l.PageID = l.URL
		}
		l.URL = o.url
	}
	if p.properties != "" {
		s.attributesCell(p.properties)
	}
	slices.SortStableFunc(l.Attributes, func(a, b assay.Attribute) int { return strings.Compare(a.Name, b.Name) })
	if len(l.Attributes) > 1 {
		l.Attributes = uniqueAttributes(l.Attributes)
	}
	if o.condition != "" {
		l.Condition = o.condition
	}
	if o.mpn != "" {
		l.MPN = placeholder(o.mpn)
	}
	if o.gtin != "" {
		l.GTIN = placeholder(o.gtin)
	}
	l.Quantity = o.quantity
	var err error
	if l.Price, err = w.price(o.price, o.currency); err != nil {
		return within("price", err)
	}
	seller := o.seller
	if seller == "" {
		seller = p.seller
	}
	if err := w.seller(seller, &l.Seller); err != nil {
		return within("seller", err)
	}
	for _, url := range o.images {
		l.Images = append(l.Images[:len(l.Images):len(l.Images)], assay.Image{URL: url})
	}
	if err := w.productVariants(p, l); err != nil {
		return err
	}
	w.name(p, o, l, several, i)
	for _, extra := range [][]assay.ExtraField{p.extra, o.extra} {
		for _, x := range extra {
			if err := s.addExtra(x.Name, x.JSON); err != nil {
				return within(x.Name, err)
			}
		}
	}
	s.finish(w.o)
	return nil
}

// name gives the listing its names: marketplace, offer and page.
func (w *walker) name(p *schemaProduct, o *schemaOffer, l *assay.Listing, several bool, i int) {
	product := firstOf(p.id, p.listing.SKU, p.group, p.listing.URL)
	if o.sku != "" {
		l.SKU = o.sku
	}
	if several {
		l.PageID = firstOf(product, l.PageID)
		l.ID = firstOf(o.id, o.sku, distinctURL(o.url, p.listing.URL))
		if l.ID == "" {
			// Offers without a name of their own are told apart by their seller,
			// else by their place.
			l.ID = product + "#" + firstOf(l.Seller.ID, l.Seller.Name, strconv.Itoa(i+1))
		}
	} else {
		l.PageID = p.group
		l.ID = firstOf(o.id, o.sku, p.id, p.listing.SKU, p.group, l.URL)
	}
	if l.Marketplace = host(l.URL); l.Marketplace == "" {
		l.Marketplace = host(p.listing.URL)
	}
}

// distinctURL is an offer's address if it is not just the product's.
func distinctURL(offer, product string) string {
	if offer == product {
		return ""
	}
	return offer
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// productVariants makes variants of a ProductGroup's members.
func (w *walker) productVariants(p *schemaProduct, l *assay.Listing) error {
	for i, raw := range p.variants {
		if raw[0] != '{' {
			continue // a reference to a node elsewhere
		}
		v, err := w.readProduct(raw)
		if err != nil {
			return within(variantPath(i), err)
		}
		offers, err := w.readOffers(v.offers, nil, 0)
		if err != nil {
			return within(variantPath(i), err)
		}
		variant := assay.Variant{
			ID:     firstOf(v.id, v.listing.SKU, v.listing.URL),
			Title:  v.listing.Title,
			GTIN:   v.listing.GTIN,
			Images: v.listing.Images,
		}
		if len(offers) > 0 {
			if variant.Price, err = w.price(offers[0].price, offers[0].currency); err != nil {
				return within(variantPath(i)+".price", err)
			}
			variant.Quantity = offers[0].quantity
			variant.ID = firstOf(variant.ID, offers[0].sku, offers[0].url)
			if l.Seller.Name == "" && l.Seller.ID == "" {
				if err := w.seller(offers[0].seller, &l.Seller); err != nil {
					return within("seller", err)
				}
			}
			if l.URL == "" {
				l.URL = firstOf(offers[0].url, v.listing.URL)
			}
		}
		l.Variants = append(l.Variants, variant)
	}
	return nil
}

// price reads a number by its digits and a string by the rule for texts.
func (w *walker) price(raw, currency string) (assay.Money, error) {
	if absentPrice(raw) {
		return assay.Money{}, nil
	}
	c := raw[0]
	switch {
	case c == '-' || c >= '0' && c <= '9':
		if currency == "" {
			currency = w.o.Currency
		}
		if currency == "" {
			return assay.Money{}, bad("currency", "is missing (give a fixed one with --currency)")
		}
		return assay.ParseMoney(roundResidue(raw), currency)
	case c == '"' || c == '[':
		text, err := w.text(raw)
		if err != nil {
			return assay.Money{}, err
		}
		return parsePrice(text, strings.TrimSpace(currency), w.o)
	}
	return assay.Money{}, bad("", "must be a number or a string, not "+kindName(c))
}

// seller reads an Organization or Person, or a name.
func (w *walker) seller(raw string, s *assay.Seller) (err error) {
	if raw == "" {
		return nil
	}
	if raw[0] == '[' {
		first := ""
		if err := w.eachElement(raw, func(v string) error { first = firstOf(first, v); return nil }); err != nil {
			return err
		}
		if raw = first; raw == "" || raw[0] == '[' {
			return nil
		}
	}
	if raw[0] != '{' {
		s.Name, err = w.text(raw)
		return err
	}
	identifier := func(kind assay.IdentifierType, value string) {
		if value != "" && len(s.Identifiers) <= assay.MaxIdentifiers {
			s.Identifiers = append(s.Identifiers, assay.Identifier{Type: kind, Value: value})
		}
	}
	return w.eachMember(raw, func(name, value string) error {
		text, err := w.text(value, "name", "value", "@id")
		if err != nil {
			return err
		}
		switch name {
		case "name":
			s.Name = text
		case "legalName":
			s.LegalName = text
		case "identifier":
			s.ID = text
		case "@id":
			s.ID = firstOf(s.ID, text)
		case "telephone":
			identifier("phone", text)
		case "email":
			identifier("email", text)
		case "url", "sameAs":
			identifier("domain", host(text))
		case "vatID", "taxID", "leiCode", "duns":
			identifier("licence", text)
		case "address":
			identifier("address", w.address(value, s))
		}
		return nil
	})
}

// address joins a PostalAddress to one line and takes the country from it.
func (w *walker) address(raw string, s *assay.Seller) string {
	if raw[0] != '{' {
		text, _ := w.text(raw)
		return text
	}
	var parts [5]string
	_ = w.eachMember(raw, func(name, value string) error { // a part that cannot be read is left out
		text, err := w.text(value, "name", "@id")
		for i, part := range [...]string{"streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry"} {
			if name == part && err == nil {
				parts[i] = text
			}
		}
		return nil
	})
	if code, ok := countryCode(parts[4]); ok {
		s.Country = code
	}
	return strings.Join(slices.DeleteFunc(parts[:], func(p string) bool { return p == "" }), ", ")
}

// category reads text, a list (its longest path, or a path itself), or an object.
func (w *walker) category(raw string) (string, error) {
	if raw[0] != '[' {
		return w.text(raw, "name", "@value")
	}
	var path []string
	err := w.eachElement(raw, func(v string) error {
		text, err := w.text(v, "name", "@value")
		if text != "" {
			path = append(path, text)
		}
		return err
	})
	return strings.Join(path, " > "), err
}

// images reads an address, an ImageObject, or a list of these.
func (w *walker) images(raw string, images []assay.Image) ([]assay.Image, error) {
	err := w.eachElement(raw, func(v string) error {
		url, err := w.text(v, "contentUrl", "url", "@id", "thumbnailUrl")
		if err != nil || url == "" {
			return err
		}
		if len(images) >= assay.MaxImages {
			return bad("images", fmt.Sprintf("are more than %d", assay.MaxImages))
		}
		if !slices.ContainsFunc(images, func(im assay.Image) bool { return im.URL == url }) {
			images = append(images, assay.Image{URL: url})
		}
		return nil
	})
	return images, err
}

// text reads a value as text: a string, a number by its digits, an object's member
// of the first name it has, or a list's first text.
func (w *walker) text(raw string, members ...string) (string, error) {
	switch raw[0] {
	case 'n':
		return "", nil
	case '[':
		found := ""
		err := w.eachElement(raw, func(v string) error {
			if found != "" || v[0] == '[' {
				return nil
			}
			text, err := w.text(v, members...)
			found = text
			return err
		})
		return found, err
	case '{':
		if w.nodes++; w.nodes > maxNodes {
			return "", errTooManyNodes
		}
	case '"':
		if strings.IndexByte(raw, '\\') < 0 {
			return raw[1 : len(raw)-1], nil
		}
	default:
		return raw, nil
	}
	j := &w.s.inner
	j.reset(raw, []byte(raw), jsontext.AllowDuplicateNames(true))
	return j.textOf(members...)
}
