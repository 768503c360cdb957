package signin

import (
	"context"
	"time"
)

// The stores below are what this package needs to remember. Every method is durable
// when it returns nil, and safe for concurrent use. A change with a condition is one
// atomic step: of two callers with the same condition exactly one succeeds.

// Account is what a sign-in with a password needs to know about a member.
type Account struct {
	Member       string // id
	Password     string // PHC string; "" when the member has no password
	SecondFactor bool   // a one-time code is asked for after the password
}

// Accounts finds members by the name they type.
type Accounts interface {
	// AccountByName returns the account with that name, which is folded
	// (FoldName). NotFound when there is none or its member may not sign in: a
	// removed member is not found from the moment the removal is durable.
	AccountByName(ctx context.Context, name string) (Account, error)
	// ReplacePassword sets the member's PHC string to next where it still is
	// previous; Conflict where it no longer is.
	ReplacePassword(ctx context.Context, member, previous, next string) error
}

// SecondFactor is a member's second factor at rest.
type SecondFactor struct {
	Sealed   []byte     // the TOTP secret, encrypted and bound to the member
	LastStep int64      // the last 30-second step whose code was accepted
	Recovery [][32]byte // SHA-256 of the recovery codes that are left
}

// SecondFactors keeps second factors.
type SecondFactors interface {
	// SecondFactor returns the member's; NotFound when there is none.
	SecondFactor(ctx context.Context, member string) (SecondFactor, error)
	// SetSecondFactor replaces the member's second factor and recovery codes. From
	// then on AccountByName says SecondFactor.
	SetSecondFactor(ctx context.Context, member string, f SecondFactor) error
	// TakeStep sets LastStep to step where it is smaller than step; Conflict where
	// it is not.
	TakeStep(ctx context.Context, member string, step int64) error
	// TakeRecoveryCode removes the recovery code with that hash and returns how
	// many are left; NotFound when the member has no such code.
	TakeRecoveryCode(ctx context.Context, member string, hash [32]byte) (left int, err error)
	// ReplaceRecoveryCodes replaces all recovery codes; NotFound when the member
	// has no second factor.
	ReplaceRecoveryCodes(ctx context.Context, member string, hashes [][32]byte) error
}

// PasskeyOwner is a member as an authenticator knows them.
type PasskeyOwner struct {
	Member string // id
	// Handle is the user handle: bytes of NewPasskeyHandle, made once for a member
	// and never changed. It says nothing about the member.
	Handle  []byte
	Name    string // what the authenticator shows: the name the member signs in with
	Display string // the member's name
}

// Passkey is a credential of a member at rest.
type Passkey struct {
	ID        []byte // credential id, at most 1023 bytes; unique over all members
	Member    string
	Label     string // what the member calls it
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
	Counter   uint32    // the last signature counter; 0 for passkeys that do not count
	Cloned    bool      // a counter went backwards: it is refused
	Synced    bool      // the authenticator says that it is backed up
	Record    []byte    // JSON of the library's credential record; no secret
}

// PasskeyStore keeps passkeys.
type PasskeyStore interface {
	// OwnerByMember and OwnerByHandle return the member and all their passkeys;
	// NotFound when there is no such member or they may not sign in.
	OwnerByMember(ctx context.Context, member string) (PasskeyOwner, []Passkey, error)
	OwnerByHandle(ctx context.Context, handle []byte) (PasskeyOwner, []Passkey, error)
	// AddPasskey adds one; Conflict when the id is known, whoever has it.
	AddPasskey(ctx context.Context, p Passkey) error
	// UsePasskey replaces the passkey with p.ID by p where its counter still is
	// counterBefore; Conflict where it is not, NotFound where there is no such
	// passkey any more.
	UsePasskey(ctx context.Context, p Passkey, counterBefore uint32) error
}

// IdentityStore links identities at OpenID providers to members. An identity is the
// pair of issuer and subject: a subject alone or an e-mail address is none.
type IdentityStore interface {
	// MemberByIdentity returns the member; NotFound when nobody is linked or the
	// member may not sign in.
	MemberByIdentity(ctx context.Context, issuer, subject string) (member string, err error)
	// InvitedByEmail returns the member whose open, unexpired invitation was sent to
	// that address (folded by FoldName); NotFound when there is none, or when
	// the member has signed in already, in whatever way.
	InvitedByEmail(ctx context.Context, email string) (member string, err error)
	// LinkIdentity links the identity. It does nothing when it is linked to this
	// member already; Conflict when it is linked to another.
	LinkIdentity(ctx context.Context, member, issuer, subject string) error
}

// Link is a secret that was sent to somebody, at rest.
type Link struct {
	Hash      [32]byte // SHA-256 of the secret
	Purpose   LinkPurpose
	Subject   string // id of the invitation, or of the member who recovers
	ExpiresAt time.Time
}

// LinkStore keeps links until they are taken. It may forget expired ones.
type LinkStore interface {
	// AddLink adds one.
	AddLink(ctx context.Context, l Link) error
	// LinkByHash returns the link; NotFound when there is none or it was taken.
	LinkByHash(ctx context.Context, hash [32]byte) (Link, error)
	// TakeLink removes the link; NotFound when somebody else did.
	TakeLink(ctx context.Context, hash [32]byte) error
}

// SpentStore remembers what may be used once. It holds only what was proved to be
// genuine, so strangers cannot fill it.
type SpentStore interface {
	// Spend records the key; Conflict when it was recorded before. The key may be
	// forgotten after until.
	Spend(ctx context.Context, key [32]byte, until time.Time) error
}
