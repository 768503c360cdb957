package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"assay"
	"assay/app"
	"assay/feed"

	"golang.org/x/term"
)

type screenCmd struct {
	Reference   string            `required:"" placeholder:"DIR" env:"ASSAY_REFERENCE" type:"existingdir" help:"Folder with what is protected: marks.csv, products.csv and so on (docs/reference.md)."`
	Format      string            `placeholder:"FORMAT" enum:"ndjson,csv,tsv,google,jsonld,html," default:"" help:"Format of the input: ndjson, csv, tsv, google, jsonld or html; told by name and content if not given. gzip and zstd are undone by themselves."`
	Map         map[string]string `mapsep:"," placeholder:"FIELD=COLUMN,…" help:"Columns of a CSV or TSV that are not recognised: title=Artikel,price=Preis,seller.id=Konto."`
	Currency    string            `placeholder:"CODE" help:"Currency of prices that carry none (ISO 4217)."`
	Marketplace string            `placeholder:"NAME" help:"Marketplace of records that carry none."`
	Decimal     string            `placeholder:"SIGN" enum:"point,comma," default:"" help:"What separates decimals where 1.234 could be either: point or comma."`
	MinVerdict  string            `placeholder:"LEVEL" enum:"clear,review,block" default:"review" help:"Write verdicts from this level on: clear, review or block (default review)."`
	AsOf        string            `placeholder:"DATE" help:"Day whose rates and authorisations count, YYYY-MM-DD (default today, UTC)."`
	Rejects     string            `placeholder:"FILE" help:"Write the bad records' mistakes to FILE too, as NDJSON."`
	Workers     int               `placeholder:"N" help:"How many listings to screen at once (default: one a core). The output does not depend on it."`
	Summary     bool              `help:"Say at the end on standard error what was found, also when it is no terminal."`
	Files       []string          `arg:"" optional:"" name:"FILE" help:"Feeds; standard input if none or -."`
}

func (c *screenCmd) Run(env *environment) error {
	asOf, err := c.asOf()
	if err != nil {
		return err
	}
	if c.Workers < 0 || c.Workers > maxWorkers {
		return usageError(fmt.Sprintf("--workers must be between 0 and %d", maxWorkers))
	}
	if err := c.checkRejects(); err != nil {
		return err
	}
	inputs, size, err := c.inputs(env)
	if err != nil {
		return err
	}
	o := app.ScreenOptions{
		Feed: feed.Options{Format: feed.Format(c.Format), Map: c.Map, Currency: c.Currency,
			Marketplace: c.Marketplace, Decimal: feed.Decimal(c.Decimal)},
		Least: assay.Level(c.MinVerdict), Workers: c.Workers,
		Errors: env.err, Counters: &app.ScreenCounters{},
	}
	if err := o.Feed.Validate(); err != nil {
		return usageError(err.Error())
	}
	gen, err := app.LoadReference(c.Reference, asOf)
	if err != nil {
		return err
	}
	spendMemory(screenGarbage)
	var rejects *os.File
	if c.Rejects != "" {
		if rejects, err = os.Create(c.Rejects); err != nil {
			return err
		}
		defer rejects.Close()
		o.Rejects = rejects
	}
	done := func() {}
	if env.terminal {
		o.Errors = app.AboveProgress(env.err)
		p := app.NewProgress(env.err, size, "listings", time.Now)
		stop := app.Every(func() { p.Show(o.Counters.Bytes.Load(), o.Counters.Listings.Load()) })
		done = func() { stop(); p.Clear() }
	}
	summary, err := app.ScreenFeeds(env, gen, inputs, env.out, o)
	done()
	if err != nil {
		return err
	}
	if rejects != nil {
		if err := rejects.Close(); err != nil {
			return fmt.Errorf("writing rejects: %w", err)
		}
	}
	if c.Summary || env.terminal {
		app.WriteSummary(env.err, summary)
	}
	switch {
	case summary.Failed > 0:
		return status(exitFailed)
	case summary.Rejected > 0:
		return status(exitSkipped)
	}
	return nil
}

// maxWorkers bounds --workers: each holds several batches.
const maxWorkers = 256

// checkRejects refuses to write the rejects over a feed.
func (c *screenCmd) checkRejects() error {
	rejects, err := os.Stat(c.Rejects)
	if err != nil {
		return nil // not there yet
	}
	for _, name := range c.Files {
		if feed, err := os.Stat(name); err == nil && os.SameFile(feed, rejects) {
			return usageError("--rejects " + c.Rejects + " would overwrite a feed")
		}
	}
	return nil
}

func (c *screenCmd) asOf() (time.Time, error) {
	if c.AsOf == "" {
		return time.Now().UTC().Truncate(24 * time.Hour), nil
	}
	t, err := time.Parse(time.DateOnly, c.AsOf)
	if err != nil {
		return t, usageError(fmt.Sprintf("--as-of: %q is not a date like 2026-11-23", c.AsOf))
	}
	return t, nil
}

// inputs names the feeds and their size in all, 0 if it is not known. A file that
// is not there is found here, before anything is done.
func (c *screenCmd) inputs(env *environment) (inputs []app.Input, size int64, err error) {
	files := c.Files
	if len(files) == 0 {
		if f, ok := env.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, 0, usageError("no FILE is given and standard input is a terminal")
		}
		files = []string{"-"}
	}
	known := true
	for _, name := range files {
		if name == "-" {
			known = false
			inputs = append(inputs, app.Input{Name: "-", Open: func() (io.ReadCloser, error) { return io.NopCloser(env.in), nil }})
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, 0, err
		}
		if info.IsDir() {
			return nil, 0, usageError(name + " is a folder; name the feeds in it")
		}
		known = known && info.Mode().IsRegular()
		size += info.Size()
		inputs = append(inputs, app.Input{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }})
	}
	if !known {
		size = 0
	}
	return inputs, size, nil
}
