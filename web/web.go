package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"

	"assay"
	"assay/web/words"
)

// Options says how the pages behave. The zero value takes the defaults.
type Options struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // of faults; nil: nothing
	// Secure marks cookies as for TLS only. It must be set where browsers come by https.
	Secure bool
	// Open lets everybody in as the installation itself, without signing in.
	Open bool
}

// Web is the pages, an http.Handler. It is safe for concurrent use. It expects to
// stand behind a door that checks the host's name and refuses what other origins
// send.
type Web struct {
	s        Services
	o        Options
	mux      *http.ServeMux
	words    *words.Catalogue
	sessions *scs.SessionManager
	assets   *assets
	live     *live
	// screenings holds a place for each page that screens: their bodies and what is read of
	// them are in memory.
	screenings chan struct{}
}

// New returns the pages on top of s.
func New(s Services, o Options) (*Web, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return nil, fmt.Errorf("web.New: the service %s is missing", v.Type().Field(i).Name)
		}
	}
	catalogue, err := words.Load()
	if err != nil {
		return nil, err
	}
	files, err := openAssets()
	if err != nil {
		return nil, err
	}
	w := &Web{s: s, o: o, mux: http.NewServeMux(), words: catalogue, assets: files}
	w.screenings = make(chan struct{}, maxScreenings)
	w.live = newLive(s.Findings)
	w.sessions = newSessions(s.Sessions, o)
	w.routes()
	return w, nil
}

// Close ends the streams that pages hold open, so that a server can stop.
func (w *Web) Close() { w.live.close() }

func (w *Web) routes() {
	w.mux.HandleFunc("GET /assets/{file}", w.assets.serve)
	w.handle("GET /sign-in", anybody, w.signInPage)
	w.handle("POST /sign-in", anybody, w.signIn)
	w.handle("POST /sign-out", anybody, w.signOut)
	w.handle("GET /{$}", member, func(c *visit) error { return c.redirect("/findings") })
	w.handle("GET /findings", member, w.findingsPage)
	w.handle("GET /findings/rows", member, w.findingRows)
	w.handle("GET /findings.csv", member, w.findingsCSV)
	w.handle("GET /findings/live", member, w.findingsLive)
	w.handle("GET /findings/{id}", member, w.findingPage)
	w.handle("GET /findings/{id}/panel", member, w.findingPanel)
	w.handle("GET /findings/{id}/pictures/{number}", member, w.findingPicture)
	w.handle("GET /screen", operator, w.screenPage)
	w.handle("POST /screen", operator, w.screen)
	w.handle("GET /reference", member, func(c *visit) error { return c.redirect("/reference/marks") })
	w.handle("GET /reference/{kind}", member, w.referencePage)
	w.handle("POST /reference/{kind}", operator, w.referenceUpload)
	w.handle("GET /reference/imports/{id}", operator, w.referenceImport)
	w.handle("GET /ingest", operator, w.ingestPage)
	w.handle("GET /ingest/poison/{id}", operator, w.poisonPage)
	w.handle("POST /ingest/poison/{id}", operator, w.poison)
	w.handle("GET /", anybody, func(*visit) error { return assay.Errorf(assay.NotFound, "there is no such page") })
}

// maxScreenings is how many pages may screen at one time.
const maxScreenings = 8

// access says who may see a page.
type access uint8

const (
	anybody  access = iota // without signing in
	member                 // any organisation; the scope decides what is seen
	operator               // the installation itself
)

// visit is one request for a page, and the one who makes it.
type visit struct {
	*words.Words
	w     http.ResponseWriter
	r     *http.Request
	web   *Web
	nonce string
	now   time.Time
	who   who
}

// who is signed in; the zero value is nobody.
type who struct {
	scope    assay.Scope
	name     string // of the organisation
	operator bool
	open     bool // nobody had to sign in
}

func (v who) somebody() bool { return v.scope.Organisation != "" }

func (w *Web) handle(pattern string, needs access, h func(*visit) error) {
	w.mux.Handle(pattern, w.sessions.LoadAndSave(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c := &visit{Words: w.words.For(r.Header.Get("Accept-Language")), w: rw, r: r, web: w, nonce: newNonce(), now: w.o.Now()}
		c.headers()
		err := func() error {
			var err error
			if c.who, err = w.whoIs(r); err != nil {
				return err
			}
			switch {
			case needs == anybody:
			case !c.who.somebody():
				return assay.Errorf(assay.Unauthenticated, "sign in first")
			case needs == operator && !c.who.operator:
				return assay.Errorf(assay.Forbidden, "only the installation itself may see this page")
			}
			return h(c)
		}()
		if err != nil {
			w.fail(c, err)
		}
	})))
}

// ServeHTTP answers one request.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.mux.ServeHTTP(rw, r) }

// newNonce returns what tells this answer's own script and htmx attributes from
// injected ones.
func newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// headers are those of every page.
func (c *visit) headers() {
	h := c.w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+c.nonce+"'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // a form says where it comes from; other hosts learn nothing
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

// htmx reports whether a part of a page is asked for, by htmx.
func (c *visit) htmx() bool { return c.r.Header.Get("HX-Request") == "true" }

func (c *visit) redirect(to string) error {
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}

// show answers with a whole page or a part of one.
func (c *visit) show(status int, part templ.Component) error {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return writePacked(c.w, c.r, status, func(ctx context.Context, out *packed) error { return part.Render(ctx, out) })
}

// page answers with a page: part within the layout.
func (c *visit) page(status int, title, section string, part templ.Component) error {
	return c.show(status, layout(c, title, section, part))
}

// statusOf maps the codes of errors to those of HTTP.
func statusOf(err error) int {
	switch assay.CodeOf(err) {
	case assay.Invalid:
		return http.StatusUnprocessableEntity
	case assay.TooLarge:
		return http.StatusRequestEntityTooLarge
	case assay.NotFound:
		return http.StatusNotFound
	case assay.Unavailable:
		return http.StatusServiceUnavailable
	case assay.Busy:
		return http.StatusTooManyRequests
	case assay.Full:
		return http.StatusInsufficientStorage
	case assay.Conflict:
		return http.StatusConflict
	case assay.Unauthenticated:
		return http.StatusUnauthorized
	case assay.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// fail answers with what went wrong, and what can be done about it.
func (w *Web) fail(c *visit, err error) {
	code, reason := assay.CodeOf(err), err.Error()
	if c.r.Context().Err() != nil {
		return // nobody is waiting
	}
	if code == assay.Internal {
		w.o.Log.LogAttrs(c.r.Context(), slog.LevelError, "a page failed", slog.String("page", c.r.Pattern), slog.Any("error", err),
			slog.String("request_id", c.w.Header().Get("X-Request-Id")))
		reason = c.Say("error.fault", "id", c.w.Header().Get("X-Request-Id"))
	}
	if code == assay.Unauthenticated && c.r.Method == http.MethodGet && !c.htmx() {
		c.redirect(signInAddress(c.r))
		return
	}
	if c.htmx() {
		// The part of the page that asked says so; in rows of a table there is no place for it,
		// and they are asked for again.
		if c.r.Pattern == "GET /findings/rows" {
			c.w.Header().Set("HX-Reswap", "none")
		}
		if code == assay.Unauthenticated {
			c.w.Header().Set("HX-Refresh", "true") // the whole page leads to the sign-in
		}
		if e := c.show(statusOf(err), errorPart(c, code, reason)); e != nil {
			w.o.Log.LogAttrs(c.r.Context(), slog.LevelError, "the part of an error failed", slog.Any("error", e))
		}
		return
	}
	if e := c.page(statusOf(err), c.Say("error."+string(code)), "", errorPart(c, code, reason)); e != nil {
		w.o.Log.LogAttrs(c.r.Context(), slog.LevelError, "the page of an error failed", slog.Any("error", e))
	}
}
