package pagestest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/web/browsertest"
)

// narrow has no room for the panel beside a list.
var narrow = browsertest.Screen{Width: 1200, Height: 800}

func TestSomebodySignsInWithTheKeyboardAlone(t *testing.T) {
	s := world(t)
	tab := browsertest.Open(t, browsertest.Options{Base: s.url})
	tab.Go("/findings?order=score")
	if got := tab.Path(); !strings.HasPrefix(got, "/sign-in?to=") {
		t.Fatalf("without being signed in the list is answered with %s", got)
	}
	if got := tab.Focused(); got != "input#token" {
		t.Errorf("the focus begins on %s", got)
	}
	tab.Type("assay_wrong")
	tab.Follow(func() { tab.Press("Enter") })
	if r := tab.Take(); len(r.Refused) != 1 || !strings.HasSuffix(r.Refused[0], ": 401") {
		t.Errorf("a token that does not exist was answered with %q", r.Refused)
	}
	if !browsertest.Eval[bool](tab, `document.querySelector("#token-problem[role=alert]") && document.querySelector("#token").getAttribute("aria-describedby") === "token-problem"`) {
		t.Error("what is wrong is not said beside the field")
	}
	if got := tab.Focused(); got != "input#token" {
		t.Errorf("after a mistake the focus is on %s", got)
	}
	tab.Type(s.token)
	tab.Follow(func() { tab.Press("Enter") })
	if got := tab.Path(); got != "/findings?order=score" {
		t.Errorf("signing in leads to %s, not back", got)
	}
}

func TestHelpOpensWithAKeyAndGivesTheFocusBack(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	for _, close := range []string{"Escape", "Enter"} {
		tab.Press("j")
		before := tab.Focused()
		tab.Press("?")
		tab.Until("the help is open", `document.querySelector("#keys").open`)
		if !browsertest.Eval[bool](tab, `!!document.activeElement.closest("#keys")`) {
			t.Errorf("the focus is outside the help, on %s", tab.Focused())
		}
		tab.Press(close)
		tab.Until("the help is closed", `!document.querySelector("#keys").open`)
		if got := tab.Focused(); got != before {
			t.Errorf("after %s the focus is on %s, before it was on %s", close, got, before)
		}
	}
}

func TestKeysGoThroughTheListToAFindingAndBack(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{Screen: browsertest.Tablet})
	tab.Go("/findings?owner=Bellweather+Group")
	selected := func() int {
		return browsertest.Eval[int](tab, `[...document.querySelectorAll(".row")].findIndex((r) => r.matches(".selected") && r.contains(document.activeElement))`)
	}
	for i, step := range []struct {
		key  string
		want int
	}{{"j", 0}, {"j", 1}, {"j", 2}, {"k", 1}, {"k", 0}, {"k", 0}, {"j", 1}} {
		tab.Press(step.key)
		if got := selected(); got != step.want {
			t.Fatalf("step %d, %s: row %d is selected, not %d", i+1, step.key, got, step.want)
		}
	}
	address := browsertest.Eval[string](tab, `document.querySelectorAll(".row a.open")[1].getAttribute("href")`)
	tab.Follow(func() { tab.Press("Enter") })
	if got := tab.Path(); got != address {
		t.Errorf("Enter leads to %s, not %s", got, address)
	}
	tab.Follow(func() { tab.Press("Escape") })
	if got := tab.Path(); got != "/findings?owner=Bellweather+Group" {
		t.Errorf("Escape leads to %s, not to the list as it was filtered", got)
	}
}

func TestGAndALetterGoToThePages(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	for _, step := range []struct{ key, want string }{{"s", "/screen"}, {"r", "/reference/marks"}, {"i", "/ingest"}, {"f", "/findings"}} {
		tab.Follow(func() { tab.Press("g", step.key) })
		if got := tab.Path(); got != step.want {
			t.Errorf("g %s leads to %s", step.key, got)
		}
	}
}

func TestSlashSearchesAndNoKeyFiresWhileTyping(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	tab.Press("/")
	if !tab.IsFocused("#search") {
		t.Fatalf("/ puts the focus on %s", tab.Focused())
	}
	tab.Type("jk?/g s gi ")
	if got := browsertest.Eval[string](tab, `document.querySelector("#search").value`); got != "jk?/g s gi " {
		t.Errorf("the field holds %q", got)
	}
	if tab.Path() != "/findings" || browsertest.Eval[bool](tab, `document.querySelector("#keys").open || !!document.querySelector(".selected")`) {
		t.Error("a key did something while somebody typed")
	}
	tab.Press("Escape")
	if tab.IsFocused("#search") {
		t.Error("Escape does not leave the field")
	}
	tab.Press("/")
	tab.Type("attic finds") // the field's text was selected: this replaces it
	tab.Follow(func() { tab.Press("Enter") })
	if got := tab.Path(); got != "/findings?q=attic+finds" {
		t.Errorf("searching leads to %s", got)
	}
	if n := browsertest.Eval[int](tab, `[...document.querySelectorAll(".row")].filter((r) => r.innerText.includes("Attic Finds")).length`); n == 0 {
		t.Error("nothing was found")
	}
	tab.Go("/screen")
	tab.Click("#text")
	tab.Type("j g f ? /")
	if got := browsertest.Eval[string](tab, `document.querySelector("#text").value`); got != "j g f ? /" || tab.Path() != "/screen" {
		t.Errorf("in the form on %s, what was typed is %q", tab.Path(), got)
	}
}

func TestKeysWithAModifierBelongToTheBrowser(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	tab.Press("Control+j", "Control+g", "s")
	if browsertest.Eval[bool](tab, `!!document.querySelector(".selected")`) || tab.Path() != "/findings" {
		t.Error("a key with Control did something")
	}
}

func TestMenusOpenAndCloseWithTheKeyboard(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	n := browsertest.Eval[int](tab, `document.querySelectorAll("details.menu").length`)
	for i := range n {
		menu := fmt.Sprintf(`document.querySelectorAll("details.menu")[%d]`, i)
		browsertest.Eval[bool](tab, menu+`.querySelector("summary").focus(), true`)
		tab.Press("Enter")
		tab.Until("the menu is open", menu+".open")
		tab.Press("Tab")
		if !browsertest.Eval[bool](tab, menu+`.contains(document.activeElement) && document.activeElement.tagName !== "SUMMARY"`) {
			t.Errorf("menu %d: Tab leads to %s, not into it", i, tab.Focused())
		}
		tab.Press("Escape")
		tab.Until("the menu is closed", "!"+menu+".open")
		if !browsertest.Eval[bool](tab, menu+`.querySelector("summary") === document.activeElement`) {
			t.Errorf("menu %d: after Escape the focus is on %s", i, tab.Focused())
		}
	}
	// Opening one closes another, and a choice in it is a link.
	browsertest.Eval[bool](tab, `document.querySelectorAll("details.menu summary")[0].focus(), true`)
	tab.Press("Enter", "Tab")
	tab.Follow(func() { tab.Press("Enter") })
	if got := tab.Path(); got != "/findings?lane=counterfeit" {
		t.Errorf("the first lane leads to %s", got)
	}
}

func TestTabReachesEveryControlAndShowsWhereItIs(t *testing.T) {
	s := world(t)
	id := s.found(t, "rich").ID
	poisoned, err := s.poisoned()
	if err != nil {
		t.Fatal(err)
	}
	tab := s.tab(t, browsertest.Options{Screen: narrow})
	for _, path := range []string{"/findings?q=attic", "/findings?q=nothing+has+this", "/findings/" + id, "/screen", "/screen?example", "/reference/marks?q=bell", "/reference/rates",
		"/ingest/poison/" + poisoned[0].ID} {
		tab.Go(path)
		count := browsertest.Eval[int](tab, `(() => {
			const able = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
			globalThis.controls = [...document.querySelectorAll(able)].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled);
			// Of a group of radio buttons one is reached by Tab, the others by arrows.
			controls = controls.filter((e) => e.type !== "radio" || e.checked);
			document.activeElement?.blur();
			scrollTo(0, 0);
			return controls.length;
		})()`)
		reached := map[int]bool{}
		for range count + 60 { // the browser stops at parts that scroll, too
			tab.Press("Tab")
			got := browsertest.Eval[struct {
				At            int
				Visible, Body bool
			}](tab, `(() => {
				const e = document.activeElement, s = getComputedStyle(e), row = e.closest(".row");
				const outlined = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1;
				const r = e.getBoundingClientRect();
				return { at: controls.indexOf(e), body: e === document.body,
					visible: outlined && r.bottom > 0 && r.top < innerHeight };
			})()`)
			if got.Body {
				break // around once
			}
			if !got.Visible {
				t.Errorf("%s: it does not show that the focus is on %s", path, tab.Focused())
			}
			reached[got.At] = true
		}
		for i := range count {
			if !reached[i] {
				t.Errorf("%s: Tab does not reach %s", path, browsertest.Eval[string](tab, fmt.Sprintf("controls[%d].outerHTML.slice(0, 200)", i)))
			}
		}
	}
}

func TestTheFirstTabLeadsToTheContent(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	tab.Go("/findings")
	tab.Press("Tab")
	if !tab.IsFocused(".skip") || !browsertest.Eval[bool](tab, `document.activeElement.getBoundingClientRect().top >= 0`) {
		t.Errorf("the first Tab leads to %s, or it is not seen", tab.Focused())
	}
	tab.Press("Enter", "Tab")
	if !browsertest.Eval[bool](tab, `document.querySelector("main").contains(document.activeElement)`) {
		t.Errorf("behind the link to the content the focus is on %s", tab.Focused())
	}
}

func TestTheFindingInFocusStandsBesideTheListWhereThereIsRoom(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{Screen: browsertest.Wide})
	tab.Go("/findings?q=ordinary-000")
	tab.Go("/findings?seller=attic-finds&marketplace=" + market)
	for range 2 {
		tab.Press("j")
		tab.Until("the panel shows the row in focus", `document.querySelector("#panel .panel-content")?.dataset.panel === document.querySelector(".row.selected")?.dataset.id`)
	}
	if !browsertest.Eval[bool](tab, `document.querySelector("#panel").checkVisibility() && !!document.activeElement.closest(".row")`) {
		t.Error("the panel is not seen, or it took the focus")
	}
	tab.Shot("findings-panel-1920-light")
	tab.Axe("the list with its panel", browsertest.EveryRule)
	tab.Fits("the list with its panel")
}

func TestMoreRowsContinueTheListAndTheFocusIsNotLost(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{Screen: narrow})
	for _, path := range []string{"/findings", "/reference/marks"} {
		tab.Go(path)
		before := browsertest.Eval[int](tab, `document.querySelectorAll(".row").length`)
		first := browsertest.Eval[string](tab, `document.querySelector(".row").innerText`)
		browsertest.Eval[bool](tab, `document.querySelector("#more a").focus(), true`)
		tab.Press("Enter")
		tab.Until("more rows are there", fmt.Sprintf(`document.querySelectorAll(".row").length > %d`, before))
		tab.Quiet()
		if got := browsertest.Eval[string](tab, `document.querySelector(".row").innerText`); got != first {
			t.Errorf("%s: the rows before it are gone", path)
		}
		if n := browsertest.Eval[int](tab, `new Set([...document.querySelectorAll(".row")].map((r) => r.id || r.innerText)).size - document.querySelectorAll(".row").length`); n != 0 {
			t.Errorf("%s: %d rows stand twice", path, -n)
		}
		if got := tab.Focused(); got == "body" {
			t.Errorf("%s: the focus is lost", path)
		}
		tab.Press("Tab")
		if !browsertest.Eval[bool](tab, fmt.Sprintf(`(() => {
			const rows = [...document.querySelectorAll(".row")], at = rows.findIndex((r) => r.contains(document.activeElement));
			return at >= %d || !!document.activeElement.closest("#more");
		})()`, before-1)) {
			t.Errorf("%s: going on leads to %s, not to the rows that came", path, tab.Focused())
		}
	}
}

func TestJAtTheEndOfTheRowsBringsMore(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{Screen: browsertest.Tablet})
	tab.Go("/findings")
	n := browsertest.Eval[int](tab, `document.querySelectorAll(".row").length`)
	browsertest.Eval[bool](tab, `[...document.querySelectorAll(".row a.open")].at(-2).focus(), true`)
	tab.Press("j")
	tab.Until("more rows are there", fmt.Sprintf(`document.querySelectorAll(".row").length > %d`, n))
	tab.Quiet()
	tab.Press("j")
	if got := browsertest.Eval[int](tab, `[...document.querySelectorAll(".row")].findIndex((r) => r.contains(document.activeElement))`); got != n {
		t.Errorf("after the last row j leads to row %d, not %d", got, n)
	}
}

func TestATableIsUploadedWithTheKeyboardAlone(t *testing.T) {
	s := world(t)
	tab := s.tab(t, browsertest.Options{})
	tab.Go("/reference/claims")
	browsertest.Eval[bool](tab, `document.querySelector(".upload summary").focus(), true`)
	tab.Press("Enter")
	file := filepath.Join(t.TempDir(), "claims.csv")
	if err := os.WriteFile(file, []byte("phrase,meaning,language\nfactory overrun,replica,en\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Press("Tab")
	if !tab.IsFocused("#file") {
		t.Errorf("Tab leads to %s, not to the file", tab.Focused())
	}
	tab.Choose("#file", file)                             // the dialog of the system is nobody's to press keys in
	tab.Press("Tab", "Tab", "Tab")                        // text, mode
	for !tab.IsFocused(`#upload button[value=preview]`) { // the browser's own stops
		tab.Press("Tab")
	}
	tab.Press("Enter")
	tab.Until("the preview is there", `document.querySelector("#preview button[value=import]")`)
	if !strings.Contains(browsertest.Eval[string](tab, `document.querySelector("#preview").innerText`), "factory overrun") {
		t.Error("the preview does not show the row")
	}
	for range 10 {
		if tab.Press("Tab"); tab.IsFocused("#preview button[value=import]") {
			break
		}
	}
	tab.Follow(func() { tab.Press("Enter") })
	tab.Until("the import has ended", `document.querySelector("#import [role=status]")`)
	if got := tab.Path(); !strings.HasPrefix(got, "/reference/imports/") {
		t.Errorf("importing leads to %s", got)
	}
	for range 30 {
		if tab.Press("Tab"); tab.IsFocused("#import a.primary") {
			break
		}
	}
	tab.Follow(func() { tab.Press("Enter") })
	if !strings.Contains(browsertest.Eval[string](tab, `document.querySelector("#rows").innerText`), "factory overrun") {
		t.Error("the table does not have the row")
	}
}

func TestPhotosAreLookedAtWithSpace(t *testing.T) {
	s := world(t)
	tab := s.tab(t, browsertest.Options{})
	tab.Go("/findings/" + s.found(t, "rich").ID)
	large := func() []int {
		return browsertest.Eval[[]int](tab, `[...document.querySelectorAll("[data-photos] figure")].flatMap((f, i) => f.matches(".large") ? [i] : [])`)
	}
	for i := range 2 {
		tab.Press("Space")
		if got := large(); !slices.Equal(got, []int{i}) {
			t.Errorf("space shows the photos %v large, not %d", got, i)
		}
	}
}
