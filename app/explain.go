package app

import (
	"fmt"
	"io"
	"strings"

	"assay"
)

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
