package app

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is a TLS certificate in files that somebody renews. It is read again
// when the files have changed; one that cannot be read leaves the one before in use.
type certificate struct {
	certFile, keyFile string
	failed            func(error)

	mu      sync.Mutex // guards what follows
	looked  time.Time  // monotonic
	changed time.Time  // modification time of what is in use
	current *tls.Certificate
}

// certificateTime is how often the files are looked at.
const certificateTime = 10 * time.Second

// openCertificate reads the files.
func openCertificate(certFile, keyFile string, failed func(error)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, failed: failed}
	if err := c.read(); err != nil {
		return nil, err
	}
	c.looked = time.Now()
	return c, nil
}

// config returns the settings of a TLS server that shows the certificate.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if time.Since(c.looked) > certificateTime {
			c.looked = time.Now()
			if err := c.read(); err != nil {
				c.failed(err)
			}
		}
		return c.current, nil
	}}
}

// read reads the files if they have changed.
func (c *certificate) read() error {
	var newest time.Time
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("reading the certificate: %w", err)
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if c.current != nil && newest.Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	c.current, c.changed = &pair, newest
	return nil
}
