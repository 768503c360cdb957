package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay"
	"assay/api"
	"assay/blob"
	"assay/fetch"
	"assay/notify"
	"assay/reference"
	"assay/sqldb"
	"assay/stream"
	"assay/watch"
	"assay/web"

	"github.com/prometheus/client_golang/prometheus"
)

// Role says which part of the work a process does.
type Role string

const (
	RoleAll    Role = "all"
	RoleAPI    Role = "api"    // answers requests
	RoleWorker Role = "worker" // works envelopes, re-screens, sends webhooks
)

// ServerOptions says how a server runs. Data alone is needed; the zero value of the
// rest runs everything embedded.
type ServerOptions struct {
	Data     string // folder for everything that is kept; made if it is not there
	Database string // sqlite path or postgres:// address; empty: Data/assay.db
	NATS     string // nats:// address; empty: embedded, in Data/log
	// NATSPrefix begins the names of this installation\'s streams, so that several share one
	// NATS; empty: stream.DefaultPrefix. NATSCredentials is the user\'s file, if it needs one.
	NATSPrefix, NATSCredentials string
	Replicas                    int    // of the log on an outside cluster: 1 or 3
	Blobs                       string // folder; empty: Data/blobs
	Role                        Role

	Listen     string // address; empty: DefaultListen
	TLSCert    string // PEM files; both or none
	TLSKey     string
	Hosts      []string       // names the server may be called by; empty: any
	Proxies    []netip.Prefix // whose X-Forwarded-* are believed
	Partitions int            // 0: those there are, at first sqldb.DefaultPartitions; fixed from then on
	// LogBytes is where a partition's log stops taking more, RetainBytes what of it is
	// kept once it is worked. 0: defaults.
	LogBytes, RetainBytes int64
	// FreeBytes is how much of the disk must be free for listings to be taken; 0:
	// DefaultFree, below 0: none.
	FreeBytes int64
	// MaxReferenceAge is how old the generation in force may be behind the rows before
	// the server says that it is not ready; 0: DefaultReferenceAge.
	MaxReferenceAge time.Duration
	// PrivateWebhooks allows webhooks to addresses of the own network.
	PrivateWebhooks bool
	// FetchNetworks are networks that pictures and pages of listings may be fetched from
	// though they are not public. Sellers choose such addresses: nothing that matters
	// should answer there.
	FetchNetworks []netip.Prefix
	// OpenPages lets anybody use the pages as the installation itself, without signing
	// in. It takes an address of this machine only, and is for the demonstration.
	OpenPages bool
	// Pictures answers for the pictures of listings; nil: they are fetched from where
	// the listing says, through the guarded client.
	Pictures Pictures

	Version string
	Clock   func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: nothing is logged
	// NoSync acknowledges before the disk has anything. It is there for the test that
	// shows that syncing matters.
	NoSync bool
}

const (
	DefaultListen       = "127.0.0.1:8417"
	DefaultFree         = 256 << 20
	DefaultReferenceAge = 10 * time.Minute

	// drainTime is how long a shutdown waits for requests under way.
	drainTime = 20 * time.Second
	// referenceTopic is where processes tell each other of a new reference.
	referenceTopic = "reference"
	adminTokenName = "admin"
	adminTokenFile = "admin-token"
	// addressFile holds where the running server is reached, certificateFile the
	// certificate that it shows, for those who work on its folder.
	addressFile     = "address"
	certificateFile = "certificate.pem"
)

func (o *ServerOptions) complete() error {
	if o.Data == "" {
		return assay.Errorf(assay.Invalid, "a server needs a folder for its data")
	}
	if o.Role == "" {
		o.Role = RoleAll
	}
	if o.Role != RoleAll && o.Role != RoleAPI && o.Role != RoleWorker {
		return assay.Errorf(assay.Invalid, "role %q is none of all, api, worker", o.Role)
	}
	if o.Role != RoleAll && (o.NATS == "" || o.Database == "") {
		return assay.Errorf(assay.Invalid, "role %s shares its work with other processes: give the addresses of the database and of NATS", o.Role)
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return assay.Errorf(assay.Invalid, "TLS needs both a certificate and its key")
	}
	if o.Partitions < 0 || o.Partitions > stream.MaxPartitions {
		return assay.Errorf(assay.Invalid, "the number of partitions must be 1 to %d", stream.MaxPartitions)
	}
	if o.Database == "" {
		o.Database = filepath.Join(o.Data, "assay.db")
	}
	if o.Blobs == "" {
		o.Blobs = filepath.Join(o.Data, "blobs")
	}
	o.Blobs = strings.TrimPrefix(o.Blobs, "file://")
	if strings.Contains(o.Blobs, "://") {
		return assay.Errorf(assay.Invalid, "blobs are kept in a folder; %q is none", o.Blobs)
	}
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if o.OpenPages {
		host, _, err := net.SplitHostPort(o.Listen)
		if addr, e := netip.ParseAddr(host); err != nil || host != "localhost" && (e != nil || !addr.IsLoopback()) {
			return assay.Errorf(assay.Invalid, "pages without sign-in are for this machine alone: listen on 127.0.0.1, not on %s", o.Listen)
		}
		if len(o.Hosts) == 0 {
			o.Hosts = []string{"localhost", "127.0.0.1", "::1"} // a page elsewhere may have a name that leads here
		}
	}
	if o.LogBytes <= 0 {
		o.LogBytes = stream.DefaultMaxBytes
	}
	if o.RetainBytes <= 0 {
		o.RetainBytes = watch.DefaultRetain
	}
	// What is kept must leave room for what comes.
	o.RetainBytes = min(o.RetainBytes, o.LogBytes/2)
	if o.FreeBytes == 0 {
		o.FreeBytes = DefaultFree
	}
	if o.MaxReferenceAge <= 0 {
		o.MaxReferenceAge = DefaultReferenceAge
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Pictures gives the pictures that listings name, as JPEG files of ours: never the
// bytes that a seller chose. Errors: Invalid for what is no picture or may not be
// fetched, TooLarge, NotFound, Unavailable.
type Pictures interface {
	Picture(ctx context.Context, url string) ([]byte, error)
}

// Server is one process of Assay: what it is made of, open and connected.
type Server struct {
	o     ServerOptions
	scope assay.Scope

	data        *dataFolder
	certificate *certificate // nil: without TLS
	store       *sqldb.Store
	log         *stream.Log
	blobs       *blob.Store
	fetch       *fetch.Client
	keeper      *reference.Keeper
	memory      *watch.Memory
	intake      *watch.Intake
	gate        *watch.Gate
	workers     []*watch.Worker
	rescreener  *watch.Rescreener
	dispatcher  *notify.Dispatcher
	registry    *prometheus.Registry
	handler     http.Handler
	pages       *web.Web
	rates       *rates
	health      *health
	wake        chan struct{} // somebody announced a new reference
	swapped     chan struct{} // there is a new generation here
	backingUp   atomic.Bool
	undo        []func()
}

// Open opens everything that a server works with. Nothing runs before Run; Close
// ends what Run does not.
func Open(ctx context.Context, o ServerOptions) (s *Server, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s = &Server{o: o, scope: assay.LocalScope("node"), wake: make(chan struct{}, 1), swapped: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			s.Close()
			s = nil
		}
	}()
	if s.data, err = openData(o.Data); err != nil {
		return s, err
	}
	s.undo = append(s.undo, s.data.close)
	if o.TLSCert != "" {
		s.certificate, err = openCertificate(o.TLSCert, o.TLSKey, func(err error) {
			o.Logger.Warn("the renewed certificate is not used", "error", err)
		})
		if err != nil {
			return s, err
		}
	}
	if err := s.openStores(ctx); err != nil {
		return s, err
	}
	if err := s.openWork(); err != nil {
		return s, err
	}
	if err := s.firstToken(ctx); err != nil {
		return s, err
	}
	s.registry = prometheus.NewRegistry()
	s.rates = &rates{}
	s.health = newHealth(s)
	s.register()
	if s.handler, err = s.openDoors(); err != nil {
		return s, err
	}
	return s, nil
}

func (s *Server) openStores(ctx context.Context) (err error) {
	if s.store, err = sqldb.Open(ctx, sqldb.Options{URL: s.o.Database}); err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	s.undo = append(s.undo, func() { s.store.Close() })
	if s.blobs, err = blob.Open(s.o.Blobs); err != nil {
		return fmt.Errorf("opening the blobs: %w", err)
	}
	parts, err := s.store.Partitions(ctx, s.scope, s.o.Partitions)
	if err != nil {
		return fmt.Errorf("opening the partitions: %w", err)
	}
	s.o.Partitions = len(parts)
	if s.log, err = stream.Open(ctx, s.o.logOptions(s.o.Partitions)); err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	s.undo = append(s.undo, func() { s.log.Close() })
	for _, p := range parts {
		if err := s.log.Ensure(ctx, p.ID, p.Committed+1); err != nil {
			return fmt.Errorf("opening partition %d of the log: %w", p.ID, err)
		}
	}
	return nil
}

// logOptions says where the log is.
func (o *ServerOptions) logOptions(partitions int) stream.Options {
	so := stream.Options{URL: o.NATS, Credentials: o.NATSCredentials, Prefix: o.NATSPrefix, Partitions: partitions,
		MaxBytes: o.LogBytes, Replicas: o.Replicas, NoSync: o.NoSync, Logger: o.Logger}
	if o.NATS == "" {
		so.Dir, so.Replicas = filepath.Join(o.Data, "log"), 1
	}
	return so
}

func (s *Server) openWork() error {
	s.keeper = reference.NewKeeper(reference.KeeperOptions{
		Store: s.store, Scope: s.scope, Clock: s.o.Clock, TempDir: s.data.temp, Logger: s.o.Logger, Holder: s.data.node, Wake: s.wake,
		Announce: func(ctx context.Context) error { return s.log.Announce(ctx, referenceTopic) },
	})
	s.keeper.OnSwap(func(*reference.Generation) { nudge(s.swapped) })
	quit, err := s.log.Listen(referenceTopic, func() { nudge(s.wake) })
	if err != nil {
		return fmt.Errorf("listening for a new reference: %w", err)
	}
	s.undo = append(s.undo, quit)
	s.memory = watch.NewMemory(s.store, s.scope, s.o.Partitions)
	s.gate = watch.NewGate(s.keeper, s.memory)
	s.intake = watch.NewIntake(watch.IntakeOptions{
		Log: logDoor{s.log}, Blobs: s.blobs, Codec: codec{}, Partitions: s.o.Partitions, Clock: s.o.Clock, Room: s.room,
	})
	s.undo = append(s.undo, func() { s.intake.Close(context.Background()) })
	s.fetch = fetch.New(fetch.Options{AllowPrivate: s.o.PrivateWebhooks})
	s.undo = append(s.undo, s.fetch.Close)
	s.dispatcher = notify.New(notify.Options{
		Store: s.store, Poster: s.fetch, Scope: assay.LocalScope("notify"), Clock: s.o.Clock, Jitter: rand.Float64, Logger: s.o.Logger,
	})
	if s.o.Role == RoleAPI {
		return nil
	}
	for p := range s.o.Partitions {
		s.workers = append(s.workers, watch.NewWorker(p, watch.WorkerOptions{
			Log: logDoor{s.log}, Blobs: s.blobs, Store: s.store, Codec: codec{}, Reference: s.keeper, Memory: s.memory,
			Scope: assay.LocalScope("ingest"), Holder: s.data.node, Clock: s.o.Clock, Logger: s.o.Logger,
			RetainBytes: s.o.RetainBytes, Keep: s.backingUp.Load, Committed: s.dispatcher.Wake,
		}))
	}
	s.rescreener = watch.NewRescreener(watch.RescreenerOptions{
		Store: s.store, Codec: codec{}, Reference: s.keeper, Scope: assay.LocalScope("rescreen"), Holder: s.data.node,
		Clock: s.o.Clock, Logger: s.o.Logger, Workers: s.workers, Swapped: s.swapped, Committed: s.dispatcher.Wake,
	})
	return nil
}

// nudge tells a channel of one without waiting.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Handler answers the server's requests. It works while Run does.
func (s *Server) Handler() http.Handler { return s.handler }

// Run works until ctx ends, then ends what is under way: requests first, then what
// they made durable is committed as far as drainTime allows. The listener is closed.
// ready, if not nil, is called when requests are answered.
func (s *Server) Run(ctx context.Context, listener net.Listener, ready func()) error {
	// Work goes on while the last requests end.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	failed := make(chan error, 2)
	running.Go(func() {
		if err := s.keeper.Run(work); err != nil && work.Err() == nil {
			failed <- fmt.Errorf("keeping the reference: %w", err)
		}
	})
	running.Go(func() {
		s.memory.Follow(work, func(err error) { s.o.Logger.Warn("following what was seen failed; it is tried again", "error", err) })
	})
	running.Go(func() { s.rates.run(work, s) })
	running.Go(func() { s.sweep(work) })
	for _, w := range s.workers {
		running.Go(func() { w.Run(work) })
	}
	if s.o.Role != RoleAPI {
		running.Go(func() { s.rescreener.Run(work) })
		running.Go(func() { s.dispatcher.Run(work) })
	}
	server := api.Server(s.handler, api.Options{Log: s.o.Logger})
	running.Go(func() {
		var err error
		if s.certificate != nil {
			server.TLSConfig = s.certificate.config()
			err = server.ServeTLS(listener, "", "")
		} else {
			err = server.Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serving: %w", err)
		}
	})
	select {
	case <-s.keeper.Started(): // who is told that the server is ready may import at once
	case err := <-failed:
		failed <- err
	}
	if err := s.publish(listener.Addr()); err != nil {
		failed <- err
	}
	defer s.unpublish()
	if ready != nil {
		ready()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.o.Logger.Info("stopping")
	s.pages.Close() // streams that pages hold open never end by themselves
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	if e := server.Shutdown(drain); e != nil {
		server.Close()
	}
	s.intake.Close(drain)
	s.drain(drain)
	cancel()
	stop()
	running.Wait()
	return err
}

// publish writes down, in the data folder, where the server is reached.
func (s *Server) publish(addr net.Addr) error {
	scheme := "http"
	if s.o.TLSCert != "" {
		scheme = "https"
		pem, err := os.ReadFile(s.o.TLSCert)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(s.o.Data, certificateFile), pem, 0o600); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(s.o.Data, addressFile), []byte(scheme+"://"+reachable(addr)+"\n"), 0o600)
}

func (s *Server) unpublish() {
	os.Remove(filepath.Join(s.o.Data, addressFile))
	os.Remove(filepath.Join(s.o.Data, certificateFile))
}

// reachable returns an address by which this machine reaches a listener.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}

// drain waits until the workers have committed what is in the log.
func (s *Server) drain(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, w := range s.workers {
		for w.Done.Held.Load() {
			state, err := s.log.State(ctx, w.Partition())
			if err != nil || w.Done.Through.Load() >= state.Last {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// sweepTime is how often what has expired is dropped, idempotencyTime how long an
// answer is kept for repeated requests.
const (
	sweepTime       = 10 * time.Minute
	idempotencyTime = 24 * time.Hour
)

func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	for {
		err := errors.Join(s.store.DropIdempotent(ctx, s.scope, s.o.Clock().Add(-idempotencyTime)), s.store.DropSessions(ctx, s.o.Clock()))
		if err != nil && ctx.Err() == nil {
			s.o.Logger.Warn("sweeping failed; it is tried again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Close ends what Open opened. It may be called more than once.
func (s *Server) Close() {
	for len(s.undo) > 0 {
		last := len(s.undo) - 1
		s.undo[last]()
		s.undo = s.undo[:last]
	}
}

// Listen opens the address of the options.
func (s *Server) Listen() (net.Listener, error) {
	l, err := net.Listen("tcp", s.o.Listen)
	if err != nil {
		return nil, assay.Errorf(assay.Unavailable, "listening on %s: %w", s.o.Listen, err)
	}
	return l, nil
}

// dataFolder is the folder of a server.
type dataFolder struct {
	dir, temp string
	node      string // names the installation in leases, over restarts
	lock      *os.File
}

func openData(dir string) (*dataFolder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	d := &dataFolder{dir: dir, temp: filepath.Join(dir, "tmp")}
	var err error
	if d.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	// What an earlier process left there is of no use to anybody.
	if err := errors.Join(os.RemoveAll(d.temp), os.MkdirAll(d.temp, 0o700)); err != nil {
		d.close()
		return nil, fmt.Errorf("making the folder for temporary files: %w", err)
	}
	if d.node, err = nodeID(filepath.Join(dir, "node-id")); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *dataFolder) close() { d.lock.Close() }

// nodeID reads the installation's id, or makes it.
func nodeID(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	id, err := newID()
	if err != nil {
		return "", err
	}
	return id, writeFile(file, []byte(id+"\n"), 0o600)
}

// writeFile writes a small file whole or not at all.
func writeFile(file string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode) // an older file may have been more open
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
