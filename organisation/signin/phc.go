package signin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Params are the costs of an argon2id hash (RFC 9106).
type Params struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultParams is the second recommended option of RFC 9106, section 4: 64 MiB,
// three passes, four lanes, for where the 2 GiB of the first are too much. It is
// more than OWASP's minimum (19 MiB, two passes, one lane). A hash takes about a
// tenth of a second of four cores.
func DefaultParams() Params { return Params{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4} }

const (
	saltBytes = 16 // RFC 9106, section 3.1
	hashBytes = 32

	maxPHC       = 512     // bytes of a PHC string
	maxMemoryKiB = 1 << 20 // a stored string must not make us allocate more than 1 GiB
	maxPasses    = 64
	maxLanes     = 64
	maxSalt      = 64 // bytes
	minSalt      = 8
	maxHash      = 64
	minHash      = 16
	// minWork is OWASP's minimum as memory times passes: 19 MiB and two passes, or
	// 46 MiB and one, and so on.
	minWork      = 19456 * 2
	minMemoryKiB = 7168
)

// weaker reports whether any cost of p is below that of q.
func (p Params) weaker(q Params) bool {
	return p.MemoryKiB < q.MemoryKiB || p.Passes < q.Passes || p.Lanes < q.Lanes
}

func (p Params) check() error {
	switch {
	case p.MemoryKiB < minMemoryKiB || uint64(p.MemoryKiB)*uint64(p.Passes) < minWork:
		return errors.New("signin: argon2id parameters are below OWASP's minimum of 19 MiB and 2 passes")
	case p.MemoryKiB > maxMemoryKiB || p.Passes > maxPasses || p.Lanes == 0 || p.Lanes > maxLanes:
		return fmt.Errorf("signin: argon2id parameters are out of range: at most %d KiB, %d passes, %d lanes",
			maxMemoryKiB, maxPasses, maxLanes)
	}
	return nil
}

// phc is a password hash in the string format of the Password Hashing Competition:
// $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH, base64 without padding.
type phc struct {
	Params
	salt, hash []byte
}

// phcBase64 takes one text for one value: no padding, no line breaks, no stray bits.
func phcBase64() *base64.Encoding { return base64.RawStdEncoding.Strict() }

func (h phc) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.MemoryKiB, h.Passes, h.Lanes,
		phcBase64().EncodeToString(h.salt), phcBase64().EncodeToString(h.hash))
}

// parsePHC reads exactly what String writes, within the limits above. An error
// never quotes the string.
func parsePHC(s string) (phc, error) {
	bad := func(what string) (phc, error) { return phc{}, errors.New("signin: password hash: " + what) }
	if len(s) > maxPHC {
		return bad("too long")
	}
	rest, ok := strings.CutPrefix(s, "$argon2id$v=19$")
	if !ok {
		return bad("not argon2id of version 19")
	}
	part := strings.Split(rest, "$")
	if len(part) != 3 {
		return bad("wrong number of parts")
	}
	cost := strings.Split(part[0], ",")
	if len(cost) != 3 {
		return bad("wrong number of parameters")
	}
	var n [3]uint64
	for i, p := range []struct {
		name     string
		min, max uint64
	}{{"m=", 8, maxMemoryKiB}, {"t=", 1, maxPasses}, {"p=", 1, maxLanes}} {
		digits, ok := strings.CutPrefix(cost[i], p.name)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || strconv.FormatUint(v, 10) != digits || v < p.min || v > p.max {
			return bad("parameter " + p.name + " is missing or out of range")
		}
		n[i] = v
	}
	h := phc{Params: Params{MemoryKiB: uint32(n[0]), Passes: uint32(n[1]), Lanes: uint8(n[2])}}
	if n[0] < 8*n[2] { // RFC 9106, section 3.1
		return bad("less memory than eight blocks a lane")
	}
	var err error
	if h.salt, err = decodePHC(part[1], minSalt, maxSalt); err != nil {
		return bad("salt")
	}
	if h.hash, err = decodePHC(part[2], minHash, maxHash); err != nil {
		return bad("hash")
	}
	return h, nil
}

func decodePHC(s string, least, most int) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder skips them
		return nil, errors.New("line break")
	}
	b, err := phcBase64().DecodeString(s)
	if err != nil || len(b) < least || len(b) > most {
		return nil, errors.New("not base64 of the right length")
	}
	return b, nil
}
