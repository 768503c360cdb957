// Package streamtest runs NATS servers for the tests of packages that work with an
// outside log.
package streamtest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const readyWithin = 30 * time.Second

// Handle is a NATS server with JetStream on a port of the loopback address. It syncs
// before it acknowledges, keeps its port and folder when it is stopped and started
// again, and ends with its test.
type Handle struct {
	URL string

	tb   testing.TB
	opts server.Options
	srv  *server.Server
}

// Server starts a server in a new folder.
func Server(tb testing.TB) *Handle {
	tb.Helper()
	h := &Handle{tb: tb, opts: Options(tb.TempDir(), FreePort(tb))}
	h.URL = fmt.Sprintf("nats://127.0.0.1:%d", h.opts.Port)
	tb.Cleanup(h.Stop)
	h.Start()
	return h
}

// Start starts the server again after Stop.
func (h *Handle) Start() {
	h.tb.Helper()
	if h.srv != nil {
		return
	}
	opts := h.opts
	srv, err := Run(&opts)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.srv = srv
}

// Stop stops the server and cuts its clients off.
func (h *Handle) Stop() {
	if h.srv == nil {
		return
	}
	h.srv.Shutdown()
	h.srv.WaitForShutdown()
	h.srv = nil
}

// Options returns those of a server with JetStream that syncs always.
func Options(dir string, port int) server.Options {
	return server.Options{
		ServerName:         fmt.Sprintf("test-%d", port),
		Host:               "127.0.0.1",
		Port:               port,
		NoSigs:             true,
		NoLog:              true,
		JetStream:          true,
		StoreDir:           dir,
		SyncAlways:         true,
		JetStreamMaxStore:  64 << 30,
		JetStreamMaxMemory: 64 << 20,
	}
}

// Run starts a server and waits until it takes connections.
func Run(opts *server.Options) (*server.Server, error) {
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("making a NATS server: %w", err)
	}
	srv.Start()
	if !srv.ReadyForConnections(readyWithin) {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("the NATS server on port %d did not become ready", opts.Port)
	}
	return srv, nil
}

// FreePort returns a port of the loopback address that nothing listens on now.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
