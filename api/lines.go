package api

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"assay/feed"
)

// smallBody is the largest body that is read whole and cut into lines here. Opening a
// feed costs several hundred KiB of windows, which a stream is worth and a request
// with one listing is not.
const smallBody = 1 << 20

// intakeWork is what a small body is read with.
type intakeWork struct {
	body    []byte
	plain   []byte
	packed  bytes.Reader
	gunzip  gzip.Reader
	decoder *feed.Decoder // for records that say everything themselves
}

// intakePool keeps intakeWork between requests.
type intakePool struct{ sync.Pool }

func (p *intakePool) get() (*intakeWork, error) {
	if w, ok := p.Get().(*intakeWork); ok {
		return w, nil
	}
	dec, err := feed.NewDecoder(feed.Options{})
	if err != nil {
		return nil, err
	}
	return &intakeWork{decoder: dec}, nil
}

func (p *intakePool) put(w *intakeWork) {
	if cap(w.body) > 4*smallBody || cap(w.plain) > 4*smallBody {
		return
	}
	p.Put(w)
}

// small takes a body of NDJSON that is in w.body to its end, by the same rules as
// package feed. done is false if it is another format, or larger once unpacked: then
// nothing was taken, and feed has to read it.
func (in *intake) small(w *intakeWork) (done bool, err error) {
	if in.o.Format != feed.NDJSON {
		return false, nil
	}
	data := w.body
	if len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b {
		var ok bool
		if data, ok = w.unpack(); !ok {
			return false, nil
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !plainObjects(data) {
		return false, nil
	}
	dec := w.decoder
	if in.o.Marketplace != "" || in.o.Currency != "" {
		if dec, err = feed.NewDecoder(in.o); err != nil {
			return true, err
		}
	}
	if in.single {
		in.line = 1 + bytes.Count(data[:len(data)-len(bytes.TrimLeft(data, blanks))], []byte{'\n'})
		if data = bytes.Trim(data, blanks); len(data) > 0 {
			dec.Decode(data, in.line, in.visit)
		}
		return true, in.stopped
	}
	for line := 1; len(data) > 0 && in.stopped == nil; line++ {
		record := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			record, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		record = bytes.TrimSuffix(record, []byte{'\r'})
		if len(bytes.TrimLeft(record, blanks)) == 0 {
			continue
		}
		in.line = line
		dec.Decode(record, line, in.visit)
	}
	return true, in.stopped
}

const blanks = " \t\r\n"

// unpack undoes gzip if that gives a small body whole and sound.
func (w *intakeWork) unpack() ([]byte, bool) {
	w.packed.Reset(w.body)
	if err := w.gunzip.Reset(&w.packed); err != nil {
		return nil, false
	}
	var complete bool
	var err error
	w.plain, complete, err = readAll(w.plain[:0], io.LimitReader(&w.gunzip, smallBody+1), smallBody)
	return w.plain, complete && err == nil && len(w.plain) <= smallBody
}

// plainObjects reports whether data can be nothing but objects in UTF-8, or nothing at
// all. What else it may be (packed twice, UTF-16, a workbook), feed knows by name.
func plainObjects(data []byte) bool {
	head := bytes.TrimLeft(data, blanks)
	if len(head) == 0 {
		return true
	}
	if head[0] != '{' {
		return false
	}
	first, _, _ := bytes.Cut(head[:min(len(head), 4096)], []byte{'\n'})
	return bytes.IndexByte(first, 0) < 0
}
