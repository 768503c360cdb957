package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// describe completes the OpenAPI document with what holds for every route, notes
// which parameters each route takes, and returns the document.
func (a *API) describe() ([]byte, error) {
	doc := a.huma.OpenAPI()
	problem := a.schema(reflect.TypeFor[Problem]())
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			rt := a.routes[method+" "+path]
			rt.query = map[string]bool{}
			for _, p := range op.Parameters {
				if p.In == "query" {
					rt.query[p.Name] = p.Schema.Type == "array"
				}
			}
			if rt.access != anybody {
				op.Security = []map[string][]string{{"bearer": {}}}
			}
			if rt.access == operator {
				op.Description = strings.TrimSpace(op.Description + "\n\nFor tokens of the installation itself only.")
			}
			for status := range op.Responses {
				if status[0] == '4' || status[0] == '5' {
					delete(op.Responses, status)
				}
			}
			op.Responses["default"] = &huma.Response{
				Description: "What is wrong, as problem details (RFC 9457).",
				Content:     map[string]*huma.MediaType{problemType: {Schema: problem}},
			}
		}
	}
	for name, s := range doc.Components.Schemas.Map() {
		if strings.HasSuffix(name, "Request") || name == "Listing" {
			continue
		}
		// Answers may grow fields, and their lists are never null.
		s.AdditionalProperties = nil
		for _, p := range s.Properties {
			p.Nullable = false
		}
	}
	p := doc.Components.Schemas.Map()["Problem"]
	p.Required = slices.DeleteFunc(p.Required, func(name string) bool { // those of Taken
		return name == "accepted" || name == "durable_through" || name == "rejected_count"
	})
	// huma's own form of an error is never sent.
	delete(doc.Components.Schemas.Map(), "ErrorModel")
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return b, nil
}

// schema returns a reference to t's schema.
func (a *API) schema(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
}

// jsonBody is content of type application/json.
func jsonBody(s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s}}
}

// jsonResponse is the responses of a raw route that answers with T.
func jsonResponse[T any](a *API, status, description string) map[string]*huma.Response {
	return map[string]*huma.Response{status: {Description: description, Content: jsonBody(a.schema(reflect.TypeFor[T]()))}}
}

// binary is a body that is not JSON.
func binary() *huma.Schema { return &huma.Schema{Type: "string", Format: "binary"} }

// queryText is a parameter of the query.
func queryText(name, doc string, allowed ...string) *huma.Param {
	s := &huma.Schema{Type: "string"}
	for _, v := range allowed {
		s.Enum = append(s.Enum, v)
	}
	return &huma.Param{Name: name, In: "query", Description: doc, Schema: s}
}

// queryList is a parameter that takes several values, comma-separated or repeated.
func queryList(name, doc string, allowed ...string) *huma.Param {
	p := queryText(name, doc+" Several may be given, separated by commas or each in its own parameter.", allowed...)
	p.Schema = &huma.Schema{Type: "array", Items: p.Schema}
	return p
}
