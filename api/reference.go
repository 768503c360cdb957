package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzip"

	"assay"
)

// ReferenceState is what is in force, and how far the findings follow it.
type ReferenceState struct {
	ReferenceStatus
	Rescreen *assay.Rescreen `json:"rescreen,omitempty" doc:"The findings being screened anew under a generation."`
}

// ReferenceList is a part of a kind's rows.
type ReferenceList struct {
	Rows []assay.ReferenceRow `json:"rows"`
	Next string               `json:"next,omitempty"`
}

func referenceKinds() []string {
	return []string{
		string(assay.ReferenceMarks), string(assay.ReferenceClaims), string(assay.ReferenceProducts),
		string(assay.ReferenceAuthorised), string(assay.ReferenceGated), string(assay.ReferenceRates),
		string(assay.ReferenceBanks), string(assay.ReferenceBankImages), string(assay.ReferenceScreening),
	}
}

const importPath = "/v1/reference/imports/"

func (a *API) referenceRoutes() {
	tags := []string{"reference"}
	typed(a, member, huma.Operation{
		OperationID: "get-reference", Method: http.MethodGet, Path: "/v1/reference", Tags: tags,
		Summary: "The generation in force",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body ReferenceState }, error) {
		status, err := a.s.Reference.Status(ctx, c.scope)
		if err != nil {
			return nil, err
		}
		out := &struct{ Body ReferenceState }{ReferenceState{ReferenceStatus: status}}
		job, any, err := a.s.Rescreens.Rescreen(ctx, c.scope)
		if any {
			out.Body.Rescreen = &job
		}
		return out, err
	})

	kind := &huma.Param{Name: "kind", In: "path", Required: true, Description: "The table.", Schema: queryText("", "", referenceKinds()...).Schema}
	imports := jsonResponse[assay.ReferenceImport](a, "202", "The import goes on; Location says where to ask.")
	imports["202"].Headers = map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: "string"}}}
	imports["200"] = jsonResponse[assay.ReferenceImport](a, "200", "What the import would do (dry_run).")["200"]
	a.raw(operator, huma.Operation{
		OperationID: "import-reference", Method: http.MethodPost, Path: "/v1/reference/{kind}", Tags: tags,
		Summary:     "Bring a file of reference data into force",
		Description: "The body is the file itself (CSV; YAML for screening), plain or packed with gzip. It comes into force whole or not at all.",
		Parameters: []*huma.Param{
			kind,
			queryText("mode", "merge (the default) adds rows and replaces those of the same key; replace also removes the others of the owners in the file.", "merge", "replace"),
			queryText("dry_run", "true: say what would change, and change nothing.", "true", "false"),
			queryText("name", "The file's name, for messages."),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"text/csv": {Schema: binary()}, "application/yaml": {Schema: binary()}, "application/gzip": {Schema: binary()},
		}},
		Responses: imports,
	}, a.importReference)

	type rows struct {
		Kind   string `path:"kind" enum:"marks,claims,products,authorised,gated,rates,banks,bank_images,screening"`
		Owner  string `query:"owner" maxLength:"1000"`
		Q      string `query:"q" maxLength:"1000" doc:"Words that all occur in the row; the last one may be only begun."`
		Cursor string `query:"cursor" maxLength:"2000"`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	typed(a, member, huma.Operation{
		OperationID: "list-reference", Method: http.MethodGet, Path: "/v1/reference/{kind}", Tags: tags,
		Summary: "Rows in force",
	}, func(ctx context.Context, c *call, in *rows) (*struct{ Body ReferenceList }, error) {
		list, next, err := a.s.ReferenceRows.ListReferenceRows(ctx, c.scope, assay.ReferenceKind(in.Kind), in.Owner, in.Q, in.Cursor, in.Limit)
		return &struct{ Body ReferenceList }{ReferenceList{list, next}}, cursorError(in.Cursor, err)
	})

	type one struct {
		ID string `path:"id" maxLength:"100"`
	}
	typed(a, operator, huma.Operation{
		OperationID: "get-reference-import", Method: http.MethodGet, Path: importPath + "{id}", Tags: tags,
		Summary: "How far an import is",
	}, func(ctx context.Context, c *call, in *one) (*struct{ Body assay.ReferenceImport }, error) {
		i, err := a.s.Reference.ImportStatus(ctx, c.scope, in.ID)
		return &struct{ Body assay.ReferenceImport }{i}, err
	})
}

func (a *API) importReference(c *call, r *http.Request) error {
	kind := r.PathValue("kind")
	if !slices.Contains(referenceKinds(), kind) {
		return refuse(http.StatusNotFound, "there is no such table; there are "+strings.Join(referenceKinds(), ", "),
			ProblemField{Location: "path.kind", Field: "kind", Message: "is not a table of the reference"})
	}
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct == "multipart/form-data" || ct == "application/x-www-form-urlencoded" {
		return refuse(http.StatusUnsupportedMediaType, "the body must be the file itself, not a form",
			ProblemField{Location: "header.Content-Type", Field: "Content-Type", Message: "must be text/csv, application/yaml or application/gzip"})
	}
	q := r.URL.Query()
	mode := assay.ImportMode(q.Get("mode"))
	switch mode {
	case "":
		mode = assay.ImportMerge
	case assay.ImportMerge, assay.ImportReplace:
	default:
		return badParameter("mode", "is neither merge nor replace")
	}
	dry := q.Get("dry_run")
	if dry != "" && dry != "true" && dry != "false" {
		return badParameter("dry_run", "is neither true nor false")
	}
	name := q.Get("name")
	if len(name) > maxFilterBytes || !isUTF8(name) {
		return badParameter("name", "is too long, or not text in UTF-8")
	}
	if name == "" {
		name = kind + ".csv"
	}
	if r.ContentLength > a.o.MaxReferenceBytes {
		return tooLarge(a.o.MaxReferenceBytes)
	}
	if !a.uploads.TryAcquire(1) {
		return assay.Errorf(assay.Busy, "%d bodies are being read at this moment", a.o.MaxUploads)
	}
	defer a.uploads.Release(1)
	src := newUnpacker(a.newBody(c, r, a.o.MaxReferenceBytes), a.o.MaxReferenceBytes)
	if dry == "true" {
		i, err := a.s.Reference.Preview(r.Context(), c.scope, assay.ReferenceKind(kind), mode, name, src)
		if err != nil {
			return err
		}
		return a.answer(c, http.StatusOK, i)
	}
	i, err := a.s.Reference.Import(r.Context(), c.scope, assay.ReferenceKind(kind), mode, name, src)
	if err != nil {
		return err
	}
	c.Header().Set("Location", importPath+i.ID)
	return a.answer(c, http.StatusAccepted, i)
}

// unpacker undoes gzip, told by the first bytes, up to a limit of what comes out.
type unpacker struct {
	src   io.Reader
	out   io.Reader // nil until the first bytes are seen
	gz    bool
	left  int64
	limit int64
	err   error
}

func newUnpacker(src io.Reader, limit int64) *unpacker {
	return &unpacker{src: src, left: limit, limit: limit}
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.out == nil && u.err == nil {
		u.err = u.open()
	}
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.out.Read(p)
	if u.left -= int64(n); u.left < 0 {
		u.err = assay.Errorf(assay.TooLarge, "the file is larger than %s when it is unpacked", size(u.limit))
		return 0, u.err
	}
	if err != nil {
		u.err = u.explain(err)
	}
	return n, u.err
}

func (u *unpacker) open() error {
	head := make([]byte, 2)
	n, err := io.ReadFull(u.src, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return err
	}
	u.out = io.MultiReader(strings.NewReader(string(head[:n])), u.src)
	if u.gz = n == 2 && head[0] == 0x1f && head[1] == 0x8b; u.gz {
		z, err := gzip.NewReader(u.out)
		if err != nil {
			return u.explain(err)
		}
		u.out = z
	}
	return nil
}

// explain says what is wrong with packed data; errors of the body stay.
func (u *unpacker) explain(err error) error {
	var re *requestError
	switch {
	case err == io.EOF || !u.gz || errors.As(err, &re) || assay.CodeOf(err) != assay.Internal:
		return err
	case err == io.ErrUnexpectedEOF:
		return &requestError{status: http.StatusBadRequest, detail: "the gzip data ends early", cause: err}
	}
	return assay.Errorf(assay.Invalid, "the gzip data is damaged (%w)", err)
}
