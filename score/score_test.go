package score_test

import (
	"math"
	"testing"

	"assay"
	"assay/score"
)

func TestThresholds(t *testing.T) {
	p := score.Policy{Thresholds: map[assay.Lane]score.Thresholds{assay.LaneUnauthorised: {Review: 3 * assay.Point, Block: 6 * assay.Point}}}
	for _, c := range []struct {
		lane  assay.Lane
		score assay.Points
		want  assay.Level
	}{
		{assay.LaneCounterfeit, 1_799_999, assay.Clear},
		{assay.LaneCounterfeit, 1_800_000, assay.Review},
		{assay.LaneCounterfeit, 4_499_999, assay.Review},
		{assay.LaneCounterfeit, 4_500_000, assay.Block},
		{assay.LaneUnauthorised, 2_999_999, assay.Clear},
		{assay.LaneUnauthorised, 6_000_000, assay.Block},
		{assay.LanePrice, 1_000_000_000, assay.Review}, // never blocks
		{assay.LaneCounterfeit, math.MinInt64, assay.Clear},
	} {
		if got := p.Level(c.lane, c.score); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.lane, c.score, got, c.want)
		}
	}
}

func TestTheLanePriceIsOffUnlessSwitchedOn(t *testing.T) {
	p := score.Policy{PriceLanes: []score.PriceLane{{Owner: "A", Marketplaces: []string{"Shop.example"}}}}
	if (score.Policy{}).PriceLaneOn("A", "shop.example") {
		t.Error("on by default")
	}
	if !p.PriceLaneOn("A", "shop.example") || p.PriceLaneOn("A", "other.example") || p.PriceLaneOn("B", "shop.example") {
		t.Error("on for another owner or marketplace, or off for its own")
	}
}

func TestWhatTheWeightsPromise(t *testing.T) {
	review := score.DefaultThresholds(assay.LaneCounterfeit).Review
	plainest := score.Mark(score.PlaceBrand, false) + score.Channel(score.Unknown)
	if plainest >= review {
		t.Error("a mark from an unknown seller accuses")
	}
	if score.Mark(score.PlaceTitle, false)+score.Claim(0) < review {
		t.Error("a confession beside a mark does not ask for a look")
	}
	if score.Mark(score.PlaceTitle, true)+score.Disguise(assay.DisguiseWidth)+score.Channel(score.Unknown) >= 0 {
		t.Error("a word that is also a mark speaks for a fake")
	}
	if score.GTIN(score.GTINForeign)+plainest >= score.DefaultThresholds(assay.LaneCounterfeit).Block {
		t.Error("a wrong number alone blocks")
	}
	sum := assay.Points(0)
	for n := range 1_000 {
		sum += score.Claim(n)
	}
	if sum >= 2*score.Claim(0) {
		t.Errorf("all phrases together weigh %v: the first counts more than all others", sum)
	}
}

func TestTheScoreIsTheSum(t *testing.T) {
	if got := score.Sum([]assay.Contribution{{Points: 1_700_000}, {Points: 1_120_000}, {Points: -510_000}}); got != 2_310_000 {
		t.Error(got)
	}
}
