package feed

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// AppendListing appends l as one JSON object in the shape of Assay's own format,
// without a line feed, and returns the extended buffer. Fields that are empty are
// left out; extra fields go under "extra". Decoding the result as NDJSON gives l
// again, provided that l keeps the format's rules (as a decoded listing does):
// attribute and extra names are unique, text is UTF-8, extra fields hold JSON.
// It does not allocate beyond dst.
func AppendListing(dst []byte, l *assay.Listing) []byte {
	w := objectWriter{dst: append(dst, '{')}
	w.str("marketplace", l.Marketplace)
	w.str("id", l.ID)
	w.str("page_id", l.PageID)
	w.str("title", l.Title)
	w.str("description", l.Description)
	w.str("url", l.URL)
	w.str("brand", l.Brand)
	w.str("category", l.Category)
	w.str("gtin", l.GTIN)
	w.str("mpn", l.MPN)
	w.str("sku", l.SKU)
	w.str("condition", string(l.Condition))
	w.price(l.Price)
	if len(l.Variants) > 0 {
		w.open("variants", '[')
		for i := range l.Variants {
			w.variant(&l.Variants[i])
		}
		w.shut(']')
	}
	w.count("quantity", l.Quantity)
	w.count("sold", l.Sold)
	w.str("ship_from", l.ShipFrom)
	w.images(l.Images)
	if len(l.Attributes) > 0 {
		w.open("attributes", '{')
		for _, a := range l.Attributes {
			w.name(a.Name)
			w.quote(a.Value)
		}
		w.shut('}')
	}
	w.seller(&l.Seller)
	w.time("listed_at", l.ListedAt)
	w.time("updated_at", l.UpdatedAt)
	if len(l.Extra) > 0 {
		w.open("extra", '{')
		for _, x := range l.Extra {
			w.name(x.Name)
			w.dst = append(w.dst, x.JSON...)
		}
		w.shut('}')
	}
	return append(w.dst, '}')
}

// objectWriter writes members and knows where a comma goes: everywhere but after
// an opening bracket.
type objectWriter struct{ dst []byte }

func (w *objectWriter) comma() {
	if c := w.dst[len(w.dst)-1]; c != '{' && c != '[' {
		w.dst = append(w.dst, ',')
	}
}

func (w *objectWriter) quote(s string) {
	w.dst, _ = jsontext.AppendQuote(w.dst, s)
}

func (w *objectWriter) name(name string) {
	w.comma()
	w.quote(name)
	w.dst = append(w.dst, ':')
}

func (w *objectWriter) open(name string, bracket byte) {
	w.name(name)
	w.dst = append(w.dst, bracket)
}

func (w *objectWriter) element(bracket byte) {
	w.comma()
	w.dst = append(w.dst, bracket)
}

func (w *objectWriter) shut(bracket byte) { w.dst = append(w.dst, bracket) }

func (w *objectWriter) str(name, value string) {
	if value != "" {
		w.name(name)
		w.quote(value)
	}
}

func (w *objectWriter) count(name string, c assay.Count) {
	if c.Known {
		w.name(name)
		w.dst = strconv.AppendInt(w.dst, c.N, 10)
	}
}

func (w *objectWriter) time(name string, t time.Time) {
	if !t.IsZero() {
		w.name(name)
		w.dst = append(w.dst, '"')
		w.dst = t.UTC().AppendFormat(w.dst, time.RFC3339Nano)
		w.dst = append(w.dst, '"')
	}
}

func (w *objectWriter) price(m assay.Money) {
	if m.IsZero() {
		return
	}
	w.open("price", '{')
	w.name("amount")
	w.dst = append(w.dst, '"')
	w.dst = m.AppendDecimal(w.dst)
	w.dst = append(w.dst, '"')
	w.str("currency", m.Currency)
	w.shut('}')
}

func (w *objectWriter) variant(v *assay.Variant) {
	w.element('{')
	w.str("id", v.ID)
	w.str("title", v.Title)
	w.price(v.Price)
	w.str("gtin", v.GTIN)
	w.images(v.Images)
	w.count("quantity", v.Quantity)
	w.count("sold", v.Sold)
	w.shut('}')
}

func (w *objectWriter) images(images []assay.Image) {
	if len(images) == 0 {
		return
	}
	w.open("images", '[')
	for i := range images {
		im := &images[i]
		if im.SHA256 == "" && im.PDQ == "" && len(im.Data) == 0 {
			w.comma()
			w.quote(im.URL)
			continue
		}
		w.element('{')
		w.str("url", im.URL)
		w.str("sha256", im.SHA256)
		w.str("pdq", im.PDQ)
		if len(im.Data) > 0 {
			w.name("data")
			w.dst = append(w.dst, '"')
			w.dst = base64.StdEncoding.AppendEncode(w.dst, im.Data)
			w.dst = append(w.dst, '"')
		}
		w.shut('}')
	}
	w.shut(']')
}

func (w *objectWriter) seller(s *assay.Seller) {
	if s.ID == "" && s.Name == "" && s.LegalName == "" && s.Country == "" && s.JoinedAt.IsZero() && len(s.Identifiers) == 0 {
		return
	}
	w.open("seller", '{')
	w.str("id", s.ID)
	w.str("name", s.Name)
	w.str("legal_name", s.LegalName)
	w.str("country", s.Country)
	w.time("joined_at", s.JoinedAt)
	if len(s.Identifiers) > 0 {
		w.open("identifiers", '[')
		for _, id := range s.Identifiers {
			w.element('{')
			w.str("type", string(id.Type))
			w.str("value", id.Value)
			w.shut('}')
		}
		w.shut(']')
	}
	w.shut('}')
}
