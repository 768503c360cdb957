package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"assay"
	"assay/watch"
)

// FindingList is a part of a list of findings.
type FindingList struct {
	Findings    []assay.Finding `json:"findings"`
	Next        string          `json:"next,omitempty" doc:"Cursor of the next part; absent at the end."`
	Count       int             `json:"count" doc:"How many match in all, 10,000 at most."`
	CountCapped bool            `json:"count_capped" doc:"There may be more than are counted."`
}

// FindingDetail is a finding with what it rests on.
type FindingDetail struct {
	Finding      assay.Finding    `json:"finding"`
	Listing      jsontext.Value   `json:"listing,omitempty" doc:"The listing at the revision that was screened, as it was kept; a seller's identifiers and legal name are for the installation only."`
	Revisions    []assay.Revision `json:"revisions" doc:"Newest first, 1,000 at most."`
	Events       []Event          `json:"events" doc:"What happened to the finding, newest first."`
	Observations []Observation    `json:"observations" doc:"Quantity and sold count, as they were seen."`
}

// Event is one change.
type Event struct {
	assay.Event
	Data jsontext.Value `json:"data,omitempty" doc:"What it was and what it is."`
}

// EventList is a part of the events in the order of their positions.
type EventList struct {
	Events []Event `json:"events"`
	Next   int64   `json:"next" doc:"Position to ask after for what comes next."`
}

// Observation is what was counted on an offer or a variant at a time.
type Observation struct {
	Variant  string    `json:"variant,omitempty"`
	At       time.Time `json:"at"`
	Quantity *int64    `json:"quantity,omitempty"`
	Sold     *int64    `json:"sold,omitempty"`
}

// Offer is what is known of an offer, with the findings on it.
type Offer struct {
	watch.Offer
	Findings []assay.Finding `json:"findings"`
}

const (
	maxFilterBytes   = 1_000
	maxFilterValues  = 50
	detailEvents     = 100
	detailObserved   = 500
	maxCursorBytes   = 2_000
	offerFindings    = 500
	maxIdentityBytes = 1_000
)

func (a *API) findingRoutes() {
	levels := []string{string(assay.Clear), string(assay.Review), string(assay.Block)}
	var lanes []string
	for _, l := range assay.Lanes() {
		lanes = append(lanes, string(l))
	}
	limit := &huma.Param{Name: "limit", In: "query", Description: "How many to answer with.",
		Schema: &huma.Schema{Type: "integer", Minimum: ptr(1.0), Maximum: ptr(float64(MaxPage)), Default: DefaultPage}}
	a.raw(member, huma.Operation{
		OperationID: "list-findings", Method: http.MethodGet, Path: "/v1/findings", Tags: []string{"findings"},
		Summary: "List findings",
		Parameters: []*huma.Param{
			queryList("verdict", "Levels; without it review and block.", levels...),
			queryList("lane", "Lanes.", lanes...),
			queryText("owner", "Who owns the mark."),
			queryText("marketplace", "Where it is offered."),
			queryText("q", "Words that all occur in the listing, the last one perhaps only begun."),
			queryText("seller", "The seller's id."),
			queryText("since", "Changed at this time or later: RFC 3339, or a day."),
			queryText("order", "changed: the last changed first. found: the first found first. score: the highest score first, of equal ones the last changed.", "changed", "found", "score"),
			queryText("cursor", "The next of the part before."),
			limit,
		},
		Responses: jsonResponse[FindingList](a, "200", "The findings."),
	}, func(c *call, r *http.Request) error {
		q, err := parseFindings(r.URL.Query())
		if err != nil {
			return err
		}
		page, err := a.s.Findings.ListFindings(r.Context(), c.scope, q.filter, q.cursor, q.limit)
		if err != nil {
			return cursorError(q.cursor, err)
		}
		return a.answer(c, http.StatusOK, FindingList{page.Findings, page.Next, page.Count, page.Capped})
	})

	type one struct {
		ID string `path:"id" maxLength:"100"`
	}
	typed(a, member, huma.Operation{
		OperationID: "get-finding", Method: http.MethodGet, Path: "/v1/findings/{id}", Tags: []string{"findings"},
		Summary: "One finding, and what it rests on",
	}, func(ctx context.Context, c *call, in *one) (*struct{ Body FindingDetail }, error) {
		d, err := a.finding(ctx, c.scope, in.ID)
		return &struct{ Body FindingDetail }{d}, err
	})

	type after struct {
		After int64 `query:"after" minimum:"0" doc:"Position of the last event that is known; 0: from the first."`
		Limit int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	typed(a, member, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"findings"},
		Summary: "What changed, in order",
	}, func(ctx context.Context, c *call, in *after) (*struct{ Body EventList }, error) {
		events, err := a.s.Findings.Events(ctx, c.scope, in.After, in.Limit)
		out := &struct{ Body EventList }{EventList{Events: viewEvents(events), Next: in.After}}
		if n := len(events); n > 0 {
			out.Body.Next = events[n-1].Position
		}
		return out, err
	})

	type offer struct {
		Marketplace string `query:"marketplace" required:"true" minLength:"1" maxLength:"1000"`
		ID          string `query:"id" required:"true" minLength:"1" maxLength:"1000" doc:"The marketplace's id of the offer."`
	}
	typed(a, member, huma.Operation{
		OperationID: "get-offer", Method: http.MethodGet, Path: "/v1/offers", Tags: []string{"findings"},
		Summary: "What is known of an offer",
	}, func(ctx context.Context, c *call, in *offer) (*struct{ Body Offer }, error) {
		view, err := a.s.Offers.Offer(ctx, c.scope, assay.OfferKey{Marketplace: in.Marketplace, ID: in.ID})
		if err != nil {
			return nil, err
		}
		page, err := a.s.Findings.ListFindings(ctx, c.scope, assay.FindingFilter{
			Levels: []assay.Level{assay.Clear, assay.Review, assay.Block}, Marketplace: in.Marketplace, Offer: in.ID,
		}, "", offerFindings)
		return &struct{ Body Offer }{Offer{view, page.Findings}}, err
	})
}

// finding gathers a finding and what stands around it, each by the scope's own sight.
func (a *API) finding(ctx context.Context, scope assay.Scope, id string) (d FindingDetail, err error) {
	if d.Finding, err = a.s.Findings.Finding(ctx, scope, id); err != nil {
		return d, err
	}
	if d.Revisions, err = a.s.Findings.Revisions(ctx, scope, d.Finding.Key()); err != nil {
		return d, err
	}
	listing, err := a.s.Findings.RevisionListing(ctx, scope, d.Finding.Key(), d.Finding.Revision)
	switch {
	case err == nil:
		d.Listing = validJSON(listing)
	case assay.CodeOf(err) != assay.NotFound: // kept before there was a finding, or no more
		return d, err
	}
	events, err := a.s.Findings.SubjectEvents(ctx, scope, id, detailEvents)
	if err != nil {
		return d, err
	}
	d.Events = viewEvents(events)
	observed, err := a.s.Findings.Observations(ctx, scope, d.Finding.Key(), detailObserved)
	if err != nil {
		return d, err
	}
	for _, o := range observed {
		d.Observations = append(d.Observations, Observation{o.Variant, o.At, viewCount(o.Quantity), viewCount(o.Sold)})
	}
	return d, nil
}

func viewEvents(events []assay.Event) []Event {
	out := make([]Event, len(events))
	for i, e := range events {
		out[i] = Event{e, validJSON(e.Data)}
	}
	return out
}

// validJSON leaves out what would spoil the whole answer.
func validJSON(b []byte) jsontext.Value {
	if v := jsontext.Value(b); v.IsValid() {
		return v
	}
	return nil
}

func viewCount(c assay.Count) *int64 {
	if !c.Known {
		return nil
	}
	return &c.N
}

// findingQuery is what a query asks for.
type findingQuery struct {
	filter assay.FindingFilter
	cursor string
	limit  int
}

// parseFindings reads the parameters of a list of findings. Errors name the
// parameter.
func parseFindings(q url.Values) (out findingQuery, err error) {
	f := &out.filter
	for name := range q {
		text := q.Get(name)
		if len(text) > maxCursorBytes || name != "cursor" && name != "verdict" && name != "lane" && len(text) > maxFilterBytes {
			return out, badParameter(name, "is too long")
		}
		if strings.ContainsRune(text, 0) || !isUTF8(text) {
			return out, badParameter(name, "is not text in UTF-8")
		}
	}
	levels, err := listOf(q, "verdict", func(v string) bool { return assay.Level(v).Rank() >= 0 }, "is none of clear, review, block")
	if err != nil {
		return out, err
	}
	for _, v := range levels {
		f.Levels = append(f.Levels, assay.Level(v))
	}
	lanes, err := listOf(q, "lane", func(v string) bool { return assay.Lane(v).Valid() }, "is none of the lanes")
	if err != nil {
		return out, err
	}
	for _, v := range lanes {
		f.Lanes = append(f.Lanes, assay.Lane(v))
	}
	f.Owner, f.Marketplace, f.Seller, f.Query = q.Get("owner"), q.Get("marketplace"), q.Get("seller"), q.Get("q")
	if f.Since, err = parseSince(q.Get("since")); err != nil {
		return out, err
	}
	switch q.Get("order") {
	case "", "changed":
	case "found":
		f.Order = assay.OrderFound
	case "score":
		f.Order = assay.OrderScore
	default:
		return out, badParameter("order", "is none of changed, found, score")
	}
	out.cursor, out.limit = q.Get("cursor"), DefaultPage
	if text := q.Get("limit"); text != "" {
		out.limit, err = strconv.Atoi(text)
		if err != nil || out.limit < 1 || out.limit > MaxPage {
			return out, badParameter("limit", "must be a number from 1 to "+strconv.Itoa(MaxPage))
		}
	}
	return out, nil
}

// listOf returns the values of a parameter that takes several, each once.
func listOf(q url.Values, name string, valid func(string) bool, otherwise string) (out []string, err error) {
	n := 0
	for _, part := range q[name] {
		for v := range strings.SplitSeq(part, ",") {
			if v == "" {
				continue
			}
			if n++; n > maxFilterValues {
				return nil, badParameter(name, "has too many values")
			}
			if !valid(v) {
				return nil, badParameter(name, "has a value that "+otherwise)
			}
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func parseSince(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, badParameter("since", "is neither a time as in 2026-11-23T15:04:05Z nor a day as in 2026-11-23")
}

// cursorError names the cursor where the store could not read it: nothing else in a
// list's request is the store's to refuse.
func cursorError(cursor string, err error) error {
	if cursor != "" && assay.CodeOf(err) == assay.Invalid {
		return badParameter("cursor", "is not one that was given out here")
	}
	return err
}
