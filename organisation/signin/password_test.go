package signin_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"assay"
	"assay/organisation/signin"
)

func TestANewPasswordFollowsTheStandardsRules(t *testing.T) {
	h := newHouse(t, func(_ *signin.LimiterOptions, o *signin.PasswordOptions) {
		o.Blocked = func(p string) bool { return p == "leaked horse staple" }
	})
	second := signin.PasswordRule{SecondFactor: true}
	inContext := signin.PasswordRule{Context: []string{"Ines de Bellweather", "ines.bellweather@bazar.example"}}
	for _, c := range []struct {
		name     string
		password string
		rule     signin.PasswordRule
		want     assay.Code
	}{
		{"14 characters are too few alone", "tunnel lantern", signin.PasswordRule{}, assay.Invalid},
		{"15 characters are enough alone", "tunnel lanterns", signin.PasswordRule{}, ""},
		{"7 characters are too few with a second factor", "lantern", second, assay.Invalid},
		{"8 characters are enough with a second factor", "lanterns", second, ""},
		{"characters are counted, not bytes", "灯笼隧道黄色的傍晚很安静", signin.PasswordRule{}, assay.Invalid},
		{"15 characters of another script are enough", "灯笼隧道黄色的傍晚很安静而且远", signin.PasswordRule{}, ""},
		{"one kind of character is enough", "tunneloflanterns", signin.PasswordRule{}, ""},
		{"spaces and emoji are characters", "🏮 tunnel 🏮 of 🏮", signin.PasswordRule{}, ""},
		{"1,024 characters are fine", strings.Repeat("ab cde", 170) + "abcd", signin.PasswordRule{}, ""},
		{"1,025 characters are not", strings.Repeat("ab cde", 170) + "abcde", signin.PasswordRule{}, assay.Invalid},
		{"an empty one is not", "", second, assay.Invalid},
		{"control characters are not", "tunnel of\x00lanterns", signin.PasswordRule{}, assay.Invalid},
		{"bytes that are no text are not", "tunnel of lanterns\xff", signin.PasswordRule{}, assay.Invalid},
		{"a character that compatibility writes out long counts once", "ﷺﷺ", second, assay.Invalid},
		{"one letter repeated is easy", "aaaaaaaaaaaaaaaa", signin.PasswordRule{}, assay.Invalid},
		{"a few letters repeated are easy", "abcabcabcabcabcabc", signin.PasswordRule{}, assay.Invalid},
		{"a row of the keyboard is easy", "qwertyuiopasdfgh", signin.PasswordRule{}, assay.Invalid},
		{"a row backwards is easy", "876543210", second, assay.Invalid},
		{"a common one is easy", "Password123", second, assay.Invalid},
		{"a common one repeated is easy", "passwordpassword", signin.PasswordRule{}, assay.Invalid},
		{"one's name is easy", "ines de bellweather", inContext, assay.Invalid},
		{"one's address before the @ is easy", "ines.bellweather", inContext, assay.Invalid},
		{"one's name within a sentence is not", "ines de bellweather likes lanterns", inContext, ""},
		{"a leaked one is refused", "leaked horse staple", signin.PasswordRule{}, assay.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.passwords.Hash(t.Context(), c.password, c.rule)
			wantCode(t, err, c.want)
			if err != nil && c.password != "" && strings.Contains(err.Error(), c.password) {
				t.Errorf("the error quotes the password: %v", err)
			}
		})
	}
}

func TestTheSameKeysOnTwoMachinesAreTheSamePassword(t *testing.T) {
	for _, c := range []struct{ name, a, b string }{
		{"composed and decomposed", "caf\u00e9 of lanterns", "cafe\u0301 of lanterns"},
		{"half and full width", "tunnel １２３", "tunnel 123"},
		{"kinds of space", "tunnel\u00a0of\u3000lanterns", "tunnel of lanterns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _, errA := signin.Prepared(c.a)
			b, _, errB := signin.Prepared(c.b)
			if errA != nil || errB != nil || a != b {
				t.Errorf("%q (%v) and %q (%v)", a, errA, b, errB)
			}
		})
	}
	t.Run("but case is kept", func(t *testing.T) {
		a, _, _ := signin.Prepared("Lantern")
		if b, _, _ := signin.Prepared("lantern"); a == b {
			t.Error("it is not")
		}
	})
}

func TestEverySignInCostsOneHashWhoeverIsNamed(t *testing.T) {
	h := newHouse(t)
	h.store.accounts["passkey@bellweather.example"] = signin.Account{Member: "m-2"}
	h.store.accounts["broken@bellweather.example"] = signin.Account{Member: "m-3", Password: "$argon2id$nonsense"}
	for _, c := range []struct{ name, who, password string }{
		{"the right password", ines, inesPassword},
		{"a wrong password", ines, "something else entirely"},
		{"a name that nobody has", "nobody@bellweather.example", inesPassword},
		{"a member without a password", "passkey@bellweather.example", inesPassword},
		{"a member whose hash is unreadable", "broken@bellweather.example", inesPassword},
		{"a name that cannot be", strings.Repeat("x", 1000), inesPassword},
		{"no name", "", inesPassword},
		{"no password", ines, ""},
		{"a password that cannot be", ines, "\x00"},
		{"a password that is too long", ines, strings.Repeat("x", 1<<20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := h.Password(t.Context(), signin.Attempt{Name: c.who}, c.password)
			if n := h.hashes.take(); n != 1 {
				t.Errorf("%d hashes were computed", n)
			}
			if c.who == ines && c.password == inesPassword {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, assay.Unauthenticated)
			if err.Error() != "name or password is wrong" {
				t.Errorf("the answer differs: %v", err)
			}
		})
	}
}

func TestAMemberWithoutAPasswordIsNotOpenedByTheStandInHash(t *testing.T) {
	h := newHouse(t)
	h.passwords.SetKDF(func(_, _ []byte, _ signin.Params, n uint32) []byte { return make([]byte, n) })
	h.store.accounts["passkey@bellweather.example"] = signin.Account{Member: "m-2"}
	for _, name := range []string{"passkey@bellweather.example", "nobody@bellweather.example"} {
		_, _, err := h.Password(t.Context(), signin.Attempt{Name: name}, "whatever it may be")
		wantCode(t, err, assay.Unauthenticated)
	}
}

func TestAHashIsReplacedWhenTheParametersRise(t *testing.T) {
	h := newHouse(t, func(_ *signin.LimiterOptions, o *signin.PasswordOptions) {
		o.Params = signin.Params{MemoryKiB: 19456, Passes: 2, Lanes: 1}
	})
	old := h.store.accounts[ines].Password
	stronger := must(signin.NewPasswords(signin.PasswordOptions{Accounts: h.store}))(t)
	stronger.SetKDF(h.hashes.kdf)
	door := must(signin.NewDoor(stronger, h.codes, h.limiter))(t)

	_, _, err := door.Password(t.Context(), signin.Attempt{Name: ines}, "something else entirely")
	wantCode(t, err, assay.Unauthenticated)
	if h.store.accounts[ines].Password != old {
		t.Fatal("a wrong password replaced the hash")
	}
	for range 2 {
		if _, _, err := door.Password(t.Context(), signin.Attempt{Name: ines}, inesPassword); err != nil {
			t.Fatal(err)
		}
	}
	if now := h.store.accounts[ines].Password; !strings.Contains(now, "$m=65536,t=3,p=4$") {
		t.Errorf("the hash is %s", now)
	}
	if n := h.hashes.take(); n != 4 { // wrong, right, replaced, right
		t.Errorf("%d hashes were computed, want 4", n)
	}
	t.Run("and a password that was changed meanwhile does not come back", func(t *testing.T) {
		account := h.store.accounts[ines]
		defer func() { h.store.accounts[ines] = account }()
		was := account
		was.Password = old
		h.store.accounts[ines] = was
		stronger.SetKDF(func(password, salt []byte, p signin.Params, n uint32) []byte {
			if p == signin.DefaultParams() { // the second hash, which is to replace the first
				changed := was
				changed.Password = "$argon2id$v=19$another"
				h.store.accounts[ines] = changed
			}
			return h.hashes.kdf(password, salt, p, n)
		})
		_, _, err := door.Password(t.Context(), signin.Attempt{Name: ines}, inesPassword)
		wantCode(t, err, assay.Unauthenticated)
		if got := h.store.accounts[ines].Password; got != "$argon2id$v=19$another" {
			t.Errorf("the password is %s", got)
		}
	})
	t.Run("and never when they fall", func(t *testing.T) {
		before := h.store.accounts[ines].Password
		if _, _, err := h.Password(t.Context(), signin.Attempt{Name: ines}, inesPassword); err != nil {
			t.Fatal(err)
		}
		if h.store.accounts[ines].Password != before {
			t.Error("the hash became weaker")
		}
	})
}

func TestParametersBelowTheRecommendedMinimumAreRefused(t *testing.T) {
	for _, p := range []signin.Params{
		{MemoryKiB: 19456, Passes: 1, Lanes: 1}, {MemoryKiB: 4096, Passes: 60, Lanes: 1},
		{MemoryKiB: 2 << 20, Passes: 3, Lanes: 4}, {MemoryKiB: 65536, Passes: 3},
	} {
		if _, err := signin.NewPasswords(signin.PasswordOptions{Accounts: newMemory(), Params: p}); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}

// stuck is a hash function that waits until it may go on.
type stuck struct {
	counted
	entered chan string
	release chan struct{}
}

func (s *stuck) kdf(password, salt []byte, p signin.Params, n uint32) []byte {
	s.entered <- string(password)
	<-s.release
	return s.counted.kdf(password, salt, p, n)
}

func TestStrangersExhaustNeitherMemoryNorAMembersTurn(t *testing.T) {
	h := newHouse(t, func(_ *signin.LimiterOptions, o *signin.PasswordOptions) { o.Concurrent, o.Waiting = 3, 4 })
	s := &stuck{entered: make(chan string, 100), release: make(chan struct{})}
	h.passwords.SetKDF(s.kdf)
	device := h.devices.Issue(ines, "")

	var wg sync.WaitGroup
	errs := make(chan error, 100)
	try := func(ctx context.Context, a signin.Attempt, password string) {
		wg.Go(func() {
			_, _, err := h.Password(ctx, a, password)
			errs <- err
		})
	}
	for range 50 {
		try(t.Context(), signin.Attempt{Name: "x"}, "a stranger")
	}
	// The limiter lets 5 of them be tried, two of which are computed; the third slot
	// is not theirs.
	for range 45 {
		if err := <-errs; assay.CodeOf(err) != assay.Busy {
			t.Fatalf("a stranger too many: %v", err)
		}
	}
	<-s.entered
	<-s.entered

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := h.Password(gone, signin.Attempt{Name: "y"}, "a stranger who left")
	if !errors.Is(err, context.Canceled) && assay.CodeOf(err) != assay.Busy {
		t.Fatalf("who left still waits: %v", err)
	}

	try(t.Context(), signin.Attempt{Name: ines, Device: device}, inesPassword)
	if got := <-s.entered; got != inesPassword {
		t.Fatalf("the last slot went to %q", got)
	}
	close(s.release)
	wg.Wait()
}

func TestWhenTooManyWaitTheNextIsToldSoAndIsNotCounted(t *testing.T) {
	h := newHouse(t, func(_ *signin.LimiterOptions, o *signin.PasswordOptions) { o.Concurrent, o.Waiting = 2, 1 })
	s := &stuck{entered: make(chan string, 10), release: make(chan struct{})}
	h.passwords.SetKDF(s.kdf)
	done := make(chan error)
	go func() {
		_, _, err := h.passwordsOf(t, "first")
		done <- err
	}()
	<-s.entered
	waiting := make(chan error, 2)
	for range 2 {
		go func() {
			_, _, err := h.passwordsOf(t, "second")
			waiting <- err
		}()
	}
	err := <-waiting
	wantCode(t, err, assay.Busy)
	if w := (*signin.WaitError)(nil); errors.As(err, &w) {
		t.Error("it is answered as if somebody had guessed")
	}
	close(s.release)
	wantCode(t, <-waiting, assay.Unauthenticated)
	wantCode(t, <-done, assay.Unauthenticated)
}

func (h *house) passwordsOf(t *testing.T, name string) (*signin.Entry, *signin.Pending, error) {
	return h.Password(t.Context(), signin.Attempt{Name: name}, "a stranger's guess")
}
