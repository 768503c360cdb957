package notify_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/notify"
)

// The first vector is that of the specification's libraries; all were computed
// independently with "openssl dgst -sha256 -mac HMAC" or Python's hmac.
func TestSignaturesAreThoseOfTheSpecification(t *testing.T) {
	for _, v := range []struct {
		secret, id string
		seconds    int64
		body, want string
	}{
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			`{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "e", 0,
			"", "v1,q9w/uHWr+kZcro5xhLBcwGL2vFlKkdLdRDiamhKov1I="},
		{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "0192f0c1-0000-7000-8000-000000000001", 1764000000,
			`{"type":"finding.new","brand":"古驰"}`, "v1,apeOWEvcg2Ez6C3W7F8JWOeCxfoaQYcj1OTZBmA2jFA="},
	} {
		secret, err := notify.ParseSecret(v.secret)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(v.seconds, 999)
		if got := notify.Sign(secret, v.id, at, []byte(v.body)); got != v.want {
			t.Errorf("%s: %s, want %s", v.id, got, v.want)
		}
	}
}

func TestASecretIsDrawnFromItsSourceAndReadBack(t *testing.T) {
	secret, text, err := notify.NewSecret(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil || !bytes.Equal(secret, bytes.Repeat([]byte{7}, 32)) {
		t.Fatalf("%x, %v", secret, err)
	}
	back, err := notify.ParseSecret(text)
	if err != nil || !bytes.Equal(back, secret) || !strings.HasPrefix(text, "whsec_") {
		t.Errorf("%q reads as %x, %v", text, back, err)
	}
	a, _, _ := notify.NewSecret(rand.Reader)
	b, _, _ := notify.NewSecret(rand.Reader)
	if bytes.Equal(a, b) {
		t.Error("two secrets are the same")
	}
	if _, _, err := notify.NewSecret(io.LimitReader(rand.Reader, 5)); err == nil {
		t.Error("a source that ends makes a secret")
	}
}

func TestATextThatIsNoSecretIsRefusedWithoutBeingQuoted(t *testing.T) {
	encoded := func(n int) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), n)) }
	for name, text := range map[string]string{
		"empty":            "",
		"without whsec_":   encoded(32),
		"another prefix":   "whpk_" + encoded(32),
		"too short":        "whsec_" + encoded(23),
		"too long":         "whsec_" + encoded(65),
		"not base64":       "whsec_" + strings.Repeat("!", 44),
		"with line breaks": "whsec_" + encoded(32)[:20] + "\n" + encoded(32)[20:],
	} {
		t.Run(name, func(t *testing.T) {
			_, err := notify.ParseSecret(text)
			if assay.CodeOf(err) != assay.Invalid {
				t.Fatalf("error %v", err)
			}
			if strings.Contains(err.Error(), encoded(12)) {
				t.Errorf("the error quotes it: %v", err)
			}
		})
	}
	for _, n := range []int{24, 64} {
		if _, err := notify.ParseSecret("whsec_" + encoded(n)); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

const tolerance = 5 * time.Minute

func TestVerifyTakesWhatSignMadeAndNothingElse(t *testing.T) {
	secret := bytes.Repeat([]byte("k"), 32)
	at := time.Unix(1_764_000_000, 0)
	body := []byte(`{"a":1}`)
	fits := notify.Sign(secret, "id", at, body)
	other := notify.Sign(bytes.Repeat([]byte("x"), 32), "id", at, body)
	for _, c := range []struct {
		name          string
		id, timestamp []string
		signature     []string
		body          string
		now           time.Time
		ok            bool
	}{
		{name: "as it was sent", ok: true},
		{name: "one of two signatures fits", signature: []string{other + " " + fits}, ok: true},
		{name: "another scheme beside it", signature: []string{"v1a,AAAA " + fits}, ok: true},
		{name: "at the end of the tolerance", now: at.Add(tolerance), ok: true},
		{name: "a clock behind within the tolerance", now: at.Add(-tolerance), ok: true},
		{name: "too old", now: at.Add(tolerance + time.Second)},
		{name: "from the future", now: at.Add(-tolerance - time.Second)},
		{name: "another body", body: `{"a":2}`},
		{name: "another id", id: []string{"other"}},
		{name: "another time", timestamp: []string{"1764000001"}},
		{name: "another secret", signature: []string{other}},
		{name: "no id", id: []string{}},
		{name: "an empty id", id: []string{""}},
		{name: "an id without end", id: []string{strings.Repeat("a", 257)}},
		{name: "two ids", id: []string{"id", "id"}},
		{name: "no time", timestamp: []string{}},
		{name: "two times", timestamp: []string{"1764000000", "1764000000"}},
		{name: "a time that is no number", timestamp: []string{"yesterday"}},
		{name: "a time with a sign", timestamp: []string{"+1764000000"}},
		{name: "a time that is too long", timestamp: []string{"0001764000000"}},
		{name: "no signature", signature: []string{}},
		{name: "two headers of signatures", signature: []string{fits, fits}},
		{name: "a signature without its scheme", signature: []string{fits[3:]}},
		{name: "a signature of another scheme", signature: []string{"v2" + fits[2:]}},
		{name: "a signature cut short", signature: []string{fits[:len(fits)-4]}},
		{name: "a signature that is not base64", signature: []string{"v1,!!!!"}},
		{name: "an empty signature", signature: []string{"v1,"}},
		{name: "signatures without end", signature: []string{strings.Repeat(other+" ", 100) + fits}},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{notify.HeaderID: {"id"}, notify.HeaderTimestamp: {"1764000000"}, notify.HeaderSignature: {fits}}
			for name, values := range map[string][]string{
				notify.HeaderID: c.id, notify.HeaderTimestamp: c.timestamp, notify.HeaderSignature: c.signature,
			} {
				if values != nil {
					header[name] = values
				}
			}
			now, got := at, body
			if !c.now.IsZero() {
				now = c.now
			}
			if c.body != "" {
				got = []byte(c.body)
			}
			err := notify.Verify(secret, header, got, now, tolerance)
			if c.ok != (err == nil) || err != nil && assay.CodeOf(err) != assay.Unauthenticated {
				t.Fatalf("Verify = %v", err)
			}
			if err != nil && strings.Contains(err.Error(), fits[3:]) {
				t.Error("the error tells the signature")
			}
		})
	}
}

// FuzzVerify: whatever the headers, only the one right signature passes.
func FuzzVerify(f *testing.F) {
	secret := bytes.Repeat([]byte("k"), 32)
	at := time.Unix(1_764_000_000, 0)
	body := []byte(`{"a":1}`)
	fits := notify.Sign(secret, "id", at, body)
	f.Add("id", "1764000000", fits)
	f.Add("id", "1764000000", "v1, v1,"+fits+" v2,= "+fits)
	f.Add("id.1764000000", "", "v1,====")
	f.Add("i", "-9223372036854775808", " ")
	f.Fuzz(func(t *testing.T, id, timestamp, signature string) {
		header := http.Header{notify.HeaderID: {id}, notify.HeaderTimestamp: {timestamp}, notify.HeaderSignature: {signature}}
		err := notify.Verify(secret, header, body, at, tolerance)
		if err != nil && assay.CodeOf(err) != assay.Unauthenticated {
			t.Errorf("code %s", assay.CodeOf(err))
		}
		if err == nil && (id != "id" || timestamp != "1764000000" || !strings.Contains(signature, fits)) {
			t.Errorf("passes: %q, %q, %q", id, timestamp, signature)
		}
	})
}
