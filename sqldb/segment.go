package sqldb

import (
	"context"
	"database/sql"

	"assay"
)

const segmentHead = `id, partition_id, from_seq, to_seq, level, entries`

func scanSegment(rows *sql.Rows, more ...any) (seg assay.Segment, err error) {
	var from, to int64
	err = rows.Scan(append([]any{&seg.ID, &seg.Partition, &from, &to, &seg.Level, &seg.Entries}, more...)...)
	seg.From, seg.To = uint64(from), uint64(to)
	return seg, err
}

func (t *tx) insertSegment(id int64, seg *assay.Segment) error {
	_, err := t.exec(`INSERT INTO segment (`+segmentHead+`, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, seg.Partition, seg.From, seg.To, seg.Level, seg.Entries, seg.Data)
	return err
}

// Segments calls visit with the segments of a partition that reach beyond the
// sequence after, in their order, all of one state of the database. It holds one at a time; visit may keep it.
func (s *Store) Segments(ctx context.Context, scope assay.Scope, partition int, after uint64, visit func(assay.Segment) error) error {
	return s.readLocal(ctx, scope, "reading segments", func(t *tx) error {
		return t.rows(`SELECT `+segmentHead+`, data FROM segment WHERE partition_id = $1 AND to_seq > $2 ORDER BY to_seq, from_seq`,
			[]any{partition, after}, func(rows *sql.Rows) error {
				var data []byte
				seg, err := scanSegment(rows, &data)
				if err != nil {
					return err
				}
				seg.Data = data
				return visited(visit(seg))
			})
	})
}

// SegmentHeads lists the segments of a partition in their order, without their data.
func (s *Store) SegmentHeads(ctx context.Context, scope assay.Scope, partition int) ([]assay.Segment, error) {
	var all []assay.Segment
	err := s.readLocal(ctx, scope, "listing segments", func(t *tx) error {
		return t.rows(`SELECT `+segmentHead+` FROM segment WHERE partition_id = $1 ORDER BY to_seq, from_seq`,
			[]any{partition}, func(rows *sql.Rows) error {
				seg, err := scanSegment(rows)
				all = append(all, seg)
				return err
			})
	})
	return all, err
}

// SegmentData returns the segments of the given ids in that order. It is NotFound if
// one is gone.
func (s *Store) SegmentData(ctx context.Context, scope assay.Scope, ids []int64) ([]assay.Segment, error) {
	var all []assay.Segment
	err := s.readLocal(ctx, scope, "reading segments", func(t *tx) error {
		byID := make(map[int64]assay.Segment, len(ids))
		err := in(ids, 1, func(list string, chunk []any) error {
			return t.rows(`SELECT `+segmentHead+`, data FROM segment WHERE id IN (`+list+`)`, chunk, func(rows *sql.Rows) error {
				var data []byte
				seg, err := scanSegment(rows, &data)
				seg.Data = data
				byID[seg.ID] = seg
				return err
			})
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			seg, ok := byID[id]
			if !ok {
				return assay.Errorf(assay.NotFound, "segment %d is gone", id)
			}
			all = append(all, seg)
		}
		return nil
	})
	return all, err
}

// MergeSegments puts merged in the place of the segments of the ids replaced. It is a
// Conflict if one of those is gone, and then nothing is changed. The ids of merged are given here.
func (s *Store) MergeSegments(ctx context.Context, scope assay.Scope, replaced []int64, merged []assay.Segment) error {
	return s.writeLocal(ctx, scope, "merging segments", func(t *tx) error {
		replaced = distinct(replaced)
		var gone int64
		err := in(replaced, 1, func(list string, chunk []any) error {
			n, err := t.exec(`DELETE FROM segment WHERE id IN (`+list+`)`, chunk...)
			gone += n
			return err
		})
		if err != nil {
			return err
		}
		if gone != int64(len(replaced)) {
			return assay.Errorf(assay.Conflict, "a segment was merged by somebody else")
		}
		first, err := t.numbers(len(merged))
		if err != nil {
			return err
		}
		for i := range merged {
			if err := t.insertSegment(first+int64(i), &merged[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbers takes n numbers that nobody else gets, in the order of commits, and
// returns the first. Others who want some wait until this transaction ends.
func (t *tx) numbers(n int) (int64, error) {
	var last int64
	_, err := t.row(`UPDATE counter SET value = value + $1 WHERE id = 1 RETURNING value`, []any{n}, &last)
	return last - int64(n) + 1, err
}
