package signin

import (
	"context"
	"errors"
	"time"

	"assay"
)

// pendingLifetime is the time between the password and the code.
const pendingLifetime = 10 * time.Minute

// Door is the sign-in with a password and, where the member has one, a second factor,
// under the limits of doc.go. Passkeys, providers and links do not pass through it
// and are never made to wait.
type Door struct {
	passwords *Passwords
	codes     *Codes
	limiter   *Limiter
}

// NewDoor puts a door together.
func NewDoor(p *Passwords, c *Codes, l *Limiter) (*Door, error) {
	if p == nil || c == nil || l == nil {
		return nil, errors.New("signin: a door needs passwords, codes and a limiter")
	}
	return &Door{passwords: p, codes: c, limiter: l}, nil
}

// Entry is a sign-in that is complete.
type Entry struct {
	Member string
	Device string // the new value of the device cookie
	// ShortPassword says that the password is shorter than one without a second
	// factor must be: the member is to choose another before anything else.
	ShortPassword bool
	// RecoveryLeft is the number of recovery codes left, after one was used; -1 when
	// none was.
	RecoveryLeft int
}

// Pending is a sign-in whose password was right and that lacks its code. It stays in
// the session, on the server; the session gets its new id when the Entry is there, and
// before that it opens nothing.
type Pending struct {
	Member string
	Name   string // as typed
	Until  time.Time
}

// Password checks a name and a password. Exactly one of entry and pending is set when
// err is nil. Errors: Unauthenticated when anything is wrong, Busy when the attempt
// has to wait (with a WaitError in its chain) or too many are waiting.
func (d *Door) Password(ctx context.Context, a Attempt, password string) (entry *Entry, pending *Pending, err error) {
	adm, err := d.limiter.admit(stepPassword, a)
	if err != nil {
		return nil, nil, err
	}
	account, err := d.passwords.check(ctx, FoldName(a.Name), password, adm.known)
	if err != nil {
		adm.unless(err)
		return nil, nil, err
	}
	adm.succeeded()
	if account.SecondFactor {
		return nil, &Pending{Member: account.Member, Name: a.Name, Until: d.limiter.clock().Add(pendingLifetime)}, nil
	}
	_, characters, err := prepare(password)
	if err != nil {
		return nil, nil, err
	}
	return &Entry{
		Member: account.Member, Device: d.limiter.devices.Issue(a.Name, a.Device),
		ShortPassword: characters < MinPasswordAlone, RecoveryLeft: -1,
	}, nil, nil
}

// Code checks the one-time or recovery code of a pending sign-in. Source and Device of
// a are those of this request; its Name is ignored. Errors as for Password.
func (d *Door) Code(ctx context.Context, p Pending, a Attempt, code string) (*Entry, error) {
	if p.Member == "" || !d.limiter.clock().Before(p.Until) {
		return nil, assay.Errorf(assay.Unauthenticated, "that took too long; sign in again")
	}
	a.Name = p.Name
	adm, err := d.limiter.admit(stepCode, a)
	if err != nil {
		return nil, err
	}
	how, err := d.codes.check(ctx, p.Member, code)
	if err != nil {
		adm.unless(err)
		return nil, err
	}
	adm.succeeded()
	left := -1
	if how.recovery {
		left = how.left
	}
	return &Entry{Member: p.Member, Device: d.limiter.devices.Issue(p.Name, a.Device), RecoveryLeft: left}, nil
}

// unless lets the attempt count as failed if err says that it was, and takes it back
// if it was not judged.
func (adm *admission) unless(err error) {
	if assay.CodeOf(err) != assay.Unauthenticated {
		adm.cancelled()
	}
}
