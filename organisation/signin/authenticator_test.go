package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

const (
	rpID   = "assay.bazar.example"
	origin = "https://assay.bazar.example"

	flagPresent  = 1 << 0
	flagVerified = 1 << 2
	flagEligible = 1 << 3
	flagBackedUp = 1 << 4
	flagAttested = 1 << 6
)

// authenticator is a browser and an authenticator in one, in software: it makes ES256
// credentials and signs with them what real ones sign (Web Authentication Level 3, sections
// 6.1 and 6.5). A test changes a field to have it misbehave.
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	flags   byte
	rpID    string
	origin  string
	kind    string // of the client data; "" for the right one
	cross   bool
}

func newAuthenticator(t testing.TB) *authenticator {
	id := make([]byte, 16)
	rand.Read(id)
	return &authenticator{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), id: id,
		flags: flagPresent | flagVerified, rpID: rpID, origin: origin}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	return must(base64.RawURLEncoding.DecodeString(s))(t)
}

// options is what of both kinds of options the authenticator reads.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct{ ID, Name string }
		User      struct{ ID, Name, DisplayName string }
		Selection struct {
			ResidentKey, UserVerification string
			RequireResidentKey            bool
		} `json:"authenticatorSelection"`
		UserVerification string                `json:"userVerification"`
		Attestation      string                `json:"attestation"`
		ExcludeList      []struct{ ID string } `json:"excludeCredentials"`
		Allow            []struct{ ID string } `json:"allowCredentials"`
		Timeout          int                   `json:"timeout"`
	} `json:"publicKey"`
}

func read(t testing.TB, raw []byte) options {
	t.Helper()
	var o options
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (a *authenticator) clientData(t testing.TB, kind, challenge string) []byte {
	if a.kind != "" {
		kind = a.kind
	}
	return must(json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": a.cross}))(t)
}

func (a *authenticator) data(flags byte) []byte {
	hash := sha256.Sum256([]byte(a.rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.counter)
}

// register answers creation options with what credential.toJSON() gives.
func (a *authenticator) register(t testing.TB, raw []byte) []byte {
	t.Helper()
	o := read(t, raw)
	a.handle = unb64(t, o.PublicKey.User.ID)
	point := must(a.key.PublicKey.Bytes())(t) // 4, x, y
	cose := cborMap(                          // RFC 9053, section 7.1.1
		cborInt(1), cborInt(2), cborInt(3), cborInt(-7), cborInt(-1), cborInt(1),
		cborInt(-2), cborBytes(point[1:33]), cborInt(-3), cborBytes(point[33:]))
	data := append(a.data(a.flags|flagAttested), make([]byte, 16)...) // AAGUID
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(data, cose...)
	object := cborMap(cborText("fmt"), cborText("none"), cborText("attStmt"), cborMap(), cborText("authData"), cborBytes(data))
	return a.response(t, map[string]any{
		"clientDataJSON":    b64(a.clientData(t, "webauthn.create", o.PublicKey.Challenge)),
		"attestationObject": b64(object), "transports": []string{"internal"},
	})
}

// sign answers request options.
func (a *authenticator) sign(t testing.TB, raw []byte) []byte {
	t.Helper()
	if a.counter > 0 {
		a.counter++
	}
	client := a.clientData(t, "webauthn.get", read(t, raw).PublicKey.Challenge)
	hash := sha256.Sum256(client)
	data := a.data(a.flags)
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature := must(ecdsa.SignASN1(rand.Reader, a.key, digest[:]))(t)
	return a.response(t, map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
		"userHandle": b64(a.handle)})
}

func (a *authenticator) response(t testing.TB, response map[string]any) []byte {
	return must(json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key",
		"authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response}))(t)
}

// What of CBOR (RFC 8949) an authenticator writes.

func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

func cborInt(n int) []byte {
	if n < 0 {
		return cborHead(1, -1-n)
	}
	return cborHead(0, n)
}

func cborBytes(b []byte) []byte { return append(cborHead(2, len(b)), b...) }
func cborText(s string) []byte  { return append(cborHead(3, len(s)), s...) }

func cborMap(keysAndValues ...[]byte) []byte {
	b := cborHead(5, len(keysAndValues)/2)
	for _, item := range keysAndValues {
		b = append(b, item...)
	}
	return b
}
