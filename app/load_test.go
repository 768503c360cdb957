package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay"
	"assay/sqldb"
)

// load is writers that each own offers and send their revisions 1, 2, 3 … one after
// the other, whatever becomes of the server. Each knows what was acknowledged.
type load struct {
	t       testing.TB
	writers []*writer
	acked   atomic.Int64 // listings
	running sync.WaitGroup
	stop    context.CancelFunc
}

type writer struct {
	random *rand.Rand
	offers []*owned
	// sent and unsure count listings: acknowledged, and those of which it is not known.
	sent, unsure int
	refused      map[int]int // answers by status
}

// owned is an offer, and what its writer knows of its contents.
type owned struct {
	id    string
	next  int
	acked []int
	maybe []int // sent, and not acknowledged
}

// newLoad makes writers; each owns two offers.
func newLoad(t testing.TB, name string, writers int, seed uint64) *load {
	l := &load{t: t}
	for i := range writers {
		w := &writer{random: rand.New(rand.NewPCG(seed, uint64(i))), refused: map[int]int{}}
		for j := range 2 {
			w.offers = append(w.offers, &owned{id: fmt.Sprintf("%s-%d-%d", name, i, j), next: 1})
		}
		l.writers = append(l.writers, w)
	}
	return l
}

// begin lets the writers send until end; to tells where the server is now.
func (l *load) begin(to func() caller) {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	for _, w := range l.writers {
		l.running.Go(func() {
			for ctx.Err() == nil {
				w.send(to(), &l.acked)
			}
		})
	}
}

// end waits for the answers that are under way.
func (l *load) end() {
	l.stop()
	l.running.Wait()
}

// more waits until so many more listings are acknowledged.
func (l *load) more(n int) {
	l.t.Helper()
	from := l.acked.Load()
	until(l.t, fmt.Sprintf("%d more listings are acknowledged", n), func() bool { return l.acked.Load() >= from+int64(n) })
}

// send sends one body: some next revisions of the writer's offers. What it does not
// know to be durable it sends again, or leaves and goes on.
func (w *writer) send(to caller, acked *atomic.Int64) {
	type sent struct {
		of *owned
		n  int
	}
	var lines []string
	var list []sent
	for range 1 + w.random.IntN(4) {
		o := w.offers[w.random.IntN(len(w.offers))]
		n := o.next
		o.next++
		lines, list = append(lines, bag(o.id, n)), append(list, sent{o, n})
	}
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		a, err := to.try(ctx, "POST", "/v1/listings", ndjson, strings.NewReader(strings.Join(lines, "\n")))
		cancel()
		var got struct {
			Accepted       int
			DurableThrough int `json:"durable_through"`
		}
		through := 0
		switch {
		case err != nil:
			w.refused[0]++
		case json.Unmarshal(a.body, &got) != nil:
			w.refused[-1]++
		case a.status == 200 && got.Accepted == len(lines):
			through = len(lines)
		default:
			w.refused[a.status]++
			through = got.DurableThrough
		}
		for _, s := range list[:through] {
			s.of.acked = append(s.of.acked, s.n)
			s.of.maybe = slices.DeleteFunc(s.of.maybe, func(n int) bool { return n == s.n })
		}
		w.sent += through
		acked.Add(int64(through))
		lines, list = lines[through:], list[through:]
		w.unsure += len(list)
		if len(list) == 0 {
			return
		}
		for _, s := range list {
			if !slices.Contains(s.of.maybe, s.n) {
				s.of.maybe = append(s.of.maybe, s.n)
			}
		}
		pause := time.NewTimer(10 * time.Millisecond)
		<-pause.C
		if try >= 3 || w.random.IntN(2) == 0 {
			return
		}
	}
}

// check holds what the server has, with nothing under way, against what was
// acknowledged: every listing is there, once, in order.
func (l *load) check(c caller) {
	l.t.Helper()
	c.t = l.t
	revisions, sent, unsure := l.checkOffers(c)
	parts, _ := c.partitions()
	var listings, counted int64
	for _, p := range parts {
		listings, counted = listings+p.Listings, counted+p.Revisions
	}
	if listings < sent || listings > sent+unsure {
		l.t.Errorf("%d listings were worked: %d were acknowledged, %d may have come", listings, sent, unsure)
	}
	if counted < revisions {
		l.t.Errorf("the partitions count %d revisions, the offers have %d", counted, revisions)
	}
	l.checkEvents(c.events())
}

// checkOffers compares the offers' revisions and returns how many there are, and how
// many listings were acknowledged and may have come.
func (l *load) checkOffers(c caller) (revisions, sent, unsure int64) {
	l.t.Helper()
	c.settled()
	for _, w := range l.writers {
		sent, unsure = sent+int64(w.sent), unsure+int64(w.unsure)
		for _, o := range w.offers {
			if len(o.acked) == 0 {
				continue
			}
			got := c.offer(o.id, len(o.acked))
			revisions += int64(got.Revision)
			if got.Revision < len(o.acked) || got.Revision > len(o.acked)+len(o.maybe) {
				l.t.Errorf("offer %s is at revision %d: %d were acknowledged, %d may have come", o.id, got.Revision, len(o.acked), len(o.maybe))
			}
		}
	}
	return revisions, sent, unsure
}

// checkEvents: each change of a finding is one event, in the order of the contents.
func (l *load) checkEvents(events []event) {
	l.t.Helper()
	version, content, ids := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, e := range events {
		f := e.Data.After
		if ids[e.ID] {
			l.t.Errorf("two events have the id %s", e.ID)
		}
		ids[e.ID] = true
		if f.Version != version[f.ID]+1 {
			l.t.Errorf("an event of finding %s on %s takes it from version %d to %d", f.ID, f.Offer, version[f.ID], f.Version)
		}
		version[f.ID] = f.Version
		n := contentOf(l.t, f.Title)
		if n < content[f.ID] || n == content[f.ID] && e.Data.Cause == assay.CauseListing {
			l.t.Errorf("an event of finding %s on %s (version %d, revision %d, because of %s) takes it from content %d to %d",
				f.ID, f.Offer, f.Version, f.Revision, e.Data.Cause, content[f.ID], n)
		}
		content[f.ID] = n
	}
	for _, w := range l.writers {
		for _, o := range w.offers {
			if len(o.acked) == 0 {
				continue
			}
			found := slices.ContainsFunc(events, func(e event) bool { return e.Data.After.Offer == o.id })
			if !found {
				l.t.Errorf("there is no event on offer %s", o.id)
			}
		}
	}
}

// contentOf reads the counter in a title of bag.
func contentOf(t testing.TB, title string) int {
	t.Helper()
	n, err := strconv.Atoi(title[strings.LastIndexByte(title, ' ')+1:])
	if err != nil {
		t.Fatalf("%q is no title of these tests", title)
	}
	return n
}

// checkStore reads the revisions that were kept, with the server stopped.
func (l *load) checkStore(database string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	store, err := sqldb.Open(ctx, sqldb.Options{URL: database})
	if err != nil {
		l.t.Fatal(err)
	}
	defer store.Close()
	for _, w := range l.writers {
		for _, o := range w.offers {
			list, err := store.Revisions(ctx, assay.LocalScope("test"), assay.OfferKey{Marketplace: "bazar.example", ID: o.id})
			if err != nil {
				l.t.Fatal(err)
			}
			for i := range list {
				if list[i].Listing, err = store.RevisionListing(ctx, assay.LocalScope("test"), list[i].OfferKey, list[i].Number); err != nil {
					l.t.Fatal(err)
				}
			}
			slices.Reverse(list) // now the oldest is first
			all := len(list) == 0 || list[0].Number == 1
			have := map[int]bool{}
			last := 0
			for i, r := range list {
				var kept struct{ Title string }
				if err := json.Unmarshal(r.Listing, &kept); err != nil {
					l.t.Fatal(err)
				}
				n := contentOf(l.t, kept.Title)
				if r.Number != list[0].Number+i || n <= last {
					l.t.Errorf("offer %s: revision %d has content %d, behind content %d", o.id, r.Number, n, last)
				}
				if !slices.Contains(o.acked, n) && !slices.Contains(o.maybe, n) {
					l.t.Errorf("offer %s has content %d, which was never sent", o.id, n)
				}
				last, have[n] = n, true
			}
			for _, n := range o.acked {
				if all && !have[n] || !have[n] && n >= contentOfFirst(l.t, list) {
					l.t.Errorf("offer %s: content %d was acknowledged and is not there", o.id, n)
				}
			}
		}
	}
}

// contentOfFirst: a long list is cut at its old end.
func contentOfFirst(t testing.TB, list []assay.Revision) int {
	var kept struct{ Title string }
	if err := json.Unmarshal(list[0].Listing, &kept); err != nil {
		t.Fatal(err)
	}
	return contentOf(t, kept.Title)
}

// summary tells how much there was of what.
func (l *load) summary() string {
	sent, unsure, refused := 0, 0, map[int]int{}
	for _, w := range l.writers {
		sent, unsure = sent+w.sent, unsure+w.unsure
		for status, n := range w.refused {
			refused[status] += n
		}
	}
	return fmt.Sprintf("%d listings acknowledged, %d unsure, answers by status (0: none) %v", sent, unsure, refused)
}
