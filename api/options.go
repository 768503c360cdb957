package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"assay"
)

// Limits of requests. Those that an installation may have to change are Options.
const (
	// MaxScreenBytes is the largest body of POST /v1/screen: 500 listings of 16 KiB.
	MaxScreenBytes = 8 << 20
	// MaxScreenListings is how many listings one such request may hold.
	MaxScreenListings = 500
	// MaxListingsRecords is how many records one body of POST /v1/listings may hold,
	// so that a small packed body cannot keep the intake busy for hours.
	MaxListingsRecords = 20_000_000
	// MaxRejected is how many rejected records an answer lists; the rest is counted.
	MaxRejected = 1_000
	// MaxHeaderBytes bounds a request's header.
	MaxHeaderBytes = 32 << 10
	// MaxPage is the largest limit of a list; DefaultPage is taken without one.
	MaxPage     = 500
	DefaultPage = 50

	maxJSONBytes = 256 << 10 // the small JSON bodies: webhooks, organisations
	maxURLBytes  = 8 << 10
	maxKeyChars  = 255 // of an Idempotency-Key

	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// writeTimeout is how long a client may take nothing of an answer.
	writeTimeout = time.Minute

	defaultMaxBytes     = 1 << 30
	defaultChunkTimeout = 30 * time.Second
	defaultMaxUploads   = 64
	defaultScreenMemory = 128 << 20

	// chunkBytes is how much of a body has to arrive in each Options.ChunkTimeout.
	chunkBytes = 16 << 10
)

// Options says how the door behaves. The zero value takes the defaults.
type Options struct {
	Version string           // of the program, for the OpenAPI document
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // one line a request, and every fault; nil: nothing
	// Registerer takes the door's metrics; nil: none.
	Registerer prometheus.Registerer

	// MaxListingsBytes is the largest body of POST /v1/listings as it is sent (1 GiB),
	// MaxReferenceBytes the largest reference file, unpacked (1 GiB).
	MaxListingsBytes  int64
	MaxReferenceBytes int64
	// ChunkTimeout is how long each further 16 KiB of a body may take (30 s).
	ChunkTimeout time.Duration
	// MaxUploads is how many bodies of listings and reference files are read at one
	// time (64), ScreenMemory how many bytes of screening bodies (128 MiB). More
	// are answered with 429.
	MaxUploads   int
	ScreenMemory int64

	// Pages answers what is not the API's own: every path but those below /v1/,
	// /openapi.json, /healthz, /readyz and /metrics. nil: there is nothing there.
	Pages http.Handler

	// Hosts lists the names under which the server may be called, without port; empty
	// allows all. Behind the door of one machine it stops DNS rebinding.
	Hosts []string
	// TrustedProxies are the addresses whose X-Forwarded-For and X-Forwarded-Proto
	// are believed.
	TrustedProxies []netip.Prefix
}

// withDefaults returns o complete, or an error of code Invalid.
func (o Options) withDefaults() (Options, error) {
	if o.MaxListingsBytes < 0 || o.MaxReferenceBytes < 0 || o.ChunkTimeout < 0 || o.MaxUploads < 0 || o.ScreenMemory < 0 {
		return o, assay.Errorf(assay.Invalid, "limits of requests must not be negative")
	}
	if o.ScreenMemory != 0 && o.ScreenMemory < MaxScreenBytes {
		return o, assay.Errorf(assay.Invalid, "the memory for screening bodies must be %d bytes at least, so that the largest one fits", MaxScreenBytes)
	}
	for i, h := range o.Hosts {
		if h == "" || strings.ContainsAny(h, "/ ") {
			return o, assay.Errorf(assay.Invalid, "host %d (%q) is not a host's name", i+1, h)
		}
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.MaxListingsBytes = orDefault(o.MaxListingsBytes, defaultMaxBytes)
	o.MaxReferenceBytes = orDefault(o.MaxReferenceBytes, defaultMaxBytes)
	o.ChunkTimeout = orDefault(o.ChunkTimeout, defaultChunkTimeout)
	o.MaxUploads = orDefault(o.MaxUploads, defaultMaxUploads)
	o.ScreenMemory = orDefault(o.ScreenMemory, defaultScreenMemory)
	return o, nil
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Server returns a server for h with this package's limits. It has no timeout for
// whole requests or answers: a feed of a gigabyte and a backup take the time they
// take. Bodies and answers have to keep moving instead, which the handler sees to.
func Server(h http.Handler, o Options) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    MaxHeaderBytes,
	}
	if o.Log != nil {
		s.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn)
	}
	return s
}
