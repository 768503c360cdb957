package reference

import (
	"slices"

	"assay"
)

// maxShownBytes bounds what is shown of the rows of one kind of change, past its first.
const maxShownBytes = 1 << 20

// changes is what a file would do to the stored rows of its kind. It counts all of it, and
// keeps the first rows of each kind of change: of those that the file names by their
// lines, whatever the order in which they come.
type changes struct {
	file   *rowFile
	whose  map[string]bool // whose rows the file replaces; nil: everybody's
	nobody bool            // it replaces nobody's

	same, changed, removed int
	showAdded, showChanged firstLines
	showRemoved            []assay.ReferenceChange
}

// newChanges begins with a file whose rows are numbered.
func newChanges(f *rowFile, mode assay.ImportMode) *changes {
	owners, none := f.replaced(mode)
	c := &changes{file: f, nobody: none}
	if owners != nil {
		c.whose = map[string]bool{}
		for _, o := range owners {
			c.whose[o] = true
		}
	}
	return c
}

// stays is told every stored row, by key, and reports whether it stays beside those of the
// file.
func (c *changes) stays(owner, key, fields string) bool {
	if mark := c.file.find(key); mark != nil {
		mark.stored = true
		if mark.row == rowDigest(owner, fields) {
			c.same++
			return false
		}
		c.changed++
		c.showChanged.add(mark.line, assay.ReferenceChange{Change: assay.RowChanged, Key: key, Owner: owner, Before: fields})
		return false
	}
	if c.nobody || c.whose != nil && !c.whose[owner] {
		return true
	}
	c.removed++
	if len(c.showRemoved) < assay.MaxChanges {
		c.showRemoved = append(c.showRemoved, assay.ReferenceChange{Change: assay.RowRemoved, Key: key, Owner: owner, Before: fields})
	}
	return false
}

// comes is told every row of the file, once the stored ones are through.
func (c *changes) comes(row assay.ReferenceRow, line int) {
	if changed := c.showChanged.at(uint32(line)); changed != nil {
		changed.Owner, changed.After = row.Owner, row.Fields
		return
	}
	// Rows come about in the order of their lines: few are looked up.
	if !c.showAdded.wants(uint32(line)) || c.file.find(row.Key).stored {
		return
	}
	c.showAdded.add(uint32(line), assay.ReferenceChange{Change: assay.RowAdded, Key: row.Key, Owner: row.Owner, After: row.Fields})
}

func (c *changes) counts() (added, changed, removed int) {
	return len(c.file.rows) - c.same - c.changed, c.changed, c.removed
}

// list returns the rows to show: those added, changed and removed.
func (c *changes) list() (all []assay.ReferenceChange) {
	for _, part := range [][]assay.ReferenceChange{c.showAdded.changes, c.showChanged.changes, c.showRemoved} {
		size := 0
		for i := range part {
			size += len(part[i].Before) + len(part[i].After)
			if i > 0 && size > maxShownBytes {
				break
			}
			all = append(all, part[i])
		}
	}
	return all
}

// firstLines keeps the changes of the lowest lines, at most assay.MaxChanges, in their order.
type firstLines struct {
	lines   []uint32
	changes []assay.ReferenceChange // one for each of lines
}

// wants reports whether add would keep a change on a line.
func (l *firstLines) wants(line uint32) bool {
	return len(l.lines) < assay.MaxChanges || line < l.lines[len(l.lines)-1]
}

func (l *firstLines) add(line uint32, change assay.ReferenceChange) {
	if !l.wants(line) {
		return
	}
	i, _ := slices.BinarySearch(l.lines, line)
	l.lines = slices.Insert(l.lines, i, line)
	l.changes = slices.Insert(l.changes, i, change)
	n := min(len(l.lines), assay.MaxChanges)
	l.lines, l.changes = l.lines[:n], l.changes[:n]
}

// at returns the change that is kept on a line, nil if there is none.
func (l *firstLines) at(line uint32) *assay.ReferenceChange {
	if i, ok := slices.BinarySearch(l.lines, line); ok {
		return &l.changes[i]
	}
	return nil
}
