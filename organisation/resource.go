package organisation

import (
	"slices"
	"time"

	"assay"
)

// Scope is who acts, and for whom. The zero Scope may do nothing.
type Scope struct {
	Organisation string // id of the acting organisation
	Kind         assay.OrganisationKind
	Member       string // id of the person who acts; "" for a machine's token
	Roles        Roles  // of the member, or of the token

	// Limited says that only the actions in Only may be done: a token is made for
	// something. A limited Scope without any may do nothing.
	Limited bool
	Only    []Action
}

// Resource is what the decision needs to know of a thing, or of the place where a
// thing is to be made. It is filled from the store, never from the request.
type Resource struct {
	Organisation string // id of whose it is; assay.LocalOrganisation for the installation's own
	Part         Part
	Member       string // id of the person whose it is: a session, a token, a profile; "" for no person's

	// Group is the id of the group that owns the organisation, "" for none.
	Group string
	// Memberships are those of the organisation in associations.
	Memberships []Membership
	// Powers are the powers of attorney that the organisation granted.
	Powers []PowerOfAttorney
	// Parties are the organisations between which the thing is, all of them: both
	// sides of an agreement or a disclosure (while it is a draft: those before whom it
	// was put, and who drafted it), grantor and agent of a power of attorney,
	// association and brand of a membership.
	Parties []string
	// Disclosures are those of this very thing.
	Disclosures []Disclosure
	// Purpose is what somebody says a disclosed thing is wanted for.
	Purpose string
}

// Membership is a brand's in an association.
type Membership struct {
	Association string // id
	Period
}

// PowerOfAttorney lets an agent act for an organisation, in the subjects that it
// names and no others.
type PowerOfAttorney struct {
	Agent   string    // id
	Shared  []Subject // named for the shared part
	Private []Subject // named for the private part
	Period
}

// Disclosure shows one thing to another organisation for one purpose. It needs an
// end, and holds only while the agreement that it rests on does.
type Disclosure struct {
	To      string // id
	Purpose string
	Period
	Agreement Period
}

// relation is what a thing is to the acting organisation, or to the person.
type relation uint8

const (
	own         relation = iota + 1 // of the organisation, and of no person
	oneself                         // of the very person
	colleague                       // of another member of the same organisation
	groupBrand                      // of a brand that the acting group owns
	memberBrand                     // of a brand that is a member of the acting association
	principal                       // of who granted the acting agent a power of attorney in force
	party                           // between the organisation and others
	disclosed                       // disclosed to the organisation under an agreement in force
	common                          // the installation's own, there for everybody
	hosted                          // of any organisation on the installation, for the installation

	lastRelation = hosted
)

// crosses reports whether the relation leads into another organisation.
func (r relation) crosses() bool { return r != own && r != oneself && r != colleague }

// holds reports whether the thing stands in the relation to the scope, for a
// subject, at an instant. It allocates nothing.
func (r relation) holds(s *Scope, thing *Resource, subject Subject, at time.Time) bool {
	if s.Organisation == "" || thing.Organisation == "" {
		return false
	}
	home := thing.Organisation == s.Organisation
	switch r {
	case own:
		return home && thing.Member == ""
	case oneself:
		return home && thing.Member != "" && thing.Member == s.Member
	case colleague:
		// A machine's token is nobody's colleague: its maker could use it upon himself.
		return home && thing.Member != "" && s.Member != "" && thing.Member != s.Member
	}
	if thing.Member != "" {
		return false // what is a person's is nobody's outside
	}
	switch r {
	case groupBrand:
		return !home && thing.Group == s.Organisation
	case memberBrand:
		return !home && slices.ContainsFunc(thing.Memberships, func(m Membership) bool {
			return m.Association == s.Organisation && m.Holds(at)
		})
	case principal:
		return !home && slices.ContainsFunc(thing.Powers, func(p PowerOfAttorney) bool {
			return p.Agent == s.Organisation && p.Holds(at) && p.names(subject, thing.Part)
		})
	case party:
		return slices.Contains(thing.Parties, s.Organisation)
	case disclosed:
		return !home && slices.ContainsFunc(thing.Disclosures, func(d Disclosure) bool {
			return d.To == s.Organisation && d.Purpose != "" && d.Purpose == thing.Purpose &&
				!d.Until.IsZero() && d.Holds(at) && d.Agreement.Holds(at)
		})
	case common:
		return thing.Organisation == assay.LocalOrganisation
	case hosted:
		return !home && s.Organisation == assay.LocalOrganisation
	}
	return false
}

func (p *PowerOfAttorney) names(subject Subject, part Part) bool {
	switch part {
	case Shared:
		return slices.Contains(p.Shared, subject)
	case Private:
		return slices.Contains(p.Private, subject)
	}
	return false
}
