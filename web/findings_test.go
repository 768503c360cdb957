package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"assay"
	"assay/feed"
	"assay/screen"
	"assay/web"
)

// found screens a listing and keeps it and its findings, as a server would.
func (w *world) found(t *testing.T, l assay.Listing) {
	t.Helper()
	l.Normalize()
	v, _ := screen.New(w.generation).NewWorker().Screen(&l, assay.Clear)
	w.listings[l.Key()] = feed.AppendListing(nil, &l)
	for i, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
		w.findings = append(w.findings, assay.Finding{
			ID: "f" + l.ID + strings.Repeat("x", i), Organisation: "bellweather", Marketplace: l.Marketplace, Offer: l.ID, Assessment: a, Model: v.Model,
			Reference: v.Reference, AsOf: v.AsOf, Revision: 1, Title: l.Title, URL: l.URL, Price: l.Price.Decimal(), Currency: l.Price.Currency,
			SellerID: l.Seller.ID, SellerName: l.Seller.Name, FoundAt: now.Add(-2 * time.Hour), ChangedAt: now.Add(-time.Hour), Version: 1,
		})
	}
}

// suspect is an offer that says what it is.
func suspect() assay.Listing {
	return assay.Listing{Marketplace: "bazar.example", ID: "1", Title: "Ｂｅｌｌｗｅａｔｈｅｒ bag, mirror quality", Description: "A bag\u200b. 1:1.", Category: "Bags",
		URL: "https://bazar.example/1", Price: assay.Money{Amount: 3900, Scale: 2, Currency: "EUR"},
		Images: []assay.Image{{URL: "https://img.example/1.jpg"}}, Seller: assay.Seller{ID: "luxbag_88", Name: "Lux Bag", Country: "CN"},
		Variants: []assay.Variant{{ID: "s", Title: "strap", Price: assay.Money{Amount: 900, Scale: 2, Currency: "EUR"}}}}
}

// attack is what somebody puts into a field to get out of it.
const attack = `"><script>pwned()</script><img src=x onerror=pwned()>' onload='pwned() {{constructor}} <hx-partial hx-get="/x"> </title></textarea></style> javascript:pwned() ` + "\u202e\x00"

// attacked is a listing with an attack in every field, and of a mark that is found.
func attacked() assay.Listing {
	text := "Bellweather mirror quality " + attack
	return assay.Listing{Marketplace: attack, ID: attack, PageID: attack, Title: text, Description: text, URL: "javascript:pwned()//" + attack, Brand: "Bellweather " + attack,
		Category: attack, GTIN: attack, MPN: attack, SKU: attack, Condition: assay.ConditionNew, Price: assay.Money{Amount: 100, Scale: 2, Currency: "EUR"},
		ShipFrom: "CN", Images: []assay.Image{{URL: "javascript:pwned()"}, {URL: attack}},
		Variants:   []assay.Variant{{ID: attack, Title: text, GTIN: attack, Price: assay.Money{Amount: 50, Scale: 2, Currency: "EUR"}, Images: []assay.Image{{URL: attack}}}},
		Attributes: []assay.Attribute{{Name: attack, Value: text}}, Extra: []assay.ExtraField{{Name: attack, JSON: `"x"`}},
		Seller: assay.Seller{ID: attack, Name: attack, LegalName: attack, Country: "CN", Identifiers: []assay.Identifier{{Type: "other", Value: attack}}}}
}

// harmless fails if a page has anything that acts besides our own script, style and
// htmx elements with the page's nonce.
func harmless(t *testing.T, path string, a answer) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	_, nonce, _ := strings.Cut(a.header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, _ = strings.Cut(nonce, "'")
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{}
		htmx := false
		for _, k := range n.Attr {
			attributes[k.Key] = k.Val
			htmx = htmx || strings.HasPrefix(k.Key, "hx-") || strings.HasPrefix(k.Key, "data-hx-")
			if strings.HasPrefix(k.Key, "on") || k.Key == "style" || k.Key == "srcdoc" || k.Key == "formaction" || k.Key == "http-equiv" {
				t.Errorf("%s: <%s %s=%q>", path, n.Data, k.Key, k.Val)
			}
			if k.Key == "href" || k.Key == "src" || k.Key == "action" {
				u, err := url.Parse(k.Val)
				if err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" || n.Data != "a" && (u.Host != "" || !strings.HasPrefix(k.Val, "/")) {
					t.Errorf("%s: <%s %s=%q>", path, n.Data, k.Key, k.Val)
				}
			}
		}
		if htmx && attributes["hx-nonce"] != nonce {
			t.Errorf("%s: <%s> acts without the page's nonce", path, n.Data)
		}
		switch n.Data {
		case "script":
			if attributes["nonce"] != nonce || !strings.HasPrefix(attributes["src"], "/assets/") || n.FirstChild != nil {
				t.Errorf("%s: a script that is not ours: %v", path, n.Attr)
			}
		case "iframe", "object", "embed", "base", "template", "hx-partial", "math", "style", "foreignobject":
			t.Errorf("%s: <%s>", path, n.Data)
		}
	}
}

func TestNothingThatAListingSaysActsOnAPage(t *testing.T) {
	w := newWorld(t)
	w.found(t, attacked())
	w.findings[0].ID = "f1"
	b := w.visit(t, operatorSecret)
	for _, path := range []string{"/findings", "/findings?" + url.Values{"q": {attack}, "owner": {attack}, "seller": {attack}, "marketplace": {attack}}.Encode(), "/findings/rows", "/findings/f1", "/findings/f1/panel"} {
		a := b.get(path)
		if a.status != http.StatusOK {
			t.Errorf("%s answered %d", path, a.status)
		}
		harmless(t, path, a)
		if !strings.Contains(a.body, "&lt;script&gt;") {
			t.Errorf("%s does not show the text as text", path)
		}
	}
	a := b.post("/screen", "text", string(feed.AppendListing(nil, new(attacked()))))
	b.shows(a, http.StatusOK, "&lt;script&gt;")
	harmless(t, "/screen", a)
}

func TestEveryAnswerHasAStrictPolicy(t *testing.T) {
	w := newWorld(t)
	w.found(t, suspect())
	b := w.visit(t, operatorSecret)
	for _, path := range []string{"/sign-in", "/findings", "/findings/f1", "/findings/f1/panel", "/findings/nobody", "/nothing", "/screen", "/reference/marks", "/ingest", "/findings.csv", "/findings/f1/pictures/offer-0"} {
		policy := b.get(path).header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'nonce-", "require-trusted-types-for 'script'", "trusted-types htmx", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is not in %q", path, want, policy)
			}
		}
		// Without it browsers send forms with the origin null, which the door refuses.
		if r := b.get(path).header.Get("Referrer-Policy"); r != "same-origin" {
			t.Errorf("%s: Referrer-Policy %q", path, r)
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "data:") {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

func TestAFindingIsExplained(t *testing.T) {
	w := newWorld(t)
	w.found(t, suspect())
	b := w.visit(t, operatorSecret)
	b.shows(b.get("/findings/f1"), http.StatusOK,
		"reads Bellweather (full-width letters)", "letter by letter", "U+200B ZERO WIDTH SPACE", // the disguise
		"confesses a replica", `class="waterfall"`, // the sum
		"/findings/f1/pictures/offer-0", "luxbag_88", "strap", "revision 1", "Raw record")
	b.shows(b.get("/findings/f1/panel"), http.StatusOK, `data-panel="f1"`)
	b.shows(b.get("/findings/nobody"), http.StatusNotFound, "Not there", "It may have been removed")
}

func TestAListThatIsEmptySaysWhatWouldFillIt(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.get("/findings"), http.StatusOK, "No findings yet", "assay import listings")
	b.shows(b.get("/findings?q=nothing"), http.StatusOK, "Nothing matches", "Clear all filters")
	b.hides(b.get("/findings?q=nothing"), "assay import listings")
}

func TestAListLearnsWhatCameAndWhatLeftIt(t *testing.T) {
	w := newWorld(t)
	w.found(t, suspect())
	w.findings[0].Level = assay.Block
	left := w.findings[0]
	left.ID, left.Level = "f2", assay.Clear
	w.findings = append(w.findings, left)
	b := w.visit(t, operatorSecret)
	a := b.part("/findings/rows?after=0")
	b.shows(a, http.StatusOK, `<tr id="f-f1"`, `<tr class="gone" data-id="f2"`, `data-total="`)
	b.hides(a, `id="f-f2"`)
	b.shows(b.part("/findings/rows?after=0&verdict=clear"), http.StatusOK, `id="f-f2"`)
}

func TestAPackedFileThatHoldsGigabytesIsRefused(t *testing.T) {
	var file bytes.Buffer
	z, err := gzip.NewWriterLevel(&file, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(z, "id,title,price\n")
	bad := bytes.Repeat([]byte("1,bag,not a price\n"), 1<<16)
	for range 300 { // some 350 MB
		z.Write(bad)
	}
	z.Close()
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.send(false, "/screen", "bomb.csv.gz", file.String()), http.StatusOK, "not a price")

	ctx, gone := context.WithCancel(t.Context())
	gone()
	p := httptest.NewRequestWithContext(ctx, http.MethodGet, "/screen?example", nil)
	for _, k := range b.cookies {
		p.AddCookie(k)
	}
	b.pages.ServeHTTP(httptest.NewRecorder(), p) // whoever has left is not worked for
}

func TestAnOfferThatChangesALotMakesAPageOfABoundedSize(t *testing.T) {
	w := newWorld(t)
	l := suspect()
	l.Description = strings.Repeat("a\u200bb\u2060", 12_000)
	w.found(t, l)
	for i := range 25 {
		w.revisions = append(w.revisions, assay.Revision{OfferKey: l.Key(), Number: 25 - i, SeenAt: now})
	}
	w.changing = func(number int) []byte {
		l.Description = strings.Repeat(fmt.Sprintf("%d\u200b%d\u2060", number, number*7), 12_000)
		return feed.AppendListing(nil, &l)
	}
	a := w.visit(t, operatorSecret).get("/findings/f1")
	if a.status != http.StatusOK || len(a.body) > 1<<20 {
		t.Errorf("%d, %d bytes", a.status, len(a.body))
	}
}

func TestAFilterThatCannotBeIsExplained(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.get("/findings?verdict=guilty"), http.StatusUnprocessableEntity, "is no verdict", "Change what is named above")
	b.shows(b.part("/findings/rows?after=yesterday"), http.StatusUnprocessableEntity, "is not a time")
}

func TestAnExportIsSafeInASpreadsheet(t *testing.T) {
	w := newWorld(t)
	l := suspect()
	l.Title = "=cmd|' /C calc'!A0 Bellweather mirror quality"
	w.found(t, l)
	a := w.visit(t, operatorSecret).get("/findings.csv")
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(rows, err)
	}
	if title := rows[1][8]; rows[0][8] != "title" || title != "'"+l.Title {
		t.Errorf("the title is %q", title)
	}
	if !strings.Contains(a.header.Get("Content-Disposition"), "findings-2026-11-23.csv") {
		t.Error(a.header)
	}
}

// photographer has one picture.
type photographer struct {
	*world
	asked []string
}

func (p *photographer) Picture(_ context.Context, url string) ([]byte, error) {
	p.asked = append(p.asked, url)
	return []byte("jpeg"), nil
}

func TestOnlyPicturesThatAFindingNamesAreFetched(t *testing.T) {
	w := newWorld(t)
	w.found(t, suspect())
	p := &photographer{world: w}
	services := w.services()
	services.Pictures = p
	pages, err := web.New(services, web.Options{Open: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pages.Close)
	b := &browser{t: t, pages: pages}
	a := b.get("/findings/f1/pictures/offer-0")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "image/jpeg" || a.body != "jpeg" {
		t.Errorf("%d %v", a.status, a.header)
	}
	for _, name := range []string{"offer-1", "offer--1", "offer-x", "variant-0-0", "variant-9-0", "variant-0", "genuine-0", "genuine-99", "https:%2F%2Fevil.example%2F", "..%2F..%2Fx"} {
		if a := b.get("/findings/f1/pictures/" + name); a.status != http.StatusNotFound {
			t.Errorf("%s answered %d", name, a.status)
		}
	}
	if len(p.asked) != 1 || p.asked[0] != "https://img.example/1.jpg" {
		t.Errorf("fetched %q", p.asked)
	}
}

func TestWhoIsNotSignedInIsLedThere(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, operatorSecret)
	b.cookies = nil
	a := b.get("/findings?lane=price")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in?to=%2Ffindings%3Flane%3Dprice" {
		t.Errorf("%d to %s", a.status, a.header.Get("Location"))
	}
	a = b.post("/sign-in", "token", operatorSecret, "to", "/findings?lane=price")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/findings?lane=price" {
		t.Errorf("%d to %s", a.status, a.header.Get("Location"))
	}
	for _, to := range []string{"//evil.example", "https://evil.example", "/\\evil.example"} {
		if a := b.post("/sign-in", "token", operatorSecret, "to", to); a.header.Get("Location") != "/" {
			t.Errorf("%q leads to %s", to, a.header.Get("Location"))
		}
	}
	b.cookies = nil
	b.shows(b.post("/sign-in", "token", "guess"), http.StatusUnauthorized, "not valid")
	b.shows(b.part("/findings/rows"), http.StatusUnauthorized, "Sign in first")
}

func TestASessionEndsWithItsTokenOrByItself(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, operatorSecret)
	cookie := b.cookies[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("%+v", cookie)
	}
	for hash := range w.sessions {
		if hash != sha256.Sum256([]byte(cookie.Value)) || strings.Contains(string(w.sessions[hash]), operatorSecret) {
			t.Error("the store knows the cookie or the token")
		}
	}
	b.shows(b.get("/findings"), http.StatusOK)
	delete(w.tokens, operatorSecret) // rotated
	if a := b.get("/findings"); a.status != http.StatusSeeOther {
		t.Errorf("with a token that is no more: %d", a.status)
	}

	b = w.visit(t, memberSecret)
	old := b.cookies
	b.post("/sign-out")
	b.cookies = old
	if a := b.get("/findings"); a.status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", a.status)
	}
}

func TestAMemberSeesNoneOfTheInstallationsPages(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, memberSecret)
	b.shows(b.get("/findings"), http.StatusOK, "Bellweather Group")
	b.hides(b.get("/findings"), `href="/ingest"`, `href="/screen"`)
	for _, path := range []string{"/screen", "/ingest", "/ingest/poison/1", "/reference/imports/1"} {
		b.shows(b.get(path), http.StatusForbidden, "Not for you")
	}
	for _, path := range []string{"/screen", "/reference/marks", "/ingest/poison/1"} {
		b.shows(b.post(path), http.StatusForbidden)
	}
}

func TestWithSecureCookiesTheCookieIsBoundToItsHost(t *testing.T) {
	w := newWorld(t)
	pages, err := web.New(w.services(), web.Options{Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pages.Close)
	b := &browser{t: t, pages: pages}
	b.post("/sign-in", "token", operatorSecret)
	if k := b.cookies[0]; k.Name != "__Host-assay" || !k.Secure {
		t.Errorf("%+v", k)
	}
}

// newswire is a store whose newest event the test moves.
type newswire struct {
	*world
	position chan int64
	last     int64
}

func (n *newswire) LastPosition(ctx context.Context, _ assay.Scope) (int64, error) {
	select {
	case n.last = <-n.position:
	case <-ctx.Done():
	}
	return n.last, nil
}

func TestAStreamTellsThatSomethingChangedAndEndsWithTheServer(t *testing.T) {
	w := newWorld(t)
	services := w.services()
	wire := &newswire{world: w, position: make(chan int64)}
	services.Findings = wire
	pages, err := web.New(services, web.Options{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages)
	defer server.Close()
	resp, err := http.Get(server.URL + "/findings/live")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Error(ct)
	}
	read := func(want string) {
		t.Helper()
		var got strings.Builder
		b := make([]byte, 1)
		for !strings.HasSuffix(got.String(), want) {
			if _, err := resp.Body.Read(b); err != nil {
				t.Fatalf("%v after %q", err, got.String())
			}
			got.Write(b)
		}
	}
	wire.position <- 7
	read("event: changed\ndata: 7\n\n")
	wire.position <- 7
	wire.position <- 9
	read("event: changed\ndata: 9\n\n") // and nothing for what was known
	pages.Close()
	for b := make([]byte, 64); ; {
		if _, err := resp.Body.Read(b); err != nil {
			break // the stream has ended
		}
	}
}
