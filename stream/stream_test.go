package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"assay"
	"assay/stream"
	"assay/stream/streamtest"
)

// bothKinds runs a test against the embedded log and an outside server.
func bothKinds(t *testing.T, test func(t *testing.T, opts stream.Options)) {
	t.Run("embedded", func(t *testing.T) { test(t, stream.Options{Dir: t.TempDir()}) })
	t.Run("outside", func(t *testing.T) { test(t, stream.Options{URL: streamtest.Server(t).URL}) })
}

func TestAReaderReturnsAPartitionsEnvelopesInTheOrderTheyWereAppended(t *testing.T) {
	bothKinds(t, func(t *testing.T, opts stream.Options) {
		opts.Partitions = 2
		log := open(t, opts)
		ensured(t, log, 0, 1)
		ensured(t, log, 1, 1)
		const n = 200 // more than a reader fetches at once
		for i := 1; i <= n; i++ {
			for p := range 2 {
				if seq := appended(t, log, p, fmt.Sprint(i), fmt.Sprintf("%d/%d", p, i)); seq != uint64(i) {
					t.Fatalf("envelope %d has the sequence %d", i, seq)
				}
			}
		}
		for p := range 2 {
			r := log.Reader(p, 0)
			defer r.Close()
			for i := 1; i <= n; i++ {
				e, ok := r.TryNext()
				if !ok {
					e = next(t, r)
				}
				if want := fmt.Sprintf("%d/%d", p, i); e.Seq != uint64(i) || string(e.Data) != want || e.At.IsZero() {
					t.Fatalf("got %d %q at %v, want %d %q", e.Seq, e.Data, e.At, i, want)
				}
			}
			if e, ok := r.TryNext(); ok {
				t.Fatalf("there is another envelope: %d", e.Seq)
			}
		}
	})
}

func TestAReader(t *testing.T) {
	log := open(t, stream.Options{Dir: t.TempDir()})
	ensured(t, log, 0, 1)
	for i := 1; i <= 5; i++ {
		appended(t, log, 0, fmt.Sprint(i), fmt.Sprint(i))
	}
	t.Run("starts behind the sequence it is given", func(t *testing.T) {
		r := log.Reader(0, 3)
		defer r.Close()
		if e := next(t, r); e.Seq != 4 {
			t.Errorf("it starts at %d", e.Seq)
		}
	})
	t.Run("waits for what is appended later", func(t *testing.T) {
		s := stateOf(t, log, 0)
		r := log.Reader(0, s.Last)
		defer r.Close()
		got := make(chan stream.Envelope)
		go func() {
			e, err := r.Next(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- e
		}()
		seq := appended(t, log, 0, "later", "later")
		if e := <-got; e.Seq != seq || string(e.Data) != "later" {
			t.Errorf("got %d %q", e.Seq, e.Data)
		}
	})
	t.Run("returns the context's error and can be asked again", func(t *testing.T) {
		s := stateOf(t, log, 0)
		r := log.Reader(0, s.Last-1)
		defer r.Close()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Next(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if e := next(t, r); e.Seq != s.Last {
			t.Errorf("got %d", e.Seq)
		}
	})
	t.Run("ends when it is closed", func(t *testing.T) {
		r := log.Reader(0, stateOf(t, log, 0).Last)
		ended := make(chan error)
		go func() {
			_, err := r.Next(t.Context())
			ended <- err
		}()
		r.Close()
		if err := <-ended; !errors.Is(err, stream.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("names the envelopes that were trimmed before it read them", func(t *testing.T) {
		if err := log.Trim(t.Context(), 0, 3); err != nil {
			t.Fatal(err)
		}
		r := log.Reader(0, 1)
		defer r.Close()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := r.Next(ctx)
		var gap *stream.GapError
		if !errors.As(err, &gap) || gap.From != 2 || gap.Upto != 3 {
			t.Errorf("got %v", err)
		}
	})
}

func TestAReaderOfAPartitionWithoutAStreamSaysNotFound(t *testing.T) {
	log := open(t, stream.Options{Dir: t.TempDir()})
	r := log.Reader(0, 0)
	defer r.Close()
	if _, err := r.Next(t.Context()); assay.CodeOf(err) != assay.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestARepeatWithTheSameIDIsOneAppend(t *testing.T) {
	bothKinds(t, func(t *testing.T, opts stream.Options) {
		log := open(t, opts)
		ensured(t, log, 0, 1)
		first := appended(t, log, 0, "one", "first")
		appended(t, log, 0, "two", "second")
		if again := appended(t, log, 0, "one", "first"); again != first {
			t.Errorf("the repeat has the sequence %d", again)
		}
		if s := stateOf(t, log, 0); s.Messages != 2 {
			t.Errorf("there are %d envelopes", s.Messages)
		}
	})
	t.Run("after the log was closed and opened too", func(t *testing.T) {
		dir := t.TempDir()
		log := open(t, stream.Options{Dir: dir})
		ensured(t, log, 0, 1)
		first := appended(t, log, 0, "one", "first")
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		log = open(t, stream.Options{Dir: dir})
		if again := appended(t, log, 0, "one", "first"); again != first {
			t.Errorf("the repeat has the sequence %d", again)
		}
	})
}

func TestAnEnvelopeAboveTheLimitIsRefused(t *testing.T) {
	log := open(t, stream.Options{Dir: t.TempDir()})
	ensured(t, log, 0, 1)
	appended(t, log, 0, "fits", strings.Repeat("x", stream.MaxData))
	if _, err := log.Append(t.Context(), 0, "large", make([]byte, stream.MaxData+1)); assay.CodeOf(err) != assay.TooLarge {
		t.Errorf("got %v", err)
	}
	t.Run("also when only the outside server has it", func(t *testing.T) {
		log := open(t, stream.Options{URL: streamtest.Server(t).URL})
		ensured(t, log, 0, 1)
		// A NATS server's default is 1 MiB with headers.
		if _, err := log.Append(t.Context(), 0, "large", make([]byte, stream.MaxData)); assay.CodeOf(err) != assay.TooLarge {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFullPartitionRefusesWhatIsNewAndTrimmingFreesIt(t *testing.T) {
	bothKinds(t, func(t *testing.T, opts stream.Options) {
		opts.MaxBytes = 1 << 20
		log := open(t, opts)
		ensured(t, log, 0, 1)
		data := strings.Repeat("x", 100_000)
		var last uint64
		for i := 0; ; i++ {
			seq, err := log.Append(t.Context(), 0, fmt.Sprint(i), []byte(data))
			if assay.CodeOf(err) == assay.Busy {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			last = seq
		}
		if s := stateOf(t, log, 0); s.First != 1 || s.Last != last || s.Messages != last {
			t.Fatalf("something was dropped: %+v of %d", s, last)
		}
		if err := log.Trim(t.Context(), 0, last-2); err != nil {
			t.Fatal(err)
		}
		if s := stateOf(t, log, 0); s.First != last-1 || s.Last != last {
			t.Fatalf("trimmed to %+v of %d", s, last)
		}
		if seq := appended(t, log, 0, "again", data); seq != last+1 {
			t.Errorf("the next envelope has the sequence %d, not %d", seq, last+1)
		}
	})
}

func TestTrimKeepsTheNewestEnvelope(t *testing.T) {
	log := open(t, stream.Options{Dir: t.TempDir()})
	ensured(t, log, 0, 1)
	for _, upTo := range []uint64{0, 7} {
		if err := log.Trim(t.Context(), 0, upTo); err != nil {
			t.Fatalf("an empty partition: %v", err)
		}
	}
	for i := 1; i <= 3; i++ {
		appended(t, log, 0, fmt.Sprint(i), "x")
	}
	if err := log.Trim(t.Context(), 0, 99); err != nil {
		t.Fatal(err)
	}
	if s := stateOf(t, log, 0); s.First != 3 || s.Last != 3 || s.Messages != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestEnsure(t *testing.T) {
	bothKinds(t, func(t *testing.T, opts stream.Options) {
		log := open(t, opts)
		t.Run("starts a new stream behind what the store has committed", func(t *testing.T) {
			ensured(t, log, 0, 41)
			if s := stateOf(t, log, 0); s.First != 41 || s.Last != 40 {
				t.Errorf("got %+v", s)
			}
			if seq := appended(t, log, 0, "a", "a"); seq != 41 {
				t.Errorf("the first envelope has the sequence %d", seq)
			}
		})
		t.Run("leaves a stream alone that is further", func(t *testing.T) {
			ensured(t, log, 0, 1)
			ensured(t, log, 0, 42)
			if s := stateOf(t, log, 0); s.First != 41 || s.Last != 41 || s.Messages != 1 {
				t.Errorf("got %+v", s)
			}
		})
		t.Run("moves a stream on that has lost its end", func(t *testing.T) {
			ensured(t, log, 0, 100)
			if s := stateOf(t, log, 0); s.First != 100 || s.Last != 99 || s.Messages != 0 {
				t.Errorf("got %+v", s)
			}
			if seq := appended(t, log, 0, "b", "b"); seq != 100 {
				t.Errorf("the next envelope has the sequence %d", seq)
			}
			r := log.Reader(0, 99)
			defer r.Close()
			if e := next(t, r); e.Seq != 100 || string(e.Data) != "b" {
				t.Errorf("read %d %q", e.Seq, e.Data)
			}
		})
		t.Run("brings the stream's limits to the options", func(t *testing.T) {
			opts := opts
			opts.MaxBytes = 1 << 20
			if opts.Dir != "" {
				if err := log.Close(); err != nil {
					t.Fatal(err)
				}
			}
			log := open(t, opts)
			ensured(t, log, 0, 100)
			var err error
			for i := 0; err == nil; i++ {
				_, err = log.Append(t.Context(), 0, fmt.Sprint(i), make([]byte, 100_000))
			}
			if assay.CodeOf(err) != assay.Busy {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("what it moved on stays so when the log is opened again", func(t *testing.T) {
		dir := t.TempDir()
		for _, first := range []uint64{1, 500} {
			log := open(t, stream.Options{Dir: dir})
			ensured(t, log, 0, first)
			if first == 1 {
				appended(t, log, 0, "a", "a")
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}
		log := open(t, stream.Options{Dir: dir})
		if seq := appended(t, log, 0, "b", "b"); seq != 500 {
			t.Errorf("the next envelope has the sequence %d", seq)
		}
	})
}

func TestAFolderBelongsToOneLogAtATime(t *testing.T) {
	dir := t.TempDir()
	log := open(t, stream.Options{Dir: dir})
	if _, err := stream.Open(t.Context(), stream.Options{Dir: dir, Partitions: 1}); assay.CodeOf(err) != assay.Conflict {
		t.Errorf("the second one got %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, stream.Options{Dir: dir})
}

func TestAnnouncementsReachWhoListens(t *testing.T) {
	server := streamtest.Server(t)
	a, b := open(t, stream.Options{URL: server.URL}), open(t, stream.Options{URL: server.URL})
	elsewhere := open(t, stream.Options{URL: server.URL, Prefix: "OTHER"})
	heard := make(chan string, 10)
	listen := func(log *stream.Log, topic, who string) func() {
		stop, err := log.Listen(topic, func() { heard <- who })
		if err != nil {
			t.Fatal(err)
		}
		return stop
	}
	stopA := listen(a, "reference", "a")
	defer stopA()
	stopB := listen(b, "reference", "b")
	defer listen(b, "other", "another topic")()
	defer listen(elsewhere, "reference", "another installation")()
	for _, log := range []*stream.Log{a, b, elsewhere} { // the server knows who listens when it has answered
		if err := log.Healthy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	announce := func() {
		if err := a.Announce(t.Context(), "reference"); err != nil {
			t.Fatal(err)
		}
	}
	announce()
	if got := <-heard + <-heard; got != "ab" && got != "ba" {
		t.Errorf("heard by %s", got)
	}
	stopB()
	announce()
	if got := <-heard; got != "a" {
		t.Errorf("heard by %s", got)
	}
	if _, err := a.Listen("a.b", func() {}); err == nil {
		t.Error("a topic with a dot is taken")
	}
}

func TestHealthyTellsWhetherTheServerAnswers(t *testing.T) {
	server := streamtest.Server(t)
	log := open(t, stream.Options{URL: server.URL})
	ensured(t, log, 0, 1)
	if err := log.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	server.Stop()
	if err := log.Healthy(t.Context()); assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("stopped: %v", err)
	}
	server.Start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for log.Healthy(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatal("it did not come back")
		}
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for name, opts := range map[string]stream.Options{
		"neither address nor folder":     {Partitions: 1},
		"both":                           {Partitions: 1, URL: "nats://127.0.0.1:1", Dir: "x"},
		"no partition":                   {Dir: "x"},
		"too many partitions":            {Dir: "x", Partitions: stream.MaxPartitions + 1},
		"two replicas":                   {URL: "nats://127.0.0.1:1", Partitions: 1, Replicas: 2},
		"replicas of the embedded log":   {Dir: "x", Partitions: 1, Replicas: 3},
		"a prefix that is several names": {Dir: "x", Partitions: 1, Prefix: "A.B"},
		"a wildcard as prefix":           {Dir: "x", Partitions: 1, Prefix: "*"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := stream.Open(t.Context(), opts); err == nil {
				t.Error("it is opened")
			}
		})
	}
	t.Run("an address that cannot be read does not show its password", func(t *testing.T) {
		_, err := stream.Open(t.Context(), stream.Options{URL: "nats://me:sec\x7fret@127.0.0.1", Partitions: 1})
		for ; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), "ret@") {
				t.Errorf("it does: %v", err)
			}
		}
	})
}

func TestOpenSaysUnavailableWhenNobodyAnswersInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	url := fmt.Sprintf("nats://127.0.0.1:%d", streamtest.FreePort(t))
	if _, err := stream.Open(ctx, stream.Options{URL: url, Partitions: 1}); assay.CodeOf(err) != assay.Unavailable {
		t.Errorf("got %v", err)
	}
}
