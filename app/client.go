package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay"

	"github.com/go-json-experiment/json"
)

// Client calls a server's API. It is what the command's import, backup and bench use.
type Client struct {
	server *url.URL
	token  string
	http   *http.Client
}

// ClientOptions says which server, and who calls.
type ClientOptions struct {
	Server    string // http:// or https:// address
	TokenFile string // its first line is the token
	CAFile    string // PEM; empty: the system's certificate authorities
}

// NewClient returns a Client.
func NewClient(o ClientOptions) (*Client, error) {
	u, err := url.Parse(o.Server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, assay.Errorf(assay.Invalid, "%q is not the address of a server, such as http://%s", o.Server, DefaultListen)
	}
	b, err := os.ReadFile(o.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("reading the token: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 256
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, assay.Errorf(assay.Invalid, "%s holds no certificate", o.CAFile)
		}
	}
	return &Client{u, strings.TrimSpace(line), &http.Client{Transport: t}}, nil
}

// ClientOf returns a Client for the server of a data folder on this machine.
func ClientOf(data string) (*Client, error) {
	b, err := os.ReadFile(filepath.Join(data, addressFile))
	if err != nil {
		return nil, assay.Errorf(assay.Unavailable, "no server runs on %s: start it with assay serve --data %s (%w)", data, data, err)
	}
	return NewClient(ClientOptions{Server: strings.TrimSpace(string(b)), TokenFile: filepath.Join(data, adminTokenFile),
		CAFile: existing(filepath.Join(data, certificateFile))})
}

func existing(file string) string {
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// problem is what a server says is wrong (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// do sends a request and decodes the answer into out, unless that is nil. A refusal
// is an *assay.Error in the server's words.
func (c *Client) do(ctx context.Context, method, path string, header http.Header, body io.Reader, out any) (http.Header, error) {
	r, err := c.send(ctx, method, path, header, body)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, r.Body)
		return r.Header, err
	}
	return r.Header, json.UnmarshalRead(r.Body, out)
}

func (c *Client) send(ctx context.Context, method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, method, c.server.String()+path, body)
	if err != nil {
		return nil, err
	}
	if header != nil {
		q.Header = header
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	r, err := c.http.Do(q)
	if err != nil {
		return nil, assay.Errorf(assay.Unavailable, "the server at %s does not answer: %w", c.server.Redacted(), err)
	}
	if r.StatusCode < 300 {
		return r, nil
	}
	defer r.Body.Close()
	return nil, refused(r)
}

// maxProblem bounds how much of a refusal is read.
const maxProblem = 8 << 20

func refused(r *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(r.Body, maxProblem))
	var p problem
	if json.Unmarshal(b, &p) != nil {
		p.Detail = http.StatusText(r.StatusCode)
	}
	var text strings.Builder
	text.WriteString(p.Detail)
	if p.Detail == "" {
		text.WriteString(p.Title)
	}
	for _, e := range p.Errors {
		fmt.Fprintf(&text, "\n  %s: %s", e.Field, e.Message)
	}
	code := assay.Internal
	switch r.StatusCode {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		code = assay.Invalid
	case http.StatusTooManyRequests:
		code = assay.Busy
	case http.StatusConflict:
		code = assay.Conflict
	case http.StatusNotFound:
		code = assay.NotFound
	case http.StatusServiceUnavailable:
		code = assay.Unavailable
	case http.StatusInsufficientStorage:
		code = assay.Full
	case http.StatusUnauthorized:
		code = assay.Unauthenticated
	case http.StatusRequestEntityTooLarge:
		code = assay.TooLarge
	}
	return assay.Errorf(code, "%s", text.String())
}

// importPause is how long to wait before asking again how far an import is.
const importPause = 200 * time.Millisecond

// ImportReference brings a file of reference data into force and waits until it is.
// show, if not nil, is told how far it is.
func (c *Client) ImportReference(ctx context.Context, kind assay.ReferenceKind, mode assay.ImportMode, dryRun bool, name string, body io.Reader, show func(assay.ReferenceImport)) (assay.ReferenceImport, error) {
	q := url.Values{"mode": {string(mode)}, "name": {name}}
	if dryRun {
		q.Set("dry_run", "true")
	}
	contentType := "text/csv"
	if kind == assay.ReferenceScreening {
		contentType = "application/yaml"
	}
	var i assay.ReferenceImport
	if _, err := c.do(ctx, http.MethodPost, "/v1/reference/"+string(kind)+"?"+q.Encode(), http.Header{"Content-Type": {contentType}}, body, &i); err != nil {
		return i, err
	}
	if dryRun {
		return i, i.Problems.Err()
	}
	tick := time.NewTicker(importPause)
	defer tick.Stop()
	for i.Phase != assay.ImportDone && i.Phase != assay.ImportFailed {
		if show != nil {
			show(i)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return i, ctx.Err()
		}
		if _, err := c.do(ctx, http.MethodGet, "/v1/reference/imports/"+url.PathEscape(i.ID), nil, nil, &i); err != nil {
			return i, err
		}
	}
	if i.Phase == assay.ImportFailed {
		if len(i.Problems) > 0 {
			return i, i.Problems
		}
		return i, assay.Errorf(assay.Internal, "the import failed: %s", i.Error)
	}
	return i, nil
}

// Accepted is what a server took of a feed.
type Accepted struct {
	Accepted      int             `json:"accepted"`
	Rejected      []assay.Problem `json:"rejected"`
	RejectedCount int             `json:"rejected_count"`
}

// SendListings sends a feed. Every listing that is accepted is durable.
func (c *Client) SendListings(ctx context.Context, header http.Header, query url.Values, body io.Reader) (a Accepted, err error) {
	_, err = c.do(ctx, http.MethodPost, "/v1/listings?"+query.Encode(), header, body, &a)
	return a, err
}

// Backup writes a backup of the server to a file, which is there only when it is
// whole.
func (c *Client) Backup(ctx context.Context, file string) (size int64, err error) {
	r, err := c.send(ctx, http.MethodGet, "/v1/backup", nil, nil)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	f, err := os.OpenFile(file+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	if size, err = io.Copy(f, r.Body); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = CheckBackup(file + ".part")
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(file+".part"))
	}
	return size, os.Rename(file+".part", file)
}
