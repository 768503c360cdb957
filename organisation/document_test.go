package organisation

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/access.md")

const documentPath = "../docs/access.md"

func TestTheDocumentIsTheTable(t *testing.T) {
	want := document()
	if *update {
		if err := os.WriteFile(documentPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the table says: run go generate ./organisation", documentPath)
	}
}

func TestEveryWordOfTheTableIsDefinedInTheDocument(t *testing.T) {
	for _, a := range Actions() {
		if _, ok := subjectWords[a.Subject()]; !ok {
			t.Errorf("the subject %q of %s has no words", a.Subject(), a)
		}
	}
	for r := own; r <= lastRelation; r++ {
		if relationWords[r].short == "" || relationWords[r].meaning == "" {
			t.Errorf("relation %d has no words", r)
		}
	}
	for _, r := range table {
		if r.and != "" && !strings.HasSuffix(r.and, ".") {
			t.Errorf("%s: %q is not a sentence", r.action, r.and)
		}
		if strings.Contains(r.and, "|") {
			t.Errorf("%s: %q breaks the document's table", r.action, r.and)
		}
	}
}

var kindWords = [...][2]string{
	{"brand", "A rights holder. A group that owns brands is a brand too."},
	{"platform", "Runs one or more marketplaces."},
	{"association", "Acts for the brands that are its members."},
	{"agent", "A law firm or vendor that acts under a power of attorney."},
	{"authority", "Police, customs, a market regulator or a court. Its people do not sign in, so no row of this page is for it; what it says is typed in by others."},
	{"installation", "The program where it runs, and whoever operates it. It does what nobody else can, and looks after what has no owner."},
}

var roleWords = [...]string{
	"Reads what the organisation sees.",
	"Attests, for a rights holder; decides, for a platform.",
	"The second person of the same organisation, without whom severe steps are not taken.",
	"Test purchases, operators behind sellers, referrals to authorities.",
	"The organisation's lawyer: privileged notes, holds, and what binds the organisation.",
	"Members, tokens, webhooks and the organisation itself. Not of the circle of privilege.",
}

var partWords = [...][2]string{
	{"shared", "Other organisations are let in where a row of this page says so, and nowhere else."},
	{"private", "An organisation's own. No other organisation reaches it: not a group, not an association, not the other side of an agreement, not the " +
		"installation. The one exception is an agent, for what its power of attorney names in the private part."},
}

var relationWords = [lastRelation + 1]struct{ short, meaning string }{
	own:         {"its own", "It belongs to the organisation for which the person acts, and to no person."},
	oneself:     {"the person's own", "It belongs to the very person who acts: a session, a token, a profile."},
	colleague:   {"a colleague's", "It belongs to another member of the same organisation. A machine has no colleagues."},
	groupBrand:  {"of a brand of the group", "It belongs to a brand, and the organisation is the group that owns the brand."},
	memberBrand: {"of a member brand", "It belongs to a brand whose membership in the association is in force."},
	principal: {"of a principal", "It belongs to an organisation that has granted the agent a power of attorney which is in force and names the " +
		"subject, for the part in question."},
	party: {"between it and others", "It is an agreement, a disclosure, a membership or a power of attorney, or belongs to one, and the " +
		"organisation is one of its parties. A draft has no other party before it is put before one."},
	disclosed: {"disclosed to it", "Another organisation discloses it to this one for a purpose, the purpose is the one given, the disclosure is " +
		"in force, and so is the agreement that it rests on."},
	common: {"the installation's, for everybody", "It belongs to the installation and is there for all."},
	hosted: {"of any organisation", "It belongs to any organisation that is kept on the installation. Only the installation has this relation."},
}

var subjectWords = map[Subject][2]string{
	Findings:         {"Findings", "A finding belongs to the rights holder whose mark it is about. One in the price lane is in the private part."},
	Events:           {"Events of findings", "What happened to findings, in order, for programs."},
	Reference:        {"Reference", "Marks, products, authorised sellers and the rest that listings are compared with. Rows belong to the brand they are about."},
	Ingest:           {"Listings sent in", "Here the thing is the marketplace, or the installation."},
	Screening:        {"Screening by hand", "Asking for a verdict on a listing. Here the thing is the organisation that asks."},
	Webhooks:         {"Webhooks", "Addresses to which the organisation has its events sent."},
	Organisations:    {"Organisations", "Organisations are not listed to one another: each sees itself and those it has ties with."},
	Marketplaces:     {"Marketplaces", "A marketplace belongs to the platform that runs it, and to the installation until one is named."},
	Members:          {"Members", "Persons with roles in an organisation."},
	Invitations:      {"Invitations", "Whoever has the link accepts it; that takes no role."},
	Memberships:      {"Membership of associations", "Offered by the association, begun by the brand, ended by either."},
	Powers:           {"Powers of attorney", "Granted by the principal to an agent. It names its subjects, for the shared part and for the private part."},
	Agreements:       {"Agreements", "A task force: an agreement between platforms and brands or associations. Each side consents for itself and never for the other."},
	Disclosures:      {"Disclosures", "What one side shows another under an agreement, and the receipts of its having been looked at."},
	Profile:          {"Profile", "Name, language and ways to sign in of a person."},
	Sessions:         {"Sessions", "Where somebody is signed in."},
	Tokens:           {"Tokens", "For programs. A person's token acts for the person, a machine's for the organisation. It can do less than its roles, never more."},
	Notes:            {"Private notes", "An organisation's notes on a matter."},
	PrivilegedNotes:  {"Privileged notes", "Legal advice. They are read by counsel of the organisation, and by counsel of an agent whose power of attorney names privileged notes in the private part."},
	Features:         {"Authentication features", "What tells a genuine article, known to its brand only."},
	PriceAgreements:  {"Price agreements", "Agreed prices. No platform, association, group or other brand ever sees them."},
	KnowledgeRecords: {"Knowledge records", "When a side first saw something. The program writes them; only that side sees them."},
	Audit:            {"Audit", "Who changed what, for which organisation, from where. Each side sees its own and what is shared."},
	Installation:     {"Installation", "The program where it runs. A new one is set up with the admin token that it writes into its folder at its first start."},
}

var reasonWords = [...][2]string{
	{string(NotSeen), "Told as if it did not exist."},
	{string(OtherRole), "The thing is seen; it takes another role in the same organisation."},
	{string(OtherPart), "The thing is seen; this is not done in that part of a matter."},
	{string(OtherOwner), "The thing is seen; this is for another organisation or person to do."},
	{string(OtherKind), "The thing is seen; this is for another kind of organisation to do."},
	{string(TokenLimit), "The roles would allow it; the token was not made for it."},
	{string(Nobody), "Nothing says for whom it is asked."},
}

func document() []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("# Who may do what")
	line("")
	line("For lawyers, auditors and admins. This page is generated from the table by which the program will decide: `go generate ./organisation`.")
	line("")
	line("The program is on its way under this table: pages and programming interface still go by the organisation of a token alone, as")
	line("[ADR 8](adr/0008-sight.md) and [api.md](api.md) say, and not everything that is named here is built.")
	line("")
	line("A row allows; what no row allows is not allowed. A person may do what any of their roles may. Each row says what may be done, by which kind of")
	line("organisation and which role, whose the thing has to be, and in which part of a matter. *Besides* is what must hold in addition.")
	line("")
	line("## The words")
	line("")
	line("### Kinds of organisation")
	line("")
	line("| kind | meaning |")
	line("| --- | --- |")
	for _, w := range kindWords {
		line("| %s | %s |", w[0], w[1])
	}
	line("")
	line("*Every kind* below means all but authorities.")
	line("")
	line("### Roles")
	line("")
	line("| role | meaning |")
	line("| --- | --- |")
	for i, w := range roleWords {
		line("| %s | %s |", roleNames[i], w)
	}
	line("")
	line("*Every role* below means each of the six. A further role never takes anything away. Somebody without a role is no member, and may do nothing.")
	line("")
	line("### Parts of a matter")
	line("")
	line("| part | meaning |")
	line("| --- | --- |")
	for _, w := range partWords {
		line("| %s | %s |", w[0], w[1])
	}
	line("")
	line("### Whose it is")
	line("")
	line("| whose | meaning |")
	line("| --- | --- |")
	for r := own; r <= lastRelation; r++ {
		line("| %s | %s |", relationWords[r].short, relationWords[r].meaning)
	}
	line("")
	line("### In force")
	line("")
	line("A membership, a power of attorney, an agreement or a disclosure is in force from the instant of its start on, and up to the instant of its end,")
	line("which is not in it any more. What has no start is never in force. What has no end is in force until somebody ends it; but a disclosure always has")
	line("an end, and one without is not in force. A disclosure is in force only while its agreement is. What ends takes effect at once.")
	line("")
	line("### When the answer is no")
	line("")
	line("What somebody may not see is answered as if it did not exist, in the same words whatever it is. Only who may see a thing is told that they may not do")
	line("something with it ([ADR 8](adr/0008-sight.md)).")
	line("")
	line("| reason | meaning |")
	line("| --- | --- |")
	for _, w := range reasonWords {
		line("| `%s` | %s |", w[0], w[1])
	}

	var subjects []Subject
	for s := range subjectWords {
		subjects = append(subjects, s)
	}
	slices.SortFunc(subjects, func(a, b Subject) int { return strings.Compare(subjectWords[a][0], subjectWords[b][0]) })
	line("")
	line("## The table")
	for _, s := range subjects {
		line("")
		line("### %s", subjectWords[s][0])
		line("")
		line("%s", subjectWords[s][1])
		line("")
		line("| may | kind | role | whose | part | besides |")
		line("| --- | --- | --- | --- | --- | --- |")
		for _, a := range Actions() {
			if a.Subject() != s {
				continue
			}
			for _, r := range table {
				if r.action == a {
					line("| %s (`%s`) | %s | %s | %s | %s | %s |", meanings[a].words, a, kindList(r.kinds), roleList(r.roles),
						relationWords[r.whose].short, r.part, r.and)
				}
			}
		}
	}
	return b.Bytes()
}

func kindList(k kinds) string {
	if k == members {
		return "every kind"
	}
	var in []string
	for i, w := range kindWords {
		if k&(1<<i) != 0 {
			in = append(in, w[0])
		}
	}
	return strings.Join(in, ", ")
}

func roleList(r Roles) string {
	if r == everyone {
		return "every role"
	}
	return r.String()
}
