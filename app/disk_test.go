//go:build linux

package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"assay"
	"assay/app"
	"assay/stream/streamtest"
)

// fill writes to a disk until nothing goes on it any more.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func TestWithAFullDiskTheServerRefusesAndComesBackByItself(t *testing.T) {
	t.Parallel()
	disk := streamtest.SmallDisk(t, 64<<20)
	o := app.ServerOptions{Data: filepath.Join(disk, "data"), FreeBytes: -1}
	n := start(t, o)
	n.importFolder("../examples/reference")
	l := newLoad(t, "disk", 4, 1)
	ballast := filepath.Join(disk, "ballast")
	for range 2 {
		l.begin(func() caller { return n.caller })
		l.more(50)
		fill(t, ballast)
		var refused answer
		until(t, "listings are refused", func() bool {
			refused = n.do("POST", "/v1/listings", ndjson, strings.NewReader(bag("full", int(l.acked.Load()))))
			return refused.status == 507
		})
		until(t, "the server says that it is not ready", func() bool { status, _ := n.readyz(); return status == 503 })
		if v := n.screen(bag("gate", 1)); !strings.Contains(v, `"verdict":"review"`) {
			t.Errorf("the gate says %s", v)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		l.more(50)
		n.ready()
		l.end()
		l.checkOffers(n.caller)
	}
	t.Log(l.summary())
	if err := n.stop(); err != nil {
		t.Error(err)
	}
	l.checkStore(filepath.Join(o.Data, "assay.db"))
}

func TestADiskThatIsNearlyFullIsRefusedBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	n := startAnyhow(t, app.ServerOptions{FreeBytes: 1 << 60})
	conn := dial(t, n.url)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/listings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n", n.token)
	line := make([]byte, 12)
	if _, err := conn.Read(line); err != nil || string(line) != "HTTP/1.1 507" {
		t.Errorf("%v: %s", err, line)
	}
	if status, r := n.readyz(); status != 503 || !strings.Contains(r.failing(), "disk") {
		t.Errorf("readiness: %d %+v", status, r)
	}
}

func TestAReadOnlyDiskIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	disk := streamtest.SmallDisk(t, 64<<20)
	o := app.ServerOptions{Data: filepath.Join(disk, "data"), FreeBytes: -1}
	n := start(t, o)
	if err := n.stop(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	s, err := app.Open(t.Context(), o)
	if err == nil {
		s.Close()
		t.Fatal("a server opens on a read-only disk")
	}
	if !strings.Contains(causes(err), "read-only") {
		t.Errorf("the error is %v (%s)", causes(err), assay.CodeOf(err))
	}
}
