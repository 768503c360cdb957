package api_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"assay"
	"assay/api"
	"assay/reference"
	"assay/screen"
	"assay/watch"
)

// The secrets of the tokens that exist.
const (
	adminSecret = "admin-secret-that-must-never-be-logged"
	brandSecret = "brand-secret-that-must-never-be-logged"
	staleSecret = "stale-secret-that-must-never-be-logged"
)

var day = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is everything behind the door, in memory.
type world struct {
	screener *screen.Screener

	mu        sync.Mutex
	now       time.Time
	err       error // what the stores answer with, if set
	scopes    []assay.Scope
	lookups   int
	tokens    map[[32]byte]assay.Token
	taken     []assay.Listing
	lines     []int
	takeMax   int // listings that can be taken; 0: any number
	takeErr   error
	beginErr  error
	addPanics bool
	began     func(context.Context)
	finish    func() // called before Finish returns
	keys      map[string]kept
	filter    assay.FindingFilter
	findings  []assay.Finding
	webhook   assay.Webhook
	imported  string
	backup    func(w io.Writer) error
	checks    []api.Check
}

type kept struct {
	hash   [32]byte
	status int
	body   []byte
}

func newWorld(t testing.TB) *world {
	t.Helper()
	b := reference.New()
	b.AddMark(assay.Mark{Text: "Bellweather", Kind: assay.Distinctive, Owner: "Bellweather Group"}, reference.Place{File: "marks.csv", Line: 2})
	b.AddClaim(assay.ClaimPhrase{Text: "mirror quality", Meaning: assay.Replica}, reference.Place{File: "claims.csv", Line: 2})
	gen, err := b.Build(day)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{screener: screen.New(gen), now: day, tokens: map[[32]byte]assay.Token{}, keys: map[string]kept{},
		checks: []api.Check{{Name: "database", OK: true}}}
	w.tokens[sha256.Sum256([]byte(adminSecret))] = assay.Token{ID: "t1", Organisation: assay.LocalOrganisation, Name: "admin"}
	w.tokens[sha256.Sum256([]byte(brandSecret))] = assay.Token{ID: "t2", Organisation: "bellweather", Name: "brand"}
	w.tokens[sha256.Sum256([]byte(staleSecret))] = assay.Token{ID: "t3", Organisation: assay.LocalOrganisation, Name: "stale", ExpiresAt: day}
	w.findings = []assay.Finding{{ID: "f1", Organisation: "bellweather", Marketplace: "bazar.example", Offer: "7", Revision: 2, Title: "Bellweather bag",
		Assessment: assay.Assessment{Level: assay.Block, Lane: assay.LaneCounterfeit, Owner: "Bellweather Group", Score: 2_310_000}}}
	w.backup = func(out io.Writer) error { _, err := io.WriteString(out, "archive"); return err }
	return w
}

func (w *world) services(r *prometheus.Registry) api.Services {
	return api.Services{
		Gate: w, Intake: w, Findings: w, Offers: w, Reference: w, ReferenceRows: w, Rescreens: w, Webhooks: w,
		Organisations: w, Ingest: w, Tokens: w, Idempotency: w,
		Backup:  func(_ context.Context, out io.Writer) error { return w.backup(out) },
		Ready:   func(context.Context) []api.Check { return w.checks },
		Metrics: promhttp.HandlerFor(r, promhttp.HandlerOpts{}),
	}
}

// open returns the door to w, and what it logs.
func (w *world) open(t testing.TB, change ...func(*api.Options)) (*api.API, *logBook) {
	t.Helper()
	book := &logBook{}
	r := prometheus.NewRegistry()
	o := api.Options{Now: w.clock, Registerer: r, Log: slog.New(slog.NewJSONHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, c := range change {
		c(&o)
	}
	a, err := api.New(w.services(r), o)
	if err != nil {
		t.Fatal(err)
	}
	return a, book
}

// logBook is what was logged.
type logBook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// store notes the scope of a call, and gives the error it ends with.
func (w *world) store(scope assay.Scope) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scopes = append(w.scopes, scope)
	return w.err
}

func (w *world) Open(context.Context) (api.GateSession, error) {
	if w.err != nil {
		return nil, w.err
	}
	return session{w.screener.NewWorker()}, nil
}

type session struct{ *screen.Worker }

func (s session) Screen(l *assay.Listing) assay.Verdict {
	v, _ := s.Worker.Screen(l, assay.Clear)
	return v
}
func (s session) Close() {}

func (w *world) Begin(ctx context.Context) (api.Submission, error) {
	if w.began != nil {
		w.began(ctx)
	}
	if w.beginErr != nil {
		return nil, w.beginErr
	}
	return &submission{w: w}, nil
}

type submission struct {
	w       *world
	n, line int
}

func (s *submission) Add(_ context.Context, l *assay.Listing, line int) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.addPanics {
		panic("boom")
	}
	if s.w.takeMax > 0 && s.n == s.w.takeMax {
		return s.w.takeErr
	}
	s.n, s.line = s.n+1, line
	s.w.taken = append(s.w.taken, l.Clone())
	s.w.lines = append(s.w.lines, line)
	return nil
}

func (s *submission) Finish(context.Context) (watch.Receipt, error) {
	if s.w.finish != nil {
		s.w.finish()
	}
	return watch.Receipt{Durable: s.n, Through: s.line}, nil
}

func (w *world) ListFindings(_ context.Context, scope assay.Scope, f assay.FindingFilter, cursor string, limit int) (assay.FindingPage, error) {
	if cursor == "bad" {
		return assay.FindingPage{}, assay.Errorf(assay.Invalid, "the cursor is not one of ours")
	}
	w.filter = f
	return assay.FindingPage{Findings: w.findings[:min(limit, len(w.findings))], Next: "next", Count: len(w.findings)}, w.store(scope)
}

func (w *world) Finding(_ context.Context, scope assay.Scope, id string) (assay.Finding, error) {
	for _, f := range w.findings {
		if f.ID == id {
			return f, w.store(scope)
		}
	}
	return assay.Finding{}, assay.Errorf(assay.NotFound, "there is no such finding")
}

func (w *world) Revisions(_ context.Context, scope assay.Scope, key assay.OfferKey) ([]assay.Revision, error) {
	return []assay.Revision{
		{OfferKey: key, Number: 3},
		{OfferKey: key, Number: 2},
	}, w.store(scope)
}

func (w *world) RevisionListing(_ context.Context, scope assay.Scope, key assay.OfferKey, number int) ([]byte, error) {
	if number != 2 || key.ID != "7" {
		return nil, assay.Errorf(assay.NotFound, "there is no such revision")
	}
	return []byte(`{"id":"7","title":"as screened"}`), w.store(scope)
}

func (w *world) Observations(_ context.Context, scope assay.Scope, key assay.OfferKey, _ int) ([]assay.Observation, error) {
	return []assay.Observation{{OfferKey: key, At: day, Sold: assay.Count{N: 4, Known: true}}}, w.store(scope)
}

func (w *world) Events(_ context.Context, scope assay.Scope, after int64, _ int) ([]assay.Event, error) {
	return []assay.Event{{ID: "e1", Position: after + 1, Kind: assay.EventFindingNew, Subject: "f1", Data: []byte(`{"verdict":"block"}`)}}, w.store(scope)
}

func (w *world) SubjectEvents(ctx context.Context, scope assay.Scope, _ string, limit int) ([]assay.Event, error) {
	return w.Events(ctx, scope, 0, limit)
}

func (w *world) Offer(_ context.Context, scope assay.Scope, key assay.OfferKey) (watch.Offer, error) {
	return watch.Offer{OfferKey: key, Revision: 2, Price: "39.00", Currency: "EUR"}, w.store(scope)
}

func (w *world) Import(ctx context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, name string, body io.Reader) (assay.ReferenceImport, error) {
	return w.Preview(ctx, scope, kind, mode, name, body)
}

func (w *world) Preview(_ context.Context, scope assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, _ string, body io.Reader) (assay.ReferenceImport, error) {
	b, err := io.ReadAll(body)
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	w.imported = string(b)
	return assay.ReferenceImport{ID: "i1", Kind: kind, Mode: mode, Phase: assay.ImportChecking}, w.store(scope)
}

func (w *world) ImportStatus(_ context.Context, scope assay.Scope, id string) (assay.ReferenceImport, error) {
	return assay.ReferenceImport{ID: id, Phase: assay.ImportDone}, w.store(scope)
}

func (w *world) Status(_ context.Context, scope assay.Scope) (api.ReferenceStatus, error) {
	return api.ReferenceStatus{Generation: "sha256:00", Version: 3, Latest: 3}, w.store(scope)
}

func (w *world) ListReferenceRows(_ context.Context, scope assay.Scope, kind assay.ReferenceKind, _, _, _ string, _ int) ([]assay.ReferenceRow, string, error) {
	return []assay.ReferenceRow{{Kind: kind, Key: "k", Fields: "Bellweather,distinctive"}}, "", w.store(scope)
}

func (w *world) Rescreen(_ context.Context, scope assay.Scope) (assay.Rescreen, bool, error) {
	return assay.Rescreen{Total: 10, Done: 4}, true, w.store(scope)
}

func (w *world) PutWebhook(_ context.Context, scope assay.Scope, h assay.Webhook) error {
	w.webhook = h
	return w.store(scope)
}

func (w *world) Webhooks(_ context.Context, scope assay.Scope) ([]assay.Webhook, error) {
	return []assay.Webhook{w.webhook}, w.store(scope)
}

func (w *world) Webhook(_ context.Context, scope assay.Scope, id string) (assay.Webhook, error) {
	return w.webhook, w.store(scope)
}

func (w *world) DropWebhook(_ context.Context, scope assay.Scope, _ string) error {
	return w.store(scope)
}

func (w *world) Deliveries(_ context.Context, scope assay.Scope, _ string, _ assay.DeliveryState, _ string, _ int) ([]assay.Delivery, string, error) {
	return []assay.Delivery{{ID: "d1", State: assay.DeliveryFailed}}, "", w.store(scope)
}

func (w *world) ReplayDelivery(_ context.Context, scope assay.Scope, _ string, _ time.Time) error {
	return w.store(scope)
}

func (w *world) ReplayEvents(_ context.Context, scope assay.Scope, _ string, _, _ time.Time) (int, error) {
	return 2, w.store(scope)
}

func (w *world) Organisations(_ context.Context, scope assay.Scope, _ string, _ int) ([]assay.Organisation, error) {
	return []assay.Organisation{{ID: "o1", Kind: assay.KindBrand, Name: "Bellweather Group"}}, w.store(scope)
}

func (w *world) PutOrganisation(_ context.Context, scope assay.Scope, _ assay.Organisation) error {
	return w.store(scope)
}

func (w *world) Marketplaces(_ context.Context, scope assay.Scope) ([]assay.Marketplace, error) {
	return []assay.Marketplace{{Name: "bazar.example", Platform: assay.LocalOrganisation}}, w.store(scope)
}

func (w *world) PutMarketplace(_ context.Context, scope assay.Scope, _ assay.Marketplace) error {
	return w.store(scope)
}

func (w *world) Partitions(_ context.Context, scope assay.Scope) ([]assay.PartitionStatus, error) {
	return []assay.PartitionStatus{{Partition: assay.Partition{ID: 0, Committed: 5}, Last: 7, Backlog: 2}}, w.store(scope)
}

func (w *world) Poisoned(_ context.Context, scope assay.Scope, _ string, _ int) ([]assay.Poison, error) {
	return []assay.Poison{{ID: "p1", Reason: "unreadable"}}, w.store(scope)
}

func (w *world) PoisonData(_ context.Context, scope assay.Scope, id string) (assay.Poison, error) {
	return assay.Poison{ID: id, Data: []byte{1, 2, 3}}, w.store(scope)
}

func (w *world) ReplayPoison(_ context.Context, scope assay.Scope, _ string) error {
	return w.store(scope)
}

func (w *world) DropPoison(_ context.Context, scope assay.Scope, _ string) error {
	return w.store(scope)
}

func (w *world) TokenByHash(_ context.Context, hash [32]byte) (assay.Token, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lookups++
	t, ok := w.tokens[hash]
	if !ok {
		return t, assay.Errorf(assay.NotFound, "there is no such token")
	}
	return t, nil
}

func (w *world) Rotate(_ context.Context, scope assay.Scope) (string, error) {
	w.mu.Lock()
	delete(w.tokens, sha256.Sum256([]byte(adminSecret)))
	w.tokens[sha256.Sum256([]byte("rotated"))] = assay.Token{ID: "t4", Organisation: assay.LocalOrganisation, Name: "admin"}
	w.mu.Unlock()
	return "rotated", w.store(scope)
}

func (w *world) IdempotentResult(_ context.Context, scope assay.Scope, key string) ([32]byte, int, []byte, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, ok := w.keys[scope.Organisation+"\x00"+key]
	return k.hash, k.status, k.body, ok, w.err
}

func (w *world) PutIdempotentResult(_ context.Context, scope assay.Scope, key string, hash [32]byte, status int, body []byte, _ time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys[scope.Organisation+"\x00"+key] = kept{hash, status, body}
	return w.err
}

// request builds a request of the admin's; header holds names and values in turn.
func request(method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+adminSecret)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	return r
}

// do sends r and returns the answer.
func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem reads the problem that w holds, and checks what holds for each.
func problem(t testing.TB, w *httptest.ResponseRecorder, status int) api.Problem {
	t.Helper()
	var p api.Problem
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if p.Status != status || p.Title != http.StatusText(status) || p.Code == "" || p.Detail == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("an incomplete problem: %s", w.Body)
	}
	return p
}

// read reads the JSON of a good answer.
func read[T any](t testing.TB, w *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var v T
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error("−want +got:\n" + d)
	}
}

var errSecretCause = errors.New("dial 10.0.0.9: password=hunter2")
