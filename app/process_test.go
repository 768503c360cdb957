package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"assay/app"
)

// serverProcess names the environment variable that makes TestServerProcess a server.
const serverProcess = "ASSAY_TEST_SERVER"

// processOptions is what of app.ServerOptions is given to a server process.
type processOptions struct {
	Data, Database, NATS string
	Role                 app.Role
	NoSync               bool
	FreeBytes            int64
}

// TestServerProcess is no test: run with ASSAY_TEST_SERVER, this binary is the server
// of those that need a process of their own. It ends with its standard input.
func TestServerProcess(t *testing.T) {
	text := os.Getenv(serverProcess)
	if text == "" {
		return
	}
	var p processOptions
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // the test is gone
	}()
	s, err := app.Open(ctx, app.ServerOptions{Data: p.Data, Database: p.Database, NATS: p.NATS, NoSync: p.NoSync, Role: p.Role, FreeBytes: p.FreeBytes,
		Listen: "127.0.0.1:0", Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		fmt.Fprintln(os.Stderr, causes(err))
		os.Exit(1)
	}
	l, err := s.Listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = s.Run(ctx, l, func() { fmt.Printf("serving http://%s\n", l.Addr()) })
	s.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, causes(err))
		os.Exit(1)
	}
	os.Exit(0)
}

// process is a server in a process of its own.
type process struct {
	caller
	cmd   *exec.Cmd
	stdin io.Closer // the process ends with it
	lines *bufio.Scanner
	log   *journal
}

// startProcess starts one and returns when it answers requests. wrapper is a program
// to run it under.
func startProcess(t testing.TB, o processOptions, wrapper ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrapper, self, "-test.run=^TestServerProcess$", "-test.timeout=0")
	p := &process{cmd: exec.Command(args[0], args[1:]...), log: &journal{}}
	p.cmd.Env = append(os.Environ(), serverProcess+"="+string(text))
	p.cmd.Stderr = p.log
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(stdout)
	t.Cleanup(func() {
		p.stdin.Close()
		p.kill()
		if t.Failed() {
			t.Logf("the process's log ends:\n%s", p.log.tail())
		}
	})
	for p.lines.Scan() {
		if url, ok := strings.CutPrefix(p.lines.Text(), "serving "); ok {
			token, err := os.ReadFile(filepath.Join(o.Data, "admin-token"))
			if err != nil && o.Role != app.RoleWorker { // it may be in another's folder
				t.Fatal(err)
			}
			p.caller = newCaller(t, url, strings.TrimSpace(string(token)))
			return p
		}
	}
	t.Fatalf("the server did not start:\n%s", p.log.tail())
	return nil
}

// kill ends the process as a crash does, and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.wait()
}

// terminate asks it to end, and waits for that.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.wait()
}

func (p *process) wait() error {
	for p.lines.Scan() {
	}
	return p.cmd.Wait()
}
