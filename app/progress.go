package app

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// Progress draws one line on a terminal, over and over: how far, how fast, how
// long to go. It is used by one goroutine.
type Progress struct {
	w     io.Writer
	total int64 // of what share is counted in; 0: unknown
	unit  string
	began time.Time
	now   func() time.Time
	width int
}

// NewProgress returns a Progress that writes to w, which is a terminal. Share and
// time left follow from a total (bytes, say); the rate counts units.
func NewProgress(w io.Writer, total int64, unit string, now func() time.Time) *Progress {
	return &Progress{w: w, total: total, unit: unit, began: now(), now: now}
}

// Show draws the line: done of total, and n units so far.
func (p *Progress) Show(done, n int64) {
	elapsed := p.now().Sub(p.began)
	line := Thousands(n) + " " + p.unit
	if s := elapsed.Seconds(); s > 0 {
		line += ", " + Thousands(int64(float64(n)/s)) + "/s"
	}
	if p.total > 0 && done > 0 {
		share := min(1, float64(done)/float64(p.total))
		left := time.Duration(float64(elapsed) * (1 - share) / share).Round(time.Second)
		line += fmt.Sprintf(", %.0f %%, %s left", 100*share, left)
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// Clear takes the line away.
func (p *Progress) Clear() { fmt.Fprintf(p.w, "\r%*s\r", p.width, "") }

// Every calls show every tenth of a second until the returned function is called,
// which draws a last time and waits for the drawing to end.
func Every(show func()) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-quit:
				show()
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// Thousands formats n as people read it: 1,234,567.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// AboveProgress returns a writer of whole lines to a terminal on which a progress
// line is drawn: each takes the line's place, and the next drawing comes below.
func AboveProgress(w io.Writer) io.Writer { return aboveProgress{w} }

type aboveProgress struct{ io.Writer }

func (a aboveProgress) Write(b []byte) (int, error) {
	const clearLine = "\r\x1b[K"
	if _, err := a.Writer.Write(append([]byte(clearLine), b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}
