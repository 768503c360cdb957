package api

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay"
	"assay/feed"
)

// Verdicts is the answer of POST /v1/screen.
type Verdicts struct {
	Verdicts []assay.Verdict `json:"verdicts" doc:"One for each listing, in their order, clear ones too."`
}

const (
	// maxMistakes is how many mistakes in one body are told at once.
	maxMistakes = 100
	// maxKept is how large a buffer may stay in a pool, in bytes.
	maxKept = 1 << 20
)

func (a *API) screenRoutes() {
	listing := listingSchema(a.huma.OpenAPI().Components.Schemas)
	batch := &huma.Schema{
		Type: "object", Required: []string{"listings"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"listings": {Type: "array", Items: listing, MaxItems: new(int)},
		},
	}
	*batch.Properties["listings"].MaxItems = MaxScreenListings
	a.raw(operator, huma.Operation{
		OperationID: "screen", Method: http.MethodPost, Path: "/v1/screen", Tags: []string{"screening"},
		Summary:     "Ask whether listings may be published",
		Description: "The gate: takes one listing or up to 500, answers with what screening says of each, and keeps nothing.",
		RequestBody: &huma.RequestBody{Required: true, Content: jsonBody(&huma.Schema{OneOf: []*huma.Schema{listing, batch}})},
		Responses:   jsonResponse[Verdicts](a, "200", "The verdicts, in the order of the listings."),
	}, a.screen)
}

// gateWork is what one screening request works with.
type gateWork struct {
	body []byte
	out  bytes.Buffer
	dec  *feed.Decoder
	json jsontext.Decoder
	in   bytes.Buffer
}

// gatePool keeps gateWork between requests.
type gatePool struct{ sync.Pool }

func (p *gatePool) get() (*gateWork, error) {
	if w, ok := p.Get().(*gateWork); ok {
		return w, nil
	}
	dec, err := feed.NewDecoder(feed.Options{})
	if err != nil {
		return nil, err
	}
	return &gateWork{dec: dec}, nil
}

func (p *gatePool) put(w *gateWork) {
	if cap(w.body) > maxKept || w.out.Cap() > maxKept {
		return // one large request need not weigh for ever
	}
	p.Put(w)
}

func (a *API) screen(c *call, r *http.Request) error {
	if err := wantsJSON(r); err != nil {
		return err
	}
	if r.ContentLength > MaxScreenBytes {
		return tooLarge(MaxScreenBytes)
	}
	weight := r.ContentLength
	if weight < 0 {
		weight = MaxScreenBytes
	}
	if !a.screens.TryAcquire(weight) {
		return assay.Errorf(assay.Busy, "too much is being screened at this moment")
	}
	defer a.screens.Release(weight)
	w, err := a.gates.get()
	if err != nil {
		return err
	}
	defer a.gates.put(w)
	w.body = slices.Grow(w.body[:0], int(min(weight, 64<<10))+1)
	if w.body, _, err = readAll(w.body[:0], a.newBody(c, r, MaxScreenBytes), MaxScreenBytes); err != nil {
		return err
	}
	gate, err := a.s.Gate.Open(r.Context())
	if err != nil {
		return err
	}
	defer gate.Close()
	n, err := w.screen(gate)
	if err != nil {
		return err
	}
	a.metrics.screened.Add(float64(n))
	c.Header().Set("Content-Type", "application/json")
	c.Header().Set("Content-Length", strconv.Itoa(w.out.Len()))
	c.Write(w.out.Bytes()) // the client went away: nobody to tell
	return nil
}

// screen decodes w.body and puts the answer into w.out. It returns how many listings
// there were. Mistakes are assay.Problems with all fields named.
func (w *gateWork) screen(gate GateSession) (int, error) {
	s := screening{gate: gate, out: &w.out}
	s.out.Reset()
	s.out.WriteString(`{"verdicts":[`)
	if !isBatch(w.body) {
		s.index = -1
		w.dec.Decode(w.body, 0, s.visit)
	} else if err := w.batch(&s); err != nil {
		return 0, err
	}
	if s.err != nil {
		return 0, s.err
	}
	if len(s.problems) > 0 {
		return 0, s.problems
	}
	s.out.WriteString("]}\n")
	return s.n, nil
}

// screening is the answer to one request while it grows.
type screening struct {
	gate     GateSession
	out      *bytes.Buffer
	index    int // of the listing in the batch; −1: it stands alone
	n        int
	problems assay.Problems
	err      error
}

func (s *screening) visit(l *assay.Listing, p *assay.Problem) {
	switch {
	case p != nil:
		if s.index >= 0 {
			at := "listings[" + strconv.Itoa(s.index) + "]"
			if p.Field != "" {
				at += "." + p.Field
			}
			p.Field = at
		}
		p.Line = 0
		s.problems = append(s.problems, p)
	case len(s.problems) > 0 || s.err != nil: // the answer will not be verdicts
	default:
		v := s.gate.Screen(l)
		if s.n > 0 {
			s.out.WriteByte(',')
		}
		s.n++
		if err := json.MarshalWrite(s.out, &v, jsontext.AllowInvalidUTF8(true)); err != nil {
			s.err = fmt.Errorf("writing a verdict: %w", err)
		}
	}
}

// isBatch tells {"listings":…} from a listing by the first member's name.
func isBatch(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(b[1:], " \t\r\n"), []byte(`"listings"`))
}

// batch visits each element of the body's list. The decoder only finds where they
// end; each is read by the same rules as one that stands alone.
func (w *gateWork) batch(s *screening) error {
	w.in = *bytes.NewBuffer(w.body)
	// Members of one name twice are found when the listing is read.
	w.json.Reset(&w.in, jsontext.AllowDuplicateNames(true))
	for range 2 { // { and "listings"
		if _, err := w.json.ReadToken(); err != nil {
			return bodyProblem(err)
		}
	}
	if k := w.json.PeekKind(); k != '[' && k != jsontext.KindInvalid {
		return assay.Problems{{Field: "listings", Reason: "must be a list"}}
	}
	if _, err := w.json.ReadToken(); err != nil {
		return bodyProblem(err)
	}
	for ; w.json.PeekKind() != ']'; s.index++ {
		if s.index == MaxScreenListings {
			return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("one request takes %d listings at most", MaxScreenListings),
				ProblemField{Location: "body.listings", Field: "listings", Message: fmt.Sprintf("are more than %d", MaxScreenListings)})
		}
		raw, err := w.json.ReadValue()
		if err != nil {
			return bodyProblem(err)
		}
		if len(s.problems) >= maxMistakes {
			continue
		}
		end := int(w.json.InputOffset())
		w.dec.Decode(w.body[end-len(raw):end], 0, s.visit)
	}
	for range 2 { // ] and }
		if k := w.json.PeekKind(); k == '"' {
			return assay.Problems{{Reason: `an object with "listings" has no other members`}}
		}
		if _, err := w.json.ReadToken(); err != nil {
			return bodyProblem(err)
		}
	}
	if len(bytes.TrimLeft(w.body[w.json.InputOffset():], " \t\r\n")) > 0 {
		return assay.Problems{{Reason: "text follows the object"}}
	}
	return nil
}

// bodyProblem says where a body stops being JSON.
func bodyProblem(err error) assay.Problems {
	return assay.Problems{{Reason: syntaxError(err).Error()}}
}

// syntaxError puts what the JSON reader found into words.
func syntaxError(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		reason := "is not JSON"
		if syntax.Err != nil {
			reason = strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
		}
		return fmt.Errorf("not JSON: %s (byte %d of the body)", reason, syntax.ByteOffset+1)
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return fmt.Errorf("the JSON does not fit (byte %d of the body)", semantic.ByteOffset+1)
	}
	return errors.New("not JSON: it ends early")
}

// wantsJSON refuses bodies that say they are something else, or packed.
func wantsJSON(r *http.Request) error {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return refuse(http.StatusUnsupportedMediaType, "this takes plain JSON: Content-Encoding must not be given",
			ProblemField{Location: "header.Content-Encoding", Field: "Content-Encoding", Message: "is not taken here"})
	}
	ct := r.Header.Get("Content-Type")
	if ct == "" || ct == "application/json" {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(ct); err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")) {
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "this takes application/json",
		ProblemField{Location: "header.Content-Type", Field: "Content-Type", Message: "must be application/json"})
}

// listingSchema registers the format of a listing, which is read by package feed and
// so has no Go type with JSON names, and returns a reference to it.
func listingSchema(r huma.Registry) *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: "string", Description: doc} }
	limited := func(n int, doc string) *huma.Schema {
		return &huma.Schema{Type: "string", MaxLength: &n, Description: doc}
	}
	zero := 0.0
	count := func(doc string) *huma.Schema {
		return &huma.Schema{Type: "integer", Minimum: &zero, Description: doc}
	}
	date := &huma.Schema{Type: "string", Format: "date-time"}
	list := func(n int, items *huma.Schema) *huma.Schema {
		return &huma.Schema{Type: "array", MaxItems: &n, Items: items}
	}
	object := func(props map[string]*huma.Schema, required ...string) *huma.Schema {
		return &huma.Schema{Type: "object", Properties: props, Required: required, AdditionalProperties: true}
	}
	price := object(map[string]*huma.Schema{
		"amount": text("Decimal, as in 129.00."), "currency": text("ISO 4217."),
	}, "amount", "currency")
	images := list(assay.MaxImages, &huma.Schema{OneOf: []*huma.Schema{text("An address."), object(map[string]*huma.Schema{
		"url": text(""), "sha256": text("64 hex digits."), "pdq": text("64 hex digits, Meta's perceptual hash."), "data": text("The bytes in base64."),
	})}})
	r.Map()["Listing"] = object(map[string]*huma.Schema{
		"marketplace": text("Where it is offered; with id it names the offer."),
		"id":          text("The marketplace's id of the offer."),
		"page_id":     text("The catalogue page it sits on, if several sellers share one."),
		"title":       limited(assay.MaxTitleChars, ""),
		"description": limited(assay.MaxDescriptionChars, ""),
		"url":         text(""),
		"brand":       text("What the seller typed into the brand field."),
		"category":    text("A path, as in A > B > C."),
		"gtin":        text(""), "mpn": text(""), "sku": text(""),
		"condition": {Type: "string", Enum: []any{"new", "refurbished", "used"}},
		"price":     price,
		"variants": list(assay.MaxVariants, object(map[string]*huma.Schema{
			"id": text(""), "title": text(""), "price": price, "gtin": text(""), "images": images, "quantity": count(""), "sold": count(""),
		})),
		"quantity":   count("An observation, not a revision."),
		"sold":       count("An observation, not a revision."),
		"ship_from":  text("ISO 3166-1 alpha-2."),
		"images":     images,
		"attributes": {Type: "object", AdditionalProperties: text("")},
		"seller": object(map[string]*huma.Schema{
			"id": text(""), "name": text(""), "legal_name": text(""), "country": text("ISO 3166-1 alpha-2."), "joined_at": date,
			"identifiers": list(assay.MaxIdentifiers, object(map[string]*huma.Schema{"type": text(""), "value": text("")}, "type", "value")),
		}),
		"listed_at": date, "updated_at": date,
	}, "marketplace", "id", "title")
	return &huma.Schema{Ref: "#/components/schemas/Listing"}
}
