// Package pgtest starts a real PostgreSQL for tests.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Role is the application's role: it owns its databases, and row-level security binds it.
const Role = "assay"

// patience bounds every wait for the server. It is no measure of anything.
const patience = time.Minute

// Server is one PostgreSQL with its files in a folder of its own. Its methods are for
// one goroutine.
type Server struct {
	bin, data string
	port      int
	who       *syscall.Credential // nil: the tests' own user
	process   *exec.Cmd
	ended     chan error
	output    bytes.Buffer
	databases int
}

// Start starts a server for the test and returns the URL of an empty database that the
// role assay owns. See StartServer.
func Start(t testing.TB) (url string) {
	t.Helper()
	return StartServer(t).Database(t)
}

// StartServer starts a server that ends with the test. Without PostgreSQL on the machine the test
// fails, unless ASSAY_NO_POSTGRES=1 says that this is meant: then it is
// skipped.
func StartServer(t testing.TB) *Server {
	t.Helper()
	bin := find()
	if bin == "" {
		if os.Getenv("ASSAY_NO_POSTGRES") == "1" {
			t.Skip("NOT TESTED ON POSTGRESQL: it is not installed, and ASSAY_NO_POSTGRES=1 allows that")
		}
		t.Fatal("PostgreSQL is not installed (Debian: apt-get install postgresql); ASSAY_NO_POSTGRES=1 skips its tests")
	}
	// A short path: the name of a Unix socket has 107 bytes at most.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{bin: bin, data: filepath.Join(dir, "data")}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := s.prepare(dir); err != nil {
		t.Fatalf("preparing PostgreSQL: %v", err)
	}
	t.Cleanup(func() { s.Stop(t) })
	s.Start(t)
	s.as(t, "postgres", "CREATE ROLE "+Role+" LOGIN NOSUPERUSER NOBYPASSRLS")
	return s
}

// find returns the folder with PostgreSQL's programs, of the newest version.
func find() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	for _, path := range found {
		// The server stands beside the true initdb, not beside a link to it.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(real), "postgres")); err == nil {
				return filepath.Dir(real)
			}
		}
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func (s *Server) prepare(dir string) error {
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		var account *user.User
		var err error
		for _, name := range []string{"postgres", "nobody"} {
			if account, err = user.Lookup(name); err == nil {
				break
			}
		}
		if err != nil {
			return err
		}
		uid, err := strconv.Atoi(account.Uid)
		if err != nil {
			return err
		}
		gid, err := strconv.Atoi(account.Gid)
		if err != nil {
			return err
		}
		s.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	if out, err := s.command("initdb", "-D", s.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = filepath.Dir(s.data)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	// In a group of its own: an interrupt at the terminal is the tests' to handle.
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.who, Setpgid: true}
	return c
}

// Start starts the server again after Stop, on the same port and files.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if s.process != nil {
		return
	}
	s.output.Reset()
	s.process = s.command("postgres", "-D", s.data, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", filepath.Dir(s.data),
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB",
		"-c", "jit=off", "-c", "timezone=UTC")
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if err := s.process.Start(); err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	s.ended = make(chan error, 1)
	go func(c *exec.Cmd, ended chan<- error) { ended <- c.Wait() }(s.process, s.ended)

	db, err := sql.Open("pgx", s.url("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for db.PingContext(ctx) != nil {
		select {
		case err := <-s.ended:
			s.process = nil
			t.Fatalf("PostgreSQL ended: %v\n%s", err, s.output.Bytes())
		case <-ctx.Done():
			t.Fatal("PostgreSQL does not answer")
		case <-again.C:
		}
	}
}

// Stop ends the server at once, as a crash of its machine would for the clients:
// connections break, transactions under way are lost.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Errorf("stopping PostgreSQL: %v", err)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.process.Process.Kill()
		t.Error("PostgreSQL does not end")
	}
	s.process = nil
}

// Restart is Stop and Start.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.Start(t)
}

// Database makes another empty database that the role assay owns and returns its
// URL.
func (s *Server) Database(t testing.TB) (url string) {
	t.Helper()
	s.databases++
	name := "assay" + strconv.Itoa(s.databases)
	s.as(t, "postgres", "CREATE DATABASE "+name+" OWNER "+Role)
	return s.url(Role, name)
}

// Superuser returns the URL of a database as a role that may do everything.
func (s *Server) Superuser(database string) (url string) { return s.url("postgres", database) }

func (s *Server) url(role, database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", role, s.port, database)
}

func (s *Server) as(t testing.TB, role, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.url(role, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
