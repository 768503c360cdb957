package sqldb

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"assay"
)

const maxPartitions = 1024

const partitionColumns = `id, committed, listings, revisions, holder, lease_until`

func scanPartition(rows *sql.Rows) (p assay.Partition, err error) {
	var committed, until int64
	err = rows.Scan(&p.ID, &committed, &p.Listings, &p.Revisions, &p.Holder, &until)
	p.Committed, p.LeaseUntil = uint64(committed), instant(until)
	return p, err
}

// DefaultPartitions is how many partitions a database gets if nobody says otherwise.
const DefaultPartitions = 2

// Partitions returns the partitions 0 … n−1 and makes them at the first call; n 0 asks
// for those there are, at first DefaultPartitions. The number is fixed from then on, and another n
// is a Conflict that names it: the listings of one offer must stay in one partition.
func (s *Store) Partitions(ctx context.Context, scope assay.Scope, n int) ([]assay.Partition, error) {
	var all []assay.Partition
	err := s.writeLocal(ctx, scope, "reading partitions", func(t *tx) error {
		if n < 0 || n > maxPartitions {
			return assay.Errorf(assay.Invalid, "the number of partitions must be from 1 to %d", maxPartitions)
		}
		first := n
		if n == 0 {
			first = DefaultPartitions
		}
		if _, err := t.exec(`INSERT INTO setting (name, value) VALUES ('partitions', $1) ON CONFLICT (name) DO NOTHING`, strconv.Itoa(first)); err != nil {
			return err
		}
		var value string
		if _, err := t.row(`SELECT value FROM setting WHERE name = 'partitions'`, nil, &value); err != nil {
			return err
		}
		inForce, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		if n != 0 && n != inForce {
			return assay.Errorf(assay.Conflict, "this database has %d partitions, not %d; their number is fixed once it is made", inForce, n)
		}
		if err := t.makePartitions(inForce); err != nil {
			return err
		}
		return t.rows(`SELECT `+partitionColumns+` FROM intake_partition WHERE id < $1 ORDER BY id`, []any{inForce}, func(rows *sql.Rows) error {
			p, err := scanPartition(rows)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// PartitionStates returns the partitions there are, and makes none.
func (s *Store) PartitionStates(ctx context.Context, scope assay.Scope) ([]assay.Partition, error) {
	var all []assay.Partition
	err := s.readLocal(ctx, scope, "reading partitions", func(t *tx) error {
		return t.rows(`SELECT `+partitionColumns+` FROM intake_partition ORDER BY id`, nil, func(rows *sql.Rows) error {
			p, err := scanPartition(rows)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

func (t *tx) makePartitions(n int) error {
	var rows []any
	for id := range n {
		rows = append(rows, id, 0, 0, 0, "", 0)
	}
	_, err := t.insert(`intake_partition (`+partitionColumns+`)`, 6, rows, `ON CONFLICT (id) DO NOTHING`)
	return err
}

// leaseFree is when a lease may be taken: it is nobody's, the holder's own, over, or
// ten times as far ahead as anybody would ask for, which only a clock that jumped
// does. $1 is the holder, $2 now, $3 the longest that is believed.
const leaseFree = `(holder = '' OR holder = $1 OR lease_until <= $2 OR lease_until > $3)`

func believed(now, until time.Time) time.Time { return now.Add(10 * until.Sub(now)) }

// Acquire takes or renews the lease of a partition and reports whether holder has
// it, and the partition as it is then. The lease is for peace; what keeps two
// holders from both committing is that Commit looks at the holder.
func (s *Store) Acquire(ctx context.Context, scope assay.Scope, partition int, holder string, now, until time.Time) (assay.Partition, bool, error) {
	var p assay.Partition
	held := false
	err := s.writeLocal(ctx, scope, "leasing a partition", func(t *tx) error {
		if holder == "" {
			return assay.Errorf(assay.Invalid, "a lease needs a holder")
		}
		n, err := t.exec(`UPDATE intake_partition SET holder = $1, lease_until = $4 WHERE id = $5 AND `+leaseFree,
			holder, now, believed(now, until), until, partition)
		if err != nil {
			return err
		}
		held = n == 1
		found := false
		err = t.rows(`SELECT `+partitionColumns+` FROM intake_partition WHERE id = $1`, []any{partition}, func(rows *sql.Rows) (err error) {
			found = true
			p, err = scanPartition(rows)
			return err
		})
		if err == nil && !found {
			return assay.Errorf(assay.NotFound, "there is no partition %d", partition)
		}
		return err
	})
	return p, held && err == nil, err
}

// Release gives a lease back. It is no error if it went to somebody else.
func (s *Store) Release(ctx context.Context, scope assay.Scope, partition int, holder string) error {
	return s.writeLocal(ctx, scope, "releasing a partition", func(t *tx) error {
		_, err := t.exec(`UPDATE intake_partition SET holder = '', lease_until = 0 WHERE id = $1 AND holder = $2`, partition, holder)
		return err
	})
}

// AcquireJob takes or renews the lease of a job that one process does at a time and
// reports whether holder has it.
func (s *Store) AcquireJob(ctx context.Context, scope assay.Scope, name, holder string, now, until time.Time) (bool, error) {
	held := false
	err := s.writeLocal(ctx, scope, "leasing a job", func(t *tx) error {
		if holder == "" || name == "" {
			return assay.Errorf(assay.Invalid, "a lease needs a name and a holder")
		}
		if _, err := t.exec(`INSERT INTO job_lease (name, holder, lease_until) VALUES ($1, '', 0) ON CONFLICT (name) DO NOTHING`, name); err != nil {
			return err
		}
		n, err := t.exec(`UPDATE job_lease SET holder = $1, lease_until = $4 WHERE name = $5 AND `+leaseFree,
			holder, now, believed(now, until), until, name)
		held = n == 1
		return err
	})
	return held && err == nil, err
}

// ReleaseJob gives a job back. It is no error if it went to somebody else.
func (s *Store) ReleaseJob(ctx context.Context, scope assay.Scope, name, holder string) error {
	return s.writeLocal(ctx, scope, "releasing a job", func(t *tx) error {
		_, err := t.exec(`UPDATE job_lease SET holder = '', lease_until = 0 WHERE name = $1 AND holder = $2`, name, holder)
		return err
	})
}

// SetAside keeps an envelope that could not be worked and moves its partition past
// it. Like Commit it is a Conflict unless holder has the partition, and does nothing if
// the partition is past it already.
func (s *Store) SetAside(ctx context.Context, scope assay.Scope, holder string, p assay.Poison, now time.Time) error {
	return s.writeLocal(ctx, scope, "setting an envelope aside", func(t *tx) error {
		done, err := t.advance(p.Partition, holder, p.Sequence, p.Sequence, 0, 0)
		if err != nil || done {
			return err
		}
		if p.ID == "" {
			p.ID = newID(now)
		}
		if p.At.IsZero() {
			p.At = now
		}
		_, err = t.exec(`INSERT INTO poison (id, partition_id, sequence, reason, at, bytes, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			p.ID, p.Partition, p.Sequence, p.Reason, p.At, len(p.Data), p.Data)
		return err
	})
}

const poisonColumns = `id, partition_id, sequence, reason, at, bytes`

func scanPoison(rows *sql.Rows, more ...any) (p assay.Poison, err error) {
	var sequence, at int64
	err = rows.Scan(append([]any{&p.ID, &p.Partition, &sequence, &p.Reason, &at, &p.Bytes}, more...)...)
	p.Sequence, p.At = uint64(sequence), instant(at)
	return p, err
}

// Poisoned lists the envelopes that were set aside by id, after the given one,
// without their data.
func (s *Store) Poisoned(ctx context.Context, scope assay.Scope, after string, limit int) ([]assay.Poison, error) {
	var all []assay.Poison
	err := s.readLocal(ctx, scope, "listing set-aside envelopes", func(t *tx) error {
		return t.rows(`SELECT `+poisonColumns+` FROM poison WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, page(limit)}, func(rows *sql.Rows) error {
			p, err := scanPoison(rows)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// PoisonData returns one with its data, else NotFound.
func (s *Store) PoisonData(ctx context.Context, scope assay.Scope, id string) (assay.Poison, error) {
	var p assay.Poison
	err := s.readLocal(ctx, scope, "reading a set-aside envelope", func(t *tx) error {
		found := false
		err := t.rows(`SELECT `+poisonColumns+`, data FROM poison WHERE id = $1`, []any{id}, func(rows *sql.Rows) (err error) {
			found = true
			var data []byte
			p, err = scanPoison(rows, &data)
			p.Data = data
			return err
		})
		if err == nil && !found {
			return assay.Errorf(assay.NotFound, "there is no such envelope")
		}
		return err
	})
	return p, err
}

// DropPoison forgets a set-aside envelope, else NotFound.
func (s *Store) DropPoison(ctx context.Context, scope assay.Scope, id string) error {
	return s.writeLocal(ctx, scope, "dropping a set-aside envelope", func(t *tx) error {
		n, err := t.exec(`DELETE FROM poison WHERE id = $1`, id)
		if err == nil && n == 0 {
			return assay.Errorf(assay.NotFound, "there is no such envelope")
		}
		return err
	})
}
