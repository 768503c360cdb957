// Package score turns observed facts into points and points into a verdict.
//
// A point is one unit of log-odds: the natural logarithm of how much likelier the
// fact is for a fake than for an honest offer, among the listings that name the
// mark. Points of independent facts add up, and the sum, never clipped, is the
// score; what a sum asks for is set by thresholds (Policy). Where two facts say
// nearly the same thing, the second counts less; each weight says so.
//
// The weights are estimates with their reasons (docs/how-it-decides.md), to be
// replaced by counts of decided cases; Version names them.
package score
