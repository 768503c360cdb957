package api

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"assay"
)

const (
	// tokenTrust is how long a token that was found is not looked up again, and so how
	// long one that was taken back may still work.
	tokenTrust = time.Second
	maxTokens  = 1024 // remembered; the store has the rest
	maxClients = 10_000
	// A client may present failBurst tokens that do not exist, and one more every
	// failEvery. Tokens have 256 random bits: this protects the store, not them.
	failBurst = 20
	failEvery = time.Second
)

// doorman tells who calls. What it remembers is bounded.
type doorman struct {
	tokens Tokens
	now    func() time.Time

	mu       sync.Mutex
	known    map[[32]byte]knownToken
	failures map[netip.Addr]failures
}

type knownToken struct {
	token assay.Token
	until time.Time // after it the token is looked up again
}

// failures is a bucket of failed attempts that runs empty in time.
type failures struct {
	n  float64
	at time.Time
}

// identify returns the token that the header names. Unauthenticated if it names
// none, Busy if the client has named too many that do not exist.
func (d *doorman) identify(ctx context.Context, header string, client netip.Addr) (assay.Token, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	switch {
	case header == "":
		return assay.Token{}, assay.Errorf(assay.Unauthenticated, "a token is needed: send it as Authorization: Bearer …")
	case !strings.EqualFold(scheme, "Bearer") || secret == "":
		return assay.Token{}, assay.Errorf(assay.Unauthenticated, "the Authorization header is not of the form Bearer …")
	}
	// Looking up the hash takes the same time whatever of the secret is right.
	hash := sha256.Sum256([]byte(secret))
	now := d.now()
	d.mu.Lock()
	k, remembered := d.known[hash]
	blocked := !remembered && d.blocked(client, now)
	d.mu.Unlock()
	switch {
	case remembered && now.Before(k.until) && k.until.Sub(now) <= tokenTrust: // a clock that was set back trusts nobody longer
		return k.token, expired(k.token, now)
	case blocked:
		// A token seen before is looked up all the same: nobody behind the same proxy
		// is locked out by somebody who guesses.
		return assay.Token{}, assay.Errorf(assay.Busy, "too many unknown tokens came from this address")
	}
	t, err := d.tokens.TokenByHash(ctx, hash)
	d.mu.Lock()
	defer d.mu.Unlock()
	if assay.CodeOf(err) == assay.NotFound {
		delete(d.known, hash)
		d.failed(client, now)
		return assay.Token{}, assay.Errorf(assay.Unauthenticated, "this token is not valid")
	}
	if err != nil {
		return assay.Token{}, err
	}
	if err := expired(t, now); err != nil {
		delete(d.known, hash)
		return assay.Token{}, err
	}
	if len(d.known) >= maxTokens {
		clear(d.known)
	}
	d.known[hash] = knownToken{t, now.Add(tokenTrust)}
	return t, nil
}

// Identify returns the token with a secret that a client showed elsewhere than in a
// header, by the same rules.
func (a *API) Identify(ctx context.Context, secret string, client netip.Addr) (assay.Token, error) {
	return a.doorman.identify(ctx, "Bearer "+secret, client)
}

func expired(t assay.Token, now time.Time) error {
	if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return assay.Errorf(assay.Unauthenticated, "this token has expired")
	}
	return nil
}

// forget makes every token be looked up again.
func (d *doorman) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.known)
}

func (d *doorman) blocked(client netip.Addr, now time.Time) bool {
	f := d.failures[network(client)]
	return f.left(now) >= failBurst
}

func (d *doorman) failed(client netip.Addr, now time.Time) {
	if len(d.failures) >= maxClients {
		for c, f := range d.failures {
			if f.left(now) <= 0 {
				delete(d.failures, c)
			}
		}
		if len(d.failures) >= maxClients {
			clear(d.failures) // an attack from everywhere; limits by address do not help
		}
	}
	c := network(client)
	d.failures[c] = failures{d.failures[c].left(now) + 1, now}
}

func (f failures) left(now time.Time) float64 {
	if now.Before(f.at) {
		return 0 // the clock was set back: better forgotten than kept for hours
	}
	return max(0, f.n-float64(now.Sub(f.at))/float64(failEvery))
}

// network is what one client can be told by: of an IPv6 address the /64, since its
// owner has all of it.
func network(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}
