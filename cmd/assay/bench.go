package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"assay/app"
)

type benchCmd struct {
	Screen    benchScreenCmd    `cmd:"" help:"Listings a second through assay screen, end to end."`
	Reference benchReferenceCmd `cmd:"" help:"Time and memory to compile a reference."`
	Ingest    benchIngestCmd    `cmd:"" help:"Listings a second through assay serve, durable and worked."`
	Gate      benchGateCmd      `cmd:"" help:"How long the gate of assay serve takes for one listing."`
	Pages     benchPagesCmd     `cmd:"" help:"How long each page takes among many findings."`
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

// serverBenchFlags are those of benchmarks with a server.
type serverBenchFlags struct {
	Marks    int      `default:"100000" help:"Marks in the reference (default ${default})."`
	Products int      `default:"10000" help:"Products in the reference (default ${default})."`
	Body     int      `default:"2000" help:"Listings in one request that feeds (default ${default})."`
	Dir      string   `placeholder:"DIR" type:"existingdir" help:"Keep the data in DIR instead of a temporary folder."`
	Serve    []string `sep:" " placeholder:"FLAGS" help:"Further flags for assay serve, separated by spaces."`
}

type benchIngestCmd struct {
	serverBenchFlags
	Seen    int           `default:"1000000" help:"Offers that the server knows before (default ${default})."`
	Burst   time.Duration `default:"60s" help:"Send as fast as it goes for so long; 0: not (default ${default})."`
	Sustain time.Duration `default:"60s" help:"Then send --rate for so long; 0: not (default ${default})."`
	Rate    int           `default:"30000" help:"Listings a second of the sustained part (default ${default})."`
	Clients int           `default:"4" help:"Connections (default ${default})."`
}

func (c *benchIngestCmd) Run(env *environment) error {
	return c.bench(env, app.BenchIngest, app.BenchServerOptions{Seen: c.Seen, Burst: c.Burst, Sustain: c.Sustain, Rate: c.Rate, Clients: c.Clients})
}

type benchGateCmd struct {
	serverBenchFlags
	Seen     int           `default:"1000000" help:"Offers that the server knows before (default ${default})."`
	Duration time.Duration `default:"30s" help:"How long to send (default ${default})."`
	Rate     int           `default:"2000" help:"Requests a second (default ${default})."`
	Clients  int           `default:"32" help:"Connections (default ${default})."`
}

func (c *benchGateCmd) Run(env *environment) error {
	return c.bench(env, app.BenchGate, app.BenchServerOptions{Seen: c.Seen, Sustain: c.Duration, Rate: c.Rate, Clients: c.Clients})
}

func (f *serverBenchFlags) bench(env *environment, bench func(context.Context, io.Writer, app.BenchServerOptions) error, o app.BenchServerOptions) error {
	if f.Marks < 1 || f.Products < 0 || f.Body < 1 || o.Seen < 0 || o.Rate < 1 || o.Clients < 1 || o.Burst < 0 || o.Sustain < 0 {
		return usageError("numbers must be positive")
	}
	o.Body, o.Serve = f.Body, f.Serve
	flags := benchFlags{Marks: f.Marks, Runs: 1, Dir: f.Dir}
	return flags.bench(env, func(ctx context.Context, w io.Writer, b app.BenchOptions) error {
		o.BenchOptions = b
		return bench(ctx, w, o)
	}, app.BenchOptions{Products: f.Products})
}

type benchPagesCmd struct {
	Marks       int    `default:"100000" help:"Marks in the reference (default ${default})."`
	Products    int    `default:"10000" help:"Products in the reference (default ${default})."`
	Findings    int    `default:"1000000" help:"Findings in the database (default ${default}; they take some minutes and 10 GB)."`
	Database    string `placeholder:"URL" help:"Empty PostgreSQL database, postgres://…; the findings stay there. Default SQLite in the folder of the data."`
	Requests    int    `default:"500" help:"Requests for each page (default ${default})."`
	Concurrency int    `default:"2" help:"Requests at a time (default ${default})."`
	Only        string `placeholder:"TEXT" help:"Ask only for pages whose name in the table holds TEXT."`
	Dir         string `placeholder:"DIR" type:"existingdir" help:"Keep the data in DIR instead of a temporary folder; the next run with the same numbers measures it again."`
}

func (c *benchPagesCmd) Run(env *environment) error {
	if c.Findings < 1 || c.Requests < 1 || c.Concurrency < 1 {
		return usageError("numbers must be positive")
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		return usageError("--database is the address of a PostgreSQL database, postgres://…")
	}
	flags := benchFlags{Marks: c.Marks, Runs: 1, Dir: c.Dir}
	return flags.bench(env, func(ctx context.Context, w io.Writer, b app.BenchOptions) error {
		return app.BenchPages(ctx, w, app.BenchPagesOptions{BenchOptions: b, Findings: c.Findings, Database: c.Database,
			Requests: c.Requests, Concurrency: c.Concurrency, Only: c.Only, Log: env.err})
	}, app.BenchOptions{Products: c.Products})
}
