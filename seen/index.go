package seen

import (
	"math/bits"
	"sync"

	"assay"
)

// Record is what is remembered of an offer.
type Record struct {
	Key Key
	Print
	revision uint32 // number in the low bits, flags in the high ones
	Seq      uint64 // of the envelope that brought it, within the offer's partition
}

// Flag is a fact about an offer's last revision.
type Flag uint32

const (
	TitleChanged  Flag = 1 << 31 // against the revision before
	ImagesChanged Flag = 1 << 30
	Found         Flag = 1 << 29 // there is a finding on the offer, or was
	flags              = TitleChanged | ImagesChanged | Found
)

// MaxRevision is where the count of revisions stops.
const MaxRevision = 1<<29 - 1

// NewRecord returns a record.
func NewRecord(k Key, p Print, revision int, f Flag, seq uint64) Record {
	return Record{Key: k, Print: p, revision: uint32(min(revision, MaxRevision)) | uint32(f&flags), Seq: seq}
}

// Revision returns the number of the offer's last revision, from 1.
func (r *Record) Revision() int { return int(r.revision &^ uint32(flags)) }

// Has reports whether a flag is set.
func (r *Record) Has(f Flag) bool { return r.revision&uint32(f) != 0 }

// Set sets a flag.
func (r *Record) Set(f Flag) { r.revision |= uint32(f & flags) }

// State returns what of the record a verdict on its revision depends on.
func (r *Record) State() assay.State {
	s := assay.State{Revision: r.Revision()}
	if r.Has(ImagesChanged) {
		s.Changed = append(s.Changed, assay.ChangedImages)
	}
	if r.Has(TitleChanged) {
		s.Changed = append(s.Changed, assay.ChangedTitle)
	}
	return s
}

// Change is what a listing is to what was seen before.
type Change uint8

const (
	New     Change = iota // its offer was never seen
	Changed               // another content: the next revision
	Counted               // the same content, other counts
	Same                  // nothing is new
)

// Next returns what becomes of a record (known or not) when a listing with print p
// arrives in envelope seq. Found stays set.
func (r Record) Next(known bool, k Key, p Print, seq uint64) (Record, Change) {
	switch {
	case !known:
		return NewRecord(k, p, 1, 0, seq), New
	case r.Content != p.Content:
		f := Flag(r.revision) & Found
		if r.Title != p.Title {
			f |= TitleChanged
		}
		if r.Images != p.Images {
			f |= ImagesChanged
		}
		return NewRecord(k, p, r.Revision()+1, f, seq), Changed
	case r.Counts != p.Counts:
		r.Counts, r.Seq = p.Counts, seq
		return r, Counted
	}
	return r, Same
}

// Index holds one record an offer. It is safe for concurrent use; its zero value is
// empty. It never shrinks.
type Index struct {
	shards [shardCount]shard
}

// shardCount divides the locks, and the pause in which a table grows.
const shardCount = 1 << 10

type shard struct {
	mu    sync.RWMutex
	slots []Record // open addressing; a free slot has revision 0
	n     int
}

// Get returns the record of an offer.
func (x *Index) Get(k Key) (Record, bool) {
	s := x.shard(k)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.n == 0 {
		return Record{}, false
	}
	r := s.slots[s.find(k)]
	return r, r.revision != 0
}

// Put keeps a record unless a later one of its offer is there: envelopes of one
// partition have rising sequences, and all records of an offer are in one.
func (x *Index) Put(r Record) {
	s := x.shard(r.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full() {
		s.grow()
	}
	at := &s.slots[s.find(r.Key)]
	if at.revision == 0 {
		s.n++
	} else if at.Seq > r.Seq {
		return
	}
	*at = r
}

// Len returns how many offers there are.
func (x *Index) Len() int {
	n := 0
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.RLock()
		n += s.n
		s.mu.RUnlock()
	}
	return n
}

// Bytes returns how much memory the records take, free slots included.
func (x *Index) Bytes() int64 {
	var n int64
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.RLock()
		n += int64(cap(s.slots)) * recordBytes
		s.mu.RUnlock()
	}
	return n
}

func (x *Index) shard(k Key) *shard { return &x.shards[k[0]%shardCount] }

func (s *shard) full() bool { return s.n*8 >= len(s.slots)*7 }

// find returns the slot of a key, or the free one where it belongs. The table has a
// free slot.
func (s *shard) find(k Key) int {
	// The shard took the low bits; the high ones choose the slot, in a table of any
	// size.
	hi, _ := bits.Mul64(k[0], uint64(len(s.slots)))
	for i := int(hi); ; i++ {
		if i == len(s.slots) {
			i = 0
		}
		if r := &s.slots[i]; r.revision == 0 || r.Key == k {
			return i
		}
	}
}

// grow makes the table half as large again: doubling would leave up to half of it
// free, which at 56 bytes a slot is what costs.
func (s *shard) grow() {
	old := s.slots
	s.slots = make([]Record, max(16, len(old)+len(old)/2))
	for i := range old {
		if old[i].revision != 0 {
			s.slots[s.find(old[i].Key)] = old[i]
		}
	}
}
