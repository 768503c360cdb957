package organisation

import (
	"strings"
	"time"

	"assay"
)

// Roles is a set of the roles that a member has in an organisation. The zero value
// is none.
type Roles uint8

const (
	Viewer       Roles = 1 << iota // reads what its organisation sees
	Analyst                        // attests, or decides
	Approver                       // the second person of the same organisation for severe steps
	Investigator                   // purchases, operators, referrals
	Counsel                        // privileged notes, holds, what binds the organisation
	Admin                          // members, tokens, webhooks, the organisation itself

	noRole   Roles = 0
	everyone       = Viewer | Analyst | Approver | Investigator | Counsel | Admin
	workers        = Analyst | Approver | Investigator | Counsel // who work on matters
)

var roleNames = [...]string{"viewer", "analyst", "approver", "investigator", "counsel", "admin"}

// ParseRole returns the one role of that name.
func ParseRole(name string) (Roles, error) {
	for i, known := range roleNames {
		if name == known {
			return 1 << i, nil
		}
	}
	return 0, assay.Errorf(assay.Invalid, "a role is one of %s", strings.Join(roleNames[:], ", "))
}

// Names returns the names of the roles, in the order of their declaration.
func (r Roles) Names() []string { return names(uint8(r), roleNames[:]) }

func (r Roles) String() string { return strings.Join(r.Names(), ", ") }

// kinds is a set of kinds of organisation.
type kinds uint8

const (
	brand kinds = 1 << iota
	platform
	association
	agent
	authority
	node

	// members are the kinds whose people sign in. An authority's do not.
	members = brand | platform | association | agent | node
	// sides are the kinds that make agreements with one another.
	sides = brand | platform | association
)

var kindNames = [...]assay.OrganisationKind{assay.KindBrand, assay.KindPlatform, assay.KindAssociation, assay.KindAgent,
	assay.KindAuthority, assay.KindNode}

func kindOf(k assay.OrganisationKind) kinds {
	for i, known := range kindNames {
		if k == known {
			return 1 << i
		}
	}
	return 0
}

func names[S ~string](set uint8, all []S) []string {
	var in []string
	for i, name := range all {
		if set&(1<<i) != 0 {
			in = append(in, string(name))
		}
	}
	return in
}

// Part is the part of a matter that something belongs to. The zero value is
// neither, and nothing may be done with it.
type Part uint8

const (
	Shared  Part = iota + 1 // others may be let in, where a row says so
	Private                 // its organisation's own; no other organisation reaches it
)

func (p Part) String() string {
	switch p {
	case Shared:
		return "shared"
	case Private:
		return "private"
	}
	return "no part"
}

// Subject is what actions are about. A power of attorney names subjects.
type Subject string

const (
	Findings         Subject = "findings"
	Events           Subject = "events"
	Reference        Subject = "reference"
	Ingest           Subject = "ingest"
	Screening        Subject = "screening"
	Webhooks         Subject = "webhooks"
	Organisations    Subject = "organisations"
	Marketplaces     Subject = "marketplaces"
	Members          Subject = "members"
	Invitations      Subject = "invitations"
	Memberships      Subject = "memberships"
	Powers           Subject = "powers"
	Agreements       Subject = "agreements"
	Disclosures      Subject = "disclosures"
	Profile          Subject = "profile"
	Sessions         Subject = "sessions"
	Tokens           Subject = "tokens"
	Notes            Subject = "notes"
	PrivilegedNotes  Subject = "privileged-notes"
	Features         Subject = "features"
	PriceAgreements  Subject = "price-agreements"
	KnowledgeRecords Subject = "knowledge-records"
	Audit            Subject = "audit"
	Installation     Subject = "installation"
)

// Period is a span of time from From, which is in it, to Until, which is not. A
// zero From never begins. A zero Until is open: until somebody sets an end. What a
// document calls "until 31 December" ends at the first instant of 1 January, in the
// time zone that the document means.
type Period struct {
	From, Until time.Time
}

// Holds reports whether at is in the period.
func (p Period) Holds(at time.Time) bool {
	return !p.From.IsZero() && !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}
