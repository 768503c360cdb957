package reference_test

import (
	"errors"
	"fmt"
	"testing/fstest"
	"time"

	"assay"
	"assay/reference"
)

func Example() {
	folder := fstest.MapFS{ // os.DirFS("reference") in earnest
		"marks.csv": {Data: []byte("mark,kind,owner,language,classes,right,alias_of\n" +
			"Maison Exemple,distinctive,Maison Exemple,fr,18;25,EU 012345678,\n" +
			"Mezon Egzample,distinctive,Maison Exemple,,,,Maison Exemple\n")},
		"products.csv": {Data: []byte("owner,gtin,name,category,currency,list_price\n" +
			"Maison Exemple,4006381333931,Sac Un,Bags,EUR,890.00\n")},
	}
	gen, err := reference.Load(folder, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, hit := range gen.Matcher().NewFinder().Find("Sac MEZON EGZAMPLE neuf") {
		term := gen.Term(hit.Term)
		catalogue, basis, _ := gen.Catalogue(term.Owner, "Fashion > Bags > Totes")
		fmt.Println(gen.Owner(term.Owner), "|", term.Text, "is", term.Mark, "|", basis, catalogue.Median)
	}
	gtin, _ := assay.ParseGTIN("4006381333931")
	for _, id := range gen.ProductsByGTIN(gtin) {
		fmt.Println(gen.Product(id).Name)
	}
	// Output:
	// Maison Exemple | Mezon Egzample is Maison Exemple | category 890.00 EUR
	// Sac Un
}

func ExampleLoad_mistakes() {
	_, err := reference.Load(fstest.MapFS{
		"marks.csv":    {Data: []byte("mark,owner,classes\nMaison Exemple,,18\n")},
		"products.csv": {Data: []byte("owner,gtin\nNordlicht Optik,4006381333932\n")},
	}, time.Now())
	var problems assay.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Println(p)
		}
	}
	// Output:
	// marks.csv:2: owner: an owner is needed
	// products.csv:2: gtin: "4006381333932" has a wrong check digit
}
