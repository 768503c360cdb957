package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

const description = `Assay watches marketplace listings for counterfeits and says, with reasons, which to look at.

Start with "assay demo", then "assay screen --help" for files, "assay serve --help" for a server.`

// examples teach what flags alone do not; they follow a command's help.
var examples = map[string]string{
	"screen": `Reads listings, writes one verdict a line (NDJSON) for those that need a look, best reasons first.

  A feed, its format told by its name, verdicts to a file:
    assay screen --reference ref listings.ndjson.gz > verdicts.ndjson

  A spreadsheet export whose columns have other names, prices all in euros:
    assay screen --reference ref --map title=Artikel,price=Preis --currency EUR offers.csv

  One listing from the clipboard, with everything that was weighed:
    echo '{"marketplace":"bazar.example","id":"1","title":"Bellweather bag, mirror quality"}' |
      assay screen --reference ref --min-verdict clear

The reference is a folder of CSV files; only marks.csv is required:
    mark,kind,owner
    Bellweather,distinctive,Bellweather Group

Bad records are named on standard error as FILE:LINE: field: reason and skipped.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with records skipped.
More: docs/feeds.md, docs/reference.md, docs/how-it-decides.md`,
	"serve": `Takes listings in durably, screens them, keeps findings and answers the gate. Everything is in one folder
unless addresses say otherwise; the first start writes the admin token there.

  A server of one's own, then its reference and listings:
    assay serve --data assay-data &
    assay import reference --data assay-data examples/reference
    assay import listings --data assay-data listings.ndjson.gz

  On PostgreSQL and an outside NATS, settings from a file:
    assay serve --config /etc/assay.yaml --database postgres://assay@db/assay --nats nats://nats:4222

More: docs/server.md, docs/api.md`,
	"backup": `Writes everything a running server keeps into one file, while it goes on, and reads it back.

    assay backup --data assay-data assay-2026-11-24.tar
    assay restore --data new-data assay-2026-11-24.tar`,
	"demo": `Runs a server on a temporary folder, feeds it an invented world of brands, honest sellers and fakes, compares
the findings with the truth, misses included, and serves the pages until Ctrl-C. Nothing is kept.

  The report alone, of fewer listings:
    assay demo --listings 5000 --exit`,
	"screen bench": `Writes invented listings and marks to a temporary folder and times "assay screen" on them as a process of
its own, reading included. Example: assay bench screen --marks 100000 --listings 1000000 --runs 5`,
	"reference bench": `Times loading a reference folder of invented marks and products as a process of its own.`,
}

func helpWithExamples(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	if node := ctx.Selected(); node != nil {
		key := node.Name
		if node.Parent != nil && node.Parent.Name == "bench" {
			key += " bench"
		}
		if text, ok := examples[key]; ok {
			fmt.Fprintf(ctx.Stdout, "\n%s\n", text)
		}
	}
	return nil
}
