package signin_test

import (
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

func TestAPasswordAloneOpensWhereThereIsNoSecondFactor(t *testing.T) {
	h := newHouse(t)
	e := h.signsIn(t, signin.Attempt{})
	if e.Member != "m-ines" || e.Device == "" || e.ShortPassword || e.RecoveryLeft != -1 {
		t.Errorf("the entry is %+v", e)
	}
}

func TestWithASecondFactorAPasswordAloneOpensNothing(t *testing.T) {
	h := newHouse(t)
	a, _ := h.enrolled(t)
	p := h.pending(t, signin.Attempt{})
	e, err := h.Code(t.Context(), p, signin.Attempt{Name: "somebody else"}, a.code(t, 0))
	if err != nil || e.Member != "m-ines" || e.Device == "" {
		t.Fatalf("%+v, %v", e, err)
	}
	t.Run("and what waits for its code does not wait for long", func(t *testing.T) {
		p := h.pending(t, signin.Attempt{})
		h.clock.advance(10 * time.Minute)
		_, err := h.Code(t.Context(), p, signin.Attempt{}, a.code(t, 0))
		wantCode(t, err, assay.Unauthenticated)
	})
	t.Run("nor does what never had a password", func(t *testing.T) {
		_, err := h.Code(t.Context(), signin.Pending{}, signin.Attempt{}, a.code(t, 0))
		wantCode(t, err, assay.Unauthenticated)
	})
}

func TestAShortPasswordIsSaidWhenTheSecondFactorIsGone(t *testing.T) {
	h := newHouse(t)
	h.enrolled(t)
	account := h.store.accounts[ines]
	account.Password = must(h.passwords.Hash(t.Context(), "lanterns!", signin.PasswordRule{SecondFactor: true}))(t)
	h.store.accounts[ines] = account
	delete(h.store.factors, "m-ines")
	e, _, err := h.Password(t.Context(), signin.Attempt{Name: ines}, "lanterns!")
	if err != nil || !e.ShortPassword {
		t.Errorf("%+v, %v", e, err)
	}
}
