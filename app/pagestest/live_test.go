package pagestest

import (
	"fmt"
	"testing"

	"assay/app"
	"assay/web/browsertest"
)

func TestWhatIsFoundComesIntoTheListByItself(t *testing.T) {
	s := world(t)
	tab := s.tab(t, browsertest.Options{Screen: narrow})
	tab.Go("/findings")
	other := tab.Beside()
	other.Go("/findings?seller=attic-finds&marketplace=" + market)
	third := tab.Beside()
	third.Go("/findings?order=score")
	for _, tab := range []*browsertest.Tab{tab, other, third} {
		tab.Until("the list is live", `!document.querySelector("#news").hidden`)
	}
	tab.Press("j", "j")
	selected := tab.Focused()
	scrolled := browsertest.Eval[float64](tab, `scrollY`)
	load := browsertest.Eval[float64](tab, `performance.timeOrigin`)
	rows := browsertest.Eval[int](other, `document.querySelectorAll(".row").length`)

	if err := s.feed(offer("live-1", "Bellweather bag live one, mirror quality")); err != nil {
		t.Fatal(err)
	}
	id := s.found(t, "live-1").ID
	for _, tab := range []*browsertest.Tab{tab, third} {
		tab.Until("the row is there", fmt.Sprintf(`document.querySelectorAll("#f-%s").length === 1`, id))
		tab.Until("it stands at the top", fmt.Sprintf(`document.querySelector(".row").id === "f-%s"`, id))
		tab.Until("it is announced", `document.querySelector("#announce").innerText.startsWith("1 new")`)
	}
	if got := tab.Focused(); got != selected {
		t.Errorf("the focus went from %s to %s", selected, got)
	}
	if !browsertest.Eval[bool](tab, `document.querySelector(".row.selected")?.contains(document.activeElement)`) {
		t.Error("the row in focus is not selected any more")
	}
	if browsertest.Eval[float64](tab, `performance.timeOrigin`) != load {
		t.Error("the page was loaded anew")
	}
	if got := browsertest.Eval[float64](tab, `scrollY`); got != scrolled && scrolled > 0 {
		t.Logf("the list went from %v to %v px", scrolled, got)
	}

	// What the filter does not ask for stays out, what it asks for comes.
	if err := s.feed(offer("live-2", "Bellweather bag live two, mirror quality").with("seller", listing{"id": "attic-finds"})); err != nil {
		t.Fatal(err)
	}
	second := s.found(t, "live-2").ID
	other.Until("the row is there", fmt.Sprintf(`document.querySelector("#f-%s")`, second))
	if browsertest.Eval[bool](other, fmt.Sprintf(`!!document.querySelector("#f-%s")`, id)) {
		t.Error("a row that the filter does not ask for came in")
	}
	if got := browsertest.Eval[int](other, `document.querySelectorAll(".row").length`); got != rows+1 {
		t.Errorf("the list had %d rows and has %d", rows, got)
	}

	// A finding that changes moves up, and stands there once.
	if err := s.feed(offer("live-1", "Bellweather bag live one, mirror quality 1:1")); err != nil {
		t.Fatal(err)
	}
	tab.Until("the changed row is at the top, once", fmt.Sprintf(`document.querySelector(".row").id === "f-%s" && document.querySelectorAll("#f-%s").length === 1
		&& document.querySelector(".row").innerText.includes("1:1")`, id, id))
}

func TestAStreamThatWasCutIsTakenUpAgain(t *testing.T) {
	s := world(t)
	tab := s.tab(t, browsertest.Options{Screen: narrow})
	tab.Go("/findings")
	tab.Until("the list is live", `!document.querySelector("#news").hidden`)
	s.listener.cut()
	tab.Until("the page says that it is not live", `document.querySelector("#news").hidden`)
	if err := s.feed(offer("live-3", "Bellweather bag live three, mirror quality")); err != nil {
		t.Fatal(err)
	}
	tab.Until("the list is live again", `!document.querySelector("#news").hidden`)
	tab.Until("what was found meanwhile is there", fmt.Sprintf(`document.querySelector("#f-%s")`, s.found(t, "live-3").ID))
	r := tab.Take()
	if r.Failed = nil; !r.Clean() { // the stream was to break
		t.Errorf("the page did what no page may do:\n%s", r)
	}
}

func TestAnEmptyListFillsByItself(t *testing.T) {
	s, err := startServer(app.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tab := s.tab(t, browsertest.Options{})
	tab.Go("/findings")
	tab.Until("the list is live", `!document.querySelector("#news").hidden`)
	if !browsertest.Eval[bool](tab, `document.querySelector(".nothing").checkVisibility()`) {
		t.Fatal("the list is not empty")
	}
	if err := s.importExample(); err != nil {
		t.Fatal(err)
	}
	if err := s.feed(offer("first", "Bellweather bag, mirror quality")); err != nil {
		t.Fatal(err)
	}
	tab.Until("the row is seen", `document.querySelector(".row")?.checkVisibility() && document.querySelector("thead").checkVisibility()`)
	if browsertest.Eval[bool](tab, `document.querySelector(".nothing").checkVisibility()`) {
		t.Error("beside the row it still says that there is nothing")
	}
}
