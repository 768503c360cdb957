package demo

import (
	"reflect"
	"strings"
	"testing"

	"assay"
)

// known is a value that a marketplace knows of a seller.
type known = assay.Identifier

func isHub(id known) bool {
	for _, h := range hubs {
		if id.Value == h {
			return true
		}
	}
	return false
}

func TestFakesComeFromOperatorsWithSeveralShops(t *testing.T) {
	w := New(1, Options{})
	runs := map[Shop]string{}
	operators := w.Operators()
	for _, o := range operators {
		places := map[string]bool{}
		for _, s := range o.Shops {
			if other, ok := runs[s]; ok {
				t.Errorf("%v is run by %s and by %s", s, other, o.ID)
			}
			runs[s] = o.ID
			places[s.Marketplace] = true
		}
		if len(o.Shops) < 3 || len(places) < 2 {
			t.Errorf("%s has %d shops on %d marketplaces", o.ID, len(o.Shops), len(places))
		}
	}
	if len(operators) < 100 {
		t.Errorf("%d operators", len(operators))
	}
	offering, harmless := map[string]map[Shop]bool{}, 0
	listings(w, sample, func(i uint64, l assay.Listing, tr Truth) {
		shop := Shop{l.Marketplace, l.Seller.ID}
		if tr.Operator != runs[shop] {
			t.Errorf("listing %d (%s): %v is run by %q, the truth says %q", i, tr.Kind, shop, runs[shop], tr.Operator)
		}
		if tr.Kind.Fake() && tr.Operator == "" {
			t.Errorf("listing %d (%s) comes from no operator", i, tr.Kind)
		}
		if tr.Operator == "" {
			return
		}
		if !tr.Kind.Fake() {
			harmless++
			if tr.Kind != Clean {
				t.Errorf("listing %d (%s) comes from %s", i, tr.Kind, tr.Operator)
			}
		}
		if offering[tr.Operator] == nil {
			offering[tr.Operator] = map[Shop]bool{}
		}
		offering[tr.Operator][shop] = true
	})
	several := 0
	for _, shops := range offering {
		if len(shops) > 1 {
			several++
		}
	}
	if several < 100 || harmless == 0 {
		t.Errorf("%d operators offer from several shops; %d of their offers are harmless", several, harmless)
	}
}

func TestShopsOfAnOperatorShareWhatIsKnownOfThem(t *testing.T) {
	w := New(1, Options{})
	seen := map[Shop][]known{}
	runs := map[Shop]string{}
	listings(w, sample, func(i uint64, l assay.Listing, tr Truth) {
		shop := Shop{l.Marketplace, l.Seller.ID}
		if before, ok := seen[shop]; ok && !reflect.DeepEqual(before, l.Seller.Identifiers) {
			t.Fatalf("%v is known by %v and by %v", shop, before, l.Seller.Identifiers)
		}
		seen[shop], runs[shop] = l.Seller.Identifiers, tr.Operator
	})
	by := map[known]map[Shop]bool{}
	for shop, ids := range seen {
		types := map[assay.IdentifierType]bool{}
		for _, id := range ids {
			if types[id.Type] {
				t.Errorf("%v has two of %s", shop, id.Type)
			}
			types[id.Type] = true
			if by[id] == nil {
				by[id] = map[Shop]bool{}
			}
			by[id][shop] = true
		}
	}
	linked, hubUsers := map[Shop]bool{}, map[bool]int{}
	for id, shops := range by {
		for shop := range shops {
			if isHub(id) {
				hubUsers[runs[shop] != ""]++
				continue
			}
			if len(shops) > 1 {
				linked[shop] = true
			}
			for other := range shops {
				if runs[shop] != runs[other] || runs[shop] == "" && shop != other {
					t.Fatalf("%v is known both of %v (%q) and of %v (%q)", id, shop, runs[shop], other, runs[other])
				}
			}
		}
	}
	run := 0
	for _, o := range runs {
		if o != "" {
			run++
		}
	}
	if share := 100 * len(linked) / run; share < 40 || share > 90 {
		t.Errorf("%d %% of operators' shops share something of their own", share)
	}
	if hubUsers[true] < 100 || hubUsers[false] < 1_000 {
		t.Errorf("warehouses are used by %d bad and %d honest shops", hubUsers[true], hubUsers[false])
	}
}

func TestAnAccountsOwnValuesAreNobodyElses(t *testing.T) {
	for _, s := range sorts {
		seen := map[string]uint64{}
		for n := range uint64(300_000) {
			serial := n * 7
			v := string(s.write(nil, serial))
			if other, ok := seen[v]; ok {
				t.Fatalf("%s %q is of %d and of %d", s.of, v, other, serial)
			}
			seen[v] = serial
			if strings.ContainsAny(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && s.of == "email" {
				t.Fatalf("e-mail address %q", v)
			}
		}
	}
}
