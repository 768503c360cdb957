package signin_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/organisation/signin"
)

func TestALinkOpensOnceForItsPurposeInItsTime(t *testing.T) {
	for purpose, lifetime := range map[signin.LinkPurpose]time.Duration{
		signin.Invitation: 7 * 24 * time.Hour, signin.Recovery: time.Hour,
	} {
		t.Run(string(purpose), func(t *testing.T) {
			clock, store := newClock(), newMemory()
			links := must(signin.NewLinks(store, clock.now))(t)
			secret, expires, err := links.Issue(t.Context(), purpose, "subject-1")
			if err != nil || len(secret) != 43 || !expires.Equal(clock.now().Add(lifetime)) {
				t.Fatal(secret, expires, err)
			}
			if strings.Contains(fmt.Sprintf("%+v %s", store.links, store.links), secret) {
				t.Error("the secret is stored")
			}
			if _, ok := store.links[sha256.Sum256([]byte(secret))]; !ok {
				t.Error("what is stored is not its SHA-256")
			}
			other := map[signin.LinkPurpose]signin.LinkPurpose{signin.Invitation: signin.Recovery, signin.Recovery: signin.Invitation}[purpose]
			for name, bad := range map[string]string{
				"empty": "", "cut short": secret[:42], "longer": secret + "A", "with a line break": secret[:42] + "\n",
				"another": strings.Repeat("A", 43), "very long": strings.Repeat(secret, 100000), "the hash": fmt.Sprintf("%x", sha256.Sum256([]byte(secret))),
			} {
				_, err := links.Redeem(t.Context(), purpose, bad)
				if assay.CodeOf(err) != assay.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			_, err = links.Redeem(t.Context(), other, secret)
			wantCode(t, err, assay.NotFound)

			clock.advance(lifetime - time.Second)
			for range 3 { // looking is not using
				if l, err := links.Look(t.Context(), purpose, secret); err != nil || l.Subject != "subject-1" {
					t.Fatal(l, err)
				}
			}
			if n := together(func() error { _, err := links.Redeem(t.Context(), purpose, secret); return err }); n != 1 {
				t.Errorf("it opened %d times", n)
			}
			_, err = links.Look(t.Context(), purpose, secret)
			wantCode(t, err, assay.NotFound)

			late, _, _ := links.Issue(t.Context(), purpose, "subject-2")
			clock.advance(lifetime)
			_, err = links.Redeem(t.Context(), purpose, late)
			wantCode(t, err, assay.NotFound)
		})
	}
	t.Run("a purpose that is not known has no links", func(t *testing.T) {
		links := must(signin.NewLinks(newMemory(), newClock().now))(t)
		if _, _, err := links.Issue(t.Context(), "other", "x"); err == nil {
			t.Error("it has")
		}
	})
}

func TestATokenIsRecognisedByItsForm(t *testing.T) {
	secret, hash := signin.NewToken()
	if got, ok := signin.HashToken(secret); !ok || got != hash || hash != sha256.Sum256([]byte(secret)) {
		t.Error("its hash is another")
	}
	if again, _ := signin.NewToken(); again == secret || !strings.HasPrefix(again, "assay_") {
		t.Errorf("the next one is %s", again)
	}
	for name, bad := range map[string]string{
		"nothing": "", "only the prefix": "assay_", "without the prefix": secret[6:], "with another": "other_" + secret[6:],
		"longer": secret + "A", "shorter": secret[:48], "with a space": secret[:48] + " ", "very long": strings.Repeat(secret, 10000),
	} {
		if _, ok := signin.HashToken(bad); ok {
			t.Errorf("%s is a token", name)
		}
	}
}

func TestHandlesOfPasskeysAreRandom(t *testing.T) {
	a, b := signin.NewPasskeyHandle(), signin.NewPasskeyHandle()
	if len(a) != 32 || string(a) == string(b) {
		t.Error("they are not")
	}
}
