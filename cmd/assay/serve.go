package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"assay/app"
)

// serverFlags say where a server keeps its data.
type serverFlags struct {
	Data     string `placeholder:"DIR" default:"assay-data" env:"ASSAY_DATA" help:"Folder for everything that is kept (default ${default})."`
	Database string `placeholder:"URL" env:"ASSAY_DATABASE" help:"postgres://… of an outside database (default SQLite in the data folder)."`
	NATS     string `name:"nats" placeholder:"URL" env:"ASSAY_NATS" help:"nats://… of an outside NATS with JetStream and sync_interval: always (default embedded)."`
	Prefix   string `name:"nats-prefix" placeholder:"NAME" help:"What this installation's streams are called on an outside NATS, if it shares one (default ASSAY)."`
	Creds    string `name:"nats-credentials" placeholder:"FILE" type:"existingfile" help:"File with the NATS user's credentials."`
	Replicas int    `placeholder:"N" default:"1" help:"Replicas of the log on an outside NATS cluster: 1 or 3 (default ${default})."`
	Blobs    string `placeholder:"DIR" env:"ASSAY_BLOBS" help:"Folder for pictures and large envelopes (default in the data folder)."`
}

func (f *serverFlags) options(env *environment) app.ServerOptions {
	return app.ServerOptions{Data: f.Data, Database: f.Database, NATS: f.NATS, NATSPrefix: f.Prefix, NATSCredentials: f.Creds, Replicas: f.Replicas, Blobs: f.Blobs, Version: version,
		Logger: slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

type serveCmd struct {
	serverFlags
	Listen          string         `placeholder:"ADDR" default:"127.0.0.1:8417" env:"ASSAY_LISTEN" help:"Address to answer on (default ${default})."`
	Role            string         `placeholder:"ROLE" default:"all" enum:"all,api,worker" help:"Which part of the work this process does: all, api or worker (default ${default})."`
	Partitions      int            `placeholder:"N" help:"Partitions of the listings, fixed once there are any (default 2)."`
	TLSCert         string         `name:"tls-cert" placeholder:"FILE" type:"existingfile" help:"Certificate chain (PEM); with --tls-key the server speaks TLS."`
	TLSKey          string         `name:"tls-key" placeholder:"FILE" type:"existingfile" help:"The certificate's key (PEM)."`
	Host            []string       `placeholder:"NAME" help:"Name under which the server may be called; repeat for several (default any)."`
	TrustedProxy    []netip.Prefix `placeholder:"CIDR" help:"Network of a proxy whose X-Forwarded-For is believed; repeat for several."`
	LogBytes        int64          `placeholder:"BYTES" help:"Where a partition's log stops taking more (default 8 GiB)."`
	RetainBytes     int64          `placeholder:"BYTES" help:"What of a partition's log is kept once it is worked, at most half of it (default 1 GiB)."`
	FreeBytes       int64          `placeholder:"BYTES" help:"What of the disk must be free for listings to be taken; below 0: nothing (default 256 MiB)."`
	PrivateWebhooks bool           `help:"Allow webhooks to addresses of the own network."`
	FetchNetwork    []netip.Prefix `placeholder:"CIDR" help:"Network that pictures and pages of listings may be fetched from though it is not public; repeat for several."`
	Debug           string         `placeholder:"ADDR" help:"Answer Go's profiles (/debug/pprof/) on this address, which only operators may reach."`
	LogLevel        string         `placeholder:"LEVEL" default:"info" enum:"debug,info,warn,error" help:"What to log on standard error: debug, info, warn or error (default ${default})."`
	LogFormat       string         `placeholder:"FORMAT" default:"text" enum:"text,json" help:"Form of the log: text or json (default ${default})."`
}

func (c *serveCmd) Run(env *environment) error {
	o := c.options(env)
	o.Listen, o.Role, o.Partitions = c.Listen, app.Role(c.Role), c.Partitions
	o.TLSCert, o.TLSKey, o.Hosts, o.Proxies = c.TLSCert, c.TLSKey, c.Host, c.TrustedProxy
	o.LogBytes, o.RetainBytes, o.FreeBytes, o.PrivateWebhooks = c.LogBytes, c.RetainBytes, c.FreeBytes, c.PrivateWebhooks
	o.FetchNetworks = c.FetchNetwork
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	how := &slog.HandlerOptions{Level: level}
	o.Logger = slog.New(slog.NewTextHandler(env.err, how))
	if c.LogFormat == "json" {
		o.Logger = slog.New(slog.NewJSONHandler(env.err, how))
	}
	ctx, stop := signal.NotifyContext(env, syscall.SIGTERM)
	defer stop()
	go keepSpending(ctx, serveGarbage)
	if c.Debug != "" {
		end, err := app.ServeProfiles(c.Debug)
		if err != nil {
			return err
		}
		defer end()
	}
	s, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := s.Listen()
	if err != nil {
		return err
	}
	return s.Run(ctx, l, func() {
		scheme := "http"
		if c.TLSCert != "" {
			scheme = "https"
		}
		fmt.Fprintf(env.out, "assay serves %s://%s (data in %s, token in %s)\n", scheme, l.Addr(), c.Data, s.AdminTokenFile())
	})
}

type backupCmd struct {
	clientFlags
	File string `arg:"" help:"File to write; it is there only when it is whole."`
}

func (c *backupCmd) Run(env *environment) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	size, err := client.Backup(env, c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s: %s bytes, read back and whole\n", c.File, app.Thousands(size))
	return nil
}

type restoreCmd struct {
	serverFlags
	File string `arg:"" type:"existingfile" help:"Backup to restore."`
}

func (c *restoreCmd) Run(env *environment) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := app.Restore(env, c.options(env), f)
	if err != nil {
		return fmt.Errorf("restoring %s: %w", c.File, err)
	}
	fmt.Fprintf(env.out, "restored the backup of %s: %s rows, %s envelopes to be worked, %s blobs\nthe new admin token is in %s\n",
		r.CreatedAt.Format("2006-01-02 15:04:05 MST"), app.Thousands(int64(r.Rows)), app.Thousands(int64(r.Envelopes)), app.Thousands(int64(r.Blobs)), r.TokenFile)
	return nil
}

type tokenCmd struct {
	Rotate tokenRotateCmd `cmd:"" help:"Make a new admin token and end the old one, at once."`
}

type tokenRotateCmd struct{ serverFlags }

func (c *tokenRotateCmd) Run(env *environment) error {
	file, err := app.RotateToken(env, c.options(env))
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "the new admin token is in %s; the old one is no longer valid\n", file)
	return nil
}
