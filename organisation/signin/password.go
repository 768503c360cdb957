package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync/atomic"

	"assay"

	"golang.org/x/crypto/argon2"
)

// PasswordOptions configure Passwords.
type PasswordOptions struct {
	Accounts Accounts
	// Params of new hashes; zero: DefaultParams. Hashes with smaller ones are
	// replaced when their member signs in.
	Params Params
	// Concurrent is how many hashes are computed at once, at least 2; 0: 2. The
	// memory is never more than Concurrent × Params.MemoryKiB, 128 MiB with the
	// defaults, apart from what the collector has yet to free.
	Concurrent int
	// Waiting is how many may wait for their turn, known devices and strangers
	// apart; 0: 64. Whoever comes when it is full is answered with Busy.
	Waiting int
	// Blocked reports whether a password is known from leaks, beyond the short list
	// that is built in; nil: none. It gets the prepared password.
	Blocked func(password string) bool
}

// Passwords hashes and checks passwords with argon2id.
type Passwords struct {
	accounts  Accounts
	params    Params
	blocked   func(string) bool
	kdf       func(password, salt []byte, p Params, n uint32) []byte
	all       chan struct{} // a slot for every hash
	strangers chan struct{} // one slot fewer: the last one is for known devices
	waiting   [2]atomic.Int32
	maxWait   int32
}

// NewPasswords returns Passwords, or an error that names the option out of range.
func NewPasswords(o PasswordOptions) (*Passwords, error) {
	if o.Params == (Params{}) {
		o.Params = DefaultParams()
	}
	if err := o.Params.check(); err != nil {
		return nil, err
	}
	if o.Concurrent == 0 {
		o.Concurrent = 2
	}
	if o.Waiting == 0 {
		o.Waiting = 64
	}
	switch {
	case o.Accounts == nil:
		return nil, errors.New("signin: PasswordOptions.Accounts is missing")
	case o.Concurrent < 2 || o.Concurrent > 256:
		return nil, errors.New("signin: PasswordOptions.Concurrent is not within 2 and 256")
	case o.Waiting < 1 || o.Waiting > 1<<20:
		return nil, errors.New("signin: PasswordOptions.Waiting is not within 1 and 1048576")
	}
	return &Passwords{
		accounts: o.Accounts, params: o.Params, blocked: o.Blocked, kdf: argon2id,
		all: make(chan struct{}, o.Concurrent), strangers: make(chan struct{}, o.Concurrent-1), maxWait: int32(o.Waiting),
	}, nil
}

func argon2id(password, salt []byte, p Params, n uint32) []byte {
	return argon2.IDKey(password, salt, p.Passes, p.MemoryKiB, p.Lanes, n)
}

// Hash checks a new password against the rules and returns its PHC string. Errors:
// Invalid with the rule that is broken, Busy when too many wait.
func (p *Passwords) Hash(ctx context.Context, password string, rule PasswordRule) (string, error) {
	prepared, err := p.accept(password, rule)
	if err != nil {
		return "", err
	}
	return p.hash(ctx, prepared, true)
}

// errWrong is the one answer to every sign-in that fails: it does not say what was
// wrong.
func errWrong() error {
	return assay.Errorf(assay.Unauthenticated, "name or password is wrong")
}

// check finds the account of a folded name and compares the password. Exactly one
// hash is computed whether the name is known, has a password, or neither, so the time
// does not say who is a member. (Where parameters were raised, an account keeps its old cost until its next
// sign-in.) When the parameters have risen the hash is replaced, which costs a second
// one, on success only.
func (p *Passwords) check(ctx context.Context, name, password string, known bool) (Account, error) {
	var account Account
	err := error(assay.Errorf(assay.NotFound, "a name that nobody has"))
	if name != "" {
		account, err = p.accounts.AccountByName(ctx, name)
	}
	if code := assay.CodeOf(err); err != nil && code != assay.NotFound {
		return Account{}, fmt.Errorf("looking up an account: %w", err)
	}
	prepared, _, unusable := prepare(password)
	stored, unreadable := parsePHC(account.Password)
	possible := err == nil && unusable == nil && unreadable == nil
	if unreadable != nil {
		stored = phc{Params: p.params, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	}
	leave, err := p.enter(ctx, known)
	if err != nil {
		return Account{}, err
	}
	got := p.kdf([]byte(prepared), stored.salt, stored.Params, uint32(len(stored.hash)))
	leave()
	if subtle.ConstantTimeCompare(got, stored.hash) != 1 || !possible {
		return Account{}, errWrong()
	}
	if stored.weaker(p.params) || len(stored.hash) < hashBytes || len(stored.salt) < saltBytes {
		next, err := p.hash(ctx, prepared, known)
		if err == nil {
			err = p.accounts.ReplacePassword(ctx, account.Member, account.Password, next)
		}
		switch assay.CodeOf(err) {
		case "", assay.Busy: // the next sign-in does it
		case assay.Conflict:
			return Account{}, errWrong() // the password was changed meanwhile
		default:
			return Account{}, fmt.Errorf("replacing a password hash: %w", err)
		}
	}
	return account, nil
}

func (p *Passwords) hash(ctx context.Context, prepared string, known bool) (string, error) {
	leave, err := p.enter(ctx, known)
	if err != nil {
		return "", err
	}
	defer leave()
	h := phc{Params: p.params, salt: make([]byte, saltBytes)}
	rand.Read(h.salt)
	h.hash = p.kdf([]byte(prepared), h.salt, h.Params, hashBytes)
	return h.String(), nil
}

// enter waits for a slot. Strangers leave the last slot and the known devices'
// places to wait alone: however many they are, whoever signed in here before gets
// their turn.
func (p *Passwords) enter(ctx context.Context, known bool) (leave func(), err error) {
	who := 0
	if known {
		who = 1
	}
	defer p.waiting[who].Add(-1)
	if p.waiting[who].Add(1) > p.maxWait {
		return nil, assay.Errorf(assay.Busy, "too many people are signing in; try again in a minute")
	}
	if !known {
		select {
		case p.strangers <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case p.all <- struct{}{}:
	case <-ctx.Done():
		if !known {
			<-p.strangers
		}
		return nil, ctx.Err()
	}
	return func() {
		<-p.all
		if !known {
			<-p.strangers
		}
	}, nil
}
