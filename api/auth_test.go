package api_test

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"assay/api"
)

func TestATokenIsLookedUpOnceASecond(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	for range 5 {
		do(a, request("GET", "/v1/findings", ""))
	}
	same(t, w.lookups, 1)
	delete(w.tokens, sha256.Sum256([]byte(adminSecret)))
	w.pass(time.Second)
	problem(t, do(a, request("GET", "/v1/findings", "")), 401)
}

func TestATokenExpiresAlsoWhileItIsRemembered(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	hash := sha256.Sum256([]byte(adminSecret))
	token := w.tokens[hash]
	token.ExpiresAt = day.Add(time.Millisecond)
	w.tokens[hash] = token
	same(t, do(a, request("GET", "/v1/findings", "")).Code, 200)
	w.pass(time.Millisecond)
	problem(t, do(a, request("GET", "/v1/findings", "")), 401)
}

func TestAfterRotationTheOldTokenIsRefusedAtOnceByThisProcess(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	token := read[api.NewToken](t, do(a, request("POST", "/v1/admin-token/rotate", "")), 200).Token
	problem(t, do(a, request("GET", "/v1/findings", "")), 401)
	same(t, do(a, request("GET", "/v1/findings", "", "Authorization", "Bearer "+token)).Code, 200)
}

func TestWhoGuessesTokensIsSlowedDownAndLocksNobodyOut(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	same(t, do(a, request("GET", "/v1/findings", "")).Code, 200)
	w.pass(2 * time.Second)
	guess := func(from string) int {
		r := request("GET", "/v1/findings", "", "Authorization", "Bearer guess"+strconv.Itoa(w.lookups))
		r.RemoteAddr = from
		return do(a, r).Code
	}
	for range 20 {
		same(t, guess("192.0.2.1:1000"), 401)
	}
	asked := w.lookups
	same(t, guess("192.0.2.1:1001"), 429)
	same(t, w.lookups, asked)                // the store is left in peace
	same(t, guess("198.51.100.1:1000"), 401) // another address has its own count
	same(t, do(a, request("GET", "/v1/findings", "")).Code, 200)
	w.pass(time.Second)
	same(t, guess("192.0.2.1:1000"), 401)
	for range 20 {
		guess("[2001:db8::1]:1000")
	}
	same(t, guess("[2001:db8::ffff:2]:1000"), 429) // one /64 is one client
}

func TestForwardedAddressesAreBelievedFromTrustedProxiesOnly(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, peer, forwarded, want string
	}{
		{"an untrusted peer", "203.0.113.5:1", "198.51.100.7", "203.0.113.5"},
		{"a trusted one", "10.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{"an entry that the client made up", "10.0.0.1:1", "1.2.3.4, 198.51.100.7", "198.51.100.7"},
		{"two proxies", "10.0.0.1:1", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"nonsense", "10.0.0.1:1", "1.2.3.4, <script>", "10.0.0.1"},
		{"nothing", "10.0.0.1:1", "", "10.0.0.1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", "::ffff:198.51.100.7", "198.51.100.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, book := w.open(t, func(o *api.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
			r := request("GET", "/healthz", "", "X-Forwarded-For", c.forwarded)
			r.RemoteAddr = c.peer
			do(a, r)
			if want := `"client":"` + c.want + `"`; !contains(book.String(), want) {
				t.Errorf("want %s in %s", want, book)
			}
		})
	}
}
