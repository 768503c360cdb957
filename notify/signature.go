package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay"
)

// The headers of the specification.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // seconds since 1970, of the attempt
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix    = "whsec_"
	secretBytes     = 32
	minSecretBytes  = 24 // bounds of the specification
	maxSecretBytes  = 64
	signatureScheme = "v1,"

	// What Verify reads of a header at most: hostile ones are ordinary.
	maxIDBytes        = 256
	maxTimestampBytes = 12
	maxSignatureBytes = 4 << 10
)

// NewSecret draws a secret. text is how it is shown to people, once: whsec_ and the
// secret in base64. An error is rand's.
func NewSecret(rand io.Reader) (secret []byte, text string, err error) {
	secret = make([]byte, secretBytes)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return nil, "", fmt.Errorf("drawing a webhook's secret: %w", err)
	}
	return secret, secretPrefix + base64.StdEncoding.EncodeToString(secret), nil
}

// ParseSecret reads the text of a secret. The error is assay.Invalid and does not
// quote it.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if ok && len(encoded) <= base64.StdEncoding.EncodedLen(maxSecretBytes) && !strings.ContainsAny(encoded, "\r\n") {
		secret, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err == nil && len(secret) >= minSecretBytes && len(secret) <= maxSecretBytes {
			return secret, nil
		}
	}
	return nil, assay.Errorf(assay.Invalid, "a webhook's secret is %s and %d to %d bytes in base64", secretPrefix, minSecretBytes, maxSecretBytes)
}

// Sign returns the value of the header webhook-signature for a body that is sent at
// a time under an id: "v1," and HMAC-SHA256(secret, id.seconds.body) in base64.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	return signature(secret, id, strconv.FormatInt(at.Unix(), 10), body)
}

func signature(secret []byte, id, seconds string, body []byte) string {
	h := hmac.New(sha256.New, secret)
	_, _ = io.WriteString(h, id+"."+seconds+".")
	_, _ = h.Write(body)
	return signatureScheme + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Verify is the receiver's side: it checks that a body and its headers come from
// whoever has the secret, and were sent within tolerance of now. A header may hold
// several signatures, of which one has to fit: that is how secrets are changed
// without a gap. Receivers still have to drop ids that they have seen.
//
// The error is assay.Unauthenticated, whatever is wrong.
func Verify(secret []byte, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	id, err := single(header, HeaderID, maxIDBytes)
	if err != nil {
		return err
	}
	seconds, err := single(header, HeaderTimestamp, maxTimestampBytes)
	if err != nil {
		return err
	}
	signatures, err := single(header, HeaderSignature, maxSignatureBytes)
	if err != nil {
		return err
	}
	unix, err := strconv.ParseUint(seconds, 10, 62) // no sign
	if err != nil {
		return assay.Errorf(assay.Unauthenticated, "the header %s is not a number of seconds", HeaderTimestamp)
	}
	if off := now.Sub(time.Unix(int64(unix), 0)); off > tolerance || off < -tolerance {
		return assay.Errorf(assay.Unauthenticated, "the message is too old or from the future")
	}
	want := []byte(signature(secret, id, seconds, body))
	for got := range strings.SplitSeq(signatures, " ") { // of this scheme, others, or ones to come
		if hmac.Equal([]byte(got), want) {
			return nil
		}
	}
	return assay.Errorf(assay.Unauthenticated, "no signature of the message fits")
}

// single returns the one value of a header. Two could be read differently by two
// programs in a row.
func single(header http.Header, name string, maxBytes int) (string, error) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxBytes {
		return "", assay.Errorf(assay.Unauthenticated, "the header %s must be there once, with at most %d bytes", name, maxBytes)
	}
	return values[0], nil
}
