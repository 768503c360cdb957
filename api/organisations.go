package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"assay"
)

// OrganisationList is a part of the organisations, by id.
type OrganisationList struct {
	Organisations []assay.Organisation `json:"organisations"`
	Next          string               `json:"next,omitempty"`
}

// MarketplaceList is every marketplace that the scope sees.
type MarketplaceList struct {
	Marketplaces []assay.Marketplace `json:"marketplaces"`
}

func (a *API) organisationRoutes() {
	tags := []string{"organisations"}
	type list struct {
		Cursor string `query:"cursor" maxLength:"100"`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	typed(a, member, huma.Operation{
		OperationID: "list-organisations", Method: http.MethodGet, Path: "/v1/organisations", Tags: tags,
		Summary: "Organisations",
	}, func(ctx context.Context, c *call, in *list) (*struct{ Body OrganisationList }, error) {
		found, err := a.s.Organisations.Organisations(ctx, c.scope, in.Cursor, in.Limit)
		out := &struct{ Body OrganisationList }{OrganisationList{Organisations: found}}
		if len(found) == in.Limit {
			out.Body.Next = found[len(found)-1].ID
		}
		return out, cursorError(in.Cursor, err)
	})

	type organisationRequest struct {
		Kind   string `json:"kind" enum:"brand,platform,association,agent,authority"`
		Name   string `json:"name" minLength:"1" maxLength:"200"`
		Parent string `json:"parent,omitempty" maxLength:"100" doc:"Id of the group that owns it."`
	}
	type create struct {
		Body organisationRequest
	}
	type created struct {
		Location string `header:"Location"`
		Body     assay.Organisation
	}
	typed(a, operator, huma.Operation{
		OperationID: "create-organisation", Method: http.MethodPost, Path: "/v1/organisations", Tags: tags,
		Summary: "Add an organisation", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, c *call, in *create) (*created, error) {
		if strings.TrimSpace(in.Body.Name) == "" {
			return nil, &assay.Problem{Field: "name", Reason: "is missing"}
		}
		id, err := newID()
		if err != nil {
			return nil, err
		}
		o := assay.Organisation{ID: id, Kind: assay.OrganisationKind(in.Body.Kind), Name: strings.TrimSpace(in.Body.Name),
			Parent: in.Body.Parent, CreatedAt: a.o.Now().UTC()}
		return &created{"/v1/organisations", o}, a.s.Organisations.PutOrganisation(ctx, c.scope, o)
	})

	typed(a, member, huma.Operation{
		OperationID: "list-marketplaces", Method: http.MethodGet, Path: "/v1/marketplaces", Tags: tags,
		Summary: "Marketplaces, and the platforms that run them",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body MarketplaceList }, error) {
		found, err := a.s.Organisations.Marketplaces(ctx, c.scope)
		return &struct{ Body MarketplaceList }{MarketplaceList{found}}, err
	})

	type named struct {
		Name string `path:"name" minLength:"1" maxLength:"1000"`
	}
	typed(a, member, huma.Operation{
		OperationID: "get-marketplace", Method: http.MethodGet, Path: "/v1/marketplaces/{name}", Tags: tags,
		Summary: "One marketplace",
	}, func(ctx context.Context, c *call, in *named) (*struct{ Body assay.Marketplace }, error) {
		found, err := a.s.Organisations.Marketplaces(ctx, c.scope)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if m.Name == in.Name {
				return &struct{ Body assay.Marketplace }{m}, nil
			}
		}
		return nil, assay.Errorf(assay.NotFound, "there is no such marketplace")
	})

	type marketplaceRequest struct {
		Platform string `json:"platform" minLength:"1" maxLength:"100" doc:"Id of the organisation that runs it."`
	}
	type put struct {
		Name string `path:"name" minLength:"1" maxLength:"1000"`
		Body marketplaceRequest
	}
	typed(a, operator, huma.Operation{
		OperationID: "put-marketplace", Method: http.MethodPut, Path: "/v1/marketplaces/{name}", Tags: tags,
		Summary: "Say who runs a marketplace",
	}, func(ctx context.Context, c *call, in *put) (*struct{ Body assay.Marketplace }, error) {
		m := assay.Marketplace{Name: in.Name, Platform: in.Body.Platform}
		return &struct{ Body assay.Marketplace }{m}, a.s.Organisations.PutMarketplace(ctx, c.scope, m)
	})
}

func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return id.String(), nil
}
