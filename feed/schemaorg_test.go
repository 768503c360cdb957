package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay"
	"assay/feed"
)

const product = `{"@context":"https://schema.org/","@type":"Product","name":"Bag \u0026 strap","description":"d","sku":"S","url":"https://www.m.example/p",
"image":["https://i/1.jpg",{"@type":"ImageObject","contentUrl":"https://i/2.jpg"}],"brand":{"@type":"Brand","name":"B"},"gtin13":"4006381333931","mpn":"M",
"category":["A","B"],"color":"red","additionalProperty":[{"@type":"PropertyValue","name":"Material","value":"leather"}],"aggregateRating":{"ratingValue":4},
"offers":{"@type":"Offer","price":129.00,"priceCurrency":"EUR","itemCondition":"https://schema.org/UsedCondition","availability":"https://schema.org/InStock",
"seller":{"@type":"Organization","name":"Shop","telephone":"+49","address":{"addressCountry":"DE","addressLocality":"Berlin"}}}}`

func TestJSONLD(t *testing.T) {
	t.Run("a product with one offer is a listing", func(t *testing.T) {
		want := assay.Listing{
			Marketplace: "m.example", ID: "S", Title: "Bag & strap", Description: "d", URL: "https://www.m.example/p", Brand: "B", Category: "A > B",
			GTIN: "4006381333931", MPN: "M", SKU: "S", Condition: "used", Price: assay.Money{Amount: 12900, Scale: 2, Currency: "EUR"},
			Images:     []assay.Image{{URL: "https://i/1.jpg"}, {URL: "https://i/2.jpg"}},
			Attributes: []assay.Attribute{{Name: "Material", Value: "leather"}, {Name: "color", Value: "red"}},
			Seller:     assay.Seller{Name: "Shop", Country: "DE", Identifiers: []assay.Identifier{{Type: "address", Value: "Berlin, DE"}, {Type: "phone", Value: "+49"}}},
			Extra:      []assay.ExtraField{{Name: "aggregateRating", JSON: `{"ratingValue":4}`}, {Name: "availability", JSON: `"https://schema.org/InStock"`}},
		}
		if d := cmp.Diff(want, one(t, "x.jsonld", product, feed.Options{}), empty); d != "" {
			t.Error(d)
		}
	})
	for _, c := range []struct{ rule, text string }{
		{"a list at the top is read element by element", "[" + product + ",\n" + product + "]"},
		{"values may follow one another", product + "\n" + product},
		{"a @graph is looked into", `{"@context":"x","@graph":[{"@type":"WebSite"},` + product + `,` + product + `]}`},
		{"an ItemList is looked into", `{"@type":"ItemList","itemListElement":[{"@type":"ListItem","item":` + product + `},{"item":` + product + `}]}`},
		{"two offers of two sellers are two listings", `{"@type":["Product"],"name":"T","productID":"P","url":"https://m/p","offers":{"@type":"AggregateOffer","lowPrice":1,"offers":[` +
			`{"price":"1.50","priceCurrency":"EUR","seller":{"name":"A"}},{"price":"2,50 €","seller":"B","sku":"b"}]}}`},
		{"a list of Assay's own objects is read as such", `[{"marketplace":"m","id":"1","title":"a"},{"marketplace":"m","id":"2","title":"b","x":{"y":` + "\n" + `1}}]`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			res := readString("x.json", c.text, feed.Options{})
			if len(res.listings) != 2 || len(res.problems) > 0 || res.err != nil {
				t.Fatalf("%+v", res)
			}
			checkRoundTrip(t, res)
			if strings.Contains(c.rule, "sellers") {
				a, b := res.listings[0], res.listings[1]
				if a.PageID != "P" || b.PageID != "P" || a.ID != "P#A" || b.ID != "b" || a.Seller.Name != "A" || b.Seller.Name != "B" || b.Price.String() != "2.50 EUR" {
					t.Errorf("%+v\n%+v", a, b)
				}
			}
		})
	}
	t.Run("a ProductGroup's members are variants", func(t *testing.T) {
		l := one(t, "x.jsonld", `{"@type":"ProductGroup","productGroupID":"G","name":"Bag","hasVariant":[{"@type":"Product","sku":"r","name":"red","offers":{"url":"https://m.example/r","price":5,"priceCurrency":"EUR"}},{"@id":"#x"},{"@type":"Product","sku":"b","name":"blue"}]}`, feed.Options{})
		if l.ID != "G" || len(l.Variants) < 2 || l.Variants[0].ID != "r" || l.Variants[0].Price.String() != "5.00 EUR" || l.Marketplace != "m.example" {
			t.Errorf("%+v", l)
		}
	})
	t.Run("a priceSpecification is read, list prices apart", func(t *testing.T) {
		l := one(t, "x.jsonld", `{"@type":"Product","sku":"1","name":"T","offers":{"priceSpecification":[{"price":9,"priceCurrency":"EUR","priceType":"https://schema.org/ListPrice"},{"price":5,"priceCurrency":"EUR"}]}}`, feed.Options{Marketplace: "m"})
		if l.Price.String() != "5.00 EUR" {
			t.Error(l.Price)
		}
	})
	t.Run("a broken value is reported at its line and the rest goes on", func(t *testing.T) {
		res := readString("x.jsonld", "[\n{\"@type\":\"Product\" \"name\":1},\n5,\n"+product+"]", feed.Options{})
		if len(res.listings) != 1 || len(res.problems) != 2 || res.problems[0].Line != 2 || res.problems[1].Line != 3 {
			t.Errorf("%+v", res)
		}
	})
	t.Run("a price that cannot be read is reported with its field", func(t *testing.T) {
		res := readString("x.jsonld", `{"@type":"Product","sku":"1","name":"T","offers":{"price":"1.234","priceCurrency":"EUR"}}`, feed.Options{Marketplace: "m"})
		if !strings.Contains(problems(res), `price: "1.234" may be 1234 or 1.234`) {
			t.Error(problems(res))
		}
	})
}

const page = `<!DOCTYPE html><html><head><title>x<script type="application/ld+json">{"@type":"Product","sku":"no"}</script></title>
<script>var a = "<script type='application/ld+json'>";</script><!-- <script type="application/ld+json">{}</script> -->
<SCRIPT data-x="a>b" type='application/ld+json; charset=utf-8'>
` + product + `
</SCRIPT ><script type="application/ld+json">[{"@type":"BreadcrumbList"}]</script><p a='<script type="application/ld+json">'></p>
<script type="application/ld+json">{"@type":"Product",}</script></html>`

func TestHTML(t *testing.T) {
	res := readString("x.html", page, feed.Options{})
	if len(res.listings) != 1 || res.listings[0].ID != "S" || res.err != nil {
		t.Errorf("products come from JSON-LD scripts and nowhere else: %+v", res)
	}
	if len(res.problems) != 1 || res.problems[0].Line != 10 {
		t.Errorf("a broken script is reported at its line: %s", problems(res))
	}
	t.Run("a script that is never closed ends with the page", func(t *testing.T) {
		one(t, "x.html", `<script type=application/ld+json>`+product, feed.Options{})
	})
}

func FuzzJSONLD(f *testing.F) {
	f.Add(product)
	f.Add("[" + product + `,{"@graph":[{"@type":"ProductGroup","hasVariant":[{"@type":"Product","offers":[{"price":"5","seller":{"@id":"#s"}},{}]}]}]}]`)
	f.Add(`[[{"marketplace":"m","id":"1","title":"\ud83d\ude00"}]] "x" 5 ] } {`)
	f.Fuzz(func(t *testing.T, text string) {
		o := feed.Options{Format: feed.JSONLD, Marketplace: "m", Currency: "EUR", Decimal: feed.DecimalPoint}
		res := readString("x.jsonld", text, o)
		sameInAnyPieces(t, "x.jsonld", text, o, res)
		checkRoundTrip(t, res)
	})
}

func FuzzHTML(f *testing.F) {
	f.Add(page)
	f.Add(`<script type="application/ld+json"><!--{"@type":"Product","name":"x","sku":"1"}--></script ><textarea><script type=application/ld+json>{}</textarea>`)
	f.Add(`<sCript type=application/ld+json>{"@type":"Product","name":"x","sku":"1"}</scriptx></ script></script`)
	f.Fuzz(func(t *testing.T, text string) {
		o := feed.Options{Format: feed.HTML, Marketplace: "m", Currency: "EUR"}
		text = `<!doctype html><meta charset=utf-8>` + text
		res := readString("x.html", text, o)
		sameInAnyPieces(t, "x.html", text, o, res)
		checkRoundTrip(t, res)
	})
}
