package web_test

import (
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"assay"
)

const fake = `{"marketplace":"bazar.example","id":"A-1","title":"Bellweather Fold bag, mirror quality","price":{"amount":"39.00","currency":"EUR"}}`

func TestEachFormatIsScreenedAsItIsPasted(t *testing.T) {
	product := `"@type":"Product","name":"Bellweather Fold bag, mirror quality","offers":{"@type":"Offer","price":"39.00","priceCurrency":"EUR"}`
	for name, text := range map[string]string{
		"a title alone":                     "Bellweather Fold bag, mirror quality",
		"a title and a description":         "Bellweather Fold bag\r\n\r\nmirror quality, with box",
		"a title with a comma, and more":    "Bellweather Fold bag, black\nmirror quality",
		"a listing on one line":             fake,
		"a listing on several lines":        "{\n \"title\": \"Bellweather Fold bag, mirror quality\",\n \"brand\": \"Bellweather\"\n}",
		"a list of listings":                "[" + fake + "]",
		"a listing without an id":           `{"title":"Bellweather Fold bag, mirror quality"}`,
		"JSON-LD":                           `{"@context":"https://schema.org",` + product + `,"sku":"1"}`,
		"JSON-LD whose product has no id":   `{"@context":"https://schema.org",` + product + `}`,
		"a page":                            `<!DOCTYPE html><html><head><script type="application/ld+json">{` + product + `}</script></head></html>`,
		"a piece of a page":                 `<script type="application/ld+json">{` + product + `,"sku":"1"}</script>`,
		"CSV":                               "id,title,price,currency\n1,\"Bellweather Fold bag, mirror quality\",39.00,EUR\n",
		"CSV with semicolons and no ids":    "title;price;currency\nBellweather Fold bag mirror quality;39.00;EUR\n",
		"TSV":                               "id\ttitle\tprice\n1\tBellweather Fold bag mirror quality\t39.00 EUR\n",
		"CSV without ids, of several lines": "title,description\nBellweather Fold bag,\"mirror\nquality\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := newWorld(t).visit(t, operatorSecret)
			a := b.post("/screen", "text", text)
			b.shows(a, http.StatusOK, `id="result"`, "Bellweather", "Bellweather Group", "verdict-review")
			b.hides(a, `id="mistakes"`)
		})
	}
}

func TestPlainTextTakesWhatTheFieldsSay(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	a := b.post("/screen", "text", "Bellweather Fold bag BW-4410", "price", "39,90", "currency", "EUR", "marketplace", "bazar.example",
		"seller", "bellweather-official", "brand", "Bellweather", "condition", "used")
	b.shows(a, http.StatusOK, "39.90\u00a0EUR", "An authorised seller", "bazar.example", `value="bellweather-official"`, "against")
}

func TestAFieldThatIsWrongIsNamed(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.post("/screen", "text", "A bag", "price", "cheap", "currency", "EUR"), http.StatusOK, "1 mistake", "<code>", "price", "cheap")
	b.shows(b.post("/screen", "text", "A bag", "price", "39", "currency", "XYZ"), http.StatusUnprocessableEntity, "XYZ", "ISO 4217")
}

func TestAVerdictIsExplained(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.get("/screen?example"), http.StatusOK, "verdict-block", "FULLWIDTH LATIN CAPITAL LETTER B", `class="waterfall"`, `class="chart"`, "890.00",
		"mirror quality", "luxbag_88", "Nothing of it is kept.")
}

func TestAClearListingSaysWhy(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.post("/screen", "text", "A blue enamel mug"), http.StatusOK, "verdict-clear", "No protected name was found.")
	b.shows(b.post("/screen", "text", "A bag, compatible with Harbour lights"), http.StatusOK, "verdict-clear", "Found: Harbour.")
}

func TestSeveralListingsAreATableWithTheirExplanations(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	a := b.post("/screen", "text", fake+"\n"+strings.Replace(fake, "Bellweather Fold bag, mirror quality", "An enamel mug", 1))
	b.shows(a, http.StatusOK, "2 listings: 0 block, 1 review, 1 clear", `href="#listing-2"`, `id="listing-2"`, "No protected name was found.")
}

func TestNoMoreThanAHundredListingsAreScreened(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	a := b.post("/screen", "text", strings.Repeat(fake+"\n", 101))
	b.shows(a, http.StatusOK, "100 listings:", "There were more than 100 listings", `id="listing-100"`)
	b.hides(a, `id="listing-101"`)
}

func TestABadRecordIsNamedAndTheOthersAreScreened(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	a := b.post("/screen", "text", "{\"id\":1,\n"+fake+"\n"+`{"id":"2","title":""}`)
	b.shows(a, http.StatusOK, `id="result"`, "2 mistakes", "title", "is missing")
	a = b.post("/screen", "text", "id,title,price\n1,A bag,39.00 EUR\n2,A bag,a lot\n")
	b.shows(a, http.StatusOK, "1 mistake", `<td class="number">3</td>`, "price")
}

func TestAListingsTextIsNoMarkup(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	a := b.post("/screen", "text", "Bellweather <script>alert(1)</script> bag\n\"><img src=x onerror=alert(1)>\u202e\n</textarea><b>")
	b.shows(a, http.StatusOK, "&lt;script&gt;", "RIGHT-TO-LEFT OVERRIDE")
	b.hides(a, "<script>alert", "<img src=x", "</textarea><b>")
	a = b.post("/screen", "text", `{"title":"<i>","price":{"amount":"<u>x","currency":"EUR"}}`)
	b.shows(a, http.StatusOK, "1 mistake")
	b.hides(a, "<i>", "<u>")
}

func TestAFileIsReadAsAFeedIs(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	z.Write([]byte(fake + "\n" + fake))
	z.Close()
	b.shows(b.send(false, "/screen", "day.ndjson.gz", packed.String()), http.StatusOK, "2 listings:")
	b.shows(b.send(false, "/screen", `C:\feeds\day.csv`, "id,title\n1,A bag"), http.StatusOK, `id="result"`)
	b.shows(b.send(false, "/screen", "note.txt", "Bellweather Fold bag, mirror quality", "text", "A mug"), http.StatusOK, "verdict-review")
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.send(false, "/screen", "day.csv", strings.Repeat("x", 9<<20)), http.StatusRequestEntityTooLarge, "more than 8 MB")
}

func TestNothingIsToldFromAnEmptyForm(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.post("/screen", "text", "  \n"), http.StatusUnprocessableEntity, "there is nothing to screen")
}

func TestAPageIsFetchedByItsAddress(t *testing.T) {
	w := newWorld(t)
	w.pages["https://shop.example/p/1"] = page{contentType: "text/html; charset=utf-8",
		body: `<html><script type="application/ld+json">{"@type":"Product","name":"Bellweather Fold bag, mirror quality"}</script></html>`}
	w.pages["https://shop.example/none"] = page{contentType: "text/html", body: `<html><p>Bellweather</p></html>`}
	w.pages["https://shop.example/inside"] = page{err: assay.Errorf(assay.Invalid, "the address leads into this network")}
	b := w.visit(t, operatorSecret)
	b.shows(b.post("/screen", "address", "https://shop.example/p/1"), http.StatusOK, "verdict-review", "shop.example")
	b.shows(b.post("/screen", "address", "https://shop.example/none"), http.StatusOK, "No product was found in it")
	b.shows(b.post("/screen", "address", "https://shop.example/inside"), http.StatusUnprocessableEntity, "leads into this network", "paste that here")
	b.shows(b.post("/screen", "address", "https://shop.example/away"), http.StatusServiceUnavailable, "did not answer", "paste that here")
	for _, address := range []string{"file:///etc/passwd", "javascript:alert(1)", "shop.example", "https://"} {
		b.shows(b.post("/screen", "address", address), http.StatusUnprocessableEntity, "that is no address of a page")
	}
}

func TestWithoutAReferenceThePageSaysHowToGetOne(t *testing.T) {
	w := newWorld(t)
	w.generation = nil
	b := w.visit(t, operatorSecret)
	b.shows(b.post("/screen", "text", "A bag"), http.StatusServiceUnavailable, "There is no reference yet", "assay import reference", "A bag")
}

// repeatedID is an id that a page has twice, empty if there is none.
func repeatedID(body string) string {
	seen := map[string]bool{}
	for _, part := range strings.Split(body, ` id="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if seen[id] {
			return id
		}
		seen[id] = true
	}
	return ""
}

func TestNoPageHasAnIDTwice(t *testing.T) {
	w := newWorld(t)
	w.preview = wouldChange
	w.poison = []assay.Poison{poisoned("p1", "x")}
	b := w.visit(t, operatorSecret)
	for name, a := range map[string]answer{
		"one listing":      b.get("/screen?example"),
		"several listings": b.post("/screen", "text", fake+"\n"+fake+"\n{}"),
		"a preview":        b.post("/reference/marks", "text", "x", "do", "preview", "mode", "replace"),
		"ingest":           b.get("/ingest"),
		"dropping":         b.post("/ingest/poison/p1", "do", "drop"),
	} {
		if id := repeatedID(a.body); a.status != http.StatusOK || id != "" {
			t.Errorf("%s answers %d, and has the id %q twice", name, a.status, id)
		}
	}
}

func TestOnlyTheOperatorScreensByHand(t *testing.T) {
	b := newWorld(t).visit(t, memberSecret)
	b.shows(b.get("/screen"), http.StatusForbidden)
	b.shows(b.post("/screen", "text", "A bag"), http.StatusForbidden)
}
