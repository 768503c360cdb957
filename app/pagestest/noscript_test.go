package pagestest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/web/browsertest"
)

func TestWithoutAScriptEverythingCanBeReadAndDone(t *testing.T) {
	s := world(t)
	rich := s.found(t, "rich")
	tab := s.tab(t, browsertest.Options{NoScript: true, Screen: narrow})
	text := func(selector string) string {
		return browsertest.Eval[string](tab, `document.querySelector(`+browsertest.Quote(selector)+`)?.innerText ?? ""`)
	}
	rows := func() int { return browsertest.Eval[int](tab, `document.querySelectorAll(".row").length`) }

	t.Run("the list is filtered, ordered and paged by links", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/findings")
		if n := rows(); n != 50 {
			t.Errorf("the list has %d rows", n)
		}
		first := text(".row")
		tab.Follow(func() { tab.Click("#more a") })
		if !strings.Contains(tab.Path(), "cursor=") || rows() != 50 || text(".row") == first {
			t.Errorf("the next part is %s with %d rows", tab.Path(), rows())
		}
		tab.Go("/findings")
		tab.Click("details.menu summary")
		tab.Follow(func() { tab.Click("details.menu[open] a") })
		if got := tab.Path(); got != "/findings?lane=counterfeit" {
			t.Errorf("a lane leads to %s", got)
		}
		tab.Follow(func() { tab.Click(".chips.filters .chip") })
		if got := tab.Path(); got != "/findings" {
			t.Errorf("taking the filter away leads to %s", got)
		}
		tab.Follow(func() { tab.Click("th.column-score a") })
		if got := tab.Path(); got != "/findings?order=score" {
			t.Errorf("the head of a column leads to %s", got)
		}
		tab.Click("#search")
		tab.Type("attic")
		tab.Follow(func() { tab.Press("Enter") })
		if got := tab.Path(); got != "/findings?q=attic" || rows() == 0 {
			t.Errorf("searching leads to %s with %d rows", got, rows())
		}
	})
	t.Run("a finding is readable", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/findings/" + rich.ID)
		for _, part := range []string{".waterfall", ".letters", ".fields", "#variants", "#revisions", ".photos", "#seller", "#history"} {
			if text(part) == "" {
				t.Errorf("%s is empty", part)
			}
		}
		tab.Click("details.raw summary")
		if !strings.Contains(text("details.raw pre"), `"marketplace"`) {
			t.Error("the raw record is not there")
		}
		tab.Follow(func() { tab.Click(".crumb a") })
		if got := tab.Path(); got != "/findings" {
			t.Errorf("back leads to %s", got)
		}
		tab.Fits("the list")
	})
	t.Run("a listing is screened", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/screen")
		tab.Click("#text")
		tab.Paste("Bellweather bag 1:1 mirror quality\nbrand new")
		tab.Follow(func() { tab.Click("form.form button[type=submit]") })
		if got := text("#result"); !strings.Contains(got, "mirror quality") || !strings.Contains(got, "claim") {
			t.Errorf("the result says %q", got)
		}
		tab.Go("/screen")
		file := filepath.Join(t.TempDir(), "one.ndjson")
		if err := os.WriteFile(file, []byte(`{"title":"Bellweather bag 1:1"}`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		tab.Choose("#file", file)
		tab.Follow(func() { tab.Click("form.form button[type=submit]") })
		if !strings.Contains(text("#result"), "Bellweather bag 1:1") {
			t.Errorf("the file is answered with %q", text("main"))
		}
	})
	t.Run("a table is looked at and brought into force", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/reference/claims")
		tab.Click(".upload summary")
		tab.Click("#pasted")
		tab.Paste("phrase,meaning,language\nback door stock,replica,en\n")
		tab.Follow(func() { tab.Click("#upload button[value=preview]") })
		if !strings.Contains(text("#preview"), "back door stock") {
			t.Fatalf("the preview says %q", text("#preview"))
		}
		tab.Follow(func() { tab.Click("#preview button[value=import]") })
		for range 100 {
			if text("#import [role=status]") != "" {
				break
			}
			tab.Go(tab.Path()) // as its link says
		}
		tab.Follow(func() { tab.Click("#import a.primary") })
		if !strings.Contains(text("#rows"), "back door stock") {
			t.Error("the table does not have the row")
		}
	})
	t.Run("the ingest is readable", func(t *testing.T) {
		tab := tab.For(t)
		tab.Go("/ingest")
		if !strings.Contains(text("#tiles"), "Listings committed") || text("#partitions-table") == "" {
			t.Errorf("the page says %q", text("main"))
		}
		tab.Follow(func() { tab.Click("#poison-table a") })
		tab.Follow(func() { tab.Click("button.danger") })
		if text(".sure") == "" {
			t.Error("dropping is not asked twice")
		}
		tab.Follow(func() { tab.Click(".sure a") })
	})
}
