package api_test

import (
	"strings"
	"testing"
	"time"

	"assay"
	"assay/api"
)

func TestAListOfFindingsIsAskedForByWhatTheQuerySays(t *testing.T) {
	for _, c := range []struct {
		query string
		want  assay.FindingFilter
	}{
		{"", assay.FindingFilter{}},
		{"?verdict=block", assay.FindingFilter{Levels: []assay.Level{assay.Block}}},
		{"?verdict=block,review&verdict=clear,block", assay.FindingFilter{Levels: []assay.Level{assay.Block, assay.Review, assay.Clear}}},
		{"?lane=price&lane=misuse", assay.FindingFilter{Lanes: []assay.Lane{assay.LanePrice, assay.LaneMisuse}}},
		{"?owner=O&marketplace=m&seller=s&q=%E5%8F%A4%E9%A9%B0", assay.FindingFilter{Owner: "O", Marketplace: "m", Seller: "s", Query: "古驰"}},
		{"?since=2026-11-23", assay.FindingFilter{Since: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}},
		{"?since=2026-11-23T02:00:00%2B02:00&order=found", assay.FindingFilter{Since: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Order: assay.OrderFound}},
		{"?order=score", assay.FindingFilter{Order: assay.OrderScore}},
		{"?order=changed", assay.FindingFilter{}},
	} {
		w := newWorld(t)
		a, _ := w.open(t)
		got := read[api.FindingList](t, do(a, request("GET", "/v1/findings"+c.query, "")), 200)
		same(t, w.filter, c.want)
		if len(got.Findings) != 1 || got.Next != "next" || got.Count != 1 || got.CountCapped {
			t.Errorf("%+v", got)
		}
	}
}

func TestABadParameterOfAListIsNamed(t *testing.T) {
	a, _ := newWorld(t).open(t)
	for query, field := range map[string]string{
		"verdict=maybe": "verdict", "verdict=block,maybe": "verdict", "lane=fraud": "lane", "since=yesterday": "since", "order=x": "order",
		"limit=0": "limit", "limit=501": "limit", "limit=1e2": "limit", "cursor=bad": "cursor", "q=%ff": "q", "q=a%00b": "q",
		"owner=" + strings.Repeat("x", 1_001): "owner", "lane=" + strings.Repeat("price,", 51): "lane",
	} {
		p := problem(t, do(a, request("GET", "/v1/findings?"+query, "")), 422)
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", query, p)
		}
	}
	problem(t, do(a, request("GET", "/v1/findings?q=%zz", "")), 400)
}

func TestAFindingComesWithTheListingOfItsRevision(t *testing.T) {
	a, _ := newWorld(t).open(t)
	got := read[api.FindingDetail](t, do(a, request("GET", "/v1/findings/f1", "")), 200)
	same(t, string(got.Listing), `{"id":"7","title":"as screened"}`)
	if len(got.Revisions) != 2 || len(got.Events) != 1 || *got.Observations[0].Sold != 4 || got.Observations[0].Quantity != nil {
		t.Errorf("%+v", got)
	}
	problem(t, do(a, request("GET", "/v1/findings/f2", "")), 404)
}

func TestEventsAreReadOnFromTheLastPosition(t *testing.T) {
	a, _ := newWorld(t).open(t)
	got := read[api.EventList](t, do(a, request("GET", "/v1/events?after=41", "")), 200)
	same(t, got.Next, int64(42))
	same(t, string(got.Events[0].Data), `{"verdict":"block"}`)
}

func TestAnOfferComesWithItsFindings(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	got := read[api.Offer](t, do(a, request("GET", "/v1/offers?marketplace=bazar.example&id=7", "")), 200)
	if got.Revision != 2 || len(got.Findings) != 1 {
		t.Errorf("%+v", got)
	}
	same(t, w.filter, assay.FindingFilter{Levels: []assay.Level{assay.Clear, assay.Review, assay.Block}, Marketplace: "bazar.example", Offer: "7"})
}

func TestAReferenceFileIsImportedOrPreviewed(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t, func(o *api.Options) { o.MaxReferenceBytes = 1 << 20 })
	csv := "mark,kind\nBellweather,distinctive\n"
	r := do(a, request("POST", "/v1/reference/marks?mode=replace&name=marks.csv", gzipped(csv), "Content-Type", "application/gzip"))
	got := read[assay.ReferenceImport](t, r, 202)
	same(t, r.Header().Get("Location"), "/v1/reference/imports/i1")
	same(t, w.imported, csv)
	if got.Kind != assay.ReferenceMarks || got.Mode != assay.ImportReplace {
		t.Errorf("%+v", got)
	}
	same(t, read[assay.ReferenceImport](t, do(a, request("GET", r.Header().Get("Location"), "")), 200).ID, "i1")
	same(t, do(a, request("POST", "/v1/reference/marks?dry_run=true", csv)).Code, 200)

	packed := gzipped(strings.Repeat("x", 100_000))
	problem(t, do(a, request("POST", "/v1/reference/marks", packed[:len(packed)-9])), 400)
	problem(t, do(a, request("POST", "/v1/reference/marks", gzipped(strings.Repeat("x", 2<<20)))), 413)
	problem(t, do(a, request("POST", "/v1/reference/marks", strings.Repeat("x", 2<<20))), 413)
	problem(t, do(a, request("POST", "/v1/reference/secrets", csv)), 404)
	problem(t, do(a, request("POST", "/v1/reference/marks?mode=x", csv)), 422)
	problem(t, do(a, request("POST", "/v1/reference/marks?dry_run=perhaps", csv)), 422)
	problem(t, do(a, request("POST", "/v1/reference/marks", csv, "Content-Type", "multipart/form-data; boundary=x")), 415)
}

func TestAWebhooksSecretIsShownOnce(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	r := do(a, request("POST", "/v1/webhooks", `{"url":"https://hooks.bazar.example/assay","kinds":["finding.new"]}`, "Authorization", "Bearer "+brandSecret))
	got := read[api.NewWebhook](t, r, 201)
	if len(w.webhook.Secret) != 32 || !strings.HasPrefix(got.Secret, "whsec_") || w.webhook.Organisation != "bellweather" || !w.webhook.Active {
		t.Errorf("%+v of %+v", got, w.webhook)
	}
	same(t, r.Header().Get("Location"), "/v1/webhooks/"+got.ID)
	for _, path := range []string{"/v1/webhooks", "/v1/webhooks/" + got.ID} {
		if body := do(a, request("GET", path, "")).Body.String(); strings.Contains(body, "secret") || strings.Contains(body, strings.TrimPrefix(got.Secret, "whsec_")) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestWhatChangesSomethingAnswersWithItsStatus(t *testing.T) {
	a, _ := newWorld(t).open(t)
	for _, c := range []struct {
		method, target, body string
		status               int
	}{
		{"DELETE", "/v1/webhooks/h1", "", 204},
		{"POST", "/v1/webhooks/h1/replay", `{"since":"2026-11-23T00:00:00Z"}`, 202},
		{"POST", "/v1/deliveries/d1/replay", "", 204},
		{"GET", "/v1/webhooks/h1/deliveries?state=failed", "", 200},
		{"POST", "/v1/organisations", `{"kind":"brand","name":"Bellweather Group"}`, 201},
		{"GET", "/v1/marketplaces/bazar.example", "", 200},
		{"GET", "/v1/marketplaces/nowhere.example", "", 404},
		{"PUT", "/v1/marketplaces/bazar.example", `{"platform":"o1"}`, 200},
		{"GET", "/v1/ingest", "", 200},
		{"GET", "/v1/ingest/poison", "", 200},
		{"POST", "/v1/ingest/poison/p1/replay", "", 204},
		{"DELETE", "/v1/ingest/poison/p1", "", 204},
	} {
		if r := do(a, request(c.method, c.target, c.body)); r.Code != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.target, r.Code, r.Body)
		}
	}
	if r := do(a, request("GET", "/v1/ingest/poison/p1", "")); r.Body.String() != "\x01\x02\x03" {
		t.Errorf("%q", r.Body)
	}
}
