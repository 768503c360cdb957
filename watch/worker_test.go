package watch

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assay"
	"assay/reference"
	"assay/seen"
)

// wordCodec reads a listing of the form "id title".
type wordCodec struct{ plainCodec }

func (wordCodec) NewDecoder() Decoder { return wordDecoder{} }

type wordDecoder struct{}

func (wordDecoder) Decode(record []byte, line int, visit func(*assay.Listing, *assay.Problem)) {
	id, title, ok := strings.Cut(string(record), " ")
	switch {
	case !ok:
		visit(nil, &assay.Problem{Line: line, Reason: "has no title"})
	case title == "panic":
		panic("a listing that nobody thought of")
	default:
		visit(&assay.Listing{Marketplace: "bazar.example", ID: id, Title: title}, nil)
	}
}

// ledger is a Store that keeps what is committed of one partition, unless it is told to
// fail.
type ledger struct {
	Store
	fail      func(o assay.Outcome) error // before it is committed
	lose      func() error                // after
	committed uint64
	outcomes  []assay.Outcome
	poison    []assay.Poison
}

func (l *ledger) Acquire(context.Context, assay.Scope, int, string, time.Time, time.Time) (assay.Partition, bool, error) {
	return assay.Partition{Committed: l.committed}, true, nil
}
func (l *ledger) Commit(_ context.Context, _ assay.Scope, o assay.Outcome) error {
	if l.fail != nil {
		if err := l.fail(o); err != nil {
			return err
		}
	}
	if o.To <= l.committed {
		return nil
	}
	if o.From <= l.committed {
		return errors.New("a run that straddles")
	}
	l.committed = o.To
	l.outcomes = append(l.outcomes, o)
	if l.lose != nil {
		return l.lose()
	}
	return nil
}
func (l *ledger) SetAside(_ context.Context, _ assay.Scope, _ string, p assay.Poison, _ time.Time) error {
	l.poison = append(l.poison, p)
	l.committed = p.Sequence
	return nil
}
func (l *ledger) FindingsOf(context.Context, assay.Scope, []assay.OfferKey) ([]assay.Finding, error) {
	return nil, nil
}

type fixedReference struct{ gen *reference.Generation }

func (r fixedReference) Current() *reference.Generation { return r.gen }
func (r fixedReference) Behind() bool                   { return false }

func newTestWorker(t *testing.T, store *ledger) *Worker {
	t.Helper()
	b := reference.New()
	b.AddMark(assay.Mark{Text: "Bellweather", Owner: "Bellweather Group"}, reference.Place{})
	b.AddClaim(assay.ClaimPhrase{Text: "mirror quality", Meaning: assay.Replica}, reference.Place{})
	gen, err := b.Build(time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return NewWorker(0, WorkerOptions{Store: store, Codec: wordCodec{}, Reference: fixedReference{gen}, Memory: NewMemory(store, assay.Scope{}, 1),
		Clock: time.Now, Logger: slog.New(slog.DiscardHandler), Holder: "h"})
}

// envelopes makes one of each text, with sequences from 1.
func envelopes(texts ...string) (run []assay.Envelope) {
	for i, text := range texts {
		data := []byte(text)
		if !strings.HasPrefix(text, "not an envelope") {
			data = encodeLines(append(data, '\n'), time.Unix(int64(i), 0), strings.Count(text, "\n")+1)
		}
		run = append(run, assay.Envelope{Seq: uint64(i + 1), Data: data})
	}
	return run
}

func offersIn(t *testing.T, outcomes []assay.Outcome) (list []string) {
	for _, o := range outcomes {
		if o.Segment != nil {
			if err := seen.Entries(o.Segment.Data, func(e seen.Entry) bool { list = append(list, e.Offer.ID); return true }); err != nil {
				t.Fatal(err)
			}
		}
	}
	return list
}

func TestWhatCannotBeWorkedIsSetAsideAndTheRestGoesOn(t *testing.T) {
	for name, bad := range map[string]string{
		"no envelope": "not an envelope", "a listing that cannot be read": "broken", "a listing that panics": "9 panic",
	} {
		t.Run(name, func(t *testing.T) {
			store := &ledger{}
			w := newTestWorker(t, store)
			if err := w.work(t.Context(), envelopes("1 a", bad, "2 b\n3 c", bad)); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(offersIn(t, store.outcomes), " "); got != "1 2 3" || store.committed != 4 {
				t.Errorf("offers %s are committed, up to %d", got, store.committed)
			}
			if len(store.poison) != 2 || store.poison[0].Sequence != 2 || store.poison[1].Sequence != 4 || len(store.poison[0].Data) == 0 {
				t.Errorf("set aside: %+v", store.poison)
			}
		})
	}
}

func TestAFaultOutsideTheEnvelopesSetsNotAllOfThemAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		store := &ledger{fail: func(assay.Outcome) error {
			if broken {
				return errors.New("a column is missing")
			}
			return nil
		}}
		w := newTestWorker(t, store)
		run := envelopes("1 a", "2 b", "3 c", "4 d", "5 e", "6 f")
		if err := w.work(t.Context(), run); err == nil || len(store.poison) != blamedInARow {
			t.Fatalf("%d of %d were set aside, %v", len(store.poison), len(run), err)
		}
		broken = false
		if err := w.work(t.Context(), run[blamedInARow:]); err != nil || store.committed != 6 {
			t.Errorf("mended, it is committed up to %d, %v", store.committed, err)
		}
	})
}

func TestAFindingThatNeverFitsIsNotTriedForEver(t *testing.T) {
	store := &ledger{fail: func(o assay.Outcome) error {
		if o.To == 2 {
			return assay.Errorf(assay.Conflict, "changed meanwhile")
		}
		return nil
	}}
	w := newTestWorker(t, store)
	if err := w.work(t.Context(), envelopes("1 a", "2 b")); err != nil || len(store.poison) != 1 || store.poison[0].Sequence != 2 {
		t.Errorf("%v, set aside %+v", err, store.poison)
	}
}

func TestAnOutcomeWhoseAnswerWasLostIsTheOneThatIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := false
		store := &ledger{}
		store.lose = func() error {
			if !lost {
				lost = true
				return assay.Errorf(assay.Unavailable, "the connection broke")
			}
			return nil
		}
		w := newTestWorker(t, store)
		if err := w.work(t.Context(), envelopes("1 Bellweather mirror quality")); err != nil {
			t.Fatal(err)
		}
		if len(store.outcomes) != 1 || len(store.outcomes[0].Findings) != 1 {
			t.Fatalf("%+v", store.outcomes)
		}
		r, ok := w.Memory.index.Get(seen.KeyOf(assay.OfferKey{Marketplace: "bazar.example", ID: "1"}))
		if !ok || !r.Has(seen.Found) || r.Revision() != 1 {
			t.Errorf("remembered is %+v", r)
		}
	})
}

func TestAReplayedEnvelopeIsPassedOverWhereSomethingLaterIsKnown(t *testing.T) {
	store := &ledger{}
	w := newTestWorker(t, store)
	run := envelopes("1 old\n2 old", "1 new")
	if err := w.work(t.Context(), run[1:]); err != nil { // the first was set aside
		t.Fatal(err)
	}
	again := assay.Envelope{Seq: 3, Data: asReplay(run[0].Data, 1)}
	if err := w.work(t.Context(), []assay.Envelope{again}); err != nil || len(store.poison) > 0 {
		t.Fatal(err, store.poison)
	}
	for id, want := range map[string]int{"1": 1, "2": 1} {
		r, _ := w.Memory.index.Get(seen.KeyOf(assay.OfferKey{Marketplace: "bazar.example", ID: id}))
		if r.Revision() != want {
			t.Errorf("offer %s is at revision %d, want %d", id, r.Revision(), want)
		}
	}
	if got := strings.Join(offersIn(t, store.outcomes), " "); got != "1 2" {
		t.Errorf("committed were %s", got)
	}
	if string(asReplay(again.Data, 3)) != string(again.Data) || string(asReplay([]byte("noise"), 1)) != "noise" {
		t.Error("what was replayed, or is no envelope, is changed")
	}
}

func TestWhenFindingsWereCommittedUnderAnOlderGeneration(t *testing.T) {
	a, b := &reference.Generation{}, &reference.Generation{}
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	var l lastFound
	if !l.before(a).IsZero() {
		t.Error("nothing was found yet")
	}
	l.note(a, at(1))
	l.note(a, at(2))
	if got := l.before(b); got != at(2) {
		t.Errorf("under the one before: %s", got)
	}
	l.note(b, at(3))
	if got := l.before(b); got != at(2) {
		t.Errorf("under another than the present one: %s", got)
	}
	if !l.before(a).Equal(at(3)) {
		t.Errorf("under another than the former one: %s", l.before(a))
	}
}

func TestALeaseThatWasAwayMeanwhileIsLost(t *testing.T) {
	store := &ledger{}
	w := newTestWorker(t, store)
	if err := w.work(t.Context(), envelopes("1 a")); err != nil {
		t.Fatal(err)
	}
	if err := w.renew(t.Context()); err != nil {
		t.Fatalf("nobody else had it: %v", err)
	}
	store.committed = 5 // by another process
	if err := w.renew(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("another process has worked the partition: %v", err)
	}
}
