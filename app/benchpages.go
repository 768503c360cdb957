package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay"
	"assay/demo"
	"assay/sqldb"
)

// BenchPagesOptions says what a benchmark of the pages measures. The server is in this
// process, and so is its client.
type BenchPagesOptions struct {
	BenchOptions
	Findings    int
	Database    string // postgres:// address of an empty database; empty: SQLite in Dir
	Requests    int    // for each page
	Concurrency int    // requests under way
	Only        string // pages whose names hold it; empty: all
	Log         io.Writer
}

// benchFilled is the file in the folder of a benchmark that says what its database
// holds, so that a second run measures it without making it again.
const benchFilled = "findings"

// pagesBench is one run of BenchPages.
type pagesBench struct {
	BenchPagesOptions
	world *demo.World
	made  *inventedFindings
	w     io.Writer
}

// BenchPages fills a database with invented findings and measures how long a server takes
// for each of its pages.
func BenchPages(ctx context.Context, w io.Writer, o BenchPagesOptions) error {
	b := &pagesBench{BenchPagesOptions: o, w: w}
	b.Progress("writing the reference")
	b.world = demo.New(benchSeed, demo.Options{Brands: benchBrands, ExtraMarks: o.Marks, Products: o.Products})
	reference := filepath.Join(o.Dir, "reference")
	if err := WriteReference(b.world, reference); err != nil {
		return err
	}
	gen, err := LoadReference(reference, demo.AsOf())
	if err != nil {
		return err
	}
	if b.made, err = inventFindings(ctx, b.world, gen, o.Findings); err != nil {
		return err
	}
	if b.filled() {
		b.Progress("the findings are there from an earlier run")
	} else if err := b.prepare(ctx, reference); err != nil {
		return err
	}
	return b.serve(ctx, func(ctx context.Context, s *Server, address string) error {
		return b.measure(ctx, s, address)
	})
}

// contents says what a database was filled with. The address may hold a password.
func (b *pagesBench) contents() string {
	return fmt.Sprintf("%d findings, %d marks, %d products, database %x\n", b.Findings, b.Marks, b.Products, sha256.Sum256([]byte(b.Database)))
}

func (b *pagesBench) filled() bool {
	text, err := os.ReadFile(filepath.Join(b.Dir, benchFilled))
	return err == nil && string(text) == b.contents()
}

func (b *pagesBench) data() string { return filepath.Join(b.Dir, "data") }

// address is where the database is.
func (b *pagesBench) address() string {
	if b.Database != "" {
		return b.Database
	}
	return filepath.Join(b.data(), "assay.db")
}

// prepare imports the reference through a server and writes the findings behind its
// back.
func (b *pagesBench) prepare(ctx context.Context, reference string) error {
	if err := os.RemoveAll(filepath.Join(b.Dir, benchFilled)); err != nil {
		return err
	}
	if err := os.RemoveAll(b.data()); err != nil {
		return err
	}
	if err := b.mustBeEmpty(ctx); err != nil {
		return err
	}
	b.Progress("importing the reference")
	err := b.serve(ctx, func(ctx context.Context, s *Server, address string) error {
		client, err := NewClient(ClientOptions{Server: address, TokenFile: s.AdminTokenFile()})
		if err != nil {
			return err
		}
		defer client.http.CloseIdleConnections()
		for _, file := range ReferenceFiles() {
			if err := (&benched{Client: client}).importFile(ctx, filepath.Join(reference, file.Name), file.Kind); err != nil {
				return err
			}
		}
		return settled(ctx, s)
	})
	if err != nil {
		return err
	}
	store, err := sqldb.Open(ctx, sqldb.Options{URL: b.address()})
	if err != nil {
		return err
	}
	defer store.Close()
	began := time.Now()
	err = b.made.fill(ctx, store, func(done int) {
		if done%50_000 == 0 || done == b.Findings {
			b.Progress(fmt.Sprintf("%s of %s findings written, %.0f s", Thousands(int64(done)), Thousands(int64(b.Findings)), time.Since(began).Seconds()))
		}
	})
	if err == nil && b.Database != "" {
		err = b.analyse(ctx)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.Dir, benchFilled), []byte(b.contents()), 0o600)
}

// mustBeEmpty keeps a benchmark from an installation's database.
func (b *pagesBench) mustBeEmpty(ctx context.Context) error {
	if b.Database == "" {
		return nil
	}
	store, err := sqldb.Open(ctx, sqldb.Options{URL: b.Database})
	if err != nil {
		return err
	}
	defer store.Close()
	parts, err := store.PartitionStates(ctx, assay.LocalScope(benchHolder))
	if err == nil && len(parts) > 0 {
		err = assay.Errorf(assay.Conflict, "the database is in use: a benchmark fills an empty one, or measures again what it wrote with the same --dir")
	}
	return err
}

// analyse does what PostgreSQL does of itself in the minutes after.
func (b *pagesBench) analyse(ctx context.Context) error {
	b.Progress("VACUUM ANALYZE")
	db, err := sql.Open("pgx", b.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
		return fmt.Errorf("VACUUM ANALYZE: %w", err)
	}
	return nil
}

// settled waits until a server has a generation in force and all findings go by it.
func settled(ctx context.Context, s *Server) error {
	for {
		job, any, err := s.store.Rescreen(ctx, s.scope)
		if err != nil {
			return err
		}
		if st := s.keeper.Status(); st.Hash != "" && st.Version == st.Newest && any && job.Generation == st.Hash && !job.EndedAt.IsZero() {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// serve runs a server on the folder while f does.
func (b *pagesBench) serve(ctx context.Context, f func(ctx context.Context, s *Server, address string) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s, err := Open(ctx, ServerOptions{Data: b.data(), Database: b.address(), Listen: listener.Addr().String(), Clock: worldClock(), FreeBytes: -1,
		Logger: slog.New(slog.NewTextHandler(b.Log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer s.Close()
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	working, cut := context.WithCancel(ctx)
	defer cut()
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		err := s.Run(serving, listener, func() { close(ready) })
		cut()
		ended <- err
	}()
	<-ready
	err = f(working, s, "http://"+listener.Addr().String())
	end()
	if e := <-ended; e != nil {
		return e // it is why f ended
	}
	return err
}

func (b *pagesBench) measure(ctx context.Context, s *Server, address string) error {
	if err := settled(ctx, s); err != nil {
		return err
	}
	p, err := b.readers(ctx, s, address)
	if err != nil {
		return err
	}
	defer p.close()
	pages, err := p.pages(ctx)
	if err != nil {
		return err
	}
	pages = slices.DeleteFunc(pages, func(page *askedPage) bool { return !strings.Contains(page.name, b.Only) })
	writeMachine(b.w)
	fmt.Fprintf(b.w, "data     %s invented findings of %d brands, %s sellers, %d marketplaces, on %s; %s marks, %s products\n",
		Thousands(int64(b.Findings)), len(b.made.names), Thousands(benchSellers), benchMarketplaces, s.store.Engine(), Thousands(int64(b.Marks)), Thousands(int64(b.Products)))
	fmt.Fprintf(b.w, "command  a server and %d readers in one process, over HTTP on loopback with gzip; times to the last byte, and the process's on processors, in milliseconds; bytes as they are sent, with headers\n\n", b.Concurrency)
	width := 0
	for _, page := range pages {
		width = max(width, len(page.name))
	}
	fmt.Fprintf(b.w, "%-*s %9s %8s %8s %8s %8s %8s %9s\n", width, "page", "requests", "p50", "p95", "p99", "most", "cpu", "bytes")
	slow := 0
	for _, page := range pages {
		b.Progress(page.name)
		m, err := p.ask(ctx, page)
		if err != nil {
			return fmt.Errorf("%s: %w", page.name, err)
		}
		var marks []string
		if m.at(.95) > slowPage {
			slow++
			marks = append(marks, "over "+slowPage.String())
		}
		if m.refused > 0 {
			marks = append(marks, fmt.Sprintf("%d refused as too broad", m.refused))
		}
		line := fmt.Sprintf("%-*s %9s %8s %8s %8s %8s %8s %9s  %s", width, page.name, Thousands(int64(len(m.took))), milliseconds(m.at(.5)), milliseconds(m.at(.95)),
			milliseconds(m.at(.99)), milliseconds(m.at(1)), milliseconds(m.cpu), Thousands(m.bytes), strings.Join(marks, ", "))
		fmt.Fprintln(b.w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(b.w)
	if err := p.firstPage(ctx, b.w); err != nil {
		return err
	}
	fmt.Fprintf(b.w, "%-24s %d of %d have a p95 over %s\n", "pages", slow, len(pages), slowPage)
	return nil
}

// slowPage is how long a page may take for 95 of 100 readers, firstBytes how much the first
// one may weigh with all that it needs.
const (
	slowPage   = 50 * time.Millisecond
	firstBytes = 150_000
)

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000)
}
