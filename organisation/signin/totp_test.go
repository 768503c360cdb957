package signin_test

import (
	"bytes"
	"encoding/base32"
	"strings"
	"sync"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	for unix, want := range map[int64]string{ // appendix B, SHA-1
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
		2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := must(signin.CodeOfEightDigits([]byte("12345678901234567890"), unix/30))(t); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

// app is the authenticator app of a member.
type app struct {
	secret []byte
	clock  *clock
}

func (a app) code(t *testing.T, steps int64) string {
	t.Helper()
	return must(signin.CodeOfSixDigits(a.secret, a.clock.now().Unix()/30+steps))(t)
}

// enrolled gives Ines a second factor and lets the step of its first code pass.
func (h *house) enrolled(t *testing.T) (app, []string) {
	t.Helper()
	e := must(h.codes.Enrol(ines))(t)
	a := app{must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret))(t), h.clock}
	recovery := must(h.codes.Confirm(t.Context(), "m-ines", e, a.code(t, 0)))(t)
	h.clock.advance(2 * time.Minute)
	return a, recovery
}

// pending is a sign-in of Ines that lacks its code.
func (h *house) pending(t *testing.T, a signin.Attempt) signin.Pending {
	t.Helper()
	a.Name = ines
	entry, pending, err := h.Password(t.Context(), a, inesPassword)
	if err != nil || entry != nil || pending == nil {
		t.Fatalf("entry %v, pending %v, %v", entry, pending, err)
	}
	return *pending
}

func TestASecondFactorIsConfirmedWithACode(t *testing.T) {
	h := newHouse(t)
	e := must(h.codes.Enrol(ines))(t)
	if !strings.HasPrefix(e.URI, "otpauth://totp/Assay:ines@bellweather.example?") || !strings.Contains(e.URI, "secret="+e.Secret) {
		t.Errorf("the URI is %s", e.URI)
	}
	for _, code := range []string{"", "000000x", "abcdef"} {
		_, err := h.codes.Confirm(t.Context(), "m-ines", e, code)
		wantCode(t, err, assay.Invalid)
	}
	_, err := h.codes.Confirm(t.Context(), "m-ines", signin.Enrolment{Secret: "AAAA"}, "000000")
	wantCode(t, err, assay.Invalid)
	if len(h.store.factors) != 0 {
		t.Fatal("it is kept though nothing was confirmed")
	}
	_, recovery := h.enrolled(t)
	if len(recovery) != 10 {
		t.Errorf("%d recovery codes", len(recovery))
	}
}

func TestAtRestASecondFactorShowsNothing(t *testing.T) {
	h := newHouse(t)
	a, recovery := h.enrolled(t)
	f := h.store.factors["m-ines"]
	if bytes.Contains(f.Sealed, a.secret) {
		t.Error("the secret is stored as it is")
	}
	for _, hash := range f.Recovery {
		for _, code := range recovery {
			if bytes.Contains(hash[:], []byte(code[:6])) {
				t.Error("a recovery code is stored as it is")
			}
		}
	}
	t.Run("and in another member's row it does not open", func(t *testing.T) {
		h.store.factors["m-eve"] = f
		h.store.accounts["eve"] = signin.Account{Member: "m-eve", Password: h.store.accounts[ines].Password}
		_, p, err := h.Password(t.Context(), signin.Attempt{Name: "eve"}, inesPassword)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Code(t.Context(), *p, signin.Attempt{}, a.code(t, 0))
		wantCode(t, err, assay.Internal)
	})
}

func TestACodeHoldsOneStepBeforeAndAfterItsOwn(t *testing.T) {
	for _, c := range []struct {
		steps int64
		want  assay.Code
	}{{-2, assay.Unauthenticated}, {-1, ""}, {0, ""}, {1, ""}, {2, assay.Unauthenticated}} {
		h := newHouse(t)
		a, _ := h.enrolled(t)
		_, err := h.Code(t.Context(), h.pending(t, signin.Attempt{}), signin.Attempt{}, a.code(t, c.steps))
		if got := assay.CodeOf(err); got != c.want {
			t.Errorf("%+d steps: %v", c.steps, err)
		}
	}
}

func TestACodeIsTakenOnce(t *testing.T) {
	h := newHouse(t)
	a, _ := h.enrolled(t)
	p := h.pending(t, signin.Attempt{})
	if _, err := h.Code(t.Context(), p, signin.Attempt{}, a.code(t, 0)); err != nil {
		t.Fatal(err)
	}
	for name, steps := range map[string]int64{"the same again": 0, "an older one that was not used": -1} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Code(t.Context(), p, signin.Attempt{}, a.code(t, steps))
			wantCode(t, err, assay.Unauthenticated)
		})
	}
	t.Run("the one that confirmed it does not sign in", func(t *testing.T) {
		h := newHouse(t)
		e := must(h.codes.Enrol(ines))(t)
		a := app{must(base32.StdEncoding.DecodeString(e.Secret))(t), h.clock}
		must(h.codes.Confirm(t.Context(), "m-ines", e, a.code(t, 0)))(t)
		_, err := h.Code(t.Context(), h.pending(t, signin.Attempt{}), signin.Attempt{}, a.code(t, 0))
		wantCode(t, err, assay.Unauthenticated)
	})
	t.Run("of many at the same time one gets in", func(t *testing.T) {
		h := newHouse(t)
		a, _ := h.enrolled(t)
		p, code := h.pending(t, signin.Attempt{}), a.code(t, 0)
		if in := together(func() error { _, err := h.Code(t.Context(), p, signin.Attempt{}, code); return err }); in != 1 {
			t.Errorf("%d got in", in)
		}
	})
}

// together does something many times at once and returns how often it went well.
func together(do func() error) (well int) {
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	for range cap(errs) {
		wg.Go(func() { errs <- do() })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err == nil {
			well++
		}
	}
	return well
}

func TestARecoveryCodeIsTakenOnce(t *testing.T) {
	h := newHouse(t)
	_, codes := h.enrolled(t)
	for _, c := range []struct {
		name, code string
		left       int // -1: it is refused
	}{
		{"as it is written", codes[0], 9},
		{"again", codes[0], -1},
		{"in capitals and without dashes", strings.ToUpper(strings.ReplaceAll(codes[1], "-", "")), 8},
		{"with spaces around the groups", " " + strings.ReplaceAll(codes[2], "-", " - ") + " ", 7},
		{"with o for 0 and l for 1", strings.NewReplacer("0", "O", "1", "l").Replace(codes[3]), 6},
		{"one character short", codes[4][1:], -1},
		{"one that was never made", "000000-000000-000000-000000", -1},
		{"with letters that no code has", "uuuuuu-uuuuuu-uuuuuu-uuuuuu", -1},
		{"very long", strings.Repeat(codes[5], 1000), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.clock.advance(8 * 24 * time.Hour) // nobody waits
			e, err := h.Code(t.Context(), h.pending(t, signin.Attempt{}), signin.Attempt{}, c.code)
			if c.left < 0 {
				wantCode(t, err, assay.Unauthenticated)
			} else if err != nil || e.RecoveryLeft != c.left {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
	t.Run("new ones replace the old", func(t *testing.T) {
		renewed := must(h.codes.Renew(t.Context(), "m-ines"))(t)
		h.clock.advance(8 * 24 * time.Hour)
		_, err := h.Code(t.Context(), h.pending(t, signin.Attempt{}), signin.Attempt{}, codes[6])
		wantCode(t, err, assay.Unauthenticated)
		if _, err := h.Code(t.Context(), h.pending(t, signin.Attempt{}), signin.Attempt{}, renewed[6]); err != nil {
			t.Error(err)
		}
	})
}
