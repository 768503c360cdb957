package signin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// memory is every store of this package, in memory.
type memory struct {
	mu         sync.Mutex
	accounts   map[string]signin.Account
	factors    map[string]signin.SecondFactor
	owners     map[string]signin.PasskeyOwner
	passkeys   []signin.Passkey
	identities map[[2]string]string
	invited    map[string]string
	links      map[[32]byte]signin.Link
	spent      map[[32]byte]bool
	down       error // what every method returns, if set
}

func newMemory() *memory {
	return &memory{
		accounts: map[string]signin.Account{}, factors: map[string]signin.SecondFactor{},
		owners: map[string]signin.PasskeyOwner{}, identities: map[[2]string]string{}, invited: map[string]string{},
		links: map[[32]byte]signin.Link{}, spent: map[[32]byte]bool{},
	}
}

func (m *memory) begin() (func(), error) {
	m.mu.Lock()
	return m.mu.Unlock, m.down
}

func missing() error  { return assay.Errorf(assay.NotFound, "there is none") }
func conflict() error { return assay.Errorf(assay.Conflict, "somebody was first") }

func (m *memory) AccountByName(_ context.Context, name string) (signin.Account, error) {
	end, err := m.begin()
	defer end()
	if err != nil {
		return signin.Account{}, err
	}
	a, ok := m.accounts[name]
	if !ok {
		return a, missing()
	}
	_, a.SecondFactor = m.factors[a.Member]
	return a, nil
}

func (m *memory) ReplacePassword(_ context.Context, member, previous, next string) error {
	end, err := m.begin()
	defer end()
	for name, a := range m.accounts {
		if a.Member == member && a.Password == previous {
			a.Password = next
			m.accounts[name] = a
			return err
		}
	}
	return conflict()
}

func (m *memory) SecondFactor(_ context.Context, member string) (signin.SecondFactor, error) {
	end, err := m.begin()
	defer end()
	f, ok := m.factors[member]
	if !ok && err == nil {
		err = missing()
	}
	return f, err
}

func (m *memory) SetSecondFactor(_ context.Context, member string, f signin.SecondFactor) error {
	end, err := m.begin()
	defer end()
	m.factors[member] = f
	return err
}

func (m *memory) TakeStep(_ context.Context, member string, step int64) error {
	end, err := m.begin()
	defer end()
	f := m.factors[member]
	if f.LastStep >= step {
		return conflict()
	}
	f.LastStep = step
	m.factors[member] = f
	return err
}

func (m *memory) TakeRecoveryCode(_ context.Context, member string, hash [32]byte) (int, error) {
	end, err := m.begin()
	defer end()
	f := m.factors[member]
	for i, h := range f.Recovery {
		if h == hash {
			f.Recovery = append(append([][32]byte(nil), f.Recovery[:i]...), f.Recovery[i+1:]...)
			m.factors[member] = f
			return len(f.Recovery), err
		}
	}
	return 0, missing()
}

func (m *memory) ReplaceRecoveryCodes(_ context.Context, member string, hashes [][32]byte) error {
	end, err := m.begin()
	defer end()
	f, ok := m.factors[member]
	if !ok {
		return missing()
	}
	f.Recovery = hashes
	m.factors[member] = f
	return err
}

func (m *memory) owner(is func(signin.PasskeyOwner) bool) (signin.PasskeyOwner, []signin.Passkey, error) {
	end, err := m.begin()
	defer end()
	if err != nil {
		return signin.PasskeyOwner{}, nil, err
	}
	for _, o := range m.owners {
		if is(o) {
			var keys []signin.Passkey
			for _, k := range m.passkeys {
				if k.Member == o.Member {
					keys = append(keys, k)
				}
			}
			return o, keys, nil
		}
	}
	return signin.PasskeyOwner{}, nil, missing()
}

func (m *memory) OwnerByMember(_ context.Context, member string) (signin.PasskeyOwner, []signin.Passkey, error) {
	return m.owner(func(o signin.PasskeyOwner) bool { return o.Member == member })
}

func (m *memory) OwnerByHandle(_ context.Context, handle []byte) (signin.PasskeyOwner, []signin.Passkey, error) {
	return m.owner(func(o signin.PasskeyOwner) bool { return bytes.Equal(o.Handle, handle) })
}

func (m *memory) AddPasskey(_ context.Context, p signin.Passkey) error {
	end, err := m.begin()
	defer end()
	for _, k := range m.passkeys {
		if bytes.Equal(k.ID, p.ID) {
			return conflict()
		}
	}
	m.passkeys = append(m.passkeys, p)
	return err
}

func (m *memory) UsePasskey(_ context.Context, p signin.Passkey, before uint32) error {
	end, err := m.begin()
	defer end()
	for i, k := range m.passkeys {
		if bytes.Equal(k.ID, p.ID) {
			if k.Counter != before {
				return conflict()
			}
			m.passkeys[i] = p
			return err
		}
	}
	return missing()
}

func (m *memory) MemberByIdentity(_ context.Context, issuer, subject string) (string, error) {
	end, err := m.begin()
	defer end()
	member, ok := m.identities[[2]string{issuer, subject}]
	if !ok && err == nil {
		err = missing()
	}
	return member, err
}

func (m *memory) InvitedByEmail(_ context.Context, email string) (string, error) {
	end, err := m.begin()
	defer end()
	member, ok := m.invited[email]
	if !ok && err == nil {
		err = missing()
	}
	return member, err
}

func (m *memory) LinkIdentity(_ context.Context, member, issuer, subject string) error {
	end, err := m.begin()
	defer end()
	if who, ok := m.identities[[2]string{issuer, subject}]; ok && who != member {
		return conflict()
	}
	m.identities[[2]string{issuer, subject}] = member
	return err
}

func (m *memory) AddLink(_ context.Context, l signin.Link) error {
	end, err := m.begin()
	defer end()
	m.links[l.Hash] = l
	return err
}

func (m *memory) LinkByHash(_ context.Context, hash [32]byte) (signin.Link, error) {
	end, err := m.begin()
	defer end()
	l, ok := m.links[hash]
	if !ok && err == nil {
		err = missing()
	}
	return l, err
}

func (m *memory) TakeLink(_ context.Context, hash [32]byte) error {
	end, err := m.begin()
	defer end()
	if _, ok := m.links[hash]; !ok {
		return missing()
	}
	delete(m.links, hash)
	return err
}

func (m *memory) Spend(_ context.Context, key [32]byte, _ time.Time) error {
	end, err := m.begin()
	defer end()
	if m.spent[key] {
		return conflict()
	}
	m.spent[key] = true
	return err
}

// counted is a quick stand-in for argon2id that counts its computations.
type counted struct{ n atomic.Int64 }

func (c *counted) kdf(password, salt []byte, p signin.Params, n uint32) []byte {
	c.n.Add(1)
	sum := sha256.Sum256(fmt.Appendf(nil, "%x %x %v", password, salt, p))
	return bytes.Repeat(sum[:], 2)[:n]
}

// take returns the count and begins again.
func (c *counted) take() int64 { return c.n.Swap(0) }

// house is a door with everything behind it, and Ines who comes in by it.
type house struct {
	*signin.Door
	clock     *clock
	store     *memory
	hashes    *counted
	passwords *signin.Passwords
	codes     *signin.Codes
	devices   *signin.Devices
	limiter   *signin.Limiter
}

const (
	ines         = "ines@bellweather.example"
	inesPassword = "tunnel of yellow lanterns"
)

func newHouse(t *testing.T, change ...func(*signin.LimiterOptions, *signin.PasswordOptions)) *house {
	t.Helper()
	h := &house{clock: newClock(), store: newMemory(), hashes: &counted{}}
	lo := signin.LimiterOptions{Clock: h.clock.now}
	po := signin.PasswordOptions{Accounts: h.store}
	for _, c := range change {
		c(&lo, &po)
	}
	h.devices = must(signin.NewDevices(bytes.Repeat([]byte("d"), 32), h.clock.now))(t)
	lo.Devices = h.devices
	h.passwords = must(signin.NewPasswords(po))(t)
	h.passwords.SetKDF(h.hashes.kdf)
	h.codes = must(signin.NewCodes(signin.CodesOptions{Store: h.store, Clock: h.clock.now, Key: bytes.Repeat([]byte("k"), 32), Issuer: "Assay"}))(t)
	h.limiter = must(signin.NewLimiter(lo))(t)
	h.Door = must(signin.NewDoor(h.passwords, h.codes, h.limiter))(t)
	phc := must(h.passwords.Hash(t.Context(), inesPassword, signin.PasswordRule{}))(t)
	h.store.accounts[ines] = signin.Account{Member: "m-ines", Password: phc}
	h.hashes.take()
	return h
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t testing.TB, err error, code assay.Code) {
	t.Helper()
	if got := assay.CodeOf(err); got != code {
		t.Fatalf("got code %q (%v), want %q", got, err, code)
	}
}
