package app_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/app"
)

// jumping is a clock that is set.
type jumping struct{ offset atomic.Int64 }

func (c *jumping) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func (c *jumping) jump(d time.Duration) { c.offset.Add(int64(d)) }

func TestAClockThatJumpsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	var clock jumping
	n := start(t, app.ServerOptions{Clock: clock.now})
	n.importFolder("../examples/reference")
	l := newLoad(t, "clock", 4, 1)
	l.begin(func() caller { return n.caller })
	for _, d := range []time.Duration{24, -24, -24, 48, -1, 1, -24} {
		l.more(60)
		clock.jump(d * time.Hour)
	}
	l.more(60)
	n.ready()
	l.end()
	t.Log(l.summary())
	l.check(n.caller)
	ids := map[string]bool{}
	for _, f := range n.findings(everyLevel) {
		if ids[f.ID] {
			t.Errorf("two findings have the id %s", f.ID)
		}
		ids[f.ID] = true
	}
	if err := n.stop(); err != nil {
		t.Error(err)
	}
	l.checkStore(n.data + "/assay.db")
}

func TestAClockThatWasSetBackLocksNobodyOut(t *testing.T) {
	t.Parallel()
	var clock jumping
	n := start(t, app.ServerOptions{Clock: clock.now})
	wrong := n.caller
	wrong.token = "assay_wrong"
	if a := wrong.do("GET", "/v1/ingest", nil, nil); a.status != 401 {
		t.Fatalf("a wrong token: %s", a)
	}
	clock.jump(-24 * time.Hour)
	a := n.do("POST", "/v1/admin-token/rotate", nil, nil)
	if a.status != 200 {
		t.Fatalf("after the clock was set back the valid token gets %s", a)
	}
	rotated := n.caller
	_, rest, _ := strings.Cut(string(a.body), `"token":"`)
	rotated.token, _, _ = strings.Cut(rest, `"`)
	if a := rotated.do("GET", "/v1/ingest", nil, nil); a.status != 200 {
		t.Errorf("the new token gets %s", a)
	}
	if a := n.do("GET", "/v1/ingest", nil, nil); a.status != 401 {
		t.Errorf("the old token gets %s", a)
	}
}
