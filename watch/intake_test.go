package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"assay"
	"assay/seen"
)

// plainCodec writes the offer's id alone: what Intake does with a listing's text does
// not depend on the format.
type plainCodec struct{}

func (plainCodec) Append(dst []byte, l *assay.Listing) []byte { return append(dst, l.ID...) }
func (plainCodec) NewDecoder() Decoder                        { return nil }

// memoryLog keeps what is appended, after a time, unless it is told to fail.
type memoryLog struct {
	takes time.Duration
	fail  func(partition, n int) error

	mu    sync.Mutex
	kept  map[int][]string // lines by partition
	sizes []int            // listings of each envelope
	ids   map[string]bool
}

func (l *memoryLog) Append(ctx context.Context, partition int, id string, data []byte) (uint64, error) {
	select {
	case <-time.After(l.takes):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(partition, len(l.sizes)); err != nil {
			return 0, err
		}
	}
	c, err := open(data)
	if err != nil {
		return 0, err
	}
	if l.kept == nil {
		l.kept, l.ids = map[int][]string{}, map[string]bool{}
	}
	if l.ids[id] {
		return 0, errors.New("an id was used twice")
	}
	l.ids[id] = true
	if c.blob == "" {
		l.kept[partition] = append(l.kept[partition], strings.Fields(string(c.lines))...)
	}
	l.sizes = append(l.sizes, c.count)
	return uint64(len(l.sizes)), nil
}

func (l *memoryLog) Open(int, uint64) Reader                                  { panic("not for reading") }
func (l *memoryLog) Trim(context.Context, int, uint64) error                  { return nil }
func (l *memoryLog) State(context.Context, int) (s assay.LogState, err error) { return s, nil }

type memoryBlobs struct{ n int }

func (b *memoryBlobs) Put(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	b.n++
	return strings.Repeat("ab", 32), int64(len(data)), err
}

func (b *memoryBlobs) Get(context.Context, string) (io.ReadCloser, error) { return nil, io.EOF }

func newTestIntake(t *testing.T, log *memoryLog, partitions int) *Intake {
	in := NewIntake(IntakeOptions{Log: log, Blobs: &memoryBlobs{}, Codec: plainCodec{}, Partitions: partitions, Clock: time.Now})
	t.Cleanup(func() { in.Close(context.Background()) })
	return in
}

func offer(id string) *assay.Listing {
	return &assay.Listing{Marketplace: "bazar.example", ID: id, Title: "t"}
}

// submit sends offers named prefix and a number, and finishes.
func submit(t *testing.T, in *Intake, prefix string, n int) (Receipt, error) {
	s, err := in.Begin(t.Context())
	if err != nil {
		return Receipt{}, err
	}
	for i := range n {
		if err := s.Add(t.Context(), offer(fmt.Sprintf("%s-%06d", prefix, i)), i+1); err != nil {
			r, finish := s.Finish(t.Context())
			return r, errors.Join(err, finish)
		}
	}
	return s.Finish(t.Context())
}

func TestListingsAreStoredInTheOrderInWhichTheyCameWithinTheirPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{takes: 2 * time.Millisecond}
		in := newTestIntake(t, log, 3)
		r, err := submit(t, in, "a", 5_000)
		if err != nil || r.Durable != 5_000 || r.Through != 5_000 {
			t.Fatalf("%+v, %v", r, err)
		}
		in.Close(t.Context())
		total := 0
		for p, ids := range log.kept {
			for i, id := range ids {
				if seen.KeyOf(offer(id).Key()).Partition(3) != p {
					t.Fatalf("%s is in partition %d", id, p)
				}
				if i > 0 && ids[i-1] >= id {
					t.Fatalf("partition %d: %s before %s", p, ids[i-1], id)
				}
			}
			total += len(ids)
		}
		if total != 5_000 {
			t.Errorf("%d listings", total)
		}
	})
}

func TestRequestsShareEnvelopesForFiveMilliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{takes: time.Millisecond}
		in := newTestIntake(t, log, 1)
		var all sync.WaitGroup
		began := time.Now()
		for i := range 100 {
			all.Go(func() {
				if r, err := submit(t, in, fmt.Sprint("r", i), 1); err != nil || r.Durable != 1 {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		all.Wait()
		if len(log.sizes) != 1 || log.sizes[0] != 100 {
			t.Errorf("envelopes of %v listings, want one of 100", log.sizes)
		}
		// The clock is synctest's: this is what the design says, not what a machine does.
		if took := time.Since(began); took != fillTime+time.Millisecond {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAFullEnvelopeDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{takes: time.Millisecond}
		in := newTestIntake(t, log, 1)
		began := time.Now()
		if r, err := submit(t, in, "a", maxListings); err != nil || r.Durable != maxListings {
			t.Fatalf("%+v, %v", r, err)
		}
		if took := time.Since(began); took != time.Millisecond {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAReceiptSaysWhatIsDurableWhenAnEnvelopeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{fail: func(_, n int) error {
			if n >= 2 {
				return assay.Errorf(assay.Busy, "full")
			}
			return nil
		}}
		in := newTestIntake(t, log, 1)
		r, err := submit(t, in, "a", 4*maxListings)
		if assay.CodeOf(err) != assay.Busy || r.Durable != 2*maxListings || r.Through != 2*maxListings {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := in.Begin(t.Context()); assay.CodeOf(err) != assay.Busy {
			t.Errorf("right after it was full: %v", err)
		}
		time.Sleep(2 * refusalTime)
		s, err := in.Begin(t.Context())
		if err != nil {
			t.Fatalf("later: %v", err)
		}
		s.Finish(t.Context())
	})
}

func TestWhatComesBehindAFailureIsNotStoredBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		log := &memoryLog{takes: time.Millisecond, fail: func(int, int) error {
			if n++; n == 2 {
				return assay.Errorf(assay.Unavailable, "away for a moment")
			}
			return nil
		}}
		in := newTestIntake(t, log, 1)
		r, err := submit(t, in, "a", 4*maxListings-7)
		if assay.CodeOf(err) != assay.Unavailable || r.Durable != maxListings || r.Through != maxListings {
			t.Errorf("%+v, %v", r, err)
		}
		time.Sleep(2 * refusalTime)
		if r, err := submit(t, in, "b", 3); err != nil || r.Durable != 3 {
			t.Errorf("another: %+v, %v", r, err)
		}
		in.Close(t.Context())
		if got := log.kept[0]; len(got) != maxListings+3 || got[maxListings] != "b-000000" {
			t.Errorf("%d listings, behind the first envelope %s", len(got), got[maxListings])
		}
	})
}

func TestASlowLogIsFeltByTheSenderAndMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{takes: 20 * time.Second}
		in := newTestIntake(t, log, 1)
		s, err := in.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		added := 0
		for ; added < 100*maxListings; added++ {
			if err = s.Add(t.Context(), offer(fmt.Sprint(added)), added+1); err != nil {
				break
			}
		}
		if assay.CodeOf(err) != assay.Busy || added > (laneDepth+1)*maxListings {
			t.Errorf("%d listings were taken, then %v", added, err)
		}
		if r, err := s.Finish(t.Context()); err != nil || r.Durable != added {
			t.Errorf("%+v of %d, %v", r, added, err)
		}
	})
}

func TestOnlySoManySubmissionsAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := NewIntake(IntakeOptions{Log: &memoryLog{}, Codec: plainCodec{}, Partitions: 1, Clock: time.Now, MaxSubmissions: 2})
		defer in.Close(context.Background())
		a, _ := in.Begin(t.Context())
		b, _ := in.Begin(t.Context())
		if _, err := in.Begin(t.Context()); assay.CodeOf(err) != assay.Busy {
			t.Errorf("a third: %v", err)
		}
		a.Finish(t.Context())
		c, err := in.Begin(t.Context())
		if err != nil {
			t.Fatalf("after one ended: %v", err)
		}
		b.Finish(t.Context())
		c.Finish(t.Context())
	})
}

func TestClosingStoresWhatWasAddedAndRefusesMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{takes: time.Millisecond}
		in := newTestIntake(t, log, 2)
		s, err := in.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			if err := s.Add(t.Context(), offer(fmt.Sprint(i)), i+1); err != nil {
				t.Fatal(err)
			}
		}
		in.Close(t.Context())
		if err := s.Add(t.Context(), offer("late"), 11); assay.CodeOf(err) != assay.Unavailable {
			t.Errorf("adding after it was closed: %v", err)
		}
		if r, err := s.Finish(t.Context()); err != nil || r.Durable != 10 {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := in.Begin(t.Context()); assay.CodeOf(err) != assay.Unavailable {
			t.Errorf("beginning after it was closed: %v", err)
		}
	})
}

func TestPicturesGoToBlobsAndAreNamedByTheirHashes(t *testing.T) {
	blobs := &memoryBlobs{}
	in := NewIntake(IntakeOptions{Log: &memoryLog{}, Blobs: blobs, Codec: plainCodec{}, Partitions: 1, Clock: time.Now})
	defer in.Close(context.Background())
	s, err := in.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := offer("1")
	l.Images = []assay.Image{{URL: "a"}, {Data: []byte("picture")}}
	l.Variants = []assay.Variant{{ID: "v", Images: []assay.Image{{Data: bytes.Repeat([]byte("x"), 100)}}}}
	if err := s.Add(t.Context(), l, 1); err != nil {
		t.Fatal(err)
	}
	if blobs.n != 2 || l.Images[1].Data != nil || l.Images[1].SHA256 == "" || l.Variants[0].Images[0].Data != nil {
		t.Errorf("%d blobs, %+v", blobs.n, l)
	}
	s.Finish(t.Context())
}
