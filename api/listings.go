package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"assay"
	"assay/feed"
)

// Accepted is the answer of POST /v1/listings.
type Accepted struct {
	Accepted      int        `json:"accepted" doc:"Listings that are durable."`
	Rejected      []Rejected `json:"rejected" doc:"The first 1,000 bad records."`
	RejectedCount int        `json:"rejected_count" doc:"All bad records."`
}

// Rejected is a record that was skipped.
type Rejected struct {
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// feedTypes are the content types of listings. The empty format is told by the first
// bytes.
var feedTypes = [...]struct {
	name   string
	format feed.Format
}{
	{"application/x-ndjson", feed.NDJSON}, {"application/ndjson", feed.NDJSON},
	{"application/jsonl", feed.NDJSON}, {"application/x-jsonlines", feed.NDJSON},
	{"application/json", feed.NDJSON}, // one object, over as many lines as it likes
	{"text/csv", feed.CSV}, {"text/tab-separated-values", feed.TSV},
	{"application/xml", feed.Google}, {"text/xml", feed.Google},
	{"application/rss+xml", feed.Google}, {"application/atom+xml", feed.Google},
	{"application/ld+json", feed.JSONLD}, {"text/html", feed.HTML},
	{"application/gzip", ""}, {"application/x-gzip", ""}, {"application/zstd", ""}, {"application/octet-stream", ""},
}

func (a *API) listingRoutes() {
	content := map[string]*huma.MediaType{}
	for _, t := range feedTypes {
		content[t.name] = &huma.MediaType{Schema: binary()}
	}
	content["application/json"].Schema = &huma.Schema{Ref: "#/components/schemas/Listing"}
	a.raw(operator, huma.Operation{
		OperationID: "send-listings", Method: http.MethodPost, Path: "/v1/listings", Tags: []string{"listings"},
		Summary: "Send listings in",
		Description: "Takes a feed, plain or packed with gzip or Zstandard. The answer comes when every accepted listing is durable; bad records are named and skipped. " +
			"If the feed cannot be taken to its end, the problem says how much is durable and up to which line.",
		Parameters: []*huma.Param{
			queryText("format", "The format, where the content type does not say it.", "ndjson", "csv", "tsv", "google", "jsonld", "html"),
			queryText("marketplace", "For records that carry none."),
			queryText("currency", "ISO 4217, for prices that carry none."),
			{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MaxLength: ptr(maxKeyChars)},
				Description: "The same key with the same body gets the same answer, with Idempotency-Replayed: true; with another body, 422."},
			{Name: "Content-Encoding", In: "header", Schema: &huma.Schema{Type: "string", Enum: []any{"gzip", "zstd", "identity"}}},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: content},
		Responses:   jsonResponse[Accepted](a, "200", "Everything accepted is durable."),
	}, a.listings)
}

func ptr[T any](v T) *T { return &v }

// listings takes one feed. Nothing of the body is read before there is room for it.
func (a *API) listings(c *call, r *http.Request) error {
	o, single, err := feedOptions(r)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	if r.ContentLength > a.o.MaxListingsBytes {
		return tooLarge(a.o.MaxListingsBytes)
	}
	if !a.uploads.TryAcquire(1) {
		return assay.Errorf(assay.Busy, "%d bodies are being read at this moment", a.o.MaxUploads)
	}
	defer a.uploads.Release(1)
	in := &intake{a: a, c: c, o: o, single: single, src: a.newBody(c, r, a.o.MaxListingsBytes), answer: Accepted{Rejected: []Rejected{}}}
	if key != "" {
		return a.once(c, key, in)
	}
	answer, err := in.take(r.Context())
	if err != nil {
		return err
	}
	return a.answer(c, http.StatusOK, answer)
}

// feedOptions reads from the header and the query what the body is; single says that
// it is one JSON object.
func feedOptions(r *http.Request) (o feed.Options, single bool, err error) {
	switch e := strings.ToLower(r.Header.Get("Content-Encoding")); e {
	case "", "identity", "gzip", "x-gzip", "zstd": // the first bytes tell
	default:
		return o, false, refuse(http.StatusUnsupportedMediaType, "a body may be packed with gzip or zstd",
			ProblemField{Location: "header.Content-Encoding", Field: "Content-Encoding", Message: "must be gzip or zstd"})
	}
	q := r.URL.Query()
	o = feed.Options{Format: feed.NDJSON, Marketplace: q.Get("marketplace"), Currency: q.Get("currency")}
	kind := r.Header.Get("Content-Type")
	if kind != "" {
		known := false
		if kind, _, err = mime.ParseMediaType(kind); err == nil {
			for _, t := range feedTypes {
				if t.name == kind {
					o.Format, known = t.format, true
				}
			}
		}
		if !known {
			return o, false, refuse(http.StatusUnsupportedMediaType, "this content type is not taken; for NDJSON it is application/x-ndjson",
				ProblemField{Location: "header.Content-Type", Field: "Content-Type", Message: "is not one of those in /openapi.json"})
		}
	}
	single = kind == "application/json"
	if f := q.Get("format"); f != "" {
		o.Format, single = feed.Format(f), false
		if feed.Options.Validate(feed.Options{Format: o.Format}) != nil {
			return o, false, badParameter("format", "is none of ndjson, csv, tsv, google, jsonld, html")
		}
	}
	if len(o.Marketplace) > maxFilterBytes {
		return o, false, badParameter("marketplace", "is too long")
	}
	if o.Validate() != nil {
		return o, false, badParameter("currency", "is not an ISO 4217 code")
	}
	return o, single, nil
}

// intake is one feed on its way in.
type intake struct {
	a      *API
	c      *call
	o      feed.Options
	single bool
	src    *body

	sub     Submission
	ctx     context.Context
	records int
	line    int   // where the record stands that is visited
	stopped error // why nothing more can be taken
	answer  Accepted
	begun   bool // something may be durable
}

// take reads the feed and returns when what was accepted is durable. A feed that
// could not be taken to its end is a *Problem that says how much is.
func (in *intake) take(ctx context.Context) (Accepted, error) {
	sub, err := in.a.s.Intake.Begin(ctx)
	if err != nil {
		return in.answer, err
	}
	// A client that is gone, or has closed its side, is noticed by reading the body: what
	// was read before is taken all the same.
	in.sub, in.ctx, in.begun = sub, context.WithoutCancel(ctx), true
	finished := false
	defer func() {
		if !finished { // a panic: the room that was taken is given back all the same
			sub.Finish(context.WithoutCancel(ctx))
		}
	}()
	readErr := in.read()
	if in.stopped != nil {
		readErr = in.stopped
	}
	// What was added is waited for although the client may be gone: nobody else
	// will.
	receipt, err := sub.Finish(context.WithoutCancel(ctx))
	finished = true
	if readErr == nil {
		readErr = err
	}
	in.answer.Accepted = receipt.Durable
	in.a.metrics.listings.WithLabelValues("accepted").Add(float64(receipt.Durable))
	in.a.metrics.listings.WithLabelValues("rejected").Add(float64(in.answer.RejectedCount))
	if readErr != nil {
		p := in.a.problemOf(in.c, readErr)
		p.Taken = &Taken{Accepted: receipt.Durable, DurableThrough: receipt.Through, RejectedCount: in.answer.RejectedCount}
		return in.answer, p
	}
	return in.answer, nil
}

// read reads the body and adds its listings.
func (in *intake) read() error {
	w, err := in.a.intakes.get()
	if err != nil {
		return err
	}
	defer in.a.intakes.put(w)
	var complete bool
	w.body, complete, err = readAll(w.body[:0], in.src, smallBody)
	if err != nil && len(w.body) == 0 {
		return err
	}
	if complete {
		if done, err := in.small(w); done {
			return err
		}
	}
	// The records before an error are good all the same; in.src gives it again.
	return in.stream(io.MultiReader(bytes.NewReader(w.body), in.src))
}

// stream reads a feed of any size and format.
func (in *intake) stream(src io.Reader) error {
	r, err := feed.Open("body", src, in.o)
	if err != nil {
		return streamError(err)
	}
	defer r.Close()
	var b feed.Batch
	visit := func(l *assay.Listing, p *assay.Problem) {
		in.line = b.Line()
		in.visit(l, p)
	}
	for {
		if err := r.Next(&b); err != nil {
			if err == io.EOF {
				return nil
			}
			return streamError(err)
		}
		if in.records += b.Len(); in.records > MaxListingsRecords {
			return assay.Errorf(assay.TooLarge, "the body has more than %d records", MaxListingsRecords)
		}
		b.Decode(visit)
		if in.stopped != nil {
			return in.stopped
		}
	}
}

// streamError adds the status to what is wrong with a feed: data that ends early was
// cut short on its way, and is no mistake in the data.
func streamError(err error) error {
	var re *requestError
	if errors.As(err, &re) {
		return re
	}
	var own *assay.Error
	if errors.As(err, &own) && own.Code == assay.Invalid {
		status := http.StatusUnprocessableEntity
		if errors.Is(err, io.ErrUnexpectedEOF) {
			status = http.StatusBadRequest
		}
		return &requestError{status: status, detail: own.Message, cause: err}
	}
	return err
}

// visit takes one record's listing or its problem.
func (in *intake) visit(l *assay.Listing, p *assay.Problem) {
	if in.stopped != nil {
		return
	}
	if p == nil {
		err := in.sub.Add(in.ctx, l, in.line)
		if !errors.As(err, &p) {
			in.stopped = err
			return
		}
	}
	in.answer.RejectedCount++
	if len(in.answer.Rejected) < MaxRejected {
		in.answer.Rejected = append(in.answer.Rejected, Rejected{p.Line, p.Field, p.Reason})
	}
}
