package reference

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assay"
)

// MaxProblems is how many mistakes are listed. Nobody reads further, and a
// hostile file could hold millions.
const MaxProblems = 1_000

// Place is where a row stands, for the mistakes that are found in it.
type Place struct {
	File string
	Line int // from 1; 0 if unknown
}

// mistakes keeps the first MaxProblems problems in the order of files, lines and
// columns, and counts the rest. Because it keeps the smallest ones, the order in
// which they are found does not matter.
type mistakes struct {
	list []mistake
	more int
}

type mistake struct {
	file   int // rank of the file in fileOrder
	column int
	*assay.Problem
}

// fileOrder is the order in which files are reported; others (banks) follow.
var fileOrder = []string{marksFile, claimsFile, productsFile, authorisedFile, gatedFile, ratesFile, screeningFile}

func (m *mistakes) add(at Place, column int, field, format string, args ...any) {
	rank := slices.Index(fileOrder, at.File)
	if rank < 0 {
		rank = len(fileOrder)
	}
	m.list = append(m.list, mistake{rank, column, &assay.Problem{
		File: at.File, Line: at.Line, Field: field, Reason: fmt.Sprintf(format, args...),
	}})
	if len(m.list) >= 2*MaxProblems {
		m.cut()
	}
}

func (m *mistakes) cut() {
	slices.SortStableFunc(m.list, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.file, b.file), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.column, b.column), strings.Compare(a.Field, b.Field), strings.Compare(a.Reason, b.Reason))
	})
	if extra := len(m.list) - MaxProblems; extra > 0 {
		m.more += extra
		clear(m.list[MaxProblems:])
		m.list = m.list[:MaxProblems]
	}
}

// take moves the mistakes of other into m.
func (m *mistakes) take(other *mistakes) {
	m.list = append(m.list, other.list...)
	m.more += other.more
	other.list, other.more = other.list[:0], 0
	if len(m.list) >= 2*MaxProblems {
		m.cut()
	}
}

func (m *mistakes) any() bool { return len(m.list) > 0 }

// err returns all mistakes as assay.Problems, nil if there is none.
func (m *mistakes) err() error {
	m.cut()
	var ps assay.Problems
	for _, p := range m.list {
		ps = append(ps, p.Problem)
	}
	if m.more > 0 {
		ps = append(ps, &assay.Problem{Reason: fmt.Sprintf("and %d more mistakes", m.more)})
	}
	return ps.Err()
}

// quoted quotes text of somebody's file for a message, shortened to 60 bytes.
func quoted(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return strconv.Quote(s)
}

// reasonOf returns what an error of the root package says, without its place.
func reasonOf(err error) string {
	if p, ok := err.(*assay.Problem); ok {
		return p.Reason
	}
	return err.Error()
}
