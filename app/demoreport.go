package app

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"assay"

	"golang.org/x/text/width"
)

// write tells what was found, missed and wrongly found, in lines of reportWidth.
func (t *tally) write(w io.Writer) {
	t.writeLanes(w)
	fmt.Fprintln(w)
	t.writeSignals(w)
	fmt.Fprintln(w)
	t.writeKinds(w)
	if t.alarm != nil {
		fmt.Fprintln(w, "\nThe false alarm with the highest score. The truth:")
		writeWrapped(w, "  ", t.alarm.truth.Story)
		writeClipped(w, func(w io.Writer) {
			WriteExplanation(w, &t.alarm.listing, &assay.Verdict{Assessment: t.alarm.finding.Assessment})
		})
	}
	for i, j := range t.missed {
		if i == 0 {
			fmt.Fprintln(w, "\nFakes that were not found, the first of their kinds. The truth:")
		}
		writeWrapped(w, "  ", j.truth.Story)
		writeClipped(w, func(w io.Writer) { WriteExplanation(w, &j.listing, &assay.Verdict{}) })
	}
}

func (t *tally) writeLanes(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LANE\tWRONG\tFOUND\tRECALL (95 %)\tFALSE ALARMS\tPRECISION (95 %)")
	for _, lane := range assay.Lanes() {
		if l, ok := t.lanes[lane]; ok {
			fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%d\t%s\n", lane, l.wrong, l.found, share(l.found, l.wrong), l.alarms, share(l.found, l.found+l.alarms))
		}
	}
	table.Flush()
}

func (t *tally) writeSignals(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SIGNAL\tIN RIGHT\tIN FALSE\tPRECISION (95 %)\tRECALL OF FAKES (95 %)")
	fakes := 0
	if l, ok := t.lanes[assay.LaneCounterfeit]; ok {
		fakes = l.wrong
	}
	names := slices.SortedFunc(maps.Keys(t.signals), func(a, b assay.Signal) int {
		x, y := t.signals[a], t.signals[b]
		return cmp.Or(cmp.Compare(y.right, x.right), cmp.Compare(y.alarms, x.alarms), cmp.Compare(a, b))
	})
	for _, name := range names {
		s := t.signals[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", name, s.right, s.alarms, share(s.right, s.right+s.alarms), share(s.fakes, fakes))
	}
	table.Flush()
}

// writeKinds tells of what is wrong first, lane by lane.
func (t *tally) writeKinds(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT IS GOING ON\tLANE\tLISTINGS\tCLEAR\tREVIEW\tBLOCK")
	for _, lane := range append(assay.Lanes(), "") {
		for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
			if k := t.kinds[kind]; k.lane == lane {
				n := k.levels
				fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\n", kind, firstOf(string(lane), "–"), n[0]+n[1]+n[2], n[0], n[1], n[2])
			}
		}
	}
	table.Flush()
}

// writeSights tells which findings are worth seeing, and where they are.
func (t *tally) writeSights(w io.Writer, pages string) {
	shown := 0
	for i, j := range t.sights {
		if j == nil || shown == maxSights {
			continue
		}
		if shown++; shown == 1 {
			fmt.Fprintln(w, "\nFindings worth seeing:")
		}
		fmt.Fprintf(w, "  %sfindings/%s\n", pages, j.finding.ID)
		writeWrapped(w, "    ", sights[i].what+". "+j.truth.Story)
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

// reportWidth is how many columns of a terminal the report takes.
const reportWidth = 100

// writeWrapped writes text in lines of reportWidth, broken at spaces.
func writeWrapped(w io.Writer, indent, text string) {
	line := indent
	for word := range strings.FieldsSeq(text) {
		if line != indent && columns(line)+1+columns(word) > reportWidth {
			fmt.Fprintln(w, line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, line)
}

// writeClipped writes what write does, lines cut to reportWidth.
func writeClipped(w io.Writer, write func(io.Writer)) {
	var b bytes.Buffer
	write(&b)
	for line := range strings.Lines(b.String()) {
		fmt.Fprintln(w, clipped(strings.TrimSuffix(line, "\n")))
	}
}

func clipped(line string) string {
	if columns(line) <= reportWidth {
		return line
	}
	n := 0
	for i, r := range line {
		if n += runeColumns(r); n > reportWidth-1 {
			return line[:i] + "…"
		}
	}
	return line
}

// columns is how much room a terminal gives to text.
func columns(s string) (n int) {
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}
