package web

import (
	"strings"
	"testing"

	"assay"
)

// told writes a change as -gone- +come+.
func told(changes []change) string {
	var b strings.Builder
	for _, k := range changes {
		b.WriteString(k.field + ":")
		for _, p := range k.parts {
			b.WriteString(map[partKind]string{gone: " -", same: " ", come: " +"}[p.kind] + p.text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestARevisionIsShownByWhatItChanged(t *testing.T) {
	c := englishVisit(t)
	before := assay.Listing{Title: "leather bag", Price: assay.Money{Amount: 3900, Scale: 2, Currency: "EUR"}, Images: []assay.Image{{URL: "https://img.example/1.jpg"}},
		Description: strings.Repeat("The same sentence. ", 50) + "Red."}
	after := before
	if s := told(changesBetween(c, &before, &after)); s != "" {
		t.Errorf("nothing was changed: %s", s)
	}
	after.Title = "leather Bellweather bag"
	after.Price.Amount = 2900
	after.Images = []assay.Image{{URL: "https://img.example/2.jpg"}}
	after.Description = strings.Repeat("The same sentence. ", 50) + "Blue."
	got := told(changesBetween(c, &before, &after))
	for _, want := range []string{"title: leather  +Bellweather  bag", "images: -https://img.example/1.jpg +https://img.example/2.jpg\n", "price:"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if len(got) > 600 {
		t.Errorf("what did not change is left out: %d bytes\n%s", len(got), got)
	}
}

func TestPhotosInAnotherOrderAreNoChange(t *testing.T) {
	if p := diffList([]string{"a", "b", "b"}, []string{"b", "a", "b"}); p != nil {
		t.Error(p)
	}
	if p := diffList([]string{"a", "b", "b"}, []string{"b", "a"}); len(p) != 1 || p[0] != (part{gone, "b"}) {
		t.Error(p)
	}
}
