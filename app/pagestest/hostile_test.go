package pagestest

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"

	"assay"
	"assay/app"
	"assay/web/browsertest"
)

// attacks are texts that would do something on a page that took them for markup, script,
// style, an address, an attribute of htmx, or a formula.
var attacks = []string{
	`<script>window.__pwned=1</script>`,
	`"><img src=x onerror=window.__pwned=1>`,
	`'><svg onload=window.__pwned=1>`,
	`</title><script>window.__pwned=1</script>`,
	`</textarea><script>window.__pwned=1</script><textarea>`,
	`</script><script>window.__pwned=1</script>`,
	`--><script>window.__pwned=1</script><!--`,
	`]]><script>window.__pwned=1</script>`,
	`" autofocus onfocus="window.__pwned=1`,
	`' onmouseover='window.__pwned=1`,
	`javascript:window.__pwned=1`,
	`data:text/html,<script>window.__pwned=1</script>`,
	`{{constructor.constructor('window.__pwned=1')()}}`,
	`${window.__pwned=1}`,
	`<hx-partial hx-target="body"><b id=pwned>x</b></hx-partial>`,
	`<div hx-get="/sign-out" hx-trigger="load" hx-target="body">x</div>`,
	`"><a hx-post="/sign-out" hx-trigger="load" hx-nonce="x">`,
	`<template><script>window.__pwned=1</script></template>`,
	`<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x.css>`,
	`x" style="background:url(//evil.example/x.png)`,
	`<meta http-equiv=refresh content="0;url=//evil.example">`,
	`<base href="//evil.example/"><form action=//evil.example><input type=submit>`,
	`<iframe src=//evil.example></iframe><object data=//evil.example></object>`,
	`<math><mtext><table><mglyph><style><img src=x onerror=window.__pwned=1>`,
	"\u202egpj.exe\u2066 \u200b\u00ad\ufeff\u0001\u001b[31m\u007f\u0085\u2028\u2029",
	`=HYPERLINK("http://evil.example","x")`,
	`@SUM(1+1)*cmd|' /C calc'!A0`,
	"\t=1+1",
	`＝1+1`,
	`%3Cscript%3Ewindow.__pwned=1%3C/script%3E &lt;script&gt;window.__pwned=1&lt;/script&gt; \u003cscript\u003e`,
}

// hostileListing has the attack in every field that takes text. Its first words give it
// a finding.
func hostileListing(i int, attack string) listing {
	key, number := keyOf(attack), attack
	if len(number) > 64 {
		number = strings.ToValidUTF8(number[:60], "")
	}
	image := "https://pictures.example/" + attack
	return listing{
		"marketplace": key + " market", "id": fmt.Sprintf("%s%d", key, i), "page_id": key, "title": fmt.Sprintf("%s Bellweather Evil%d mirror quality %s", attack, i, attack),
		"description": strings.Repeat(attack+"\n", 20), "url": attack, "brand": attack, "category": "Bags > " + attack, "gtin": number, "mpn": attack, "sku": attack,
		"price": price("49.00"), "condition": "new", "images": []string{image, attack, "javascript:window.__pwned=1"},
		"variants": []listing{
			{"id": key + "1", "title": attack, "price": price("9.00"), "gtin": number, "images": []string{image + "2"}},
			{"id": key + "2", "title": attack + " Bellweather", "price": price("49.00")},
		},
		"attributes": listing{attack: attack, "Material": attack},
		"seller": listing{"id": key, "name": attack, "legal_name": attack, "country": "CN", attack: attack,
			"identifiers": []listing{{"type": "phone", "value": attack}, {"type": "domain", "value": attack}, {"type": "other", "value": attack}}},
		attack: attack, "another": listing{attack: []string{attack}},
	}
}

// keyOf is an attack as an id: those hold no control characters.
func keyOf(attack string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, attack))
}

// makeHostile is a server where everything that somebody else wrote is an attack.
var makeHostile = sync.OnceValues(func() (*server, error) {
	s, err := startServer(app.ServerOptions{})
	if err != nil {
		return nil, err
	}
	if err := s.importExample(); err != nil {
		return nil, err
	}
	var marks, products, authorised, claims strings.Builder
	for i, a := range attacks {
		row := func(b *strings.Builder, cells ...string) {
			w := csv.NewWriter(b)
			w.Write(cells)
			w.Flush()
		}
		if i == 0 {
			row(&marks, "mark", "kind", "owner", "language", "classes", "right", "alias_of")
			row(&products, "owner", "mpn", "name", "category", "currency", "list_price", "images")
			row(&authorised, "owner", "marketplace", "seller_id")
			row(&claims, "phrase", "meaning", "language")
		}
		name := strings.TrimSpace(strings.ToValidUTF8(a, ""))
		owner := name + " owner"
		row(&marks, fmt.Sprintf("Evil%d", i), "distinctive", owner, "", "", name, "")
		row(&marks, name+" mark", "distinctive", owner, "", "", name, fmt.Sprintf("Evil%d", i))
		row(&products, owner, "PN-"+name, name+" product", "Bags", "EUR", "900.00", "https://pictures.example/"+url.QueryEscape(name))
		row(&authorised, owner, "shop.example", name)
		row(&claims, name+" phrase", "replica", "")
	}
	for _, table := range []struct {
		kind assay.ReferenceKind
		text string
	}{{assay.ReferenceMarks, marks.String()}, {assay.ReferenceProducts, products.String()}, {assay.ReferenceAuthorised, authorised.String()}, {assay.ReferenceClaims, claims.String()}} {
		if err := s.importText(table.kind, `"><img src=x onerror=window.__pwned=1>.csv`, table.text); err != nil {
			return nil, fmt.Errorf("importing hostile %s: %w", table.kind, err)
		}
	}
	var all []listing
	for i, a := range attacks {
		all = append(all, hostileListing(i, a))
	}
	// The same offers change: their pages show revisions.
	if err := s.feed(all...); err != nil {
		return nil, err
	}
	for i, a := range attacks {
		all[i].with("title", fmt.Sprintf("%s changed Bellweather Evil%d mirror quality", a, i)).with("description", a+" changed")
	}
	if err := s.feed(all...); err != nil {
		return nil, err
	}
	return s, s.poison([]byte(strings.Join(attacks, "\n")))
})

func hostile(t testing.TB) *server {
	t.Helper()
	s, err := makeHostile()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// harmless fails the test if something of an attack became more than text on the page.
func harmless(t *testing.T, tab *browsertest.Tab, what string) {
	t.Helper()
	if browsertest.EvalInPage[bool](tab, `"__pwned" in window || !!document.getElementById("pwned")`) {
		t.Errorf("%s: an attack ran", what)
	}
	for _, found := range browsertest.Eval[[]string](tab, `(() => {
		const found = [], say = (why, e) => found.push(why + ": " + e.outerHTML.slice(0, 300));
		for (const e of document.querySelectorAll("*")) {
			const tag = e.localName;
			if (["iframe", "object", "embed", "base", "style", "template", "hx-partial", "math", "foreignobject", "animate"].includes(tag)) say("injected", e);
			if (tag === "script" && !e.src.startsWith(location.origin + "/assets/")) say("injected", e);
			if (tag === "link" && !e.href.startsWith(location.origin + "/assets/")) say("injected", e);
			if (tag === "meta" && e.httpEquiv) say("injected", e);
			if (tag === "form" && new URL(e.action).origin !== location.origin) say("leads away", e);
			if (tag === "a" && e.hasAttribute("href") && !/^https?:$/.test(e.protocol)) say("address", e);
			if (tag === "a" && e.origin !== location.origin && !/noopener/.test(e.rel)) say("hands the page over", e);
			if (tag === "img" && new URL(e.src).origin !== location.origin) say("foreign picture", e);
			for (const a of e.attributes) {
				if (/^on/i.test(a.name)) say("handler", e);
				if (a.name === "style" && tag !== "html") say("style", e);
				if (/^hx-(get|post|put|patch|delete|on)/.test(a.name) && (!e.getAttribute("hx-nonce") && e.nonce === "" || e.closest(".hostile"))) say("htmx", e);
			}
			if (e.closest(".hostile") && !["bdi", "mark", "span"].includes(tag)) say("within a text", e);
		}
		return found.slice(0, 5);
	})()`) {
		t.Errorf("%s: %s", what, found)
	}
	tab.Quiet()
	r := tab.Take()
	if r.Refused = nil; !r.Clean() {
		t.Errorf("%s did what no page may do:\n%s", what, r)
	}
}

func TestAnAttackInEveryFieldStaysText(t *testing.T) {
	s := hostile(t)
	tab := s.tab(t, browsertest.Options{Screen: browsertest.Wide})
	t.Run("in the list and the panel beside it", func(t *testing.T) {
		tab := tab.For(t)
		for _, path := range []string{"/findings", "/findings?order=score", "/findings?order=found&column=signals&column=owner&column=marketplace&column=seller&column=lane"} {
			tab.Go(path)
			harmless(t, tab, path)
		}
		for i := range 12 {
			tab.Press("j")
			tab.Until("the panel shows the row", `document.querySelector("#panel .panel-content")?.dataset.panel === document.querySelector(".row.selected")?.dataset.id`)
			harmless(t, tab, fmt.Sprintf("panel %d", i))
		}
		if browsertest.Eval[bool](tab, `!!document.querySelector("#more a")`) {
			n := browsertest.Eval[int](tab, `document.querySelectorAll(".row").length`)
			tab.Click("#more a")
			tab.Until("more rows are there", fmt.Sprintf(`document.querySelectorAll(".row").length > %d`, n))
			harmless(t, tab, "more rows")
		}
	})
	t.Run("on the findings' own pages", func(t *testing.T) {
		tab := tab.For(t)
		tab.On(browsertest.Phone)
		for i, id := range hostileFindings(t, s) {
			tab.Go("/findings/" + id)
			harmless(t, tab, "finding of "+attacks[i])
			tab.Fits("finding of " + attacks[i])
			if i == 0 {
				tab.Click("details.raw > summary")
				tab.Press("Space")
				harmless(t, tab, "finding, unfolded")
			}
		}
		tab.On(browsertest.Wide)
	})
	t.Run("in the reference", func(t *testing.T) {
		tab := tab.For(t)
		for _, kind := range []string{"marks", "products", "authorised", "claims"} {
			tab.Go("/reference/" + kind)
			harmless(t, tab, kind)
		}
		for i := 0; i < len(attacks); i += 3 {
			a := attacks[i]
			tab.Go("/reference/marks?" + url.Values{"q": {a}, "owner": {a}}.Encode())
			harmless(t, tab, "a filter of marks by "+a)
		}
	})
	t.Run("in what is asked for", func(t *testing.T) {
		tab := tab.For(t)
		for i, a := range attacks {
			name := []string{"q", "verdict"}[i%2] // the one filters, the other is refused by name
			tab.Go("/findings?" + url.Values{name: {a}, "owner": {a}, "seller": {a}, "marketplace": {a}}.Encode())
			harmless(t, tab, name+" "+a)
		}
		tab.Go("/reference/" + url.PathEscape(attacks[0]))
		harmless(t, tab, "a table of the reference")
		tab.Go("/ingest?after=" + url.QueryEscape(attacks[0]))
		harmless(t, tab, "a part of the poison")
		tab.Go("/ingest/poison/" + url.PathEscape(attacks[0]))
		harmless(t, tab, "an envelope")
	})
	t.Run("while it is uploaded", func(t *testing.T) {
		tab := tab.For(t)
		dir := t.TempDir()
		for i, text := range []string{
			"mark,kind,owner\n\"Evil0\",distinctive,\"" + strings.ReplaceAll(strings.Join(attacks[:20], " "), `"`, `""`) + "\"\n",
			"mark,kind,owner\n" + strings.Join(attacks, "\n") + "\n",
			strings.Join(attacks, ",") + "\nx\n",
		} {
			file := filepath.Join(dir, fmt.Sprintf(`"><img src=x onerror=window.__pwned=1>%d.csv`, i))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			tab.Go("/reference/marks")
			tab.Click(".upload > summary")
			tab.Choose("#file", file)
			tab.Click("#upload button[value=preview]")
			tab.Until("the preview is there", `document.querySelector("#preview > *")`)
			harmless(t, tab, "the preview")
		}
	})
	t.Run("while it is screened", func(t *testing.T) {
		tab := tab.For(t)
		screen := func(what, text string) {
			tab.Go("/screen")
			tab.Click("#text")
			tab.Paste(text)
			tab.Follow(func() { tab.Click("form.form button[type=submit]") })
			harmless(t, tab, "what was screened of "+what)
		}
		var all strings.Builder
		for i, a := range attacks {
			b, err := json.Marshal(hostileListing(i, a))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(append(b, '\n'))
			if i%5 == 0 {
				screen(a, string(b))
				screen(a, "Bellweather mirror quality "+a+"\n"+a)
			}
		}
		screen("all", all.String())
		screen("what is no listing", strings.Join(attacks, "\n"))
		screen("JSON with mistakes", `{"title":`+browsertest.Quote(attacks[0])+`,"price":{"amount":`+browsertest.Quote(attacks[1])+`,"currency":"EUR"},"gtin":`+browsertest.Quote(strings.Repeat(attacks[2], 3))+`}`)
	})
	t.Run("in an envelope that was set aside", func(t *testing.T) {
		tab := tab.For(t)
		list, err := s.poisoned()
		if err != nil || len(list) == 0 {
			t.Fatal(err, len(list))
		}
		tab.Go("/ingest")
		harmless(t, tab, "ingest")
		tab.Go("/ingest/poison/" + list[0].ID)
		harmless(t, tab, "the envelope")
	})
	t.Run("when it comes into an open list", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/findings")
		tab.Until("the list is live", `!document.querySelector("#news").hidden`)
		var fresh []listing
		for i, a := range attacks {
			fresh = append(fresh, hostileListing(i, a).with("id", fmt.Sprintf("fresh %d %s", i, keyOf(a))))
		}
		if err := s.feed(fresh...); err != nil {
			t.Fatal(err)
		}
		tab.Until("the rows are there", `document.querySelectorAll(".row.fresh").length > 0`)
		tab.Quiet()
		harmless(t, tab, "the list with what came")
	})
	t.Run("and nobody is signed out by it", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/findings")
		if got := tab.Path(); got != "/findings" {
			t.Errorf("the list is answered with %s", got)
		}
	})
}

// hostileFindings returns a finding for each attack.
func hostileFindings(t testing.TB, s *server) []string {
	t.Helper()
	ids := make([]string, len(attacks))
	for cursor := ""; ; {
		status, answer, err := s.call("GET", "/v1/findings?limit=500&verdict=clear,review,block&cursor="+url.QueryEscape(cursor), "", nil)
		var got assay.FindingPage
		if err == nil {
			err = json.Unmarshal(answer, &got)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("the findings: %d %v", status, err)
		}
		for _, f := range got.Findings {
			for i, a := range attacks {
				if f.Offer == fmt.Sprintf("%s%d", keyOf(a), i) && (ids[i] == "" || strings.Contains(f.Owner, "owner")) {
					ids[i] = f.ID
				}
			}
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	for i, id := range ids {
		if id == "" {
			t.Fatalf("the listing with %q has no finding", attacks[i])
		}
	}
	return ids
}

func TestAnExportHoldsNoFormula(t *testing.T) {
	s := hostile(t)
	r, text := s.request(t, "GET", "/findings.csv?verdict=block&verdict=review&verdict=clear", s.signedIn(t), nil, nil)
	if kind := r.Header.Get("Content-Type"); r.StatusCode != http.StatusOK || kind != "text/csv; charset=utf-8" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("the export is answered with %d %s", r.StatusCode, kind)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) < len(attacks) {
		t.Fatalf("the export has %d records: %v", len(records), err)
	}
	defused := 0
	for _, record := range records[1:] {
		for i, cell := range record {
			if records[0][i] == "score" {
				continue // a number of ours
			}
			if strings.HasPrefix(cell, "'") {
				defused++
			}
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				t.Errorf("%s: a spreadsheet would take %.60q for a formula", records[0][i], cell)
			}
		}
	}
	if defused == 0 {
		t.Error("no cell was defused: the test has nothing to see")
	}
}
