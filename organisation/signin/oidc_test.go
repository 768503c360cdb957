package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

// sso is a provider, this side of it, and where members are kept.
type sso struct {
	*signin.Provider
	op    *provider
	clock *clock
	store *memory
}

func newSSO(t testing.TB, change ...func(*signin.ProviderOptions)) *sso {
	t.Helper()
	s := &sso{clock: newClock(), store: newMemory()}
	s.op = newProvider(t, s.clock)
	s.Provider = s.op.client(t, s.store, change...)
	return s
}

// goes goes to the provider and comes back.
func (s *sso) goes(t testing.TB) (signin.Flow, url.Values) {
	t.Helper()
	address, flow, err := s.Begin(t.Context(), "", "/findings?state=open")
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return flow, s.op.visit(t, address)
}

func TestAMemberSignsInWithAProvider(t *testing.T) {
	s := newSSO(t)
	s.store.identities[[2]string{s.op.URL, "subject-7"}] = "m-ines"
	flow, back := s.goes(t)
	a, err := s.Finish(t.Context(), flow, back)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	want := signin.Arrival{Member: "m-ines", ReturnPath: "/findings?state=open", Identity: signin.Identity{
		Issuer: s.op.URL, Subject: "subject-7", Email: "Ines@bellweather.example", EmailVerified: true, Name: "Ines"}}
	if a != want {
		t.Errorf("%+v", a)
	}
	if len(s.op.redeemed) != 1 || s.op.met != 1 {
		t.Errorf("%d codes, %d documents were asked for", len(s.op.redeemed), s.op.met)
	}
}

// Each way in which what comes back can be wrong. None may open anything.
func TestWhatComesBackFromAProviderHasToHold(t *testing.T) {
	stranger := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	claim := func(name string, value any) func(*sso, *signin.Flow, url.Values) {
		return func(s *sso, _ *signin.Flow, _ url.Values) {
			s.op.claims = func(c map[string]any) {
				if value == nil {
					delete(c, name)
				} else {
					c[name] = value
				}
			}
		}
	}
	forged := func(make func(s *sso, header, claims map[string]any) string) func(*sso, *signin.Flow, url.Values) {
		return func(s *sso, _ *signin.Flow, _ url.Values) {
			s.op.sign = func(h, c map[string]any) string { return make(s, h, c) }
		}
	}
	for _, c := range []struct {
		name   string
		change func(s *sso, f *signin.Flow, back url.Values)
		asks   bool // the token endpoint may have been asked
	}{
		{"another state", func(_ *sso, _ *signin.Flow, q url.Values) { q.Set("state", strings.Repeat("A", 43)) }, false},
		{"no state", func(_ *sso, _ *signin.Flow, q url.Values) { q.Del("state") }, false},
		{"two states", func(_ *sso, f *signin.Flow, q url.Values) { q.Add("state", f.State) }, false},
		{"no flow in the session", func(_ *sso, f *signin.Flow, q url.Values) { *f = signin.Flow{}; q.Set("state", "") }, false},
		{"a flow without a state", func(_ *sso, f *signin.Flow, q url.Values) { f.State = ""; q.Set("state", "") }, false},
		{"another browser's flow", func(s *sso, f *signin.Flow, _ url.Values) { _, *f, _ = s.Begin(t.Context(), "", "/") }, false},
		{"a flow to another provider", func(_ *sso, f *signin.Flow, _ url.Values) { f.Provider = "other" }, false},
		{"the answer of another issuer", func(_ *sso, _ *signin.Flow, q url.Values) { q.Set("iss", "https://evil.example") }, false},
		{"an issuer that is nearly the same", func(s *sso, _ *signin.Flow, q url.Values) { q.Set("iss", s.op.URL+"/") }, false},
		{"two issuers", func(_ *sso, _ *signin.Flow, q url.Values) { q.Add("iss", "https://evil.example") }, false},
		{"no issuer, of a provider that names itself", func(_ *sso, _ *signin.Flow, q url.Values) { q.Del("iss") }, false},
		{"too late", func(s *sso, _ *signin.Flow, _ url.Values) { s.clock.advance(10 * time.Minute) }, false},
		{"refused by the provider", func(_ *sso, _ *signin.Flow, q url.Values) { q.Set("error", "access_denied") }, false},
		{"no code", func(_ *sso, _ *signin.Flow, q url.Values) { q.Del("code") }, false},
		{"an endless code", func(_ *sso, _ *signin.Flow, q url.Values) { q.Set("code", strings.Repeat("x", 5000)) }, false},
		{"a code that was never given", func(_ *sso, _ *signin.Flow, q url.Values) { q.Set("code", "guessed") }, true},
		{"a code for another browser (PKCE)", func(s *sso, _ *signin.Flow, q url.Values) {
			_, other := s.goes(t)
			q.Set("code", other.Get("code"))
		}, true},
		{"a code without its verifier", func(_ *sso, f *signin.Flow, _ url.Values) { f.Verifier = "" }, true},

		{"another nonce", claim("nonce", strings.Repeat("A", 43)), true},
		{"no nonce", claim("nonce", nil), true},
		{"an ID token of another issuer", claim("iss", "https://evil.example"), true},
		{"an issuer with a slash more", func(s *sso, f *signin.Flow, q url.Values) { claim("iss", s.op.URL+"/")(s, f, q) }, true},
		{"an ID token for another client", claim("aud", "somebody else"), true},
		{"for several clients without saying whose", claim("aud", []string{"other", clientID}), true},
		{"authorised for another client", claim("azp", "other"), true},
		{"an expired one", func(s *sso, f *signin.Flow, q url.Values) {
			claim("exp", s.clock.now().Add(-time.Second).Unix())(s, f, q)
		}, true},
		{"one without expiry", claim("exp", nil), true},
		{"one that does not hold yet", func(s *sso, f *signin.Flow, q url.Values) { claim("nbf", s.clock.now().Add(time.Hour).Unix())(s, f, q) }, true},
		{"no subject", claim("sub", nil), true},
		{"an empty subject", claim("sub", ""), true},
		{"an endless subject", claim("sub", strings.Repeat("x", 256)), true},
		{"another access token", claim("at_hash", b64(make([]byte, 16))), true},
		{"alg none", forged(func(_ *sso, h, c map[string]any) string { h["alg"] = "none"; return unsigned(h, c) + "." }), true},
		{"the public key as a password", forged(func(s *sso, h, c map[string]any) string {
			h["alg"] = "HS256"
			return hs256(x509.MarshalPKCS1PublicKey(&s.op.key.PublicKey), h, c)
		}), true},
		{"the client's secret as a key", forged(func(_ *sso, h, c map[string]any) string {
			h["alg"] = "HS256"
			return hs256([]byte(clientSecret), h, c)
		}), true},
		{"a stranger's key", forged(func(_ *sso, h, c map[string]any) string { return rs256(stranger, h, c) }), true},
		{"a stranger's key that it brings along", forged(func(_ *sso, h, c map[string]any) string {
			h["kid"] = "k2"
			h["jwk"] = map[string]any{"kty": "RSA", "n": b64(stranger.N.Bytes()), "e": "AQAB"}
			return rs256(stranger, h, c)
		}), true},
		{"claims changed after signing", forged(func(s *sso, h, c map[string]any) string {
			_, signature, _ := strings.Cut(s.op.rs256(h, c), ".")
			_, signature, _ = strings.Cut(signature, ".")
			c["sub"] = "somebody else"
			return unsigned(h, c) + "." + signature
		}), true},
		{"no ID token", forged(func(*sso, map[string]any, map[string]any) string { return "" }), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSSO(t)
			s.store.identities[[2]string{s.op.URL, "subject-7"}] = "m-ines"
			s.store.identities[[2]string{"https://evil.example", "subject-7"}] = "m-ines"
			s.store.invited["ines@bellweather.example"] = "m-ines"
			flow, back := s.goes(t)
			code := back.Get("code")
			c.change(s, &flow, back)
			a, err := s.Finish(t.Context(), flow, back)
			wantCode(t, err, assay.Unauthenticated)
			if a != (signin.Arrival{}) {
				t.Errorf("it returns %+v", a)
			}
			if len(s.op.redeemed) > 0 && !c.asks {
				t.Error("the code was shown to the provider all the same")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if text := e.Error(); strings.Contains(text, code) || flow.Verifier != "" && strings.Contains(text, flow.Verifier) || strings.Contains(text, clientSecret) {
					t.Errorf("an error holds a secret: %s", text)
				}
			}
		})
	}
}

func TestAReturnHoldsOnce(t *testing.T) {
	s := newSSO(t)
	s.store.identities[[2]string{s.op.URL, "subject-7"}] = "m-ines"
	flow, back := s.goes(t)
	if n := together(func() error { _, err := s.Finish(t.Context(), flow, back); return err }); n != 1 {
		t.Fatalf("it signed in %d times", n)
	}
	if len(s.op.redeemed) != 1 {
		t.Errorf("the code was shown %d times", len(s.op.redeemed))
	}
	t.Run("nor does its code hold in another flow", func(t *testing.T) {
		other, query := s.goes(t)
		query.Set("code", back.Get("code"))
		_, err := s.Finish(t.Context(), other, query)
		wantCode(t, err, assay.Unauthenticated)
	})
}

func TestAProviderThatDoesNotNameItselfNeedNot(t *testing.T) {
	s := newSSO(t)
	s.op.discovery = func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") }
	s.store.identities[[2]string{s.op.URL, "subject-7"}] = "m-ines"
	flow, back := s.goes(t)
	back.Del("iss")
	if _, err := s.Finish(t.Context(), flow, back); err != nil {
		t.Fatal(err)
	}
	t.Run("but if it does, it must be the right name", func(t *testing.T) {
		flow, back := s.goes(t)
		back.Set("iss", "https://evil.example")
		_, err := s.Finish(t.Context(), flow, back)
		wantCode(t, err, assay.Unauthenticated)
	})
}

func TestAnIdentityIsItsIssuerAndSubjectAndNeverAnAddressAlone(t *testing.T) {
	for _, c := range []struct {
		name   string
		store  func(m *memory, issuer string)
		claims func(map[string]any)
		member string // who begins the flow
		want   string // who it is
		linked bool
		code   assay.Code
	}{
		{name: "somebody with an address that nobody invited", code: assay.Forbidden},
		{name: "a member's address without an invitation", code: assay.Forbidden,
			store: func(m *memory, _ string) { m.accounts[ines] = signin.Account{Member: "m-ines"} }},
		{name: "an invited address that the provider verified", want: "m-ines", linked: true,
			store: func(m *memory, _ string) { m.invited[ines] = "m-ines" }},
		{name: "an invited address that it did not verify", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited[ines] = "m-ines" },
			claims: func(c map[string]any) { c["email_verified"] = false }},
		{name: "an invited address of which it says nothing", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited[ines] = "m-ines" },
			claims: func(c map[string]any) { delete(c, "email_verified") }},
		{name: "verified only as a text", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited[ines] = "m-ines" },
			claims: func(c map[string]any) { c["email_verified"] = "true" }},
		{name: "an address that only looks like the invited one", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited[ines] = "m-ines" },
			claims: func(c map[string]any) { c["email"] = "ｉnes@bellweather.example" }},
		{name: "a letter that only folds to the invited one", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited["mark@bellweather.example"] = "m-mark" },
			claims: func(c map[string]any) { c["email"] = "mar\u212a@bellweather.example" }},
		{name: "no address", code: assay.Forbidden,
			store:  func(m *memory, _ string) { m.invited[""] = "m-ines" },
			claims: func(c map[string]any) { delete(c, "email") }},
		{name: "the same subject at another issuer", code: assay.Forbidden,
			store: func(m *memory, _ string) { m.identities[[2]string{"https://other.example", "subject-7"}] = "m-ines" }},
		{name: "a linked identity whose address is now another's", want: "m-ines",
			store: func(m *memory, issuer string) {
				m.identities[[2]string{issuer, "subject-7"}] = "m-ines"
				m.invited["boss@bellweather.example"] = "m-boss"
			},
			claims: func(c map[string]any) { c["email"] = "boss@bellweather.example" }},
		{name: "a member who links it", member: "m-ines", want: "m-ines", linked: true,
			claims: func(c map[string]any) { c["email"] = "private@mail.example" }},
		{name: "a member who links it again", member: "m-ines", want: "m-ines",
			store: func(m *memory, issuer string) { m.identities[[2]string{issuer, "subject-7"}] = "m-ines" }},
		{name: "a member who links another's", member: "m-eve", code: assay.Conflict,
			store: func(m *memory, issuer string) { m.identities[[2]string{issuer, "subject-7"}] = "m-ines" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSSO(t)
			if c.store != nil {
				c.store(s.store, s.op.URL)
			}
			before := len(s.store.identities)
			s.op.claims = c.claims
			address, flow, err := s.Begin(t.Context(), c.member, "/profile")
			if err != nil {
				t.Fatal(err)
			}
			a, err := s.Finish(t.Context(), flow, s.op.visit(t, address))
			wantCode(t, err, c.code)
			if a.Member != c.want || a.Linked != c.linked {
				t.Errorf("%+v", a)
			}
			if linked := len(s.store.identities) > before; linked != c.linked {
				t.Errorf("an identity is linked: %v", linked)
			}
			if c.linked && s.store.identities[[2]string{s.op.URL, "subject-7"}] != c.want {
				t.Error("it is linked to somebody else")
			}
		})
	}
}

func TestAProviderLeadsBackToThisServerOnly(t *testing.T) {
	s := newSSO(t)
	s.store.identities[[2]string{s.op.URL, "subject-7"}] = "m-ines"
	for _, path := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		address, flow, err := s.Begin(t.Context(), "", path)
		if err != nil || strings.Contains(address, "evil") || flow.ReturnPath != "/" {
			t.Fatal(address, flow, err)
		}
		flow.ReturnPath = path // in case a session was not kept as it was given
		if a, err := s.Finish(t.Context(), flow, s.op.visit(t, address)); err != nil || a.ReturnPath != "/" {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

func TestAProviderThatMisbehavesIsUnavailable(t *testing.T) {
	for name, change := range map[string]func(*provider){
		"another issuer": func(p *provider) { p.discovery = func(d map[string]any) { d["issuer"] = p.URL + "/" } },
		"tokens in the clear": func(p *provider) {
			p.discovery = func(d map[string]any) { d["token_endpoint"] = "http://evil.example/token" }
		},
		"keys in the clear": func(p *provider) { p.discovery = func(d map[string]any) { d["jwks_uri"] = "http://evil.example/keys" } },
		"sign-in in the clear": func(p *provider) {
			p.discovery = func(d map[string]any) { d["authorization_endpoint"] = "http://evil.example/" }
		},
		"sign-in by script": func(p *provider) {
			p.discovery = func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }
		},
		"no keys":                func(p *provider) { p.discovery = func(d map[string]any) { delete(d, "jwks_uri") } },
		"an endless document":    func(p *provider) { p.discovery = func(d map[string]any) { d["x"] = strings.Repeat("x", 2<<20) } },
		"a document of nonsense": func(p *provider) { p.discovery = func(d map[string]any) { d["issuer"] = 7 } },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSSO(t)
			change(s.op)
			for range 20 {
				_, _, err := s.Begin(t.Context(), "", "/")
				wantCode(t, err, assay.Unavailable)
			}
			if s.op.met != 1 {
				t.Errorf("it was asked %d times within its timeout", s.op.met)
			}
			s.op.discovery = nil
			s.clock.advance(10 * time.Second)
			if _, _, err := s.Begin(t.Context(), "", "/"); err != nil {
				t.Errorf("it does not come back: %v", err)
			}
		})
	}
	t.Run("unless it was met before", func(t *testing.T) {
		s := newSSO(t)
		s.goes(t)
		s.clock.advance(25 * time.Hour)
		s.op.discovery = func(d map[string]any) { d["issuer"] = 7 }
		s.goes(t)
		if s.op.met != 2 {
			t.Errorf("it was asked %d times", s.op.met)
		}
	})
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"an error of the token endpoint": func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, r.PostFormValue("code"), http.StatusInternalServerError)
			return true
		},
		"a redirect that would take the code along": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return true
		},
		"an endless answer": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"%s`, strings.Repeat("x", 2<<20))
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSSO(t)
			s.op.token = answer
			flow, back := s.goes(t)
			_, err := s.Finish(t.Context(), flow, back)
			if got := assay.CodeOf(err); got != assay.Unavailable && got != assay.Unauthenticated {
				t.Errorf("%q: %v", got, err)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), back.Get("code")) {
					t.Errorf("an error holds the code: %v", e)
				}
			}
		})
	}
	t.Run("a store that is down is not the provider's fault", func(t *testing.T) {
		s := newSSO(t)
		flow, back := s.goes(t)
		s.store.down = errors.New("disk on fire")
		_, err := s.Finish(t.Context(), flow, back)
		wantCode(t, err, assay.Internal)
	})
}

func TestOptionsOfProvidersAreChecked(t *testing.T) {
	s := newSSO(t)
	base := func(change func(*signin.ProviderOptions)) error {
		o := signin.ProviderOptions{ID: "sso", Issuer: "https://login.bazar.example", ClientID: clientID, RedirectURL: redirectURL,
			Client: http.DefaultClient, Identities: s.store, Spent: s.store, Clock: s.clock.now}
		change(&o)
		_, err := signin.NewProvider(o)
		return err
	}
	for issuer, good := range map[string]bool{
		"https://login.bazar.example": true, "https://login.bazar.example/realms/main": true, "http://localhost:8180": true,
		"http://127.0.0.1:8180": true, "http://[::1]:8180": true,
		"": false, "login.bazar.example": false, "http://login.bazar.example": false, "https://login.bazar.example?x": false,
		"https://login.bazar.example#x": false, "https://user:pw@login.bazar.example": false, "http://localhost.evil.example": false,
		"javascript:alert(1)": false,
	} {
		if err := base(func(o *signin.ProviderOptions) { o.Issuer = issuer }); (err == nil) != good {
			t.Errorf("issuer %q: %v", issuer, err)
		}
	}
	if base(func(o *signin.ProviderOptions) { o.Client = nil }) == nil {
		t.Error("it is taken without a client")
	}
}

func TestTheRequestToTheProviderAsksForWhatIsNeeded(t *testing.T) {
	s := newSSO(t, func(o *signin.ProviderOptions) { o.Scopes = []string{"email"} })
	first, _, err := s.Begin(t.Context(), "", "/")
	if err != nil {
		t.Fatal(err)
	}
	second, flow, _ := s.Begin(t.Context(), "", "/")
	a, b := must(url.Parse(first))(t).Query(), must(url.Parse(second))(t).Query()
	for _, once := range []string{"state", "nonce", "code_challenge"} {
		if len(a.Get(once)) != 43 || a.Get(once) == b.Get(once) {
			t.Errorf("%s is %s and then %s", once, a.Get(once), b.Get(once))
		}
	}
	if got := strings.Fields(b.Get("scope")); !slices.Equal(got, []string{"openid", "email"}) {
		t.Errorf("the scopes are %q", got)
	}
	if strings.Contains(second, flow.Verifier) || strings.Contains(second, "secret") {
		t.Error("it shows a secret")
	}
}
