package marks

import "assay"

// How is the set of disguises undone to read a hit.
type How uint8

const (
	HowCase      How = 1 << iota // other letter case than the term's
	HowWidth                     // full-width or another compatibility form
	HowAccent                    // diacritics added or left out
	HowSeparator                 // other separators between the words
)

// HowSets is how many sets there are: every How is below it.
const HowSets = 1 << 4

// Disguises lists the set in the words of a verdict.
func (h How) Disguises() []assay.Disguise {
	var names []assay.Disguise
	for i, name := range [...]assay.Disguise{assay.DisguiseCase, assay.DisguiseWidth, assay.DisguiseConfusable, assay.DisguiseSeparator} {
		if h&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Hit is one occurrence of a term: Term is its index in the list the Matcher was
// built from, and text[Start:End] is how it was written. Start and End fall on
// character boundaries.
type Hit struct {
	Term       int32
	How        How
	Start, End int
}
