package fetch

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"assay"
)

// GetOptions say what is asked for and what the answer may cost.
type GetOptions struct {
	MaxBytes     int64  // of the body, both as it is sent and unpacked; zero: the client's MaxBody
	Accept       string // of the request's header; empty: anything
	MaxRedirects int    // that are followed; the next one is an answer
}

// Response is what an address answered with.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // whole, and unpacked
	URL    string // that answered: the last one redirected to
}

// Get asks the URL and returns its answer, whatever its status. Redirects are
// followed as far as o allows: each address on the way is parsed and judged as if it
// had been typed in, and none leads from https to http, unless plain http is allowed.
// One Options.Timeout bounds all of it, the body's last byte included.
//
// The error is assay.Invalid where an address is not allowed, assay.TooLarge where
// the body passes o.MaxBytes, and assay.Unavailable where there was no answer or not
// all of it. Its message holds neither a URL nor an address that a name resolved to.
func (c *Client) Get(ctx context.Context, url string, o GetOptions) (Response, error) {
	target, err := c.parse(url)
	if err != nil {
		return Response{}, err
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = c.maxBody
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for hops := 0; ; hops++ {
		answer, location, err := c.getOnce(ctx, target, &o, hops < o.MaxRedirects)
		switch {
		case err != nil && hops > 0:
			return Response{}, ledOn(err)
		case err != nil:
			return Response{}, err
		case location == "":
			return answer, nil
		}
		if target, err = c.redirect(target, location); err != nil {
			return Response{}, ledOn(err)
		}
	}
}

// getOnce asks one URL. With follow, location is where a redirect leads.
func (c *Client) getOnce(ctx context.Context, target *url.URL, o *GetOptions, follow bool) (answer Response, location string, err error) {
	req := (&http.Request{
		Method: http.MethodGet,
		URL:    target,
		Host:   target.Host,
		Header: http.Header{"Accept-Encoding": {"gzip"}},
	}).WithContext(ctx)
	if o.Accept != "" {
		req.Header.Set("Accept", o.Accept)
	}
	resp, err := c.roundTrip(req)
	if err != nil {
		return Response{}, "", err
	}
	defer resp.Body.Close()
	if follow && redirects(resp.StatusCode) && resp.Header.Get("Location") != "" {
		// Only for the connection's sake; a body that is too slow or too long ends it.
		_, _ = io.CopyN(io.Discard, resp.Body, c.maxBody+1)
		return Response{}, resp.Header.Get("Location"), nil
	}
	body, err := read(resp, o.MaxBytes)
	if err != nil {
		return Response{}, "", err
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: body, URL: target.String()}, "", nil
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect judges where an answer leads.
func (c *Client) redirect(from *url.URL, location string) (*url.URL, error) {
	if len(location) > maxURLBytes {
		return nil, assay.Errorf(assay.Invalid, "it is longer than %d bytes", maxURLBytes)
	}
	to, err := from.Parse(location)
	if err != nil { // it quotes the URL
		return nil, assay.Errorf(assay.Invalid, "it is not a URL")
	}
	to.Fragment, to.RawFragment = "", "" // for a browser; it is never sent
	if from.Scheme == "https" && to.Scheme == "http" && !c.guard.plain {
		return nil, assay.Errorf(assay.Invalid, "it leads from https to http")
	}
	return c.parse(to.String())
}

// read returns the whole body, unpacked.
func read(resp *http.Response, maxBytes int64) ([]byte, error) {
	tooLarge := assay.Errorf(assay.TooLarge, "what the address answers with is larger than %d bytes", maxBytes)
	if resp.ContentLength > maxBytes {
		return nil, tooLarge
	}
	sent := &io.LimitedReader{R: resp.Body, N: maxBytes + 1}
	var unpacked io.Reader = sent
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(sent)
		if err == io.EOF {
			return nil, nil // an answer without a body
		}
		if err != nil {
			return nil, explain(err)
		}
		unpacked = z
	default:
		return nil, assay.Errorf(assay.Unavailable, "the answer is packed in a way that was not asked for")
	}
	body, err := io.ReadAll(io.LimitReader(unpacked, maxBytes+1))
	switch {
	case int64(len(body)) > maxBytes, sent.N == 0:
		return nil, tooLarge
	case err != nil:
		return nil, explain(err)
	}
	return body, nil
}

// ledOn says of an error that it is not about the address that was given.
func ledOn(err error) error {
	code := assay.CodeOf(err)
	if code != assay.Invalid && code != assay.Unavailable {
		return err
	}
	return assay.Errorf(code, "the address leads on to another one: %w", err)
}
