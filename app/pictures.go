package app

import (
	"container/list"
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"assay"
	"assay/fetch"

	"golang.org/x/sync/semaphore"
)

const (
	maxPictureBytes  = 10 << 20 // of a file as it comes
	maxPicturePixels = 40_000_000
	// maxPicturesAtOnce bounds the files in memory that are fetched or wait to be
	// decoded.
	maxPicturesAtOnce = 16
	// A picture takes its pixels out of maxPicturePixels while it is decoded, and at
	// least these: at most four are decoded at once, and a huge one by itself.
	leastPicturePixels  = maxPicturePixels / 4
	maxPictureRedirects = 5
	// keptPictureBytes bounds what is remembered: some 300 pictures.
	keptPictureBytes = 64 << 20
	// failedPictureTime is how long a picture that could not be had is not asked for
	// again.
	failedPictureTime = time.Minute
	// decodeTimeout bounds the work on one picture. Honest ones take less than a second.
	decodeTimeout = 15 * time.Second
)

// pictures gives the pictures that sellers name as files of ours: a JPEG of at most
// maxSide pixels a side, encoded here. Nothing of the seller's file gets through but
// what can be seen in it: no metadata, no script, no second format hidden in the
// first. It is safe for concurrent use.
//
// Everybody who asks for one picture at one time shares one piece of work, which ends
// when the last of them has left.
type pictures struct {
	client   *fetch.Client
	clock    func() time.Time
	slots    chan struct{}       // a place each for maxPicturesAtOnce
	decoding *semaphore.Weighted // pixels

	mu      sync.Mutex
	flights map[string]*pictureFlight
	kept    map[string]*list.Element // of *keptPicture
	recent  list.List                // the last used first
	bytes   int                      // of all in recent
}

// pictureFlight is one piece of work. data and err are there once done is closed;
// waiting belongs to pictures.mu.
type pictureFlight struct {
	cancel  context.CancelFunc
	waiting int
	done    chan struct{}
	data    []byte
	err     error
}

type keptPicture struct {
	key   string
	data  []byte
	err   error
	until time.Time // of an error
}

// size is what remembering costs, roughly.
func (k *keptPicture) size() int { return len(k.key) + len(k.data) + 512 }

// newPictures returns pictures that come through client, which says what addresses
// may be reached.
func newPictures(client *fetch.Client, clock func() time.Time) *pictures {
	return &pictures{
		client: client, clock: clock,
		slots:    make(chan struct{}, maxPicturesAtOnce),
		decoding: semaphore.NewWeighted(maxPicturePixels),
		flights:  map[string]*pictureFlight{},
		kept:     map[string]*list.Element{},
	}
}

// Picture returns the picture at an address as a JPEG. The bytes are shared: they
// must not be changed.
//
// Errors: Invalid where the address is not allowed or what is there is not a picture,
// TooLarge, NotFound where the address has nothing any more, and Unavailable where
// nothing came, or ctx ended. But for the last, they are remembered for a minute.
func (p *pictures) Picture(ctx context.Context, url string) ([]byte, error) {
	if err := p.client.CheckURL(url); err != nil {
		return nil, err
	}
	return p.shared(ctx, "url "+url, func(ctx context.Context) ([]byte, error) {
		data, err := p.fetch(ctx, url)
		if err != nil {
			return nil, err
		}
		return p.encode(ctx, data)
	})
}

// Encode is Picture for the bytes of a file, which must not be changed any more.
func (p *pictures) Encode(ctx context.Context, data []byte) ([]byte, error) {
	if len(data) > maxPictureBytes {
		return nil, assay.Errorf(assay.TooLarge, "the picture is larger than %d MB", maxPictureBytes>>20)
	}
	sum := sha256.Sum256(data)
	return p.shared(ctx, "sha256 "+string(sum[:]), func(ctx context.Context) ([]byte, error) { return p.encode(ctx, data) })
}

func (p *pictures) fetch(ctx context.Context, url string) ([]byte, error) {
	answer, err := p.client.Get(ctx, url, fetch.GetOptions{
		MaxBytes: maxPictureBytes, MaxRedirects: maxPictureRedirects,
		Accept: "image/jpeg, image/png, image/gif, image/webp",
	})
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusOK:
		return answer.Body, nil
	case answer.Status == http.StatusNotFound, answer.Status == http.StatusGone:
		return nil, assay.Errorf(assay.NotFound, "the picture is not there any more")
	}
	return nil, assay.Errorf(assay.Unavailable, "instead of the picture came the status %d", answer.Status)
}

// encode makes a JPEG of ours from a file.
func (p *pictures) encode(ctx context.Context, data []byte) ([]byte, error) {
	h, err := readPictureHeader(data)
	if err != nil {
		return nil, err
	}
	pixels := max(int64(h.width)*int64(h.height), leastPicturePixels)
	if err := p.decoding.Acquire(ctx, pixels); err != nil {
		return nil, err
	}
	defer p.decoding.Release(pixels)
	ctx, cancel := context.WithTimeout(ctx, decodeTimeout)
	defer cancel()
	return h.encode(ctx, data)
}

// shared returns what is remembered of key, else what do gives, doing it once for all
// who ask meanwhile.
func (p *pictures) shared(ctx context.Context, key string, do func(context.Context) ([]byte, error)) ([]byte, error) {
	p.mu.Lock()
	if k := p.recall(key); k != nil {
		p.mu.Unlock()
		return k.data, k.err
	}
	f := p.flights[key]
	if f == nil {
		working, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &pictureFlight{cancel: cancel, done: make(chan struct{})}
		p.flights[key] = f
		go p.fly(working, key, f, do)
	}
	f.waiting++
	p.mu.Unlock()

	select {
	case <-f.done:
		return f.data, f.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		p.drop(key, f)
	}
	return nil, &assay.Error{Code: assay.Unavailable, Message: "the picture did not come in time", Err: ctx.Err()}
}

// fly does the work of a flight and remembers what comes of it, unless everybody has
// left.
func (p *pictures) fly(ctx context.Context, key string, f *pictureFlight, do func(context.Context) ([]byte, error)) {
	defer f.cancel()
	select {
	case p.slots <- struct{}{}:
		f.data, f.err = do(ctx)
		<-p.slots
	case <-ctx.Done():
		f.err = ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() == nil {
		p.remember(&keptPicture{key: key, data: f.data, err: f.err, until: p.clock().Add(failedPictureTime)})
	}
	p.drop(key, f)
	close(f.done)
}

// drop forgets a flight; another of that key may have begun since it was left. p.mu
// is held.
func (p *pictures) drop(key string, f *pictureFlight) {
	if p.flights[key] == f {
		delete(p.flights, key)
	}
}

// recall returns what is remembered of key, nil if nothing. p.mu is held.
func (p *pictures) recall(key string) *keptPicture {
	e := p.kept[key]
	if e == nil {
		return nil
	}
	k := e.Value.(*keptPicture)
	if k.err != nil && !p.clock().Before(k.until) {
		p.forget(e)
		return nil
	}
	p.recent.MoveToFront(e)
	return k
}

// remember keeps k and forgets what was not used for longest. p.mu is held.
func (p *pictures) remember(k *keptPicture) {
	if e := p.kept[k.key]; e != nil {
		p.forget(e)
	}
	p.kept[k.key] = p.recent.PushFront(k)
	p.bytes += k.size()
	for p.bytes > keptPictureBytes {
		p.forget(p.recent.Back())
	}
}

func (p *pictures) forget(e *list.Element) {
	k := p.recent.Remove(e).(*keptPicture)
	delete(p.kept, k.key)
	p.bytes -= k.size()
}
