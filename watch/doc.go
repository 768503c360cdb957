// Package watch takes listings in for good. Intake fills them into envelopes and
// has them stored before it says so; a Worker screens the envelopes of one
// partition in their order and commits what became of them; Gate answers for one
// listing from the same engine and writes nothing; Rescreener brings the findings
// up to a new generation.
//
// # What holds
//
// A listing that was acknowledged is in the log, synced. What became of an envelope
// is committed in one transaction with its sequence, and nothing at or below that
// sequence is worked again; a listing with the content that its offer has already
// is no new revision. So a crash between any two steps loses nothing and doubles
// nothing.
package watch
