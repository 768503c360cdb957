package reference

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"

	"assay"
)

// MaxImportBytes bounds an uploaded file, as it comes and unpacked.
const MaxImportBytes = 4 << 30

// spool is an upload on disk.
type spool struct{ *os.File }

// newSpool writes body to a temporary file, unpacked if it is gzip.
func newSpool(dir string, body io.Reader, limit int64) (s spool, err error) {
	f, err := os.CreateTemp(dir, "assay-import-*")
	if err != nil {
		return s, assay.Errorf(assay.Full, "the upload can't be kept for reading: %w", err)
	}
	s = spool{f}
	_ = os.Remove(f.Name()) // gone with its last handle, even after a crash; where that can't be, close removes it
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	in := bufio.NewReaderSize(&limited{body, limit}, 256<<10)
	var unpacked io.Reader = in
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return s, notGzip(err)
		}
		defer z.Close()
		unpacked = &limited{z, limit}
	}
	disk := &diskWriter{w: f}
	switch _, err := io.Copy(disk, unpacked); {
	case err == nil:
		return s, nil
	case disk.err != nil:
		return s, assay.Errorf(assay.Full, "there is no room to keep the upload for reading: %w", disk.err)
	default:
		return s, notGzip(err)
	}
}

func (s spool) close() {
	_ = s.Close()
	_ = os.Remove(s.Name())
}

// notGzip tells what the sender has done wrong from a connection that broke.
func notGzip(err error) error {
	var e *assay.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return assay.Errorf(assay.Invalid, "the upload is cut off or is not sound gzip: %w", err)
	}
	return fmt.Errorf("reading the upload: %w", err)
}

// limited fails where io.LimitReader would end.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, assay.Errorf(assay.TooLarge, "the upload is larger than %d GiB", MaxImportBytes>>30)
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, assay.Errorf(assay.TooLarge, "the upload is larger than %d GiB", MaxImportBytes>>30)
	}
	return n, err
}

// diskWriter remembers that writing failed, not reading.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.err = err
	return n, err
}
