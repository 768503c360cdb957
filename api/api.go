package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/semaphore"

	"assay"
)

// API is the door, an http.Handler. It is safe for concurrent use.
type API struct {
	s           Services
	o           Options
	mux         *http.ServeMux
	huma        huma.API
	metrics     *metrics
	doorman     *doorman
	crossOrigin *http.CrossOriginProtection
	document    []byte // openapi.json

	routes  map[string]*route // by the mux's pattern; fixed once New returns
	gates   gatePool
	intakes intakePool
	uploads *semaphore.Weighted // bodies being read
	screens *semaphore.Weighted // bytes of bodies being screened
	pending pending             // idempotency keys in use
}

// access says who may call a route.
type access uint8

const (
	anybody  access = iota // no token
	member                 // any token; the scope decides what is seen
	operator               // tokens of the installation itself
)

// route is what the door checks before a handler runs.
type route struct {
	access access
	query  map[string]bool // parameters; true: may come more than once
	// raw handlers read the body themselves; others get it whole.
	raw bool
}

// New returns the door to s. Errors are of code Invalid for options that cannot be.
func New(s Services, o Options) (*API, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	a := &API{
		s: s, o: o, mux: http.NewServeMux(), metrics: m,
		doorman: &doorman{tokens: s.Tokens, now: o.Now,
			known: map[[32]byte]knownToken{}, failures: map[netip.Addr]failures{}},
		crossOrigin: http.NewCrossOriginProtection(),
		routes:      map[string]*route{},
		uploads:     semaphore.NewWeighted(int64(o.MaxUploads)),
		screens:     semaphore.NewWeighted(o.ScreenMemory),
		pending:     pending{keys: map[pendingKey]struct{}{}},
	}
	a.huma = humago.New(door{a}, a.config())
	aliases(a.huma.OpenAPI().Components.Schemas)
	a.screenRoutes()
	a.listingRoutes()
	a.findingRoutes()
	a.referenceRoutes()
	a.organisationRoutes()
	a.webhookRoutes()
	a.ingestRoutes()
	a.adminRoutes()
	a.document, err = a.describe()
	return a, err
}

// complete returns an error that names a service that is missing.
func (s Services) complete() error {
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return fmt.Errorf("api.New: the service %s is missing", v.Type().Field(i).Name)
		}
	}
	return nil
}

// config is huma's, without what we do not use: its links to schemas, its pages, its
// choice of formats.
func (a *API) config() huma.Config {
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Assay",
				Version:     a.o.Version,
				Description: "Screens marketplace listings for counterfeits, keeps what it finds, and says why.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A token of the installation; the first start writes one to DATA/admin-token."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{a.humaProblem},
	}
}

// schemaName keeps two types of one name apart.
func schemaName(t reflect.Type, hint string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[assay.Problem]() {
		return "Mistake"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// aliases says how types with a JSON form of their own look.
func aliases(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[assay.Points](), reflect.TypeFor[float64]())
	r.RegisterTypeAlias(reflect.TypeFor[jsontext.Value](), reflect.TypeFor[map[string]any]())
}

func marshal(w io.Writer, v any) error {
	return json.MarshalWrite(w, v, jsontext.AllowInvalidUTF8(true))
}

// unmarshal reads a JSON body. What it says of a bad one goes to the caller.
func unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return syntaxError(err)
	}
	return nil
}

// door is the mux as huma sees it: every handler gets its guard.
type door struct{ a *API }

func (d door) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	rt := d.a.routes[pattern]
	d.a.mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		if err := d.a.admit(c, r, rt); err != nil {
			d.a.fail(c, err)
			return
		}
		h(c, r)
	})
}

func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.a.ServeHTTP(w, r) }

// admit lets a request through to its handler: it knows who calls, what for, and
// that the query says nothing that would be overlooked.
func (a *API) admit(c *call, r *http.Request, rt *route) error {
	if rt.access != anybody {
		t, err := a.doorman.identify(r.Context(), r.Header.Get("Authorization"), c.client)
		if err != nil {
			return err
		}
		c.token = t.ID
		c.scope = assay.Scope{Organisation: t.Organisation, Actor: "token:" + t.Name}
		if rt.access == operator && t.Organisation != assay.LocalOrganisation {
			return assay.Errorf(assay.Forbidden, "only a token of the installation itself may do this")
		}
	}
	if r.URL.RawQuery != "" {
		if err := rt.checkQuery(r.URL.RawQuery); err != nil {
			return err
		}
	}
	if !rt.raw && r.Method != http.MethodGet && r.Method != http.MethodHead {
		data, err := a.readJSON(c, r)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(data))
	}
	return nil
}

func (rt *route) checkQuery(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return refuse(http.StatusBadRequest, "the query is not well formed")
	}
	for name, v := range values {
		many, known := rt.query[name]
		switch {
		case !known:
			return badParameter(printableName(name), "is not known here")
		case !many && len(v) > 1:
			return badParameter(name, "is given more than once")
		}
	}
	return nil
}

// typed registers a handler that huma calls with the request parsed and validated.
func typed[I, O any](a *API, who access, op huma.Operation, h func(ctx context.Context, c *call, in *I) (*O, error)) {
	a.routes[op.Method+" "+op.Path] = &route{access: who}
	op.BodyReadTimeout = -1 // the guard has read it
	op.MaxBodyBytes = maxJSONBytes + 1
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, a.problemOf(c, err)
		}
		return out, nil
	})
}

// raw registers a handler that reads the request and writes the answer itself.
func (a *API) raw(who access, op huma.Operation, h func(c *call, r *http.Request) error) {
	pattern := op.Method + " " + op.Path
	a.routes[pattern] = &route{access: who, raw: true}
	a.huma.OpenAPI().AddOperation(&op)
	door{a}.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := callOf(r.Context())
		if err := h(c, r); err != nil {
			a.fail(c, err)
		}
	})
}

// answer writes v as JSON.
func (a *API) answer(c *call, status int, v any) error {
	var buf bytes.Buffer
	if err := marshal(&buf, v); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	c.Header().Set("Content-Type", "application/json")
	c.WriteHeader(status)
	c.Write(buf.Bytes()) // the client went away: nobody to tell
	return nil
}
