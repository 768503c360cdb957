package watch

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"

	"assay"
)

// An envelope in bytes:
//
//	version   1 byte
//	kind      1 byte: lines, or blob
//	sealed    8 bytes, little endian: when, µs UTC
//	count     4 bytes, little endian: listings
//	replayed  8 bytes, little endian, only with the kind's high bit: the sequence that
//	          the envelope had when it was set aside
//	body      lines: S2 of the listings, one JSON object a line
//	          blob:  32 bytes, the SHA-256 of an envelope of the kind lines
const (
	envelopeVersion = 1
	kindLines       = 0
	kindBlob        = 1
	replayed        = 0x80
	headBytes       = 14
	replayBytes     = 8
)

// Limits of an envelope. A message of NATS may hold 1 MiB.
const (
	maxListings = 500
	maxBytes    = 768 << 10 // of lines, and of what is stored in the log
	// maxUnpacked bounds what a stored envelope may unpack to: one listing at the
	// limits of its format is larger than maxBytes.
	maxUnpacked = 64 << 20
)

func appendHead(dst []byte, kind byte, sealed time.Time, count int) []byte {
	dst = append(dst, envelopeVersion, kind)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(sealed.UnixMicro()))
	return binary.LittleEndian.AppendUint32(dst, uint32(count))
}

// encodeLines returns an envelope that holds the lines.
func encodeLines(lines []byte, sealed time.Time, count int) []byte {
	b := make([]byte, 0, headBytes+s2.MaxEncodedLen(len(lines)))
	b = appendHead(b, kindLines, sealed, count)
	packed := s2.Encode(b[headBytes:cap(b)], lines)
	return b[:headBytes+len(packed)]
}

// encodeReference returns an envelope that names the blob which holds another.
func encodeReference(sha256 string, sealed time.Time, count int) ([]byte, error) {
	sum, err := hex.DecodeString(sha256)
	if err != nil || len(sum) != 32 {
		return nil, fmt.Errorf("a blob is named %q", sha256)
	}
	return append(appendHead(nil, kindBlob, sealed, count), sum...), nil
}

// asReplay returns an envelope, which had a sequence when it was set aside, as one that
// says so. What is no envelope stays as it is, to be set aside again.
func asReplay(data []byte, sequence uint64) []byte {
	if len(data) < headBytes || data[0] != envelopeVersion || data[1]&replayed != 0 {
		return data
	}
	b := append(make([]byte, 0, len(data)+replayBytes), data[:headBytes]...)
	b[1] |= replayed
	b = binary.LittleEndian.AppendUint64(b, sequence)
	return append(b, data[headBytes:]...)
}

// contents is an envelope taken apart.
type contents struct {
	sealed   time.Time
	count    int
	replayOf uint64 // sequence that it had before it was set aside; 0: it never was
	lines    []byte // or
	blob     string // SHA-256 in hex
}

// open takes an envelope apart. The lines share nothing with data.
func open(data []byte) (c contents, err error) {
	bad := func(format string, args ...any) (contents, error) {
		return contents{}, assay.Errorf(assay.Invalid, "not an envelope: "+format, args...)
	}
	if len(data) < headBytes {
		return bad("%d bytes", len(data))
	}
	if data[0] != envelopeVersion {
		return bad("version %d", data[0])
	}
	c.sealed = time.UnixMicro(int64(binary.LittleEndian.Uint64(data[2:]))).UTC()
	c.count = int(binary.LittleEndian.Uint32(data[10:]))
	body := data[headBytes:]
	if data[1]&replayed != 0 {
		if len(body) < replayBytes {
			return bad("%d bytes", len(data))
		}
		c.replayOf = binary.LittleEndian.Uint64(body)
		body = body[replayBytes:]
	}
	switch data[1] &^ replayed {
	case kindLines:
		n, err := s2.DecodedLen(body)
		if err != nil || n > maxUnpacked {
			return bad("unpacked it would be too long, or nothing")
		}
		if c.lines, err = s2.Decode(nil, body); err != nil {
			return bad("%w", err)
		}
		if n := bytes.Count(c.lines, newline); n != c.count {
			return bad("%d lines for %d listings", n, c.count)
		}
	case kindBlob:
		if len(body) != 32 {
			return bad("a blob's name of %d bytes", len(body))
		}
		c.blob = hex.EncodeToString(body)
	default:
		return bad("kind %d", data[1])
	}
	return c, nil
}

// listingsIn returns how many listings an envelope says it has.
func listingsIn(data []byte) int {
	if len(data) < headBytes {
		return 0
	}
	return int(binary.LittleEndian.Uint32(data[10:]))
}

// isBlob reports whether an envelope only names the blob that holds it.
func isBlob(data []byte) bool { return len(data) > 1 && data[1]&^replayed == kindBlob }

var newline = []byte{'\n'}
