package main

import (
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"assay/app"
)

type demoCmd struct {
	Listings int    `placeholder:"N" default:"50000" help:"Listings to invent (default ${default})."`
	Seed     uint64 `placeholder:"N" default:"1" help:"Another number, another world (default ${default})."`
	Listen   string `placeholder:"ADDR" help:"Address to answer on (default 127.0.0.1:8417, or a free port of 127.0.0.1 if that is taken)."`
	Exit     bool   `help:"End after the report instead of serving the pages."`
}

func (c *demoCmd) Run(env *environment) error {
	if c.Listings < 1 {
		return usageError("--listings must be positive")
	}
	ctx, stop := signal.NotifyContext(env, syscall.SIGTERM)
	defer stop()
	go keepSpending(ctx, serveGarbage)
	o := app.DemoOptions{Seed: c.Seed, Listings: c.Listings, Listen: c.Listen, Exit: c.Exit, Version: version}
	log := io.Writer(env.err)
	if env.terminal {
		o.Terminal, log = env.err, app.AboveProgress(env.err)
	}
	o.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.Demo(ctx, env.out, o)
}
