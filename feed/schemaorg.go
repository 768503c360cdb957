package feed

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// schemaDecoder reads schema.org products from JSON-LD values. A product with
// several offers is several listings that share a page. Values that hold no
// product (breadcrumbs, organisations …) are passed over, as pages are full of
// them; so a value's listings may be none. An object in the shape of Assay's own
// format is read as that.
type schemaDecoder struct {
	o    Options
	page bool // values come from HTML pages
}

const (
	// maxNodeDepth bounds how deep products are looked for.
	maxNodeDepth = 12
	// maxNodes bounds the objects of one value that are looked at, since each is
	// gone through once for each level that it lies in.
	maxNodes = 100_000
)

var errTooManyNodes = errors.New("holds too many objects to look for products in")

func (d *schemaDecoder) decode(s *scratch, data []byte) {
	v := jsontext.Value(data)
	if d.page {
		v = trimScript(v)
	}
	if !v.IsValid(jsontext.AllowDuplicateNames(true)) {
		if !utf8.Valid(data) {
			s.problem("", "is not UTF-8")
			return
		}
		s.fail(whyInvalid(v))
		return
	}
	w := walker{s: s, o: d.o}
	if err := w.node(string(v), 0); err != nil {
		s.fail(err)
	}
}

// whyInvalid reads v once more for the error that IsValid does not give.
func whyInvalid(v jsontext.Value) error {
	var j jsonReader
	j.reset(string(v), v, jsontext.AllowDuplicateNames(true))
	if _, err := j.value(); err != nil {
		return err
	}
	return bad("", "text follows the JSON value")
}

// trimScript removes what old pages wrap around a script's text.
func trimScript(v jsontext.Value) jsontext.Value {
	t := strings.TrimSpace(string(v))
	for _, wrap := range [][2]string{{"//<![CDATA[", "//]]>"}, {"<![CDATA[", "]]>"}, {"<!--", "-->"}} {
		if strings.HasPrefix(t, wrap[0]) {
			t = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(t, wrap[0]), wrap[1]))
		}
	}
	return jsontext.Value(strings.TrimSuffix(t, ";"))
}

// walker looks for products in one value.
type walker struct {
	s     *scratch
	o     Options
	nodes int
}

// eachMember calls f with each member of the object raw, which is valid JSON.
func (w *walker) eachMember(raw string, f func(name, value string) error) error {
	if w.nodes++; w.nodes > maxNodes {
		return errTooManyNodes
	}
	var j jsonReader
	j.reset(raw, []byte(raw), jsontext.AllowDuplicateNames(true))
	if ok, err := j.open('{', "an object"); err != nil || !ok {
		return err
	}
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		value, err := j.value()
		if err != nil {
			return err
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
}

// eachElement calls f with each element of a list, or with raw itself if it is none.
func (w *walker) eachElement(raw string, f func(value string) error) error {
	if raw == "" || raw[0] != '[' {
		return f(raw)
	}
	var j jsonReader
	j.reset(raw, []byte(raw), jsontext.AllowDuplicateNames(true))
	if _, err := j.open('[', "a list"); err != nil {
		return err
	}
	for {
		more, err := j.more()
		if err != nil || !more {
			return err
		}
		value, err := j.value()
		if err != nil {
			return err
		}
		if err := f(value); err != nil {
			return err
		}
	}
}

// node looks at a value: a list, a product, or something that may hold products.
func (w *walker) node(raw string, depth int) error {
	if depth > maxNodeDepth {
		return nil
	}
	if raw[0] == '[' {
		return w.eachElement(raw, func(v string) error {
			if v[0] != '{' && v[0] != '[' {
				return nil
			}
			return w.node(v, depth+1)
		})
	}
	if raw[0] != '{' {
		return bad("", "must be an object or a list, not "+kindName(raw[0]))
	}
	var (
		kinds  string
		own    int
		inside []string
	)
	err := w.eachMember(raw, func(name, value string) error {
		switch name {
		case "@type":
			kinds = value
		case "@context":
			own = -10
		case "marketplace", "id", "title", "price", "images":
			own++
		case "@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item", "itemOffered", "about":
			if value[0] == '{' || value[0] == '[' {
				inside = append(inside, value)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case isType(kinds, "ProductGroup"), isType(kinds, "Product"), isType(kinds, "ProductModel"),
		isType(kinds, "IndividualProduct"), isType(kinds, "SomeProducts"), isType(kinds, "Vehicle"), isType(kinds, "Book"):
		return w.product(raw)
	case kinds == "" && own >= 2:
		return w.ownFormat(raw)
	}
	for _, v := range inside {
		if err := w.node(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// ownFormat reads an object in the shape of Assay's own format, so that a JSON list
// of listings is understood.
func (w *walker) ownFormat(raw string) error {
	if len(raw) > MaxRecord {
		w.s.problem("", "record longer than 4 MiB")
		return nil
	}
	w.s.json.reset(raw, []byte(raw))
	if err := w.s.readListing(&w.s.json, w.o); err != nil {
		w.s.fail(err)
		return nil
	}
	w.s.finish(w.o)
	return nil
}

// isType reports whether raw, a string or list of strings, names a schema.org type.
func isType(raw, kind string) bool {
	for {
		i := strings.Index(raw, kind)
		if i < 0 {
			return false
		}
		after := raw[i+len(kind):]
		if i > 0 && strings.IndexByte(`"/:#`, raw[i-1]) >= 0 && strings.HasPrefix(after, `"`) {
			return true
		}
		raw = after
	}
}

// schemaProduct is what a Product says, its parts still as JSON.
type schemaProduct struct {
	listing    assay.Listing
	id         string // its own identifier
	offers     string
	variants   []string
	group      string
	seller     string
	properties string
	extra      []assay.ExtraField
}

// schemaOffer is what an Offer says.
type schemaOffer struct {
	id, sku, url, seller string
	mpn, gtin            string
	price, currency      string // price as JSON
	condition            assay.Condition
	quantity             assay.Count
	images               []string
	extra                []assay.ExtraField
}

// maxOffers bounds the listings of one product.
const maxOffers = 10_000

func (w *walker) product(raw string) error {
	p, err := w.readProduct(raw)
	if err != nil {
		return err
	}
	offers, err := w.readOffers(p.offers, nil, 0)
	if err != nil {
		return err
	}
	if len(offers) == 0 {
		offers = []schemaOffer{{}}
	}
	for i := range offers {
		if err := w.emit(&p, &offers[i], len(offers) > 1, i); err != nil {
			w.s.fail(err)
		}
	}
	return nil
}

func (w *walker) readProduct(raw string) (p schemaProduct, err error) {
	l := &p.listing
	err = w.eachMember(raw, func(name, value string) error {
		var err error
		switch name {
		case "@type", "@context":
		case "@id":
		case "name":
			l.Title, err = w.text(value)
		case "description":
			l.Description, err = w.text(value)
		case "url":
			l.URL, err = w.text(value, "@id", "url")
		case "brand":
			l.Brand, err = w.text(value, "name", "@value", "@id")
		case "manufacturer":
			if l.Brand == "" {
				l.Brand, err = w.text(value, "name", "@value")
			}
		case "category":
			l.Category, err = w.category(value)
		case "gtin", "gtin14", "gtin13", "gtin12", "gtin8", "isbn":
			if l.GTIN == "" || name == "gtin" {
				l.GTIN, err = w.text(value)
				l.GTIN = placeholder(l.GTIN)
			}
		case "mpn":
			l.MPN, err = w.text(value)
			l.MPN = placeholder(l.MPN)
		case "sku":
			l.SKU, err = w.text(value)
		case "productID", "identifier":
			if p.id == "" {
				p.id, err = w.text(value, "value", "@value")
			}
		case "productGroupID":
			p.group, err = w.text(value)
		case "isVariantOf", "inProductGroupWithID":
			if p.group == "" {
				p.group, err = w.text(value, "productGroupID", "@id")
			}
		case "itemCondition":
			text, err := w.text(value, "@id", "name")
			l.Condition, _ = conditionOf(text)
			return err
		case "image", "images", "photo":
			l.Images, err = w.images(value, l.Images)
		case "additionalProperty":
			p.properties = value
		case "color", "material", "size", "pattern", "model":
			text, err := w.text(value, "name", "value", "@value")
			if text != "" {
				l.Attributes = append(l.Attributes, assay.Attribute{Name: name, Value: text})
			}
			return err
		case "seller", "offeredBy":
			p.seller = value
		case "offers":
			p.offers = value
		case "hasVariant":
			return w.eachElement(value, func(v string) error {
				if len(p.variants) > assay.MaxVariants {
					return bad("variants", fmt.Sprintf("are more than %d", assay.MaxVariants))
				}
				p.variants = append(p.variants, v)
				return nil
			})
		default:
			p.extra = keepMember(p.extra, name, value)
		}
		return err
	})
	return p, err
}

// keepMember keeps a member that the format has no place for, the last of a name.
func keepMember(extra []assay.ExtraField, name, value string) []assay.ExtraField {
	if value[0] == 'n' || len(extra) >= maxExtra {
		return extra
	}
	return append(extra, assay.ExtraField{Name: name, JSON: value})
}

// readOffers collects the offers of one Offer, a list of them, or an AggregateOffer.
func (w *walker) readOffers(raw string, offers []schemaOffer, depth int) ([]schemaOffer, error) {
	if raw == "" || depth > maxNodeDepth {
		return offers, nil
	}
	err := w.eachElement(raw, func(v string) error {
		if v[0] != '{' {
			return nil
		}
		if len(offers) >= maxOffers {
			return bad("offers", fmt.Sprintf("are more than %d", maxOffers))
		}
		o, inner, err := w.readOffer(v)
		if err != nil {
			return err
		}
		if inner != "" {
			before := len(offers)
			offers, err = w.readOffers(inner, offers, depth+1)
			if err != nil || len(offers) > before {
				return err
			}
		}
		offers = append(offers, o)
		return nil
	})
	return offers, err
}

func (w *walker) readOffer(raw string) (o schemaOffer, inner string, err error) {
	var low, list, spec string
	err = w.eachMember(raw, func(name, value string) error {
		var err error
		switch name {
		case "@type", "@context":
		case "@id":
		case "identifier", "serialNumber":
			o.id, err = w.text(value, "value", "@value")
		case "sku":
			o.sku, err = w.text(value)
		case "mpn":
			o.mpn, err = w.text(value)
		case "gtin", "gtin14", "gtin13", "gtin12", "gtin8":
			o.gtin, err = w.text(value)
		case "url":
			o.url, err = w.text(value, "@id", "url")
		case "price":
			o.price = value
		case "lowPrice":
			low = value
		case "highPrice":
			list = value
		case "priceCurrency":
			o.currency, err = w.text(value)
		case "priceSpecification":
			spec = value
		case "itemCondition":
			text, err := w.text(value, "@id", "name")
			o.condition, _ = conditionOf(text)
			return err
		case "seller", "offeredBy":
			o.seller = value
		case "image":
			var images []assay.Image
			images, err = w.images(value, nil)
			for _, im := range images {
				o.images = append(o.images, im.URL)
			}
		case "inventoryLevel":
			text, err := w.text(value, "value")
			o.quantity, _ = countOf(text)
			return err
		case "offers":
			inner = value
		default:
			o.extra = keepMember(o.extra, name, value)
		}
		return err
	})
	if err == nil && absentPrice(o.price) && spec != "" {
		err = w.specification(spec, &o)
	}
	if absentPrice(o.price) {
		o.price = low // an AggregateOffer without its offers
	}
	if absentPrice(o.price) {
		o.price = list
	}
	return o, inner, err
}

func absentPrice(raw string) bool { return raw == "" || raw == "null" || raw == `""` }

// specification reads the price of the first PriceSpecification that has one and
// is not a list price.
func (w *walker) specification(raw string, o *schemaOffer) error {
	return w.eachElement(raw, func(v string) error {
		if v[0] != '{' || !absentPrice(o.price) {
			return nil
		}
		var price, currency, kind string
		err := w.eachMember(v, func(name, value string) (err error) {
			switch name {
			case "price":
				price = value
			case "priceCurrency":
				currency, err = w.text(value)
			case "priceType":
				kind, err = w.text(value, "@id")
			}
			return err
		})
		if err != nil || absentPrice(price) || strings.Contains(kind, "ListPrice") || strings.Contains(kind, "Strikethrough") {
			return err
		}
		if o.price = price; currency != "" {
			o.currency = currency
		}
		return nil
	})
}
