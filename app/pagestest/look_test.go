package pagestest

import (
	"fmt"
	"strings"
	"testing"

	"assay/web/browsertest"
)

// view is a page as somebody comes to see it.
type view struct {
	name string
	at   *server
	path string
	do   func(tab *browsertest.Tab) // what has to be done there; nil: nothing
	// refused is how many answers of 400 and more belong to it.
	refused int
	// main is a page that people spend their day on: it is checked in every pairing of colours
	// and width, others in two that have both of each.
	main bool
}

// show brings a tab to the view.
func (v view) show(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Go(v.path)
	if v.do != nil {
		v.do(tab)
	}
	tab.Quiet()
	r := tab.Take()
	if len(r.Refused) != v.refused {
		t.Errorf("%s: refused requests: %q", v.name, r.Refused)
	}
	if r.Refused = nil; !r.Clean() {
		t.Errorf("%s did what no page may do:\n%s", v.name, r)
	}
}

// submit fills the form of the upload and asks what would change.
func submit(rows string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) {
		if !browsertest.Eval[bool](tab, `document.querySelector(".upload").open`) {
			tab.Click(".upload > summary")
		}
		tab.Click("#pasted")
		tab.Paste(rows)
		tab.Click("#upload button[value=preview]")
		tab.Until("the preview is there", `document.querySelector("#preview section")`)
	}
}

// screened pastes a text into the form and screens it.
func screened(text string) func(*browsertest.Tab) {
	return func(tab *browsertest.Tab) {
		tab.Click("#text")
		tab.Paste(text)
		tab.Follow(func() { tab.Click("form.form button[type=submit]") })
	}
}

// views are all pages, in every state that a person meets.
func views(t *testing.T) []view {
	t.Helper()
	w, e := world(t), bare(t)
	poisoned, err := w.poisoned()
	if err != nil || len(poisoned) < 2 {
		t.Fatalf("%d envelopes are set aside: %v", len(poisoned), err)
	}
	list := []view{
		{name: "findings", main: true, at: w, path: "/findings"},
		{name: "findings-filtered", at: w, path: "/findings?lane=counterfeit&owner=Bellweather+Group&marketplace=" + market + "&seller=luxbag_88&q=described&since=2026-01-01"},
		{name: "findings-columns", at: w, path: "/findings?column=verdict&column=score&column=signals&column=lane&column=owner&column=marketplace&column=price&column=seller&column=changed&column=found&q=described"},
		{name: "findings-none-match", at: w, path: "/findings?q=nothinghasthis"},
		{name: "findings-menu", at: w, path: "/findings?q=described", do: func(tab *browsertest.Tab) { tab.Click("details.menu:nth-of-type(2) > summary") }},
		{name: "finding", main: true, at: w, path: "/findings/" + w.found(t, "rich").ID},
		{name: "finding-raw", at: w, path: "/findings/" + w.found(t, "rich").ID, do: func(tab *browsertest.Tab) {
			for _, d := range []string{"details.raw", "#history ~ details"} {
				tab.Click(d + " > summary")
			}
		}},
		{name: "help", at: w, path: "/findings?q=described", do: func(tab *browsertest.Tab) { tab.Press("?") }},
		{name: "screen", at: w, path: "/screen"},
		{name: "screen-example", main: true, at: w, path: "/screen?example"},
		{name: "screen-clear", at: w, path: "/screen", do: screened("A plain leather bag\nSecond-hand.")},
		{name: "screen-many", at: w, path: "/screen", do: screened("id,title,price,currency\n1,Bellweather bag 1:1,39.00,EUR\n2,plain bag,20.00,EUR\n3,Bellweather Fold bag,call us,EUR\n4," + strings.Repeat("Bellweather", 60) + ",1.00,EUR\n")},
		{name: "screen-nothing", at: w, path: "/screen", do: screened(" "), refused: 1},
		{name: "reference-preview", main: true, at: w, path: "/reference/products", do: submit("owner,mpn,name,category,currency,list_price\nBellweather Group,BW-4410,Bellweather Fold shoulder bag,Bags,EUR,910.00\n" +
			"Bellweather Group,BW-5000,Bellweather " + strings.Repeat("Schulterhandtasche", 12) + ",Bags,EUR,1000.00\n")},
		{name: "reference-mistakes", at: w, path: "/reference/products", do: submit("owner,mpn,name,category,currency,list_price\nBellweather Group,BW-4410,,Bags,EURO,1.50.00\n,,,,,\nx\n")},
		{name: "reference-none-match", at: w, path: "/reference/marks?q=nothinghasthis"},
		{name: "ingest", main: true, at: w, path: "/ingest"},
		{name: "poison", at: w, path: "/ingest/poison/" + poisoned[0].ID},
		{name: "poison-bytes", at: w, path: "/ingest/poison/" + poisoned[1].ID},
		{name: "poison-sure", at: w, path: "/ingest/poison/" + poisoned[0].ID, do: func(tab *browsertest.Tab) {
			tab.Follow(func() { tab.Click("button.danger") })
		}},
		{name: "not-there", at: w, path: "/nowhere", refused: 1},
		{name: "not-there-finding", at: w, path: "/findings/01a20ef7-aec0-7426-9160-7728ac16a235", refused: 1},
		{name: "wrong-filter", at: w, path: "/findings?verdict=%3Cb%3E", refused: 1},
		{name: "empty-findings", at: e, path: "/findings"},
		{name: "empty-screen", at: e, path: "/screen?example", refused: 1},
		{name: "empty-marks", at: e, path: "/reference/marks"},
		{name: "empty-ingest", at: e, path: "/ingest"},
	}
	for _, kind := range []string{"marks", "products", "authorised", "gated", "claims", "rates", "banks"} {
		list = append(list, view{name: "reference-" + kind, at: w, path: "/reference/" + kind})
	}
	for _, l := range shapes() {
		list = append(list, view{name: "finding-" + l["id"].(string), at: w, path: "/findings/" + w.found(t, l["id"].(string)).ID})
	}
	return list
}

func TestEveryPageFitsEveryScreenAndEverybodyCanReadIt(t *testing.T) {
	screens := []browsertest.Screen{browsertest.Phone, browsertest.SmallPhone, browsertest.Tablet, browsertest.Wide, browsertest.Zoomed, browsertest.Desk}
	all, tabs := t, map[*server]*browsertest.Tab{}
	look := func(t *testing.T, v view, tab *browsertest.Tab) {
		for _, s := range screens {
			tab.On(s)
			tab.Fits(v.name)
		}
		tab.Axe(v.name+" on a desk", browsertest.EveryRule)
		tab.Dark(true)
		if v.main {
			tab.Axe(v.name+" on a desk, dark", browsertest.Contrast)
		}
		tab.On(browsertest.Phone)
		tab.Axe(v.name+" on a phone, dark", browsertest.EveryRule)
		tab.Dark(false)
		if v.main {
			tab.Axe(v.name+" on a phone", browsertest.Contrast)
		}
		for _, s := range []browsertest.Screen{browsertest.Phone, browsertest.Tablet, {Width: 1440, Height: 900}} {
			for _, dark := range []bool{false, true} {
				tab.On(s)
				tab.Dark(dark)
				tab.Shot(fmt.Sprintf("%s-%d-%s", v.name, s.Width, map[bool]string{false: "light", true: "dark"}[dark]))
			}
		}
		tab.Dark(false)
		tab.On(browsertest.Desk)
	}
	for _, v := range views(t) {
		t.Run(v.name, func(t *testing.T) {
			if tabs[v.at] == nil {
				tabs[v.at] = v.at.tab(all, browsertest.Options{})
			}
			tab := tabs[v.at].For(t)
			v.show(t, tab)
			look(t, v, tab)
		})
	}
	t.Run("sign-in", func(t *testing.T) {
		v := view{name: "sign-in", path: "/sign-in", main: true}
		tab := browsertest.Open(t, browsertest.Options{Base: world(t).url})
		v.show(t, tab)
		look(t, v, tab)
	})
}
