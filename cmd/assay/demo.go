package main

import (
	"time"

	"assay/app"
)

type demoCmd struct {
	Listings int    `default:"50000" help:"Listings to invent (default ${default})."`
	Seed     uint64 `default:"1" help:"Another number, another world (default ${default})."`
}

func (c *demoCmd) Run(env *environment) error {
	if c.Listings < 1 {
		return usageError("--listings must be positive")
	}
	counters := &app.ScreenCounters{}
	done := func() {}
	if env.terminal {
		p := app.NewProgress(env.err, int64(c.Listings), "listings", time.Now)
		stop := app.Every(func() { n := counters.Listings.Load(); p.Show(n, n) })
		done = func() { stop(); p.Clear() }
	}
	return app.Demo(env, env.out, app.DemoOptions{Seed: c.Seed, Listings: c.Listings, Counters: counters, Screened: done})
}
