package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// storageLimit of the embedded server is out of the way: each stream has its own,
	// and the disk's is found by writing to it.
	storageLimit = math.MaxInt64 / 4
	memoryLimit  = 64 << 20 // of readers' positions; envelopes are in files
	headerRoom   = 64 << 10

	// room is what must be free before a server that ran out of it is started again.
	room = 4 << 20

	// watchEvery is how often the server's health is looked at. A server that is ill
	// for illTicks of them in a row is restarted; one that has switched JetStream off
	// at once.
	watchEvery = 250 * time.Millisecond
	illTicks   = 4
	// Between two starts there is at least a pause, twice as long each time, short
	// again after it went well for settledAfter.
	firstRest    = 250 * time.Millisecond
	lastRest     = 5 * time.Second
	settledAfter = time.Minute

	startWithin = time.Minute
)

// embedded is a NATS server in this process without a port. When a write fails,
// nats-server stops the stream or all of JetStream and never comes back by itself.
// So a keeper looks at it, stops it, waits until the folder can be written to, and
// starts it again. What was acknowledged is in the files and stays.
type embedded struct {
	opts Options
	lock *os.File
	stop context.CancelFunc
	done chan struct{} // closed when the keeper has ended

	mu  sync.Mutex
	srv *server.Server // nil while there is none
	err error          // why, with its code
}

func openEmbedded(opts Options) (*embedded, error) {
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, noRoomOr("making the log's folder", err)
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	e := &embedded{opts: opts, lock: lock, done: make(chan struct{})}
	if err := e.start(); err != nil {
		lock.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	go e.keep(ctx)
	return e, nil
}

func (e *embedded) close() error {
	e.stop()
	<-e.done
	e.halt(errors.New("the log is closed"))
	if err := e.lock.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// InProcessConn connects to the server that runs now. The client calls it for each
// reconnection.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.srv == nil {
		return nil, e.err
	}
	return e.srv.InProcessConn()
}

func (e *embedded) fault() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// start starts a server, which recovers its streams: a record that was cut short by
// a crash was never acknowledged and is dropped.
func (e *embedded) start() error {
	if err := hasRoom(e.opts.Dir); err != nil {
		return err
	}
	// What a killed process wrote but did not sync is in the kernel's memory, and the
	// server would take a repeat of such an append for stored. So it is made durable
	// first.
	if err := syncTree(e.opts.Dir, true); err != nil {
		return noRoomOr("syncing the log", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName:             "assay",
		DontListen:             true,
		NoSigs:                 true,
		MaxPayload:             MaxData + headerRoom,
		JetStream:              true,
		StoreDir:               e.opts.Dir,
		SyncAlways:             !e.opts.NoSync,
		JetStreamMaxStore:      storageLimit,
		JetStreamMaxMemory:     memoryLimit,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("making the embedded log: %w", err)
	}
	log := &serverLog{log: e.opts.Logger}
	srv.SetLogger(log, false, false)
	srv.Start()
	if !srv.ReadyForConnections(startWithin) || !srv.JetStreamEnabled() {
		srv.Shutdown()
		srv.WaitForShutdown()
		if err := hasRoom(e.opts.Dir); err != nil {
			return err
		}
		return unavailable("starting the embedded log", errors.New(log.fatal()))
	}
	e.mu.Lock()
	e.srv, e.err = srv, nil
	e.mu.Unlock()
	return nil
}

func (e *embedded) halt(why error) {
	e.mu.Lock()
	srv := e.srv
	e.srv, e.err = nil, why
	e.mu.Unlock()
	if srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

func (e *embedded) keep(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	rest, well, ill := firstRest, 0, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		why, off := e.illness()
		if why == nil {
			if ill, well = 0, well+1; well > int(settledAfter/watchEvery) {
				rest = firstRest
			}
			continue
		}
		if ill++; !off && ill < illTicks {
			continue
		}
		e.opts.Logger.Error("the embedded log has failed and is started again", "error", why)
		why = unavailable("running the embedded log", why)
		if err := hasRoom(e.opts.Dir); err != nil {
			why = err
		}
		e.halt(why)
		for {
			if !sleep(ctx, rest) {
				return
			}
			rest = min(2*rest, lastRest)
			err := e.start()
			if err == nil {
				e.opts.Logger.Info("the embedded log is back")
				break
			}
			e.mu.Lock()
			e.err = err
			e.mu.Unlock()
		}
		ill, well = 0, 0
	}
}

// illness returns what is wrong with the running server, and whether JetStream is
// off altogether.
func (e *embedded) illness() (why error, off bool) {
	if !e.srv.JetStreamEnabled() { // only keep, and close after it, change srv
		return errors.New("JetStream has switched itself off"), true
	}
	if h := e.srv.Healthz(nil); h.Error != "" {
		return errors.New(h.Error), false
	}
	return nil, false
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hasRoom writes and syncs a file in the folder, because only that shows quotas and
// disks that went read-only.
func hasRoom(dir string) error {
	name := filepath.Join(dir, "room")
	f, err := os.Create(name)
	if err == nil {
		_, err = f.Write(make([]byte, room))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(name))
	}
	if err != nil {
		return noRoomOr("writing to the log's folder", err)
	}
	return nil
}

func noRoomOr(doing string, err error) error {
	if isNoRoom(err) {
		return full(fmt.Errorf("%s: %w", doing, err))
	}
	return unavailable(doing, err)
}

// syncDirs makes the folders of a new stream durable. A block file's own entry is
// made durable by syncing the file, as ext4, XFS and Btrfs do.
func (l *Log) syncDirs() error {
	if l.embedded == nil || l.opts.NoSync {
		return nil
	}
	if err := syncTree(l.opts.Dir, false); err != nil {
		return noRoomOr("syncing the log's folders", err)
	}
	return nil
}

// syncTree syncs every folder below dir and, if files, every file.
func syncTree(dir string, files bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || files && d.Type().IsRegular()) {
			var f *os.File
			if f, err = os.Open(name); err == nil {
				err = errors.Join(f.Sync(), f.Close())
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server removes what it no longer needs
		}
		return err
	})
}

// serverLog hands the server's warnings on. A fatal message is kept, and does not
// end the process.
type serverLog struct {
	log *slog.Logger

	mu   sync.Mutex
	last string
}

func (s *serverLog) fatal() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == "" {
		return "it did not become ready"
	}
	return s.last
}

func (s *serverLog) Fatalf(format string, v ...any) {
	s.mu.Lock()
	s.last = fmt.Sprintf(format, v...)
	s.mu.Unlock()
	s.Errorf(format, v...)
}

func (s *serverLog) Errorf(format string, v ...any) {
	s.log.Error("embedded log", "message", strings.TrimSpace(fmt.Sprintf(format, v...)))
}

func (s *serverLog) Warnf(format string, v ...any) {
	s.log.Warn("embedded log", "message", strings.TrimSpace(fmt.Sprintf(format, v...)))
}

func (s *serverLog) Noticef(string, ...any) {}
func (s *serverLog) Debugf(string, ...any)  {}
func (s *serverLog) Tracef(string, ...any)  {}
