package signin

import (
	"container/list"
	"crypto/sha256"
	"errors"
	"net/netip"
	"sync"
	"time"

	"assay"
)

// Attempt is who tries to sign in, as far as that can be told.
type Attempt struct {
	Name   string     // as typed
	Source netip.Addr // the address of the client; the zero Addr is a source like any other
	Device string     // the value of the device cookie, "" without one
}

// step tells the two guesses of a sign-in apart: they are counted separately.
type step byte

const (
	stepPassword step = iota
	stepCode
)

// kind is what a counter counts by.
type kind byte

const (
	byDevice  kind = iota // account and known device
	byPair                // account and source
	byAccount             // account, all strangers together
	bySource              // source, all accounts together: IPv4 address, IPv6 /64
	byNetwork             // IPv6 /48, which one customer commonly has whole
	kinds
)

// rule is how long a counter makes its next attempt wait: nothing for the first free
// failures, then first, doubled by each further one up to most. It is forgotten when
// nothing failed for forget.
type rule struct {
	free        int
	first, most time.Duration
	forget      time.Duration
}

const day = 24 * time.Hour

// ruleOf is the scheme of doc.go in numbers.
func ruleOf(k kind, s step) rule {
	switch {
	case k == byAccount && s == stepCode:
		// Only who knows the password gets here. At most 24 guesses a day after the
		// first, each with three of a million codes in force: 1 in 14 000 a day.
		return rule{free: 5, first: time.Second, most: time.Hour, forget: 7 * day}
	case k == byAccount:
		return rule{free: 20, first: time.Second, most: time.Minute, forget: day}
	case k == bySource:
		return rule{free: 30, first: time.Second, most: 15 * time.Minute, forget: time.Hour}
	case k == byNetwork:
		return rule{free: 300, first: time.Second, most: time.Minute, forget: time.Hour}
	case s == stepCode:
		return rule{free: 5, first: time.Second, most: time.Hour, forget: 7 * day}
	}
	return rule{free: 5, first: time.Second, most: 15 * time.Minute, forget: day}
}

func (r rule) wait(failures int) time.Duration {
	if failures < r.free {
		return 0
	}
	d := r.first
	for range failures - r.free {
		if d *= 2; d >= r.most {
			return r.most
		}
	}
	return d
}

// WaitError says how long to wait before the next attempt. It is the cause of errors
// with code Busy, for Retry-After.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string { return e.For.String() }

// LimiterOptions configure a Limiter.
type LimiterOptions struct {
	Devices *Devices
	Clock   func() time.Time
	// Entries is how many counters of each of the five kinds are kept; 0: 65 536,
	// which takes about 50 MiB in all when they are full. When there are more,
	// those untouched for longest are forgotten.
	Entries int
}

// Limiter counts failed attempts. It lives in one process and forgets when that ends:
// with n processes behind a balancer, the limits are up to n times as high.
type Limiter struct {
	devices *Devices
	clock   func() time.Time
	entries int

	mu     sync.Mutex
	tables [kinds]table // guarded by mu
}

type counterKey [16]byte

type table struct {
	byKey map[counterKey]*list.Element
	order *list.List // of *counter, the last touched first
}

type counter struct {
	key      counterKey
	failures int
	at       time.Time // of the last failure
}

// NewLimiter returns a Limiter without failures.
func NewLimiter(o LimiterOptions) (*Limiter, error) {
	if o.Entries == 0 {
		o.Entries = 1 << 16
	}
	if o.Devices == nil || o.Clock == nil || o.Entries < 0 {
		return nil, errors.New("signin: a limiter needs devices, a clock and a number of entries")
	}
	l := &Limiter{devices: o.Devices, clock: o.Clock, entries: o.Entries}
	for k := range l.tables {
		l.tables[k] = table{byKey: map[counterKey]*list.Element{}, order: list.New()}
	}
	return l, nil
}

// admission is an attempt that may be made. It counts as failed until it is known
// not to be, so that a thousand attempts at the same moment do not count as one.
type admission struct {
	l       *Limiter
	known   bool // by its device cookie
	charges []charge
}

type charge struct {
	k        kind
	key      counterKey
	at       time.Time // of this charge
	previous time.Time // of the one before
}

// admit lets an attempt be made, or refuses it with Busy and a WaitError. A refused
// attempt is not counted: it makes nobody wait longer.
func (l *Limiter) admit(s step, a Attempt) (*admission, error) {
	name := FoldName(a.Name)
	source := sourceOf(a.Source, 64)
	adm := &admission{l: l}
	if id, ok := l.devices.known(name, a.Device); ok {
		adm.known = true
		adm.charges = []charge{{k: byDevice, key: keyOf(byDevice, s, name, id)}}
	} else {
		adm.charges = []charge{
			{k: byPair, key: keyOf(byPair, s, name, source)},
			{k: byAccount, key: keyOf(byAccount, s, name, "")},
			{k: bySource, key: keyOf(bySource, s, "", source)},
		}
		if a.Source.Is6() && !a.Source.Is4In6() {
			adm.charges = append(adm.charges, charge{k: byNetwork, key: keyOf(byNetwork, s, "", sourceOf(a.Source, 48))})
		}
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	var wait time.Duration
	for _, c := range adm.charges {
		if n := l.tables[c.k].find(c.key); n != nil {
			r := ruleOf(c.k, s)
			if n.at.After(now) { // the clock was set back
				n.at = now
			}
			if now.Sub(n.at) >= r.forget {
				n.failures = 0
			}
			wait = max(wait, n.at.Add(r.wait(n.failures)).Sub(now))
		}
	}
	if wait > 0 {
		if whole := wait.Truncate(time.Second); whole < wait {
			wait = whole + time.Second
		}
		return nil, assay.Errorf(assay.Busy, "too many attempts; the next one is possible in %w", &WaitError{For: wait})
	}
	for i := range adm.charges {
		c := &adm.charges[i]
		n := l.tables[c.k].touch(c.key, l.entries)
		c.at, c.previous = now, n.at
		n.failures, n.at = n.failures+1, now
	}
	return adm, nil
}

// succeeded ends an attempt that was right: the device's and the pair's failures are
// forgotten, and what it charged to others is given back.
func (adm *admission) succeeded() { adm.settle(true) }

// cancelled ends an attempt that was not judged, so that a store that is down locks
// nobody out.
func (adm *admission) cancelled() { adm.settle(false) }

func (adm *admission) settle(right bool) {
	adm.l.mu.Lock()
	defer adm.l.mu.Unlock()
	for _, c := range adm.charges {
		n := adm.l.tables[c.k].find(c.key)
		if n == nil {
			continue
		}
		if right && (c.k == byDevice || c.k == byPair) {
			n.failures = 0
			continue
		}
		n.failures = max(0, n.failures-1)
		if n.at.Equal(c.at) {
			n.at = c.previous
		}
	}
}

func (t *table) find(key counterKey) *counter {
	if e := t.byKey[key]; e != nil {
		return e.Value.(*counter)
	}
	return nil
}

func (t *table) touch(key counterKey, entries int) *counter {
	if e := t.byKey[key]; e != nil {
		t.order.MoveToFront(e)
		return e.Value.(*counter)
	}
	for t.order.Len() >= entries {
		last := t.order.Back()
		delete(t.byKey, last.Value.(*counter).key)
		t.order.Remove(last)
	}
	n := &counter{key: key}
	t.byKey[key] = t.order.PushFront(n)
	return n
}

// keyOf makes a key of fixed size, whatever was typed.
func keyOf(k kind, s step, name, other string) counterKey {
	b := append(make([]byte, 0, 64), byte(k), byte(s), byte(len(other)))
	sum := sha256.Sum256(append(append(b, other...), name...))
	return counterKey(sum[:16])
}

// sourceOf returns what of an address belongs to one customer: an IPv4 address whole,
// of an IPv6 address the first bits.
func sourceOf(addr netip.Addr, bits int) string {
	addr = addr.Unmap().WithZone("")
	if !addr.Is6() {
		return string(addr.AsSlice())
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	b := prefix.Addr().As16()
	return string(b[:bits/8])
}
