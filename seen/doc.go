// Package seen remembers offers: for each, the content it had when it was last
// seen, and what had changed by then. It answers "is this listing new, changed or
// the same again?" for tens of millions of offers from memory, at 56 bytes each.
//
// Index is the memory. It is a pure function of the segments applied to it, in any
// order: a Segment is the compact, compressed form in which a run of changes is
// kept, so that the index can be rebuilt at start and followed by other processes.
package seen
