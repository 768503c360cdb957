// Command assay runs Assay: screening on the command line, the demo and the
// benchmarks. It parses flags and hands the work to package app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"assay"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// version is set when a release is built.
var version = "dev"

// Exit statuses, for scripts.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitSkipped = 3 // done, but records were skipped
)

type cli struct {
	Screen     screenCmd     `cmd:"" help:"Screen listings against a reference folder: feeds in, explained verdicts out."`
	Serve      serveCmd      `cmd:"" help:"Run a server: take listings in, keep findings, answer the gate."`
	Import     importCmd     `cmd:"" help:"Bring reference data or listings to a server."`
	Backup     backupCmd     `cmd:"" help:"Write a backup of a running server."`
	Restore    restoreCmd    `cmd:"" help:"Make a server's data from a backup."`
	Token      tokenCmd      `cmd:"" help:"Manage the admin token."`
	Demo       demoCmd       `cmd:"" help:"Feed a server an invented world, compare what was found with what is true, and serve the pages."`
	Bench      benchCmd      `cmd:"" help:"Measure this machine."`
	Completion completionCmd `cmd:"" help:"Print the completion script of a shell."`

	Config  kong.ConfigFlag  `placeholder:"FILE" help:"Settings: a YAML file with flags by their names. Flags and the environment go before it."`
	Version kong.VersionFlag `help:"Print the version and leave."`
}

// environment is what a command works with.
type environment struct {
	context.Context
	in       io.Reader
	out, err io.Writer
	terminal bool // err is a terminal: progress may be drawn
}

// status is an error that only carries an exit status; what there was to say has
// been said.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is wrong use that the flag parser cannot see.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	code := run(environment{
		Context: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// run does what args ask for and returns the exit status.
func run(env environment, args []string) int {
	var c cli
	left := -1 // set when the parser itself ends the program, after --help
	parser, err := kong.New(&c,
		kong.Name("assay"),
		kong.Description(description),
		kong.Vars{"version": version},
		kong.Writers(env.out, env.err),
		kong.Exit(func(code int) { left = code }),
		kong.UsageOnError(),
		kong.Configuration(readSettings),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(helpWithExamples),
	)
	if err != nil {
		fmt.Fprintln(env.err, "assay:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if left >= 0 {
		return left
	}
	if err != nil {
		fmt.Fprintf(env.err, "assay: %v\nTry: %s --help\n", err, commandOf(err))
		return exitUsage
	}
	err = k.Run(&env, parser)
	var s status
	var u usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &s):
		return int(s)
	case errors.As(err, &u):
		fmt.Fprintf(env.err, "assay: %v\nTry: %s --help\n", err, k.Selected().FullPath())
		return exitUsage
	}
	var problems assay.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(env.err, problems)
	} else {
		fmt.Fprintln(env.err, "assay:", err)
	}
	return exitFailed
}

// commandOf names the command that a parse error is about.
func commandOf(err error) string {
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context.Command() != "" {
		if node := p.Context.Selected(); node != nil {
			return node.FullPath()
		}
	}
	return "assay"
}
