package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/api"
)

// document is what the tests read of /openapi.json.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Security  []map[string][]string `json:"security"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema map[string]any `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
		RequestBody struct {
			Content map[string]struct {
				Schema map[string]any `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

func openDocument(t *testing.T, h http.Handler) (d document) {
	t.Helper()
	w := do(h, request("GET", "/openapi.json", "", "Authorization", ""))
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDocumentIsOpenAPI31AndListsEveryRoute(t *testing.T) {
	a, _ := newWorld(t).open(t)
	d := openDocument(t, a)
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %q", d.OpenAPI)
	}
	var documented []string
	for path, methods := range d.Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(documented)
	same(t, documented, slices.Sorted(maps.Keys(a.Patterns())))
}

func TestEveryRouteIsDocumentedWithItsTokenItsAnswerAndItsProblems(t *testing.T) {
	a, _ := newWorld(t).open(t)
	d := openDocument(t, a)
	for pattern, needsToken := range a.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		op := d.Paths[path][strings.ToLower(method)]
		if (len(op.Security) > 0) != needsToken {
			t.Errorf("%s: security %v", pattern, op.Security)
		}
		if _, ok := op.Responses["default"].Content["application/problem+json"]; !ok {
			t.Errorf("%s: problems are not documented", pattern)
		}
		good := false
		for status := range op.Responses {
			good = good || status[0] == '2'
		}
		if !good {
			t.Errorf("%s: no good answer is documented", pattern)
		}
	}
	if d.Paths["/v1/screen"]["post"].RequestBody.Content["application/json"].Schema["oneOf"] == nil {
		t.Error("the body of /v1/screen has no schema")
	}
	for _, name := range []string{"Listing", "Verdict", "Finding", "Problem"} {
		if d.Components.Schemas[name]["properties"] == nil {
			t.Errorf("the schema %s is missing", name)
		}
	}
	if _, ok := d.Components.Schemas["ErrorModel"]; ok {
		t.Error("the document describes errors that are never sent")
	}
}

// target makes an address out of a pattern.
func target(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{id}", "f1", "{kind}", "marks", "{name}", "bazar.example").Replace(path)
}

func TestEveryRouteBelowV1RefusesWithoutAValidToken(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	for pattern, needsToken := range a.Patterns() {
		method, path := target(pattern)
		if strings.HasPrefix(path, "/v1") != needsToken {
			t.Errorf("%s: token needed: %v", pattern, needsToken)
		}
		if !needsToken {
			continue
		}
		for what, header := range map[string]string{
			"no token": "", "another scheme": "Basic YTpi", "no secret": "Bearer ", "an expired token": "Bearer " + staleSecret,
		} {
			t.Run(pattern+" "+what, func(t *testing.T) {
				r := do(a, request(method, path, "{}", "Authorization", header))
				p := problem(t, r, http.StatusUnauthorized)
				if p.Code != assay.Unauthenticated || !strings.HasPrefix(r.Header().Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("code %s, WWW-Authenticate %q", p.Code, r.Header().Get("WWW-Authenticate"))
				}
			})
		}
	}
	if len(w.scopes) > 0 {
		t.Errorf("a store was reached: %v", w.scopes)
	}
}

func TestATokenOfABrandCannotDoWhatIsTheInstallations(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	for _, pattern := range a.OperatorPatterns() {
		method, path := target(pattern)
		problem(t, do(a, request(method, path, "{}", "Authorization", "Bearer "+brandSecret)), http.StatusForbidden)
	}
	for _, must := range []string{"POST /v1/screen", "POST /v1/listings", "GET /v1/backup", "POST /v1/admin-token/rotate", "POST /v1/reference/{kind}"} {
		if !slices.Contains(a.OperatorPatterns(), must) {
			t.Errorf("%s is open to everybody", must)
		}
	}
	if len(w.scopes) > 0 {
		t.Errorf("a store was reached: %v", w.scopes)
	}
}

func TestStoresAreAskedInTheTokensScope(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	for _, path := range []string{
		"/v1/findings", "/v1/findings/f1", "/v1/events", "/v1/offers?marketplace=m&id=1", "/v1/reference", "/v1/reference/marks",
		"/v1/organisations", "/v1/marketplaces", "/v1/webhooks", "/v1/webhooks/h1", "/v1/webhooks/h1/deliveries",
	} {
		w.scopes = nil
		if r := do(a, request("GET", path, "", "Authorization", "Bearer "+brandSecret)); r.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.Code, r.Body)
		}
		if len(w.scopes) == 0 {
			t.Errorf("%s: no store was asked", path)
		}
		for _, s := range w.scopes {
			if s != (assay.Scope{Organisation: "bellweather", Actor: "token:brand"}) {
				t.Errorf("%s: scope %v", path, s)
			}
		}
	}
}

func TestEachCodeHasOneStatus(t *testing.T) {
	for _, c := range []struct {
		code   assay.Code
		status int
		header string
	}{
		{assay.Invalid, 422, ""},
		{assay.TooLarge, 413, ""},
		{assay.NotFound, 404, ""},
		{assay.Unavailable, 503, "Retry-After"},
		{assay.Busy, 429, "Retry-After"},
		{assay.Full, 507, ""},
		{assay.Conflict, 409, ""},
		{assay.Unauthenticated, 401, "WWW-Authenticate"},
		{assay.Forbidden, 403, ""},
	} {
		t.Run(string(c.code), func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			w.err = assay.Errorf(c.code, "what is wrong: %w", errSecretCause)
			w.err.(*assay.Error).Message = "what is wrong"
			for _, path := range []string{"/v1/findings", "/v1/webhooks"} { // by hand, and by huma
				r := do(a, request("GET", path, ""))
				p := problem(t, r, c.status)
				if p.Code != c.code || p.Detail != "what is wrong" {
					t.Errorf("%s: %+v", path, p)
				}
				if c.header != "" && r.Header().Get(c.header) == "" {
					t.Errorf("%s: no %s", path, c.header)
				}
			}
		})
	}
}

func TestEveryCauseOfAFailedIngestIsLogged(t *testing.T) {
	w := newWorld(t)
	a, book := w.open(t)
	w.takeMax = 1
	unavailable := &assay.Error{Code: assay.Unavailable, Message: "the log is away", Err: errors.Join(errors.New("append to p0"), fmt.Errorf("dialling: %w", errSecretCause))}
	w.takeErr = errors.Join(unavailable, errors.New("and the context ended"))
	r := do(a, request("POST", "/v1/listings", items(3)))
	problem(t, r, 503)
	for _, cause := range []string{"append to p0", "hunter2", "and the context ended"} {
		if strings.Contains(r.Body.String(), cause) || strings.Count(book.String(), cause) != 1 {
			t.Errorf("%q is in the answer %s, or not once in the log %s", cause, r.Body, book)
		}
	}
}

func TestAFaultOfOursIsAnsweredWithoutDetailAndLoggedWithIt(t *testing.T) {
	w := newWorld(t)
	a, book := w.open(t)
	w.err = fmt.Errorf("asking the store: %w", errSecretCause)
	for _, path := range []string{"/v1/findings", "/v1/webhooks"} {
		r := do(a, request("GET", path, "", "X-Request-ID", "trace-"+path[4:]))
		p := problem(t, r, 500)
		if strings.Contains(r.Body.String(), "hunter2") || strings.Contains(r.Body.String(), "store") {
			t.Errorf("detail in the answer: %s", r.Body)
		}
		if !strings.Contains(book.String(), "hunter2") || !strings.Contains(book.String(), p.RequestID) {
			t.Errorf("the cause is not in the log: %s", book)
		}
	}
}

type later struct{ error }

func (later) RetryAfter() time.Duration { return 6500 * time.Millisecond }
func (l later) Unwrap() error           { return l.error }

func TestAnErrorMaySayWhenToComeBack(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	w.beginErr = later{assay.Errorf(assay.Busy, "too much is under way")}
	r := do(a, request("POST", "/v1/listings", item(1)))
	problem(t, r, http.StatusTooManyRequests)
	same(t, r.Header().Get("Retry-After"), "7")
}

func TestUnknownRoutesAndMethodsAreProblemsToo(t *testing.T) {
	a, _ := newWorld(t).open(t)
	problem(t, do(a, request("GET", "/v1/nothing", "")), http.StatusNotFound)
	problem(t, do(a, request("GET", "/", "")), http.StatusNotFound)
	r := do(a, request("DELETE", "/v1/screen", ""))
	problem(t, r, http.StatusMethodNotAllowed)
	same(t, r.Header().Get("Allow"), "POST")
}

func TestUnknownAndRepeatedParametersAreNamed(t *testing.T) {
	a, _ := newWorld(t).open(t)
	for _, c := range []struct{ target, field string }{
		{"/v1/findings?markeplace=m", "markeplace"},
		{"/v1/findings?owner=a&owner=b", "owner"},
		{"/v1/webhooks?x=1", "x"},
		{"/v1/events?after=-1", "after"},
		{"/v1/events?after=x", "after"},
		{"/v1/organisations?limit=501", "limit"},
		{"/v1/offers?marketplace=m", "id"},
		{"/v1/reference/marks?cursor=bad&limit=0", "limit"},
	} {
		p := problem(t, do(a, request("GET", c.target, "")), 422)
		if len(p.Errors) != 1 || p.Errors[0].Field != c.field || p.Errors[0].Location != "query."+c.field {
			t.Errorf("%s: %+v", c.target, p.Errors)
		}
	}
}

func TestMistakesInBodiesNameTheirFields(t *testing.T) {
	a, _ := newWorld(t).open(t)
	for _, c := range []struct {
		name, method, target, body string
		status                     int
		fields                     []string
	}{
		{"types", "POST", "/v1/webhooks", `{"url":7,"kinds":[1]}`, 422, []string{"kinds[0]", "url"}},
		{"an unknown field", "POST", "/v1/organisations", `{"kind":"brand","name":"B","role":"x"}`, 422, []string{"role"}},
		{"a value outside its list", "POST", "/v1/organisations", `{"kind":"node","name":"B"}`, 422, []string{"kind"}},
		{"blank text", "POST", "/v1/organisations", `{"kind":"brand","name":" "}`, 422, []string{"name"}},
		{"a scheme that is not HTTP", "POST", "/v1/webhooks", `{"url":"file:///etc/passwd"}`, 422, []string{"url"}},
		{"a password in an address", "POST", "/v1/webhooks", `{"url":"https://a:b@bazar.example/"}`, 422, []string{"url"}},
		{"a kind of event", "POST", "/v1/webhooks", `{"url":"https://bazar.example/","kinds":["finding.new","x y"]}`, 422, []string{"kinds[1]"}},
		{"cut JSON", "POST", "/v1/webhooks", `{"url":`, 400, []string{""}},
		{"a member twice", "POST", "/v1/webhooks", `{"url":"https://bazar.example/","url":"https://bazar.example/2"}`, 400, []string{""}},
		{"bytes that are not UTF-8", "POST", "/v1/webhooks", "{\"url\":\"https://bazar.example/\xff\"}", 400, []string{""}},
		{"nesting", "POST", "/v1/webhooks", strings.Repeat(`{"url":`, 20_000), 400, []string{""}},
		{"a missing time", "POST", "/v1/webhooks/h1/replay", `{}`, 422, []string{"since"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := problem(t, do(a, request(c.method, c.target, c.body)), c.status)
			var fields []string
			for _, e := range p.Errors {
				fields = append(fields, e.Field)
			}
			slices.Sort(fields)
			same(t, fields, c.fields)
		})
	}
	problem(t, do(a, request("POST", "/v1/webhooks", strings.Repeat(" ", 300<<10))), 413)
	problem(t, do(a, request("POST", "/v1/webhooks", `{}`, "Content-Type", "application/x-www-form-urlencoded")), 415)
}

func TestARequestHasAnIDThatIsAnsweredAndLogged(t *testing.T) {
	a, book := newWorld(t).open(t)
	r := do(a, request("GET", "/healthz", "", "X-Request-ID", "case-7.trace_1"))
	same(t, r.Header().Get("X-Request-Id"), "case-7.trace_1")
	if !strings.Contains(book.String(), `"request_id":"case-7.trace_1"`) {
		t.Error(book)
	}
	for _, bad := range []string{"", "a b", "a\nb", "é", strings.Repeat("x", 129)} {
		r := request("GET", "/healthz", "")
		r.Header["X-Request-Id"] = []string{bad}
		if got := do(a, r).Header().Get("X-Request-Id"); got == bad || len(got) != 36 {
			t.Errorf("%q gives %q", bad, got)
		}
	}
}

func TestNoSecretReachesTheLog(t *testing.T) {
	w := newWorld(t)
	a, book := w.open(t)
	secrets := []string{adminSecret, brandSecret, staleSecret, "guess-in-header", "secret-in-query", "secret-in-body", "hidden-title"}
	do(a, request("GET", "/v1/findings?q=secret-in-query", ""))
	do(a, request("GET", "/v1/findings?token=secret-in-query", "", "Authorization", "Bearer guess-in-header"))
	do(a, request("GET", "/v1/findings", "", "Authorization", "Bearer "+brandSecret))
	do(a, request("GET", "/v1/findings", "", "Authorization", "Bearer "+staleSecret, "X-Request-ID", "a b "+adminSecret))
	do(a, request("POST", "/v1/webhooks", `{"url":"secret-in-body"}`))
	do(a, request("POST", "/v1/screen", `{"marketplace":"secret-in-body"}`))
	do(a, request("POST", "/v1/listings", `{"marketplace":"m","id":"1","title":"hidden-title"}`, "Idempotency-Key", "secret-in-header"))
	created := do(a, request("POST", "/v1/webhooks", `{"url":"https://bazar.example/"}`))
	secrets = append(secrets, read[api.NewWebhook](t, created, 201).Secret, "secret-in-header")
	w.err = errors.New("broken")
	do(a, request("POST", "/v1/webhooks", `{"url":"https://bazar.example/secret-in-body"}`))
	w.err = nil
	secrets = append(secrets, read[api.NewToken](t, do(a, request("POST", "/v1/admin-token/rotate", "")), 200).Token+`"`)
	for _, s := range secrets {
		if strings.Contains(book.String(), s) {
			t.Errorf("%q is in the log", s)
		}
	}
	if n := strings.Count(book.String(), `"msg":"request"`); n != 10 {
		t.Errorf("%d requests are in the log", n)
	}
}

func TestEveryAnswerTellsBrowsersToKeepAway(t *testing.T) {
	a, _ := newWorld(t).open(t, func(o *api.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	for _, path := range []string{"/healthz", "/v1/findings", "/v1/nothing", "/metrics", "/openapi.json"} {
		h := do(a, request("GET", path, "")).Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS without TLS", path)
		}
		if do(a, request("GET", path, "", "X-Forwarded-Proto", "https")).Header().Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no HSTS behind a proxy with TLS", path)
		}
	}
}

func TestPagesOfOtherOriginsAndOtherHostsAreRefused(t *testing.T) {
	a, _ := newWorld(t).open(t, func(o *api.Options) { o.Hosts = []string{"assay.bazar.example", "::1"} })
	for host, status := range map[string]int{
		"assay.bazar.example": 200, "ASSAY.bazar.example:8080": 200, "[::1]:8080": 200, "rebound.example": 421, "": 421,
	} {
		r := request("GET", "/v1/findings", "")
		r.Host = host
		if w := do(a, r); w.Code != status {
			t.Errorf("host %q: %d", host, w.Code)
		}
	}
	r := request("POST", "/v1/screen", item(1), "Sec-Fetch-Site", "cross-site")
	r.Host = "assay.bazar.example"
	problem(t, do(a, r), http.StatusForbidden)
}

func TestAPanicIsA500WithItsStackInTheLog(t *testing.T) {
	w := newWorld(t)
	a, book := w.open(t)
	w.backup = func(io.Writer) error { panic("boom") }
	p := problem(t, do(a, request("GET", "/v1/backup", "")), 500)
	if !strings.Contains(book.String(), "boom") || !strings.Contains(book.String(), "door_test.go") || !strings.Contains(book.String(), p.RequestID) {
		t.Error(book)
	}
}

func TestABackupThatBreaksIsNotEndedWell(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	r := do(a, request("GET", "/v1/backup", ""))
	if r.Body.String() != "archive" || r.Header().Get("Content-Type") != "application/x-tar" {
		t.Errorf("%q, %v", r.Body, r.Header())
	}
	w.backup = func(io.Writer) error { return assay.Errorf(assay.Full, "no room for the snapshot") }
	problem(t, do(a, request("GET", "/v1/backup", "")), 507)
	w.backup = func(out io.Writer) error { io.WriteString(out, "half"); return errSecretCause }
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("the connection is not broken off: %v", got)
		}
	}()
	do(a, request("GET", "/v1/backup", ""))
}

func TestReadinessTellsTheTruth(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	same(t, read[api.Readiness](t, do(a, request("GET", "/readyz", "", "Authorization", "")), 200),
		api.Readiness{Status: "ready", Checks: []api.Check{{Name: "database", OK: true}}})
	w.checks = append(w.checks, api.Check{Name: "generation", Detail: "none is built yet"})
	got := read[api.Readiness](t, do(a, request("GET", "/readyz", "", "Authorization", "")), 503)
	if got.Status != "not ready" || got.Checks[1].Detail == "" {
		t.Errorf("%+v", got)
	}
}

func TestMetricsCountRoutesAndNameNobody(t *testing.T) {
	a, _ := newWorld(t).open(t)
	do(a, request("GET", "/v1/findings/f1", ""))
	do(a, request("GET", "/v1/made-up-by-an-attacker", ""))
	do(a, request("POST", "/v1/listings", item(1)+"\n{}\n"))
	do(a, request("POST", "/v1/screen", item(1)))
	text := do(a, request("GET", "/metrics", "", "Authorization", "")).Body.String()
	for _, want := range []string{
		`assay_http_requests_total{code="200",method="GET",route="/v1/findings/{id}"} 1`,
		`assay_http_requests_total{code="404",method="",route="none"} 1`,
		`assay_http_request_seconds_count{method="POST",route="/v1/screen"} 1`,
		`assay_http_listings_total{result="accepted"} 1`, `assay_http_listings_total{result="rejected"} 1`,
		`assay_http_screened_listings_total 1`, `assay_http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing: %s", want)
		}
	}
	for _, not := range []string{"Bellweather", "bellweather", "token", "made-up", "f1"} {
		if strings.Contains(text, not) {
			t.Errorf("the metrics hold %q", not)
		}
	}
}

func TestOptionsAndServicesAreChecked(t *testing.T) {
	w := newWorld(t)
	for _, o := range []api.Options{{MaxUploads: -1}, {ScreenMemory: 1}, {Hosts: []string{"https://x"}}} {
		if _, err := api.New(w.services(nil), o); assay.CodeOf(err) != assay.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := api.New(api.Services{}, api.Options{}); err == nil || !strings.Contains(err.Error(), "Gate") {
		t.Errorf("services that are missing: %v", err)
	}
}
