package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// DeviceLifetime is how long a device is known after its last sign-in.
const DeviceLifetime = 180 * 24 * time.Hour

const (
	deviceIDBytes   = 16
	deviceBodyBytes = deviceIDBytes + 8 // and when it expires, Unix seconds
	deviceBytes     = deviceBodyBytes + sha256.Size
)

// Devices issues and reads device cookies: they say that this browser signed in to this
// account before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). A
// device cookie is no proof of who somebody is and opens nothing; it only keeps a
// member out of the queue that strangers make. It belongs into a cookie of its own that
// outlives sessions: __Host- prefix, Secure, HttpOnly, SameSite=Lax, Max-Age
// DeviceLifetime.
type Devices struct {
	key   []byte
	clock func() time.Time
}

// NewDevices takes a secret key of at least 32 bytes. All processes of an installation
// share it; another key makes every device a stranger.
func NewDevices(key []byte, clock func() time.Time) (*Devices, error) {
	if len(key) < 32 || clock == nil {
		return nil, errors.New("signin: devices need a key of at least 32 bytes, and a clock")
	}
	return &Devices{key: append([]byte(nil), key...), clock: clock}, nil
}

// Issue returns the cookie for a device that has just signed in as name, in whatever
// way: a passkey, a provider or a link that was redeemed make a device known as well.
// previous is the cookie it came with, whose identity it keeps if it is genuine.
func (d *Devices) Issue(name, previous string) string {
	b := make([]byte, deviceIDBytes, deviceBytes)
	if id, ok := d.known(FoldName(name), previous); ok {
		copy(b, id)
	} else {
		rand.Read(b)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(d.clock().Add(DeviceLifetime).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, d.mac(FoldName(name), b)...))
}

// known returns the id of a device whose cookie is genuine, in time, and for that
// folded name.
func (d *Devices) known(name, cookie string) (id string, ok bool) {
	if len(cookie) != base64.RawURLEncoding.EncodedLen(deviceBytes) || name == "" {
		return "", false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(b) != deviceBytes {
		return "", false
	}
	body := b[:deviceBodyBytes]
	expires := time.Unix(int64(binary.BigEndian.Uint64(body[deviceIDBytes:])), 0)
	if !hmac.Equal(b[deviceBodyBytes:], d.mac(name, body)) || !d.clock().Before(expires) {
		return "", false
	}
	return string(body[:deviceIDBytes]), true
}

func (d *Devices) mac(name string, body []byte) []byte {
	h := hmac.New(sha256.New, d.key)
	h.Write([]byte("assay device cookie 1\x00"))
	h.Write(body)
	h.Write([]byte(name))
	return h.Sum(nil)
}
