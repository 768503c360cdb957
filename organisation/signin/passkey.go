package signin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"assay"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// ceremonyLifetime is the time between a challenge and its answer (Web
	// Authentication Level 3, section 15.1: five minutes for ceremonies with user
	// verification).
	ceremonyLifetime = 5 * time.Minute
	// MaxPasskeyResponse is how long a browser's response may be, in bytes. Those of
	// real authenticators take one or two thousand.
	MaxPasskeyResponse = 64 << 10
	maxPasskeys        = 32 // of one member
	maxLabel           = 100
)

// PasskeyOptions configure Passkeys.
type PasskeyOptions struct {
	RPID    string   // relying party id: a domain, without scheme and port
	Origins []string // the pages' origins: https://HOST[:PORT], or http://localhost[:PORT]
	Name    string   // what the authenticator calls this installation
	Store   PasskeyStore
	Spent   SpentStore
	Clock   func() time.Time
}

// Passkeys registers passkeys and signs in with them (Web Authentication Level 3).
// Credentials are discoverable, so nobody types a name, and the user is verified, so a
// passkey is both factors at once. Attestation is not asked for: which make of
// authenticator a member has is their matter.
type Passkeys struct {
	rp    *webauthn.WebAuthn
	store PasskeyStore
	spent SpentStore
	clock func() time.Time
}

// NewPasskeys returns Passkeys, or an error that names the option that is wrong.
func NewPasskeys(o PasskeyOptions) (*Passkeys, error) {
	if o.Store == nil || o.Spent == nil || o.Clock == nil || o.Name == "" || o.RPID == "" || len(o.Origins) == 0 {
		return nil, errors.New("signin: passkeys need a store, a clock, a name, a relying party id and an origin")
	}
	for _, origin := range o.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme+"://"+u.Host != origin || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
			return nil, fmt.Errorf("signin: %q is no origin for passkeys: https://HOST, or http://localhost", origin)
		}
		if host := u.Hostname(); host != o.RPID && !strings.HasSuffix(host, "."+o.RPID) {
			return nil, fmt.Errorf("signin: origin %q is not within the relying party %q", origin, o.RPID)
		}
	}
	required := true
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyLifetime, TimeoutUVD: ceremonyLifetime} // enforced here, by our clock
	rp, err := webauthn.New(&webauthn.Config{
		RPID: o.RPID, RPDisplayName: o.Name, RPOrigins: o.Origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &required, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("signin: passkeys: %w", err)
	}
	return &Passkeys{rp: rp, store: o.Store, spent: o.Spent, clock: o.Clock}, nil
}

// Ceremony is a challenge that waits for its answer. It stays in the session, on the
// server; it holds for five minutes and one success, whatever happens to the session.
type Ceremony struct {
	Member string // who registers; "" for a sign-in
	Until  time.Time
	State  []byte // JSON of the library's session data
}

// BeginRegistration starts the registration of a passkey for a member who is signed in
// or holds a link. options are the JSON for
// PublicKeyCredential.parseCreationOptionsFromJSON, under "publicKey". Full when the
// member has 32 passkeys.
func (p *Passkeys) BeginRegistration(ctx context.Context, member string) (options []byte, c Ceremony, err error) {
	owner, keys, err := p.store.OwnerByMember(ctx, member)
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("reading a member's passkeys: %w", err)
	}
	if len(keys) >= maxPasskeys {
		return nil, Ceremony{}, assay.Errorf(assay.Full, "there are %d passkeys; remove one first", len(keys))
	}
	u := user{owner: owner}
	var have []protocol.CredentialDescriptor
	for _, k := range keys {
		have = append(have, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: k.ID})
	}
	creation, session, err := p.rp.BeginRegistration(u, webauthn.WithExclusions(have))
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("beginning the registration of a passkey: %w", err)
	}
	return p.begin(creation, session, member)
}

// BeginSignIn starts a sign-in with any passkey. options are the JSON for
// PublicKeyCredential.parseRequestOptionsFromJSON, under "publicKey".
func (p *Passkeys) BeginSignIn() (options []byte, c Ceremony, err error) {
	assertion, session, err := p.rp.BeginDiscoverableLogin()
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("beginning a sign-in with a passkey: %w", err)
	}
	return p.begin(assertion, session, "")
}

func (p *Passkeys) begin(options any, session *webauthn.SessionData, member string) ([]byte, Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("writing the options of a passkey: %w", err)
	}
	state, err := json.Marshal(session)
	if err != nil {
		return nil, Ceremony{}, fmt.Errorf("writing the challenge of a passkey: %w", err)
	}
	return o, Ceremony{Member: member, Until: p.clock().Add(ceremonyLifetime), State: state}, nil
}

// FinishRegistration verifies the browser's response (credential.toJSON()) and keeps
// the passkey. Errors: Invalid for a response that does not answer this ceremony or is
// too late, Conflict when it was used before or the passkey is known.
func (p *Passkeys) FinishRegistration(ctx context.Context, c Ceremony, response []byte, label string) (Passkey, error) {
	label = strings.TrimSpace(label)
	if label == "" || !utf8.ValidString(label) || utf8.RuneCountInString(label) > maxLabel {
		return Passkey{}, assay.Errorf(assay.Invalid, "give the passkey a name of at most %d characters", maxLabel)
	}
	session, err := p.resume(c, response, true)
	if err != nil {
		return Passkey{}, assay.Errorf(assay.Invalid, "the passkey was not registered; start again%w", hidden{err})
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Passkey{}, assay.Errorf(assay.Invalid, "the passkey was not registered; start again%w", hidden{err})
	}
	owner, keys, err := p.store.OwnerByMember(ctx, c.Member)
	if err != nil {
		return Passkey{}, fmt.Errorf("reading a member's passkeys: %w", err)
	}
	if len(keys) >= maxPasskeys {
		return Passkey{}, assay.Errorf(assay.Full, "there are %d passkeys; remove one first", len(keys))
	}
	credential, err := p.rp.CreateCredential(user{owner: owner}, session, parsed)
	if err != nil {
		return Passkey{}, assay.Errorf(assay.Invalid, "the passkey was not registered; start again%w", hidden{err})
	}
	if err := p.spend(ctx, session, c); err != nil {
		return Passkey{}, err
	}
	credential.Attestation = webauthn.CredentialAttestation{} // never looked at again
	key := Passkey{ID: credential.ID, Member: owner.Member, Label: label, CreatedAt: p.clock()}
	if err := key.take(credential); err != nil {
		return Passkey{}, err
	}
	switch err := p.store.AddPasskey(ctx, key); assay.CodeOf(err) {
	case "":
		return key, nil
	case assay.Conflict:
		return Passkey{}, assay.Errorf(assay.Conflict, "this passkey is registered already")
	default:
		return Passkey{}, fmt.Errorf("keeping a passkey: %w", err)
	}
}

// FinishSignIn verifies the browser's response (credential.toJSON()) and returns the
// passkey that was used; its Member has signed in. Errors: Unauthenticated for
// whatever does not hold; Forbidden when the signature counter did not grow, which means
// that there may be two copies of the passkey: it is marked Cloned and refused from
// then on, and the member signs in in another way and removes it.
func (p *Passkeys) FinishSignIn(ctx context.Context, c Ceremony, response []byte) (Passkey, error) {
	session, err := p.resume(c, response, false)
	if err != nil {
		return Passkey{}, errPasskey(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Passkey{}, errPasskey(err)
	}
	var keys []Passkey
	var lookup error // the library keeps only its text
	found := func(_, handle []byte) (webauthn.User, error) {
		var owner PasskeyOwner
		if owner, keys, lookup = p.store.OwnerByHandle(ctx, handle); lookup != nil {
			return nil, lookup
		}
		u := user{owner: owner}
		for _, k := range keys {
			var record webauthn.Credential
			if lookup = json.Unmarshal(k.Record, &record); lookup != nil {
				return nil, lookup
			}
			u.credentials = append(u.credentials, record)
		}
		return u, nil
	}
	_, credential, err := p.rp.ValidatePasskeyLogin(found, session, parsed)
	if lookup != nil && assay.CodeOf(lookup) != assay.NotFound {
		return Passkey{}, fmt.Errorf("reading a member's passkeys: %w", lookup)
	}
	if err != nil {
		return Passkey{}, errPasskey(err)
	}
	if err := p.spend(ctx, session, c); err != nil {
		return Passkey{}, errPasskey(err)
	}
	var key Passkey
	for _, k := range keys {
		if string(k.ID) == string(credential.ID) {
			key = k
		}
	}
	before, wasCloned := key.Counter, key.Cloned
	if err := key.take(credential); err != nil {
		return Passkey{}, err
	}
	if wasCloned {
		return Passkey{}, errCloned()
	}
	if !key.Cloned {
		key.UsedAt = p.clock()
	}
	switch err := p.store.UsePasskey(ctx, key, before); assay.CodeOf(err) {
	case "":
	case assay.Conflict, assay.NotFound: // two copies at the same time, or just removed
		return Passkey{}, errPasskey(err)
	default:
		return Passkey{}, fmt.Errorf("keeping the use of a passkey: %w", err)
	}
	if key.Cloned {
		return Passkey{}, errCloned()
	}
	return key, nil
}

func errCloned() error {
	return assay.Errorf(assay.Forbidden, "there may be two copies of this passkey; sign in in another way and remove it")
}

func errPasskey(cause error) error {
	return assay.Errorf(assay.Unauthenticated, "this passkey did not sign you in; try again%w", hidden{cause})
}

// hidden is a cause that logs can unwrap and a message does not show.
type hidden struct{ error }

func (hidden) Error() string   { return "" }
func (h hidden) Unwrap() error { return h.error }

// resume returns the session data of a ceremony that is of the right kind and in time.
func (p *Passkeys) resume(c Ceremony, response []byte, registration bool) (webauthn.SessionData, error) {
	var s webauthn.SessionData
	switch {
	case registration != (c.Member != ""):
		return s, errors.New("the ceremony is of the other kind")
	case !p.clock().Before(c.Until):
		return s, errors.New("the ceremony is too old")
	case len(response) > MaxPasskeyResponse:
		return s, errors.New("the response is too long")
	}
	if err := json.Unmarshal(c.State, &s); err != nil {
		return s, fmt.Errorf("reading the challenge of a passkey: %w", err)
	}
	return s, nil
}

// spend uses the challenge up. It comes after the signature was verified, so that
// only owners of passkeys write anything.
func (p *Passkeys) spend(ctx context.Context, s webauthn.SessionData, c Ceremony) error {
	err := p.spent.Spend(ctx, sha256.Sum256([]byte("passkey\x00"+s.Challenge)), c.Until)
	if assay.CodeOf(err) == assay.Conflict {
		return assay.Errorf(assay.Conflict, "this was done already; start again")
	}
	if err != nil {
		return fmt.Errorf("using up a challenge: %w", err)
	}
	return nil
}

// take copies what the library found into the passkey.
func (k *Passkey) take(c *webauthn.Credential) error {
	record, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing a passkey: %w", err)
	}
	k.Record, k.Counter = record, c.Authenticator.SignCount
	k.Cloned, k.Synced = c.Authenticator.CloneWarning, c.Flags.BackupState
	return nil
}

// user is a member as the library wants it.
type user struct {
	owner       PasskeyOwner
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return u.owner.Handle }
func (u user) WebAuthnName() string                       { return u.owner.Name }
func (u user) WebAuthnDisplayName() string                { return u.owner.Display }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }
