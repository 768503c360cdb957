package signin_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/organisation/signin"
)

const (
	clientID     = "assay"
	clientSecret = "s3cret of the client"
	redirectURL  = "https://assay.bazar.example/sign-in/oidc/callback"
)

// provider is an OpenID provider with a discovery document, an authorisation endpoint
// that asks nobody, a token endpoint that verifies client, redirect address and PKCE
// and gives each code once, and RS256 keys. A test changes a field to have it
// misbehave.
type provider struct {
	*httptest.Server
	key   *rsa.PrivateKey
	clock *clock

	mu       sync.Mutex
	codes    map[string]url.Values // the request that a code answers
	redeemed []string              // every code the token endpoint was shown
	met      int                   // requests for the discovery document

	claims    func(map[string]any)                          // changes the ID token
	sign      func(header, claims map[string]any) string    // replaces its signing
	discovery func(map[string]any)                          // changes the document
	redirect  func(url.Values)                              // changes the way back
	token     func(http.ResponseWriter, *http.Request) bool // answers instead, if true
}

func newProvider(t testing.TB, c *clock) *provider {
	t.Helper()
	p := &provider{key: must(rsa.GenerateKey(rand.Reader, 2048))(t), clock: c, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveDiscovery)
	mux.HandleFunc("GET /authorize", p.serveAuthorize)
	mux.HandleFunc("POST /token", p.serveToken)
	mux.HandleFunc("GET /keys", p.serveKeys)
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("the client follows redirects") })
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	return p
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (p *provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.met++
	d := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"}, "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.discovery != nil {
		p.discovery(d)
	}
	writeJSON(w, d)
}

func (p *provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1",
		"n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes())}}})
}

func (p *provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != clientID || q.Get("redirect_uri") != redirectURL || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || !strings.Contains(" "+q.Get("scope")+" ", " openid ") {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.codes[code] = q
	back := url.Values{"code": {code}, "state": q["state"], "iss": {p.URL}}
	if p.redirect != nil {
		p.redirect(back)
	}
	http.Redirect(w, r, redirectURL+"?"+back.Encode(), http.StatusFound)
}

func (p *provider) serveToken(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := r.PostFormValue("code")
	p.redeemed = append(p.redeemed, code)
	if p.token != nil && p.token(w, r) {
		return
	}
	asked, known := p.codes[code]
	delete(p.codes, code)
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret) // RFC 6749, section 2.3.1
	if !known || id != clientID || secret != clientSecret || r.PostFormValue("grant_type") != "authorization_code" ||
		r.PostFormValue("redirect_uri") != redirectURL || b64(challenge[:]) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"error": "invalid_grant", "error_description": "code " + code})
		return
	}
	access := rand.Text()
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.URL, "sub": "subject-7", "aud": clientID, "exp": p.clock.now().Add(5 * time.Minute).Unix(), "iat": p.clock.now().Unix(),
		"nonce": asked.Get("nonce"), "email": "Ines@bellweather.example", "email_verified": true, "name": "Ines", "at_hash": b64(half[:16]),
	}
	if p.claims != nil {
		p.claims(claims)
	}
	sign := p.rs256
	if p.sign != nil {
		sign = p.sign
	}
	writeJSON(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300,
		"id_token": sign(map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims)})
}

func unsigned(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return b64(h) + "." + b64(c)
}

func (p *provider) rs256(header, claims map[string]any) string { return rs256(p.key, header, claims) }

func rs256(key *rsa.PrivateKey, header, claims map[string]any) string {
	s := unsigned(header, claims)
	sum := sha256.Sum256([]byte(s))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return s + "." + b64(signature)
}

func hs256(key []byte, header, claims map[string]any) string {
	s := unsigned(header, claims)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return s + "." + b64(h.Sum(nil))
}

// client is this installation's side of a provider.
func (p *provider) client(t testing.TB, store *memory, change ...func(*signin.ProviderOptions)) *signin.Provider {
	t.Helper()
	o := signin.ProviderOptions{ID: "sso", Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: redirectURL,
		Client: p.Client(), Identities: store, Spent: store, Clock: p.clock.now}
	for _, c := range change {
		c(&o)
	}
	return must(signin.NewProvider(o))(t)
}

// visit is the browser at the provider: it returns the query that it comes back with.
func (p *provider) visit(t testing.TB, address string) url.Values {
	t.Helper()
	browser := *p.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("the provider answers %s", resp.Status)
	}
	if !strings.HasPrefix(to.String(), redirectURL+"?") {
		t.Fatalf("the provider sends the browser to %s", to)
	}
	return to.Query()
}
