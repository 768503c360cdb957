package app

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"assay"
)

// ReferenceFile is a file of a reference folder and what it is on a server.
type ReferenceFile struct {
	Name string
	Kind assay.ReferenceKind
}

// ReferenceFiles lists them in the order in which they are brought into force: marks
// first, since the rest speaks of their owners.
func ReferenceFiles() []ReferenceFile {
	return []ReferenceFile{
		{"marks.csv", assay.ReferenceMarks}, {"claims.csv", assay.ReferenceClaims}, {"rates.csv", assay.ReferenceRates},
		{"products.csv", assay.ReferenceProducts}, {"authorised.csv", assay.ReferenceAuthorised}, {"gated.csv", assay.ReferenceGated},
		{"screening.yaml", assay.ReferenceScreening},
	}
}

// Feed is how a feed is sent.
type Feed struct {
	ContentType string
	Query       url.Values
}

// FeedOptions returns how to send a feed of a name and format, "" to have it told by
// the server from name and content.
func FeedOptions(name, format, currency, marketplace string) Feed {
	f := Feed{ContentType: "application/octet-stream", Query: url.Values{}}
	plain := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".zst")
	if format == "ndjson" || format == "" && (strings.HasSuffix(plain, ".ndjson") || strings.HasSuffix(plain, ".jsonl") || name == "-") {
		f.ContentType = "application/x-ndjson"
	}
	for key, value := range map[string]string{"format": format, "currency": currency, "marketplace": marketplace} {
		if value != "" {
			f.Query.Set(key, value)
		}
	}
	return f
}

// SendProgress shows on a terminal how much of a body is sent while it is read.
type SendProgress struct {
	io.Reader
	n    atomic.Int64
	bar  *Progress // nil without a terminal
	stop func()
}

// NewSendProgress returns a reader of in that shows how far it is, if w is a
// terminal. size is that of in, 0 if unknown.
func NewSendProgress(w io.Writer, size int64, in io.Reader, terminal bool, now func() time.Time) *SendProgress {
	p := &SendProgress{stop: func() {}}
	p.Reader = &countingReader{in, &p.n}
	if terminal {
		p.bar = NewProgress(w, size, "bytes", now)
		p.stop = Every(func() { n := p.n.Load(); p.bar.Show(n, n) })
	}
	return p
}

// Clear ends the showing.
func (p *SendProgress) Clear() {
	p.stop()
	p.stop = func() {}
	if p.bar != nil {
		p.bar.Clear()
	}
}

// ImportProgress shows on a terminal how far an import is: sent, then checked,
// written and built.
type ImportProgress struct {
	*SendProgress
	w    io.Writer
	name string
	rows *Progress
	now  func() time.Time
}

// NewImportProgress returns a reader of a file that shows how far its import is.
func NewImportProgress(w io.Writer, name string, file *os.File, terminal bool, now func() time.Time) *ImportProgress {
	var size int64
	if info, err := file.Stat(); err == nil {
		size = info.Size()
	}
	return &ImportProgress{SendProgress: NewSendProgress(w, size, file, terminal, now), w: w, name: name, now: now}
}

// Show is told by the client how far the import is on the server.
func (p *ImportProgress) Show(i assay.ReferenceImport) {
	if p.bar == nil {
		return
	}
	p.SendProgress.Clear()
	if i.Phase != assay.ImportWriting {
		if p.rows != nil {
			p.rows.Clear()
		}
		fmt.Fprintf(p.w, "\r%s: %s …\x1b[K", p.name, i.Phase)
		return
	}
	if p.rows == nil {
		p.rows = NewProgress(p.w, int64(i.Rows), "rows", p.now)
	}
	p.rows.Show(int64(i.Done), int64(i.Done))
}

// Clear takes the line away.
func (p *ImportProgress) Clear() {
	p.SendProgress.Clear()
	if p.bar != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
