package signin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

// ceremonies are passkeys with members to have them.
type ceremonies struct {
	*signin.Passkeys
	clock *clock
	store *memory
}

func newCeremonies(t testing.TB) *ceremonies {
	t.Helper()
	c := &ceremonies{clock: newClock(), store: newMemory()}
	for _, m := range []string{"m-ines", "m-eve"} {
		c.store.owners[m] = signin.PasskeyOwner{Member: m, Handle: signin.NewPasskeyHandle(), Name: m + "@bellweather.example", Display: m}
	}
	c.Passkeys = must(signin.NewPasskeys(c.options()))(t)
	return c
}

func (c *ceremonies) options() signin.PasskeyOptions {
	return signin.PasskeyOptions{RPID: rpID, Origins: []string{origin}, Name: "Assay", Store: c.store, Spent: c.store, Clock: c.clock.now}
}

func (c *ceremonies) register(t testing.TB, a *authenticator, member string) {
	t.Helper()
	options, ceremony, err := c.BeginRegistration(t.Context(), member)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.FinishRegistration(t.Context(), ceremony, a.register(t, options), "laptop"); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
}

func (c *ceremonies) signIn(t testing.TB, a *authenticator) (signin.Passkey, error) {
	t.Helper()
	options, ceremony, err := c.BeginSignIn()
	if err != nil {
		t.Fatal(err)
	}
	return c.FinishSignIn(t.Context(), ceremony, a.sign(t, options))
}

func TestAPasskeyIsRegisteredAndSignsIn(t *testing.T) {
	c, a := newCeremonies(t), newAuthenticator(t)
	raw, ceremony, err := c.BeginRegistration(t.Context(), "m-ines")
	if err != nil {
		t.Fatal(err)
	}
	o := read(t, raw).PublicKey
	if o.RP.ID != rpID || o.Selection.UserVerification != "required" || o.Selection.ResidentKey != "required" ||
		!o.Selection.RequireResidentKey || o.Attestation != "none" || o.Timeout != 300_000 || len(unb64(t, o.Challenge)) < 32 ||
		!bytes.Equal(unb64(t, o.User.ID), c.store.owners["m-ines"].Handle) {
		t.Errorf("the options are %s", raw)
	}
	// A session keeps the ceremony as bytes.
	var kept signin.Ceremony
	if err := json.Unmarshal(must(json.Marshal(ceremony))(t), &kept); err != nil {
		t.Fatal(err)
	}
	key, err := c.FinishRegistration(t.Context(), kept, a.register(t, raw), "  laptop ")
	if err != nil {
		t.Fatal(err)
	}
	if key.Member != "m-ines" || key.Label != "laptop" || !key.CreatedAt.Equal(c.clock.now()) || !bytes.Equal(key.ID, a.id) || key.Synced {
		t.Errorf("the passkey is %+v", key)
	}

	raw, ceremony, err = c.BeginSignIn()
	if err != nil {
		t.Fatal(err)
	}
	if o := read(t, raw).PublicKey; o.RPID != rpID || o.UserVerification != "required" || len(o.Allow) != 0 {
		t.Errorf("the options are %s", raw)
	}
	c.clock.advance(time.Minute)
	key, err = c.FinishSignIn(t.Context(), ceremony, a.sign(t, raw))
	if err != nil || key.Member != "m-ines" || !key.UsedAt.Equal(c.clock.now()) || !c.store.passkeys[0].UsedAt.Equal(c.clock.now()) {
		t.Errorf("%+v, %v", key, err)
	}
	t.Run("a synced one says so", func(t *testing.T) {
		a := newAuthenticator(t)
		a.flags |= flagEligible | flagBackedUp
		c.register(t, a, "m-eve")
		if key, err := c.signIn(t, a); err != nil || key.Member != "m-eve" || !key.Synced {
			t.Errorf("%+v, %v", key, err)
		}
	})
	t.Run("the authenticator is told what it has already", func(t *testing.T) {
		raw, _, _ := c.BeginRegistration(t.Context(), "m-ines")
		if o := read(t, raw).PublicKey; len(o.ExcludeList) != 1 || o.ExcludeList[0].ID != b64(a.id) {
			t.Errorf("%s", raw)
		}
	})
}

// attacks are what an authenticator, or somebody in between, can do wrong in
// either ceremony. change returns what is sent in place of the response.
var attacks = []struct {
	name   string
	before func(*authenticator)
	change func(t testing.TB, response []byte) []byte
}{
	{name: "another origin", before: func(a *authenticator) { a.origin = "https://assay.bazar.example.evil.example" }},
	{name: "the origin without its s", before: func(a *authenticator) { a.origin = "http://assay.bazar.example" }},
	{name: "the origin at another port", before: func(a *authenticator) { a.origin = "https://assay.bazar.example:8443" }},
	{name: "no origin", before: func(a *authenticator) { a.origin = "" }},
	{name: "within another site's frame", before: func(a *authenticator) { a.cross = true }},
	{name: "another relying party", before: func(a *authenticator) { a.rpID = "evil.example" }},
	{name: "the user not verified", before: func(a *authenticator) { a.flags = flagPresent }},
	{name: "the user not present", before: func(a *authenticator) { a.flags = flagVerified }},
	{name: "the other ceremony's client data", before: func(a *authenticator) { a.kind = "payment.get" }},
	{name: "backed up though it cannot be", before: func(a *authenticator) { a.flags |= flagBackedUp }},
	{name: "a tampered challenge", change: func(t testing.TB, r []byte) []byte {
		return inClientData(t, r, func(d map[string]any) { d["challenge"] = b64(bytes.Repeat([]byte("x"), 32)) })
	}},
	{name: "no challenge", change: func(t testing.TB, r []byte) []byte {
		return inClientData(t, r, func(d map[string]any) { delete(d, "challenge") })
	}},
	{name: "nothing", change: func(testing.TB, []byte) []byte { return nil }},
	{name: "an empty object", change: func(testing.TB, []byte) []byte { return []byte("{}") }},
	{name: "cut short", change: func(_ testing.TB, r []byte) []byte { return r[:len(r)/2] }},
	{name: "something behind it", change: func(_ testing.TB, r []byte) []byte { return append(r, "{}"...) }},
	{name: "too long", change: func(_ testing.TB, r []byte) []byte {
		return append(r, bytes.Repeat([]byte(" "), signin.MaxPasskeyResponse)...)
	}},
	{name: "nested deeply", change: func(testing.TB, []byte) []byte { return []byte(strings.Repeat("[", 60000)) }},
}

func inClientData(t testing.TB, response []byte, change func(map[string]any)) []byte {
	t.Helper()
	return inResponse(t, response, func(r map[string]any) {
		var data map[string]any
		if err := json.Unmarshal(unb64(t, r["clientDataJSON"].(string)), &data); err != nil {
			t.Fatal(err)
		}
		change(data)
		r["clientDataJSON"] = b64(must(json.Marshal(data))(t))
	})
}

func inResponse(t testing.TB, response []byte, change func(map[string]any)) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(response, &whole); err != nil {
		t.Fatal(err)
	}
	change(whole["response"].(map[string]any))
	return must(json.Marshal(whole))(t)
}

func TestARegistrationThatDoesNotHoldKeepsNothing(t *testing.T) {
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			c, a := newCeremonies(t), newAuthenticator(t)
			if attack.before != nil {
				attack.before(a)
			}
			raw, ceremony, err := c.BeginRegistration(t.Context(), "m-ines")
			if err != nil {
				t.Fatal(err)
			}
			response := a.register(t, raw)
			if attack.change != nil {
				response = attack.change(t, response)
			}
			_, err = c.FinishRegistration(t.Context(), ceremony, response, "laptop")
			wantCode(t, err, assay.Invalid)
			if len(c.store.passkeys) != 0 || len(c.store.spent) != 0 {
				t.Error("something is kept")
			}
			if want := "the passkey was not registered; start again"; err.Error() != want || errors.Unwrap(err) == nil {
				t.Errorf("the error is %q with cause %v", err, errors.Unwrap(err))
			}
		})
	}
}

func TestASignInThatDoesNotHoldOpensNothing(t *testing.T) {
	c := newCeremonies(t)
	refused := func(t *testing.T, ceremony signin.Ceremony, response []byte) {
		t.Helper()
		_, err := c.FinishSignIn(t.Context(), ceremony, response)
		wantCode(t, err, assay.Unauthenticated)
		if want := "this passkey did not sign you in; try again"; err.Error() != want {
			t.Errorf("the error is %q", err)
		}
	}
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			a := newAuthenticator(t)
			c.register(t, a, "m-ines")
			if attack.before != nil {
				attack.before(a)
			}
			raw, ceremony, err := c.BeginSignIn()
			if err != nil {
				t.Fatal(err)
			}
			response := a.sign(t, raw)
			if attack.change != nil {
				response = attack.change(t, response)
			}
			refused(t, ceremony, response)
		})
	}
	a, eve := newAuthenticator(t), newAuthenticator(t)
	c.register(t, a, "m-ines")
	c.register(t, eve, "m-eve")
	for name, change := range map[string]func(*authenticator){
		"one's own key under another's credential":       func(e *authenticator) { e.id = a.id },
		"one's own credential under another's handle":    func(e *authenticator) { e.handle = a.handle },
		"another's credential and handle, one's own key": func(e *authenticator) { e.id, e.handle = a.id, a.handle },
		"a credential that nobody registered":            func(e *authenticator) { e.id = []byte("0123456789abcdef") },
		"a handle that nobody has":                       func(e *authenticator) { e.handle = []byte("0123456789abcdef") },
		"no handle":                                      func(e *authenticator) { e.handle = nil },
		"a passkey that became able to be backed up":     func(e *authenticator) { e.flags |= flagEligible },
	} {
		t.Run(name, func(t *testing.T) {
			e := *eve
			change(&e)
			raw, ceremony, err := c.BeginSignIn()
			if err != nil {
				t.Fatal(err)
			}
			refused(t, ceremony, e.sign(t, raw))
		})
	}
	t.Run("a broken signature", func(t *testing.T) {
		raw, ceremony, _ := c.BeginSignIn()
		refused(t, ceremony, inResponse(t, a.sign(t, raw), func(r map[string]any) {
			s := unb64(t, r["signature"].(string))
			s[len(s)-1] ^= 1
			r["signature"] = b64(s)
		}))
	})
	t.Run("a member who was removed", func(t *testing.T) {
		gone := newAuthenticator(t)
		c.store.owners["m-gone"] = signin.PasskeyOwner{Member: "m-gone", Handle: signin.NewPasskeyHandle(), Name: "gone", Display: "gone"}
		c.register(t, gone, "m-gone")
		delete(c.store.owners, "m-gone")
		raw, ceremony, _ := c.BeginSignIn()
		refused(t, ceremony, gone.sign(t, raw))
	})
	t.Run("but a store that is down is another matter", func(t *testing.T) {
		raw, ceremony, _ := c.BeginSignIn()
		c.store.down = errors.New("disk on fire")
		_, err := c.FinishSignIn(t.Context(), ceremony, a.sign(t, raw))
		wantCode(t, err, assay.Internal)
		c.store.down = nil
	})
}

func TestAChallengeHoldsForOneUseItsKindAndFiveMinutes(t *testing.T) {
	c, a := newCeremonies(t), newAuthenticator(t)
	registration, forRegistration, _ := c.BeginRegistration(t.Context(), "m-ines")
	registered := a.register(t, registration)
	raw, forSignIn, _ := c.BeginSignIn()

	for _, bad := range []struct {
		name string
		do   func() error
	}{
		{"a registration's for a sign-in", func() error {
			_, err := c.FinishSignIn(t.Context(), forRegistration, a.sign(t, registration))
			return err
		}},
		{"a sign-in's for a registration", func() error {
			_, err := c.FinishRegistration(t.Context(), forSignIn, registered, "laptop")
			return err
		}},
		{"another member's registration", func() error {
			other := forRegistration
			other.Member = "m-eve"
			_, err := c.FinishRegistration(t.Context(), other, registered, "laptop")
			return err
		}},
		{"none", func() error { _, err := c.FinishSignIn(t.Context(), signin.Ceremony{}, a.sign(t, raw)); return err }},
	} {
		if bad.do() == nil {
			t.Errorf("%s is taken", bad.name)
		}
	}
	if n := together(func() error {
		_, err := c.FinishRegistration(t.Context(), forRegistration, registered, "laptop")
		return err
	}); n != 1 {
		t.Fatalf("it was registered %d times", n)
	}
	response := a.sign(t, raw)
	if n := together(func() error { _, err := c.FinishSignIn(t.Context(), forSignIn, response); return err }); n != 1 {
		t.Errorf("one response signed in %d times", n)
	}
	_, err := c.FinishSignIn(t.Context(), forSignIn, a.sign(t, raw))
	wantCode(t, err, assay.Unauthenticated) // a new signature for a challenge that is used up

	raw, late, _ := c.BeginSignIn()
	c.clock.advance(5*time.Minute - time.Second)
	raw2, other, _ := c.BeginSignIn()
	if _, err := c.FinishSignIn(t.Context(), other, a.sign(t, raw)); err == nil {
		t.Error("it holds for another ceremony")
	}
	c.clock.advance(time.Second)
	_, err = c.FinishSignIn(t.Context(), late, a.sign(t, raw))
	wantCode(t, err, assay.Unauthenticated)
	if _, err := c.FinishSignIn(t.Context(), other, a.sign(t, raw2)); err != nil {
		t.Error(err)
	}
}

func TestACounterThatDoesNotGrowShutsThePasskey(t *testing.T) {
	for name, counter := range map[string]uint32{"the same": 6, "smaller": 3, "none any more": 0} {
		t.Run(name, func(t *testing.T) {
			c, a := newCeremonies(t), newAuthenticator(t)
			a.counter = 5
			c.register(t, a, "m-ines")
			clone := *a
			if key, err := c.signIn(t, a); err != nil || key.Counter != 6 {
				t.Fatal(key, err)
			}
			clone.counter = counter
			if counter > 0 {
				clone.counter-- // sign adds one
			}
			_, err := c.signIn(t, &clone)
			wantCode(t, err, assay.Forbidden)
			if k := c.store.passkeys[0]; !k.Cloned || k.Counter != 6 {
				t.Errorf("it is kept as %+v", k)
			}
			_, err = c.signIn(t, a) // which of the two is genuine, nobody knows
			wantCode(t, err, assay.Forbidden)
		})
	}
	t.Run("for good, whatever it counts", func(t *testing.T) {
		c, a := newCeremonies(t), newAuthenticator(t)
		a.counter = 5
		c.register(t, a, "m-ines")
		c.store.passkeys[0].Cloned = true
		_, err := c.signIn(t, a)
		wantCode(t, err, assay.Forbidden)
		if !c.store.passkeys[0].Cloned || !c.store.passkeys[0].UsedAt.IsZero() {
			t.Errorf("it is kept as %+v", c.store.passkeys[0])
		}
	})
	t.Run("two that never count sign in for ever", func(t *testing.T) {
		c, a := newCeremonies(t), newAuthenticator(t)
		c.register(t, a, "m-ines")
		for range 3 {
			if _, err := c.signIn(t, a); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestACredentialBelongsToOneMember(t *testing.T) {
	c, a := newCeremonies(t), newAuthenticator(t)
	c.register(t, a, "m-ines")
	raw, ceremony, _ := c.BeginRegistration(t.Context(), "m-eve")
	_, err := c.FinishRegistration(t.Context(), ceremony, a.register(t, raw), "laptop")
	wantCode(t, err, assay.Conflict)
}

func TestAMemberHasNoMoreThan32Passkeys(t *testing.T) {
	c := newCeremonies(t)
	raw, early, _ := c.BeginRegistration(t.Context(), "m-ines")
	for i := range 32 {
		c.store.passkeys = append(c.store.passkeys, signin.Passkey{Member: "m-ines", ID: fmt.Append(nil, i)})
	}
	_, _, err := c.BeginRegistration(t.Context(), "m-ines")
	wantCode(t, err, assay.Full)
	_, err = c.FinishRegistration(t.Context(), early, newAuthenticator(t).register(t, raw), "laptop")
	wantCode(t, err, assay.Full)
}

func TestAPasskeyHasAName(t *testing.T) {
	c := newCeremonies(t)
	for _, label := range []string{"", "  ", strings.Repeat("x", 101), "\xff"} {
		raw, ceremony, _ := c.BeginRegistration(t.Context(), "m-ines")
		_, err := c.FinishRegistration(t.Context(), ceremony, newAuthenticator(t).register(t, raw), label)
		wantCode(t, err, assay.Invalid)
	}
}

func TestOptionsOfPasskeysAreChecked(t *testing.T) {
	c := newCeremonies(t)
	for name, change := range map[string]func(*signin.PasskeyOptions){
		"an origin with a path":       func(o *signin.PasskeyOptions) { o.Origins = []string{origin + "/"} },
		"an origin without https":     func(o *signin.PasskeyOptions) { o.Origins = []string{"http://assay.bazar.example"} },
		"an origin elsewhere":         func(o *signin.PasskeyOptions) { o.Origins = []string{"https://evilassay.bazar.example"} },
		"no origin":                   func(o *signin.PasskeyOptions) { o.Origins = nil },
		"no relying party":            func(o *signin.PasskeyOptions) { o.RPID = "" },
		"a relying party with a port": func(o *signin.PasskeyOptions) { o.RPID = rpID + ":443" },
	} {
		o := c.options()
		change(&o)
		if _, err := signin.NewPasskeys(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	o := c.options()
	o.RPID, o.Origins = "localhost", []string{"http://localhost:8080"}
	if _, err := signin.NewPasskeys(o); err != nil {
		t.Error(err)
	}
}

func FuzzPasskeyResponse(f *testing.F) {
	c, a := newCeremonies(f), newAuthenticator(f)
	delete(c.store.owners, "m-eve") // of one member the order is always the same
	raw, registration, err := c.BeginRegistration(f.Context(), "m-ines")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.register(f, raw))
	raw, signIn, err := c.BeginSignIn()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.sign(f, raw))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, response []byte) {
		if _, err := c.FinishSignIn(t.Context(), signIn, response); err == nil {
			t.Error("it signs in though nobody has a passkey")
		}
		if key, err := c.FinishRegistration(t.Context(), registration, response, "laptop"); err == nil {
			c.store.mu.Lock() // the seed is genuine
			c.store.passkeys, c.store.spent = nil, map[[32]byte]bool{}
			c.store.mu.Unlock()
			if len(key.ID) == 0 || len(key.ID) > 1023 {
				t.Errorf("it has an id of %d bytes", len(key.ID))
			}
		}
	})
}
