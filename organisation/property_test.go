package organisation

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assay"
)

// draw is where random worlds come from: rapid in the properties, bytes in the
// fuzz target.
type draw func(n int) int

var (
	ids      = []string{"", "a", "b", "c", assay.LocalOrganisation}
	people   = []string{"", "x", "y"}
	purposes = []string{"", "p", "q"}
)

func pick[T any](d draw, from []T) T { return from[d(len(from))] }

func several[T any](d draw, most int, one func() T) []T {
	var all []T
	for range d(most + 1) {
		all = append(all, one())
	}
	return all
}

func (d draw) period() Period {
	instant := func() time.Time {
		if n := d(6); n > 0 {
			return today.AddDate(0, 0, n-3)
		}
		return time.Time{}
	}
	return Period{instant(), instant()}
}

func (d draw) scope() Scope {
	s := Scope{Organisation: pick(d, ids), Kind: pick(d, allKinds), Member: pick(d, people), Roles: Roles(d(64))}
	if s.Organisation == assay.LocalOrganisation && d(4) > 0 {
		s.Kind = assay.KindNode
	}
	if s.Limited = d(4) == 0; s.Limited {
		s.Only = several(d, 5, d.action)
	}
	return s
}

func (d draw) action() Action { return Action(d(int(lastAction) + 2)) }

func (d draw) resource() Resource {
	subjects := func() []Subject {
		if d(2) == 0 {
			return allSubjects()
		}
		return several(d, 8, func() Subject { return pick(d, allSubjects()) })
	}
	return Resource{
		Organisation: pick(d, ids), Part: Part(d(4)), Member: pick(d, people), Group: pick(d, ids), Purpose: pick(d, purposes),
		Memberships: several(d, 2, func() Membership { return Membership{pick(d, ids), d.period()} }),
		Powers: several(d, 2, func() PowerOfAttorney {
			return PowerOfAttorney{pick(d, ids), subjects(), subjects(), d.period()}
		}),
		Parties: several(d, 3, func() string { return pick(d, ids) }),
		Disclosures: several(d, 2, func() Disclosure {
			return Disclosure{pick(d, ids), pick(d, purposes), d.period(), d.period()}
		}),
	}
}

// ofRapid draws from rapid; of an integer, it shrinks towards the first choices.
func ofRapid(t *rapid.T) draw {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
}

func TestAFurtherRoleNeverTakesAnythingAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ofRapid(t)
		s, thing := d.scope(), d.resource()
		more := s
		more.Roles |= Roles(d(64))
		for _, a := range Actions() {
			if Can(s, a, thing, today).Allowed && !Can(more, a, thing, today).Allowed {
				t.Fatalf("%s: %+v may, %+v may not", a, s, more)
			}
		}
	})
}

func TestATokensLimitNeverAddsAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ofRapid(t)
		s, thing, a := d.scope(), d.resource(), d.action()
		free := s
		free.Limited, free.Only = false, nil
		if Can(s, a, thing, today).Allowed && !Can(free, a, thing, today).Allowed {
			t.Fatalf("%s of %+v: %+v may only with its limit", a, thing, s)
		}
	})
}

func TestAnAdminOfAnotherOrganisationDoesNothingHere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ofRapid(t)
		thing := d.resource()
		thing.Organisation = pick(d, []string{"a", "b", "c"})
		s := d.scope()
		s.Organisation, s.Roles = "elsewhere", everyone // no tie of the thing names it
		for _, a := range Actions() {
			if got := Can(s, a, thing, today); got.Allowed || got.Reason != NotSeen && got.Reason != Nobody {
				t.Fatalf("%+v, %s of %+v: %v", s, a, thing, got)
			}
		}
	})
}

func TestTheInstallationReachesNoPrivatePartAndNoPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ofRapid(t)
		thing := d.resource()
		thing.Organisation = pick(d, []string{"a", "b", "c"})
		s := Scope{Organisation: assay.LocalOrganisation, Kind: assay.KindNode, Member: pick(d, people), Roles: everyone}
		for _, a := range Actions() {
			if Can(s, a, thing, today).Allowed && (thing.Part == Private || thing.Member != "") {
				t.Fatalf("%s of %+v", a, thing)
			}
		}
	})
}

func TestWhoMayDoSomethingMaySeeIt(t *testing.T) {
	for _, kind := range allKinds {
		for n, role := range roleNames {
			s := actor(kind, 1<<n)
			for whose := own; whose <= lastRelation; whose++ {
				for _, part := range []Part{Shared, Private} {
					thing := inRelation(whose, s, part)
					for _, a := range Actions() {
						// A thing to be made is not there to be seen.
						if m := meanings[a]; !m.atPlace && Can(s, a, thing, today).Allowed && !Can(s, m.shownBy, thing, today).Allowed {
							t.Errorf("%s of %s may %s and not %s: %s, %s", role, kind, a, m.shownBy, relationNames[whose], part)
						}
					}
				}
			}
		}
	}
}

func TestNoRowLeadsIntoAPrivatePartFromOutsideButAPowerOfAttorney(t *testing.T) {
	for _, r := range table {
		if r.part != Private {
			continue
		}
		if r.whose.crosses() && (r.whose != principal || r.kinds != agent) {
			t.Errorf("%s leads into a private part: %s", r.action, relationNames[r.whose])
		}
	}
	t.Run("and one that did would allow nothing", func(t *testing.T) {
		for whose := own; whose <= lastRelation; whose++ {
			if !whose.crosses() || whose == principal {
				continue
			}
			rogue := access{{NotesRead, members | authority, everyone, whose, Private, ""}}
			for _, kind := range allKinds {
				s := actor(kind, everyone)
				thing := inRelation(whose, s, Private)
				if rogue.can(&s, NotesRead, &thing, today).Allowed {
					t.Errorf("%s of %s", relationNames[whose], kind)
				}
			}
		}
	})
}

func TestWhatOnlySomeMaySee(t *testing.T) {
	for _, r := range table {
		subject := r.action.Subject()
		switch {
		case r.kinds&authority != 0:
			t.Errorf("%s: an authority does not sign in", r.action)
		case subject == PrivilegedNotes && (r.roles != Counsel || r.part != Private):
			t.Errorf("%s: privilege is counsel's", r.action)
		case subject == PriceAgreements && (r.kinds&^(brand|agent) != 0 || r.part != Private):
			t.Errorf("%s: agreed prices are the brand's", r.action)
		case subject == KnowledgeRecords && r.part != Private:
			t.Errorf("%s: only its side sees when it first saw something", r.action)
		case (subject == Features || subject == Notes || subject == Profile || subject == Sessions || subject == Tokens) && r.part != Private:
			t.Errorf("%s is private", r.action)
		case r.action == AgreementsConsent && (r.kinds != sides || r.whose != party):
			t.Errorf("%s: a side consents for itself", r.action)
		}
	}
}

func FuzzPrivateNeverCrosses(f *testing.F) {
	f.Add(uint64(0), uint64(0))
	f.Add(uint64(14), uint64(3))
	f.Fuzz(func(t *testing.T, seed, stream uint64) {
		random := rand.New(rand.NewPCG(seed, stream))
		d := draw(random.IntN)
		for range 20 {
			s, thing := d.scope(), d.resource()
			for _, a := range Actions() {
				got := Can(s, a, thing, today)
				if !got.Allowed || thing.Organisation == s.Organisation {
					continue
				}
				if thing.Part != Shared && thing.Part != Private || thing.Member != "" {
					t.Fatalf("%+v, %s of %+v: %v", s, a, thing, got)
				}
				named := slices.ContainsFunc(thing.Powers, func(p PowerOfAttorney) bool {
					begun := !p.From.IsZero() && !p.From.After(today)
					ended := !p.Until.IsZero() && !today.Before(p.Until)
					return p.Agent == s.Organisation && begun && !ended && slices.Contains(p.Private, a.Subject())
				})
				if thing.Part == Private && (s.Kind != assay.KindAgent || !named) {
					t.Fatalf("%+v, %s of %+v: %v", s, a, thing, got)
				}
				if a.Subject() == PrivilegedNotes && s.Roles&Counsel == 0 {
					t.Fatalf("%+v, %s of %+v: %v", s, a, thing, got)
				}
			}
		}
	})
}

func TestAnAnswerAllocatesNothing(t *testing.T) {
	for _, c := range questions() {
		t.Run(c.name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, func() { Can(c.scope, c.action, c.thing, today) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkCan(b *testing.B) {
	for _, c := range questions() {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Can(c.scope, c.action, c.thing, today)
			}
		})
	}
}

type question struct {
	name   string
	scope  Scope
	action Action
	thing  Resource
}

func questions() []question {
	analyst, firm := actor(assay.KindBrand, Analyst), actor(assay.KindAgent, Counsel)
	return []question{
		{"yes, first row", analyst, FindingsRead, inRelation(own, analyst, Shared)},
		{"yes, by a power of attorney", firm, KnowledgeRead, inRelation(principal, firm, Private)},
		{"no, not seen", analyst, FindingsExport, foreign(Shared)},
		{"no, forbidden", analyst, AuditExport, inRelation(own, analyst, Shared)},
	}
}
