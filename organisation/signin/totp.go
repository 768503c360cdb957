package signin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	stepSeconds = 30
	// skewSteps is how many steps before and after now are accepted (RFC 6238,
	// section 5.2): clocks that are half a minute off, and slow typists.
	skewSteps = 1
	// totpBytes is the length of the secret: that of SHA-1's output (RFC 4226,
	// section 4, R6). SHA-1 and six digits are what every authenticator app speaks.
	totpBytes = 20
)

// CodesOptions configure Codes.
type CodesOptions struct {
	Store SecondFactors
	Clock func() time.Time
	// Key encrypts TOTP secrets at rest, 32 bytes (AES-256-GCM), so that a copy of
	// the database is not a copy of everybody's second factor.
	Key    []byte
	Issuer string // what the authenticator app calls this installation
}

// Codes is the second factor: time-based one-time codes (TOTP, RFC 6238) and codes
// for recovery.
type Codes struct {
	store  SecondFactors
	clock  func() time.Time
	aead   cipher.AEAD
	issuer string
}

// NewCodes returns Codes, or an error that names what is missing.
func NewCodes(o CodesOptions) (*Codes, error) {
	if o.Store == nil || o.Clock == nil || o.Issuer == "" || strings.Contains(o.Issuer, ":") {
		return nil, errors.New("signin: codes need a store, a clock and an issuer without a colon")
	}
	if len(o.Key) != 32 {
		return nil, errors.New("signin: the key of codes has 32 bytes")
	}
	block, err := aes.NewCipher(o.Key)
	if err != nil {
		return nil, fmt.Errorf("signin: the key of codes: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("signin: the key of codes: %w", err)
	}
	return &Codes{store: o.Store, clock: o.Clock, aead: aead, issuer: o.Issuer}, nil
}

// Enrolment is a second factor that is not confirmed yet. It stays in the member's
// session, on the server, until Confirm.
type Enrolment struct {
	Secret string // base32, for typing into the app
	URI    string // otpauth://…, for a QR code
}

// Enrol makes a new secret for the member who signs in with that name.
func (c *Codes) Enrol(name string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: c.issuer, AccountName: name, SecretSize: totpBytes,
		Period: stepSeconds, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Enrolment{}, fmt.Errorf("making a second factor: %w", err)
	}
	return Enrolment{Secret: key.Secret(), URI: key.URL()}, nil
}

// Confirm makes the enrolment the member's second factor, after the member has shown
// with a code that the app has it. It returns ten recovery codes, which are shown
// once and replace all earlier ones. Invalid when the code is wrong.
func (c *Codes) Confirm(ctx context.Context, member string, e Enrolment, code string) (recovery []string, err error) {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret)
	if err != nil || len(secret) != totpBytes {
		return nil, assay.Errorf(assay.Invalid, "start again: this second factor is not complete")
	}
	at, ok, err := c.match(secret, tidy(code))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, assay.Errorf(assay.Invalid, "the code is wrong; check that the clock of the device is right")
	}
	recovery, hashes := newRecoveryCodes()
	f := SecondFactor{Sealed: c.aead.Seal(nil, nil, secret, sealedFor(member)), LastStep: at, Recovery: hashes}
	if err := c.store.SetSecondFactor(ctx, member, f); err != nil {
		return nil, fmt.Errorf("keeping a second factor: %w", err)
	}
	return recovery, nil
}

// Renew replaces the member's recovery codes and returns the new ones.
func (c *Codes) Renew(ctx context.Context, member string) ([]string, error) {
	codes, hashes := newRecoveryCodes()
	if err := c.store.ReplaceRecoveryCodes(ctx, member, hashes); err != nil {
		return nil, fmt.Errorf("replacing recovery codes: %w", err)
	}
	return codes, nil
}

// used is how a code was right.
type used struct {
	recovery bool // it was a recovery code, and is gone
	left     int  // recovery codes that are left, if it was one
}

// check accepts a code of now, once, or a recovery code, once. Unauthenticated for
// any that is wrong, used or not the member's; it does not say which.
func (c *Codes) check(ctx context.Context, member, code string) (used, error) {
	f, err := c.store.SecondFactor(ctx, member)
	if assay.CodeOf(err) == assay.NotFound {
		return used{}, errCode()
	}
	if err != nil {
		return used{}, fmt.Errorf("reading a second factor: %w", err)
	}
	code = tidy(code)
	if len(code) == recoveryChars {
		hash, ok := hashRecovery(code)
		if !ok {
			return used{}, errCode()
		}
		left, err := c.store.TakeRecoveryCode(ctx, member, hash)
		if assay.CodeOf(err) == assay.NotFound {
			return used{}, errCode()
		}
		if err != nil {
			return used{}, fmt.Errorf("taking a recovery code: %w", err)
		}
		return used{recovery: true, left: left}, nil
	}
	secret, err := c.aead.Open(nil, nil, f.Sealed, sealedFor(member))
	if err != nil {
		return used{}, fmt.Errorf("decrypting a second factor: %w", err)
	}
	at, ok, err := c.match(secret, code)
	if err != nil {
		return used{}, err
	}
	if !ok || at <= f.LastStep {
		return used{}, errCode()
	}
	// RFC 6238, section 5.2: a code is accepted once. The store decides between two
	// that come at the same time.
	switch err := c.store.TakeStep(ctx, member, at); assay.CodeOf(err) {
	case "":
		return used{}, nil
	case assay.Conflict:
		return used{}, errCode()
	default:
		return used{}, fmt.Errorf("taking a one-time code: %w", err)
	}
}

func errCode() error { return assay.Errorf(assay.Unauthenticated, "the code is wrong or was used") }

// match returns the newest step around now whose code this is. It compares with all
// of them, in constant time.
func (c *Codes) match(secret []byte, code string) (at int64, ok bool, err error) {
	now := c.clock().Unix() / stepSeconds
	for s := now - skewSteps; s <= now+skewSteps; s++ {
		want, err := codeAt(secret, s, otp.DigitsSix)
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			at, ok = s, true
		}
	}
	return at, ok, nil
}

func codeAt(secret []byte, step int64, digits otp.Digits) (string, error) {
	code, err := hotp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(secret), uint64(step),
		hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("computing a one-time code: %w", err)
	}
	return code, nil
}

// sealedFor binds a sealed secret to its member: moved to another row it does not open.
func sealedFor(member string) []byte { return append([]byte("assay second factor 1\x00"), member...) }

// tidy removes what people type between the groups of a code.
func tidy(code string) string {
	if len(code) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' {
			return -1
		}
		return r
	}, code)
}
