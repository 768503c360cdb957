package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/fetch"
)

// picturesFrom returns pictures that may be fetched from this machine, and a server
// to fetch them from.
func picturesFrom(t *testing.T, h http.HandlerFunc) (p *pictures, server string, clock *steppedClock) {
	t.Helper()
	client := fetch.New(fetch.Options{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	t.Cleanup(client.Close)
	clock = &steppedClock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	return newPictures(client, clock.Now), s.URL, clock
}

// steppedClock stands until it is set.
type steppedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *steppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *steppedClock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// until waits for a condition that other goroutines bring about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("never came: ", what)
		}
	}
}

// waitingFor returns how many wait for a picture.
func (p *pictures) waitingFor(url string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.flights["url "+url]; f != nil {
		return f.waiting
	}
	return 0
}

func TestAPictureIsFetchedOnceAndItsNameAndTypeDoNotMatter(t *testing.T) {
	var asked atomic.Int64
	file := asPNG(t, quarters(1_200, 600))
	p, server, _ := picturesFrom(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/cdn/setup.exe" {
			http.Redirect(w, r, "/page.html", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(file)
	})
	for range 3 {
		b, err := p.Picture(t.Context(), server+"/cdn/setup.exe")
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width != 1_000 || c.Height != 500 {
			t.Errorf("%+v, %v", c, err)
		}
	}
	if n := asked.Load(); n != 2 { // the redirect and the file
		t.Errorf("asked %d times", n)
	}
}

func TestWhatCannotBeShownIsRefusedWithItsReason(t *testing.T) {
	p, server, _ := picturesFrom(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/large":
			_, _ = w.Write(make([]byte, maxPictureBytes+1))
		case "/bomb":
			_, _ = w.Write(pngOf(60_000, 60_000))
		case "/page":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte("<html>"))
		case "/inside":
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		case "/circle":
			http.Redirect(w, r, "/circle", http.StatusFound)
		case "/nothing":
		default:
			http.NotFound(w, r)
		}
	})
	for url, want := range map[string]assay.Code{
		server + "/missing":         assay.NotFound,
		server + "/gone":            assay.NotFound,
		server + "/broken":          assay.Unavailable,
		server + "/circle":          assay.Unavailable,
		server + "/large":           assay.TooLarge,
		server + "/bomb":            assay.TooLarge,
		server + "/page":            assay.Invalid,
		server + "/nothing":         assay.Invalid,
		server + "/inside":          assay.Invalid,
		"http://169.254.169.254/a":  assay.Invalid,
		"http://127.0.0.2/a":        assay.Invalid,
		"data:image/png;base64,AAA": assay.Invalid,
		"file:///etc/passwd":        assay.Invalid,
		"/relative.jpg":             assay.Invalid,
		"":                          assay.Invalid,
	} {
		if b, err := p.Picture(t.Context(), url); assay.CodeOf(err) != want || b != nil {
			t.Errorf("%s: %d bytes, %v, want %q", url, len(b), err, want)
		}
	}
}

func TestAFailureIsRememberedForAMinute(t *testing.T) {
	var asked atomic.Int64
	file := asJPEG(t, plain(8, 8, red))
	p, server, clock := picturesFrom(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write(file)
	})
	for _, after := range []time.Duration{0, 30 * time.Second, 29 * time.Second} {
		clock.step(after)
		if _, err := p.Picture(t.Context(), server); assay.CodeOf(err) != assay.Unavailable || asked.Load() != 1 {
			t.Fatalf("%v, asked %d times", err, asked.Load())
		}
	}
	clock.step(time.Second)
	if _, err := p.Picture(t.Context(), server); err != nil || asked.Load() != 2 {
		t.Fatalf("%v, asked %d times", err, asked.Load())
	}
	clock.step(24 * time.Hour)
	if _, err := p.Picture(t.Context(), server); err != nil || asked.Load() != 2 {
		t.Errorf("a picture that came was forgotten: %v, asked %d times", err, asked.Load())
	}
}

func TestAllWhoAskForOnePictureShareItsWork(t *testing.T) {
	var asked atomic.Int64
	release := make(chan struct{})
	file := asJPEG(t, plain(8, 8, red))
	p, server, _ := picturesFrom(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		_, _ = w.Write(file)
	})
	const all = 20
	leaving, leave := context.WithCancel(t.Context())
	errs := make(chan error, all)
	for i := range all {
		ctx := t.Context()
		if i%2 == 0 {
			ctx = leaving
		}
		go func() {
			_, err := p.Picture(ctx, server)
			errs <- err
		}()
	}
	until(t, "all wait", func() bool { return p.waitingFor(server) == all })
	leave() // takes nothing from those who stay
	for range all / 2 {
		if err := <-errs; assay.CodeOf(err) != assay.Unavailable || !errors.Is(err, context.Canceled) {
			t.Errorf("somebody who left got %v", err)
		}
	}
	close(release)
	for range all / 2 {
		if err := <-errs; err != nil {
			t.Errorf("somebody who stayed got %v", err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestTheWorkEndsWhenTheLastHasLeftAndIsNotRemembered(t *testing.T) {
	begun, ended := make(chan struct{}, 1), make(chan struct{})
	var asked atomic.Int64
	file := asJPEG(t, plain(8, 8, red))
	p, server, _ := picturesFrom(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			_, _ = w.Write(file)
			return
		}
		begun <- struct{}{}
		<-r.Context().Done()
		close(ended)
	})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := p.Picture(ctx, server)
		left <- err
	}()
	<-begun
	leave()
	if err := <-left; assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("error %v", err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the request went on")
	}
	if _, err := p.Picture(t.Context(), server); err != nil {
		t.Errorf("who comes afterwards gets %v", err)
	}
}

func TestOnlySoManyPicturesAreFetchedAtOnceAndTheOthersWait(t *testing.T) {
	var now, most atomic.Int64
	release := make(chan struct{})
	file := asJPEG(t, plain(8, 8, red))
	p, server, _ := picturesFrom(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		now.Add(-1)
		_, _ = w.Write(file)
	})
	const all = 3 * maxPicturesAtOnce
	errs := make(chan error, all)
	for i := range all {
		go func() {
			_, err := p.Picture(t.Context(), fmt.Sprintf("%s/%d", server, i))
			errs <- err
		}()
	}
	until(t, "every place is taken", func() bool { return now.Load() == maxPicturesAtOnce })
	until(t, "all wait", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.flights) == all
	})
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Picture(late, server+"/late"); assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("who cannot wait gets %v", err)
	}
	close(release)
	for range all {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != maxPicturesAtOnce {
		t.Errorf("%d at once", most.Load())
	}
}

func TestWhatIsDecodedAtOnceIsBounded(t *testing.T) {
	p, _, _ := picturesFrom(t, nil)
	file := asJPEG(t, plain(8, 8, red))
	if err := p.decoding.Acquire(t.Context(), maxPicturePixels-leastPicturePixels+1); err != nil { // as if others were at it
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error)
	go func() {
		_, err := p.Encode(ctx, file)
		got <- err
	}()
	until(t, "the work has begun", func() bool { return len(p.slots) == 1 })
	cancel()
	if err := <-got; assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("error %v", err)
	}
	p.decoding.Release(maxPicturePixels - leastPicturePixels + 1)
	if _, err := p.Encode(t.Context(), file); err != nil {
		t.Error(err)
	}
}

func TestThePictureOfAListingItselfGoesTheSameWay(t *testing.T) {
	p, _, _ := picturesFrom(t, nil)
	file := exif(binary.BigEndian, 6, asJPEG(t, quarters(40, 20)))
	first, err := p.Encode(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Encode(t.Context(), bytes.Clone(file))
	if err != nil || &first[0] != &again[0] {
		t.Errorf("encoded anew: %v", err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(first)); err != nil || c.Width != 20 || c.Height != 40 {
		t.Errorf("%+v, %v", c, err)
	}
	for name, c := range map[string]struct {
		data []byte
		want assay.Code
	}{
		"nothing":    {nil, assay.Invalid},
		"no picture": {[]byte("<svg/>"), assay.Invalid},
		"too large":  {make([]byte, maxPictureBytes+1), assay.TooLarge},
		"a bomb":     {pngOf(60_000, 60_000), assay.TooLarge},
	} {
		if _, err := p.Encode(t.Context(), c.data); assay.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsRememberedIsBoundedAndTheLastUsedStays(t *testing.T) {
	p, _, _ := picturesFrom(t, nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remember(&keptPicture{key: "used", data: make([]byte, 1<<20)})
	for i := range 200 {
		p.remember(&keptPicture{key: fmt.Sprint(i), data: make([]byte, 1<<20)})
		p.remember(&keptPicture{key: fmt.Sprint("failed ", i), err: errors.New("failed"), until: p.clock().Add(time.Minute)})
		if p.recall("used") == nil {
			t.Fatalf("forgotten after %d though it is used", i)
		}
		if p.bytes > keptPictureBytes {
			t.Fatalf("%d bytes are kept", p.bytes)
		}
	}
	if p.recall("0") != nil || p.recall("199") == nil || len(p.kept) != p.recent.Len() {
		t.Errorf("%d kept, %d in order", len(p.kept), p.recent.Len())
	}
	sum := 0
	for _, e := range p.kept {
		sum += e.Value.(*keptPicture).size()
	}
	if sum != p.bytes {
		t.Errorf("%d bytes counted, %d kept", p.bytes, sum)
	}
	for i := range 200_000 { // failures alone are bounded too
		p.remember(&keptPicture{key: fmt.Sprint("url ", i), err: errors.New("failed"), until: p.clock().Add(time.Minute)})
	}
	if p.bytes > keptPictureBytes || len(p.kept) > keptPictureBytes/512 {
		t.Errorf("%d failures, %d bytes", len(p.kept), p.bytes)
	}
}
