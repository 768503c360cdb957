package screen_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"assay"
	"assay/reference"
	"assay/screen"
)

// worker screens against the folder examples/reference.
func worker() *screen.Worker {
	gen, err := reference.Load(os.DirFS("../examples/reference"), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil {
		panic(err)
	}
	return screen.New(gen).NewWorker()
}

func euros(amount string) assay.Money {
	m, err := assay.ParseMoney(amount, "EUR")
	if err != nil {
		panic(err)
	}
	return m
}

// show prints the contributions of one signal, and the score that all of them
// make.
func show(l assay.Listing, signal assay.Signal) {
	l.Marketplace = "bazar.example"
	v, _ := worker().Screen(&l, assay.Clear)
	for _, c := range v.Contributions {
		if c.Signal == signal {
			facts := fmt.Sprint(c.Points, " ", c.Mark, c.Phrase, c.Basis, " ", c.Written, c.Amount, c.GTIN, " ", c.Where, c.Reference, " ", c.ReferenceCurrency, " ", c.Note)
			fmt.Println(strings.Join(strings.Fields(facts), " "))
		}
	}
	fmt.Println(v.Level, v.Lane, v.Score)
}

func ExampleWorker_Screen_mark() {
	show(assay.Listing{Title: "sac BELLWEATHER noir"}, assay.SignalMark)
	show(assay.Listing{Title: "bag", Brand: "Bellweather"}, assay.SignalMark)
	show(assay.Listing{Title: "bag", Description: "goes with your Bellweather"}, assay.SignalMark)
	show(assay.Listing{Title: "Harbour lights print"}, assay.SignalMark) // a word, mostly
	// Output:
	// 0.500000 Bellweather BELLWEATHER title
	// clear counterfeit 0.500000
	// 0.600000 Bellweather Bellweather brand
	// clear counterfeit 0.600000
	// -1.200000 Bellweather Bellweather description
	// clear counterfeit -1.200000
	// -0.700000 Harbour Harbour title
	// clear counterfeit -0.700000
}

func ExampleWorker_Screen_claim() {
	show(assay.Listing{Title: "Bellweather bag, mirror quality"}, assay.SignalClaim)
	show(assay.Listing{Title: "高仿 贝尔韦瑟 1:1"}, assay.SignalClaim)
	show(assay.Listing{Title: "mirror quality frame"}, assay.SignalClaim) // of nobody's goods
	// Output:
	// 2.600000 mirror quality mirror quality title
	// review counterfeit 3.100000
	// 2.600000 高仿 高仿 title
	// 1.300000 1:1 1:1 title
	// review counterfeit 4.400000
	// clear  0.000000
}

func ExampleWorker_Screen_excuse() {
	show(assay.Listing{Title: "strap for Bellweather bags"}, assay.SignalExcuse)
	show(assay.Listing{Title: "Bellweather shoulder bag in calf leather, no replica"}, assay.SignalExcuse)
	// Output:
	// -1.800000 strap for strap for title
	// clear counterfeit -1.300000
	// -0.510000 no replica no replica title
	// clear counterfeit -0.010000
}

func ExampleWorker_Screen_price() {
	bag := assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Women > Bags", Condition: assay.ConditionNew}
	for _, amount := range []string{"39.00", "390.00", "850.00"} {
		bag.Price = euros(amount)
		show(bag, assay.SignalPrice)
	}
	bag.Price = assay.Money{Amount: 39, Currency: "THB"}
	show(bag, assay.SignalPrice)
	// Output:
	// 2.467246 category 39.00 490.00
	// review counterfeit 3.067246
	// -1.221372 category 390.00 490.00
	// clear counterfeit -0.621372
	// -1.756475 category 850.00 490.00
	// clear counterfeit -1.156475
	// 0.000000 category 39 490.00 EUR no rate for THB: price not compared
	// clear counterfeit 0.600000
}

func ExampleWorker_Prices() {
	bag := assay.Listing{Title: "Bellweather Fold", Brand: "Bellweather", Category: "Bags", Condition: assay.ConditionNew, Price: euros("39.00")}
	v, _ := worker().Prices(&bag, "Bellweather Group", "")
	fmt.Println(v.Offer, "beside a", v.Basis, "median of", v.Reference, v.Points)
	for _, b := range v.Bins {
		fmt.Printf("%d at about %.0f %s\n", b.Count, b.Price, v.Currency)
	}
	at := v.Curve[v.At]
	fmt.Printf("of 1,000 fakes %.1f ask about %.0f %s, of 1,000 honest offers %.1f\n", 1_000*at.Fake, at.Price, v.Currency, 1_000*at.Honest)
	// Output:
	// 39.00 EUR beside a category median of 490.00 EUR 2.467246
	// 1 at about 490 EUR
	// 1 at about 899 EUR
	// of 1,000 fakes 11.5 ask about 40 EUR, of 1,000 honest offers 1.0
}

func ExampleWorker_Screen_channel() {
	show(assay.Listing{Title: "Bellweather bag", Seller: assay.Seller{ID: "bellweather-official"}}, assay.SignalChannel)
	show(assay.Listing{Title: "Bellweather bag", Seller: assay.Seller{ID: "attic-finds"}}, assay.SignalChannel)
	show(assay.Listing{Title: "Maison Exemple coupe", Category: "Watches", Seller: assay.Seller{ID: "attic-finds"}}, assay.SignalChannel)
	// Output:
	// -4.000000 authorised
	// clear counterfeit -3.500000
	// 0.200000 unknown
	// clear counterfeit 0.700000
	// 2.400000 gated seller is not authorised
	// review unauthorised 2.900000
}

func ExampleWorker_Screen_gtin() {
	show(assay.Listing{Title: "Bellweather bag", GTIN: "4012345000016"}, assay.SignalGTIN)
	show(assay.Listing{Title: "Bellweather bag", GTIN: "4012345000017"}, assay.SignalGTIN)
	show(assay.Listing{Title: "Bellweather bag", GTIN: "4012345000023"}, assay.SignalGTIN)
	// Output:
	// 0.000000 4012345000016 the owner's product
	// clear counterfeit 0.500000
	// 0.700000 4012345000017 check digit is wrong
	// clear counterfeit 1.200000
	// 1.000000 4012345000023 another owner's product
	// clear counterfeit 1.500000
}
