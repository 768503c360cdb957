package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"assay"
	"assay/feed"
)

var empty = cmpopts.EquateEmpty()

const full = `{"marketplace":"m","id":"1","page_id":"p","title":"T\u00e9 \u0000","description":"d","url":"https://m/1","brand":"B","category":"A > B",` +
	`"gtin":"4006381333931","mpn":"N/A","sku":"s","condition":"new","price":{"amount":129.00,"currency":"eur"},` +
	`"variants":[{"id":"v","title":"XL","price":{"amount":"1e1","currency":"EUR"},"gtin":"","images":["u"],"quantity":1,"sold":0,"colour":"red"}],` +
	`"quantity":3,"sold":null,"ship_from":"cn","images":["https://a/1.jpg",{"url":"u2","sha256":"` + hex64 + `","pdq":"` + hex64 + `","data":"aGk=","alt":"x"}],` +
	`"attributes":{"Material":"leather","Colour":"red"},` +
	`"seller":{"id":"s1","name":"S","legal_name":"S Ltd","country":"DE","joined_at":"2020-01-02T03:04:05+01:00","identifiers":[{"type":"phone","value":"+49"},{"type":"email","value":"a@b"}],"rating":4.5},` +
	`"listed_at":"2026-11-01T00:00:00Z","updated_at":"2026-11-02T00:00:00.5Z","shipping":{"days":[1,2]},"extra":{"x":"y"}}`

const hex64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestNDJSON(t *testing.T) {
	t.Run("every field of the format is read", func(t *testing.T) {
		got := one(t, "x.ndjson", full, feed.Options{})
		eur := func(n int64) assay.Money { return assay.Money{Amount: n, Scale: 2, Currency: "EUR"} }
		want := assay.Listing{
			Marketplace: "m", ID: "1", PageID: "p", Title: "Té \x00", Description: "d", URL: "https://m/1", Brand: "B", Category: "A > B",
			GTIN: "4006381333931", SKU: "s", Condition: "new", Price: eur(12900),
			Variants: []assay.Variant{{ID: "v", Title: "XL", Price: eur(1000), Images: []assay.Image{{URL: "u"}},
				Quantity: assay.Count{N: 1, Known: true}, Sold: assay.Count{Known: true}}},
			Quantity: assay.Count{N: 3, Known: true}, ShipFrom: "CN",
			Images:     []assay.Image{{URL: "https://a/1.jpg"}, {URL: "u2", SHA256: hex64, PDQ: hex64, Data: []byte("hi")}},
			Attributes: []assay.Attribute{{Name: "Colour", Value: "red"}, {Name: "Material", Value: "leather"}},
			Seller: assay.Seller{ID: "s1", Name: "S", LegalName: "S Ltd", Country: "DE", JoinedAt: time.Date(2020, 1, 2, 2, 4, 5, 0, time.UTC),
				Identifiers: []assay.Identifier{{Type: "email", Value: "a@b"}, {Type: "phone", Value: "+49"}}},
			ListedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 11, 2, 0, 0, 0, 5e8, time.UTC),
			Extra: []assay.ExtraField{{Name: "images.alt", JSON: `"x"`}, {Name: "seller.rating", JSON: "4.5"}, {Name: "shipping", JSON: `{"days":[1,2]}`},
				{Name: "variants[0].colour", JSON: `"red"`}, {Name: "x", JSON: `"y"`}},
		}
		if d := cmp.Diff(want, got, empty); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(got, one(t, "x.ndjson", string(feed.AppendListing(nil, &got)), feed.Options{}), empty); d != "" {
			t.Error("encoded and decoded:", d)
		}
	})
	for _, c := range []struct{ rule, member, want string }{
		{"a wrong type is named with its path", `"price":{"amount":true,"currency":"EUR"}`, "price.amount: must be a string or a number, not true or false"},
		{"a wrong type in a list has its index", `"variants":[{},{},{"title":5}]`, "variants[2].title: must be a string, not a number"},
		{"an amount is checked", `"price":{"amount":"12,5","currency":"EUR"}`, `price.amount: "12,5" is not a decimal amount`},
		{"a currency is checked", `"price":{"amount":"12","currency":"EURO"}`, `price.currency: "EURO" is not an ISO 4217 code`},
		{"a price needs a currency", `"price":{"amount":"12"}`, "price.currency: is missing"},
		{"a price in a variant too", `"variants":[{"price":{"amount":"-1","currency":"EUR"}}]`, `variants[0].price.amount: "-1" is negative`},
		{"counts are integers", `"sold":1.5`, "sold: must be an integer, not 1.5"},
		{"counts are not negative", `"quantity":-1`, "quantity: is negative"},
		{"conditions are three", `"condition":"fair"`, `condition: "fair" is none of new, refurbished, used`},
		{"countries have two letters", `"ship_from":"China"`, `ship_from: "China" is not a country's code`},
		{"hashes have 64 digits", `"images":["a",{"sha256":"ab"}]`, "images[1].sha256: must have 64 hex digits"},
		{"image bytes are base64", `"images":[{"data":"!"}]`, "images[0].data: is not base64"},
		{"identifier types are known", `"seller":{"identifiers":[{"type":"fax","value":"1"}]}`, `seller.identifiers[0].type: "fax" is none of`},
		{"times are RFC 3339", `"listed_at":"yesterday"`, `listed_at: "yesterday" is not a time`},
		{"a member twice is refused", `"brand":"a","brand":"b"`, "brand: is given twice"},
		{"a name of a page is bounded", `"page_id":"` + strings.Repeat("p", 513) + `"`, "page_id: is longer than 512 bytes"},
		{"a name holds no control character", `"page_id":"a\u0000"`, "page_id: holds a control character"},
		{"a seller's id is a name", `"seller":{"id":"a\u001b[2J"}`, "seller.id: holds a control character"},
		{"a variant's id is a name", `"variants":[{"id":"a"},{"id":"` + strings.Repeat("v", 513) + `"}]`, "variants[1].id: is longer than 512 bytes"},
		{"a seller's name is bounded", `"seller":{"name":"` + strings.Repeat("é", 2001) + `"}`, "seller.name: is longer than 2000 characters"},
		{"an address is bounded", `"url":"https://` + strings.Repeat("a", 8<<10) + `"`, "url: is longer than 8192 bytes"},
		{"a picture's address is bounded", `"images":["a","https://` + strings.Repeat("a", 8<<10) + `"]`, "images[1].url: is longer than 8192 bytes"},
		{"an identifier is bounded", `"seller":{"identifiers":[{"type":"phone","value":"` + strings.Repeat("1", 2001) + `"}]}`, "seller.identifiers[0].value: is longer than 2000 characters"},
		{"a GTIN is bounded", `"gtin":"` + strings.Repeat("1", 65) + `"`, "gtin: is longer than 64 bytes"},
		{"a description is bounded", `"description":"` + strings.Repeat("é", 200_001) + `"`, "description: is longer than 200000 characters"},
		{"text is UTF-8", "\"brand\":\"\xff\"", "brand: invalid UTF-8"},
		{"syntax is JSON's", `"brand":tru`, "brand: invalid character"},
		{"a cut object is told", `"brand":"x`, "the JSON ends early"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			good := `{"marketplace":"m","id":"2","title":"t"}`
			res := readString("f.ndjson", "\n"+`{"marketplace":"m","id":"1","title":"t",`+c.member+"}\n"+good+"\n", feed.Options{})
			if len(res.problems) != 1 || !strings.HasPrefix(problems(res), "f.ndjson:2: ") || !strings.Contains(problems(res), c.want) {
				t.Errorf("problems:\n%s\nwant f.ndjson:2: … %s", problems(res), c.want)
			}
			if len(res.listings) != 1 || res.listings[0].ID != "2" || res.err != nil {
				t.Errorf("the rest does not go on: %v, %v", res.listings, res.err)
			}
		})
	}
	for _, c := range []struct{ rule, line, want string }{
		{"marketplace is required", `{"id":"1","title":"t"}`, "marketplace: is missing"},
		{"id is required", `{"marketplace":"m","id":null,"title":"t"}`, "id: is missing"},
		{"title is not blank", `{"marketplace":"m","id":"1","title":" \u3000"}`, "title: is missing"},
		{"a line is an object", `[1]`, "must be an object, not a list"},
		{"a line is one object", `{"marketplace":"m","id":"1","title":"t"} {}`, "text follows the object"},
		{"a long title counts characters", `{"marketplace":"m","id":"1","title":"` + strings.Repeat("古", 2001) + `"}`, "title: is longer than 2000 characters"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if res := readString("f.ndjson", c.line, feed.Options{}); !strings.Contains(problems(res), "f.ndjson:1: "+c.want) {
				t.Errorf("%q, %v; want %s", problems(res), res.err, c.want)
			}
		})
	}
	t.Run("a title of 2000 long characters is fine", func(t *testing.T) {
		one(t, "f.ndjson", `{"marketplace":"m","id":"1","title":"`+strings.Repeat("古", 2000)+`"}`, feed.Options{})
	})
	t.Run("a GTIN may be a number, and a bad one does not fail the record", func(t *testing.T) {
		l := one(t, "f.ndjson", `{"marketplace":"m","id":"1","title":"t","gtin":123,"variants":[{"gtin":"Does not apply"}]}`, feed.Options{})
		if l.GTIN != "123" || l.Variants[0].GTIN != "" {
			t.Error(l.GTIN, l.Variants[0].GTIN)
		}
	})
	t.Run("the options fill in marketplace and currency", func(t *testing.T) {
		l := one(t, "f.ndjson", `{"id":"1","title":"t","price":{"amount":5}}`, feed.Options{Marketplace: "m", Currency: "eur"})
		if l.Marketplace != "m" || l.Price.String() != "5.00 EUR" {
			t.Error(l)
		}
	})
	t.Run("a name written with escapes is the same name", func(t *testing.T) {
		if l := one(t, "f.ndjson", `{"marketplace":"m","\u0069d":"1","t\u0069tle":"t"}`, feed.Options{}); l.ID != "1" {
			t.Error(l)
		}
	})
}

// listings draws listings that keep the format's rules.
func listings() *rapid.Generator[assay.Listing] {
	text := rapid.StringN(0, 12, -1)
	key := text.Filter(func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
	})
	filled := rapid.StringMatching(`[A-Za-z0-9é古"\\]{1,8}`).Filter(func(s string) bool { // no placeholder
		return !strings.EqualFold(s, "null") && !strings.EqualFold(s, "none")
	})
	money := rapid.Custom(func(t *rapid.T) assay.Money {
		if rapid.Bool().Draw(t, "none") {
			return assay.Money{}
		}
		m, err := assay.ParseMoney(rapid.StringMatching(`[0-9]{1,9}(\.[0-9]{1,9})?`).Draw(t, "amount"),
			rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency"))
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
	count := rapid.Custom(func(t *rapid.T) assay.Count {
		if rapid.Bool().Draw(t, "unknown") {
			return assay.Count{}
		}
		return assay.Count{N: rapid.Int64Min(0).Draw(t, "n"), Known: true}
	})
	when := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "never") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
	hex := rapid.SampledFrom([]string{"", hex64})
	images := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) assay.Image {
		return assay.Image{URL: filled.Draw(t, "url"), SHA256: hex.Draw(t, "sha"), PDQ: hex.Draw(t, "pdq"), Data: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "data")}
	}), 0, 3)
	country := rapid.SampledFrom([]string{"", "CN", "DE"})
	return rapid.Custom(func(t *rapid.T) assay.Listing {
		l := assay.Listing{
			Marketplace: filled.Draw(t, "marketplace"), ID: filled.Draw(t, "id"), Title: filled.Draw(t, "title"),
			PageID: key.Draw(t, "page"), Description: text.Draw(t, "description"), URL: text.Draw(t, "url"), Brand: text.Draw(t, "brand"),
			Category: text.Draw(t, "category"), GTIN: filled.Draw(t, "gtin"), MPN: filled.Draw(t, "mpn"), SKU: text.Draw(t, "sku"),
			Condition: rapid.SampledFrom([]assay.Condition{"", "new", "used", "refurbished"}).Draw(t, "condition"),
			Price:     money.Draw(t, "price"), Quantity: count.Draw(t, "quantity"), Sold: count.Draw(t, "sold"), ShipFrom: country.Draw(t, "from"),
			Images: images.Draw(t, "images"), ListedAt: when.Draw(t, "listed"), UpdatedAt: when.Draw(t, "updated"),
			Seller: assay.Seller{ID: key.Draw(t, "sid"), Name: text.Draw(t, "sname"), LegalName: text.Draw(t, "slegal"), Country: country.Draw(t, "scountry"),
				JoinedAt: when.Draw(t, "joined")},
		}
		for range rapid.IntRange(0, 3).Draw(t, "variants") {
			l.Variants = append(l.Variants, assay.Variant{ID: key.Draw(t, "vid"), Title: text.Draw(t, "vtitle"), Price: money.Draw(t, "vprice"),
				GTIN: filled.Draw(t, "vgtin"), Images: images.Draw(t, "vimages"), Quantity: count.Draw(t, "vq"), Sold: count.Draw(t, "vs")})
		}
		for name, value := range rapid.MapOfN(text, text, 0, 3).Draw(t, "attributes") {
			l.Attributes = append(l.Attributes, assay.Attribute{Name: name, Value: value})
		}
		for name := range rapid.MapOfN(text, text, 0, 3).Draw(t, "extra") {
			l.Extra = append(l.Extra, assay.ExtraField{Name: name, JSON: rapid.SampledFrom([]string{`1`, `{"a":[1,"x"]}`, `""`, `true`}).Draw(t, "json")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "identifiers") {
			l.Seller.Identifiers = append(l.Seller.Identifiers, assay.Identifier{
				Type: rapid.SampledFrom([]assay.IdentifierType{"phone", "email", "other"}).Draw(t, "type"), Value: filled.Draw(t, "value")})
		}
		l.Normalize()
		return l
	})
}

func TestDecodingUndoesEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := listings().Draw(t, "listing")
		line := feed.AppendListing(nil, &want)
		res := readString("x.ndjson", string(line)+"\n", feed.Options{})
		if len(res.listings) != 1 {
			t.Fatalf("%s\n%s", line, problems(res))
		}
		if d := cmp.Diff(want, res.listings[0], empty); d != "" {
			t.Fatalf("%s\n%s", line, d)
		}
	})
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"marketplace":"m","id":"1","title":"t","price":{"amount":1e3,"currency":"JPY"},"a":{"b":[null]}}` + "\n\n{"))
	f.Add([]byte(`{"extra":{"extra":1},"extra2":0,"marketplace":"m","id":"1","title":"t","listed_at":"0000-01-01T00:00:00+01:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		res := readString("x.ndjson", string(data), feed.Options{Format: feed.NDJSON})
		sameInAnyPieces(t, "x.ndjson", string(data), feed.Options{Format: feed.NDJSON}, res)
		checkRoundTrip(t, res)
	})
}

// checkRoundTrip checks that every listing survives being written and read.
func checkRoundTrip(t *testing.T, res result) {
	t.Helper()
	for i := range res.listings {
		line := feed.AppendListing(nil, &res.listings[i])
		if strings.ContainsAny(string(line), "\n\r") {
			t.Fatalf("a listing is written on several lines: %q", line)
		}
		again := readString("again.ndjson", string(line), feed.Options{Format: feed.NDJSON})
		if len(again.listings) != 1 {
			t.Fatalf("%s\nreads as %s, %v", line, problems(again), again.err)
		}
		if d := cmp.Diff(res.listings[i], again.listings[0], empty); d != "" {
			t.Fatalf("%s\n%s", line, d)
		}
	}
}

// sameInAnyPieces checks that records do not depend on how the input arrives.
func sameInAnyPieces(t *testing.T, name, text string, o feed.Options, want result) {
	t.Helper()
	for how, r := range chunkings(text) {
		got := readAll(name, r, o)
		if d := cmp.Diff(want.listings, got.listings, empty); d != "" {
			t.Fatalf("%s: listings differ: %s", how, d)
		}
		if d := cmp.Diff(want.problems, got.problems); d != "" {
			t.Fatalf("%s: problems differ: %s", how, d)
		}
		if fmt.Sprint(want.err) != fmt.Sprint(got.err) {
			t.Fatalf("%s: error %v, not %v", how, got.err, want.err)
		}
	}
}
