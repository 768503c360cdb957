package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay"
	"assay/app"
)

// clientFlags say which server a command talks to.
type clientFlags struct {
	Server string `placeholder:"URL" env:"ASSAY_SERVER" xor:"server" help:"Address of the server; needs --token."`
	Token  string `placeholder:"FILE" env:"ASSAY_TOKEN_FILE" type:"existingfile" help:"File with the token."`
	CA     string `name:"ca" placeholder:"FILE" type:"existingfile" help:"Certificate authority (PEM) of a server with one of its own."`
	Data   string `placeholder:"DIR" default:"assay-data" env:"ASSAY_DATA" help:"Data folder of a server that runs on this machine, instead of --server (default ${default})."`
}

func (f *clientFlags) client() (*app.Client, error) {
	if f.Server == "" {
		return app.ClientOf(f.Data)
	}
	if f.Token == "" {
		return nil, usageError("--server needs --token FILE")
	}
	return app.NewClient(app.ClientOptions{Server: f.Server, TokenFile: f.Token, CAFile: f.CA})
}

type importCmd struct {
	Marks      importMarksCmd      `cmd:"" help:"Marks: marks.csv."`
	Claims     importClaimsCmd     `cmd:"" help:"Claim phrases: claims.csv."`
	Products   importProductsCmd   `cmd:"" help:"Products: products.csv."`
	Authorised importAuthorisedCmd `cmd:"" help:"Authorised sellers: authorised.csv."`
	Gated      importGatedCmd      `cmd:"" help:"Gates: gated.csv."`
	Rates      importRatesCmd      `cmd:"" help:"Exchange rates: rates.csv."`
	Screening  importScreeningCmd  `cmd:"" help:"Thresholds and the price lane: screening.yaml."`
	Bank       importBankCmd       `cmd:"" help:"An image bank: a folder banks/NAME."`
	Reference  importReferenceCmd  `cmd:"" help:"All files of a reference folder."`
	Listings   importListingsCmd   `cmd:"" help:"Listings: feeds in every format that screen reads."`
}

// referenceFlags are those of one file of reference data.
type referenceFlags struct {
	clientFlags
	Replace bool   `help:"Also remove the rows of the file's owners that are not in it."`
	DryRun  bool   `help:"Say what would change, and change nothing."`
	File    string `arg:"" type:"existingfile" help:"The file (.gz accepted)."`
}

type (
	importMarksCmd      struct{ referenceFlags }
	importClaimsCmd     struct{ referenceFlags }
	importProductsCmd   struct{ referenceFlags }
	importAuthorisedCmd struct{ referenceFlags }
	importGatedCmd      struct{ referenceFlags }
	importRatesCmd      struct{ referenceFlags }
	importScreeningCmd  struct{ referenceFlags }
)

func (c *importMarksCmd) Run(env *environment) error    { return c.run(env, assay.ReferenceMarks) }
func (c *importClaimsCmd) Run(env *environment) error   { return c.run(env, assay.ReferenceClaims) }
func (c *importProductsCmd) Run(env *environment) error { return c.run(env, assay.ReferenceProducts) }
func (c *importAuthorisedCmd) Run(env *environment) error {
	return c.run(env, assay.ReferenceAuthorised)
}
func (c *importGatedCmd) Run(env *environment) error     { return c.run(env, assay.ReferenceGated) }
func (c *importRatesCmd) Run(env *environment) error     { return c.run(env, assay.ReferenceRates) }
func (c *importScreeningCmd) Run(env *environment) error { return c.run(env, assay.ReferenceScreening) }

func (f *referenceFlags) run(env *environment, kind assay.ReferenceKind) error {
	client, err := f.client()
	if err != nil {
		return err
	}
	return f.send(env, client, kind, f.File)
}

func (f *referenceFlags) mode() assay.ImportMode {
	if f.Replace {
		return assay.ImportReplace
	}
	return assay.ImportMerge
}

// send imports one file, with a progress line on a terminal.
func (f *referenceFlags) send(env *environment, client *app.Client, kind assay.ReferenceKind, name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	show := app.NewImportProgress(env.err, filepath.Base(name), in, env.terminal, time.Now)
	i, err := client.ImportReference(env, kind, f.mode(), f.DryRun, filepath.Base(name), show, show.Show)
	show.Clear()
	if err != nil {
		return err
	}
	would := ""
	if f.DryRun {
		would = "would be "
	}
	fmt.Fprintf(env.out, "%s: %s rows, %s%s added, %s changed, %s removed\n", filepath.Base(name), app.Thousands(int64(i.Rows)), would,
		app.Thousands(int64(i.Added)), app.Thousands(int64(i.Changed)), app.Thousands(int64(i.Removed)))
	return nil
}

type importReferenceCmd struct {
	clientFlags
	Replace bool   `help:"Also remove the rows of the files' owners that are not in them."`
	DryRun  bool   `help:"Say what would change, and change nothing."`
	Dir     string `arg:"" type:"existingdir" help:"The folder (docs/reference.md)."`
}

func (c *importReferenceCmd) Run(env *environment) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	// The whole folder is checked before any of it comes into force.
	if _, err := app.LoadReference(c.Dir, time.Now().UTC()); err != nil {
		return err
	}
	f := referenceFlags{Replace: c.Replace, DryRun: c.DryRun}
	for _, file := range app.ReferenceFiles() {
		name := filepath.Join(c.Dir, file.Name)
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := f.send(env, client, file.Kind, name); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "banks")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	n, err := client.ImportBanks(env, os.DirFS(c.Dir), f.mode(), c.DryRun)
	if err == nil {
		fmt.Fprintf(env.out, "banks: %s images and hashes\n", app.Thousands(int64(n)))
	}
	return err
}

type importBankCmd struct {
	clientFlags
	Replace bool   `help:"Also remove the bank's images that are not in the folder."`
	DryRun  bool   `help:"Say what would change, and change nothing."`
	Dir     string `arg:"" type:"existingdir" help:"Folder of the bank, named as the bank, with bank.yaml."`
}

func (c *importBankCmd) Run(env *environment) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	n, err := client.ImportBank(env, c.Dir, (&referenceFlags{Replace: c.Replace}).mode(), c.DryRun)
	if err == nil {
		fmt.Fprintf(env.out, "bank %s: %s images and hashes\n", filepath.Base(c.Dir), app.Thousands(int64(n)))
	}
	return err
}

type importListingsCmd struct {
	clientFlags
	Format      string   `placeholder:"FORMAT" enum:"ndjson,csv,tsv,google,jsonld,html," default:"" help:"Format of the input: ndjson, csv, tsv, google, jsonld or html; told by name and content if not given."`
	Currency    string   `placeholder:"CODE" help:"Currency of prices that carry none (ISO 4217)."`
	Marketplace string   `placeholder:"NAME" help:"Marketplace of records that carry none."`
	Files       []string `arg:"" optional:"" name:"FILE" help:"Feeds; standard input if none or -."`
}

func (c *importListingsCmd) Run(env *environment) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	rejected := 0
	for _, name := range files {
		n, err := c.send(env, client, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rejected += n
	}
	if rejected > 0 {
		return status(exitSkipped)
	}
	return nil
}

func (c *importListingsCmd) send(env *environment, client *app.Client, name string) (rejected int, err error) {
	var in io.Reader = env.in
	var size int64
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in = f
	}
	feed := app.FeedOptions(name, c.Format, c.Currency, c.Marketplace)
	show := app.NewSendProgress(env.err, size, in, env.terminal, time.Now)
	a, err := client.SendListings(env, http.Header{"Content-Type": {feed.ContentType}}, feed.Query, show)
	show.Clear()
	for _, p := range a.Rejected {
		p.File = name
		fmt.Fprintln(env.err, p.Error())
	}
	if err != nil {
		return 0, err
	}
	rejected = max(a.RejectedCount, len(a.Rejected))
	fmt.Fprintf(env.out, "%s: %s listings accepted, %s rejected\n", strings.TrimPrefix(filepath.Base(name), "-"), app.Thousands(int64(a.Accepted)), app.Thousands(int64(rejected)))
	return rejected, nil
}
