package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"assay"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	flowLifetime     = 10 * time.Minute // between leaving for the provider and coming back
	providerTimeout  = 10 * time.Second // of one request to the provider
	maxProviderBytes = 1 << 20          // of one answer of the provider
	metadataLifetime = 24 * time.Hour   // of the discovery document
	maxParameter     = 4096             // bytes of one parameter that comes back
	maxSubject       = 255              // bytes (OpenID Connect Core, section 2)
)

// ProviderOptions configure a Provider.
type ProviderOptions struct {
	ID           string // what this installation calls the provider, in paths and settings
	Issuer       string // exactly as the provider writes it; https, or http on this machine
	ClientID     string
	ClientSecret string   // "" for a public client, which PKCE alone protects
	RedirectURL  string   // this installation's, registered with the provider; one for each provider
	Scopes       []string // beyond openid; nil: email and profile
	// Client reaches the provider; its transport should refuse addresses that nobody
	// meant. Redirects are not followed and answers are bounded, whatever it says.
	Client     *http.Client
	Identities IdentityStore
	Spent      SpentStore
	Clock      func() time.Time
}

// Provider is an OpenID provider: authorisation code flow with PKCE (OpenID Connect
// Core 1.0, RFC 6749, RFC 7636), under the rules of RFC 9700.
type Provider struct {
	o      ProviderOptions
	client *http.Client

	mu       sync.Mutex
	metadata *metadata // guarded by mu; nil before the first use
	failed   time.Time // guarded by mu; when it could not be read
	failure  error     // guarded by mu
}

type metadata struct {
	read     time.Time
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	sendsIss bool // RFC 9207, section 3
}

// NewProvider returns a Provider, or an error that names the option that is wrong. It
// does not talk to the provider: that one is down must not keep anybody else from
// signing in.
func NewProvider(o ProviderOptions) (*Provider, error) {
	switch {
	case o.ID == "" || o.ClientID == "" || o.Client == nil || o.Identities == nil || o.Spent == nil || o.Clock == nil:
		return nil, errors.New("signin: a provider needs an id, a client id, an HTTP client, stores and a clock")
	case !trustworthy(o.Issuer) || !trustworthy(o.RedirectURL):
		return nil, fmt.Errorf("signin: issuer and redirect URL of provider %s are https addresses without query and fragment", o.ID)
	}
	if o.Scopes == nil {
		o.Scopes = []string{"email", "profile"}
	}
	client := *o.Client
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	client.Transport = bounded{transport}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if client.Timeout == 0 || client.Timeout > providerTimeout {
		client.Timeout = providerTimeout
	}
	return &Provider{o: o, client: &client}, nil
}

// trustworthy reports whether an address is encrypted, or on this machine.
func trustworthy(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	local := slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && local
}

// bounded ends answers that are too long with an error.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxProviderBytes)
	}
	return resp, err
}

// discover returns the provider's metadata, read again once a day. It is read by one
// at a time; a failure is remembered for as long as a request may take, so that nobody
// queues behind a provider that is down, and what was read before serves meanwhile.
func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.o.Clock()
	if m := p.metadata; m != nil && now.Sub(m.read) < metadataLifetime {
		return m, nil
	}
	if age := now.Sub(p.failed); p.failure == nil || age < 0 || age >= providerTimeout {
		m, err := p.read(context.WithoutCancel(ctx))
		if err != nil {
			p.failed, p.failure = now, err
		} else {
			m.read, p.metadata, p.failure = now, m, nil
			return m, nil
		}
	}
	if p.metadata != nil {
		return p.metadata, nil
	}
	return nil, assay.Errorf(assay.Unavailable,
		"the provider cannot be reached now; try again later or sign in in another way%w", hidden{p.failure})
}

// read reads the discovery document (OpenID Connect Discovery 1.0), whose issuer must
// be the configured one, byte for byte.
func (p *Provider) read(ctx context.Context) (*metadata, error) {
	op, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.o.Issuer)
	if err != nil {
		return nil, err
	}
	var claims struct {
		JWKS     string   `json:"jwks_uri"`
		SendsIss bool     `json:"authorization_response_iss_parameter_supported"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := op.Claims(&claims); err != nil {
		return nil, err
	}
	endpoint := op.Endpoint()
	authURL, err := url.Parse(endpoint.AuthURL)
	if err != nil || !trustworthy(endpoint.TokenURL) || !trustworthy(claims.JWKS) {
		return nil, errors.New("an endpoint of the provider is missing or not encrypted")
	}
	authURL.RawQuery = "" // which may be there (RFC 6749, section 3.1)
	if !trustworthy(authURL.String()) {
		return nil, errors.New("the authorisation endpoint is missing or not encrypted")
	}
	// Said and not tried out: a second try would show the code twice.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if p.o.ClientSecret == "" || len(claims.Methods) > 0 && !slices.Contains(claims.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &metadata{
		oauth: oauth2.Config{ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, RedirectURL: p.o.RedirectURL,
			Endpoint: endpoint, Scopes: append([]string{oidc.ScopeOpenID}, p.o.Scopes...)},
		verifier: op.Verifier(&oidc.Config{ClientID: p.o.ClientID, Now: p.o.Clock}),
		sendsIss: claims.SendsIss,
	}, nil
}

// Flow is a way to the provider and back. It stays in the session, on the server; it
// holds for ten minutes and one return.
type Flow struct {
	Provider   string // id
	State      string
	Nonce      string
	Verifier   string // PKCE
	ReturnPath string // local, as ReturnPath makes it
	Member     string // who links an identity; "" for a sign-in
	Until      time.Time
}

// Begin returns the address of the provider to send the browser to, and the flow that
// is kept meanwhile. member is "" for a sign-in; it is the member who is signed in and
// wants to link an identity at the provider. Unavailable when the provider does not
// answer.
func (p *Provider) Begin(ctx context.Context, member, returnPath string) (address string, f Flow, err error) {
	m, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f = Flow{Provider: p.o.ID, State: newSecret(), Nonce: newSecret(), Verifier: oauth2.GenerateVerifier(),
		ReturnPath: ReturnPath(returnPath), Member: member, Until: p.o.Clock().Add(flowLifetime)}
	return m.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// Identity is somebody at a provider. Issuer and Subject together are who they are;
// the rest is what the provider says about them, which may change and be wrong.
type Identity struct {
	Issuer        string
	Subject       string
	Email         string
	EmailVerified bool
	Name          string
}

// Identify ends the flow with the query of the redirect and returns who came back.
// Errors: Unauthenticated for whatever does not hold, Unavailable when the provider
// does not answer. Nothing is linked.
func (p *Provider) Identify(ctx context.Context, f Flow, query url.Values) (Identity, error) {
	m, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	code, err := p.answer(ctx, m, f, query)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := m.oauth.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
			// Without the provider's text, which may repeat the code.
			return Identity{}, errFlow(fmt.Errorf("the token endpoint refused with status %d", refused.Response.StatusCode))
		}
		if refused != nil {
			err = errors.New("the token endpoint failed")
		}
		return Identity{}, assay.Errorf(assay.Unavailable, "the provider does not answer now; try again later%w", hidden{err})
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := m.verifier.Verify(ctx, raw) // signature, algorithm, issuer, audience, expiry
	if err != nil {
		return Identity{}, errFlow(err)
	}
	var claims struct {
		AZP      string `json:"azp"`
		Email    string `json:"email"`
		Verified any    `json:"email_verified"`
		Name     string `json:"name"`
	}
	if err := id.Claims(&claims); err != nil {
		return Identity{}, errFlow(err)
	}
	switch {
	case id.Issuer != p.o.Issuer: // the library makes an exception for one provider
		return Identity{}, errFlow(errors.New("another issuer"))
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1:
		return Identity{}, errFlow(errors.New("another nonce"))
	case len(id.Audience) > 1 && claims.AZP == "", claims.AZP != "" && claims.AZP != p.o.ClientID:
		return Identity{}, errFlow(errors.New("another authorised party")) // Core, section 3.1.3.7
	case id.Subject == "" || len(id.Subject) > maxSubject:
		return Identity{}, errFlow(errors.New("no subject"))
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return Identity{}, errFlow(errors.New("another access token"))
	}
	// Only the boolean true: some providers write strings.
	verified, _ := claims.Verified.(bool)
	return Identity{Issuer: id.Issuer, Subject: id.Subject, Email: claims.Email, Name: claims.Name,
		EmailVerified: verified && claims.Email != ""}, nil
}

// answer checks the redirect against the flow and returns the code.
func (p *Provider) answer(ctx context.Context, m *metadata, f Flow, query url.Values) (code string, err error) {
	for _, name := range []string{"state", "code", "iss", "error"} {
		if v := query[name]; len(v) > 1 || len(v) == 1 && len(v[0]) > maxParameter {
			return "", errFlow(fmt.Errorf("parameter %s comes more than once, or is too long", name))
		}
	}
	iss, hasIss := query["iss"]
	switch {
	case f.Provider != p.o.ID:
		return "", errFlow(errors.New("the flow went to another provider"))
	case !p.o.Clock().Before(f.Until):
		return "", errFlow(errors.New("the flow is too old"))
	case len(f.State) != secretChars || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(f.State)) != 1:
		return "", errFlow(errors.New("another state"))
	case hasIss && iss[0] != p.o.Issuer, !hasIss && m.sendsIss: // RFC 9207, section 2.4
		return "", errFlow(errors.New("the answer is not from this issuer"))
	case query.Has("error"):
		return "", errFlow(errors.New("the provider refused"))
	case query.Get("code") == "":
		return "", errFlow(errors.New("no code"))
	}
	switch err := p.o.Spent.Spend(ctx, sha256.Sum256([]byte("oidc\x00"+f.State)), f.Until); assay.CodeOf(err) {
	case "":
		return query.Get("code"), nil
	case assay.Conflict:
		return "", errFlow(err)
	default:
		return "", fmt.Errorf("using up a state: %w", err)
	}
}

func errFlow(cause error) error {
	return assay.Errorf(assay.Unauthenticated, "the provider did not sign you in; try again%w", hidden{cause})
}

// Arrival is a member who came back from a provider.
type Arrival struct {
	Member     string
	Identity   Identity
	ReturnPath string
	Linked     bool // the identity is new to the member
}

// Finish is Identify, and then finds or links the member:
//
//   - an identity that is linked is its member, whatever its e-mail address says;
//   - a flow that a member began links the identity to them; Conflict when it is
//     somebody else's;
//   - an identity that nobody knows is the member who was invited with its e-mail
//     address and has not signed in yet, if the provider says email_verified;
//   - anybody else gets Forbidden: an address alone is not an identity.
func (p *Provider) Finish(ctx context.Context, f Flow, query url.Values) (Arrival, error) {
	id, err := p.Identify(ctx, f, query)
	if err != nil {
		return Arrival{}, err
	}
	arrival := Arrival{Identity: id, ReturnPath: ReturnPath(f.ReturnPath)}
	arrival.Member, err = p.o.Identities.MemberByIdentity(ctx, id.Issuer, id.Subject)
	switch code := assay.CodeOf(err); {
	case err == nil && f.Member != "" && arrival.Member != f.Member:
		return Arrival{}, errTaken()
	case err == nil:
		return arrival, nil
	case code != assay.NotFound:
		return Arrival{}, fmt.Errorf("looking up an identity: %w", err)
	}
	arrival.Member, arrival.Linked = f.Member, true
	if f.Member == "" {
		if arrival.Member, err = p.invited(ctx, id); err != nil {
			return Arrival{}, err
		}
	}
	switch err := p.o.Identities.LinkIdentity(ctx, arrival.Member, id.Issuer, id.Subject); assay.CodeOf(err) {
	case "":
		return arrival, nil
	case assay.Conflict:
		return Arrival{}, errTaken()
	default:
		return Arrival{}, fmt.Errorf("linking an identity: %w", err)
	}
}

func errTaken() error {
	return assay.Errorf(assay.Conflict, "this account at the provider belongs to another member")
}

func (p *Provider) invited(ctx context.Context, id Identity) (member string, err error) {
	nobody := assay.Errorf(assay.Forbidden, "this account at the provider belongs to no member here; "+
		"sign in in another way and link it, or ask for an invitation")
	email := FoldName(id.Email)
	// Letter case apart the address is compared as it stands: folding makes more of
	// Unicode equal than mail servers do, and somebody may own the other one.
	if !id.EmailVerified || email == "" || email != lowerASCII(id.Email) {
		return "", nobody
	}
	member, err = p.o.Identities.InvitedByEmail(ctx, email)
	switch assay.CodeOf(err) {
	case "":
		return member, nil
	case assay.NotFound:
		return "", nobody
	}
	return "", fmt.Errorf("looking up an invitation: %w", err)
}
