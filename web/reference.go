package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"assay"
	"assay/reference"
)

// referenceKinds are the tables that have a page, in the order of their tabs.
func referenceKinds() []assay.ReferenceKind {
	return []assay.ReferenceKind{assay.ReferenceMarks, assay.ReferenceProducts, assay.ReferenceAuthorised, assay.ReferenceGated,
		assay.ReferenceClaims, assay.ReferenceRates, assay.ReferenceBanks}
}

// uploadable reports whether a table's file can be sent through its page. Banks have
// their images beside them, which are a folder.
func uploadable(k assay.ReferenceKind) bool { return k != assay.ReferenceBanks }

// owned reports whether the rows of a table have owners.
func owned(k assay.ReferenceKind) bool {
	return k != assay.ReferenceClaims && k != assay.ReferenceRates
}

// exampleRow is a row of a table's file, of invented names.
func exampleRow(k assay.ReferenceKind) string {
	switch k {
	case assay.ReferenceMarks:
		return "Bellweather,distinctive,Bellweather Group,en,18;25,EU 000000001,"
	case assay.ReferenceProducts:
		return "Bellweather Group,04012345000016,BW-4410,Bellweather Fold shoulder bag,Bags,EUR,890.00,,"
	case assay.ReferenceAuthorised:
		return "Bellweather Group,bazar.example,bellweather-official,,2024-01-01,"
	case assay.ReferenceGated:
		return "Maison Exemple SA,bazar.example,Watches,2026-01-01,"
	case assay.ReferenceClaims:
		return "mirror quality,replica,en"
	case assay.ReferenceRates:
		return "2026-11-02,USD,1.0800"
	case assay.ReferenceBanks:
		return "bellweather-bags,official,Bellweather Group"
	}
	return ""
}

// exampleFile is a table's file with one row.
func exampleFile(k assay.ReferenceKind) string {
	return strings.Join(reference.Columns(k), ",") + "\n" + exampleRow(k)
}

// referenceQuery is what the address of a table asks for.
type referenceQuery struct {
	kind             assay.ReferenceKind
	owner, q, cursor string
}

func (q referenceQuery) address() string {
	v := url.Values{}
	for name, value := range map[string]string{"owner": q.owner, "q": q.q, "cursor": q.cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	path := "/reference/" + string(q.kind)
	if len(v) > 0 {
		return path + "?" + v.Encode()
	}
	return path
}

func (q referenceQuery) of(owner string) referenceQuery {
	return referenceQuery{kind: q.kind, owner: owner, q: q.q}
}
func (q referenceQuery) next(cursor string) referenceQuery { q.cursor = cursor; return q }
func (q referenceQuery) filtered() bool                    { return q.owner != "" || q.q != "" }

// referenceView is a table of the reference as a page shows it.
type referenceView struct {
	query    referenceQuery
	kinds    []assay.ReferenceKind // that have a tab
	columns  []string
	rows     []assay.ReferenceRow
	next     string
	status   reference.Status
	rescreen *assay.Rescreen
	upload   uploadView
}

// cells are a row's columns; a row that cannot be read is one cell.
func cells(fields string, columns int) []string {
	r := csv.NewReader(strings.NewReader(fields))
	r.FieldsPerRecord = columns
	record, err := r.Read()
	if err != nil {
		record = make([]string, max(columns, 1))
		record[0] = fields
	}
	return record
}

// numeric reports whether a column holds numbers, which stand at its right end.
func numeric(column string) bool {
	return slices.Contains([]string{"list_price", "minimum_price", "per_eur"}, column)
}

func parseReference(r *http.Request) (q referenceQuery, err error) {
	q.kind = assay.ReferenceKind(r.PathValue("kind"))
	if !slices.Contains(referenceKinds(), q.kind) {
		return q, assay.Errorf(assay.NotFound, "the reference has no such table")
	}
	values := r.URL.Query()
	for _, name := range []string{"owner", "q", "cursor"} {
		if v := values.Get(name); !utf8.ValidString(v) || len(v) > maxFilterChars*utf8.UTFMax {
			return q, assay.Errorf(assay.Invalid, "what is asked for in %q is too long, or not text", name)
		}
	}
	q.owner, q.q, q.cursor = strings.TrimSpace(values.Get("owner")), strings.TrimSpace(values.Get("q")), values.Get("cursor")
	return q, nil
}

func (w *Web) referencePage(c *visit) error {
	q, err := parseReference(c.r)
	if err != nil {
		return err
	}
	v, err := w.reference(c, q)
	if err != nil {
		return err
	}
	v.upload.mode = assay.ImportMerge
	return c.page(http.StatusOK, c.Say("reference.kind."+string(q.kind)), "reference", referencePart(c, v))
}

// maxSearched is how many parts of a table are looked through for one page: some 200,000
// rows.
const maxSearched = 10

// reference reads what a table's page shows.
func (w *Web) reference(c *visit, q referenceQuery) (v *referenceView, err error) {
	ctx, scope := c.r.Context(), c.who.scope
	v = &referenceView{query: q, columns: reference.Columns(q.kind), upload: uploadView{kind: q.kind}}
	// One call looks through a part of the table; what is searched for may stand far behind.
	cursor := q.cursor
	for range maxSearched {
		if v.rows, v.next, err = w.s.Reference.ListReferenceRows(ctx, scope, q.kind, q.owner, q.q, cursor, pageRows); err != nil {
			return nil, err
		}
		if len(v.rows) > 0 || v.next == "" {
			break
		}
		cursor = v.next
	}
	if v.status, err = w.s.Reference.Status(ctx, scope); err != nil {
		return nil, err
	}
	job, any, err := w.s.Reference.Rescreen(ctx, scope)
	if err != nil {
		return nil, err
	}
	if any {
		v.rescreen = &job
	}
	v.kinds = referenceKinds()
	if q.kind != assay.ReferenceBanks { // a tab only where there is something behind it
		banks, _, err := w.s.Reference.ListReferenceRows(ctx, scope, assay.ReferenceBanks, "", "", "", 1)
		if err != nil {
			return nil, err
		}
		if len(banks) == 0 {
			v.kinds = v.kinds[:len(v.kinds)-1]
		}
	}
	return v, nil
}

// shortHash is a generation's name as people compare it.
func shortHash(hash string) string {
	_, digits, found := strings.Cut(hash, ":")
	if !found {
		digits = hash
	}
	return digits[:min(len(digits), 12)]
}
