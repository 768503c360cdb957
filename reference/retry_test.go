package reference_test

import (
	"fmt"
	"strings"
	"testing"

	"assay"
	"assay/reference"
)

func TestAnImportCountsTheSameWhereAnswersOfTheStoreAreLost(t *testing.T) {
	for _, file := range []string{twoMarks, "mark,owner\nMaison Exemple,H\nAurora,I\n", "mark,owner,kind\nMaison Exemple,H,distinctive\nNordlicht,I,dictionary\n", "mark,owner\nMaison Exemple,H\n"} {
		var want assay.ReferenceImport
		for lost := range 4 { // 0: none is
			store := newMemoryStore()
			k, stop := keep(t, reference.KeeperOptions{Store: store})
			mustBring(t, k, assay.ReferenceMarks, assay.ImportMerge, "mark,owner\nNordlicht,I\nAlso,H\n")
			store.set(func() {
				writes := store.calls
				store.fail = func(call int) error {
					// Every write asks twice: before it is done and after it.
					if call == writes+2*lost+2 && lost > 0 {
						return assay.Errorf(assay.Unavailable, "the answer is lost")
					}
					return nil
				}
			})
			got := mustBring(t, k, assay.ReferenceMarks, assay.ImportReplace, file)
			if lost == 0 {
				want = got
			}
			if got.Added != want.Added || got.Changed != want.Changed || got.Removed != want.Removed || got.Generation != want.Generation || got.Done != want.Done {
				t.Errorf("the answer to write %d is lost: %+v, want %+v", lost, got, want)
			}
			stop()
		}
	}
}

func TestRowsOfAnyNumberOfOwnersAreReplaced(t *testing.T) {
	k, _ := keep(t, reference.KeeperOptions{Store: newMemoryStore()})
	const owners = 2*reference.RetireOwners + 1
	var before, after strings.Builder
	for _, b := range []*strings.Builder{&before, &after} {
		b.WriteString("owner,mpn,currency,list_price\n")
	}
	for i := range owners {
		fmt.Fprintf(&before, "H%d,M-1,EUR,1\nH%d,M-2,EUR,1\n", i, i)
		fmt.Fprintf(&after, "H%d,M-1,EUR,1\n", i)
	}
	mustBring(t, k, assay.ReferenceProducts, assay.ImportMerge, before.String())
	if r := mustBring(t, k, assay.ReferenceProducts, assay.ImportReplace, after.String()); r.Removed != owners || r.Added+r.Changed != 0 {
		t.Errorf("%+v", r)
	}
}
