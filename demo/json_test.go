package demo

import (
	"bytes"
	"encoding/json"
	"time"

	"assay"
)

// line is a listing as the NDJSON of the format shows it.
type line struct {
	Marketplace string            `json:"marketplace"`
	ID          string            `json:"id"`
	PageID      string            `json:"page_id,omitempty"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	URL         string            `json:"url,omitempty"`
	Brand       string            `json:"brand,omitempty"`
	Category    string            `json:"category,omitempty"`
	GTIN        string            `json:"gtin,omitempty"`
	MPN         string            `json:"mpn,omitempty"`
	Condition   assay.Condition   `json:"condition,omitempty"`
	Price       *price            `json:"price,omitempty"`
	Variants    []variant         `json:"variants,omitempty"`
	Quantity    *int64            `json:"quantity,omitempty"`
	Sold        *int64            `json:"sold,omitempty"`
	ShipFrom    string            `json:"ship_from,omitempty"`
	Images      []string          `json:"images,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	Seller      seller            `json:"seller"`
	ListedAt    time.Time         `json:"listed_at,omitzero"`
	UpdatedAt   time.Time         `json:"updated_at,omitzero"`
}

type price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type variant struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Price    *price   `json:"price,omitempty"`
	Images   []string `json:"images,omitempty"`
	Quantity *int64   `json:"quantity,omitempty"`
}

type identifier struct {
	Type  assay.IdentifierType `json:"type"`
	Value string               `json:"value"`
}

type seller struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	LegalName   string       `json:"legal_name,omitempty"`
	Country     string       `json:"country,omitempty"`
	JoinedAt    time.Time    `json:"joined_at,omitzero"`
	Identifiers []identifier `json:"identifiers,omitempty"`
}

func ndjson(l assay.Listing) []byte {
	amount := func(m assay.Money) *price {
		if m.IsZero() {
			return nil
		}
		return &price{m.Decimal(), m.Currency}
	}
	count := func(c assay.Count) *int64 {
		if !c.Known {
			return nil
		}
		return &c.N
	}
	out := line{
		Marketplace: l.Marketplace, ID: l.ID, PageID: l.PageID, Title: l.Title, Description: l.Description, URL: l.URL,
		Brand: l.Brand, Category: l.Category, GTIN: l.GTIN, MPN: l.MPN, Condition: l.Condition, Price: amount(l.Price),
		Quantity: count(l.Quantity), Sold: count(l.Sold), ShipFrom: l.ShipFrom,
		Seller:   seller{ID: l.Seller.ID, Name: l.Seller.Name, LegalName: l.Seller.LegalName, Country: l.Seller.Country, JoinedAt: l.Seller.JoinedAt},
		ListedAt: l.ListedAt, UpdatedAt: l.UpdatedAt,
	}
	for _, v := range l.Variants {
		out.Variants = append(out.Variants, variant{v.ID, v.Title, amount(v.Price), urls(v.Images), count(v.Quantity)})
	}
	for _, id := range l.Seller.Identifiers {
		out.Seller.Identifiers = append(out.Seller.Identifiers, identifier{id.Type, id.Value})
	}
	out.Images = urls(l.Images)
	for _, a := range l.Attributes {
		if out.Attributes == nil {
			out.Attributes = map[string]string{}
		}
		out.Attributes[a.Name] = a.Value
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func urls(images []assay.Image) (out []string) {
	for _, im := range images {
		out = append(out, im.URL)
	}
	return out
}
