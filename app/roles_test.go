package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"assay"
	"assay/app"
	"assay/sqldb/pgtest"
	"assay/stream/streamtest"
)

func TestProcessesOfDifferentRolesShareTheWork(t *testing.T) {
	t.Parallel()
	database, nats := pgtest.Start(t), streamtest.Server(t).URL
	door := start(t, app.ServerOptions{Role: app.RoleAPI, Database: database, NATS: nats})
	door.importFolder("../examples/reference")
	first := startProcess(t, processOptions{Data: filepath.Join(t.TempDir(), "data"), Role: app.RoleWorker, Database: database, NATS: nats, FreeBytes: -1})
	first.ready()
	door.send(bag("1", 1))
	door.settled()
	// The gate here knows what was committed there.
	until(t, "the gate of one process sees what another committed", func() bool {
		return strings.Contains(door.screen(bag("1", 2)), `"state":{"revision":2,"changed":["title"]}`)
	})
	start(t, app.ServerOptions{Role: app.RoleWorker, Database: database, NATS: nats})
	first.kill()
	l := newLoad(t, "roles", 4, 1)
	l.begin(func() caller { return door.caller })
	l.more(200)
	l.end()
	door.settled() // after the dead process's lease
	l.checkOffers(door.caller)
	l.checkEvents(door.events())
	if f := door.findings(""); len(f) < 5 {
		t.Errorf("there are %d findings", len(f))
	}
}

func TestTwoProcessesDoNotWorkInOneFolder(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	s, err := app.Open(t.Context(), app.ServerOptions{Data: n.data})
	if err == nil {
		s.Close()
		t.Fatal("a second server opened the folder")
	}
	if assay.CodeOf(err) != assay.Conflict || !strings.Contains(err.Error(), n.data) {
		t.Errorf("the second server says %v (%s)", err, assay.CodeOf(err))
	}
	n.send(bag("1", 1)) // the first one goes on
}

func TestAShutdownAnswersWhatIsUnderWayAndLosesNothing(t *testing.T) {
	t.Parallel()
	o := app.ServerOptions{Data: filepath.Join(t.TempDir(), "data")}
	n := start(t, o)
	n.importFolder("../examples/reference")
	l := newLoad(t, "end", 4, 1)
	l.begin(func() caller { return n.caller })
	l.more(100)
	// A body that is still coming when the end begins: the server asks for it when the
	// request is under way.
	conn := dial(t, n.url)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/listings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		n.token, len(bag("slow", 1)+"\n"+bag("slow", 2)))
	reply := bufio.NewReader(conn)
	if line, err := reply.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%v: %s", err, line)
	}
	reply.ReadString('\n')
	fmt.Fprintln(conn, bag("slow", 1))
	stopped := make(chan error, 1)
	go func() { stopped <- n.stop() }()
	until(t, "new connections are refused", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	fmt.Fprint(conn, bag("slow", 2))
	r, err := http.ReadResponse(reply, nil)
	if err != nil {
		t.Fatalf("the request under way got no answer: %v", err)
	}
	var got struct{ Accepted int }
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.StatusCode != 200 || got.Accepted != 2 {
		t.Errorf("the request under way got %d %+v", r.StatusCode, got)
	}
	r.Body.Close()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	l.end()
	for _, w := range l.writers {
		for status := range w.refused {
			if status != 0 {
				t.Errorf("at the end some were answered with %d", status)
			}
		}
	}
	again := start(t, o)
	l.check(again.caller)
	if got := again.offer("slow", 2); got.Revision != 2 {
		t.Errorf("the offer of the request under way is at revision %d", got.Revision)
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
	l.checkStore(filepath.Join(o.Data, "assay.db"))
}
