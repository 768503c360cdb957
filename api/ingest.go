package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"assay"
)

// IngestState is how far the listings that were taken are worked.
type IngestState struct {
	Partitions []assay.PartitionStatus `json:"partitions"`
	Backlog    uint64                  `json:"backlog" doc:"Envelopes not committed yet, of all partitions."`
}

// PoisonList is a part of the envelopes that were set aside.
type PoisonList struct {
	Poison []assay.Poison `json:"poison"`
	Next   string         `json:"next,omitempty"`
}

func (a *API) ingestRoutes() {
	tags := []string{"ingest"}
	typed(a, operator, huma.Operation{
		OperationID: "get-ingest", Method: http.MethodGet, Path: "/v1/ingest", Tags: tags,
		Summary: "How far the listings are worked",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body IngestState }, error) {
		found, err := a.s.Ingest.Partitions(ctx, c.scope)
		out := &struct{ Body IngestState }{IngestState{Partitions: found}}
		for _, p := range found {
			out.Body.Backlog += p.Backlog
		}
		return out, err
	})

	type list struct {
		Cursor string `query:"cursor" maxLength:"100"`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	typed(a, operator, huma.Operation{
		OperationID: "list-poison", Method: http.MethodGet, Path: "/v1/ingest/poison", Tags: tags,
		Summary: "Envelopes that were set aside",
	}, func(ctx context.Context, c *call, in *list) (*struct{ Body PoisonList }, error) {
		found, err := a.s.Ingest.Poisoned(ctx, c.scope, in.Cursor, in.Limit)
		out := &struct{ Body PoisonList }{PoisonList{Poison: found}}
		if len(found) == in.Limit {
			out.Body.Next = found[len(found)-1].ID
		}
		return out, cursorError(in.Cursor, err)
	})

	id := &huma.Param{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}
	a.raw(operator, huma.Operation{
		OperationID: "get-poison", Method: http.MethodGet, Path: "/v1/ingest/poison/{id}", Tags: tags,
		Summary: "An envelope as it was stored", Parameters: []*huma.Param{id},
		Responses: map[string]*huma.Response{"200": {Description: "Its bytes.",
			Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary()}}}},
	}, func(c *call, r *http.Request) error {
		p, err := a.s.Ingest.PoisonData(r.Context(), c.scope, r.PathValue("id"))
		if err != nil {
			return err
		}
		h := c.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", "attachment")
		h.Set("Content-Length", strconv.Itoa(len(p.Data)))
		c.Write(p.Data) // the client went away: nobody to tell
		return nil
	})

	type one struct {
		ID string `path:"id" maxLength:"100"`
	}
	typed(a, operator, huma.Operation{
		OperationID: "replay-poison", Method: http.MethodPost, Path: "/v1/ingest/poison/{id}/replay", Tags: tags,
		Summary: "Work an envelope again", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, c *call, in *one) (*struct{}, error) {
		return nil, a.s.Ingest.ReplayPoison(ctx, c.scope, in.ID)
	})
	typed(a, operator, huma.Operation{
		OperationID: "drop-poison", Method: http.MethodDelete, Path: "/v1/ingest/poison/{id}", Tags: tags,
		Summary: "Give an envelope up", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, c *call, in *one) (*struct{}, error) {
		return nil, a.s.Ingest.DropPoison(ctx, c.scope, in.ID)
	})
}
