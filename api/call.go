package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"assay"
)

// call is one request on its way through the door, and the writer of its answer. It
// belongs to the goroutine that serves the request.
type call struct {
	http.ResponseWriter
	rc     *http.ResponseController
	r      *http.Request
	api    *API
	id     string
	client netip.Addr // who sent it, as far as proxies are trusted
	scope  assay.Scope
	token  string // the token's id, for the log

	status   int
	bytes    int64
	replaced bool      // the mux's own answer was replaced by ours
	writeBy  time.Time // the deadline of writing that is set
}

type callKey struct{}

// callOf returns the call that ctx belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// Unwrap is for http.ResponseController.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *call) WriteHeader(status int) {
	if c.replaced || c.status != 0 {
		return
	}
	if c.r.Pattern == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		// No route took it: this is the mux speaking, in plain text.
		detail := "there is nothing here; /openapi.json lists what there is"
		if status == http.StatusMethodNotAllowed {
			detail = "this path takes " + c.Header().Get("Allow")
		}
		c.r.Pattern = unrouted
		c.writeProblem(c.api.problemOf(c, refuse(status, detail)))
		c.replaced = true
		return
	}
	c.status = status
	c.extend()
	c.ResponseWriter.WriteHeader(status)
}

func (c *call) Write(b []byte) (int, error) {
	if c.replaced {
		return len(b), nil
	}
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	c.extend()
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// extend gives the client more time to take the answer. The deadline is the
// network's matter, so that it is by the machine's clock.
func (c *call) extend() {
	now := time.Now()
	if c.writeBy.Sub(now) > writeTimeout/2 {
		return
	}
	c.writeBy = now.Add(writeTimeout)
	c.rc.SetWriteDeadline(c.writeBy) // a writer that has no deadlines has no slow clients
}

// unrouted stands in metrics for requests that no route takes.
const unrouted = "none"

// ServeHTTP is everything that holds for every request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := a.o.Now()
	c := &call{ResponseWriter: w, rc: http.NewResponseController(w), api: a}
	c.id = requestID(r.Header.Get("X-Request-Id"))
	var secure bool
	c.client, secure = a.origin(r)
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.rc.SetWriteDeadline(time.Time{}) // an earlier request of the connection left one

	h := w.Header()
	h.Set("X-Request-Id", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	a.metrics.inFlight.Inc()
	defer func() {
		broken := recover()
		abort := broken == http.ErrAbortHandler
		if broken != nil && !abort {
			a.o.Log.LogAttrs(r.Context(), slog.LevelError, "panic",
				slog.String("request_id", c.id), slog.String("panic", fmt.Sprint(broken)), slog.String("stack", string(debug.Stack())))
			if c.status == 0 {
				c.writeProblem(&Problem{Title: http.StatusText(500), Status: 500, Code: assay.Internal, RequestID: c.id,
					Detail: "a fault of this server; its log has more under the request id"})
			} else {
				abort = true
			}
		}
		a.finish(c, began)
		if abort {
			panic(http.ErrAbortHandler)
		}
	}()
	switch {
	case len(r.RequestURI) > maxURLBytes:
		a.fail(c, refuse(http.StatusRequestURITooLong, fmt.Sprintf("the address is longer than %d bytes", maxURLBytes)))
	case !a.hostAllowed(r.Host) && r.URL.Path != "/healthz" && r.URL.Path != "/readyz": // probes call by address
		a.fail(c, refuse(http.StatusMisdirectedRequest, "this server is not known by the name that was asked for"))
	case a.crossOrigin.Check(r) != nil:
		a.fail(c, assay.Errorf(assay.Forbidden, "a page of another origin may not send this"))
	case a.o.Pages != nil && !a.owns(r.URL.Path):
		if c.r.Body != http.NoBody {
			b := a.newBody(c, c.r, a.o.MaxReferenceBytes) // a form has to keep moving, too
			c.r.Body = pagesBody{b, c.r.Body}
		}
		a.o.Pages.ServeHTTP(c, c.r)
	default:
		a.mux.ServeHTTP(c, c.r)
	}
}

// pagesBody is a body that has to keep moving.
type pagesBody struct {
	*body
	io.Closer
}

// owns reports whether a path is the API's.
func (a *API) owns(path string) bool {
	switch path {
	case "/openapi.json", "/healthz", "/readyz", "/metrics":
		return true
	}
	return path == "/v1" || strings.HasPrefix(path, "/v1/")
}

// Client returns who sent a request that is being answered, as far as proxies are
// trusted.
func Client(r *http.Request) netip.Addr {
	if c := callOf(r.Context()); c != nil {
		return c.client
	}
	return netip.Addr{}
}

// finish counts the call and writes its line in the log: no query, no header, no
// body, since each may hold a secret.
func (a *API) finish(c *call, began time.Time) {
	took := a.o.Now().Sub(began)
	if c.status == 0 {
		c.status = http.StatusOK // net/http will say so
	}
	route := c.r.Pattern
	if route == "" {
		route = unrouted
	}
	a.metrics.inFlight.Dec()
	if c.r.ContentLength != 0 {
		// What is left of the body is read by net/http, and must not take for ever; for
		// the connection's next request it sets its own deadline.
		c.rc.SetReadDeadline(time.Now().Add(a.o.ChunkTimeout))
	}
	a.metrics.observe(route, c.status, took)
	path := c.r.URL.Path
	if len(path) > 256 {
		path = strings.ToValidUTF8(path[:256], "") + "…"
	}
	level := slog.LevelInfo
	if c.status >= 500 {
		level = slog.LevelWarn
	}
	a.o.Log.LogAttrs(context.Background(), level, "request",
		slog.String("request_id", c.id), slog.String("method", c.r.Method), slog.String("path", path),
		slog.Int("status", c.status), slog.Int64("bytes", c.bytes), slog.Duration("took", took),
		slog.String("client", c.client.String()), slog.String("token", c.token))
}

// requestID takes the caller's id where it is harmless to log and to answer.
func requestID(given string) string {
	if given != "" && len(given) <= 128 && strings.IndexFunc(given, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.:", r))
	}) < 0 {
		return given
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "unknown" // no randomness; nothing depends on it
	}
	return id.String()
}

// origin tells who sent r, and whether it came over TLS. What proxies say is
// believed from the right, as long as each of them is trusted.
func (a *API) origin(r *http.Request) (client netip.Addr, secure bool) {
	secure = r.TLS != nil
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, secure
	}
	client = peer.Addr().Unmap()
	if !a.trusted(client) {
		return client, secure
	}
	secure = secure || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = addr.Unmap().WithZone("")
		if !a.trusted(client) {
			break
		}
	}
	return client, secure
}

func (a *API) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(a.o.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (a *API) hostAllowed(host string) bool {
	if len(a.o.Hosts) == 0 {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return slices.ContainsFunc(a.o.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}
