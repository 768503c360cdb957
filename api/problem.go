package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay"
)

// Problem is what every error is answered with (RFC 9457).
type Problem struct {
	Title     string         `json:"title" doc:"The status in words."`
	Status    int            `json:"status"`
	Code      assay.Code     `json:"code" doc:"What the caller can do about it: invalid, too_large, not_found, unavailable, busy, full, conflict, unauthenticated, forbidden, internal."`
	Detail    string         `json:"detail" doc:"What is wrong, for people."`
	RequestID string         `json:"request_id" doc:"Under which the log has the request."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Each mistake in what was sent."`
	// Taken is there when a body of listings could not be taken to its end.
	*Taken

	header http.Header
}

// ProblemField is one mistake.
type ProblemField struct {
	Location string `json:"location,omitempty" doc:"Where it stands in the request, as in body.listings[3].title or query.verdict."`
	Field    string `json:"field,omitempty" doc:"The field alone, as in listings[3].title."`
	Line     int    `json:"line,omitzero" doc:"Line of the body, from 1, where it has lines."`
	Message  string `json:"message"`
}

// Taken says how much of a body of listings is kept although the rest is not.
type Taken struct {
	Accepted       int `json:"accepted" doc:"Listings of this body that are durable."`
	DurableThrough int `json:"durable_through" doc:"Every good listing up to this line is durable; go on after it."`
	RejectedCount  int `json:"rejected_count" doc:"Bad records met so far."`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus, GetHeaders and ContentType are what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns what goes with the problem: Retry-After, WWW-Authenticate.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType turns JSON into application/problem+json.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// statusOf is the one place where a code becomes a status.
func statusOf(code assay.Code) int {
	switch code {
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

// requestError is a mistake in the request that HTTP has a status of its own for.
type requestError struct {
	status int
	detail string
	fields []ProblemField
	header http.Header
	cause  error
}

func (e *requestError) Error() string { return e.detail }
func (e *requestError) Unwrap() error { return e.cause }

func refuse(status int, detail string, fields ...ProblemField) *requestError {
	return &requestError{status: status, detail: detail, fields: fields}
}

// badParameter is a value of the query that is none of its parameter's.
func badParameter(name, message string) *requestError {
	return refuse(http.StatusUnprocessableEntity, "the query parameter "+name+" "+message,
		ProblemField{Location: "query." + name, Field: name, Message: message})
}

// problemOf puts err into words for the caller of c, and into the log where it is our
// fault.
func (a *API) problemOf(c *call, err error) *Problem {
	var done *Problem
	if errors.As(err, &done) {
		return done
	}
	p := &Problem{Code: assay.CodeOf(err), RequestID: c.id, header: http.Header{}}
	var re *requestError
	var problem *assay.Problem
	var problems assay.Problems
	var ae *assay.Error
	switch {
	case errors.As(err, &re):
		p.Status, p.Detail, p.Errors = re.status, re.detail, re.fields
		p.Code = codeOf(re.status)
		for name, values := range re.header {
			p.header[name] = values
		}
	case errors.As(err, &ae):
		p.Status, p.Detail = statusOf(ae.Code), ae.Message
	case errors.As(err, &problem):
		p.Status, p.Detail = statusOf(assay.Invalid), "the input has a mistake"
		p.Errors = []ProblemField{fieldOf(problem)}
	case errors.As(err, &problems):
		p.Status, p.Detail = statusOf(assay.Invalid), "the input has mistakes"
		for _, problem := range problems[:min(len(problems), MaxRejected)] {
			p.Errors = append(p.Errors, fieldOf(problem))
		}
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		p.Status, p.Code, p.Detail = http.StatusServiceUnavailable, assay.Unavailable, "the request ended before its work did"
	default:
		p.Status, p.Code = http.StatusInternalServerError, assay.Internal
	}
	if p.Status == http.StatusInternalServerError {
		p.Code, p.Detail, p.Errors = assay.Internal, "a fault of this server; its log has more under the request id", nil
	}
	switch p.Status {
	case http.StatusTooManyRequests:
		p.header.Set("Retry-After", retryAfter(err, time.Second))
	case http.StatusServiceUnavailable:
		p.header.Set("Retry-After", retryAfter(err, 5*time.Second))
	case http.StatusUnauthorized:
		p.header.Set("WWW-Authenticate", `Bearer realm="assay"`)
	}
	p.Title = http.StatusText(p.Status)
	if p.Status >= 500 {
		level := slog.LevelWarn // the surroundings' fault: they are away, or full
		if p.Status == http.StatusInternalServerError {
			level = slog.LevelError
		}
		a.o.Log.LogAttrs(context.Background(), level, "request failed",
			slog.String("request_id", c.id), slog.String("code", string(p.Code)), slog.String("error", causes(err)))
	}
	return p
}

// codeOf is statusOf backwards, for the statuses that only HTTP has.
func codeOf(status int) assay.Code {
	switch status {
	case http.StatusNotFound:
		return assay.NotFound
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return assay.TooLarge
	case http.StatusServiceUnavailable:
		return assay.Unavailable
	case http.StatusTooManyRequests:
		return assay.Busy
	case http.StatusInsufficientStorage:
		return assay.Full
	case http.StatusConflict:
		return assay.Conflict
	case http.StatusUnauthorized:
		return assay.Unauthenticated
	case http.StatusForbidden:
		return assay.Forbidden
	}
	if status >= 500 {
		return assay.Internal
	}
	return assay.Invalid
}

// causes lists an error's messages from the outside in: an assay.Error does not
// show its cause to callers.
func causes(err error) string {
	var parts []string
	var walk func(error)
	walk = func(e error) {
		if e == nil {
			return
		}
		if s := e.Error(); !slices.ContainsFunc(parts, func(said string) bool { return strings.Contains(said, s) }) {
			parts = append(parts, s)
		}
		switch e := e.(type) {
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				walk(one)
			}
		}
	}
	walk(err)
	return strings.Join(parts, ": ")
}

// retryAfter is whole seconds, one at least.
func retryAfter(err error, otherwise time.Duration) string {
	wait := otherwise
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		wait = r.RetryAfter()
	}
	return strconv.FormatInt(max(1, int64((wait+time.Second-1)/time.Second)), 10)
}

func fieldOf(p *assay.Problem) ProblemField {
	f := ProblemField{Field: p.Field, Line: p.Line, Message: p.Reason}
	f.Location = "body"
	if p.Field != "" {
		f.Location += "." + p.Field
	}
	return f
}

// fail answers with err.
func (a *API) fail(c *call, err error) {
	if c.status != 0 { // the answer has begun: all that can be done is not to end it well
		panic(http.ErrAbortHandler)
	}
	c.writeProblem(a.problemOf(c, err))
}

func (c *call) writeProblem(p *Problem) {
	body, err := json.Marshal(p, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		body = []byte(`{"title":"Internal Server Error","status":500,"code":"internal"}`)
	}
	h := c.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Del("Content-Encoding")
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.WriteHeader(p.Status)
	c.Write(body) // nobody is left to tell if it fails
}

// humaProblem turns what huma itself says of a request into our shape. It is a
// transformer, so that nothing outside this API changes.
func (a *API) humaProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Title: http.StatusText(m.Status), Status: m.Status, Code: codeOf(m.Status), Detail: m.Detail}
	if c := callOf(ctx.Context()); c != nil {
		p.RequestID = c.id
	}
	if p.Detail == "validation failed" {
		p.Detail = "the request has mistakes"
	}
	for _, e := range m.Errors {
		if e == nil {
			continue
		}
		f := ProblemField{Location: e.Location, Field: e.Location, Message: e.Message}
		// What is missing stands in huma's message only.
		if name, ok := strings.CutPrefix(f.Message, "expected required property "); ok {
			name, _, _ = strings.Cut(name, " to be present")
			f.Location, f.Field, f.Message = f.Location+"."+name, f.Location+"."+name, "is missing"
		} else if strings.HasPrefix(f.Message, "required ") {
			f.Message = "is missing"
		}
		for _, place := range []string{"body.", "query.", "path.", "header."} {
			f.Field = strings.TrimPrefix(f.Field, place)
		}
		if f.Field == "body" {
			f.Field = ""
		}
		p.Errors = append(p.Errors, f)
	}
	return p, nil
}
