package feed

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// ndjsonDecoder reads Assay's own format. Its loops are written by hand because
// this is the path that billions of records a day take: nothing is copied, and
// every plain string is a part of the batch's bytes.
type ndjsonDecoder struct{ o Options }

func (d *ndjsonDecoder) decode(s *scratch, data []byte) {
	// The string shares the batch's bytes, which do not change before visit has
	// returned. Batch.Decode says that a listing's strings live no longer.
	src := unsafe.String(unsafe.SliceData(data), len(data))
	// Looking for members of one name costs an eighth of reading, so it is done only
	// where there may be two.
	s.json.reset(src, data, jsontext.AllowDuplicateNames(true))
	err := s.readListing(&s.json, d.o)
	if s.json.twice {
		s.json.reset(src, data)
		err = s.readListing(&s.json, d.o)
	}
	if err != nil {
		s.fail(err)
		return
	}
	if rest := s.json.src[s.json.dec.InputOffset():]; !emptyText(rest) {
		s.problem("", "text follows the object: one object a line")
		return
	}
	s.finish(d.o)
}

// readListing reads one object in the shape of Assay's own format.
func (s *scratch) readListing(j *jsonReader, o Options) error {
	l := s.reset()
	if ok, err := j.open('{', "an object"); err != nil {
		return err
	} else if !ok {
		return bad("", "must be an object, not null")
	}
	for {
		name, ok, err := j.name()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		switch name {
		case "marketplace":
			err = j.str(&l.Marketplace)
		case "id":
			err = j.str(&l.ID)
		case "page_id":
			err = j.str(&l.PageID)
		case "title":
			err = j.str(&l.Title)
		case "description":
			err = j.str(&l.Description)
		case "url":
			err = j.str(&l.URL)
		case "brand":
			err = j.str(&l.Brand)
		case "category":
			err = j.str(&l.Category)
		case "gtin":
			err = j.gtin(&l.GTIN)
		case "mpn":
			if err = j.str(&l.MPN); err == nil {
				l.MPN = placeholder(l.MPN)
			}
		case "sku":
			err = j.str(&l.SKU)
		case "condition":
			err = j.condition(&l.Condition)
		case "price":
			err = s.readPrice(j, &l.Price, o, "price")
		case "variants":
			err = s.readVariants(j, o)
		case "quantity":
			err = j.count(&l.Quantity)
		case "sold":
			err = j.count(&l.Sold)
		case "ship_from":
			err = j.country(&l.ShipFrom)
		case "images":
			l.Images, err = s.readImages(j, "images")
		case "attributes":
			err = s.readAttributes(j)
		case "seller":
			err = s.readSeller(j)
		case "listed_at":
			err = j.time(&l.ListedAt)
		case "updated_at":
			err = j.time(&l.UpdatedAt)
		case "extra":
			err = s.readExtra(j)
		default:
			err = s.extra(j, "", name)
		}
		if err != nil {
			return within(name, err)
		}
	}
}

// extra keeps a member that the format does not know, of the object at path.
func (s *scratch) extra(j *jsonReader, path, name string) error {
	raw, err := j.value()
	if err != nil {
		return err
	}
	if raw[0] == 'n' {
		return nil // null is absent
	}
	if path != "" {
		name = path + "." + name
	}
	return s.addExtra(name, raw)
}

func (s *scratch) addExtra(name, raw string) error {
	if len(s.listing.Extra) >= maxExtra {
		return bad("", fmt.Sprintf("is one unknown field too many: %d are kept", maxExtra))
	}
	if raw[0] == '{' || raw[0] == '[' {
		// A record is written back on one line, one level deeper.
		if len(raw) > maxExtraDepth && depth(raw) > maxExtraDepth {
			return bad("", fmt.Sprintf("is nested more than %d deep", maxExtraDepth))
		}
		if strings.ContainsAny(raw, "\r\n") {
			v := jsontext.Value(raw)
			if err := v.Compact(); err != nil {
				return err
			}
			raw = string(v)
		}
	}
	s.listing.Extra = append(s.listing.Extra, assay.ExtraField{Name: name, JSON: raw})
	return nil
}

const maxExtraDepth = 1000

// depth returns how deep valid JSON is nested.
func depth(raw string) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// readExtra reads the object in which AppendListing puts the unknown fields.
func (s *scratch) readExtra(j *jsonReader) error {
	if k := j.peek(); k != '{' {
		return s.extra(j, "", "extra")
	}
	if err := j.enter(); err != nil {
		return err
	}
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		if err := s.extra(j, "", name); err != nil {
			return within(name, err)
		}
	}
}

// readPrice reads {"amount","currency"}; path is its place, for unknown members.
func (s *scratch) readPrice(j *jsonReader, dst *assay.Money, o Options, path string) error {
	if ok, err := j.open('{', `an object {"amount","currency"}`); err != nil || !ok {
		return err
	}
	var amount, currency string
	for {
		name, ok, err := j.name()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch name {
		case "amount":
			// A number is read from its digits: it never becomes a float.
			var raw string
			if raw, err = j.value(); err == nil {
				switch c := raw[0]; {
				case c == '"':
					amount = j.unquote(raw)
					if amount == "" {
						err = bad("", "is empty")
					}
				case c == '-' || c >= '0' && c <= '9':
					amount = roundResidue(raw)
				case c == 'n':
				default:
					err = bad("", "must be a string or a number, not "+kindName(c))
				}
			}
		case "currency":
			err = j.str(&currency)
		default:
			err = s.extra(j, path, name)
		}
		if err != nil {
			return within(name, err)
		}
	}
	if currency == "" {
		currency = o.Currency
	}
	if amount == "" {
		return nil
	}
	if currency == "" {
		return bad("currency", "is missing (give a fixed one with --currency)")
	}
	m, err := assay.ParseMoney(amount, currency)
	if err != nil {
		return err
	}
	*dst = m
	return nil
}

func (s *scratch) readVariants(j *jsonReader, o Options) error {
	if ok, err := j.open('[', "a list"); err != nil || !ok {
		return err
	}
	l := &s.listing
	for i := 0; ; i++ {
		if more, err := j.more(); err != nil || !more {
			return err
		}
		if i >= assay.MaxVariants {
			return bad("", fmt.Sprintf("are more than %d", assay.MaxVariants))
		}
		ok, err := j.open('{', "an object")
		if err == nil && ok {
			l.Variants = append(l.Variants, assay.Variant{})
			err = s.readVariant(j, &l.Variants[len(l.Variants)-1], o, i)
		}
		if err != nil {
			return indexed(i, err)
		}
	}
}

func (s *scratch) readVariant(j *jsonReader, v *assay.Variant, o Options, i int) error {
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		switch name {
		case "id":
			err = j.str(&v.ID)
		case "title":
			err = j.str(&v.Title)
		case "price":
			err = s.readPrice(j, &v.Price, o, "variants.price")
		case "gtin":
			err = j.gtin(&v.GTIN)
		case "images":
			v.Images, err = s.readImages(j, "variants.images")
		case "quantity":
			err = j.count(&v.Quantity)
		case "sold":
			err = j.count(&v.Sold)
		default:
			err = s.extra(j, variantPath(i), name)
		}
		if err != nil {
			return within(name, err)
		}
	}
}

// indexed marks a Problem within a list's element; the list's name comes before.
func indexed(i int, err error) error {
	p, ok := err.(*assay.Problem)
	if !ok {
		return err
	}
	at := "[" + strconv.Itoa(i) + "]"
	if p.Field != "" {
		at += "." + p.Field
	}
	p.Field = at
	return p
}

// readImages reads a list of addresses or objects. The result is a part of
// s.images: it stays good when that grows.
func (s *scratch) readImages(j *jsonReader, path string) ([]assay.Image, error) {
	if ok, err := j.open('[', "a list"); err != nil || !ok {
		return nil, err
	}
	from := len(s.images)
	for i := 0; ; i++ {
		more, err := j.more()
		if err != nil {
			return nil, err
		}
		if !more {
			return s.images[from:len(s.images):len(s.images)], nil
		}
		if i >= assay.MaxImages {
			return nil, bad("", fmt.Sprintf("are more than %d", assay.MaxImages))
		}
		var im assay.Image
		switch k := j.peek(); k {
		case '"', 'n':
			err = j.str(&im.URL)
		case '{':
			err = s.readImage(j, &im, path)
		case '0', 't', 'f', '[':
			err = bad("", "must be a string or an object, not "+kindName(byte(k)))
		default:
			_, err = j.value() // whose error it is
		}
		if err != nil {
			return nil, indexed(i, err)
		}
		if im.URL != "" || im.SHA256 != "" || im.PDQ != "" || len(im.Data) > 0 {
			s.images = append(s.images, im)
		}
	}
}

func (s *scratch) readImage(j *jsonReader, im *assay.Image, path string) error {
	if err := j.enter(); err != nil {
		return err
	}
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		switch name {
		case "url":
			err = j.str(&im.URL)
		case "sha256":
			err = j.hexDigits(&im.SHA256)
		case "pdq":
			err = j.hexDigits(&im.PDQ)
		case "data":
			var text string
			if err = j.str(&text); err == nil && text != "" {
				if im.Data, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
					err = bad("", "is not base64")
				}
			}
		default:
			err = s.extra(j, path, name)
		}
		if err != nil {
			return within(name, err)
		}
	}
}

func (s *scratch) readAttributes(j *jsonReader) error {
	if ok, err := j.open('{', "an object of strings"); err != nil || !ok {
		return err
	}
	l := &s.listing
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		if len(l.Attributes) >= assay.MaxAttributes {
			return bad("", fmt.Sprintf("are more than %d", assay.MaxAttributes))
		}
		if j.peek() == 'n' {
			if _, err := j.dec.ReadToken(); err != nil {
				return err
			}
			continue
		}
		a := assay.Attribute{Name: name}
		if err := j.str(&a.Value); err != nil {
			return within(name, err)
		}
		l.Attributes = append(l.Attributes, a)
	}
}

func (s *scratch) readSeller(j *jsonReader) error {
	if ok, err := j.open('{', "an object"); err != nil || !ok {
		return err
	}
	seller := &s.listing.Seller
	for {
		name, ok, err := j.name()
		if err != nil || !ok {
			return err
		}
		switch name {
		case "id":
			err = j.str(&seller.ID)
		case "name":
			err = j.str(&seller.Name)
		case "legal_name":
			err = j.str(&seller.LegalName)
		case "country":
			err = j.country(&seller.Country)
		case "joined_at":
			err = j.time(&seller.JoinedAt)
		case "identifiers":
			err = s.readIdentifiers(j)
		default:
			err = s.extra(j, "seller", name)
		}
		if err != nil {
			return within(name, err)
		}
	}
}

func (s *scratch) readIdentifiers(j *jsonReader) error {
	if ok, err := j.open('[', "a list"); err != nil || !ok {
		return err
	}
	seller := &s.listing.Seller
	for i := 0; ; i++ {
		if more, err := j.more(); err != nil || !more {
			return err
		}
		if i >= assay.MaxIdentifiers {
			return bad("", fmt.Sprintf("are more than %d", assay.MaxIdentifiers))
		}
		var id assay.Identifier
		if err := s.readIdentifier(j, &id); err != nil {
			return indexed(i, err)
		}
		if id.Value != "" {
			seller.Identifiers = append(seller.Identifiers, id)
		}
	}
}

func (s *scratch) readIdentifier(j *jsonReader, id *assay.Identifier) error {
	if ok, err := j.open('{', `an object {"type","value"}`); err != nil || !ok {
		return err
	}
	for {
		name, ok, err := j.name()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch name {
		case "type":
			err = j.str((*string)(&id.Type))
		case "value":
			err = j.str(&id.Value)
		default:
			err = s.extra(j, "seller.identifiers", name)
		}
		if err != nil {
			return within(name, err)
		}
	}
	if id.Value != "" && !id.Type.Valid() {
		return bad("type", quote(string(id.Type))+" is none of phone, email, bank, licence, address, domain, device, ip, wechat, whatsapp, other")
	}
	return nil
}

// quote quotes hostile text for a message, shortened to 40 bytes.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return strconv.Quote(s)
}
