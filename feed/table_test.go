package feed_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay"
	"assay/feed"
)

func TestCSV(t *testing.T) {
	t.Run("common names are mapped, JSON in cells is read, the rest is kept", func(t *testing.T) {
		got := one(t, "x.csv", "Product Name,final_price,initial_price,currency,product_id,sku,url,Image-URLs,main_image,breadcrumb,other_attributes,brand,gtin,mpn,number_sold,rating,domain,seller_name,condition\r\n"+
			`"A ""good"" bag",1.580950000000000e+03,"2000",MYR,42,S1,https://www.lazada.com.my/p/42,"[""https://i/1.jpg"",""https://i/2.jpg""]",https://i/1.jpg,"[""Bags"",""Totes""]","[{""name"":""Style"",""value"":""Boho""},{""name"":""Colour"",""value"":""red""},{""name"":""Style"",""value"":""Chic""}]",null,n/a,M-1,7,4.5,https://www.lazada.com.my,Shop,Used`+"\r\n", feed.Options{})
		want := assay.Listing{
			Marketplace: "lazada.com.my", ID: "42", Title: `A "good" bag`, URL: "https://www.lazada.com.my/p/42", Category: "Bags > Totes",
			MPN: "M-1", SKU: "S1", Condition: "used", Price: assay.Money{Amount: 158095, Scale: 2, Currency: "MYR"}, Sold: assay.Count{N: 7, Known: true},
			Images:     []assay.Image{{URL: "https://i/1.jpg"}, {URL: "https://i/2.jpg"}},
			Attributes: []assay.Attribute{{Name: "Colour", Value: "red"}, {Name: "Style", Value: "Boho; Chic"}},
			Seller:     assay.Seller{Name: "Shop"},
			Extra:      []assay.ExtraField{{Name: "initial_price", JSON: `"2000"`}, {Name: "rating", JSON: `"4.5"`}},
		}
		if d := cmp.Diff(want, got, empty); d != "" {
			t.Error(d)
		}
	})
	t.Run("a mapping wins over the names", func(t *testing.T) {
		got := one(t, "x.csv", "id,title,Headline,cost,phone\n1,wrong,right,5,+49\n", feed.Options{Marketplace: "m", Currency: "EUR", Map: map[string]string{
			"title": "headline", "price": "cost", "seller.identifiers.phone": "phone", "attributes.Old": "title"}})
		if got.Title != "right" || got.Price.String() != "5.00 EUR" || got.Seller.Identifiers[0].Value != "+49" || got.Attributes[0] != (assay.Attribute{Name: "Old", Value: "wrong"}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a mapping to a column that is not there names those that are", func(t *testing.T) {
		res := readString("x.csv", "id,title\n1,t\n", feed.Options{Map: map[string]string{"price": "cost"}})
		if res.err == nil || !strings.Contains(res.err.Error(), `--map price="cost": there is no such column; the columns are id, title`) || assay.CodeOf(res.err) != assay.Invalid {
			t.Error(res.err)
		}
	})
	t.Run("a mapping of a field that is none is refused", func(t *testing.T) {
		if err := (feed.Options{Map: map[string]string{"colour": "c"}}).Validate(); err == nil || !strings.Contains(err.Error(), `"colour" is not a field`) {
			t.Error(err)
		}
	})
	t.Run("without an id the sku, then the address is taken", func(t *testing.T) {
		if got := one(t, "x.csv", "url,title,sku\nhttps://www.m.example/1,t,\n", feed.Options{}); got.ID != "https://www.m.example/1" || got.Marketplace != "m.example" {
			t.Errorf("%+v", got)
		}
		if got := one(t, "x.csv", "url,title,sku\nhttps://m/1,t,S\n", feed.Options{}); got.ID != "S" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("semicolons separate where they do so in the header", func(t *testing.T) {
		if got := one(t, "x.csv", "id;title;price\n1;\"a;b\";12,50 €\n", feed.Options{Marketplace: "m"}); got.Title != "a;b" || got.Price.String() != "12.50 EUR" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("lines are counted through quoted line feeds, and problems say the record's first", func(t *testing.T) {
		res := readString("x.csv", "id,title,price,currency\n1,\"a\nb\n\",5,EUR\n\n2,t\n3,\"x\"y,5,EUR\n4,t,soon,EUR\n5,,5,EUR\n6,\xff,5,EUR\n7,7\" screen,5,EUR\n", feed.Options{Marketplace: "m"})
		want := "x.csv:6: has 2 fields where the header has 4\n" +
			"x.csv:7: field 2: text follows the closing quote\n" +
			"x.csv:8: price: \"soon\" is not an amount\n" +
			"x.csv:9: title: is missing\n" +
			"x.csv:10: title: is not UTF-8"
		if d := cmp.Diff(want, problems(res)); d != "" || len(res.listings) != 2 || res.listings[0].Title != "a\nb\n" || res.listings[1].Title != `7" screen` {
			t.Error(d, res.listings)
		}
	})
	t.Run("a quote that is never closed costs one line", func(t *testing.T) {
		res := readString("x.csv", "id,title\n1,\"open\n2,b\n3,c\n", feed.Options{Marketplace: "m"})
		if problems(res) != "x.csv:2: a quote is opened and never closed" || len(res.listings) != 2 {
			t.Error(problems(res), len(res.listings))
		}
	})
	t.Run("a record past the limit is reported at its line and the rest goes on", func(t *testing.T) {
		long := strings.Repeat("x", feed.MaxRecord)
		res := readString("x.csv", "id,title\n1,"+long+"\n2,b\n3,\""+strings.Repeat("x\n", feed.MaxRecord/2)+"4,d\n", feed.Options{Marketplace: "m"})
		got := problems(res)
		if !strings.HasPrefix(got, "x.csv:2: record longer than 4 MiB\nx.csv:4: record longer than 4 MiB (an unclosed quote?)\nx.csv:5: has 1 fields") {
			t.Errorf("%.200s", got)
		}
		if len(res.listings) != 2 || res.listings[1].ID != "4" {
			t.Error(len(res.listings))
		}
	})
	t.Run("a header without a title is refused", func(t *testing.T) {
		if res := readString("x.csv", "a,b\n1,2\n", feed.Options{}); res.err == nil || !strings.Contains(res.err.Error(), "--map title=COLUMN; the columns are a, b") {
			t.Error(res.err)
		}
	})
	t.Run("a header alone and an empty file are no listings", func(t *testing.T) {
		for _, text := range []string{"", "id,title\n", "\ufeff"} {
			if res := readString("x.csv", text, feed.Options{}); res.err != nil || len(res.listings)+len(res.problems) > 0 {
				t.Error(res)
			}
		}
	})
}

func TestTSV(t *testing.T) {
	res := readString("x.tsv", "id\ttitle\tprice\n1\t\"a \"\"b\"\"\"\t5 EUR\n2\t\"a\" or \"b\"\t6 EUR\n3\t5\" screen\t7 EUR\n4\t\"open\t8 EUR\n", feed.Options{Marketplace: "m"})
	var titles []string
	for _, l := range res.listings {
		titles = append(titles, l.Title)
	}
	if d := cmp.Diff([]string{`a "b"`, `"a" or "b"`, `5" screen`, `"open`}, titles); d != "" || len(res.problems) > 0 {
		t.Error("quotes around a whole field go, others stay:", d, problems(res))
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("id,title,price,currency,images\n1,\"a,\"\"b\"\nx\",5,EUR,\"[\"\"u\"\"]\"\n2,b,\"1,5\",EUR,http://a http://b\n")
	f.Add("id;title\n1;\"open\n2;x\"y,\"z\n")
	f.Add("title,attributes,category,domain\nt,\"{\"\"a\"\":1}\",\"[{\"\"name\"\":\"\"x\"\"}]\",https://www.x.y:80/\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := feed.Options{Format: feed.CSV, Marketplace: "m", Currency: "EUR"}
		res := readString("x.csv", text, o)
		sameInAnyPieces(t, "x.csv", text, o, res)
		checkRoundTrip(t, res)
	})
}

func FuzzTSV(f *testing.F) {
	f.Add("id\ttitle\tprice\n1\t\"a \"\"b\"\"\"\t5 EUR\n")
	f.Add("id\timage link\ttitle\tadditional image link\n1\thttps://a/1\tt\thttps://a/2,https://a/3\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := feed.Options{Format: feed.TSV, Marketplace: "m", Currency: "EUR"}
		res := readString("x.tsv", text, o)
		sameInAnyPieces(t, "x.tsv", text, o, res)
		checkRoundTrip(t, res)
	})
}

// FuzzCSVAgainstStandard compares with the standard library's reader wherever that
// accepts the whole input.
func FuzzCSVAgainstStandard(f *testing.F) {
	f.Add("1,\"a,\"\"b\"\nx\",5\r\n\n2,b,c\n")
	f.Fuzz(func(t *testing.T, rows string) {
		text := "title,b,c\n" + rows
		if strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), "\r") || strings.ContainsAny(rows, "\x00") || strings.Contains(rows, "\n\r\n") {
			return // the standard reader folds line ends within quotes
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = 3
		want, err := std.ReadAll()
		if err != nil {
			return
		}
		res := readString("x.csv", text, feed.Options{Format: feed.CSV, Marketplace: "m", Map: map[string]string{"id": "b", "title": "title", "brand": "c"}})
		for _, l := range res.listings {
			found := false
			for _, row := range want[1:] {
				norm := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
				found = found || row[0] == norm(l.Title) && strings.TrimSpace(row[1]) == norm(l.ID)
			}
			if !found {
				t.Fatalf("%q: %q, %q is none of %q", text, l.Title, l.ID, want)
			}
		}
		if n := len(res.listings) + len(res.problems); res.err == nil && n > len(want)-1 {
			t.Fatalf("%q: %d records, not %d", text, n, len(want)-1)
		}
	})
}
