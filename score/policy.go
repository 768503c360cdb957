package score

import (
	"slices"
	"strings"

	"assay"
)

// Thresholds are the scores from which an assessment asks for a person (Review)
// or should not be published first (Block).
type Thresholds struct{ Review, Block assay.Points }

// Never is a threshold that no score reaches.
const Never = assay.Points(1 << 62)

// DefaultThresholds returns the thresholds of a lane that a policy does not set.
// They stand in docs/how-it-decides.md with their reasons: a score is evidence,
// and a prior of about 2 % counterfeits among the listings that name a mark
// turns 1.8 points into one in nine and 4.5 into two in three. What is only a
// matter of channel is never blocked on weaker grounds than that, and a price
// below an agreed one never blocks.
func DefaultThresholds(lane assay.Lane) Thresholds {
	if lane == assay.LanePrice {
		return Thresholds{Review: 1_800_000, Block: Never}
	}
	return Thresholds{Review: 1_800_000, Block: 4_500_000}
}

// Policy is what a task force has set for itself.
type Policy struct {
	Thresholds map[assay.Lane]Thresholds // overrides of DefaultThresholds
	PriceLanes []PriceLane
}

// PriceLane switches the lane price on for one owner in one jurisdiction. It is
// off everywhere else: agreed resale prices are a hard-core restriction of
// competition in the European Union (TFEU Art 101).
type PriceLane struct {
	Owner        string
	Jurisdiction string // ISO 3166-1 alpha-2
	Marketplaces []string
	Basis        string // why agreed prices may be enforced there
}

// For returns the thresholds of a lane.
func (p Policy) For(lane assay.Lane) Thresholds {
	if t, ok := p.Thresholds[lane]; ok {
		return t
	}
	return DefaultThresholds(lane)
}

// Level is the verdict that a score in a lane earns.
func (p Policy) Level(lane assay.Lane, s assay.Points) assay.Level {
	t := p.For(lane)
	switch {
	case s >= t.Block:
		return assay.Block
	case s >= t.Review:
		return assay.Review
	}
	return assay.Clear
}

// PriceLaneOn reports whether the lane price is on for an owner on a marketplace,
// whose letter case does not matter.
func (p Policy) PriceLaneOn(owner, marketplace string) bool {
	for _, l := range p.PriceLanes {
		if l.Owner == owner && slices.ContainsFunc(l.Marketplaces, func(m string) bool { return strings.EqualFold(m, marketplace) }) {
			return true
		}
	}
	return false
}
