package web

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"assay"
)

const (
	// sessionTime is how long a browser stays signed in: a working day.
	sessionTime = 12 * time.Hour
	// tokenKey is where a session keeps the hash of the token that was signed in with. The
	// secret itself is not kept.
	tokenKey = "token"
	// maxForm bounds the small forms.
	maxForm = 64 << 10
)

func newSessions(store Sessions, o Options) *scs.SessionManager {
	// Not scs.New, which starts a store in memory whose goroutine nobody can end.
	m := &scs.SessionManager{Store: sessionStore{store, o.Now}, Codec: scs.GobCodec{}, Lifetime: sessionTime}
	m.Cookie = scs.SessionCookie{Name: "assay", Path: "/", HttpOnly: true, Persist: true, Secure: o.Secure,
		SameSite: http.SameSiteLaxMode} // a link in a mail opens the page signed in
	if o.Secure {
		m.Cookie.Name = "__Host-assay" // no other host, no other path, never in the clear
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		o.Log.ErrorContext(r.Context(), "sessions cannot be read or written", "error", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
	return m
}

// sessionStore keeps sessions by the hash of their token, so that who reads the
// database cannot take one over.
type sessionStore struct {
	store Sessions
	now   func() time.Time
}

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.store.Session(ctx, sha256.Sum256([]byte(token)), s.now())
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expires time.Time) error {
	// The library's clock is the machine's; what is kept goes by ours.
	return s.store.PutSession(ctx, sha256.Sum256([]byte(token)), b, s.now().Add(min(time.Until(expires), sessionTime)))
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.store.DropSession(ctx, sha256.Sum256([]byte(token)))
}

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, b []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expires)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// whoIs tells who makes a request. A token that is no more ends its sessions.
func (w *Web) whoIs(r *http.Request) (who, error) {
	if w.o.Open {
		return who{scope: assay.LocalScope("page"), operator: true, open: true}, nil
	}
	hash := w.sessions.GetBytes(r.Context(), tokenKey)
	if len(hash) != sha256.Size {
		return who{}, nil
	}
	t, err := w.s.SignIn.TokenByHash(r.Context(), [sha256.Size]byte(hash))
	if assay.CodeOf(err) == assay.NotFound || err == nil && !t.ExpiresAt.IsZero() && !w.o.Now().Before(t.ExpiresAt) {
		return who{}, w.sessions.Destroy(r.Context())
	}
	if err != nil {
		return who{}, err
	}
	v := who{scope: assay.Scope{Organisation: t.Organisation, Actor: "page:" + t.Name}, operator: t.Organisation == assay.LocalOrganisation}
	if !v.operator {
		o, err := w.s.Organisations.Organisation(r.Context(), v.scope, t.Organisation)
		if err != nil {
			return who{}, err
		}
		v.name = o.Name
	}
	return v, nil
}

// signInAddress is where to sign in to come back to r's page.
func signInAddress(r *http.Request) string {
	to := r.URL.RequestURI()
	if to == "/" || !local(to) {
		return "/sign-in"
	}
	return "/sign-in?to=" + url.QueryEscape(to)
}

// local reports whether an address is one of ours: a path, of nobody else's host.
func local(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\r\n\t")
}

func (w *Web) signInPage(c *visit) error {
	if c.who.somebody() {
		if to := c.r.URL.Query().Get("to"); local(to) {
			return c.redirect(to)
		}
		return c.redirect("/")
	}
	return c.page(http.StatusOK, c.Say("signin.title"), "", signInPart(c, c.r.URL.Query().Get("to"), ""))
}

func (w *Web) signIn(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxForm)
	if err := c.r.ParseForm(); err != nil {
		return formError(err, assay.Errorf(assay.TooLarge, "that is no token"))
	}
	to := c.r.PostForm.Get("to")
	secret := strings.TrimSpace(c.r.PostForm.Get("token"))
	_, err := w.s.SignIn.Identify(c.r.Context(), secret, w.s.SignIn.Client(c.r))
	switch assay.CodeOf(err) {
	case "":
	case assay.Unauthenticated, assay.Busy:
		return c.page(statusOf(err), c.Say("signin.title"), "", signInPart(c, to, c.Say("signin."+string(assay.CodeOf(err)))))
	default:
		return err
	}
	// A session that somebody else may have prepared is not taken over.
	if err := w.sessions.RenewToken(c.r.Context()); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(secret))
	w.sessions.Put(c.r.Context(), tokenKey, hash[:])
	if !local(to) {
		to = "/"
	}
	return c.redirect(to)
}

func (w *Web) signOut(c *visit) error {
	if c.who.somebody() {
		if err := w.sessions.Destroy(c.r.Context()); err != nil {
			return err
		}
	}
	return c.redirect("/sign-in")
}
