package reference_test

import (
	"os"
	"regexp"
	"testing"
	"testing/fstest"

	"assay/reference"
)

func TestTheExampleOfTheDocumentationLoads(t *testing.T) {
	doc, err := os.ReadFile("../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	f := fstest.MapFS{"banks/maison-bags/sac-un-front.jpg": {Data: []byte("image")}}
	for _, m := range regexp.MustCompile("(?s)\n`([a-z/.-]+)`\n```[a-z]+\n(.*?)```").FindAllSubmatch(doc, -1) {
		f[string(m[1])] = &fstest.MapFile{Data: m[2]}
	}
	g, err := reference.Load(f, asOf)
	if err != nil {
		t.Fatal(err)
	}
	want := reference.Stats{Owners: 2, Marks: 3, Claims: 2, Products: 3, PricedOwners: 2, Authorised: 1, Gates: 1, Currencies: 2, Banks: 1, BankImages: 1}
	if got := g.Stats(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
