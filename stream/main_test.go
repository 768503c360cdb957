package stream_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/stream"
	"assay/stream/streamtest"

	"go.uber.org/goleak"
)

// The test binary is its own helper process: these variables say as what.
const (
	helperRole   = "STREAM_TEST_ROLE" // "append", "append-unsynced" or "serve"
	helperDir    = "STREAM_TEST_DIR"
	helperNumber = "STREAM_TEST_NUMBER" // appends to make (0: endless), or the server's port
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	if role := os.Getenv(helperRole); role != "" {
		n, _ := strconv.Atoi(os.Getenv(helperNumber))
		if err := help(role, os.Getenv(helperDir), n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func help(role, dir string, number int) error {
	if role == "serve" {
		opts := streamtest.Options(dir, number)
		if _, err := streamtest.Run(&opts); err != nil {
			return err
		}
		fmt.Println("ready")
		select {} // until it is killed
	}
	ctx := context.Background()
	log, err := stream.Open(ctx, stream.Options{Dir: dir, Partitions: 1, NoSync: role == "append-unsynced"})
	if err != nil {
		return err
	}
	if err := log.Ensure(ctx, 0, 1); err != nil {
		return err
	}
	s, err := log.State(ctx, 0)
	if err != nil {
		return err
	}
	padding := strings.Repeat("x", 20_000)
	for i := s.Last + 1; number == 0 || i <= uint64(number); i++ {
		id := fmt.Sprintf("envelope-%d", i)
		seq, err := log.Append(ctx, 0, id, []byte(id+" "+padding))
		if err != nil {
			return err
		}
		if seq != i {
			return fmt.Errorf("%s has the sequence %d", id, seq)
		}
		// One write to the file: the system-call trace looks for it.
		fmt.Printf("acknowledged %d\n", i)
	}
	return log.Close()
}

// helper is a process of this binary.
type helper struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startHelper(t *testing.T, role, dir string, number int, wrapper ...string) *helper {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrapper, self)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), helperRole+"="+role, helperDir+"="+dir, helperNumber+"="+strconv.Itoa(number))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &helper{cmd: cmd, lines: bufio.NewScanner(out)}
	t.Cleanup(h.kill)
	return h
}

// kill ends the process as a crash does (SIGKILL), and waits for its end.
func (h *helper) kill() {
	_ = h.cmd.Process.Kill()
	for h.lines.Scan() {
	}
	_ = h.cmd.Wait()
}

func open(t testing.TB, opts stream.Options) *stream.Log {
	t.Helper()
	if opts.Partitions == 0 {
		opts.Partitions = 1
	}
	if testing.Verbose() && opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	log, err := stream.Open(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func ensured(t testing.TB, log *stream.Log, partition int, first uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := log.Ensure(ctx, partition, first); err != nil {
		t.Fatal(err)
	}
}

func appended(t testing.TB, log *stream.Log, partition int, id, data string) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seq, err := log.Append(ctx, partition, id, []byte(data))
	if err != nil {
		t.Fatalf("appending %s: %v (%v)", id, err, cause(err))
	}
	return seq
}

func next(t testing.TB, r *stream.Reader) stream.Envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := r.Next(ctx)
	if err != nil {
		t.Fatalf("reading: %v (%v)", err, cause(err))
	}
	return e
}

func stateOf(t testing.TB, log *stream.Log, partition int) stream.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := log.State(ctx, partition)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cause(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err
		}
		err = u.Unwrap()
	}
}
