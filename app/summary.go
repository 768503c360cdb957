package app

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"assay"
)

// WriteSummary says for people what a run did.
func WriteSummary(w io.Writer, s ScreenSummary) {
	rate := int64(0)
	if s.Elapsed > 0 {
		rate = int64(float64(s.Listings) / s.Elapsed.Seconds())
	}
	fmt.Fprintf(w, "%s listings in %s (%s/s), %s verdicts written, %s records skipped",
		Thousands(s.Listings), s.Elapsed.Round(time.Millisecond), Thousands(rate), Thousands(s.Written), Thousands(s.Rejected))
	if s.Failed > 0 {
		fmt.Fprintf(w, ", %s inputs not read to their end", Thousands(s.Failed))
	}
	fmt.Fprintln(w)
	if len(s.Assessments) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "lane\tclear\treview\tblock\t")
	for _, lane := range append(assay.Lanes(), "") {
		levels, ok := s.Assessments[lane]
		if !ok {
			continue
		}
		name := string(lane)
		if name == "" {
			name = "none"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", name, Thousands(levels[assay.Clear]), Thousands(levels[assay.Review]), Thousands(levels[assay.Block]))
	}
	t.Flush()
}
