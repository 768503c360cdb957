package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay"
	"assay/reference"
	"assay/score"
	"assay/screen"
	"assay/web"
)

// now is the time in the tests' world.
var now = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// world is everything that the pages show and do, in memory. Its reference is the
// folder examples/reference.
type world struct {
	mu         sync.Mutex
	generation *reference.Generation // nil: none is in force
	findings   []assay.Finding
	listings   map[assay.OfferKey][]byte
	revisions  []assay.Revision
	changing   func(number int) []byte // listings of revisions, if they differ
	rows       map[assay.ReferenceKind][]assay.ReferenceRow
	imports    map[string]assay.ReferenceImport
	preview    func(kind assay.ReferenceKind, mode assay.ImportMode, file string) (assay.ReferenceImport, error)
	imported   []string // files that were brought into force
	partitions []assay.PartitionStatus
	rates      []float64
	poison     []assay.Poison
	replayed   []string
	pages      map[string]page
	sessions   map[[32]byte][]byte
	tokens     map[string]assay.Token // by secret
}

// page is what an address answers with.
type page struct {
	contentType, body string
	err               error
}

// The tokens of the tests' world.
const (
	operatorSecret = "operator"
	memberSecret   = "member"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	g, err := reference.Load(os.DirFS("../examples/reference"), now)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		generation: g, listings: map[assay.OfferKey][]byte{}, rows: map[assay.ReferenceKind][]assay.ReferenceRow{},
		imports: map[string]assay.ReferenceImport{}, pages: map[string]page{}, sessions: map[[32]byte][]byte{},
		tokens: map[string]assay.Token{
			operatorSecret: {ID: "t1", Organisation: assay.LocalOrganisation, Name: "admin", Hash: sha256.Sum256([]byte(operatorSecret))},
			memberSecret:   {ID: "t2", Organisation: "bellweather", Name: "desk", Hash: sha256.Sum256([]byte(memberSecret))},
		},
	}
}

func (w *world) services() web.Services {
	return web.Services{
		Findings: w, Screening: screening{w}, Reference: referenceFake{w}, Ingest: w, Organisations: w, Pictures: w, Sessions: w, SignIn: w, Fetch: w,
	}
}

func (w *world) ListFindings(_ context.Context, _ assay.Scope, f assay.FindingFilter, _ string, _ int) (assay.FindingPage, error) {
	var found []assay.Finding
	for _, x := range w.findings {
		if len(f.Levels) == 0 || slices.Contains(f.Levels, x.Level) {
			found = append(found, x)
		}
	}
	return assay.FindingPage{Findings: found, Count: len(found)}, nil
}

func (w *world) Finding(_ context.Context, _ assay.Scope, id string) (assay.Finding, error) {
	for _, f := range w.findings {
		if f.ID == id {
			return f, nil
		}
	}
	return assay.Finding{}, assay.Errorf(assay.NotFound, "there is no such finding")
}

func (w *world) Revisions(context.Context, assay.Scope, assay.OfferKey) ([]assay.Revision, error) {
	return w.revisions, nil
}

func (w *world) RevisionListing(_ context.Context, _ assay.Scope, key assay.OfferKey, number int) ([]byte, error) {
	if w.changing != nil {
		return w.changing(number), nil
	}
	if b := w.listings[key]; b != nil {
		return b, nil
	}
	return nil, assay.Errorf(assay.NotFound, "it is not kept")
}

func (w *world) Observations(context.Context, assay.Scope, assay.OfferKey, int) ([]assay.Observation, error) {
	return nil, nil
}

func (w *world) SubjectEvents(context.Context, assay.Scope, string, int) ([]assay.Event, error) {
	return nil, nil
}

func (w *world) LastPosition(context.Context, assay.Scope) (int64, error) { return 0, nil }

func (w *world) SellerFindings(context.Context, assay.Scope, string, string) (assay.SellerSummary, error) {
	return assay.SellerSummary{}, nil
}

// screening screens for real, with the world's generation.
type screening struct{ *world }

func (w screening) Open(context.Context) (web.ScreeningSession, error) {
	if w.generation == nil {
		return nil, assay.Errorf(assay.Unavailable, "the reference is being built")
	}
	return session{screen.New(w.generation).NewWorker(), w.generation}, nil
}

type session struct {
	*screen.Worker
	generation *reference.Generation
}

func (s session) Screen(l *assay.Listing) assay.Verdict {
	v, _ := s.Worker.Screen(l, assay.Clear)
	return v
}

func (s session) Thresholds(lane assay.Lane) score.Thresholds {
	return s.generation.Policy().For(lane)
}
func (s session) Close() {}

type referenceFake struct{ *world }

func (w referenceFake) ListReferenceRows(_ context.Context, _ assay.Scope, kind assay.ReferenceKind, owner, q, cursor string, limit int) ([]assay.ReferenceRow, string, error) {
	var found []assay.ReferenceRow
	for _, r := range w.rows[kind] {
		if (owner == "" || r.Owner == owner) && strings.Contains(r.Fields, q) && r.Key > cursor {
			found = append(found, r)
		}
	}
	if len(found) > limit {
		return found[:limit], found[limit-1].Key, nil
	}
	return found, "", nil
}

func (w referenceFake) Preview(_ context.Context, _ assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, _ string, body io.Reader) (assay.ReferenceImport, error) {
	b, err := io.ReadAll(body)
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	return w.preview(kind, mode, string(b))
}

func (w referenceFake) Import(_ context.Context, _ assay.Scope, kind assay.ReferenceKind, mode assay.ImportMode, _ string, body io.Reader) (assay.ReferenceImport, error) {
	b, err := io.ReadAll(body)
	if err != nil {
		return assay.ReferenceImport{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.imported = append(w.imported, string(b))
	r := assay.ReferenceImport{ID: "i1", Kind: kind, Mode: mode, Phase: assay.ImportChecking, StartedAt: now}
	w.imports[r.ID] = r
	return r, nil
}

func (w referenceFake) ImportStatus(_ context.Context, _ assay.Scope, id string) (assay.ReferenceImport, error) {
	if r, ok := w.imports[id]; ok {
		return r, nil
	}
	return assay.ReferenceImport{}, assay.Errorf(assay.NotFound, "there is no such import")
}

func (w referenceFake) Status(context.Context, assay.Scope) (reference.Status, error) {
	if w.generation == nil {
		return reference.Status{}, nil
	}
	return reference.Status{Version: 7, Newest: 7, Hash: w.generation.Hash(), AsOf: w.generation.AsOf(), BuiltAt: now, Stats: w.generation.Stats()}, nil
}

func (w referenceFake) Rescreen(context.Context, assay.Scope) (assay.Rescreen, bool, error) {
	return assay.Rescreen{}, false, nil
}

func (w *world) Partitions(context.Context, assay.Scope) ([]assay.PartitionStatus, error) {
	return w.partitions, nil
}

func (w *world) Rates() []float64 { return w.rates }

func (w *world) Poisoned(_ context.Context, _ assay.Scope, after string, limit int) ([]assay.Poison, error) {
	var found []assay.Poison
	for _, p := range w.poison {
		if p.ID > after && len(found) < limit {
			found = append(found, p)
		}
	}
	return found, nil
}

func (w *world) PoisonData(_ context.Context, _ assay.Scope, id string) (assay.Poison, error) {
	for _, p := range w.poison {
		if p.ID == id {
			return p, nil
		}
	}
	return assay.Poison{}, assay.Errorf(assay.NotFound, "there is no such envelope")
}

func (w *world) ReplayPoison(ctx context.Context, scope assay.Scope, id string) error {
	w.replayed = append(w.replayed, id)
	return w.DropPoison(ctx, scope, id)
}

func (w *world) DropPoison(_ context.Context, _ assay.Scope, id string) error {
	before := len(w.poison)
	w.poison = slices.DeleteFunc(w.poison, func(p assay.Poison) bool { return p.ID == id })
	if len(w.poison) == before {
		return assay.Errorf(assay.NotFound, "there is no such envelope")
	}
	return nil
}

func (w *world) Organisation(_ context.Context, _ assay.Scope, id string) (assay.Organisation, error) {
	return assay.Organisation{ID: id, Name: "Bellweather Group"}, nil
}

func (w *world) Picture(context.Context, string) ([]byte, error) {
	return nil, assay.Errorf(assay.NotFound, "there is no picture")
}

func (w *world) Encode(context.Context, []byte) ([]byte, error) {
	return nil, assay.Errorf(assay.Invalid, "that is no picture")
}

func (w *world) Session(_ context.Context, hash [32]byte, _ time.Time) ([]byte, bool, error) {
	b, ok := w.sessions[hash]
	return b, ok, nil
}

func (w *world) PutSession(_ context.Context, hash [32]byte, data []byte, _ time.Time) error {
	w.sessions[hash] = data
	return nil
}

func (w *world) DropSession(_ context.Context, hash [32]byte) error {
	delete(w.sessions, hash)
	return nil
}

func (w *world) Identify(_ context.Context, secret string, _ netip.Addr) (assay.Token, error) {
	if t, ok := w.tokens[secret]; ok {
		return t, nil
	}
	return assay.Token{}, assay.Errorf(assay.Unauthenticated, "the token is not valid")
}

func (w *world) TokenByHash(_ context.Context, hash [32]byte) (assay.Token, error) {
	for _, t := range w.tokens {
		if t.Hash == hash {
			return t, nil
		}
	}
	return assay.Token{}, assay.Errorf(assay.NotFound, "there is no such token")
}

func (w *world) Client(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func (w *world) Page(_ context.Context, url string) (string, []byte, error) {
	p, ok := w.pages[url]
	if !ok {
		return "", nil, assay.Errorf(assay.Unavailable, "that address did not answer")
	}
	return p.contentType, []byte(p.body), p.err
}

// browser is somebody who looks at the pages, with their cookies.
type browser struct {
	t       *testing.T
	pages   *web.Web
	cookies []*http.Cookie
}

// answer is what a page answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// visit returns the browser of who signs in with a secret.
func (w *world) visit(t *testing.T, secret string) *browser {
	t.Helper()
	pages, err := web.New(w.services(), web.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pages.Close)
	b := &browser{t: t, pages: pages}
	if a := b.post("/sign-in", "token", secret); a.status != http.StatusSeeOther {
		t.Fatalf("signing in as %s answered %d", secret, a.status)
	}
	return b
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	for _, k := range b.cookies {
		r.AddCookie(k)
	}
	rec := httptest.NewRecorder()
	b.pages.ServeHTTP(rec, r.WithContext(b.t.Context()))
	if set := rec.Result().Cookies(); len(set) > 0 {
		b.cookies = set
	}
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// part asks for a page as htmx does.
func (b *browser) part(path string) answer {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("HX-Request", "true")
	return b.do(r)
}

func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// send posts a form with a file, as multipart/form-data; as htmx if script is set.
func (b *browser) send(script bool, path, name, content string, fields ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	file, err := m.CreateFormFile("file", name)
	if err != nil {
		b.t.Fatal(err)
	}
	io.WriteString(file, content)
	for i := 0; i+1 < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	m.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	if script {
		r.Header.Set("HX-Request", "true")
	}
	return b.do(r)
}

// shows fails unless an answer has a status and all the texts.
func (b *browser) shows(a answer, status int, texts ...string) {
	b.t.Helper()
	if a.status != status {
		b.t.Errorf("answered %d, want %d:\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			b.t.Errorf("the page does not say %q:\n%s", text, a.body)
		}
	}
}

// hides fails if an answer has any of the texts.
func (b *browser) hides(a answer, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			b.t.Errorf("the page says %q:\n%s", text, a.body)
		}
	}
}
