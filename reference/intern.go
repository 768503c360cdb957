package reference

import (
	"hash/maphash"
	"slices"
	"strings"
)

// seed of every hash table here. The tables find; they give no order.
var seed = maphash.MakeSeed()

// interner numbers different strings in the order in which they come. It holds
// no pointers but to its three arrays, so that millions of strings cost the
// garbage collector nothing.
type interner struct {
	text  []byte
	ends  []uint32 // end of string i in text
	slots []int32  // open addressing; number + 1, 0 is free
	last  int32    // the string asked for last, which files often repeat
}

// maxInternBytes bounds what one interner holds.
const maxInternBytes = 1 << 30

func (n *interner) len() int { return len(n.ends) }

func (n *interner) at(i int32) []byte {
	start := uint32(0)
	if i > 0 {
		start = n.ends[i-1]
	}
	return n.text[start:n.ends[i]]
}

// intern returns the number of s. ok is false when there is no room for it.
func (n *interner) intern(s []byte) (id int32, ok bool) {
	if len(n.ends) > 0 && string(n.at(n.last)) == string(s) {
		return n.last, true
	}
	if 2*len(n.ends) >= len(n.slots) {
		n.grow()
	}
	mask := uint64(len(n.slots) - 1)
	i := maphash.Bytes(seed, s) & mask
	for ; n.slots[i] != 0; i = (i + 1) & mask {
		if id := n.slots[i] - 1; string(n.at(id)) == string(s) {
			n.last = id
			return id, true
		}
	}
	if len(n.text)+len(s) > maxInternBytes {
		return 0, false
	}
	id = int32(len(n.ends))
	n.text = append(n.text, s...)
	n.ends = append(n.ends, uint32(len(n.text)))
	n.slots[i] = id + 1
	n.last = id
	return id, true
}

func (n *interner) grow() {
	n.slots = make([]int32, max(64, 2*len(n.slots)))
	mask := uint64(len(n.slots) - 1)
	for id := range int32(len(n.ends)) {
		i := maphash.Bytes(seed, n.at(id)) & mask
		for n.slots[i] != 0 {
			i = (i + 1) & mask
		}
		n.slots[i] = id + 1
	}
}

// sorted returns all strings in order, and for each number its place in them.
func (n *interner) sorted() (strs []string, place []int32) {
	text := string(n.text)
	order := make([]int32, n.len())
	strs = make([]string, n.len())
	for i := range order {
		order[i] = int32(i)
		start := uint32(0)
		if i > 0 {
			start = n.ends[i-1]
		}
		strs[i] = text[start:n.ends[i]]
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(strs[a], strs[b]) })
	place = make([]int32, len(order))
	out := make([]string, len(order))
	for i, id := range order {
		place[id], out[i] = int32(i), strs[id]
	}
	return out, place
}

// arena keeps texts in a few large strings. A text is named by its offset.
type arena struct {
	full    []string
	current strings.Builder
}

const (
	arenaShift = 24
	arenaChunk = 1 << arenaShift
	maxArena   = 1<<32 - arenaChunk
)

// add keeps a text. ok is false when there is no room for it.
func (a *arena) add(text []byte) (offset uint32, ok bool) {
	if a.current.Len()+len(text) > arenaChunk {
		a.seal()
		a.current.Grow(arenaChunk)
	}
	if len(a.full)<<arenaShift >= maxArena {
		return 0, false
	}
	offset = uint32(len(a.full)<<arenaShift + a.current.Len())
	a.current.Write(text)
	return offset, true
}

func (a *arena) seal() {
	a.full = append(a.full, a.current.String())
	a.current = strings.Builder{}
}

// from returns the text that begins at offset and all that follows it there.
func (a *arena) from(offset uint32) string {
	return a.full[offset>>arenaShift][offset&(arenaChunk-1):]
}
