package organisation

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"assay"
)

// cell is one permission of one role.
type cell struct {
	kind   string
	whose  string
	part   string
	action string
	role   string
}

// matrix reads testdata/access.csv, which is written by hand, by kind of organisation
// and whose the thing is, and not made from the table.
func matrix(t testing.TB) map[cell]bool {
	t.Helper()
	f, err := os.Open("testdata/access.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	roles := lines[0][4:]
	if !slices.Equal(roles, roleNames[:]) {
		t.Fatalf("the roles are %v", roles)
	}
	may := map[cell]bool{}
	for n, line := range lines[1:] {
		for i, mark := range line[4:] {
			if mark != "y" && mark != "-" {
				t.Fatalf("line %d: %q is neither y nor -", n+2, mark)
			}
			c := cell{line[0], line[1], line[2], line[3], roles[i]}
			if _, twice := may[c]; twice {
				t.Fatalf("line %d: %v is said twice", n+2, c)
			}
			may[c] = mark == "y"
		}
		if _, err := ParseAction(line[3]); err != nil {
			t.Errorf("line %d: there is no action %q", n+2, line[3])
		}
		if !slices.Contains(relationNames[1:], line[1]) {
			t.Errorf("line %d: there is no relation %q", n+2, line[1])
		}
		if !slices.Contains(allKinds, assay.OrganisationKind(line[0])) {
			t.Errorf("line %d: there is no kind %q", n+2, line[0])
		}
		if !slices.Contains(line[4:], "y") {
			t.Errorf("line %d: it allows nobody anything", n+2)
		}
	}
	return may
}

// cells returns what a row of the table allows.
func (r row) cells() []cell {
	var in []cell
	for _, kind := range names(uint8(r.kinds), kindNames[:]) {
		for _, role := range r.roles.Names() {
			in = append(in, cell{kind, relationNames[r.whose], r.part.String(), r.action.String(), role})
		}
	}
	return in
}

func TestEachRowAllowsWhatTheMatrixSays(t *testing.T) {
	may := matrix(t)
	given := map[cell]bool{}
	for _, r := range table {
		for _, c := range r.cells() {
			if !may[c] {
				t.Errorf("a row allows %v, the matrix does not", c)
			}
			if given[c] {
				t.Errorf("two rows allow %v", c)
			}
			given[c] = true
		}
	}
	for c, yes := range may {
		if yes && !given[c] {
			t.Errorf("the matrix allows %v, no row does", c)
		}
	}
}

func TestCanAnswersAsTheMatrixSays(t *testing.T) {
	may := matrix(t)
	asked, yes := 0, 0
	for _, kind := range allKinds {
		for whose := own; whose <= lastRelation; whose++ {
			t.Run(string(kind)+" "+relationNames[whose], func(t *testing.T) {
				for _, part := range []Part{Shared, Private} {
					for i, role := range roleNames {
						s := actor(kind, 1<<i)
						thing := inRelation(whose, s, part)
						for _, a := range Actions() {
							want := slices.ContainsFunc(standing(whose, kind), func(r relation) bool {
								return may[cell{string(kind), relationNames[r], part.String(), a.String(), role}]
							})
							got := Can(s, a, thing, today)
							asked++
							if got.Allowed {
								yes++
							}
							if got.Allowed != want {
								t.Errorf("%s %s %s: %v, want %v", role, a, part, got, want)
							}
							if got.Allowed != (got.Reason == Allowed) || got.Allowed != (got.Err() == nil) {
								t.Errorf("%s %s %s: %v is neither yes nor no", role, a, part, got)
							}
						}
					}
				}
			})
		}
	}
	t.Logf("asked %d times, %d yes", asked, yes)
}

func TestARowTakenAwayTakesExactlyItsPermissions(t *testing.T) {
	whole := access(table[:])
	for i := range table {
		taken := table[i]
		rest := append(slices.Clone(whole[:i]), whole[i+1:]...)
		mine := taken.cells()
		for _, kind := range allKinds {
			for n, role := range roleNames {
				s := actor(kind, 1<<n)
				for whose := own; whose <= lastRelation; whose++ {
					for _, part := range []Part{Shared, Private} {
						thing := inRelation(whose, s, part)
						for _, a := range Actions() {
							if a.Subject() != taken.action.Subject() {
								continue
							}
							before := whole.can(&s, a, &thing, today).Allowed
							after := rest.can(&s, a, &thing, today).Allowed
							// It is the row's alone unless another relation of the thing allows it too.
							touched, others := false, false
							for _, r := range standing(whose, kind) {
								c := cell{string(kind), relationNames[r], part.String(), a.String(), role}
								if slices.Contains(mine, c) {
									touched = true
								} else {
									others = others || slices.ContainsFunc(rest, func(r row) bool {
										return r.action == a && slices.Contains(r.cells(), c)
									})
								}
							}
							if want := before && (!touched || others); after != want {
								t.Fatalf("without the row %v: %s of %s, %s %s: %v, want %v", taken, role, kind, a, relationNames[whose], after, want)
							}
						}
					}
				}
			}
		}
	}
}

func TestEveryActionHasARowAndAName(t *testing.T) {
	for _, a := range Actions() {
		if !slices.ContainsFunc(table[:], func(r row) bool { return r.action == a }) {
			t.Errorf("nobody may %s", a)
		}
		if again, err := ParseAction(a.String()); err != nil || again != a {
			t.Errorf("%q is parsed as %v, %v", a, again, err)
		}
		if m := meanings[a]; m.words == "" || !m.shownBy.known() {
			t.Errorf("%s has no meaning", a)
		}
	}
	if _, err := ParseAction("findings.forge"); assay.CodeOf(err) != assay.Invalid {
		t.Errorf("an action nobody knows: %v", err)
	}
	if Action(0).String() != "no action" || (lastAction+1).Subject() != "" {
		t.Error("no action has a name or a subject")
	}
}

func TestTheTableStandsInTheOrderOfItsSubjects(t *testing.T) {
	for i := 1; i < len(table); i++ {
		if table[i].action < table[i-1].action {
			t.Errorf("%s stands behind %s", table[i].action, table[i-1].action)
		}
	}
	var subjects []Subject
	for _, a := range Actions() {
		if s := a.Subject(); len(subjects) == 0 || subjects[len(subjects)-1] != s {
			if slices.Contains(subjects, s) {
				t.Errorf("the actions of %s do not stand together", s)
			}
			subjects = append(subjects, s)
		}
	}
}
