package api

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"time"

	"assay"
)

// body reads a request's body: to a limit, at a pace, and into a hash where one is
// asked for. Its errors are those to answer with.
type body struct {
	src     io.Reader
	c       *call
	limit   int64
	timeout time.Duration
	hash    hash.Hash // nil: none

	read int64
	due  int64 // when so much was read there is more time
	err  error
}

func (a *API) newBody(c *call, r *http.Request, limit int64) *body {
	return &body{src: r.Body, c: c, limit: limit, timeout: a.o.ChunkTimeout}
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.read >= b.due {
		// The machine's clock: the deadline is the network's.
		b.c.rc.SetReadDeadline(time.Now().Add(b.timeout))
		b.due = b.read + chunkBytes
	}
	if room := b.limit - b.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.src.Read(p)
	b.read += int64(n)
	if b.read > b.limit {
		n, err = n-1, tooLarge(b.limit)
	}
	if b.hash != nil {
		b.hash.Write(p[:n])
	}
	if err != nil {
		b.err = bodyError(err)
	}
	return n, b.err
}

// drain reads what is left, for the hash.
func (b *body) drain() error {
	_, err := io.Copy(io.Discard, onlyReader{b})
	return err
}

type onlyReader struct{ io.Reader }

func tooLarge(limit int64) *assay.Error {
	return assay.Errorf(assay.TooLarge, "the body is larger than %s", size(limit))
}

func size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// bodyError says what became of a body; the end and our own errors stay.
func bodyError(err error) error {
	var own *assay.Error
	var net net.Error
	switch {
	case err == io.EOF || errors.As(err, &own):
		return err
	case errors.As(err, &net) && net.Timeout():
		return &requestError{status: http.StatusRequestTimeout, detail: "the body came too slowly", cause: err}
	}
	return &requestError{status: http.StatusBadRequest, detail: "the body was cut short", cause: err}
}

// readAll reads r into dst to its end, which must come within limit bytes; then the
// result is complete. Else it holds limit bytes at least, and more may follow.
func readAll(dst []byte, r io.Reader, limit int) (_ []byte, complete bool, err error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case err == io.EOF:
			return dst, true, nil
		case err != nil:
			return dst, false, err
		case len(dst) > limit:
			return dst, false, nil
		}
	}
}

// readJSON reads a small body whole.
func (a *API) readJSON(c *call, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxJSONBytes {
		return nil, tooLarge(maxJSONBytes)
	}
	data, _, err := readAll(nil, a.newBody(c, r, maxJSONBytes), maxJSONBytes)
	return data, err
}
