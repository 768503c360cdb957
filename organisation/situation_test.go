package organisation

import (
	"time"

	"assay"
)

// The day on which the tests ask, and spans around it.
var (
	today   = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	inForce = Period{From: today.AddDate(0, -1, 0), Until: today.AddDate(0, 1, 0)}
	over    = Period{From: today.AddDate(0, -2, 0), Until: today.AddDate(0, -1, 0)}
	coming  = Period{From: today.AddDate(0, 1, 0), Until: today.AddDate(0, 2, 0)}
)

var allKinds = kindNames[:]

var relationNames = [lastRelation + 1]string{own: "own", oneself: "oneself", colleague: "colleague", groupBrand: "groupBrand",
	memberBrand: "memberBrand", principal: "principal", party: "party", disclosed: "disclosed", common: "common", hosted: "hosted"}

func allSubjects() []Subject {
	seen := map[Subject]bool{}
	var all []Subject
	for _, a := range Actions() {
		if !seen[a.Subject()] {
			seen[a.Subject()] = true
			all = append(all, a.Subject())
		}
	}
	return all
}

// actor is somebody of an organisation of that kind, called acting but for the
// installation.
func actor(kind assay.OrganisationKind, roles Roles) Scope {
	s := Scope{Organisation: "acting", Kind: kind, Member: "me", Roles: roles}
	if kind == assay.KindNode {
		s.Organisation = assay.LocalOrganisation
	}
	return s
}

// foreign is what belongs to an organisation that the actor has no tie with.
func foreign(part Part) Resource { return Resource{Organisation: "other", Part: part} }

// inRelation returns a thing that stands in the relation to the actor, and in no
// other that can be avoided: what is the installation's own is there for everybody,
// and other organisations are hosted for the installation.
func inRelation(whose relation, s Scope, part Part) Resource {
	thing := foreign(part)
	switch whose {
	case own:
		thing.Organisation = s.Organisation
	case oneself:
		thing.Organisation, thing.Member = s.Organisation, s.Member
	case colleague:
		thing.Organisation, thing.Member = s.Organisation, "somebody"
	case groupBrand:
		thing.Group = s.Organisation
	case memberBrand:
		thing.Memberships = []Membership{{"another", inForce}, {s.Organisation, inForce}}
	case principal:
		thing.Powers = []PowerOfAttorney{{Agent: s.Organisation, Shared: allSubjects(), Private: allSubjects(), Period: inForce}}
	case party:
		thing.Parties = []string{"other", s.Organisation}
	case disclosed:
		thing.Purpose = "takedown"
		thing.Disclosures = []Disclosure{{To: s.Organisation, Purpose: "takedown", Period: inForce, Agreement: inForce}}
	case common:
		thing.Organisation = assay.LocalOrganisation
	}
	return thing
}

// standing returns the relations in which the things of inRelation stand, said once
// more by hand.
func standing(whose relation, kind assay.OrganisationKind) []relation {
	if kind != assay.KindNode {
		if whose == hosted {
			return nil
		}
		return []relation{whose}
	}
	switch whose {
	case own, common:
		return []relation{own, common}
	case oneself, colleague:
		return []relation{whose}
	case hosted:
		return []relation{hosted}
	}
	return []relation{whose, hosted}
}
