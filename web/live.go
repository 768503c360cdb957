package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"assay"
)

const (
	// liveEvery is how often the store is asked for news, once for each organisation
	// that somebody watches.
	liveEvery = time.Second
	// liveTime is how long one stream lasts; the browser opens the next one, and is then
	// asked again who it is.
	liveTime = 10 * time.Minute
	// liveBeat keeps proxies from closing a quiet stream.
	liveBeat = 20 * time.Second
	// maxLive bounds the streams of one process, maxLiveEach those of one organisation.
	maxLive     = 1_000
	maxLiveEach = 250
)

// live tells pages that something has changed. It looks while somebody listens only.
type live struct {
	findings Findings
	ended    context.Context
	close    context.CancelFunc

	mu      sync.Mutex
	streams int
	watched map[string]*watched // by organisation
}

// watched is the news of one organisation; its fields are under live's lock.
type watched struct {
	position  int64
	changed   chan struct{} // closed and replaced when position moves
	listeners int
	stop      context.CancelFunc
}

func newLive(findings Findings) *live {
	ended, stop := context.WithCancel(context.Background())
	return &live{findings: findings, ended: ended, close: stop, watched: map[string]*watched{}}
}

// listen returns the news of a scope's organisation, and how to stop listening. It is
// Busy when too many listen.
func (l *live) listen(scope assay.Scope) (*watched, func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := scope.Organisation
	if l.streams >= maxLive || l.watched[o] != nil && l.watched[o].listeners >= maxLiveEach {
		return nil, nil, assay.Errorf(assay.Busy, "too many pages are being kept up to date")
	}
	l.streams++
	if l.watched[o] == nil {
		ctx, stop := context.WithCancel(l.ended)
		l.watched[o] = &watched{position: -1, changed: make(chan struct{}), stop: stop}
		go l.look(ctx, scope, l.watched[o])
	}
	w := l.watched[o]
	w.listeners++
	return w, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.streams--
		if w.listeners--; w.listeners == 0 {
			w.stop()
			delete(l.watched, o)
		}
	}, nil
}

// look asks the store until ctx ends. An error is as good as no news: the next look
// tells.
func (l *live) look(ctx context.Context, scope assay.Scope, w *watched) {
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		if p, err := l.findings.LastPosition(ctx, scope); err == nil {
			l.mu.Lock()
			if p != w.position {
				w.position = p
				close(w.changed)
				w.changed = make(chan struct{})
			}
			l.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// news returns the position, -1 before the first look, and what is closed when there
// is another one.
func (l *live) news(w *watched) (int64, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return w.position, w.changed
}

// findingsLive streams server-sent events (WHATWG HTML, 9.2): "changed" with the
// position of the newest event, at first and whenever there is a newer one.
func (w *Web) findingsLive(c *visit) error {
	watched, quit, err := w.live.listen(c.who.scope)
	if err != nil {
		return err
	}
	defer quit()
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(c.w)
	send := func(format string, args ...any) bool {
		if _, err := fmt.Fprintf(c.w, format, args...); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return nil
	}
	end, beat := time.NewTimer(liveTime), time.NewTicker(liveBeat)
	defer end.Stop()
	defer beat.Stop()
	known := int64(-1)
	for {
		// The first position tells a page to look for what came since it was made.
		position, changed := w.live.news(watched)
		if position != known {
			if known = position; !send("id: %d\nevent: changed\ndata: %d\n\n", position, position) {
				return nil
			}
		}
		select {
		case <-changed:
		case <-beat.C:
			if !send(": still here\n\n") {
				return nil
			}
		case <-end.C:
			return nil
		case <-c.r.Context().Done():
			return nil
		case <-w.live.ended.Done():
			return nil
		}
	}
}
