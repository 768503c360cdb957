package watch

import (
	"testing"

	"assay"
)

// heads makes segments of the levels given, of 10 envelopes each.
func heads(levels ...int) (list []assay.Segment) {
	for i, level := range levels {
		list = append(list, assay.Segment{ID: int64(i), From: uint64(10*i + 1), To: uint64(10*i + 10), Level: level, Entries: 1_000})
	}
	return list
}

func repeat(level, n int) (levels []int) {
	for range n {
		levels = append(levels, level)
	}
	return levels
}

func TestSegmentsOfOneLevelThatLieSideBySideAreMerged(t *testing.T) {
	for _, c := range []struct {
		name      string
		levels    []int
		first, to int64 // ids of the group
		level     int
		none      bool
	}{
		{name: "too few", levels: repeat(0, mergeWidth-1), none: true},
		{name: "enough", levels: repeat(0, mergeWidth), first: 0, to: mergeWidth - 1, level: 1},
		{name: "the oldest of more", levels: append([]int{2, 2}, repeat(0, mergeWidth+5)...), first: 2, to: mergeWidth + 1, level: 1},
		{name: "another level lies between", levels: append(append(repeat(0, 10), 1), repeat(0, 10)...), none: true},
		{name: "the next level", levels: append(repeat(1, mergeWidth), repeat(0, 3)...), first: 0, to: mergeWidth - 1, level: 2},
		{name: "the top level stays", levels: repeat(topLevel, 3*mergeWidth), none: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			group, level := mergeable(heads(c.levels...))
			if c.none {
				if len(group) > 0 {
					t.Fatalf("%d were chosen", len(group))
				}
				return
			}
			if len(group) != mergeWidth || group[0].ID != c.first || group[mergeWidth-1].ID != c.to || level != c.level {
				t.Fatalf("%d to level %d, from %d to %d", len(group), level, group[0].ID, group[len(group)-1].ID)
			}
		})
	}
}

func TestTheTopLevelIsLookedThroughInTurnsOnceMuchOfItIsReplaced(t *testing.T) {
	list := heads(repeat(topLevel, 3*rewriteWidth)...)
	for i := range list {
		list[i].Entries = pieceEntries
	}
	if group := rewritable(list, 10*pieceEntries, 0); len(group) > 0 {
		t.Error("little is replaced, and it is looked through")
	}
	after := uint64(0)
	var first []int64
	for range 4 {
		group := rewritable(list, pieceEntries, after)
		if len(group) != rewriteWidth {
			t.Fatalf("%d segments", len(group))
		}
		first = append(first, group[0].ID)
		after = group[len(group)-1].To
	}
	if want := []int64{0, rewriteWidth, 2 * rewriteWidth, 0}; first[0] != want[0] || first[1] != want[1] || first[2] != want[2] || first[3] != want[3] {
		t.Errorf("groups begin at %v, want %v", first, want)
	}
}
