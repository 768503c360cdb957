package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"assay"
	"assay/notify"
)

// NewWebhook is a webhook with its secret, which is shown this once.
type NewWebhook struct {
	assay.Webhook
	Secret string `json:"secret" doc:"whsec_ and the signing key in base64. It is not shown again."`
}

// WebhookList is the scope's webhooks.
type WebhookList struct {
	Webhooks []assay.Webhook `json:"webhooks"`
}

// DeliveryList is a part of a webhook's deliveries, newest first.
type DeliveryList struct {
	Deliveries []assay.Delivery `json:"deliveries"`
	Next       string           `json:"next,omitempty"`
}

// Replayed says how many events are on their way again.
type Replayed struct {
	Replayed int `json:"replayed"`
}

func (a *API) webhookRoutes() {
	tags := []string{"webhooks"}
	type one struct {
		ID string `path:"id" maxLength:"100"`
	}
	typed(a, member, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: tags,
		Summary: "Webhooks",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body WebhookList }, error) {
		found, err := a.s.Webhooks.Webhooks(ctx, c.scope)
		return &struct{ Body WebhookList }{WebhookList{found}}, err
	})

	type webhookRequest struct {
		URL   string   `json:"url" minLength:"1" maxLength:"2000"`
		Kinds []string `json:"kinds,omitempty" maxItems:"20" doc:"Of events, as in finding.new; empty: all."`
	}
	type create struct {
		Body webhookRequest
	}
	type created struct {
		Location string `header:"Location"`
		Body     NewWebhook
	}
	typed(a, member, huma.Operation{
		OperationID: "create-webhook", Method: http.MethodPost, Path: "/v1/webhooks", Tags: tags,
		Summary: "Be told of events", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, c *call, in *create) (*created, error) {
		w, secret, err := a.newWebhook(c.scope, in.Body.URL, in.Body.Kinds)
		if err != nil {
			return nil, err
		}
		if err := a.s.Webhooks.PutWebhook(ctx, c.scope, w); err != nil {
			return nil, err
		}
		return &created{"/v1/webhooks/" + w.ID, NewWebhook{w, secret}}, nil
	})

	typed(a, member, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: "/v1/webhooks/{id}", Tags: tags,
		Summary: "One webhook",
	}, func(ctx context.Context, c *call, in *one) (*struct{ Body assay.Webhook }, error) {
		w, err := a.s.Webhooks.Webhook(ctx, c.scope, in.ID)
		return &struct{ Body assay.Webhook }{w}, err
	})

	typed(a, member, huma.Operation{
		OperationID: "drop-webhook", Method: http.MethodDelete, Path: "/v1/webhooks/{id}", Tags: tags,
		Summary: "Be told no longer", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, c *call, in *one) (*struct{}, error) {
		return nil, a.s.Webhooks.DropWebhook(ctx, c.scope, in.ID)
	})

	type deliveries struct {
		ID     string `path:"id" maxLength:"100"`
		State  string `query:"state" enum:"pending,delivered,failed"`
		Cursor string `query:"cursor" maxLength:"2000"`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	typed(a, member, huma.Operation{
		OperationID: "list-deliveries", Method: http.MethodGet, Path: "/v1/webhooks/{id}/deliveries", Tags: tags,
		Summary: "What became of a webhook's events",
	}, func(ctx context.Context, c *call, in *deliveries) (*struct{ Body DeliveryList }, error) {
		if _, err := a.s.Webhooks.Webhook(ctx, c.scope, in.ID); err != nil {
			return nil, err
		}
		found, next, err := a.s.Webhooks.Deliveries(ctx, c.scope, in.ID, assay.DeliveryState(in.State), in.Cursor, in.Limit)
		return &struct{ Body DeliveryList }{DeliveryList{found, next}}, cursorError(in.Cursor, err)
	})

	type replayRequest struct {
		Since time.Time `json:"since" doc:"Events from this time on are delivered again."`
	}
	type replay struct {
		ID   string `path:"id" maxLength:"100"`
		Body replayRequest
	}
	typed(a, member, huma.Operation{
		OperationID: "replay-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/replay", Tags: tags,
		Summary: "Deliver events again", DefaultStatus: http.StatusAccepted,
	}, func(ctx context.Context, c *call, in *replay) (*struct{ Body Replayed }, error) {
		n, err := a.s.Webhooks.ReplayEvents(ctx, c.scope, in.ID, in.Body.Since.UTC(), a.o.Now())
		return &struct{ Body Replayed }{Replayed{n}}, err
	})

	typed(a, member, huma.Operation{
		OperationID: "replay-delivery", Method: http.MethodPost, Path: "/v1/deliveries/{id}/replay", Tags: tags,
		Summary: "Deliver one event again", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, c *call, in *one) (*struct{}, error) {
		return nil, a.s.Webhooks.ReplayDelivery(ctx, c.scope, in.ID, a.o.Now())
	})
}

// newWebhook checks what was asked for. Whether the address may be called is checked
// when it is: names change what they point to.
func (a *API) newWebhook(scope assay.Scope, address string, kinds []string) (w assay.Webhook, secret string, err error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return w, "", &assay.Problem{Field: "url", Reason: "is not an address as in https://hooks.bazar.example/assay"}
	case u.User != nil || u.Fragment != "":
		return w, "", &assay.Problem{Field: "url", Reason: "must not hold a password or a fragment; deliveries are signed"}
	}
	for i, k := range kinds {
		if !eventKind(k) {
			return w, "", &assay.Problem{Field: "kinds[" + strconv.Itoa(i) + "]", Reason: "is not a kind of event as in finding.new"}
		}
	}
	id, err := newID()
	if err != nil {
		return w, "", err
	}
	key, secret, err := notify.NewSecret(rand.Reader)
	if err != nil {
		return w, "", err
	}
	return assay.Webhook{ID: id, Organisation: scope.Organisation, URL: address, Kinds: kinds, Secret: key,
		Active: true, CreatedAt: a.o.Now().UTC()}, secret, nil
}

// eventKind reports whether k is two or three words of lower case with points between.
func eventKind(k string) bool {
	words := strings.Split(k, ".")
	if len(words) < 2 || len(words) > 3 || len(k) > 64 {
		return false
	}
	for _, w := range words {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return false
		}
	}
	return true
}
