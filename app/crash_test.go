package app_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"assay/app"
)

var (
	crashRounds = flag.Int("crash.rounds", 0, "how often the server is killed (0: ASSAY_CRASH_ROUNDS, else 10)")
	crashSeed   = flag.Uint64("crash.seed", 0, "of the moments at which it is killed (0: another one each time)")
)

// rounds returns how often the server is killed.
func rounds(t testing.TB) int {
	t.Helper()
	n, err := *crashRounds, error(nil)
	if text := os.Getenv("ASSAY_CRASH_ROUNDS"); n == 0 && text != "" {
		n, err = strconv.Atoi(text)
	}
	if err != nil || n < 0 {
		t.Fatalf("the number of rounds must be a number: %v", err)
	}
	if n == 0 {
		n = 10
	}
	return n
}

func TestWhatWasAcknowledgedIsThereOnceAndInOrderAfterTheServerWasKilled(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("the moments are those of -crash.seed=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	o := processOptions{Data: filepath.Join(t.TempDir(), "data"), FreeBytes: -1}
	p := startProcess(t, o)
	importInto(t, o.Data)
	l := newLoad(t, "crash", 8, seed)
	for round := range rounds(t) {
		var at atomic.Pointer[caller]
		at.Store(&p.caller)
		l.begin(func() caller { return *at.Load() })
		l.more(random.IntN(200))
		moment := time.NewTimer(time.Duration(random.IntN(20_000)) * time.Microsecond)
		<-moment.C
		p.kill()
		l.end()
		began := time.Now()
		p = startProcess(t, o)
		p.ready()
		t.Logf("round %d: ready again after %s; %s", round+1, time.Since(began).Round(time.Millisecond), l.summary())
		l.check(p.caller)
		if t.Failed() {
			t.FailNow()
		}
	}
	if err := p.terminate(); err != nil {
		t.Errorf("ending at last: %v", err)
	}
	l.checkStore(filepath.Join(o.Data, "assay.db"))
}

// importInto brings the example reference to the server of a folder.
func importInto(t testing.TB, data string) {
	t.Helper()
	client, err := app.ClientOf(data)
	if err != nil {
		t.Fatal(err)
	}
	(&node{caller: caller{t: t}, client: client}).importFolder("../examples/reference")
}
