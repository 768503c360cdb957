package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"assay"
	"assay/demo"
	"assay/feed"

	"github.com/go-json-experiment/json"
)

// DemoOptions says how large the demonstration is.
type DemoOptions struct {
	Seed     uint64
	Listings int
	// Counters, if set, is kept up to date while listings are screened; Screened, if
	// set, is called when they are, before anything is written.
	Counters *ScreenCounters
	Screened func()
}

// Demo screens the listings of an invented world through the same door that a
// feed takes and compares the verdicts with the world's truth.
func Demo(ctx context.Context, w io.Writer, o DemoOptions) error {
	world := demo.New(o.Seed, demo.Options{})
	dir, err := os.MkdirTemp("", "assay-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := WriteReference(world, dir); err != nil {
		return err
	}
	gen, err := LoadReference(dir, demo.AsOf())
	if err != nil {
		return err
	}
	var verdicts, complaints bytes.Buffer
	input := Input{Name: "world.ndjson", Open: func() (io.ReadCloser, error) { return worldFeed(world, o.Listings), nil }}
	summary, err := ScreenFeeds(ctx, gen, []Input{input}, &verdicts, ScreenOptions{
		Least: assay.Review, Errors: &complaints, Counters: o.Counters,
	})
	if o.Screened != nil {
		o.Screened()
	}
	if err != nil {
		return err
	}
	if complaints.Len() > 0 {
		return fmt.Errorf("the invented world is not in the listing format:\n%s", complaints.Bytes())
	}
	t, err := compare(world, o.Listings, &verdicts)
	if err != nil {
		return err
	}
	stats := gen.Stats()
	fmt.Fprintf(w, "An invented world: %s listings on marketplaces that do not exist, %s marks, %s products.\n",
		Thousands(int64(o.Listings)), Thousands(int64(stats.Marks)), Thousands(int64(stats.Products)))
	fmt.Fprintf(w, "Screened in %s (%s listings a second): %s asked for a look.\n\n", summary.Elapsed.Round(time.Millisecond),
		Thousands(int64(float64(summary.Listings)/summary.Elapsed.Seconds())), Thousands(summary.Written))
	t.write(w)
	return nil
}

// worldFeed streams a world's listings as NDJSON.
func worldFeed(world *demo.World, n int) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		var block []byte
		for i := range n {
			l, _ := world.Listing(uint64(i))
			block = append(feed.AppendListing(block, &l), '\n')
			if len(block) > 64<<10 || i == n-1 {
				if _, err := w.Write(block); err != nil {
					return // the reader has left
				}
				block = block[:0]
			}
		}
		w.Close()
	}()
	return r
}

// tally holds what was found against what is true.
type tally struct {
	kinds  []demo.Kind // in the order met
	byKind map[demo.Kind]*[3]int
	lanes  map[assay.Lane]*laneTally
	hit    example // the highest score that is right
	alarm  example // the highest score that is wrong
	missed example // the first fake not found
}

type laneTally struct{ wrong, found, alarms int }

type example struct {
	listing assay.Listing
	truth   demo.Truth
	verdict assay.Verdict
	set     bool
}

// compare reads the verdicts beside the truth; both are in the order of the
// listings.
func compare(world *demo.World, n int, verdicts *bytes.Buffer) (*tally, error) {
	t := &tally{byKind: map[demo.Kind]*[3]int{}, lanes: map[assay.Lane]*laneTally{}}
	var next assay.Verdict
	read := func() error {
		next = assay.Verdict{}
		line, err := verdicts.ReadBytes('\n')
		if err != nil {
			return nil // none left
		}
		return json.Unmarshal(line, &next)
	}
	if err := read(); err != nil {
		return nil, err
	}
	for i := range n {
		l, truth := world.Listing(uint64(i))
		var v assay.Verdict
		if next.ID == l.ID && next.Marketplace == l.Marketplace {
			v = next
			if err := read(); err != nil {
				return nil, err
			}
		}
		t.add(l, truth, v)
	}
	if next.ID != "" {
		return nil, fmt.Errorf("verdict on %s %s: no such listing here", next.Marketplace, next.ID)
	}
	return t, nil
}

func (t *tally) add(l assay.Listing, truth demo.Truth, v assay.Verdict) {
	if t.byKind[truth.Kind] == nil {
		t.byKind[truth.Kind] = &[3]int{}
		t.kinds = append(t.kinds, truth.Kind)
	}
	t.byKind[truth.Kind][max(0, v.Level.Rank())]++
	e := example{l, truth, v, true}
	found := false
	if v.ID != "" {
		for _, a := range append([]assay.Assessment{v.Assessment}, v.Other...) {
			right := a.Lane == truth.Lane && a.Owner == truth.Owner
			switch {
			case right:
				found = true
				if t.hit.verdict.Score < v.Score && a.Score == v.Score {
					t.hit = e
				}
			case a.Lane == assay.LaneUnauthorised && truth.Kind.Fake() && a.Owner == truth.Owner:
				// A fake behind a gate is offered by an unauthorised seller too.
			default:
				t.lane(a.Lane).alarms++
				if !t.alarm.set || t.alarm.verdict.Score < a.Score {
					t.alarm = e
					t.alarm.verdict.Assessment = a
				}
			}
		}
	}
	if truth.Lane != "" {
		lane := t.lane(truth.Lane)
		lane.wrong++
		if found {
			lane.found++
		} else if !t.missed.set && truth.Lane == assay.LaneCounterfeit {
			t.missed = e
		}
	}
}

func (t *tally) lane(lane assay.Lane) *laneTally {
	if t.lanes[lane] == nil {
		t.lanes[lane] = &laneTally{}
	}
	return t.lanes[lane]
}

func (t *tally) write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LANE\tWRONG\tFOUND\tRECALL (95 %)\tFALSE ALARMS\tPRECISION (95 %)")
	for _, lane := range assay.Lanes() {
		l, ok := t.lanes[lane]
		if !ok {
			continue
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%d\t%s\n", lane, l.wrong, l.found, share(l.found, l.wrong), l.alarms, share(l.found, l.found+l.alarms))
	}
	table.Flush()
	fmt.Fprintln(w)
	fmt.Fprintln(table, "WHAT IS GOING ON\tLISTINGS\tCLEAR\tREVIEW\tBLOCK")
	slices.Sort(t.kinds)
	for _, kind := range t.kinds {
		n := t.byKind[kind]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\n", kind, n[0]+n[1]+n[2], n[0], n[1], n[2])
	}
	table.Flush()
	for _, e := range []struct {
		title string
		example
	}{{"Found", t.hit}, {"A false alarm", t.alarm}, {"A miss", t.missed}} {
		if e.set {
			fmt.Fprintf(w, "\n%s. The truth: %s\n", e.title, e.truth.Story)
			WriteExplanation(w, &e.listing, &e.verdict)
		}
	}
}

// share formats found of all with the Wilson score interval.
func share(found, all int) string {
	if all == 0 {
		return "–"
	}
	const z = 1.96
	n, p := float64(all), float64(found)/float64(all)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return fmt.Sprintf("%.3f (%.3f – %.3f)", p, max(0, centre-half), min(1, centre+half))
}

// WriteExplanation writes a verdict for people: the offer, then what each signal
// weighed.
func WriteExplanation(w io.Writer, l *assay.Listing, v *assay.Verdict) {
	fmt.Fprintf(w, "  %s\n", l.Title)
	fmt.Fprintf(w, "  %s · %s · %s · seller %s\n", l.Marketplace, l.ID, firstOf(l.Price.String(), "no price of its own"), firstOf(l.Seller.ID, l.Seller.Name, "unknown"))
	if v.Level == "" {
		fmt.Fprintln(w, "  clear")
		return
	}
	about := v.Owner
	if v.Variant != "" {
		about += " · variant " + v.Variant
	}
	fmt.Fprintf(w, "  %s · %s · %s · score %s\n", v.Level, v.Lane, about, v.Score)
	for _, c := range v.Contributions {
		fmt.Fprintf(w, "    %+.2f  %-8s %s\n", float64(c.Points)/float64(assay.Point), c.Signal, detail(c))
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// detail says in words what a contribution compared.
func detail(c assay.Contribution) string {
	var parts []string
	if c.Written != "" {
		parts = append(parts, fmt.Sprintf("%q in %s", c.Written, c.Where))
	}
	if c.Mark != "" && c.Mark != c.Written {
		parts = append(parts, "is "+c.Mark)
	}
	if c.Amount != "" {
		parts = append(parts, fmt.Sprintf("%s against %s %s (%s)", c.Amount, c.Reference, c.Currency, c.Basis))
	} else if c.Basis != "" {
		parts = append(parts, c.Basis)
	}
	if c.GTIN != "" {
		parts = append(parts, c.GTIN)
	}
	if c.Note != "" {
		parts = append(parts, c.Note)
	}
	return strings.Join(parts, ", ")
}
