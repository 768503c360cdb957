package web_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/web"
)

func mark(text string) assay.ReferenceRow {
	return assay.ReferenceRow{Kind: assay.ReferenceMarks, Key: text, Owner: "Bellweather Group", Fields: text + ",distinctive,Bellweather Group,en,18;25,,"}
}

// wouldChange answers previews with one row of each kind of change.
func wouldChange(kind assay.ReferenceKind, mode assay.ImportMode, _ string) (assay.ReferenceImport, error) {
	return assay.ReferenceImport{
		Kind: kind, Mode: mode, Phase: assay.ImportDone, Rows: 2, Added: 1, Changed: 1, Removed: 25,
		Changes: []assay.ReferenceChange{
			{Change: assay.RowAdded, Key: "a", After: "Fold,distinctive,Bellweather Group,en,,,"},
			{Change: assay.RowChanged, Key: "b", Before: "Harbour,dictionary,Harbour Ltd,en,14,,", After: "Harbour,distinctive,Harbour Ltd,en,14,,"},
			{Change: assay.RowRemoved, Key: "c", Before: "Anchor,distinctive,Harbour Ltd,en,,,"},
		},
	}, nil
}

func TestATableShowsItsRowsByColumn(t *testing.T) {
	w := newWorld(t)
	w.rows[assay.ReferenceMarks] = []assay.ReferenceRow{
		{Kind: assay.ReferenceMarks, Key: "1", Owner: "Bellweather Group", Fields: `"Bell, weather <b>",distinctive,Bellweather Group,en,18;25,EU 1,`},
	}
	b := w.visit(t, memberSecret)
	a := b.get("/reference/marks")
	b.shows(a, http.StatusOK, "Bell, weather &lt;b&gt;", "The protected names", "version 7", `href="/reference/marks?owner=Bellweather+Group"`)
	b.hides(a, "<b>", `id="upload"`)
}

func TestATableIsReadInParts(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.rows[assay.ReferenceMarks] = append(w.rows[assay.ReferenceMarks], mark("mark"+strconv.Itoa(100+i)))
	}
	b := w.visit(t, operatorSecret)
	a := b.get("/reference/marks")
	b.shows(a, http.StatusOK, "mark149", `href="/reference/marks?cursor=mark149"`)
	b.hides(a, ">mark150<")
	b.shows(b.get("/reference/marks?cursor=mark149"), http.StatusOK, "mark150", "Back to the first rows")
	b.shows(b.get("/reference/marks?q=mark155"), http.StatusOK, "mark155", "Clear all filters")
	b.shows(b.get("/reference/marks?q=none"), http.StatusOK, "No row matches")
}

func TestAnEmptyTableSaysWhatWouldFillIt(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, operatorSecret)
	for kind, example := range map[string]string{"marks": "mark,kind,owner,language,classes,right,alias_of", "products": "BW-4410", "rates": "date,currency,per_eur"} {
		b.shows(b.get("/reference/"+kind), http.StatusOK, example, "assay import reference", `id="upload"`)
	}
	member := w.visit(t, memberSecret)
	b.shows(member.get("/reference/marks"), http.StatusOK, "The operator of this installation imports them.")
}

func TestBanksHaveATabWhereThereAreAny(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, operatorSecret)
	b.hides(b.get("/reference/marks"), `href="/reference/banks"`)
	w.rows[assay.ReferenceBanks] = []assay.ReferenceRow{{Kind: assay.ReferenceBanks, Key: "1", Fields: "bags,official,Bellweather Group"}}
	b.shows(b.get("/reference/marks"), http.StatusOK, `href="/reference/banks"`)
	a := b.get("/reference/banks")
	b.shows(a, http.StatusOK, "bags")
	b.hides(a, `id="upload"`)
}

func TestTablesThatThereAreNotAreNotThere(t *testing.T) {
	b := newWorld(t).visit(t, operatorSecret)
	b.shows(b.get("/reference/secrets"), http.StatusNotFound)
	b.shows(b.get("/reference/marks?q=%ff"), http.StatusUnprocessableEntity)
	b.shows(b.post("/reference/banks", "text", "x"), http.StatusUnprocessableEntity)
}

func TestAPreviewShowsWhatWouldChangeAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.preview = wouldChange
	b := w.visit(t, operatorSecret)
	a := b.send(false, "/reference/marks", "marks.csv", "mark,owner\nFold,Bellweather Group\n", "mode", "merge", "do", "preview")
	b.shows(a, http.StatusOK, "1 row added", "1 row changed", "25 rows removed", "24 more are not shown.", "Choose marks.csv again", "<html")
	changed := a.body[strings.Index(a.body, "<del>"):]
	if !strings.HasPrefix(changed, "<del>") || !strings.Contains(changed[:strings.Index(changed, "</td>")], "distinctive</bdi></ins>") {
		t.Errorf("the changed cell reads %q", changed[:200])
	}
	if strings.Count(a.body, `class="differs"`) != 1 {
		t.Error("cells that stay as they are count as different")
	}
	if len(w.imported) > 0 {
		t.Error("a preview has imported")
	}
}

func TestAScriptGetsThePreviewAlone(t *testing.T) {
	w := newWorld(t)
	w.preview = wouldChange
	b := w.visit(t, operatorSecret)
	a := b.send(true, "/reference/marks", "marks.csv", "mark,owner\n", "do", "preview")
	b.shows(a, http.StatusOK, "1 row added", `form="upload"`)
	b.hides(a, "<html", "Choose marks.csv again")
}

func TestPastedRowsStayInTheForm(t *testing.T) {
	w := newWorld(t)
	w.preview = wouldChange
	b := w.visit(t, operatorSecret)
	b.shows(b.post("/reference/marks", "text", "mark,owner\r\nFold <,Bellweather Group", "do", "preview"), http.StatusOK, "Fold &lt;,Bellweather Group</textarea>")
}

func TestMistakesInAFileAreNamedByLineAndField(t *testing.T) {
	w := newWorld(t)
	w.preview = func(kind assay.ReferenceKind, mode assay.ImportMode, _ string) (assay.ReferenceImport, error) {
		return assay.ReferenceImport{Kind: kind, Mode: mode, Phase: assay.ImportFailed, Error: "the file has 1 mistake",
			Problems: assay.Problems{{File: "marks.csv", Line: 12, Field: "owner", Reason: "is <empty>"}}}, nil
	}
	b := w.visit(t, operatorSecret)
	a := b.send(false, "/reference/marks", "marks.csv", "x", "do", "preview")
	b.shows(a, http.StatusOK, "It cannot come into force", `<td class="number">12</td>`, "owner", "is &lt;empty&gt;")
	b.hides(a, `value="import"`)
}

func TestAnImportLeadsToItsProgress(t *testing.T) {
	for name, script := range map[string]bool{"without a script": false, "with one": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.visit(t, operatorSecret)
			a := b.send(script, "/reference/marks", "marks.csv", "mark,owner\nFold,Bellweather Group\n", "mode", "merge", "do", "import")
			if script && a.header.Get("HX-Redirect") != "/reference/imports/i1" {
				t.Error("the script is led to", a.header.Get("HX-Redirect"))
			}
			if !script && (a.status != http.StatusSeeOther || a.header.Get("Location") != "/reference/imports/i1") {
				t.Error("it answered", a.status, a.header.Get("Location"))
			}
			if len(w.imported) != 1 || w.imported[0] != "mark,owner\nFold,Bellweather Group\n" {
				t.Errorf("%q was imported", w.imported)
			}
		})
	}
}

func TestReplacingAsksTwice(t *testing.T) {
	w := newWorld(t)
	w.preview = wouldChange
	b := w.visit(t, operatorSecret)
	a := b.send(false, "/reference/marks", "marks.csv", "mark,owner\n", "mode", "replace", "do", "import")
	b.shows(a, http.StatusOK, "Nothing was changed yet.", "Yes, 25 rows are to be removed", `name="sure"`)
	if len(w.imported) > 0 {
		t.Fatal("it was imported without a second question")
	}
	if a = b.send(false, "/reference/marks", "marks.csv", "mark,owner\n", "mode", "replace", "do", "import", "sure", "yes"); a.status != http.StatusSeeOther || len(w.imported) != 1 {
		t.Error("it was not imported once confirmed:", a.status)
	}
}

func TestAnUploadThatCannotBeTakenSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.preview = func(assay.ReferenceKind, assay.ImportMode, string) (assay.ReferenceImport, error) {
		return assay.ReferenceImport{}, assay.Errorf(assay.Conflict, "an import is under way")
	}
	b := w.visit(t, operatorSecret)
	b.shows(b.send(true, "/reference/marks", "marks.csv", "x", "do", "preview"), http.StatusConflict, "Another import is under way.")
	b.shows(b.post("/reference/marks", "do", "preview"), http.StatusUnprocessableEntity, "choose a file, or paste its text", "<html")
	b.shows(b.post("/reference/marks", "do", "preview", "text", "x", "mode", "purge"), http.StatusUnprocessableEntity, "neither merge nor replace")
	b.shows(b.send(false, "/reference/marks", "marks.csv", strings.Repeat("x", 65<<20)), http.StatusRequestEntityTooLarge, "larger than 64 MB")
}

func TestAnImportShowsHowFarItIs(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, operatorSecret)
	w.imports["i2"] = assay.ReferenceImport{ID: "i2", Kind: assay.ReferenceMarks, Phase: assay.ImportWriting, Rows: 200, Done: 50, StartedAt: now}
	b.shows(b.get("/reference/imports/i2"), http.StatusOK, `max="200"`, `value="50"`, `hx-trigger="every 1s"`, `href="/reference/imports/i2"`, `aria-current="step"`)
	b.hides(b.part("/reference/imports/i2"), "<html")

	w.imports["i2"] = assay.ReferenceImport{ID: "i2", Kind: assay.ReferenceMarks, Phase: assay.ImportDone, Rows: 200, Added: 200, Generation: "sha256:0123456789abcdef", StartedAt: now}
	a := b.part("/reference/imports/i2")
	b.shows(a, http.StatusOK, "200 rows added", "0123456789ab", `href="/reference/marks"`)
	b.hides(a, "hx-trigger")

	w.imports["i2"] = assay.ReferenceImport{ID: "i2", Kind: assay.ReferenceMarks, Phase: assay.ImportFailed, Error: "the disk is full", StartedAt: now}
	a = b.get("/reference/imports/i2")
	b.shows(a, http.StatusOK, "Nothing was changed", "the disk is full")
	b.hides(a, "hx-trigger")
	b.shows(b.get("/reference/imports/none"), http.StatusNotFound)
}

func TestMembersReadTheReferenceAndChangeNothing(t *testing.T) {
	w := newWorld(t)
	b := w.visit(t, memberSecret)
	b.shows(b.get("/reference/marks"), http.StatusOK)
	b.shows(b.send(false, "/reference/marks", "marks.csv", "x", "do", "import"), http.StatusForbidden)
	b.shows(b.get("/reference/imports/i1"), http.StatusForbidden)
	if len(w.imported) > 0 {
		t.Error("a member has imported")
	}
}

// far is a table whose only hit stands in a later part than the first.
type far struct {
	referenceFake
	asked int
}

func (f *far) ListReferenceRows(_ context.Context, _ assay.Scope, kind assay.ReferenceKind, _, _, cursor string, limit int) ([]assay.ReferenceRow, string, error) {
	if limit == 1 {
		return nil, "", nil // of the banks
	}
	if f.asked++; cursor != "third" {
		return nil, map[string]string{"": "second", "second": "third"}[cursor], nil
	}
	return []assay.ReferenceRow{{Kind: kind, Key: "k", Owner: "Bellweather Group", Fields: "Bellweather,distinctive,Bellweather Group,,18,,"}}, "", nil
}

func TestASearchGoesOnUntilItFinds(t *testing.T) {
	w := newWorld(t)
	services := w.services()
	f := &far{referenceFake: referenceFake{w}}
	services.Reference = f
	pages, err := web.New(services, web.Options{Open: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pages.Close)
	b := &browser{t: t, pages: pages}
	b.shows(b.get("/reference/marks?q=bellweather"), http.StatusOK, "Bellweather Group")
	if f.asked != 3 {
		t.Errorf("%d parts were looked through", f.asked)
	}
}
