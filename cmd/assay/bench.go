package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"assay/app"
)

type benchCmd struct {
	Screen    benchScreenCmd    `cmd:"" help:"Listings a second through assay screen, end to end."`
	Reference benchReferenceCmd `cmd:"" help:"Time and memory to compile a reference."`
}

type benchFlags struct {
	Marks int    `default:"100000" help:"Marks in the reference (default ${default})."`
	Runs  int    `default:"5" help:"Runs after one to warm up (default ${default})."`
	Dir   string `placeholder:"DIR" type:"existingdir" help:"Keep the data in DIR instead of a temporary folder."`
}

type benchScreenCmd struct {
	benchFlags
	Products int `default:"10000" help:"Products in the reference (default ${default})."`
	Listings int `default:"1000000" help:"Listings to screen (default ${default})."`
	Workers  int `help:"Passed on to assay screen (default one a core)."`
}

type benchReferenceCmd struct {
	benchFlags
	Products int `default:"1000000" help:"Products in the reference (default ${default})."`
}

func (c *benchScreenCmd) Run(env *environment) error {
	return c.bench(env, app.BenchScreen, app.BenchOptions{Products: c.Products, Listings: c.Listings, Workers: c.Workers})
}

func (c *benchReferenceCmd) Run(env *environment) error {
	return c.bench(env, app.BenchReference, app.BenchOptions{Products: c.Products})
}

func (f *benchFlags) bench(env *environment, bench func(context.Context, io.Writer, app.BenchOptions) error, o app.BenchOptions) error {
	if f.Runs < 1 || f.Marks < 1 || o.Products < 0 || o.Listings < 0 || o.Workers < 0 {
		return usageError("numbers must be positive")
	}
	command, err := os.Executable()
	if err != nil {
		return err
	}
	o.Marks, o.Runs, o.Command, o.Dir = f.Marks, f.Runs, command, f.Dir
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "assay-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.Dir)
	}
	o.Progress = func(string) {}
	if env.terminal {
		o.Progress = func(what string) { fmt.Fprintf(env.err, "%s\n", what) }
	}
	return bench(env, env.out, o)
}
