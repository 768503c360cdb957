package app

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"assay"
	"assay/demo"

	"github.com/google/go-cmp/cmp"
)

// finds returns a finding with one contribution for each signal, against the offer, and
// one for it, which doesn't count.
func finds(lane assay.Lane, owner string, level assay.Level, score assay.Points, signals ...assay.Signal) assay.Finding {
	f := assay.Finding{Assessment: assay.Assessment{Lane: lane, Owner: owner, Level: level, Score: score}}
	for _, s := range signals {
		f.Contributions = append(f.Contributions, assay.Contribution{Signal: s, Points: 2}, assay.Contribution{Signal: s, Points: -1})
	}
	f.Contributions = append(f.Contributions, assay.Contribution{Signal: assay.SignalExcuse, Points: -1})
	return f
}

func TestWhatCountsAsFoundAndAsAFalseAlarm(t *testing.T) {
	t.Parallel()
	const c, u, m = assay.LaneCounterfeit, assay.LaneUnauthorised, assay.LaneMisuse
	fake := demo.Truth{Kind: demo.SilentFake, Owner: "A", Lane: c}
	for _, test := range []struct {
		name     string
		truth    demo.Truth
		findings []assay.Finding
		lanes    map[assay.Lane]*laneTally
		signals  map[assay.Signal]*signalTally
		levels   [3]int
	}{
		{"a fake without a finding is a miss", fake, nil,
			map[assay.Lane]*laneTally{c: {wrong: 1}}, map[assay.Signal]*signalTally{}, [3]int{1, 0, 0}},
		{"a finding of its lane and owner finds it, once, however many there are", fake,
			[]assay.Finding{finds(c, "A", assay.Review, 1, assay.SignalPrice), finds(c, "A", assay.Block, 2, assay.SignalPrice, assay.SignalMark)},
			map[assay.Lane]*laneTally{c: {wrong: 1, found: 1}},
			map[assay.Signal]*signalTally{assay.SignalPrice: {right: 2, fakes: 1}, assay.SignalMark: {right: 1, fakes: 1}}, [3]int{0, 0, 1}},
		{"one that names another owner is a false alarm, and the fake a miss", fake, []assay.Finding{finds(c, "B", assay.Review, 1, assay.SignalPrice)},
			map[assay.Lane]*laneTally{c: {wrong: 1, alarms: 1}}, map[assay.Signal]*signalTally{assay.SignalPrice: {alarms: 1}}, [3]int{0, 1, 0}},
		{"one in another lane is a false alarm there", fake, []assay.Finding{finds(m, "A", assay.Review, 1)},
			map[assay.Lane]*laneTally{c: {wrong: 1}, m: {alarms: 1}}, map[assay.Signal]*signalTally{}, [3]int{0, 1, 0}},
		{"a fake is outside its owner's channel too: that is neither", fake, []assay.Finding{finds(u, "A", assay.Review, 1, assay.SignalChannel)},
			map[assay.Lane]*laneTally{c: {wrong: 1}}, map[assay.Signal]*signalTally{}, [3]int{0, 1, 0}},
		{"but not outside another owner's", fake, []assay.Finding{finds(u, "B", assay.Review, 1)},
			map[assay.Lane]*laneTally{c: {wrong: 1}, u: {alarms: 1}}, map[assay.Signal]*signalTally{}, [3]int{0, 1, 0}},
		{"every finding on an honest offer is a false alarm", demo.Truth{Kind: demo.Resale},
			[]assay.Finding{finds(c, "A", assay.Review, 1), finds(c, "B", assay.Review, 1)},
			map[assay.Lane]*laneTally{c: {alarms: 2}}, map[assay.Signal]*signalTally{}, [3]int{0, 1, 0}},
		{"a finding that was cleared is none", demo.Truth{Kind: demo.Resale}, []assay.Finding{finds(c, "A", assay.Clear, 1)},
			map[assay.Lane]*laneTally{}, map[assay.Signal]*signalTally{}, [3]int{1, 0, 0}},
		{"what is found in other lanes counts there, its signals not among those of fakes", demo.Truth{Kind: demo.Unauthorised, Owner: "A", Lane: u},
			[]assay.Finding{finds(u, "A", assay.Block, 1, assay.SignalChannel)},
			map[assay.Lane]*laneTally{u: {wrong: 1, found: 1}}, map[assay.Signal]*signalTally{assay.SignalChannel: {right: 1}}, [3]int{0, 0, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := newTally()
			got.add(assay.Listing{}, test.truth, test.findings)
			show := cmp.AllowUnexported(laneTally{}, signalTally{})
			if diff := cmp.Diff(test.lanes, got.lanes, show); diff != "" {
				t.Errorf("lanes:\n%s", diff)
			}
			if diff := cmp.Diff(test.signals, got.signals, show); diff != "" {
				t.Errorf("signals:\n%s", diff)
			}
			if k := got.kinds[test.truth.Kind]; k.levels != test.levels || k.lane != test.truth.Lane {
				t.Errorf("its kind counts %v in lane %q", k.levels, k.lane)
			}
		})
	}
}

func TestMissesAreTheFirstOfTheirKinds(t *testing.T) {
	t.Parallel()
	got := newTally()
	for i, kind := range []demo.Kind{demo.SilentFake, demo.SilentFake, demo.DearFake, demo.MadeUpGTIN, demo.ConfessingFake} {
		got.add(assay.Listing{ID: string(rune('a' + i))}, demo.Truth{Kind: kind, Owner: "A", Lane: assay.LaneCounterfeit}, nil)
	}
	var ids []string
	for _, j := range got.missed {
		ids = append(ids, j.listing.ID)
	}
	if strings.Join(ids, "") != "acd" {
		t.Errorf("told are the misses %v", ids)
	}
}

func TestAFindingIsWorthSeeingForOneReasonAtMost(t *testing.T) {
	t.Parallel()
	kinds, _ := demo.Kinds()
	for _, kind := range append(kinds, demo.SwappedFake) {
		for _, right := range []bool{true, false} {
			for _, lane := range []assay.Lane{"", assay.LaneCounterfeit} {
				j := &judged{truth: demo.Truth{Kind: kind, Lane: lane}, right: right}
				j.finding.Variant = "v"
				n := 0
				for _, s := range sights {
					if s.shows(j) {
						n++
					}
				}
				if n > 1 {
					t.Errorf("%s, right %t, lane %q: %d reasons", kind, right, lane, n)
				}
			}
		}
	}
}

func TestWorthSeeingIsTheHighestScoreOfEachReasonInItsOrderAndNoMoreThanFive(t *testing.T) {
	t.Parallel()
	got := newTally()
	add := func(kind demo.Kind, id string, score assay.Points) {
		f := finds(assay.LaneCounterfeit, "A", assay.Review, score)
		f.ID, f.Variant = id, "v"
		got.add(assay.Listing{}, demo.Truth{Kind: kind, Owner: "A", Lane: assay.LaneCounterfeit, Story: "Story of " + id + "."}, []assay.Finding{f})
	}
	add(demo.MadeUpGTIN, "made-up", 9)
	add(demo.SilentFake, "silent", 9)
	add(demo.ConfessingFake, "confession", 9)
	add(demo.SwappedFake, "swapped", 9)
	add(demo.VariantFake, "variant", 9)
	add(demo.DisguisedFake, "disguised-1", 1)
	add(demo.DisguisedFake, "disguised-2", 2)
	add(demo.DisguisedFake, "disguised-3", 2)
	var b bytes.Buffer
	got.writeSights(&b, "http://x/")
	want := `
Findings worth seeing:
  http://x/findings/disguised-2
    A disguised name. Story of disguised-2.
  http://x/findings/variant
    A fake hidden in a variant. Story of variant.
  http://x/findings/swapped
    Changed after it had been seen. Story of swapped.
  http://x/findings/confession
    A confession. Story of confession.
  http://x/findings/silent
    A silent fake. Story of silent.
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFindingsOnOffersThatTheWorldDoesNotHaveAreAnError(t *testing.T) {
	t.Parallel()
	world := demo.New(1, demo.Options{})
	strange := map[assay.OfferKey][]assay.Finding{{Marketplace: "bazar.example", ID: "none"}: {{}}}
	if _, err := compare(t.Context(), world, 10, nil, strange); err == nil {
		t.Error("there is none")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := compare(ctx, world, 10, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled it says %v", err)
	}
}

func TestSharesComeWithTheWilsonInterval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		found, all int
		want       string
	}{
		{0, 0, "–"}, {0, 10, "0.000 (0.000 – 0.278)"}, {10, 10, "1.000 (0.722 – 1.000)"}, {81, 263, "0.308 (0.255 – 0.366)"},
	} {
		if got := share(test.found, test.all); got != test.want {
			t.Errorf("%d of %d: %s, not %s", test.found, test.all, got, test.want)
		}
	}
}

func TestTextIsFittedToTheColumnsOfATerminal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	writeWrapped(&b, "  ", strings.Repeat("云岚溪 ", 40))
	for line := range strings.Lines(b.String()) {
		if n := columns(strings.TrimSuffix(line, "\n")); n > reportWidth || !strings.HasPrefix(line, "  云") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if got := strings.Join(strings.Fields(b.String()), " "); got != strings.TrimSpace(strings.Repeat("云岚溪 ", 40)) {
		t.Errorf("text was lost: %s", got)
	}
	for text, want := range map[string]int{"abc": 3, "云a": 3, "e\u0301": 1, "a\u200db": 2, "Ａ": 2} {
		if n := columns(text); n != want {
			t.Errorf("%q takes %d columns, not %d", text, n, want)
		}
	}
	for _, text := range []string{strings.Repeat("x", reportWidth), strings.Repeat("x", reportWidth+1), strings.Repeat("云", 80)} {
		if got := clipped(text); columns(got) > reportWidth || (got == text) != (columns(text) <= reportWidth) {
			t.Errorf("%q was clipped to %q", text, got)
		}
	}
}
