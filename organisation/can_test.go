package organisation

import (
	"fmt"
	"testing"
	"time"

	"assay"
)

func TestWhatIsNotSeenIsAnsweredAsIfItDidNotExist(t *testing.T) {
	ours := func(part Part) Resource { return Resource{Organisation: "acting", Part: part} }
	installation := Resource{Organisation: assay.LocalOrganisation, Part: Private}
	agreement := Resource{Organisation: "other", Part: Shared, Parties: []string{"other", "acting"}}
	mine := Resource{Organisation: "acting", Part: Private, Member: "me"}
	theirs := Resource{Organisation: "acting", Part: Private, Member: "somebody"}
	for _, c := range []struct {
		name   string
		kind   assay.OrganisationKind
		roles  Roles
		action Action
		thing  Resource
		reason Reason
		code   assay.Code
	}{
		{"a viewer reads the findings of their brand", assay.KindBrand, Viewer, FindingsRead, ours(Shared), Allowed, ""},
		{"a viewer sees them, and may not export them", assay.KindBrand, Viewer, FindingsExport, ours(Shared), OtherRole, assay.Forbidden},
		{"of another brand's findings nobody is told", assay.KindBrand, everyone, FindingsExport, foreign(Shared), NotSeen, assay.NotFound},
		{"a viewer is not told of findings in the price lane", assay.KindBrand, Viewer, FindingsExport, ours(Private), NotSeen, assay.NotFound},
		{"a platform has no findings", assay.KindPlatform, everyone, FindingsRead, ours(Shared), NotSeen, assay.NotFound},
		{"an admin is not told of privileged notes", assay.KindBrand, Admin, PrivilegedNotesWrite, ours(Private), NotSeen, assay.NotFound},
		{"an analyst may know that there are webhooks, and make none", assay.KindBrand, Analyst, WebhooksCreate, ours(Private), OtherRole, assay.Forbidden},
		{"which ones there are is not seen", assay.KindBrand, Analyst, WebhooksRemove, ours(Private), NotSeen, assay.NotFound},
		{"an organisation may not put its webhooks into the shared part", assay.KindBrand, Admin, WebhooksCreate, ours(Shared), OtherPart, assay.Forbidden},
		{"a webhook for another organisation is not found", assay.KindBrand, Admin, WebhooksCreate, foreign(Private), NotSeen, assay.NotFound},
		{"the installation is no secret, its backup is its own", assay.KindBrand, Admin, InstallationBackup, installation, OtherKind, assay.Forbidden},
		{"an organisation is founded by the installation", assay.KindBrand, Admin, OrganisationsFound, Resource{Organisation: assay.LocalOrganisation, Part: Shared}, OtherKind, assay.Forbidden},
		{"a viewer of the installation writes no backup", assay.KindNode, Viewer, InstallationBackup, installation, OtherRole, assay.Forbidden},
		{"an analyst reads the agreement and consents to nothing", assay.KindPlatform, Analyst, AgreementsConsent, agreement, OtherRole, assay.Forbidden},
		{"an approver consents for their own side", assay.KindPlatform, Approver, AgreementsConsent, agreement, Allowed, ""},
		{"an agent never consents", assay.KindAgent, everyone, AgreementsConsent, Resource{Organisation: "other", Part: Shared,
			Powers: []PowerOfAttorney{{Agent: "acting", Shared: allSubjects(), Period: inForce}}}, OtherKind, assay.Forbidden},
		{"an association does not accept for a brand", assay.KindAssociation, Admin, MembershipsAccept, Resource{Organisation: "acting",
			Part: Shared, Parties: []string{"acting", "other"}}, OtherKind, assay.Forbidden},
		{"an admin changes a colleague's roles", assay.KindBrand, Admin, MembersChangeRoles, theirs, Allowed, ""},
		{"and not their own", assay.KindBrand, Admin, MembersChangeRoles, mine, OtherOwner, assay.Forbidden},
		{"an analyst sees a colleague, and removes nobody", assay.KindBrand, Analyst, MembersRemove, theirs, OtherRole, assay.Forbidden},
		{"nobody makes a token in a colleague's name", assay.KindBrand, Admin, TokensCreate, theirs, OtherOwner, assay.Forbidden},
		{"a colleague's sessions are not seen", assay.KindBrand, Analyst, SessionsEnd, theirs, NotSeen, assay.NotFound},
		{"a colleague's profile is not seen, even by an admin", assay.KindBrand, Admin, ProfileEdit, theirs, NotSeen, assay.NotFound},
		{"an authority does nothing here", assay.KindAuthority, everyone, OrganisationsRead, ours(Shared), NotSeen, assay.NotFound},
		{"who has no role any more sees nothing", assay.KindBrand, noRole, OrganisationsRead, ours(Shared), NotSeen, assay.NotFound},
		{"no action is nothing", assay.KindBrand, everyone, 0, ours(Shared), NotSeen, assay.NotFound},
		{"an unknown action is nothing", assay.KindBrand, everyone, lastAction + 1, ours(Shared), NotSeen, assay.NotFound},
		{"a kind nobody knows is nobody", "guild", everyone, OrganisationsRead, ours(Shared), Nobody, assay.Unauthenticated},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Can(actor(c.kind, c.roles), c.action, c.thing, today)
			if d.Reason != c.reason || assay.CodeOf(d.Err()) != c.code {
				t.Errorf("%v with %q, want %s with %q", d, assay.CodeOf(d.Err()), c.reason, c.code)
			}
		})
	}
}

func TestNobodyMayDoNothing(t *testing.T) {
	for _, s := range []Scope{
		{},
		{Kind: assay.KindBrand, Roles: everyone, Member: "me"},
		{Organisation: "acting", Roles: everyone, Member: "me"},
		{Organisation: "acting", Kind: assay.KindNode, Roles: everyone, Member: "me"},
		{Organisation: assay.LocalOrganisation, Kind: assay.KindBrand, Roles: everyone, Member: "me"},
	} {
		for _, a := range Actions() {
			for _, part := range []Part{0, Shared, Private} {
				for _, thing := range []Resource{
					{}, {Part: part}, {Part: part, Parties: []string{""}, Member: "me"}, {Organisation: s.Organisation, Part: part},
					{Organisation: assay.LocalOrganisation, Part: part}, foreign(part),
				} {
					if d := Can(s, a, thing, today); d.Allowed || d.Reason != Nobody {
						t.Errorf("%+v may %s of %+v: %v", s, a, thing, d)
					}
				}
			}
		}
	}
	if assay.CodeOf(Decision{}.Err()) != assay.NotFound {
		t.Error("the zero decision is not a no")
	}
}

func TestOfTheZeroResourceNothingIsAllowed(t *testing.T) {
	for _, kind := range allKinds {
		for _, a := range Actions() {
			if d := Can(actor(kind, everyone), a, Resource{}, today); d.Reason != NotSeen {
				t.Errorf("%s of %s: %v", a, kind, d)
			}
		}
	}
}

func TestATokenMayDoWhatItWasMadeForAndItsRolesAllow(t *testing.T) {
	finding := Resource{Organisation: "acting", Part: Shared}
	for _, c := range []struct {
		name   string
		roles  Roles
		only   []Action
		action Action
		reason Reason
	}{
		{"what it was made for", Analyst, []Action{FindingsRead, FindingsExport}, FindingsExport, Allowed},
		{"nothing else", Analyst, []Action{FindingsRead}, FindingsExport, TokenLimit},
		{"nothing at all, if it was made for nothing", Analyst, nil, FindingsRead, TokenLimit},
		{"not what its roles do not allow", Viewer, []Action{FindingsRead, FindingsExport}, FindingsExport, OtherRole},
		{"not what it does not see", Viewer, []Action{WebhooksRead}, WebhooksRead, NotSeen},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Scope{Organisation: "acting", Kind: assay.KindBrand, Roles: c.roles, Limited: true, Only: c.only}
			if d := Can(s, c.action, finding, today); d.Reason != c.reason {
				t.Errorf("%v, want %s", d, c.reason)
			}
		})
	}
	t.Run("a machine has no colleagues and no self", func(t *testing.T) {
		s := Scope{Organisation: "acting", Kind: assay.KindBrand, Roles: Admin}
		for _, member := range []string{"", "me"} {
			thing := Resource{Organisation: "acting", Part: Private, Member: member}
			for _, a := range []Action{MembersChangeRoles, MembersRemove, MembersLeave, SessionsEnd, ProfileEdit} {
				if d := Can(s, a, thing, today); d.Allowed {
					t.Errorf("%s of %q: %v", a, member, d)
				}
			}
		}
	})
}

func TestAPeriodHoldsFromItsStartUpToItsEnd(t *testing.T) {
	from, until := today, today.Add(time.Hour)
	for _, c := range []struct {
		name string
		p    Period
		at   time.Time
		want bool
	}{
		{"not before its start", Period{from, until}, from.Add(-time.Nanosecond), false},
		{"at its start", Period{from, until}, from, true},
		{"just before its end", Period{from, until}, until.Add(-time.Nanosecond), true},
		{"not at its end", Period{from, until}, until, false},
		{"without an end, for good", Period{From: from}, from.AddDate(100, 0, 0), true},
		{"without a start, never", Period{Until: until}, from, false},
		{"empty, never", Period{from, from}, from, false},
		{"the wrong way round, never", Period{until, from}, from.Add(time.Minute), false},
		{"zero, never", Period{}, from, false},
		{"zero, not at the zero time either", Period{}, time.Time{}, false},
		{"in any time zone", Period{from, until}, from.In(time.FixedZone("", 8*3600)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.p.Holds(c.at); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestTiesHoldWhileTheyAreInForce(t *testing.T) {
	disclosure := func(to, purpose string, p, agreement Period) Resource {
		return Resource{Organisation: "other", Part: Shared, Purpose: "takedown",
			Disclosures: []Disclosure{{To: to, Purpose: purpose, Period: p, Agreement: agreement}}}
	}
	power := func(part Part, p PowerOfAttorney) Resource {
		return Resource{Organisation: "other", Part: part, Powers: []PowerOfAttorney{p}}
	}
	member := func(association string, p Period) Resource {
		return Resource{Organisation: "other", Part: Shared, Memberships: []Membership{{association, p}}}
	}
	about := func(s ...Subject) []Subject { return s }
	open := Period{From: inForce.From}
	for _, c := range []struct {
		name   string
		kind   assay.OrganisationKind
		action Action
		thing  Resource
		want   bool
	}{
		{"a membership in force", assay.KindAssociation, FindingsRead, member("acting", inForce), true},
		{"a membership without an end", assay.KindAssociation, FindingsRead, member("acting", open), true},
		{"a membership that is over", assay.KindAssociation, FindingsRead, member("acting", over), false},
		{"a membership that is to come", assay.KindAssociation, FindingsRead, member("acting", coming), false},
		{"a membership of another association", assay.KindAssociation, FindingsRead, member("another", inForce), false},
		{"a brand is no association", assay.KindBrand, FindingsRead, member("acting", inForce), false},

		{"a power in force that names findings", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Findings), nil, inForce}), true},
		{"a power until it is ended", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Findings), nil, open}), true},
		{"a power that names something else", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Reference), nil, inForce}), false},
		{"a power that is over", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Findings), nil, over}), false},
		{"a power that is to come", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Findings), nil, coming}), false},
		{"a power of another agent", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"another", about(Findings), nil, inForce}), false},
		{"a power is no use to a platform", assay.KindPlatform, FindingsRead, power(Shared, PowerOfAttorney{"acting", about(Findings), nil, inForce}), false},
		{"a power for the shared part does not open the private part", assay.KindAgent, NotesRead, power(Private, PowerOfAttorney{"acting", allSubjects(), nil, inForce}), false},
		{"a power that names notes in the private part", assay.KindAgent, NotesRead, power(Private, PowerOfAttorney{"acting", nil, about(Notes), inForce}), true},
		{"does not open privileged notes", assay.KindAgent, PrivilegedNotesRead, power(Private, PowerOfAttorney{"acting", nil, about(Notes), inForce}), false},
		{"nor the shared part", assay.KindAgent, FindingsRead, power(Shared, PowerOfAttorney{"acting", nil, about(Findings), inForce}), false},
		{"nor anything when it is over", assay.KindAgent, NotesRead, power(Private, PowerOfAttorney{"acting", nil, about(Notes), over}), false},

		{"a disclosure in force", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", inForce, inForce), true},
		{"under an agreement without an end", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", inForce, open), true},
		{"for another purpose", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "lawsuit", inForce, inForce), false},
		{"for no purpose", assay.KindPlatform, DisclosuresOpen, Resource{Organisation: "other", Part: Shared,
			Disclosures: []Disclosure{{To: "acting", Period: inForce, Agreement: inForce}}}, false},
		{"to somebody else", assay.KindPlatform, DisclosuresOpen, disclosure("another", "takedown", inForce, inForce), false},
		{"a disclosure that is over", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", over, inForce), false},
		{"a disclosure without an end", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", open, inForce), false},
		{"under an agreement that is over", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", inForce, over), false},
		{"under no agreement", assay.KindPlatform, DisclosuresOpen, disclosure("acting", "takedown", inForce, Period{}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Can(actor(c.kind, everyone), c.action, c.thing, today)
			if d.Allowed != c.want || !c.want && d.Reason != NotSeen {
				t.Errorf("%v, want %v", d, c.want)
			}
		})
	}
}

func TestRolesAreNamed(t *testing.T) {
	for i, name := range roleNames {
		if r, err := ParseRole(name); err != nil || r != 1<<i || r.String() != name {
			t.Errorf("%q is %v, %v", name, r, err)
		}
	}
	for _, name := range []string{"", "Admin", "owner", "viewer, admin"} {
		if _, err := ParseRole(name); assay.CodeOf(err) != assay.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func ExampleCan() {
	counsel := Scope{Organisation: "bellweather", Kind: assay.KindBrand, Member: "ines", Roles: Counsel}
	agreement := Resource{Organisation: "bazar", Part: Shared, Parties: []string{"bazar", "bellweather"}}
	at := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

	fmt.Println(Can(counsel, AgreementsConsent, agreement, at).Reason)

	viewer := counsel
	viewer.Roles = Viewer
	fmt.Println(Can(viewer, AgreementsConsent, agreement, at).Err())

	stranger := Scope{Organisation: "halden", Kind: assay.KindBrand, Member: "otto", Roles: Counsel}
	fmt.Println(Can(stranger, AgreementsConsent, agreement, at).Err())
	// Output:
	// allowed
	// this takes another role in your organisation
	// there is no such thing
}
