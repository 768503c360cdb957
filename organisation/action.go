package organisation

import "assay"

// Action is something that somebody may want to do. The zero value is no action.
// The numbers may change; String is what is kept.
type Action uint8

const (
	FindingsRead Action = iota + 1
	FindingsExport
	FindingsLive

	EventsRead

	ReferenceRead
	ReferenceExport
	ReferenceImport
	ReferenceUndo

	ListingsSend
	IngestRead
	PoisonRead
	PoisonReplay
	PoisonDrop

	ListingsScreen

	WebhooksRead
	WebhooksCreate
	WebhooksRemove
	WebhooksReplay

	OrganisationsRead
	OrganisationsEdit
	OrganisationsEditSignIn
	OrganisationsFound
	OrganisationsAppoint

	MarketplacesRead
	MarketplacesAssign

	MembersRead
	MembersChangeRoles
	MembersRemove
	MembersLeave

	InvitationsRead
	InvitationsCreate
	InvitationsWithdraw

	MembershipsRead
	MembershipsOffer
	MembershipsAccept
	MembershipsEnd

	PowersRead
	PowersGrant
	PowersEnd

	AgreementsRead
	AgreementsDraft
	AgreementsConsent
	AgreementsAmend
	AgreementsEnd
	AgreementsDispute

	DisclosuresRead
	DisclosuresGrant
	DisclosuresWithdraw
	DisclosuresOpen
	ReceiptsRead

	ProfileRead
	ProfileEdit
	ProfileChangeSignIn

	SessionsRead
	SessionsEnd

	TokensRead
	TokensCreate
	TokensRevoke

	NotesRead
	NotesWrite

	PrivilegedNotesRead
	PrivilegedNotesWrite

	FeaturesRead
	FeaturesEdit

	PriceAgreementsRead
	PriceAgreementsEdit

	KnowledgeRead
	KnowledgeExport

	AuditHistory
	AuditRead
	AuditExport

	InstallationRead
	InstallationSetUp
	InstallationBackup
	InstallationDiagnose
	InstallationRotateToken

	lastAction = InstallationRotateToken
)

// meaning is what an action is called, what it is about and when its refusal may be
// told from absence.
type meaning struct {
	name    string
	subject Subject
	words   string // completes "may"
	// shownBy is the action that shows that the thing is there. Who may do that one
	// and not this one is told so; everybody else is told that there is nothing.
	shownBy Action
	// atPlace says that shownBy is asked of the organisation where the thing is or
	// would be, not of the thing: a thing to be made is not there to be hidden.
	atPlace bool
}

var meanings = [lastAction + 1]meaning{
	FindingsRead:   {"findings.read", Findings, "read findings, search and count them, and read the revisions of their offers", FindingsRead, false},
	FindingsExport: {"findings.export", Findings, "export findings to a file", FindingsRead, false},
	FindingsLive:   {"findings.live", Findings, "be told on a page when findings change", FindingsRead, false},

	EventsRead: {"events.read", Events, "read the events of findings in their order", EventsRead, false},

	ReferenceRead:   {"reference.read", Reference, "read the reference", ReferenceRead, false},
	ReferenceExport: {"reference.export", Reference, "export the reference to a file", ReferenceRead, false},
	ReferenceImport: {"reference.import", Reference, "preview an import of reference data and bring it into force", ReferenceRead, false},
	ReferenceUndo:   {"reference.undo", Reference, "bring an earlier version of the reference into force again", ReferenceRead, false},

	ListingsSend: {"listings.send", Ingest, "send listings of a marketplace", MarketplacesRead, false},
	IngestRead:   {"ingest.read", Ingest, "see how far what was sent has been worked", InstallationRead, true},
	PoisonRead:   {"poison.read", Ingest, "read what could not be worked and was set aside", InstallationRead, true},
	PoisonReplay: {"poison.replay", Ingest, "have what was set aside worked again", InstallationRead, true},
	PoisonDrop:   {"poison.drop", Ingest, "drop what was set aside", InstallationRead, true},

	ListingsScreen: {"listings.screen", Screening, "screen a listing by hand or at the gate", OrganisationsRead, true},

	WebhooksRead:   {"webhooks.read", Webhooks, "read webhooks and their deliveries", WebhooksRead, false},
	WebhooksCreate: {"webhooks.create", Webhooks, "create a webhook", OrganisationsRead, true},
	WebhooksRemove: {"webhooks.remove", Webhooks, "remove a webhook", WebhooksRead, false},
	WebhooksReplay: {"webhooks.replay", Webhooks, "have deliveries sent again", WebhooksRead, false},

	OrganisationsRead:       {"organisations.read", Organisations, "read an organisation's name, kind and ties", OrganisationsRead, false},
	OrganisationsEdit:       {"organisations.edit", Organisations, "edit an organisation", OrganisationsRead, false},
	OrganisationsEditSignIn: {"organisations.edit-sign-in", Organisations, "say how an organisation's members sign in", OrganisationsRead, true},
	OrganisationsFound:      {"organisations.found", Organisations, "found an organisation, and say which group owns it", InstallationRead, true},
	OrganisationsAppoint:    {"organisations.appoint", Organisations, "invite an organisation's first admin", OrganisationsRead, false},

	MarketplacesRead:   {"marketplaces.read", Marketplaces, "read a marketplace's name and who runs it", MarketplacesRead, false},
	MarketplacesAssign: {"marketplaces.assign", Marketplaces, "say which platform runs a marketplace", MarketplacesRead, false},

	MembersRead:        {"members.read", Members, "read who is a member, with which roles", MembersRead, false},
	MembersChangeRoles: {"members.change-roles", Members, "change a member's roles", MembersRead, false},
	MembersRemove:      {"members.remove", Members, "remove a member", MembersRead, false},
	MembersLeave:       {"members.leave", Members, "leave the organisation", MembersRead, false},

	InvitationsRead:     {"invitations.read", Invitations, "read open invitations", InvitationsRead, false},
	InvitationsCreate:   {"invitations.create", Invitations, "invite somebody, with the roles they will have", OrganisationsRead, true},
	InvitationsWithdraw: {"invitations.withdraw", Invitations, "withdraw an invitation", InvitationsRead, false},

	MembershipsRead:   {"memberships.read", Memberships, "read a brand's membership of an association", MembershipsRead, false},
	MembershipsOffer:  {"memberships.offer", Memberships, "offer a brand membership of the association", OrganisationsRead, true},
	MembershipsAccept: {"memberships.accept", Memberships, "accept membership", MembershipsRead, false},
	MembershipsEnd:    {"memberships.end", Memberships, "end a membership", MembershipsRead, false},

	PowersRead:  {"powers.read", Powers, "read a power of attorney", PowersRead, false},
	PowersGrant: {"powers.grant", Powers, "grant a power of attorney", OrganisationsRead, true},
	PowersEnd:   {"powers.end", Powers, "end a power of attorney", PowersRead, false},

	AgreementsRead:    {"agreements.read", Agreements, "read an agreement, its drafts and its disputes", AgreementsRead, false},
	AgreementsDraft:   {"agreements.draft", Agreements, "draft an agreement and put it before the other side", OrganisationsRead, true},
	AgreementsConsent: {"agreements.consent", Agreements, "consent to an agreement or an amendment", AgreementsRead, false},
	AgreementsAmend:   {"agreements.amend", Agreements, "propose an amendment", AgreementsRead, false},
	AgreementsEnd:     {"agreements.end", Agreements, "end an agreement", AgreementsRead, false},
	AgreementsDispute: {"agreements.dispute", Agreements, "record a dispute behind an agreement", AgreementsRead, false},

	DisclosuresRead:     {"disclosures.read", Disclosures, "read what is disclosed to whom, for what and until when", DisclosuresRead, false},
	DisclosuresGrant:    {"disclosures.grant", Disclosures, "disclose something", OrganisationsRead, true},
	DisclosuresWithdraw: {"disclosures.withdraw", Disclosures, "withdraw a disclosure", DisclosuresRead, false},
	DisclosuresOpen:     {"disclosures.open", Disclosures, "open what another organisation discloses", DisclosuresRead, false},
	ReceiptsRead:        {"receipts.read", Disclosures, "read the receipts of a disclosure", DisclosuresRead, false},

	ProfileRead:         {"profile.read", Profile, "read a profile and its ways to sign in", ProfileRead, false},
	ProfileEdit:         {"profile.edit", Profile, "edit a profile", ProfileRead, false},
	ProfileChangeSignIn: {"profile.change-sign-in", Profile, "add and remove passkeys, password, second factor and provider", ProfileRead, false},

	SessionsRead: {"sessions.read", Sessions, "read sessions", SessionsRead, false},
	SessionsEnd:  {"sessions.end", Sessions, "end a session", SessionsRead, false},

	TokensRead:   {"tokens.read", Tokens, "read tokens, never their secrets", TokensRead, false},
	TokensCreate: {"tokens.create", Tokens, "create a token", OrganisationsRead, true},
	TokensRevoke: {"tokens.revoke", Tokens, "revoke a token", TokensRead, false},

	NotesRead:  {"notes.read", Notes, "read private notes", NotesRead, false},
	NotesWrite: {"notes.write", Notes, "write private notes", NotesRead, false},

	PrivilegedNotesRead:  {"privileged-notes.read", PrivilegedNotes, "read privileged notes", PrivilegedNotesRead, false},
	PrivilegedNotesWrite: {"privileged-notes.write", PrivilegedNotes, "write privileged notes", PrivilegedNotesRead, false},

	FeaturesRead: {"features.read", Features, "read authentication features", FeaturesRead, false},
	FeaturesEdit: {"features.edit", Features, "edit authentication features", FeaturesRead, false},

	PriceAgreementsRead: {"price-agreements.read", PriceAgreements, "read price agreements", PriceAgreementsRead, false},
	PriceAgreementsEdit: {"price-agreements.edit", PriceAgreements, "edit price agreements", PriceAgreementsRead, false},

	KnowledgeRead:   {"knowledge.read", KnowledgeRecords, "read when the own side first saw something", KnowledgeRead, false},
	KnowledgeExport: {"knowledge.export", KnowledgeRecords, "export knowledge records to a file", KnowledgeRead, false},

	AuditHistory: {"audit.history", Audit, "see on a thing's page who changed it, and how", AuditHistory, false},
	AuditRead:    {"audit.read", Audit, "read the audit over all things", AuditHistory, false},
	AuditExport:  {"audit.export", Audit, "export the audit to a file", AuditHistory, false},

	InstallationRead:        {"installation.read", Installation, "see that there is an installation, and what it is called", InstallationRead, false},
	InstallationSetUp:       {"installation.set-up", Installation, "set the installation up, and change its settings", InstallationRead, true},
	InstallationBackup:      {"installation.back-up", Installation, "write a backup", InstallationRead, true},
	InstallationDiagnose:    {"installation.diagnose", Installation, "read the installation's diagnostics", InstallationRead, true},
	InstallationRotateToken: {"installation.rotate-token", Installation, "replace the installation's admin token", InstallationRead, true},
}

// Actions returns every action, those of a subject together.
func Actions() []Action {
	all := make([]Action, 0, lastAction)
	for a := Action(1); a <= lastAction; a++ {
		all = append(all, a)
	}
	return all
}

// ParseAction returns the action of that name.
func ParseAction(name string) (Action, error) {
	for a := Action(1); a <= lastAction; a++ {
		if meanings[a].name == name {
			return a, nil
		}
	}
	return 0, assay.Errorf(assay.Invalid, "there is no such action")
}

// String returns the action's name, which is stable: "findings.read".
func (a Action) String() string {
	if !a.known() {
		return "no action"
	}
	return meanings[a].name
}

// Subject returns what the action is about, "" for no action.
func (a Action) Subject() Subject {
	if !a.known() {
		return ""
	}
	return meanings[a].subject
}

func (a Action) known() bool { return a > 0 && a <= lastAction }
