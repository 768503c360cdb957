package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"assay"
	"assay/demo"
)

// tally holds what was found against what is true.
type tally struct {
	kinds   map[demo.Kind]*kindTally
	lanes   map[assay.Lane]*laneTally
	signals map[assay.Signal]*signalTally
	alarm   *judged  // the false alarm with the highest score
	missed  []judged // the first fake not found of each of the kinds met first, maxMissed at most
	sights  []*judged
}

// maxMissed is how many misses are told.
const maxMissed = 3

// kindTally counts the listings of one kind by the highest level of their findings.
type kindTally struct {
	lane   assay.Lane // why they are wrong, "" when nothing is
	levels [3]int     // by assay.Level.Rank
}

// laneTally counts, of one lane, listings that are wrong and those of them with a right
// finding, and findings that are false alarms.
type laneTally struct{ wrong, found, alarms int }

// signalTally counts findings to which a signal adds points, and fakes: listings of the
// counterfeit lane with a right finding in that lane to which it does.
type signalTally struct{ right, alarms, fakes int }

// judged is a finding beside the truth about its offer. A fake that was not found has no
// finding.
type judged struct {
	listing assay.Listing
	truth   demo.Truth
	finding assay.Finding
	right   bool
}

// revised is an offer as it was at last.
type revised struct {
	listing assay.Listing
	truth   demo.Truth
}

func newTally() *tally {
	return &tally{kinds: map[demo.Kind]*kindTally{}, lanes: map[assay.Lane]*laneTally{}, signals: map[assay.Signal]*signalTally{},
		sights: make([]*judged, len(sights))}
}

// compare holds the findings on the first n listings of a world, by offer, against the
// truth about each offer as it was at last. Clear findings are none.
func compare(ctx context.Context, world *demo.World, n int, later map[assay.OfferKey]revised, findings map[assay.OfferKey][]assay.Finding) (*tally, error) {
	t := newTally()
	met := 0
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, truth := world.Listing(uint64(i))
		key := assay.OfferKey{Marketplace: l.Marketplace, ID: l.ID}
		if r, ok := later[key]; ok {
			l, truth = r.listing, r.truth
		}
		found := findings[key]
		if len(found) > 0 {
			met++
		}
		// In which order they came must not decide between equal scores.
		slices.SortFunc(found, func(a, b assay.Finding) int {
			return cmp.Or(cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Owner, b.Owner))
		})
		t.add(l, truth, found)
	}
	if met != len(findings) {
		return nil, fmt.Errorf("there are findings on %d offers that are not of this world", len(findings)-met)
	}
	return t, nil
}

// add counts one offer and the findings on it.
func (t *tally) add(l assay.Listing, truth demo.Truth, findings []assay.Finding) {
	kind := entry(t.kinds, truth.Kind)
	kind.lane = truth.Lane
	level := 0
	found := false
	var fired []assay.Signal // in right findings, each once
	for _, f := range findings {
		if f.Level == assay.Clear {
			continue
		}
		level = max(level, f.Level.Rank())
		j := judged{l, truth, f, false}
		switch {
		case f.Lane == truth.Lane && f.Owner == truth.Owner:
			found, j.right = true, true
			for _, s := range firing(f.Contributions) {
				entry(t.signals, s).right++
				if !slices.Contains(fired, s) {
					fired = append(fired, s)
				}
			}
		case f.Lane == assay.LaneUnauthorised && truth.Kind.Fake() && f.Owner == truth.Owner:
			continue // a fake behind a gate is offered by an unauthorised seller too
		default:
			entry(t.lanes, f.Lane).alarms++
			for _, s := range firing(f.Contributions) {
				entry(t.signals, s).alarms++
			}
			if t.alarm == nil || t.alarm.finding.Score < f.Score {
				t.alarm = &j
			}
		}
		t.show(&j)
	}
	kind.levels[level]++
	if truth.Lane == "" {
		return
	}
	lane := entry(t.lanes, truth.Lane)
	lane.wrong++
	if found {
		lane.found++
	}
	if truth.Lane != assay.LaneCounterfeit {
		return
	}
	for _, s := range fired {
		entry(t.signals, s).fakes++
	}
	told := slices.ContainsFunc(t.missed, func(j judged) bool { return j.truth.Kind == truth.Kind })
	if !found && !told && len(t.missed) < maxMissed {
		t.missed = append(t.missed, judged{listing: l, truth: truth})
	}
}

// show keeps the finding if it is the best yet of something worth seeing.
func (t *tally) show(j *judged) {
	for i := range sights {
		if sights[i].shows(j) && (t.sights[i] == nil || t.sights[i].finding.Score < j.finding.Score) {
			t.sights[i] = j
		}
	}
}

// firing returns the signals that add points, all their contributions together.
func firing(contributions []assay.Contribution) []assay.Signal {
	sums := map[assay.Signal]assay.Points{}
	for i := range contributions {
		sums[contributions[i].Signal] += contributions[i].Points
	}
	var out []assay.Signal
	for s, points := range sums {
		if points > 0 {
			out = append(out, s)
		}
	}
	return out
}

// entry returns what a map holds of a key, made if it is not there.
func entry[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// sight is something worth seeing, shown by the finding of that sort with the highest
// score.
type sight struct {
	what  string
	shows func(*judged) bool
}

// sights, the most instructive first; no finding shows two of them. What the world does
// not have, or has but was not found, is made up for by those behind.
var sights = [...]sight{
	{"A disguised name", rightly(demo.DisguisedFake)},
	{"The GTIN of another product", rightly(demo.BorrowedGTIN)},
	{"A fake hidden in a variant", func(j *judged) bool {
		return j.right && j.truth.Kind == demo.VariantFake && j.finding.Variant != ""
	}},
	{"A false alarm on an honest offer", func(j *judged) bool { return !j.right && j.truth.Lane == "" }},
	{"Changed after it had been seen", rightly(demo.SwappedFake)},
	{"Genuine, outside the channel", rightly(demo.Unauthorised)},
	{"A confession", rightly(demo.ConfessingFake)},
	{"A silent fake", rightly(demo.SilentFake)},
	{"A made-up GTIN", rightly(demo.MadeUpGTIN)},
	{"A false alarm", func(j *judged) bool { return !j.right && j.truth.Lane != "" }},
}

func rightly(kind demo.Kind) func(*judged) bool {
	return func(j *judged) bool { return j.right && j.truth.Kind == kind }
}

// maxSights is how many findings worth seeing are linked.
const maxSights = 5
