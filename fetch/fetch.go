// Package fetch sends HTTP requests to addresses that people typed in or that
// came with data. Such an
// address is an attack until shown otherwise: it may name the machine itself, the
// network behind it, a cloud's metadata service, or a name that resolves to a
// public address when it is checked and to a private one when it is used.
//
// So the address that counts is the one a connection is made to: it is judged
// between resolving and connecting, for every connection. Besides, a Client
// follows no redirect that it was not told to, and judges each anew; it uses no
// proxy, keeps no cookies, sends no credentials, and bounds time and size of
// everything that comes back.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"assay"
)

const (
	// DefaultTimeout bounds a whole request. A receiver that needs longer should
	// answer first and work afterwards.
	DefaultTimeout = 15 * time.Second
	// DefaultMaxBody is how much of an answer's body is read: by Post to use the
	// connection again, since nothing looks at it.
	DefaultMaxBody = 64 << 10

	maxHeaderBytes = 64 << 10
	maxIdleConns   = 64
	idleTimeout    = 30 * time.Second
)

// Options say what a Client may reach and what a request may cost. The zero
// Options allow https to public addresses.
type Options struct {
	// AllowPrivate allows the addresses that an intranet is made of: loopback,
	// RFC 1918, carrier-grade NAT (RFC 6598) and unique local IPv6 addresses. Not
	// link-local ones: metadata services of clouds live there.
	AllowPrivate bool
	// AllowNetworks allows the addresses of these networks, whatever they are, but
	// not multicast and unspecified ones. A prefix that is not valid allows nothing.
	AllowNetworks []netip.Prefix
	// AllowPlain allows http to public addresses. To those that the two options
	// above allow, http is always allowed.
	AllowPlain bool

	Timeout time.Duration // zero: DefaultTimeout
	MaxBody int64         // bytes, where a request does not say; zero: DefaultMaxBody

	UserAgent string         // empty: "assay"
	RootCAs   *x509.CertPool // nil: the system's
	Resolver  *net.Resolver  // nil: the system's
}

// Client is safe for concurrent use.
type Client struct {
	guard     guard
	timeout   time.Duration
	maxBody   int64
	userAgent string

	// One for each scheme, since a plain connection may go to fewer addresses.
	secure, plain *http.Transport
}

// New returns a Client. It opens nothing.
func New(o Options) *Client {
	c := &Client{
		guard:     guard{private: o.AllowPrivate, networks: o.AllowNetworks, plain: o.AllowPlain},
		timeout:   o.Timeout,
		maxBody:   o.MaxBody,
		userAgent: o.UserAgent,
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.maxBody <= 0 {
		c.maxBody = DefaultMaxBody
	}
	if c.userAgent == "" {
		c.userAgent = "assay"
	}
	transport := func(scheme string) *http.Transport {
		// A transport lets a dial go on when its request has ended, so the dial has
		// timeouts of its own. HTTP/2 stays off: one request at a time gains nothing.
		dialer := &net.Dialer{Timeout: c.timeout, Resolver: o.Resolver, ControlContext: c.guard.control(scheme)}
		return &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			TLSHandshakeTimeout:    c.timeout,
			DisableCompression:     true, // Post reads no answer, Get unpacks by itself, with a bound
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConns:           maxIdleConns,
			IdleConnTimeout:        idleTimeout,
		}
	}
	c.secure, c.plain = transport("https"), transport("http")
	return c
}

// Close closes the connections that no request is using.
func (c *Client) Close() {
	c.secure.CloseIdleConnections()
	c.plain.CloseIdleConnections()
}

// Post sends body to the URL and returns the status of the answer, whatever it
// is: a redirect is an answer too. The answer's body is read up to a bound and
// dropped, and does not matter: once there is a status, there is no error.
//
// The error is assay.Invalid where the address is not allowed, and
// assay.Unavailable where there was no answer. Its message holds neither the URL
// nor an address that a name resolved to: a URL may carry a secret, and addresses
// would tell of the network inside.
func (c *Client) Post(ctx context.Context, url string, header http.Header, body []byte) (status int, err error) {
	target, err := c.parse(url)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req := (&http.Request{
		Method:        http.MethodPost,
		URL:           target,
		Host:          target.Host,
		Header:        header.Clone(),
		Body:          io.NopCloser(bytes.NewReader(body)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		ContentLength: int64(len(body)),
	}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	resp, err := c.roundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	// Only for the connection's sake; a body that is too slow or too long ends it.
	_, _ = io.CopyN(io.Discard, resp.Body, c.maxBody+1)
	return resp.StatusCode, nil
}

// roundTrip sends one request, whose URL has been parsed by c. It follows nothing
// and keeps nothing.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	transport := c.secure
	if req.URL.Scheme == "http" {
		transport = c.plain
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, explain(err)
	}
	return resp, nil
}

// explain turns the error of a round trip into one that may be shown.
func explain(err error) error {
	var refused *assay.Error
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	message := "no connection to the address, or it was cut before an answer came"
	switch {
	case errors.As(err, &refused):
		return refused // by guard.control
	case errors.Is(err, context.Canceled):
		message = "the request was cancelled"
	case errors.As(err, &unknown) && unknown.IsNotFound:
		message = "the host's name is not known"
	case errors.As(err, &certificate):
		message = "the certificate of the address is not valid, or not trusted here"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		message = "no answer in time"
	}
	return &assay.Error{Code: assay.Unavailable, Message: message, Err: err}
}
