package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay"
)

const (
	secretBytes = 32
	secretChars = 43 // base64url without padding
	tokenPrefix = "assay_"
)

func newSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// wellFormed reports whether s can be a secret that newSecret made.
func wellFormed(s string) bool {
	if len(s) != secretChars || strings.ContainsAny(s, "\r\n") {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil
}

// NewToken returns the secret of an API token, 256 random bits behind a prefix that
// scanners of leaked secrets recognise, and its hash, which is all that is kept. The
// form is that of the tokens that the server makes for itself.
func NewToken() (secret string, hash [32]byte) {
	secret = tokenPrefix + newSecret()
	return secret, sha256.Sum256([]byte(secret))
}

// HashToken returns the hash by which a token is looked up, and false for what
// cannot be one, which needs no look-up.
func HashToken(secret string) (hash [32]byte, ok bool) {
	rest, ok := strings.CutPrefix(secret, tokenPrefix)
	if !ok || !wellFormed(rest) {
		return hash, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// NewPasskeyHandle returns a user handle for a member: 32 random bytes that say
// nothing about them (Web Authentication Level 3, section 14.6.1).
func NewPasskeyHandle() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

// LinkPurpose is what a link is for. A link for one purpose does not serve another.
type LinkPurpose string

const (
	// Invitation is to join an organisation.
	Invitation LinkPurpose = "invitation"
	// Recovery is to set a new password or passkey. It stands for the first factor: a
	// second factor that the member has is still asked for.
	Recovery LinkPurpose = "recovery"
)

// lifetime is how long a link holds: an invitation a week, because people are away;
// a recovery an hour, because a mailbox is read by others later.
func (p LinkPurpose) lifetime() (time.Duration, bool) {
	switch p {
	case Invitation:
		return 7 * 24 * time.Hour, true
	case Recovery:
		return time.Hour, true
	}
	return 0, false
}

// Links makes and redeems links that are sent to people.
type Links struct {
	store LinkStore
	clock func() time.Time
}

// NewLinks returns Links.
func NewLinks(store LinkStore, clock func() time.Time) (*Links, error) {
	if store == nil || clock == nil {
		return nil, errors.New("signin: links need a store and a clock")
	}
	return &Links{store: store, clock: clock}, nil
}

// Issue makes a link for a subject (the invitation's id, or the member's) and returns
// its secret, 43 characters for the URL, best behind a #, where servers and proxies
// do not log it. Only the SHA-256 of it is kept.
func (l *Links) Issue(ctx context.Context, purpose LinkPurpose, subject string) (secret string, expires time.Time, err error) {
	lifetime, ok := purpose.lifetime()
	if !ok || subject == "" {
		return "", time.Time{}, errors.New("signin: a link needs a known purpose and a subject")
	}
	secret, expires = newSecret(), l.clock().Add(lifetime)
	err = l.store.AddLink(ctx, Link{Hash: sha256.Sum256([]byte(secret)), Purpose: purpose, Subject: subject, ExpiresAt: expires})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("keeping a link: %w", err)
	}
	return secret, expires, nil
}

// Look returns the link without using it: to show the page that it leads to, which
// mail scanners open as well. NotFound when it is unknown, used, expired or for
// something else; it does not say which.
func (l *Links) Look(ctx context.Context, purpose LinkPurpose, secret string) (Link, error) {
	if !wellFormed(secret) {
		return Link{}, errLink()
	}
	hash := sha256.Sum256([]byte(secret))
	// Look-up by hash tells by its time at most something about a hash, of which
	// nobody can compute a secret.
	link, err := l.store.LinkByHash(ctx, hash)
	if assay.CodeOf(err) == assay.NotFound {
		return Link{}, errLink()
	}
	if err != nil {
		return Link{}, fmt.Errorf("looking up a link: %w", err)
	}
	if subtle.ConstantTimeCompare(link.Hash[:], hash[:]) != 1 || link.Purpose != purpose || !l.clock().Before(link.ExpiresAt) {
		return Link{}, errLink()
	}
	return link, nil
}

// Redeem uses the link up and returns it. Errors are those of Look; of two at the same
// time one succeeds.
func (l *Links) Redeem(ctx context.Context, purpose LinkPurpose, secret string) (Link, error) {
	link, err := l.Look(ctx, purpose, secret)
	if err != nil {
		return Link{}, err
	}
	err = l.store.TakeLink(ctx, link.Hash)
	if assay.CodeOf(err) == assay.NotFound {
		return Link{}, errLink()
	}
	if err != nil {
		return Link{}, fmt.Errorf("taking a link: %w", err)
	}
	return link, nil
}

func errLink() error {
	return assay.Errorf(assay.NotFound, "this link does not hold, or no longer; ask for a new one")
}
