package sqldb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
)

func webhooks(t *testing.T, e engine) {
	hour := day.Add(time.Hour)
	hook := func(id, organisation string, kinds ...string) assay.Webhook {
		return assay.Webhook{ID: id, Organisation: organisation, URL: "https://hook.example/" + id, Kinds: kinds, Secret: []byte{0, 1, 255}, Active: true, CreatedAt: day}
	}
	// told is a store with webhooks of the installation and of Bellweather, and one
	// finding each of Bellweather and Corvane.
	told := func(t *testing.T) (*sqldb.Store, string) {
		t.Helper()
		s := worked(t, e)
		b := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]
		for _, w := range []assay.Webhook{hook("all", "local"), hook("b", b), hook("changes", "local", assay.EventFindingChanged)} {
			must(t, s.PutWebhook(t.Context(), local, w))
		}
		asleep := hook("asleep", "local")
		asleep.Active = false
		must(t, s.PutWebhook(t.Context(), local, asleep))
		commit(t, s, outcome(1, finding("1", "Bellweather"), finding("2", "Corvane")))
		return s, b
	}
	due := func(t *testing.T, s *sqldb.Store, now, until time.Time) (all []string, list []assay.Delivery) {
		t.Helper()
		list = get(s.DueDeliveries(t.Context(), local, now, until, 100))(t)
		for _, d := range list {
			all = append(all, d.Webhook)
		}
		slices.Sort(all)
		return all, list
	}

	t.Run("a webhook is kept, changed and dropped", func(t *testing.T) {
		s := e.open(t)
		w := hook("w", "local", "a", "b")
		must(t, s.PutWebhook(t.Context(), local, w))
		same(t, get(s.Webhook(t.Context(), local, "w"))(t), w)
		w.Active, w.URL, w.Kinds = false, "https://other.example", nil
		must(t, s.PutWebhook(t.Context(), local, w))
		same(t, get(s.Webhooks(t.Context(), local))(t), []assay.Webhook{w})
		must(t, s.DropWebhook(t.Context(), local, "w"))
		wantCode(t, s.DropWebhook(t.Context(), local, "w"), assay.NotFound)
	})
	t.Run("each event goes to each active webhook that may see it and wants it, once", func(t *testing.T) {
		s, _ := told(t)
		if n := get(s.FanOut(t.Context(), local, 1, day))(t); n != 1 {
			t.Errorf("took %d", n)
		}
		if n := get(s.FanOut(t.Context(), local, 100, day))(t); n != 1 {
			t.Errorf("took %d", n)
		}
		if n := get(s.FanOut(t.Context(), local, 100, day))(t); n != 0 {
			t.Errorf("took %d again", n)
		}
		got, _ := due(t, s, day, hour)
		same(t, got, []string{"all", "all", "b"})
	})
	t.Run("a leased delivery is nobody else's until its lease ends", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		_, list := due(t, s, day, hour)
		if !list[0].NextAt.Equal(hour) || list[0].State != assay.DeliveryPending {
			t.Errorf("leased is %+v", list[0])
		}
		if got, _ := due(t, s, day.Add(time.Minute), hour); got != nil {
			t.Errorf("due again are %q", got)
		}
		got, _ := due(t, s, hour, hour.Add(time.Hour))
		same(t, got, []string{"all", "all", "b"})
	})
	t.Run("an ended delivery is not due, one to be tried again is in its time", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		_, list := due(t, s, day, hour)
		done, again := list[0], list[1]
		done.State, done.Attempts, done.Status, done.EndedAt, done.NextAt = assay.DeliveryDelivered, 1, 204, hour, time.Time{}
		must(t, s.EndDelivery(t.Context(), local, done))
		wantCode(t, s.EndDelivery(t.Context(), local, done), assay.Conflict)
		again.Attempts, again.Error, again.NextAt = 1, "connection refused", hour.Add(2*time.Hour)
		must(t, s.EndDelivery(t.Context(), local, again))
		_, list = due(t, s, hour.Add(time.Hour), hour.Add(90*time.Minute))
		if len(list) != 1 {
			t.Errorf("due are %+v", list)
		}
		_, list = due(t, s, hour.Add(2*time.Hour), hour.Add(3*time.Hour))
		if len(list) != 2 || !slices.ContainsFunc(list, func(d assay.Delivery) bool { return d.Attempts == 1 && d.Error == "connection refused" }) {
			t.Errorf("due are %+v", list)
		}
		listed, _, err := s.Deliveries(t.Context(), local, done.Webhook, assay.DeliveryDelivered, "", 10)
		must(t, err)
		same(t, listed, []assay.Delivery{done})
		ghost := done
		ghost.ID = "ghost"
		wantCode(t, s.EndDelivery(t.Context(), local, ghost), assay.NotFound)
	})
	t.Run("a delivery is replayed from its first attempt", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		_, list := due(t, s, day, hour)
		d := list[0]
		d.State, d.Attempts, d.EndedAt = assay.DeliveryFailed, 9, hour
		must(t, s.EndDelivery(t.Context(), local, d))
		must(t, s.ReplayDelivery(t.Context(), local, d.ID, day))
		_, list = due(t, s, day, hour)
		if len(list) != 1 || list[0].ID != d.ID || list[0].Attempts != 0 {
			t.Errorf("due are %+v", list)
		}
		wantCode(t, s.ReplayDelivery(t.Context(), local, "ghost", day), assay.NotFound)
	})
	t.Run("events since a time are replayed to one webhook, as far as it may see and wants", func(t *testing.T) {
		s, _ := told(t)
		commit(t, s, outcome(100, finding("3", "Bellweather"), finding("4", "Corvane")))
		get(s.FanOut(t.Context(), local, 100, day))(t)
		due(t, s, day, day.AddDate(1, 0, 0))
		for _, c := range []struct {
			webhook string
			since   time.Time
			want    int
		}{{"b", time.Time{}, 2}, {"b", day.Add(90 * time.Second), 1}, {"all", time.Time{}, 4}, {"all", hour, 0}, {"changes", time.Time{}, 0}} {
			if n := get(s.ReplayEvents(t.Context(), local, c.webhook, c.since, day))(t); n != c.want {
				t.Errorf("%s since %v: %d, want %d", c.webhook, c.since, n, c.want)
			}
		}
		got, _ := due(t, s, day, hour)
		same(t, got, []string{"all", "all", "all", "all", "b", "b"})
		_, err := s.ReplayEvents(t.Context(), local, "ghost", day, day)
		wantCode(t, err, assay.NotFound)
	})
	t.Run("replaying while the outbox is full doubles nothing", func(t *testing.T) {
		s, _ := told(t)
		get(s.ReplayEvents(t.Context(), local, "all", time.Time{}, day))(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		got, _ := due(t, s, day, hour)
		same(t, got, []string{"all", "all", "b"})
	})
	t.Run("deliveries are listed in parts, newest first", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 1, day))(t)
		get(s.FanOut(t.Context(), local, 1, hour))(t)
		first, next, err := s.Deliveries(t.Context(), local, "all", "", "", 1)
		must(t, err)
		second, end, err := s.Deliveries(t.Context(), local, "all", "", next, 1)
		must(t, err)
		if len(first) != 1 || len(second) != 1 || end != "" || !first[0].CreatedAt.Equal(hour) || !second[0].CreatedAt.Equal(day) {
			t.Errorf("%+v, then %+v, then %q", first, second, end)
		}
		_, _, err = s.Deliveries(t.Context(), local, "all", "", strings.Repeat("x", 9), 1)
		wantCode(t, err, assay.Invalid)
	})
	t.Run("what waits for a webhook that is switched off has failed, and can be replayed when it is on again", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		w := hook("all", "local")
		w.Active = false
		must(t, s.PutWebhook(t.Context(), local, w))
		got, _ := due(t, s, day, hour)
		same(t, got, []string{"b"})
		failed, _, err := s.Deliveries(t.Context(), local, "all", assay.DeliveryFailed, "", 10)
		must(t, err)
		if len(failed) != 2 || failed[0].Error != "the webhook was switched off" || !failed[0].NextAt.IsZero() {
			t.Errorf("failed are %+v", failed)
		}
		wantCode(t, s.ReplayDelivery(t.Context(), local, failed[0].ID, day), assay.Conflict)
		_, err = s.ReplayEvents(t.Context(), local, "all", time.Time{}, day)
		wantCode(t, err, assay.Conflict)
		w.Active = true
		must(t, s.PutWebhook(t.Context(), local, w))
		got, _ = due(t, s, day, hour)
		same(t, got, []string(nil))
		must(t, s.ReplayDelivery(t.Context(), local, failed[0].ID, day))
		got, _ = due(t, s, day, hour)
		same(t, got, []string{"all"})
		if n := get(s.ReplayEvents(t.Context(), local, "all", time.Time{}, day))(t); n != 2 {
			t.Errorf("replayed %d", n)
		}
	})
	t.Run("many deliveries are ended and many events replayed, also for the group that sees the webhook", func(t *testing.T) {
		s := worked(t, e)
		b := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: "group", Kind: assay.KindBrand, Name: "group"}))
		must(t, s.PutOrganisation(t.Context(), local, assay.Organisation{ID: b, Kind: assay.KindBrand, Name: "Bellweather", Parent: "group"}))
		group := assay.Scope{Organisation: "group"}
		w := hook("w", b)
		must(t, s.PutWebhook(t.Context(), group, w))
		const many = 2_500
		o := outcome(1, finding("other", "Corvane"))
		for i := range many {
			o.Findings = append(o.Findings, finding(fmt.Sprint(i), "Bellweather", func(f *assay.Finding) { f.Contributions = nil }))
		}
		commit(t, s, o)
		for taken := 1; taken > 0; {
			taken = get(s.FanOut(t.Context(), local, 1000, day))(t)
		}
		w.Active = false
		must(t, s.PutWebhook(t.Context(), group, w))
		if pending, _, err := s.Deliveries(t.Context(), local, "w", assay.DeliveryPending, "", 1); len(pending) > 0 || err != nil {
			t.Errorf("%+v %v", pending, err)
		}
		w.Active = true
		must(t, s.PutWebhook(t.Context(), group, w))
		if n := get(s.ReplayEvents(t.Context(), group, "w", time.Time{}, day))(t); n != many {
			t.Errorf("replayed %d", n)
		}
	})
	t.Run("a dropped webhook takes its deliveries along", func(t *testing.T) {
		s, _ := told(t)
		get(s.FanOut(t.Context(), local, 100, day))(t)
		must(t, s.DropWebhook(t.Context(), local, "all"))
		got, _ := due(t, s, day, hour)
		same(t, got, []string{"b"})
	})
}

func tokens(t *testing.T, e engine) {
	t.Run("a token is found by its hash and makes the scope", func(t *testing.T) {
		s := e.open(t)
		b := get(s.EnsureBrands(t.Context(), local, []string{"Bellweather"}, day))(t)["Bellweather"]
		token := assay.Token{ID: "t", Organisation: b, Name: "api", Hash: [32]byte{1, 0, 255}, ExpiresAt: day, CreatedAt: day}
		must(t, s.PutToken(t.Context(), local, token))
		same(t, get(s.TokenByHash(t.Context(), token.Hash))(t), token)
		_, err := s.TokenByHash(t.Context(), [32]byte{2})
		wantCode(t, err, assay.NotFound)
		token.ID = "u"
		wantCode(t, s.PutToken(t.Context(), local, token), assay.Conflict)
	})
	t.Run("a rotation drops the others of the name", func(t *testing.T) {
		s := e.open(t)
		for i, name := range []string{"admin", "admin", "other"} {
			must(t, s.PutToken(t.Context(), local, assay.Token{ID: string(rune('a' + i)), Organisation: "local", Name: name, Hash: [32]byte{byte(i)}}))
		}
		must(t, s.DropTokens(t.Context(), local, "admin", "b"))
		for i, there := range []bool{false, true, true} {
			if _, err := s.TokenByHash(t.Context(), [32]byte{byte(i)}); (err == nil) != there {
				t.Errorf("token %d: %v", i, err)
			}
		}
		if !get(s.HasTokens(t.Context(), local, "admin"))(t) || get(s.HasTokens(t.Context(), local, "ghost"))(t) {
			t.Error("HasTokens is wrong")
		}
	})
	t.Run("many old answers are dropped", func(t *testing.T) {
		s := e.open(t)
		const many = 1_001
		for i := range many {
			must(t, s.PutIdempotentResult(t.Context(), local, fmt.Sprint(i), [32]byte{}, 200, nil, day))
		}
		must(t, s.DropIdempotent(t.Context(), local, day.Add(time.Second)))
		for _, line := range dump(t, s) {
			if strings.HasPrefix(line, "idempotent_result") {
				t.Fatal(line)
			}
		}
	})
	t.Run("the first answer under a key stays", func(t *testing.T) {
		s := e.open(t)
		put := func(hash byte, body string) error {
			return s.PutIdempotentResult(t.Context(), local, "k", [32]byte{hash}, 200, []byte(body), day)
		}
		must(t, put(1, "first"))
		must(t, put(1, "second"))
		wantCode(t, put(2, "third"), assay.Conflict)
		hash, status, body, found, err := s.IdempotentResult(t.Context(), local, "k")
		if hash != [32]byte{1} || status != 200 || string(body) != "first" || !found || err != nil {
			t.Error(hash, status, string(body), found, err)
		}
		must(t, s.DropIdempotent(t.Context(), local, day))
		if _, _, _, found, _ := s.IdempotentResult(t.Context(), local, "k"); !found {
			t.Error("it was dropped too early")
		}
		must(t, s.DropIdempotent(t.Context(), local, day.Add(time.Second)))
		if _, _, _, found, _ := s.IdempotentResult(t.Context(), local, "k"); found {
			t.Error("it was not dropped")
		}
	})
}
