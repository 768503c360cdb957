package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"assay"
	"assay/notify"
)

// silent is a receiver that takes a request and never answers.
func silent(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, assay.Errorf(assay.Unavailable, "no answer in time")
}

func TestADeadReceiverNeverKeepsTheOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, alive := webhook("dead", brand, "flood"), webhook("alive", brand, assay.EventFindingNew)
		store := newMemory(dead, alive)
		world := &receivers{answer: func(ctx context.Context, url string, _ int) (int, error) {
			if url == dead.URL {
				return silent(ctx)
			}
			return 200, nil
		}}
		for range 5_000 { // more than one line takes
			store.commit(brand, "flood", time.Now())
		}
		start(t, notify.Options{Store: store, Poster: world})
		for i := range 100 { // over the first hours of its silence
			store.commit(brand, assay.EventFindingNew, time.Now())
			committed := time.Now()
			pass(time.Minute)
			saw := world.requests(alive.URL)
			if len(saw) != i+1 {
				t.Fatalf("%d of %d events arrived", len(saw), i+1)
			}
			if late := saw[i].at.Sub(committed); late > notify.DefaultPoll {
				t.Fatalf("event %d came %s late", i, late)
			}
		}
		if n := len(world.requests(dead.URL)); n > 20 {
			t.Errorf("the dead receiver was tried %d times", n)
		}
	})
}

func TestAReceiverThatComesBackGetsEverythingOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		back := time.Now().Add(6 * time.Hour)
		world := &receivers{answer: func(ctx context.Context, _ string, _ int) (int, error) {
			if time.Now().Before(back) {
				return silent(ctx)
			}
			return 200, nil
		}}
		for range 500 {
			store.commit(brand, assay.EventFindingNew, time.Now())
		}
		start(t, notify.Options{Store: store, Poster: world})
		pass(24 * time.Hour)
		var arrived []string
		tried := map[string]bool{}
		for _, s := range world.requests("") {
			if s.at.Before(back) {
				tried[s.id] = true
			} else if !tried[s.id] { // those tried before come by their own schedule
				arrived = append(arrived, s.id)
			}
		}
		if got := store.states(); got[assay.DeliveryDelivered] != 500 {
			t.Fatalf("states %v", got)
		}
		if len(arrived) != 500-len(tried) {
			t.Errorf("%d arrived, %d had been tried before", len(arrived), len(tried))
		}
		last := 0
		for _, id := range arrived {
			var n int
			_, _ = fmt.Sscanf(id, "event-%d", &n)
			if n < last {
				t.Fatalf("event %d came after event %d", n, last)
			}
			last = n
		}
	})
}

func TestDeliveriesToAReceiverThatStaysSilentEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		world := &receivers{answer: func(ctx context.Context, _ string, _ int) (int, error) { return silent(ctx) }}
		for range 300 {
			store.commit(brand, assay.EventFindingNew, time.Now())
		}
		d, _ := start(t, notify.Options{Store: store, Poster: world, Poll: 10 * time.Second})
		pass(5 * time.Minute)
		if s := d.Stats(); s.Held != 1 {
			t.Errorf("stats %+v", s)
		}
		pass(96 * time.Hour) // those tried last of all end their own schedule
		if got := store.states(); got[assay.DeliveryFailed] != 300 {
			t.Errorf("states %v", got)
		}
		if n := len(world.requests("")); n > 100 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestAWebhookHasOneAttemptAtATimeAndTheProcessABoundedNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		for i := range 10 {
			h := webhook(fmt.Sprint("hook-", i), brand)
			store.webhooks[h.ID] = h
		}
		world := &receivers{}
		running, most := 0, 0
		world.answer = func(context.Context, string, int) (int, error) {
			world.mu.Lock()
			running++
			most = max(most, running)
			world.mu.Unlock()
			<-time.After(time.Second)
			world.mu.Lock()
			running--
			world.mu.Unlock()
			return 200, nil
		}
		for range 20 {
			store.commit(brand, assay.EventFindingNew, time.Now())
		}
		start(t, notify.Options{Store: store, Poster: world, Workers: 4})
		pass(10 * time.Minute)
		if got := store.states(); got[assay.DeliveryDelivered] != 200 {
			t.Errorf("states %v", got)
		}
		if most != 4 {
			t.Errorf("%d attempts at a time, want 4", most)
		}
		for i := range 10 {
			url := webhook(fmt.Sprint("hook-", i), brand).URL
			if world.most[url] != 1 {
				t.Errorf("%s: %d attempts at a time", url, world.most[url])
			}
			for n, s := range world.requests(url) {
				if s.id != fmt.Sprint("event-", n+1) {
					t.Errorf("%s: request %d is %s", url, n+1, s.id)
				}
			}
		}
	})
}

func TestTwoProcessesOnOneStoreDeliverOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand), webhook("b", otherBrand))
		world := &receivers{answer: func(context.Context, string, int) (int, error) {
			<-time.After(11 * time.Second) // so that leases end before, and would during, an attempt
			return 200, nil
		}}
		for range 100 {
			store.commit(brand, assay.EventFindingNew, time.Now())
			store.commit(otherBrand, assay.EventFindingNew, time.Now())
		}
		start(t, notify.Options{Store: store, Poster: world})
		start(t, notify.Options{Store: store, Poster: world})
		pass(2 * time.Hour)
		seen := map[string]int{}
		for _, s := range world.requests("") {
			seen[s.url+s.id]++
		}
		if len(seen) != 200 || len(world.requests("")) != 200 {
			t.Errorf("%d events in %d requests", len(seen), len(world.requests("")))
		}
	})
}

func TestACrashBetweenTheAnswerAndItsRecordSendsTheSameIdAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(200)
		store.beforeEnd = func(assay.Delivery) error { return errors.New("the process is gone") }
		store.commit(brand, assay.EventFindingNew, time.Now())
		_, stop := start(t, notify.Options{Store: store, Poster: world})
		pass(time.Second)
		stop()
		store.with(func() { store.beforeEnd = nil })
		start(t, notify.Options{Store: store, Poster: world})
		pass(notify.DefaultLease + time.Second)
		saw := world.requests("")
		if len(saw) != 2 || saw[0].id != saw[1].id || saw[0].body != saw[1].body {
			t.Fatalf("saw %v", saw)
		}
		if saw[0].header.Get(notify.HeaderSignature) == saw[1].header.Get(notify.HeaderSignature) {
			t.Error("the second attempt was not signed with its own time")
		}
		if d := store.delivery(0); d.State != assay.DeliveryDelivered {
			t.Errorf("delivery %+v", d)
		}
	})
}

func TestAnEndingProcessLetsRunningAttemptsEndAndTakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		world := &receivers{answer: func(context.Context, string, int) (int, error) {
			<-time.After(notify.DefaultGrace - time.Second)
			return 200, nil
		}}
		for range 3 {
			store.commit(brand, assay.EventFindingNew, time.Now())
		}
		_, stop := start(t, notify.Options{Store: store, Poster: world})
		synctest.Wait()
		stop()
		if got := store.states(); got[assay.DeliveryDelivered] != 1 || got[assay.DeliveryPending] != 2 {
			t.Errorf("states %v", got)
		}
		start(t, notify.Options{Store: store, Poster: world})
		pass(notify.DefaultLease + time.Minute)
		if n := len(world.requests("")); n != 3 || store.states()[assay.DeliveryDelivered] != 3 {
			t.Errorf("%d requests, states %v", n, store.states())
		}
	})
}

func TestAnAttemptCutByTheEndingProcessDoesNotCountAndIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		world := &receivers{answer: func(ctx context.Context, _ string, n int) (int, error) {
			if n == 1 {
				return silent(ctx)
			}
			return 200, nil
		}}
		store.commit(brand, assay.EventFindingNew, time.Now())
		_, stop := start(t, notify.Options{Store: store, Poster: world})
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took != notify.DefaultGrace { // the bubble's time
			t.Errorf("ending took %s", took)
		}
		start(t, notify.Options{Store: store, Poster: world})
		pass(notify.DefaultLease + time.Second)
		if d := store.delivery(0); d.State != assay.DeliveryDelivered || d.Attempts != 1 || len(world.requests("")) != 2 {
			t.Errorf("delivery %+v after %d requests", d, len(world.requests("")))
		}
	})
}

func TestAStoreThatWasAwayIsWorkedOnWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(200)
		store.down = assay.Errorf(assay.Unavailable, "the database is away")
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world})
		pass(time.Hour)
		store.with(func() { store.down = nil })
		pass(notify.DefaultPoll)
		if got := store.states(); got[assay.DeliveryDelivered] != 1 {
			t.Errorf("states %v", got)
		}
	})
}

func TestAMistakeOfTheProgramPanics(t *testing.T) {
	whole := notify.Options{Store: newMemory(), Poster: answers(200), Clock: time.Now}
	notify.New(whole)
	for name, change := range map[string]func(*notify.Options){
		"no store":                          func(o *notify.Options) { o.Store = nil },
		"no poster":                         func(o *notify.Options) { o.Poster = nil },
		"no clock":                          func(o *notify.Options) { o.Clock = nil },
		"a lease no longer than an attempt": func(o *notify.Options) { o.Lease = notify.DefaultAttemptTimeout },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("New takes it")
				}
			}()
			o := whole
			change(&o)
			notify.New(o)
		})
	}
}

// poster sends by net/http, as the program does behind its guard.
type poster struct{ c *http.Client }

func (p poster) Post(ctx context.Context, url string, header http.Header, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = header
	resp, err := p.c.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestARealReceiverCanVerifyWhatItGets(t *testing.T) {
	secret, text, err := notify.NewSecret(bytes.NewReader(bytes.Repeat([]byte{9}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	type received struct {
		verified error
		forged   error
		body     string
	}
	got := make(chan received, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, notify.MaxBodyBytes+1))
		known, _ := notify.ParseSecret(text)
		got <- received{
			verified: notify.Verify(known, r.Header, body, time.Now(), 5*time.Minute),
			forged:   notify.Verify(known, r.Header, append(body, ' '), time.Now(), 5*time.Minute),
			body:     r.Header.Get("Content-Type") + " " + string(body),
		}
	}))
	defer s.Close()
	hook := webhook("a", brand)
	hook.URL, hook.Secret = s.URL, secret
	store := newMemory(hook)
	store.commit(brand, assay.EventFindingNew, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	client := s.Client()
	d := notify.New(notify.Options{Store: store, Poster: poster{client}, Scope: assay.LocalScope("notify"), Clock: time.Now})
	go func() { defer close(done); d.Run(ctx) }()
	defer func() { cancel(); <-done; client.CloseIdleConnections() }()
	select {
	case r := <-got:
		want := `application/json {"type":"finding.new","timestamp":"2026-03-01T00:00:00Z","id":"event-1","data":{"a":1}}`
		if r.verified != nil || r.body != want {
			t.Errorf("verified: %v; body %s", r.verified, r.body)
		}
		if assay.CodeOf(r.forged) != assay.Unauthenticated {
			t.Errorf("a changed body is verified: %v", r.forged)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nothing arrived")
	}
}
