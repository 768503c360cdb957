package reference_test

import (
	"fmt"
	"strings"
	"testing"

	"assay"
	"assay/reference"
)

// shown writes what a preview shows, one change a line.
func shown(r assay.ReferenceImport) string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s %s (%s): %s -> %s\n", c.Change, c.Key, c.Owner, c.Before, c.After)
	}
	return b.String()
}

func TestAPreviewShowsTheRowsThatWouldChange(t *testing.T) {
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	preview := func(kind assay.ReferenceKind, mode assay.ImportMode, file string) assay.ReferenceImport {
		t.Helper()
		r, err := k.Preview(t.Context(), local, kind, mode, "", strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, "mark,owner,kind\nA,H,\nB,H,\nC,H,\nD,I,\n")
	for _, c := range []struct {
		name string
		mode assay.ImportMode
		file string
		want string
	}{
		{"those added and changed in the order of the file", assay.ImportMerge, "mark,owner,kind\nZ,H,\nC,H,dictionary\nA,H,\nY,H,\nB,H,dictionary\nZ,H,\n",
			"added H,Z (H):  -> Z,distinctive,H,,,,\nadded H,Y (H):  -> Y,distinctive,H,,,,\n" +
				"changed H,C (H): C,distinctive,H,,,, -> C,dictionary,H,,,,\nchanged H,B (H): B,distinctive,H,,,, -> B,dictionary,H,,,,\n"},
		{"those removed in the order of their keys", assay.ImportReplace, "mark,owner\nB,H\n",
			"removed H,A (H): A,distinctive,H,,,, -> \nremoved H,C (H): C,distinctive,H,,,, -> \n"},
		{"none if nothing changes", assay.ImportReplace, "mark,owner\nD,I\n", ""},
		{"none if there is a mistake", assay.ImportMerge, "mark,owner,alias_of\nZ,H,nothing\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := shown(preview(assay.ReferenceMarks, c.mode, c.file)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
	t.Run("several rows of one key are told apart as they are kept", func(t *testing.T) {
		mustBring(t, k, assay.ReferenceProducts, assay.ImportMerge, "owner,mpn,currency,list_price\nH,M-1,EUR,5\nH,M-1,EUR,6\n")
		r := preview(assay.ReferenceProducts, assay.ImportMerge, "owner,mpn,currency,list_price\nH,M-1,EUR,5\nH,M-1,EUR,6\nH,M-1,EUR,7\n")
		if added, changed, n := r.Added, r.Changed, len(r.Changes); n != added+changed || added != 1 {
			t.Errorf("added %d, changed %d, shown\n%s", added, changed, shown(r))
		}
		for _, c := range r.Changes {
			if c.Before == c.After || c.Owner != "H" || (c.Change == assay.RowAdded) != (c.Before == "") {
				t.Errorf("%+v", c)
			}
		}
	})
	t.Run("the first of each kind only, and all are counted", func(t *testing.T) {
		rows := func(from, to int, kind string) string {
			var b strings.Builder
			for i := from; i < to; i++ {
				fmt.Fprintf(&b, "m%03d,J,%s\n", (i*37)%1000, kind)
			}
			return b.String()
		}
		mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, "mark,owner,kind\n"+rows(0, 200, ""))
		r := preview(assay.ReferenceMarks, assay.ImportReplace, "mark,owner,kind\n"+rows(100, 300, "dictionary"))
		if r.Added != 100 || r.Changed != 100 || r.Removed != 100 || len(r.Changes) != 3*assay.MaxChanges {
			t.Fatalf("%d added, %d changed, %d removed, %d shown", r.Added, r.Changed, r.Removed, len(r.Changes))
		}
		for i := range assay.MaxChanges {
			for part, from := range []int{200, 100} { // the file's first of them
				if got, want := r.Changes[part*assay.MaxChanges+i].Key, fmt.Sprintf("J,m%03d", ((from+i)*37)%1000); got != want {
					t.Errorf("at %d stands %s, want %s", i, got, want)
				}
			}
		}
	})
	t.Run("fewer where rows are long", func(t *testing.T) {
		var b strings.Builder
		for i := range assay.MaxChanges {
			fmt.Fprintf(&b, "m%d,L,%s\n", i, strings.Repeat("x", 60_000))
		}
		r := preview(assay.ReferenceMarks, assay.ImportMerge, "mark,owner,right\n"+b.String())
		if n := len(r.Changes); r.Added != assay.MaxChanges || n == 0 || n*60_000 > 1<<20 {
			t.Errorf("%d of %d shown, %v", n, r.Added, r.Problems)
		}
	})
}
