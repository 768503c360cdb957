package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// NewToken is a token, which is shown this once.
type NewToken struct {
	Token string `json:"token"`
}

// Readiness is whether the program can do its work.
type Readiness struct {
	Status string  `json:"status" enum:"ready,not ready"`
	Checks []Check `json:"checks"`
}

// Health says that the program answers.
type Health struct {
	Status string `json:"status"`
}

func (a *API) adminRoutes() {
	tags := []string{"installation"}
	typed(a, operator, huma.Operation{
		OperationID: "rotate-admin-token", Method: http.MethodPost, Path: "/v1/admin-token/rotate", Tags: tags,
		Summary:     "Put a new admin token in the old one's place",
		Description: "The old one works for a second more at most.",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body NewToken }, error) {
		secret, err := a.s.Tokens.Rotate(ctx, c.scope)
		a.doorman.forget()
		return &struct{ Body NewToken }{NewToken{secret}}, err
	})

	stream := func(kind string, s *huma.Schema) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: s}}}}
	}
	a.raw(operator, huma.Operation{
		OperationID: "backup", Method: http.MethodGet, Path: "/v1/backup", Tags: tags,
		Summary:     "Everything, as a tar archive",
		Description: "Consistent in itself, while work goes on. A connection that breaks off before the archive's end means that it is not whole.",
		Responses:   stream("application/x-tar", binary()),
	}, func(c *call, r *http.Request) error {
		if r.Method == http.MethodHead {
			return nil
		}
		c.Header().Set("Content-Type", "application/x-tar")
		c.Header().Set("Content-Disposition", `attachment; filename="assay-`+a.o.Now().UTC().Format("20060102-150405")+`.tar"`)
		err := a.s.Backup(r.Context(), c)
		switch {
		case err == nil:
		case c.status == 0:
			c.Header().Del("Content-Disposition")
		default:
			a.problemOf(c, err) // for the log: the answer has begun and will break off
		}
		return err
	})

	a.raw(anybody, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: tags,
		Summary: "Whether the program answers", Responses: jsonResponse[Health](a, "200", "It does."),
	}, func(c *call, r *http.Request) error { return a.answer(c, http.StatusOK, Health{"ok"}) })

	ready := jsonResponse[Readiness](a, "200", "Every part can do its work.")
	a.raw(anybody, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: tags,
		Summary:     "Whether the program can do its work",
		Description: "503 with the same body when a part cannot.", Responses: ready,
	}, func(c *call, r *http.Request) error {
		out, status := Readiness{Status: "ready", Checks: a.s.Ready(r.Context())}, http.StatusOK
		for _, check := range out.Checks {
			if !check.OK {
				out.Status, status = "not ready", http.StatusServiceUnavailable
				c.Header().Set("Retry-After", "1")
			}
		}
		return a.answer(c, status, out)
	})

	a.raw(anybody, huma.Operation{
		OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Tags: tags,
		Summary: "Figures for Prometheus", Responses: stream("text/plain", &huma.Schema{Type: "string"}),
	}, func(c *call, r *http.Request) error {
		a.s.Metrics.ServeHTTP(c, r)
		return nil
	})

	a.raw(anybody, huma.Operation{
		OperationID: "openapi", Method: http.MethodGet, Path: "/openapi.json", Tags: tags,
		Summary: "This document", Responses: stream("application/json", &huma.Schema{Type: "object"}),
	}, func(c *call, r *http.Request) error { return c.send(http.StatusOK, a.document) })
}
