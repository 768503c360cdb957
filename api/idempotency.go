package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"net/http"
	"sync"

	"assay"
)

// pending holds the keys whose first request is under way in this process.
type pending struct {
	mu   sync.Mutex
	keys map[pendingKey]struct{}
}

type pendingKey struct{ organisation, key string }

func (p *pending) begin(k pendingKey) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, busy := p.keys[k]; busy {
		return false
	}
	p.keys[k] = struct{}{}
	return true
}

func (p *pending) end(k pendingKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.keys, k)
}

// idempotencyKey returns the request's key, "" if it has none.
func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	ok := len(values) == 1 && key != "" && len(key) <= maxKeyChars
	for i := 0; ok && i < len(key); i++ {
		ok = key[i] >= ' ' && key[i] <= '~'
	}
	if !ok {
		return "", refuse(http.StatusUnprocessableEntity, "the idempotency key is not usable",
			ProblemField{Location: "header.Idempotency-Key", Field: "Idempotency-Key", Message: "must be one value of 1 to 255 printable ASCII characters"})
	}
	return key, nil
}

// fingerprint begins the hash that tells one request from another under a key: all that
// its body is read by, before the body itself.
func fingerprint(r *http.Request) hash.Hash {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding")} {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return h
}

// once takes a feed under a key: the first final answer is kept, and given again to
// the same request. An answer is final if sending the body again could give no other: a
// body that was cut short, or a server that was busy, leaves the key free.
func (a *API) once(c *call, key string, in *intake) error {
	ctx := c.r.Context()
	k := pendingKey{c.scope.Organisation, key}
	if !a.pending.begin(k) {
		return assay.Errorf(assay.Conflict, "a request with this idempotency key is under way; wait for its answer")
	}
	defer a.pending.end(k)
	hash, status, stored, found, err := a.s.Idempotency.IdempotentResult(ctx, c.scope, key)
	if err != nil {
		return err
	}
	in.src.hash = fingerprint(c.r)
	if found {
		if err := in.src.drain(); err != nil {
			return err
		}
		if in.src.sum() != hash {
			return refuse(http.StatusUnprocessableEntity, "this idempotency key was used for another request: its body, query or content type was another",
				ProblemField{Location: "header.Idempotency-Key", Field: "Idempotency-Key", Message: "was used for another request"})
		}
		c.Header().Set("Idempotency-Replayed", "true")
		return c.send(status, stored)
	}
	answer, err := in.take(ctx)
	var v any = answer
	status = http.StatusOK
	if err != nil {
		var p *Problem
		if !in.begun || !errors.As(err, &p) {
			return err
		}
		v, status = p, p.Status
	}
	var buf bytes.Buffer
	if err := marshal(&buf, v); err != nil {
		return err
	}
	final := status == http.StatusOK || status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
	if final && in.src.drain() == nil {
		if err := a.s.Idempotency.PutIdempotentResult(ctx, c.scope, key, in.src.sum(), status, buf.Bytes(), a.o.Now()); err != nil {
			// What was accepted is durable, and sending it again changes nothing: the
			// answer stands.
			a.metrics.problems.Inc()
			a.o.Log.LogAttrs(ctx, slog.LevelError, "an answer was not kept under its idempotency key",
				slog.String("request_id", c.id), slog.String("error", causes(err)))
		}
	}
	if err != nil {
		return err
	}
	return c.send(status, buf.Bytes())
}

// sum returns the hash of the request as far as it was read.
func (b *body) sum() (sum [sha256.Size]byte) {
	b.hash.Sum(sum[:0])
	return sum
}

// send writes an answer that is JSON already.
func (c *call) send(status int, data []byte) error {
	kind := "application/json"
	if status >= 400 {
		kind = problemType
	}
	c.Header().Set("Content-Type", kind)
	c.WriteHeader(status)
	c.Write(data) // the client went away: nobody to tell
	return nil
}
