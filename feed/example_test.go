package feed_test

import (
	"fmt"
	"io"
	"strings"

	"assay"
	"assay/feed"
)

// A CSV whose columns have common names needs no mapping; a bad row is reported
// with its place and the rest goes on.
func Example() {
	const csv = "Product Name,Final Price,Product ID,URL\n" +
		"Leather bag,\"Rp1.250.000\",42,https://www.market.example/p/42\n" +
		"Belt,call us,43,https://www.market.example/p/43\n" +
		"Scarf,\"US$ 12.50\",44,https://www.market.example/p/44\n"

	r, err := feed.Open("bags.csv", strings.NewReader(csv), feed.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	var b feed.Batch
	for {
		if err := r.Next(&b); err == io.EOF {
			break
		} else if err != nil {
			fmt.Println(err)
			return
		}
		b.Decode(func(l *assay.Listing, p *assay.Problem) {
			if p != nil {
				fmt.Println(p.Error())
				return
			}
			fmt.Println(l.Marketplace, l.ID, l.Title, l.Price)
		})
	}
	// Output:
	// market.example 42 Leather bag 1250000.00 IDR
	// bags.csv:3: price: "call us" is not an amount
	// market.example 44 Scarf 12.50 USD
}

func ExampleAppendListing() {
	price, err := assay.ParseMoney("129.5", "EUR")
	if err != nil {
		fmt.Println(err)
		return
	}
	l := assay.Listing{Marketplace: "market.example", ID: "42", Title: "Leather bag", Price: price}
	fmt.Printf("%s\n", feed.AppendListing(nil, &l))
	// Output: {"marketplace":"market.example","id":"42","title":"Leather bag","price":{"amount":"129.50","currency":"EUR"}}
}
