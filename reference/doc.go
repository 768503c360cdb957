// Package reference compiles what a task force protects (marks, claim phrases,
// products, authorised sellers, gates, exchange rates, image banks and policy)
// into one immutable Generation that screening reads.
//
// Load reads a folder (docs/reference.md describes its files); a Builder takes
// the same rows from elsewhere. Either way a generation is named by the hash of
// its rows in canonical form: the order of rows and columns, the line ends and the
// way a number is written do not matter, a change of meaning does. Ids are given
// out in canonical order too, so that equal rows make equal generations.
//
// A mistake anywhere gives no generation. All mistakes are reported at once,
// each with its place, as assay.Problems.
package reference
