package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"assay"
	"assay/notify"
)

// sent is one request that a receiver saw.
type sent struct {
	at      time.Time
	url, id string
	header  http.Header
	body    string
}

// receivers is the outside world: what each address answers, and what it saw.
type receivers struct {
	mu     sync.Mutex
	answer func(ctx context.Context, url string, n int) (int, error) // n: requests to the URL so far, from 1
	saw    []sent
	now    map[string]int // requests running
	most   map[string]int
}

func (r *receivers) Post(ctx context.Context, url string, header http.Header, body []byte) (int, error) {
	r.mu.Lock()
	if r.now == nil {
		r.now, r.most = map[string]int{}, map[string]int{}
	}
	r.saw = append(r.saw, sent{time.Now(), url, header.Get(notify.HeaderID), header, string(body)})
	n := 0
	for _, s := range r.saw {
		if s.url == url {
			n++
		}
	}
	r.now[url]++
	r.most[url] = max(r.most[url], r.now[url])
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.now[url]--
	}()
	return r.answer(ctx, url, n)
}

// requests returns what an address saw; of all of them, in order, for "".
func (r *receivers) requests(url string) []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.saw), func(s sent) bool { return url != "" && s.url != url })
}

func answers(status int) *receivers {
	return &receivers{answer: func(context.Context, string, int) (int, error) { return status, nil }}
}

const brand, otherBrand = "org-bellweather", "org-other"

func webhook(id, organisation string, kinds ...string) assay.Webhook {
	return assay.Webhook{ID: id, Organisation: organisation, URL: "https://" + id + ".bazar.example/", Kinds: kinds,
		Secret: bytes.Repeat([]byte("k"), 32), Active: true}
}

// start runs a dispatcher in a bubble of testing/synctest until the returned function
// is called; it is called at the end in any case.
func start(t *testing.T, o notify.Options) (*notify.Dispatcher, func()) {
	t.Helper()
	o.Scope, o.Clock = assay.LocalScope("notify"), time.Now
	d := notify.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return d, stop
}

// pass lets time pass in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAnEventReachesTheWebhookAtOnceWhenWokenAndWithAPollElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(204)
		d, _ := start(t, notify.Options{Store: store, Poster: world})
		synctest.Wait()
		begun := time.Now()
		store.commit(brand, assay.EventFindingNew, begun)
		d.Wake()
		d.Wake()
		synctest.Wait()
		store.commit(brand, assay.EventFindingChanged, begun)
		pass(notify.DefaultPoll)
		saw := world.requests("")
		if len(saw) != 2 || !saw[0].at.Equal(begun) || saw[1].at.Sub(begun) > notify.DefaultPoll {
			t.Fatalf("saw %v", saw)
		}
		if got := store.states(); got[assay.DeliveryDelivered] != 2 {
			t.Errorf("states %v", got)
		}
		first := store.delivery(0)
		if first.Attempts != 1 || first.Status != 204 || !first.EndedAt.Equal(begun) || !first.NextAt.IsZero() {
			t.Errorf("delivery %+v", first)
		}
		if s := d.Stats(); s.Events != 2 || s.Delivered != 2 || s.Queued != 0 || s.InFlight != 0 || s.Failed+s.Retried != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAFailedAttemptIsRepeatedByTheScheduleAndThenGivenUp(t *testing.T) {
	var whole []time.Duration
	after := time.Duration(0)
	for _, w := range append([]time.Duration{0}, notify.Schedule()...) {
		after += w
		whole = append(whole, after)
	}
	answering := map[string]func(n, failing int) (int, error){
		"an error of the receiver": func(n, failing int) (int, error) {
			if n <= failing {
				return 500, nil
			}
			return 200, nil
		},
		"a redirect": func(n, failing int) (int, error) {
			if n <= failing {
				return 302, nil
			}
			return 299, nil
		},
		"a receiver that asks for peace": func(n, failing int) (int, error) {
			if n <= failing {
				return 429, nil
			}
			return 200, nil
		},
		"no answer": func(n, failing int) (int, error) {
			if n <= failing {
				return 0, assay.Errorf(assay.Unavailable, "no answer in time")
			}
			return 200, nil
		},
	}
	for name, answer := range answering {
		for _, failing := range []int{0, 1, 4, len(whole) - 1, len(whole)} {
			t.Run(fmt.Sprintf("%s, %d times", name, failing), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newMemory(webhook("a", brand))
					world := &receivers{answer: func(_ context.Context, _ string, n int) (int, error) { return answer(n, failing) }}
					begun := time.Now()
					store.commit(brand, assay.EventFindingNew, begun)
					start(t, notify.Options{Store: store, Poster: world, Poll: 5 * time.Second})
					pass(48 * time.Hour)
					saw := world.requests("")
					if want := min(failing+1, len(whole)); len(saw) != want {
						t.Fatalf("%d attempts, want %d", len(saw), want)
					}
					for i, s := range saw {
						if got := s.at.Sub(begun); got != whole[i] {
							t.Errorf("attempt %d after %s, want %s", i+1, got, whole[i])
						}
						if s.id != "event-1" || s.header.Get(notify.HeaderTimestamp) != fmt.Sprint(s.at.Unix()) {
							t.Errorf("attempt %d: headers %v", i+1, s.header)
						}
					}
					want := assay.DeliveryDelivered
					if failing >= len(whole) {
						want = assay.DeliveryFailed
					}
					got := store.delivery(0)
					if got.State != want || got.Attempts != len(saw) || !got.EndedAt.Equal(saw[len(saw)-1].at) {
						t.Errorf("delivery %+v, want %s", got, want)
					}
				})
			})
		}
	}
}

func TestJitterOnlyLengthensAWaitAndByAFifthAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(500)
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world, Jitter: func() float64 { return 0.5 }})
		pass(50 * time.Hour)
		saw := world.requests("")
		if len(saw) != len(notify.Schedule())+1 {
			t.Fatalf("%d attempts", len(saw))
		}
		for i, w := range notify.Schedule() {
			longer := w + w/10
			if got := saw[i+1].at.Sub(saw[i].at); got < longer || got > longer+notify.DefaultPoll {
				t.Errorf("wait %d: %s, want %s and at most a poll", i+1, got, longer)
			}
		}
	})
}

func TestGoneSwitchesTheWebhookOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(410)
		for range 3 {
			store.commit(brand, assay.EventFindingNew, time.Now())
		}
		d, _ := start(t, notify.Options{Store: store, Poster: world})
		pass(time.Minute)
		store.commit(brand, assay.EventFindingNew, time.Now())
		pass(48 * time.Hour)
		if n := len(world.requests("")); n != 1 {
			t.Errorf("%d requests", n)
		}
		hook, _ := store.Webhook(t.Context(), assay.LocalScope(""), "a")
		if hook.Active || string(hook.Secret) == "" {
			t.Errorf("webhook %+v", hook)
		}
		if got := store.states(); got[assay.DeliveryFailed] != 3 || len(got) != 1 {
			t.Errorf("states %v", got)
		}
		if s := d.Stats(); s.Stopped != 1 || s.Failed != 3 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestGoneDoesNotSwitchOffAWebhookThatMovedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		world := &receivers{answer: func(_ context.Context, _ string, n int) (int, error) {
			store.with(func() {
				moved := store.webhooks["a"]
				moved.URL = "https://new.bazar.example/"
				store.webhooks["a"] = moved
			})
			return 410, nil
		}}
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world})
		pass(time.Second)
		if hook, _ := store.Webhook(t.Context(), assay.LocalScope(""), "a"); !hook.Active {
			t.Error("the webhook was switched off")
		}
	})
}

func TestAReplayedDeliveryIsSentAgainUnderTheSameId(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, world := newMemory(webhook("a", brand)), answers(200)
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world})
		pass(time.Hour)
		store.replay("delivery-1", time.Now())
		pass(time.Minute)
		saw := world.requests("")
		if len(saw) != 2 || saw[0].id != saw[1].id || saw[0].body != saw[1].body {
			t.Errorf("saw %v", saw)
		}
	})
}

func TestNothingIsSentToAWebhookOfAnotherOrganisation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group, kind := webhook("group", "org-group"), webhook("kind", brand, assay.EventFindingChanged)
		store := newMemory(webhook("own", brand), webhook("other", otherBrand), group, kind, webhook("local", assay.LocalOrganisation))
		store.sight["org-group"] = []string{brand}
		world := answers(200)
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world})
		pass(time.Minute)
		var got []string
		for _, s := range world.requests("") {
			got = append(got, s.url)
		}
		slices.Sort(got)
		if want := []string{group.URL, "https://local.bazar.example/", "https://own.bazar.example/"}; !slices.Equal(got, want) {
			t.Errorf("sent to %v, want %v", got, want)
		}
	})
}

func TestARightToSeeThatEndedBetweenAttemptsEndsTheDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("group", "org-group"))
		store.sight["org-group"] = []string{brand}
		world := answers(500)
		store.commit(brand, assay.EventFindingNew, time.Now())
		start(t, notify.Options{Store: store, Poster: world})
		pass(time.Second)
		store.with(func() { delete(store.sight, "org-group") })
		pass(time.Minute)
		if d := store.delivery(0); len(world.requests("")) != 1 || d.State != assay.DeliveryFailed || d.Attempts != 1 {
			t.Errorf("%d requests, delivery %+v", len(world.requests("")), d)
		}
	})
}

func TestADeliveryWhoseWebhookWasDroppedIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(webhook("a", brand))
		world := &receivers{answer: func(context.Context, string, int) (int, error) { return 0, errors.New("silent") }}
		store.commit(brand, assay.EventFindingNew, time.Now())
		d, _ := start(t, notify.Options{Store: store, Poster: world})
		pass(time.Second)
		store.with(func() { delete(store.webhooks, "a") })
		pass(time.Hour)
		if n, s := len(world.requests("")), d.Stats(); n != 1 || s.Held+s.Queued+s.InFlight != 0 {
			t.Errorf("%d requests, stats %+v", n, s)
		}
	})
}

func TestSecretsAndAddressesAreNeverInLogsOrErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var logged bytes.Buffer
		a, b := webhook("a", brand), webhook("b", brand)
		a.URL, a.Secret = "https://a.bazar.example/t0ken", []byte("s3cret-s3cret-s3cret-s3cret")
		b.URL, b.Secret = "https://b.bazar.example/t0ken", a.Secret
		store := newMemory(a, b)
		world := &receivers{answer: func(_ context.Context, url string, _ int) (int, error) {
			if url == b.URL {
				return 410, nil
			}
			return 0, fmt.Errorf("Post %q: %s: refused", url, a.Secret)
		}}
		store.commit(brand, assay.EventFindingNew, time.Now())
		store.mu.Lock()
		store.events = append(store.events, assay.Event{ID: "broken", Organisation: brand, Data: []byte("{")})
		store.outbox = append(store.outbox, store.events[1])
		store.mu.Unlock()
		start(t, notify.Options{Store: store, Poster: world, Logger: slog.New(slog.NewTextHandler(locked{&mu, &logged},
			&slog.HandlerOptions{Level: slog.LevelDebug}))})
		pass(time.Minute)
		store.with(func() { store.down = assay.Errorf(assay.Unavailable, "the database is away") })
		pass(time.Minute)
		store.with(func() { store.down = nil })
		pass(48 * time.Hour)
		mu.Lock()
		defer mu.Unlock()
		text := logged.String()
		if !strings.Contains(text, "410 Gone") || strings.Count(text, "the database is away") != 1 {
			t.Errorf("the log does not say what happened, once: %s", text)
		}
		for i := range len(store.deliveries) {
			text += store.delivery(i).Error + "\n"
		}
		for _, secret := range []string{"s3cret", "t0ken", "czNjcmV0"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in logs or errors:\n%s", secret, text)
			}
		}
	})
}

type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
