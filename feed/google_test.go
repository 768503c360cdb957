package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay"
	"assay/feed"
)

const rss = `<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<!-- <item><title>no</title></item> -->
<item>
 <title>RSS title</title><g:title>Bag &amp; <![CDATA[<b>strap</b> </item>]]></g:title>
 <link>https://www.shop.example/b1</link>
 <g:id>b1</g:id><g:price>1,234.00 EUR</g:price><g:sale_price>999.00 EUR</g:sale_price>
 <g:image_link>https://i/1.jpg</g:image_link><g:additional_image_link>https://i/2.jpg</g:additional_image_link>
 <g:additional_image_link>https://i/3.jpg</g:additional_image_link>
 <g:brand>B</g:brand><g:gtin>4006381333931</g:gtin><g:condition>New</g:condition>
 <g:product_type>Bags &gt; Totes</g:product_type><g:google_product_category>3032</g:google_product_category>
 <g:item_group_id>grp</g:item_group_id><g:availability>in_stock</g:availability>
</item>
<item><g:id>b2</g:id><title>broken</b></item>
<item><g:id>b3</g:id><title>cut
<item><g:id>b4</g:id><title>after</title><link>https://shop.example/b4</link></item>
</channel></rss>`

const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:goo='http://base.google.com/ns/1.0'>
<entry><goo:id>1</goo:id><id>tag:x</id><title>T&nbsp;1</title><link rel="self" href="https://x/self"/><link href="https://m.example/1"/><goo:price>5.00 EUR</goo:price></entry>
<entry/></feed>`

func TestGoogle(t *testing.T) {
	t.Run("RSS items are read; a broken one is reported and the next goes on", func(t *testing.T) {
		res := readString("x.xml", rss, feed.Options{})
		want := assay.Listing{
			Marketplace: "shop.example", ID: "b1", PageID: "grp", Title: "Bag & <b>strap</b> </item>", URL: "https://www.shop.example/b1", Brand: "B",
			Category: "Bags > Totes", GTIN: "4006381333931", Condition: "new", Price: assay.Money{Amount: 99900, Scale: 2, Currency: "EUR"},
			Images: []assay.Image{{URL: "https://i/1.jpg"}, {URL: "https://i/2.jpg"}, {URL: "https://i/3.jpg"}},
			Extra: []assay.ExtraField{{Name: "availability", JSON: `"in_stock"`}, {Name: "google_product_category", JSON: `"3032"`},
				{Name: "price", JSON: `"1,234.00 EUR"`}, {Name: "title", JSON: `"RSS title"`}},
		}
		if len(res.listings) != 2 || res.err != nil {
			t.Fatal(res)
		}
		if d := cmp.Diff(want, res.listings[0], empty); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff("x.xml:14: is not well-formed: element <title> closed by </b>\nx.xml:15: the item is not closed", problems(res)); d != "" || res.listings[1].ID != "b4" {
			t.Error(d)
		}
	})
	t.Run("Atom entries are read under any prefix", func(t *testing.T) {
		res := readString("x.xml", atom, feed.Options{Marketplace: "m"})
		if len(res.listings) != 1 || problems(res) != "x.xml:3: id: is missing" {
			t.Fatal(res)
		}
		if l := res.listings[0]; l.ID != "1" || l.Title != "T\u00a01" || l.URL != "https://m.example/1" || l.Price.String() != "5.00 EUR" {
			t.Errorf("%+v", l)
		}
	})
	t.Run("TSV with Google's names is read", func(t *testing.T) {
		l := one(t, "x.txt", "id\ttitle\timage link\tadditional image link\tprice\tlink\titem group id\n1\tT\thttps://i/1\thttps://i/2,https://i/3,x\t15.00 USD\thttps://www.s.example/1\tg\n", feed.Options{Format: feed.Google})
		if len(l.Images) != 3 || l.Price.String() != "15.00 USD" || l.PageID != "g" || l.Marketplace != "s.example" {
			t.Errorf("%+v", l)
		}
	})
	t.Run("entities of a feed's own are not expanded", func(t *testing.T) {
		res := readString("x.xml", `<!DOCTYPE rss [<!ENTITY a "<item>"><!ENTITY b "&a;&a;">]><rss><item><id>1</id><title>&b;</title></item></rss>`, feed.Options{Marketplace: "m"})
		if problems(res) != "x.xml:1: has an character entity &b;: a feed's own entities are not expanded" && !strings.Contains(problems(res), "own entities are not expanded") {
			t.Error(res)
		}
	})
	t.Run("nesting is bounded", func(t *testing.T) {
		res := readString("x.xml", "<rss><item>"+strings.Repeat("<a>", 100_000)+"</item></rss>", feed.Options{Marketplace: "m"})
		if problems(res) != "x.xml:1: is nested more than 32 deep" {
			t.Error(problems(res))
		}
	})
	t.Run("another encoding is undone as declared", func(t *testing.T) {
		l := one(t, "x.xml", "<?xml version='1.0' encoding='ISO-8859-1'?><rss><item><id>1</id><title>S\xe4ge</title></item></rss>", feed.Options{Marketplace: "m"})
		if l.Title != "Säge" {
			t.Error(l.Title)
		}
	})
	t.Run("text that is not UTF-8 names its element", func(t *testing.T) {
		if res := readString("x.xml", "<rss><item><id>1</id><g:title>S\xe4ge</g:title></item></rss>", feed.Options{}); problems(res) != "x.xml:1: title: is not UTF-8: declare the document's encoding" {
			t.Error(problems(res))
		}
	})
	t.Run("XML without items is told", func(t *testing.T) {
		if res := readString("x.xml", "<sitemap><url/></sitemap>", feed.Options{}); res.err == nil || !strings.Contains(res.err.Error(), "no <item> and no <entry>") {
			t.Error(res.err)
		}
	})
}

func FuzzGoogleXML(f *testing.F) {
	f.Add(rss)
	f.Add(atom)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><item><!-- </item> --><?x </item> ?><a b="</item>" c='>'/></item><item`)
	f.Fuzz(func(t *testing.T, text string) {
		o := feed.Options{Format: feed.Google, Marketplace: "m", Currency: "EUR"}
		text = "<r>" + text
		res := readString("x.xml", text, o)
		sameInAnyPieces(t, "x.xml", text, o, res)
		checkRoundTrip(t, res)
	})
}
