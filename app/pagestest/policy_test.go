package pagestest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"assay"
	"assay/app"
	"assay/web/browsertest"
)

// request sends one as a browser that is signed in would, and does not follow where it
// leads.
func (s *server) request(t testing.TB, method, path string, cookies []*http.Cookie, header http.Header, body io.Reader) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		q.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		q.Host = host
	}
	for _, c := range cookies {
		q.AddCookie(c)
	}
	c := &http.Client{Transport: s.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.Header.Get("Content-Type") == "text/event-stream" {
		return r, ""
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r, string(b)
}

func form(values ...string) (http.Header, io.Reader) {
	v := url.Values{}
	for i := 0; i < len(values); i += 2 {
		v.Set(values[i], values[i+1])
	}
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader(v.Encode())
}

func TestEveryAnswerCarriesAStrictPolicy(t *testing.T) {
	s := world(t)
	cookies := s.signedIn(t)
	id := s.found(t, "rich").ID
	poisoned, err := s.poisoned()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/sign-in", "/findings", "/findings?verdict=x", "/findings/rows", "/findings.csv", "/findings/live", "/findings/" + id, "/findings/" + id + "/panel",
		"/findings/none", "/screen", "/screen?example", "/reference/marks", "/reference/nothing", "/reference/imports/none", "/ingest", "/ingest/poison/" + poisoned[0].ID, "/nowhere", "/"} {
		for _, who := range [][]*http.Cookie{cookies, nil} {
			r, _ := s.request(t, "GET", path, who, nil, nil)
			policy := r.Header.Get("Content-Security-Policy")
			directives := map[string]string{}
			for d := range strings.SplitSeq(policy, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
				directives[name] = value
			}
			if strings.Contains(policy, "unsafe-") || strings.Contains(policy, "*") || strings.Contains(policy, "http:") || strings.Contains(policy, "data:") {
				t.Errorf("%s: the policy lets too much in: %s", path, policy)
			}
			for name, want := range map[string]string{"default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'", "require-trusted-types-for": "'script'"} {
				if directives[name] != want {
					t.Errorf("%s: the policy has %s %s, not %s", path, name, directives[name], want)
				}
			}
			if script := directives["script-src"]; !strings.HasPrefix(script, "'nonce-") || strings.Contains(script, " ") {
				t.Errorf("%s: scripts may come from %s", path, script)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store"} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, not %q", path, name, got, want)
				}
			}
		}
	}
	r, _ := s.request(t, "GET", "/findings/"+id+"/pictures/offer-0", cookies, nil, nil)
	if got := r.Header.Get("Content-Security-Policy"); r.StatusCode != http.StatusOK || got != "default-src 'none'; sandbox" {
		t.Errorf("a picture is answered with %d and the policy %q", r.StatusCode, got)
	}
}

func TestEveryAnswerHasAnotherNonce(t *testing.T) {
	s := world(t)
	seen := map[string]bool{}
	for range 20 {
		r, _ := s.request(t, "GET", "/sign-in", nil, nil, nil)
		seen[r.Header.Get("Content-Security-Policy")] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 answers have %d policies", len(seen))
	}
}

func TestNothingOnAPageTakesTextForMarkupOrScript(t *testing.T) {
	tab := world(t).tab(t, browsertest.Options{})
	for _, path := range []string{"/findings", "/screen", "/reference/marks", "/ingest"} {
		tab.Go(path)
		for _, try := range []string{
			`document.body.innerHTML = "<b>x</b>"`, `document.body.insertAdjacentHTML("beforeend", "<b>x</b>")`, `document.write("<b>x</b>")`,
			`eval("1")`, `new Function("return 1")()`, `setTimeout("1")`, `document.createElement("iframe").srcdoc = "<b>x</b>"`,
			`document.createElement("script").src = "/assets/x.js"`, `document.createElement("script").text = "1"`,
			`document.createElement("button").setAttribute("onclick", "window.__pwned = 1")`,
			`trustedTypes.createPolicy("another", { createHTML: (s) => s })`, `new DOMParser().parseFromString("<b>x</b>", "text/html")`,
		} {
			if got := browsertest.EvalInPage[string](tab, `(() => { try { `+try+`; return "it worked" } catch (e) { return e.name } })()`); got == "it worked" {
				t.Errorf("%s: %s is let through", path, try)
			}
		}
		if r := tab.Take(); len(r.Violations) == 0 {
			t.Errorf("%s: none of it was called a violation", path)
		}
		// Nor does an address that is a script.
		browsertest.EvalInPage[bool](tab, `(() => {
			const a = document.createElement("a");
			a.href = "javascript:window.__pwned=1";
			document.querySelector("main").append(a);
			a.click();
			return true;
		})()`)
		if browsertest.EvalInPage[bool](tab, `"__pwned" in window`) {
			t.Errorf("%s: an address that is a script ran", path)
		}
		tab.Take()
	}
}

func TestASessionsCookieIsForTheServerAlone(t *testing.T) {
	s := world(t)
	header, body := form("token", s.token)
	r, _ := s.request(t, "POST", "/sign-in", nil, header, body)
	cookies := r.Cookies()
	if r.StatusCode != http.StatusSeeOther || len(cookies) != 1 {
		t.Fatalf("signing in is answered with %d and %d cookies", r.StatusCode, len(cookies))
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || strings.Contains(c.Value, s.token) {
		t.Errorf("the cookie is %+v", c)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	s := world(t)
	tab := s.tab(t, browsertest.Options{})
	cookies := s.signedIn(t)
	tab.Go("/findings")
	tab.Follow(func() { tab.Click(`form[action="/sign-out"] button`) })
	if got := tab.Path(); got != "/sign-in" {
		t.Errorf("signing out leads to %s", got)
	}
	tab.Go("/findings")
	if got := tab.Path(); got != "/sign-in?to=%2Ffindings" {
		t.Errorf("after signing out the list is answered with %s", got)
	}
	// The cookie itself is worth nothing any more, and other sessions go on.
	header, body := form()
	if r, _ := s.request(t, "POST", "/sign-out", cookies, header, body); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing out: %d", r.StatusCode)
	}
	if r, _ := s.request(t, "GET", "/findings", cookies, nil, nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("with the cookie of a session that has ended the list is answered with %d", r.StatusCode)
	}
	if r, _ := s.request(t, "GET", "/findings", s.signedIn(t), nil, nil); r.StatusCode != http.StatusOK {
		t.Errorf("another session is answered with %d", r.StatusCode)
	}
}

func TestRotatingTheTokenEndsItsSessions(t *testing.T) {
	s, err := startServer(app.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cookies := s.signedIn(t)
	if r, _ := s.request(t, "GET", "/findings", cookies, nil, nil); r.StatusCode != http.StatusOK {
		t.Fatalf("signed in, the list is answered with %d", r.StatusCode)
	}
	if _, err := app.RotateToken(t.Context(), app.ServerOptions{Data: s.data}); err != nil {
		t.Fatal(err)
	}
	r, _ := s.request(t, "GET", "/findings", cookies, nil, nil)
	if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in") {
		t.Errorf("after the token was rotated the list is answered with %d %s", r.StatusCode, to)
	}
}

func TestSigningInLeadsToNobodyElse(t *testing.T) {
	s := world(t)
	for _, to := range []string{"//evil.example", "https://evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "/%09/evil.example", "/\t/evil.example", "///evil.example",
		"http:evil.example", "evil.example", "/sign-in\r\nX: y", "https://evil.example@127.0.0.1/"} {
		header, body := form("token", s.token, "to", to)
		r, _ := s.request(t, "POST", "/sign-in", nil, header, body)
		got, err := url.Parse(s.url)
		if err == nil {
			got, err = got.Parse(r.Header.Get("Location"))
		}
		if err != nil || "http://"+got.Host != s.url || r.StatusCode != http.StatusSeeOther {
			t.Errorf("signing in to %q leads to %q (%d)", to, r.Header.Get("Location"), r.StatusCode)
		}
		if r.Header.Get("X") != "" {
			t.Errorf("%q became a header", to)
		}
		// The page with the form takes it as text.
		if r, text := s.request(t, "GET", "/sign-in?to="+url.QueryEscape(to), nil, nil, nil); r.StatusCode != http.StatusOK || strings.Contains(text, `href="`+to) {
			t.Errorf("the page for signing in to %q links to it", to)
		}
	}
	tab := browsertest.Open(t, browsertest.Options{Base: s.url})
	tab.Go("/sign-in?to=" + url.QueryEscape("//evil.example/x"))
	tab.Type(s.token)
	tab.Follow(func() { tab.Press("Enter") })
	if got := tab.Path(); got != "/findings" {
		t.Errorf("a browser is led to %s", got)
	}
}

func TestAnotherSitesFormIsRefused(t *testing.T) {
	s := world(t)
	cookies := s.signedIn(t)
	for _, path := range []string{"/sign-in", "/sign-out", "/screen", "/reference/marks"} {
		header, body := form("token", s.token)
		header.Set("Sec-Fetch-Site", "cross-site")
		header.Set("Origin", "https://evil.example")
		if r, _ := s.request(t, "POST", path, cookies, header, body); r.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s from another site is answered with %d", path, r.StatusCode)
		}
	}
	if r, _ := s.request(t, "GET", "/findings", cookies, nil, nil); r.StatusCode != http.StatusOK {
		t.Errorf("another site ended the session: %d", r.StatusCode)
	}
}

func TestOpenPagesAreForThisMachineAlone(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:8417", "[::]:0", "example.org:8417"} {
		s, err := app.Open(t.Context(), app.ServerOptions{Data: filepath.Join(t.TempDir(), "data"), Listen: listen, OpenPages: true, FreeBytes: -1})
		if assay.CodeOf(err) != assay.Invalid {
			t.Errorf("open pages on %s: %v", listen, err)
		}
		if s != nil {
			s.Close()
		}
	}
	s, err := startServer(app.ServerOptions{OpenPages: true})
	if err != nil {
		t.Fatal(err)
	}
	if r, text := s.request(t, "GET", "/findings", nil, nil, nil); r.StatusCode != http.StatusOK || strings.Contains(text, "/sign-out") {
		t.Errorf("open pages are answered with %d, or can be signed out of", r.StatusCode)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost.evil.example:" + port, "10.0.0.1:" + port} {
		for _, path := range []string{"/findings", "/ingest", "/findings.csv"} {
			if r, _ := s.request(t, "GET", path, nil, http.Header{"Host": {host}}, nil); r.StatusCode < 400 || r.StatusCode >= 500 {
				t.Errorf("%s under the name %s, which leads to this machine, is answered with %d", path, host, r.StatusCode)
			}
		}
	}
	if r, _ := s.request(t, "GET", "/findings", nil, http.Header{"Host": {"localhost:" + port}}, nil); r.StatusCode != http.StatusOK {
		t.Errorf("under localhost it is answered with %d", r.StatusCode)
	}
	tab := browsertest.Open(t, browsertest.Options{Base: s.url})
	tab.Go("/")
	if got := tab.Path(); got != "/findings" {
		t.Errorf("the first page of open pages is %s", got)
	}
	tab.Shot("open-1280-light")
}

func TestNobodySeesAPageWithoutSigningIn(t *testing.T) {
	s := world(t)
	id := s.found(t, "rich").ID
	for _, path := range []string{"/", "/findings", "/findings/rows", "/findings.csv", "/findings/live", "/findings/" + id, "/findings/" + id + "/panel", "/findings/" + id + "/pictures/offer-0",
		"/screen", "/reference/marks", "/ingest"} {
		r, text := s.request(t, "GET", path, nil, nil, nil)
		if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/sign-in") || strings.Contains(text, "Bellweather") {
			t.Errorf("GET %s is answered with %d %s", path, r.StatusCode, r.Header.Get("Location"))
		}
		r, text = s.request(t, "GET", path, nil, http.Header{"Hx-Request": {"true"}}, nil)
		if r.StatusCode != http.StatusUnauthorized || strings.Contains(text, "Bellweather") {
			t.Errorf("GET %s by a script is answered with %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"/screen", "/reference/marks", "/ingest/poison/x"} {
		header, body := form("text", "x")
		if r, _ := s.request(t, "POST", path, nil, header, body); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("POST %s is answered with %d", path, r.StatusCode)
		}
	}
}
