package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"assay"
	"assay/demo"
	"assay/demo/picture"
)

// DemoOptions says how large the demonstration is and where it is served.
type DemoOptions struct {
	Seed     uint64
	Listings int
	Listen   string // address; empty: DefaultListen, or a free port of this machine if that is taken
	Exit     bool   // end after the report instead of serving the pages
	Version  string
	Terminal io.Writer    // where progress is drawn; nil: nowhere
	Logger   *slog.Logger // of the server; nil: nothing is logged
}

// Demo runs a server on a temporary folder, brings it the reference of an invented world,
// feeds it the world's listings, reads the findings back, all through the API, and writes
// to w how they compare with the world's truth. Then it serves the pages until ctx ends,
// and leaves nothing behind.
//
// That ctx ends is no error, unless there is a report to wait for and nothing else.
func Demo(ctx context.Context, w io.Writer, o DemoOptions) (err error) {
	temp, err := os.MkdirTemp("", "assay-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demonstration (TMPDIR names another place): %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	d := &demonstration{o: o, w: w, world: demo.New(o.Seed, demo.Options{}), temp: temp, later: map[assay.OfferKey]revised{}, began: time.Now()}
	running, err := d.start(ctx)
	if err == nil {
		err = d.run(running)
		if e := d.stop(); e != nil {
			err = e // it is why the run ended
		}
	}
	switch {
	case ctx.Err() != nil && !o.Exit:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted before the report was there: %w", ctx.Err())
	case assay.CodeOf(err) == assay.Full || errors.Is(err, syscall.ENOSPC):
		return assay.Errorf(assay.Full, "there is no room for the demonstration in %s: set TMPDIR to a folder on another disk, or ask for fewer --listings (%w)",
			filepath.Dir(temp), err)
	}
	return err
}

// demonstration is a run of Demo.
type demonstration struct {
	o     DemoOptions
	w     io.Writer
	world *demo.World
	temp  string // folder, removed at the end

	server *Server
	pages  string // address of the first page
	client *Client
	stop   func() error // ends the server; may be called once

	marks, products int // rows of the reference
	later           map[assay.OfferKey]revised
	began           time.Time
	steps           []string // what took how long
}

// start runs the server. The context it returns ends with ctx, or with the server if
// that fails.
func (d *demonstration) start(ctx context.Context) (context.Context, error) {
	listener, err := d.listen()
	if err != nil {
		return nil, err
	}
	o := ServerOptions{Data: filepath.Join(d.temp, "data"), Listen: listener.Addr().String(), Version: d.o.Version, Clock: worldClock(),
		Logger: d.o.Logger, Pictures: worldPictures{d.world}}
	if addr, err := netip.ParseAddrPort(o.Listen); err == nil && addr.Addr().IsLoopback() {
		o.OpenPages, o.Hosts = true, []string{"localhost", addr.Addr().String()}
	}
	if d.server, err = Open(ctx, o); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if d.client, err = NewClient(ClientOptions{Server: "http://" + reachable(listener.Addr()), TokenFile: d.server.AdminTokenFile()}); err != nil {
		d.server.Close()
		return nil, errors.Join(err, listener.Close())
	}
	d.pages = d.client.server.String() + "/"
	// Requests are cut off by ctx; the server ends after them, in its own time.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	running, cut := context.WithCancel(ctx)
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		err := d.server.Run(serving, listener, func() { close(ready) })
		cut()
		d.server.Close()
		ended <- err
	}()
	d.stop = func() error {
		d.client.http.CloseIdleConnections() // one that was never used would hold the end up
		end()
		return <-ended
	}
	<-ready
	return running, nil
}

func (d *demonstration) listen() (net.Listener, error) {
	if d.o.Listen != "" {
		l, err := net.Listen("tcp", d.o.Listen)
		if err != nil {
			return nil, assay.Errorf(assay.Unavailable, "%w; name another address with --listen", err)
		}
		return l, nil
	}
	l, err := net.Listen("tcp", DefaultListen)
	if err == nil {
		return l, nil
	}
	free, e := net.Listen("tcp", "127.0.0.1:0")
	if e != nil {
		return nil, assay.Errorf(assay.Unavailable, "%w; name another address with --listen", err)
	}
	fmt.Fprintf(d.w, "%s is taken, so this is on %s.\n", DefaultListen, free.Addr())
	return free, nil
}

// worldClock goes on from nine in the morning of the world's present, so that neither
// verdicts nor pages depend on the day of the demonstration.
func worldClock() func() time.Time {
	began := time.Now()
	return func() time.Time { return demo.AsOf().Add(9*time.Hour + time.Since(began)) }
}

// run does everything while the server runs.
func (d *demonstration) run(ctx context.Context) error {
	d.step("server started")
	if err := d.importReference(ctx); err != nil {
		return err
	}
	d.step("reference imported")
	if err := d.feed(ctx); err != nil {
		return err
	}
	d.step("listings fed")
	if err := d.worked(ctx, d.o.Listings); err != nil {
		return err
	}
	d.step("the last of them worked")
	n, err := d.feedRevisions(ctx)
	if err == nil {
		err = d.worked(ctx, d.o.Listings+n)
	}
	if err != nil {
		return err
	}
	d.step("later revisions")
	findings, err := d.findings(ctx)
	if err != nil {
		return err
	}
	t, err := compare(ctx, d.world, d.o.Listings, d.later, findings)
	if err != nil {
		return err
	}
	d.step("findings read back and compared")

	fmt.Fprintf(d.w, "An invented world: %s listings on marketplaces that do not exist, %s marks, %s products.\n", Thousands(int64(d.o.Listings)),
		Thousands(int64(d.marks)), Thousands(int64(d.products)))
	fmt.Fprintf(d.w, "Of these offers %s came again, changed, and %s have findings.\n", Thousands(int64(len(d.later))), Thousands(int64(len(findings))))
	writeWrapped(d.w, "", "Seconds: "+strings.Join(d.steps, ", ")+".")
	fmt.Fprintln(d.w)
	t.write(d.w)
	if d.o.Exit {
		return nil
	}
	t.writeSights(d.w, d.pages)
	fmt.Fprintf(d.w, "\npages: %s\n", d.pages)
	if !d.server.o.OpenPages {
		fmt.Fprintf(d.w, "sign in with the token in %s\n", d.server.AdminTokenFile())
	}
	fmt.Fprintln(d.w, "Ctrl-C ends it and removes everything.")
	<-ctx.Done()
	return nil
}

// step notes how long what ends now took.
func (d *demonstration) step(what string) {
	now := time.Now()
	d.steps = append(d.steps, fmt.Sprintf("%.1f %s", now.Sub(d.began).Seconds(), what))
	d.began = now
}

// worldPictures draws the pictures that the world's listings name.
type worldPictures struct{ world *demo.World }

func (p worldPictures) Picture(_ context.Context, url string) ([]byte, error) {
	drawn, ok := p.world.Picture(url)
	if !ok {
		return nil, assay.Errorf(assay.NotFound, "there is no such picture")
	}
	return picture.JPEG(drawn), nil
}
