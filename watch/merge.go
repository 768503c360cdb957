package watch

import (
	"context"

	"assay"
	"assay/seen"
)

// Segments are merged mergeWidth at a time, twice; then they have up to pieceEntries
// entries and are rewritten only to drop what was replaced.
const (
	mergeWidth   = 16
	topLevel     = 2
	pieceEntries = 64 << 10
	rewriteWidth = 4
)

// merge merges the partition's segments while a level has enough of them, and looks
// through a few of the top level if much of it is presumably replaced.
func (w *Worker) merge(ctx context.Context) error {
	for {
		heads, err := w.Store.SegmentHeads(ctx, w.Scope, w.partition)
		if err != nil {
			return err
		}
		group, level := mergeable(heads)
		if len(group) == 0 {
			group = rewritable(heads, w.Memory.Offers()/max(1, len(w.Memory.parts)), w.rewritten)
			if len(group) == 0 {
				return nil
			}
			w.rewritten = group[len(group)-1].To
			return w.mergeGroup(ctx, group, topLevel)
		}
		if err := w.mergeGroup(ctx, group, level); err != nil {
			return err
		}
	}
}

// mergeable chooses the oldest group of segments of one level that lie side by side
// and are enough to be merged into the next.
func mergeable(heads []assay.Segment) (group []assay.Segment, level int) {
	for level := range topLevel {
		var run []assay.Segment
		for _, h := range heads {
			if h.Level != level {
				run = run[:0]
				continue
			}
			if run = append(run, h); len(run) == mergeWidth {
				return run, level + 1
			}
		}
	}
	return nil, 0
}

// rewritable chooses a few segments of the top level, behind sequence after or else
// from the front, if the level has more than twice the entries that there are
// offers.
func rewritable(heads []assay.Segment, offers int, after uint64) []assay.Segment {
	entries := 0
	var top, behind []assay.Segment
	for _, h := range heads {
		if h.Level == topLevel {
			entries += h.Entries
			top = append(top, h)
			if h.From > after {
				behind = append(behind, h)
			}
		}
	}
	if entries <= 2*offers+2*pieceEntries {
		return nil
	}
	if len(behind) > 0 {
		top = behind
	}
	return top[:min(len(top), rewriteWidth)]
}

func (w *Worker) mergeGroup(ctx context.Context, group []assay.Segment, level int) error {
	var ids []int64
	for _, h := range group {
		ids = append(ids, h.ID)
	}
	full, err := w.Store.SegmentData(ctx, w.Scope, ids)
	if err != nil {
		return err
	}
	var data [][]byte
	for _, s := range full {
		data = append(data, s.Data)
	}
	pieces, err := seen.Merge(data, w.Memory.index.Live, pieceEntries)
	if err != nil {
		return err
	}
	var merged []assay.Segment
	for i, p := range pieces {
		s := assay.Segment{Partition: w.partition, From: p.From, To: p.To, Level: level, Entries: p.Entries, Data: p.Data}
		// Together they cover what they replace, so that who follows misses nothing.
		if i == 0 {
			s.From = group[0].From
		}
		if i == len(pieces)-1 {
			s.To = group[len(group)-1].To
		}
		merged = append(merged, s)
	}
	return w.Store.MergeSegments(ctx, w.Scope, ids, merged)
}
