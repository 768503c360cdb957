package score_test

import (
	"fmt"

	"assay"
	"assay/score"
)

func Example() {
	contributions := []assay.Contribution{
		{Signal: assay.SignalMark, Points: score.Mark(score.PlaceTitle, false)},
		{Signal: assay.SignalClaim, Points: score.Claim(0)},
		{Signal: assay.SignalExcuse, Points: score.Excuse(score.Elsewhere)},
	}
	sum := score.Sum(contributions)
	fmt.Println(sum, score.Policy{}.Level(assay.LaneCounterfeit, sum))

	strict := score.Policy{Thresholds: map[assay.Lane]score.Thresholds{
		assay.LaneCounterfeit: {Review: 3 * assay.Point, Block: 6 * assay.Point},
	}}
	fmt.Println(strict.Level(assay.LaneCounterfeit, sum))
	// Output:
	// 2.850000 review
	// clear
}
