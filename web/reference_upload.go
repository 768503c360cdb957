package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"assay"
	"assay/reference"
)

const (
	// maxUpload bounds a file that a page takes; the command takes larger ones.
	maxUpload = 64 << 20
	// uploadMemory is how much of an upload waits in memory, the rest on the disk.
	uploadMemory = 1 << 20
	// importsPath is where the imports are.
	importsPath = "/reference/imports/"
)

// uploadView is the form that changes a table, and what came of it.
type uploadView struct {
	kind    assay.ReferenceKind
	mode    assay.ImportMode
	text    string // pasted, to be given back
	file    string // name of the one that was looked at; it has to be chosen again without a script
	problem string
	preview *assay.ReferenceImport
	unsure  bool // replacing was asked for, and not confirmed
}

// replacing reports whether the upload removes rows that it does not hold.
func (u *uploadView) replacing() bool { return u.mode == assay.ImportReplace }

// ready reports whether what was looked at can be brought into force.
func (u *uploadView) ready() bool { return u.preview != nil && u.preview.Phase == assay.ImportDone }

// upload is a file on its way from a form to the reference.
type upload struct {
	name string
	body io.Reader
}

// referenceUpload takes a table's file: it says what would change, or brings it into
// force.
func (w *Web) referenceUpload(c *visit) error {
	q, err := parseReference(c.r)
	if err != nil {
		return err
	}
	if !uploadable(q.kind) {
		return assay.Errorf(assay.Invalid, "banks are imported with their images, by the command")
	}
	u := uploadView{kind: q.kind, mode: assay.ImportMerge}
	file, done, err := c.readUpload(&u)
	defer done()
	if err == nil {
		var started string
		started, err = w.previewOrImport(c, &u, file)
		if err == nil && started != "" {
			return c.goTo(importsPath + url.PathEscape(started))
		}
	}
	status := http.StatusOK
	if err != nil {
		if status = statusOf(err); status == http.StatusInternalServerError {
			return err
		}
		u.problem = err.Error()
		if assay.CodeOf(err) == assay.Conflict {
			u.problem = c.Say("import.conflict")
		}
	}
	if c.htmx() {
		return c.show(status, previewPart(c, &u))
	}
	v, err := w.reference(c, q)
	if err != nil {
		return err
	}
	v.upload = u
	return c.page(status, c.Say("reference.kind."+string(q.kind)), "reference", referencePart(c, v))
}

// previewOrImport does what the button asks for. It returns the import's id if one
// goes on.
func (w *Web) previewOrImport(c *visit, u *uploadView, file upload) (started string, err error) {
	ctx, scope := c.r.Context(), c.who.scope
	into := c.r.PostFormValue("do") == "import"
	if into && u.replacing() && c.r.PostFormValue("sure") != "yes" {
		into, u.unsure = false, true
	}
	if into {
		r, err := w.s.Reference.Import(ctx, scope, u.kind, u.mode, file.name, file.body)
		var problems assay.Problems
		if errors.As(err, &problems) {
			u.preview = &assay.ReferenceImport{Kind: u.kind, Mode: u.mode, Phase: assay.ImportFailed, Problems: problems}
			return "", nil
		}
		return r.ID, err
	}
	r, err := w.s.Reference.Preview(ctx, scope, u.kind, u.mode, file.name, file.body)
	if err != nil {
		return "", err
	}
	u.preview = &r
	return "", nil
}

// readUpload reads the form. done removes what of it lies on the disk.
func (c *visit) readUpload(u *uploadView) (file upload, done func(), err error) {
	done = func() {}
	tooLarge := assay.Errorf(assay.TooLarge, "the file is larger than %d MB, the most that a page takes; import it with the command", maxUpload>>20)
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxUpload+formSlack)
	if err := c.r.ParseMultipartForm(uploadMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if errors.Is(err, multipart.ErrMessageTooLarge) { // package multipart bounds what is no file
			tooLarge = assay.Errorf(assay.TooLarge, "the pasted text is too long; choose it as a file")
		}
		return file, done, formError(err, tooLarge)
	}
	form := c.r.MultipartForm
	u.text = c.r.PostFormValue("text")
	switch mode := assay.ImportMode(c.r.PostFormValue("mode")); mode {
	case assay.ImportMerge, assay.ImportReplace:
		u.mode = mode
	case "":
	default:
		err = assay.Errorf(assay.Invalid, "%q is neither merge nor replace", string(mode))
	}
	head := c.uploaded("file")
	switch {
	case err != nil:
	case head != nil:
		opened, e := head.Open()
		if e != nil {
			err = fmt.Errorf("opening what was uploaded: %w", e)
			break
		}
		u.file, file = head.Filename, upload{head.Filename, opened}
		return file, func() { opened.Close(); form.RemoveAll() }, nil
	case strings.TrimSpace(u.text) != "":
		file = upload{placeName, strings.NewReader(strings.ReplaceAll(u.text, "\r\n", "\n"))}
	default:
		err = assay.Errorf(assay.Invalid, "choose a file, or paste its text")
	}
	if form != nil {
		done = func() { form.RemoveAll() }
	}
	return file, done, err
}

// goTo leads on to another page, also for who asked for a part of this one only.
func (c *visit) goTo(to string) error {
	if c.htmx() {
		c.w.Header().Set("HX-Redirect", to)
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	return c.redirect(to)
}

// referenceImport says how far an import is.
func (w *Web) referenceImport(c *visit) error {
	r, err := w.s.Reference.ImportStatus(c.r.Context(), c.who.scope, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c.htmx() {
		return c.show(http.StatusOK, importPart(c, &r))
	}
	return c.page(http.StatusOK, c.Say("import.title"), "reference", importPage(c, &r))
}

// importEnded reports whether nothing more will become of an import.
func importEnded(r *assay.ReferenceImport) bool {
	return r.Phase == assay.ImportDone || r.Phase == assay.ImportFailed
}

// changedRow is one row of a preview, cell by cell.
type changedRow struct {
	assay.ReferenceChange
	cells []changedCell
}

// changedCell is one column of a row: as it is, as it would be, or both where they differ.
type changedCell struct {
	before, after string
	differs       bool
}

// changedRows lists what a preview says of one kind of change.
func changedRows(r *assay.ReferenceImport, kind assay.ChangeKind) []changedRow {
	columns := len(reference.Columns(r.Kind))
	var rows []changedRow
	for _, change := range r.Changes {
		if change.Change != kind {
			continue
		}
		row := changedRow{change, make([]changedCell, columns)}
		before, after := make([]string, columns), make([]string, columns)
		if kind != assay.RowAdded {
			before = cells(change.Before, columns)
		}
		if kind != assay.RowRemoved {
			after = cells(change.After, columns)
		}
		for i := range row.cells {
			row.cells[i] = changedCell{before[i], after[i], kind == assay.RowChanged && before[i] != after[i]}
		}
		rows = append(rows, row)
	}
	return rows
}

// changeCount is how many rows of a kind of change there are in all.
func changeCount(r *assay.ReferenceImport, kind assay.ChangeKind) int {
	switch kind {
	case assay.RowAdded:
		return r.Added
	case assay.RowChanged:
		return r.Changed
	}
	return r.Removed
}

// importSteps are the phases of an import that ends well, in their order.
func importSteps() []assay.ImportPhase {
	return []assay.ImportPhase{assay.ImportChecking, assay.ImportWriting, assay.ImportBuilding, assay.ImportDone}
}
