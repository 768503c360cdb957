package assay

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"strings"
	"time"
)

// Limits of a listing's fields.
const (
	MaxTitleChars       = 2_000
	MaxDescriptionChars = 200_000
	MaxVariants         = 1_000
	MaxImages           = 500
	MaxAttributes       = 1_000
	MaxIdentifiers      = 200
	MaxKeyBytes         = 512   // of an id: marketplace, offer, page, variant, seller
	MaxNameChars        = 2_000 // of a short text: names, brand, category, numbers
	MaxURLBytes         = 8 << 10
)

// Listing is an offer at one revision, as a marketplace's feed describes it.
// (Marketplace, ID) names the offer. Text is as it was sent.
type Listing struct {
	Marketplace string
	ID          string
	PageID      string // the catalogue page that carries the offer, if shared
	Title       string
	Description string
	URL         string
	Brand       string // what the seller typed into the brand field
	Category    string // path, "A > B > C"
	GTIN        string // as sent; ParseGTIN checks it
	MPN         string
	SKU         string
	Condition   Condition
	Price       Money
	Variants    []Variant
	Quantity    Count
	Sold        Count
	ShipFrom    string // ISO 3166-1 alpha-2
	Images      []Image
	Attributes  []Attribute
	Seller      Seller
	ListedAt    time.Time
	UpdatedAt   time.Time
	Extra       []ExtraField // fields that the format does not know
}

// Variant is one choice within an offer (a size, a colour, an accessory) with
// its own price and photos.
type Variant struct {
	ID       string
	Title    string
	Price    Money
	GTIN     string
	Images   []Image
	Quantity Count
	Sold     Count
}

// Condition of the goods; empty when the listing does not say.
type Condition string

const (
	ConditionNew         Condition = "new"
	ConditionRefurbished Condition = "refurbished"
	ConditionUsed        Condition = "used"
)

// Valid reports whether c is one of the conditions or empty.
func (c Condition) Valid() bool {
	return c == "" || c == ConditionNew || c == ConditionRefurbished || c == ConditionUsed
}

// Count is a number that may be unknown.
type Count struct {
	N     int64
	Known bool
}

// Image is a listing's picture: by address, and by content where the feed
// carries it.
type Image struct {
	URL    string
	SHA256 string // 64 hex digits
	PDQ    string // 64 hex digits, Meta's perceptual hash
	Data   []byte
}

// Attribute is a named text of a listing ("Material": "leather").
type Attribute struct{ Name, Value string }

// ExtraField is a field outside the format, kept as its JSON text.
type ExtraField struct{ Name, JSON string }

// Seller is an account on a marketplace.
type Seller struct {
	ID          string
	Name        string
	LegalName   string
	Country     string // ISO 3166-1 alpha-2
	JoinedAt    time.Time
	Identifiers []Identifier
}

// Identifier is something that may tell who is behind a seller.
type Identifier struct {
	Type  IdentifierType
	Value string
}

// IdentifierType names the kind of an Identifier.
type IdentifierType string

// identifierTypes is closed; what fits none of them is "other".
const identifierTypes = " phone email bank licence address domain device ip wechat whatsapp other "

// Valid reports whether t is one of the known types.
func (t IdentifierType) Valid() bool {
	return t != "" && !strings.Contains(string(t), " ") && strings.Contains(identifierTypes, " "+string(t)+" ")
}

// Normalize brings the parts of l whose order says nothing into their canonical
// order: attributes, extra fields and identifiers by name, then value.
func (l *Listing) Normalize() {
	slices.SortStableFunc(l.Attributes, func(a, b Attribute) int {
		return cmpPair(a.Name, b.Name, a.Value, b.Value)
	})
	slices.SortStableFunc(l.Extra, func(a, b ExtraField) int {
		return cmpPair(a.Name, b.Name, a.JSON, b.JSON)
	})
	slices.SortStableFunc(l.Seller.Identifiers, func(a, b Identifier) int {
		return cmpPair(string(a.Type), string(b.Type), a.Value, b.Value)
	})
}

func cmpPair(a1, b1, a2, b2 string) int {
	if c := strings.Compare(a1, b1); c != 0 {
		return c
	}
	return strings.Compare(a2, b2)
}

// Clone returns a copy of l that shares nothing with it, not even the bytes of its
// strings. A decoded listing must be cloned to be kept (feed.Batch.Decode).
func (l *Listing) Clone() Listing {
	c := *l
	for _, s := range []*string{&c.Marketplace, &c.ID, &c.PageID, &c.Title, &c.Description, &c.URL, &c.Brand, &c.Category,
		&c.GTIN, &c.MPN, &c.SKU, (*string)(&c.Condition), &c.Price.Currency, &c.ShipFrom,
		&c.Seller.ID, &c.Seller.Name, &c.Seller.LegalName, &c.Seller.Country} {
		*s = strings.Clone(*s)
	}
	c.Images = cloneImages(l.Images)
	c.Variants = slices.Clone(l.Variants)
	for i := range c.Variants {
		v := &c.Variants[i]
		v.ID, v.Title, v.GTIN, v.Price.Currency = strings.Clone(v.ID), strings.Clone(v.Title), strings.Clone(v.GTIN), strings.Clone(v.Price.Currency)
		v.Images = cloneImages(v.Images)
	}
	c.Attributes = slices.Clone(l.Attributes)
	for i, a := range c.Attributes {
		c.Attributes[i] = Attribute{strings.Clone(a.Name), strings.Clone(a.Value)}
	}
	c.Extra = slices.Clone(l.Extra)
	for i, e := range c.Extra {
		c.Extra[i] = ExtraField{strings.Clone(e.Name), strings.Clone(e.JSON)}
	}
	c.Seller.Identifiers = slices.Clone(l.Seller.Identifiers)
	for i, id := range c.Seller.Identifiers {
		c.Seller.Identifiers[i] = Identifier{IdentifierType(strings.Clone(string(id.Type))), strings.Clone(id.Value)}
	}
	return c
}

func cloneImages(images []Image) []Image {
	images = slices.Clone(images)
	for i, im := range images {
		images[i] = Image{strings.Clone(im.URL), strings.Clone(im.SHA256), strings.Clone(im.PDQ), slices.Clone(im.Data)}
	}
	return images
}

// ContentHash is the SHA-256 of every canonical field of a normalized listing
// but UpdatedAt, quantities and sold counts, which change without the offer
// changing. Two listings with one hash are one revision. Extra fields do not
// count: the format does not know what they mean.
func (l *Listing) ContentHash() [sha256.Size]byte {
	h := hasher{Hash: sha256.New()}
	h.str(l.Marketplace, l.ID, l.PageID, l.Title, l.Description, l.URL, l.Brand, l.Category,
		l.GTIN, l.MPN, l.SKU, string(l.Condition), l.ShipFrom)
	h.money(l.Price)
	h.num(int64(len(l.Variants)))
	for i := range l.Variants {
		v := &l.Variants[i]
		h.str(v.ID, v.Title, v.GTIN)
		h.money(v.Price)
		h.images(v.Images)
	}
	h.images(l.Images)
	h.num(int64(len(l.Attributes)))
	for _, a := range l.Attributes {
		h.str(a.Name, a.Value)
	}
	s := &l.Seller
	h.str(s.ID, s.Name, s.LegalName, s.Country)
	h.time(s.JoinedAt)
	h.num(int64(len(s.Identifiers)))
	for _, id := range s.Identifiers {
		h.str(string(id.Type), id.Value)
	}
	h.time(l.ListedAt)
	return [sha256.Size]byte(h.Sum(nil))
}

// hasher feeds a hash with length-prefixed fields, so that no two listings share
// an encoding.
type hasher struct {
	hash.Hash
	buf []byte
}

func (h *hasher) str(fields ...string) {
	for _, s := range fields {
		h.buf = binary.AppendUvarint(h.buf[:0], uint64(len(s)))
		h.buf = append(h.buf, s...)
		h.Write(h.buf)
	}
}

func (h *hasher) num(n int64) {
	h.buf = binary.AppendVarint(h.buf[:0], n)
	h.Write(h.buf)
}

func (h *hasher) money(m Money) {
	for m.Scale > 0 && m.Amount%10 == 0 { // 129.0 and 129.00 are one price
		m.Amount, m.Scale = m.Amount/10, m.Scale-1
	}
	h.str(m.Currency)
	h.num(m.Amount)
	h.num(int64(m.Scale))
}

func (h *hasher) time(t time.Time) {
	if t.IsZero() {
		h.str("")
		return
	}
	h.str(t.UTC().Format(time.RFC3339Nano))
}

func (h *hasher) images(images []Image) {
	h.num(int64(len(images)))
	for _, im := range images {
		h.str(im.URL, im.SHA256, im.PDQ, string(im.Data))
	}
}
