package app_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/app"
)

type referenceState struct {
	Generation string
	Version    int64
	AsOf       time.Time `json:"as_of"`
	Rescreen   *assay.Rescreen
}

func (n *node) reference() (r referenceState) {
	n.t.Helper()
	n.get("/v1/reference", &r)
	return r
}

// rescreened waits until the findings are those of the generation in force.
func (n *node) rescreened() (r referenceState) {
	n.t.Helper()
	until(n.t, "the findings are screened anew", func() bool {
		r = n.reference()
		return r.Rescreen != nil && r.Rescreen.Generation == r.Generation && r.Rescreen.AsOf.Equal(r.AsOf) && !r.Rescreen.EndedAt.IsZero()
	})
	return r
}

func TestAnImportedFolderIsTheReferenceThatTheCommandReads(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	if got, want := n.reference().Generation, exampleReference(t).Hash(); got != want {
		t.Errorf("the generation is %s, of the folder %s", got, want)
	}
	if err := n.stop(); err != nil {
		t.Error(err)
	}
	again := start(t, app.ServerOptions{Data: n.data, Clock: fixed(day)})
	if got, want := again.reference().Generation, exampleReference(t).Hash(); got != want {
		t.Errorf("after a restart the generation is %s, of the folder %s", got, want)
	}
}

func exampleFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../examples/reference/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFindingsAreScreenedAnewWhenTheReferenceChanges(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	var lines []string
	for i := range 250 {
		lines = append(lines, bag(string(rune('a'+i%26))+strings.Repeat("x", i/26), 1))
	}
	n.send(lines...)
	n.settled()
	before := n.findings("")
	if len(before) != len(lines) {
		t.Fatalf("%d findings on %d listings", len(before), len(lines))
	}
	// Without the phrase nothing confesses any more.
	claims := strings.ReplaceAll(exampleFile(t, "claims.csv"), "mirror quality,replica,en\n", "")
	if _, err := n.importFile(assay.ReferenceClaims, assay.ImportReplace, "claims.csv", claims); err != nil {
		t.Fatal(err)
	}
	r := n.rescreened()
	if r.Rescreen.Total != len(lines) || r.Rescreen.Done != len(lines) || r.Rescreen.Changed != len(lines) {
		t.Errorf("screened anew: %+v", r.Rescreen)
	}
	if got := n.findings(""); len(got) != 0 {
		t.Errorf("%d findings are still to be looked at", len(got))
	}
	// And back: the findings are those of before.
	if _, err := n.importFile(assay.ReferenceClaims, assay.ImportReplace, "claims.csv", exampleFile(t, "claims.csv")); err != nil {
		t.Fatal(err)
	}
	n.rescreened()
	// A price that is another one changes points, and nothing else.
	cheap := strings.ReplaceAll(exampleFile(t, "products.csv"), "EUR,490.00,", "EUR,100.00,")
	if _, err := n.importFile(assay.ReferenceProducts, assay.ImportMerge, "products.csv", cheap); err != nil {
		t.Fatal(err)
	}
	r = n.rescreened()
	after := n.findings("")
	if len(after) != len(lines) {
		t.Fatalf("%d findings on %d listings", len(after), len(lines))
	}
	ids := map[string]assay.Finding{}
	for _, f := range before {
		ids[f.ID] = f
	}
	for _, f := range after {
		old, ok := ids[f.ID]
		if !ok || f.Score >= old.Score || f.Version != 4 || f.Revision != 1 || f.Reference != r.Generation || !f.FoundAt.Equal(old.FoundAt) {
			t.Fatalf("the finding is now %+v, it was %+v", f, old)
		}
	}
	byCause := map[assay.Cause]int{}
	for _, e := range n.events() {
		byCause[e.Data.Cause]++
	}
	if byCause[assay.CauseListing] != len(lines) || byCause[assay.CauseGeneration] != 3*len(lines) {
		t.Errorf("events by cause: %v", byCause)
	}
}

func TestABadReferenceFileChangesNothingAndNamesEveryMistake(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	before := n.reference()
	bad := "owner,gtin,mpn,name,category,currency,list_price,minimum_price,images\n" +
		"Bellweather Group,,BW-1,good,,EUR,10.00,,\n" +
		"Bellweather Group,12,BW-2,bad gtin,,EUR,10.00,,\n" +
		"Bellweather Group,,BW-3,bad price,,EUR,ten,,\n" +
		",,BW-4,no owner,,EUR,10.00,,\n"
	_, err := n.importFile(assay.ReferenceProducts, assay.ImportMerge, "new.csv", bad)
	var problems assay.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the mistakes are %v", err)
	}
	for _, at := range []string{"new.csv:3:", "new.csv:4:", "new.csv:5:"} {
		if !strings.Contains(problems.Error(), at) {
			t.Errorf("no mistake is named at %s:\n%v", at, problems)
		}
	}
	// An alias of nothing is only seen when everything is built.
	_, err = n.importFile(assay.ReferenceMarks, assay.ImportMerge, "marks.csv", "mark,owner,alias_of\nGood,Some Owner,\nOther,Some Owner,Nothing\n")
	if err == nil || !strings.Contains(err.Error(), "marks.csv:3:") {
		t.Errorf("an alias of nothing: %v", err)
	}
	if after := n.reference(); after.Generation != before.Generation || after.Version != before.Version {
		t.Errorf("the reference was %+v and is %+v", before, after)
	}
}

func TestReplacingRemovesTheOwnersOtherRowsOnly(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	i, err := n.importFile(assay.ReferenceProducts, assay.ImportReplace, "products.csv",
		"owner,mpn,name,currency,list_price\nBellweather Group,BW-9999,Bellweather Fold shoulder bag,EUR,890.00\n")
	if err != nil {
		t.Fatal(err)
	}
	if i.Added != 1 || i.Removed != 3 {
		t.Errorf("the import says %+v", i)
	}
	var rows struct{ Rows []assay.ReferenceRow }
	n.get("/v1/reference/products?owner=Bellweather+Group", &rows)
	if len(rows.Rows) != 1 {
		t.Errorf("the owner has %d products", len(rows.Rows))
	}
	n.get("/v1/reference/products?owner=Maison+Exemple+SA", &rows)
	if len(rows.Rows) == 0 {
		t.Error("another owner's products are gone")
	}
}

func TestAtMidnightUTCTheNextDaysReferenceComesIntoForce(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(day.Add(23*time.Hour + 59*time.Minute).UnixMicro())
	n := start(t, app.ServerOptions{Clock: func() time.Time { return time.UnixMicro(now.Load()) }})
	n.importFolder("../examples/reference")
	if _, err := n.importFile(assay.ReferenceGated, assay.ImportMerge, "gated.csv",
		"owner,marketplace,category,valid_from,valid_to\nBellweather Group,bazar.example,,2026-11-24,\n"); err != nil {
		t.Fatal(err)
	}
	line := `{"marketplace":"bazar.example","id":"1","title":"Bellweather Fold mini bag mirror quality","brand":"Bellweather","seller":{"id":"somebody"}}`
	n.send(line)
	n.settled()
	lanes := func() string {
		var s []string
		for _, f := range n.findings("") {
			s = append(s, string(f.Lane))
		}
		return strings.Join(s, " ")
	}
	if got := lanes(); strings.Contains(got, "unauthorised") || got == "" {
		t.Fatalf("the day before the gate there are findings in %q", got)
	}
	now.Store(day.Add(24*time.Hour + time.Second).UnixMicro())
	until(t, "the next day's generation is in force", func() bool { return n.reference().AsOf.Equal(day.AddDate(0, 0, 1)) })
	n.rescreened()
	if v := n.screen(line); !strings.Contains(v, `"lane":"unauthorised"`) || !strings.Contains(v, `"as_of":"2026-11-24T00:00:00Z"`) {
		t.Errorf("the gate says %s", v)
	}
	if got := lanes(); !strings.Contains(got, "unauthorised") {
		t.Errorf("there are findings in %q", got)
	}
}

func TestTheGateAnswersWhileTheReferenceIsSwapped(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Clock: fixed(day)})
	n.importFolder("../examples/reference")
	var running sync.WaitGroup
	var asked atomic.Int64
	end := make(chan struct{})
	for range 4 {
		running.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				a, err := n.try(t.Context(), "POST", "/v1/screen", nil, strings.NewReader(bag("1", 1)))
				if err != nil || a.status != 200 || !strings.Contains(string(a.body), `"verdict":"review"`) {
					t.Errorf("while the reference was swapped the gate answered %s (%v)", a, err)
					return
				}
				asked.Add(1)
			}
		})
	}
	for i := range 5 {
		price := []string{"EUR,490.00,", "EUR,480.00,"}[i%2]
		products := strings.ReplaceAll(exampleFile(t, "products.csv"), "EUR,490.00,", price)
		if _, err := n.importFile(assay.ReferenceProducts, assay.ImportMerge, "products.csv", products); err != nil {
			t.Error(err)
		}
	}
	close(end)
	running.Wait()
	if asked.Load() == 0 {
		t.Error("nothing was asked")
	}
}
