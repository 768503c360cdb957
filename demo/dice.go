package demo

import (
	"math/bits"
	"math/rand/v2"
)

// dice is the source of chance for one thing of the world. It is seeded by what
// the thing is, so that no two things share a stream and order does not matter.
type dice struct{ pcg rand.PCG }

// Streams of chance, one for each sort of thing.
const (
	streamListing uint64 = iota + 1
	streamProduct
	streamSeller
	streamChannel
	streamFiller
	streamPhoto
	streamOperator
	streamRevision
)

func newDice(seed, stream, i uint64) (d dice) {
	d.pcg.Seed(hash(seed, stream), hash(stream, i))
	return d
}

// n returns a number in [0, n). The bias of n/2^64 does not matter here.
func (d *dice) n(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// between returns a number in [lo, hi].
func (d *dice) between(lo, hi int) int { return lo + d.n(hi-lo+1) }

// chance is true in percent of cases.
func (d *dice) chance(percent int) bool { return d.n(100) < percent }

// low returns a number in [0, n), small ones more often: popular brands and busy
// shops have more offers than the rest.
func (d *dice) low(n int) int { return min(d.n(n), d.n(n)) }

func pick[T any](d *dice, from []T) T { return from[d.n(len(from))] }

// hash mixes two numbers into one (the finalizer of SplitMix64).
func hash(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ bits.RotateLeft64(b, 32)*0xbf58476d1ce4e5b9 ^ b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
