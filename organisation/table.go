package organisation

// What several rows ask besides.
const (
	andPrice     = "Findings in the price lane; every other finding is in the shared part."
	andOneself   = "Nobody does this to themselves: a second admin does."
	andLast      = "An organisation keeps at least one admin."
	andHistory   = "Of a thing that the person may read."
	andEntries   = "Of what the person may not read, an entry says who and when, never what."
	andNoPrices  = "Agreed prices are left out: they are price agreements."
	andFileWhole = "A file is in force whole or not at all. One with agreed prices also takes the right to edit price agreements."
)

// table is who may do what, in the order of the actions. No row means no.
var table = [...]row{
	// Findings are the rights holder's; those without an owner are the installation's.
	{FindingsRead, brand | node, everyone, own, Shared, ""},
	{FindingsRead, brand, everyone, groupBrand, Shared, ""},
	{FindingsRead, association, everyone, memberBrand, Shared, ""},
	{FindingsRead, agent, everyone, principal, Shared, ""},
	{FindingsRead, node, Admin, hosted, Shared, ""},
	{FindingsRead, brand, Analyst | Approver | Counsel, own, Private, andPrice},
	{FindingsRead, agent, Analyst | Approver | Counsel, principal, Private, andPrice},
	{FindingsExport, brand | node, workers | Admin, own, Shared, ""},
	{FindingsExport, brand, workers | Admin, groupBrand, Shared, ""},
	{FindingsExport, association, workers | Admin, memberBrand, Shared, ""},
	{FindingsExport, agent, workers, principal, Shared, ""},
	{FindingsExport, node, Admin, hosted, Shared, ""},
	{FindingsExport, brand, Analyst | Approver | Counsel, own, Private, andPrice},
	{FindingsExport, agent, Counsel, principal, Private, andPrice},
	{FindingsLive, brand | node, everyone, own, Shared, ""},
	{FindingsLive, brand, everyone, groupBrand, Shared, ""},
	{FindingsLive, association, everyone, memberBrand, Shared, ""},
	{FindingsLive, agent, everyone, principal, Shared, ""},
	{FindingsLive, node, Admin, hosted, Shared, ""},
	{FindingsLive, brand, Analyst | Approver | Counsel, own, Private, andPrice},
	{FindingsLive, agent, Analyst | Approver | Counsel, principal, Private, andPrice},

	{EventsRead, brand | node, everyone, own, Shared, ""},
	{EventsRead, brand, everyone, groupBrand, Shared, ""},
	{EventsRead, association, everyone, memberBrand, Shared, ""},
	{EventsRead, agent, everyone, principal, Shared, ""},
	{EventsRead, node, Admin, hosted, Shared, ""},
	{EventsRead, brand, Analyst | Approver | Counsel, own, Private, andPrice},
	{EventsRead, agent, Analyst | Approver | Counsel, principal, Private, andPrice},

	// The reference decides what is found, so its rows are kept by whoever owns them.
	{ReferenceRead, brand | node, everyone, own, Shared, andNoPrices},
	{ReferenceRead, brand, everyone, groupBrand, Shared, andNoPrices},
	{ReferenceRead, association, everyone, memberBrand, Shared, andNoPrices},
	{ReferenceRead, agent, everyone, principal, Shared, andNoPrices},
	{ReferenceRead, node, Admin, hosted, Shared, andNoPrices},
	{ReferenceRead, members, everyone, common, Shared, "Claim phrases and exchange rates, which have no owner."},
	{ReferenceExport, brand | node, workers | Admin, own, Shared, andNoPrices},
	{ReferenceExport, brand, workers | Admin, groupBrand, Shared, andNoPrices},
	{ReferenceExport, association, workers | Admin, memberBrand, Shared, andNoPrices},
	{ReferenceExport, agent, workers, principal, Shared, andNoPrices},
	{ReferenceExport, node, Admin, hosted, Shared, andNoPrices},
	{ReferenceImport, brand | node, Analyst | Admin, own, Shared, andFileWhole},
	{ReferenceImport, brand, Analyst | Admin, groupBrand, Shared, andFileWhole},
	{ReferenceImport, association, Analyst | Admin, memberBrand, Shared, andFileWhole},
	{ReferenceImport, agent, Analyst, principal, Shared, andFileWhole},
	{ReferenceImport, node, Admin, hosted, Shared, andFileWhole},
	{ReferenceUndo, brand | node, Approver | Admin, own, Shared, ""},
	{ReferenceUndo, brand, Approver | Admin, groupBrand, Shared, ""},
	{ReferenceUndo, association, Approver | Admin, memberBrand, Shared, ""},
	{ReferenceUndo, node, Admin, hosted, Shared, ""},

	// Here the thing is the marketplace. One that no platform has been named for is
	// the installation's.
	{ListingsSend, platform, Analyst | Admin, own, Shared, ""},
	{ListingsSend, node, Admin, own, Shared, ""},
	{ListingsSend, node, Admin, hosted, Shared, ""},
	{IngestRead, node, Admin, own, Private, ""},
	{PoisonRead, node, Admin, own, Private, ""},
	{PoisonReplay, node, Admin, own, Private, ""},
	{PoisonDrop, node, Admin, own, Private, ""},

	{ListingsScreen, platform, Analyst | Approver | Investigator | Admin, own, Shared,
		"A platform screens listings of its own marketplaces. The price lane is left out. Nothing is kept."},
	{ListingsScreen, brand | association | agent, Analyst | Approver | Investigator | Admin, own, Shared,
		"The answer tells of the owners whose findings the person may read, and of no others. Nothing is kept."},
	{ListingsScreen, node, Admin, own, Shared, "The price lane is left out. Nothing is kept."},

	{WebhooksRead, members, Admin, own, Private, ""},
	{WebhooksCreate, members, Admin, own, Private, "It is sent what its organisation may read, and nothing of a private part."},
	{WebhooksRemove, members, Admin, own, Private, ""},
	{WebhooksReplay, members, Admin, own, Private, "What may no longer be read is not sent again."},

	{OrganisationsRead, members, everyone, own, Shared, "With the names of its group, its associations and its agents."},
	{OrganisationsRead, brand, everyone, groupBrand, Shared, ""},
	{OrganisationsRead, association, everyone, memberBrand, Shared, ""},
	{OrganisationsRead, agent, everyone, principal, Shared, ""},
	{OrganisationsRead, sides | agent, everyone, party, Shared, "Name and kind only."},
	{OrganisationsRead, node, Admin, hosted, Shared, ""},
	{OrganisationsEdit, members, Admin, own, Shared, "Its kind and its group are not edited."},
	{OrganisationsEditSignIn, members, Admin, own, Private, ""},
	{OrganisationsFound, node, Admin, own, Shared, ""},
	{OrganisationsAppoint, node, Admin, hosted, Shared, "Only while the organisation has no admin."},

	{MarketplacesRead, members, everyone, common, Shared, "Marketplaces for which no platform has been named."},
	{MarketplacesRead, platform, everyone, own, Shared, ""},
	{MarketplacesRead, sides, everyone, party, Shared, ""},
	{MarketplacesRead, node, Admin, hosted, Shared, ""},
	{MarketplacesAssign, node, Admin, own, Shared, ""},
	{MarketplacesAssign, node, Admin, hosted, Shared, ""},

	{MembersRead, members, everyone, own, Private, ""},
	{MembersRead, members, everyone, oneself, Private, ""},
	{MembersRead, members, everyone, colleague, Private, ""},
	{MembersChangeRoles, members, Admin, colleague, Private, andOneself},
	{MembersRemove, members, Admin, colleague, Private, "At once, with the sessions and tokens of the person."},
	{MembersLeave, members, everyone, oneself, Private, andLast},

	{InvitationsRead, members, Admin, own, Private, ""},
	{InvitationsCreate, members, Admin, own, Private, "By a link that can be used once, until it expires."},
	{InvitationsWithdraw, members, Admin, own, Private, ""},

	{MembershipsRead, brand | association, everyone, own, Shared, ""},
	{MembershipsRead, brand | association, everyone, party, Shared, ""},
	{MembershipsOffer, association, Admin, own, Shared, "It begins when the brand accepts."},
	{MembershipsAccept, brand, Admin, party, Shared, ""},
	{MembershipsEnd, brand | association, Admin, party, Shared, "At once."},

	{PowersRead, sides, everyone, own, Shared, ""},
	{PowersRead, agent, everyone, party, Shared, "Also after its end."},
	{PowersGrant, sides, Counsel | Admin, own, Shared, "It names subjects in the shared part only."},
	{PowersGrant, sides, Counsel, own, Private, "It also names subjects in the private part, each by itself."},
	{PowersEnd, sides, Counsel | Admin, own, Shared, "At once."},
	{PowersEnd, agent, Counsel | Admin, party, Shared, "The agent lays it down, at once."},

	// A draft has one party until it is put before the other side.
	{AgreementsRead, sides, everyone, own, Shared, ""},
	{AgreementsRead, sides, everyone, party, Shared, "Also after its end."},
	{AgreementsRead, agent, everyone, principal, Shared, ""},
	{AgreementsDraft, sides, Approver | Counsel | Admin, own, Shared,
		"The other side is named by the id that it has given out: organisations are not listed to one another."},
	{AgreementsDraft, agent, Counsel, principal, Shared, "The principal puts it before the other side by its consent."},
	{AgreementsConsent, sides, Approver | Counsel, party, Shared, "It binds when every side has consented to the same text."},
	{AgreementsAmend, sides, Approver | Counsel | Admin, party, Shared, "What is in force stays so until every side has consented."},
	{AgreementsEnd, sides, Approver | Counsel, party, Shared, "As the agreement says. Its disclosures end with it."},
	{AgreementsDispute, sides, Counsel, party, Shared, "Every side sees it."},

	// Its parties are who discloses and to whom.
	{DisclosuresRead, sides, everyone, own, Shared, ""},
	{DisclosuresRead, sides, everyone, party, Shared, "Also after its end."},
	{DisclosuresRead, sides, everyone, disclosed, Shared, ""},
	{DisclosuresGrant, sides, Approver | Counsel, own, Shared,
		"Field by field, for one case and one purpose, until a date, and no more than the agreement in force provides for."},
	{DisclosuresWithdraw, sides, Approver | Counsel, own, Shared, "At once. Receipts stay."},
	{DisclosuresOpen, sides, Analyst | Investigator | Counsel, disclosed, Shared, "It leaves a receipt, which both sides see."},
	{ReceiptsRead, sides, everyone, own, Shared, ""},
	{ReceiptsRead, sides, everyone, party, Shared, "Also after its end."},

	{ProfileRead, members, everyone, oneself, Private, ""},
	{ProfileEdit, members, everyone, oneself, Private, ""},
	{ProfileChangeSignIn, members, everyone, oneself, Private, "After signing in again. One way to sign in is kept."},

	{SessionsRead, members, everyone, oneself, Private, ""},
	{SessionsRead, members, Admin, colleague, Private, ""},
	{SessionsEnd, members, everyone, oneself, Private, "At once."},
	{SessionsEnd, members, Admin, colleague, Private, "At once."},

	{TokensRead, members, everyone, oneself, Private, ""},
	{TokensRead, members, Admin, own, Private, "Tokens of machines."},
	{TokensRead, members, Admin, colleague, Private, ""},
	{TokensCreate, members, everyone, oneself, Private, "With no role that the person has not."},
	{TokensCreate, members, Admin, own, Private, "For a machine, with no role that the admin has not."},
	{TokensRevoke, members, everyone, oneself, Private, "At once."},
	{TokensRevoke, members, Admin, own, Private, "Tokens of machines. At once."},
	{TokensRevoke, members, Admin, colleague, Private, "At once."},

	{NotesRead, members, workers, own, Private, ""},
	{NotesRead, agent, workers, principal, Private, ""},
	{NotesWrite, members, workers, own, Private, ""},
	{NotesWrite, agent, workers, principal, Private, ""},

	// Privilege is between an organisation and its counsel. An admin is not of it.
	{PrivilegedNotesRead, members, Counsel, own, Private, ""},
	{PrivilegedNotesRead, agent, Counsel, principal, Private, ""},
	{PrivilegedNotesWrite, members, Counsel, own, Private, ""},
	{PrivilegedNotesWrite, agent, Counsel, principal, Private, ""},

	{FeaturesRead, brand, workers, own, Private, ""},
	{FeaturesRead, agent, workers, principal, Private, ""},
	{FeaturesEdit, brand, Analyst | Approver, own, Private, ""},

	// Agreed resale prices are a hard-core restriction in the EU: neither a group, an
	// association nor a platform may come by them here.
	{PriceAgreementsRead, brand, Analyst | Approver | Counsel, own, Private, "Where the price lane is switched on for the jurisdiction."},
	{PriceAgreementsRead, agent, Counsel, principal, Private, "Where the price lane is switched on for the jurisdiction."},
	{PriceAgreementsEdit, brand, Approver | Counsel, own, Private, "Where the price lane is switched on for the jurisdiction."},

	// Nobody writes these: the program does, when something is first seen.
	{KnowledgeRead, members, Approver | Counsel, own, Private, ""},
	{KnowledgeRead, agent, Counsel, principal, Private, ""},
	{KnowledgeExport, members, Counsel, own, Private, ""},

	{AuditHistory, members, everyone, own, Shared, andHistory},
	{AuditHistory, members, everyone, own, Private, andHistory},
	{AuditHistory, sides | agent, everyone, party, Shared, andHistory},
	{AuditRead, members, Counsel | Admin, own, Shared, andEntries},
	{AuditRead, members, Counsel | Admin, own, Private, andEntries},
	{AuditRead, sides | agent, Counsel | Admin, party, Shared, andEntries},
	{AuditExport, members, Counsel | Admin, own, Shared, andEntries},
	{AuditExport, members, Counsel | Admin, own, Private, andEntries},
	{AuditExport, sides | agent, Counsel | Admin, party, Shared, andEntries},

	{InstallationRead, members, everyone, common, Shared, ""},
	{InstallationSetUp, node, Admin, own, Private, ""},
	{InstallationBackup, node, Admin, own, Private,
		"It holds everything, private parts included, and cannot be read through the program but by restoring it: whoever has the file has all of it."},
	{InstallationDiagnose, node, Admin, own, Private, "Figures and versions, of nobody's matters."},
	{InstallationRotateToken, node, Admin, own, Private, ""},
}
