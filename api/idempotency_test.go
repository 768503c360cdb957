package api_test

import (
	"net/http"
	"testing"

	"assay"
	"assay/api"
)

func TestTheSameKeyWithTheSameBodyGetsTheSameAnswerAndTakesNothingTwice(t *testing.T) {
	for _, c := range []struct {
		name, body, target string
		status             int
	}{
		{"everything accepted", items(3), "", 200},
		{"large", items(3) + padding, "", 200},
		{"gzip", gzipped(items(3)), "", 200},
		{"bad records", "{}\n" + item(1), "", 200},
		{"a workbook", "PK\x03\x04rest", "", 422},
		{"packed data that ends early", gzipped(items(3))[:30], "", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			send := func() (string, string) {
				r := do(a, request("POST", "/v1/listings", c.body, "Idempotency-Key", "key 1"))
				same(t, r.Code, c.status)
				return r.Body.String(), r.Header().Get("Idempotency-Replayed") + r.Header().Get("Content-Type")
			}
			first, _ := send()
			taken := len(w.taken)
			second, header := send()
			same(t, second, first)
			same(t, len(w.taken), taken)
			kind := "application/json"
			if c.status >= 400 {
				kind = "application/problem+json"
			}
			same(t, header, "true"+kind)
		})
	}
}

func TestTheSameKeyWithAnotherBodyIsRefused(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	same(t, do(a, request("POST", "/v1/listings", item(1), "Idempotency-Key", "k")).Code, 200)
	p := problem(t, do(a, request("POST", "/v1/listings", item(2), "Idempotency-Key", "k")), 422)
	same(t, p.Errors[0].Field, "Idempotency-Key")
	same(t, len(w.taken), 1)
	same(t, do(a, request("POST", "/v1/listings", item(2), "Idempotency-Key", "k2")).Code, 200)
}

func TestTheSameKeyAndBodyReadByAnotherRequestAreRefused(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	same(t, do(a, request("POST", "/v1/listings?marketplace=bazar.example", item(1), "Idempotency-Key", "k")).Code, 200)
	for name, r := range map[string]*http.Request{
		"another query":    request("POST", "/v1/listings?marketplace=souk.example", item(1), "Idempotency-Key", "k"),
		"another type":     request("POST", "/v1/listings?marketplace=bazar.example", item(1), "Idempotency-Key", "k", "Content-Type", "text/csv"),
		"another encoding": request("POST", "/v1/listings?marketplace=bazar.example", item(1), "Idempotency-Key", "k", "Content-Encoding", "identity"),
	} {
		t.Run(name, func(t *testing.T) {
			p := problem(t, do(a, r), 422)
			same(t, p.Errors[0].Field, "Idempotency-Key")
		})
	}
	same(t, len(w.taken), 1)
}

func TestAnswersThatAreNotFinalLeaveTheKeyFree(t *testing.T) {
	for name, spoil := range map[string]func(w *world){
		"busy at the beginning": func(w *world) { w.beginErr = assay.Errorf(assay.Busy, "not now") },
		"busy in between":       func(w *world) { w.takeMax, w.takeErr = 1, assay.Errorf(assay.Busy, "not now") },
		"full":                  func(w *world) { w.takeMax, w.takeErr = 1, assay.Errorf(assay.Full, "no room") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, _ := w.open(t)
			spoil(w)
			if code := do(a, request("POST", "/v1/listings", items(3), "Idempotency-Key", "k")).Code; code < 429 {
				t.Fatal(code)
			}
			w.beginErr, w.takeMax = nil, 0
			r := do(a, request("POST", "/v1/listings", items(3), "Idempotency-Key", "k"))
			same(t, read[api.Accepted](t, r, 200).Accepted, 3)
			same(t, r.Header().Get("Idempotency-Replayed"), "")
		})
	}
}

func TestTwoRequestsWithOneKeyAtOnceAreAConflict(t *testing.T) {
	w := newWorld(t)
	a, _ := w.open(t)
	w.finish = func() {
		w.finish = nil
		problem(t, do(a, request("POST", "/v1/listings", item(1), "Idempotency-Key", "k")), 409)
		same(t, do(a, request("POST", "/v1/listings", item(2), "Idempotency-Key", "other")).Code, 200)
	}
	same(t, do(a, request("POST", "/v1/listings", item(1), "Idempotency-Key", "k")).Code, 200)
	same(t, do(a, request("POST", "/v1/listings", item(1), "Idempotency-Key", "k")).Header().Get("Idempotency-Replayed"), "true")
}
