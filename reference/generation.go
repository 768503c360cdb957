package reference

import (
	"runtime"
	"slices"
	"time"

	"assay/marks"
	"assay/price"
	"assay/score"
)

// Generation is everything that screening compares a listing with, at one date.
// It is immutable: any number of goroutines may read it, and its look-ups do not
// allocate. What its methods return belongs to it and must not be written to.
type Generation struct {
	hash string
	asOf time.Time

	owners  []string // in order; an OwnerID is an index
	terms   []Term
	roles   []TermRole // of terms, apart because a list of marks is asked for little else
	matcher *marks.Matcher

	products   []productRow
	texts      []string // chunks of the products' texts
	categories []string // in order
	currencies []string
	byGTIN     productIndex
	byPart     productIndex
	catalogues []ownerCatalogues // by owner
	priced     []uint64          // a bit for each owner who has a catalogue: most have none

	channels      channels
	rates         *price.Rates
	currencyRates int
	policy        score.Policy
	banks         []Bank
}

// OwnerID numbers the owners of a generation from 0, in the order of their names.
type OwnerID int32

// NoOwner is the owner of what has none, such as a claim phrase.
const NoOwner OwnerID = -1

// Hash names the generation by what its rows mean: "sha256:" and 64 hex digits.
// It does not cover AsOf.
func (g *Generation) Hash() string { return g.hash }

// AsOf returns the day, as midnight UTC, at which validity and rates were taken.
func (g *Generation) AsOf() time.Time { return g.asOf }

// Matcher finds the generation's terms; Term says what a hit's term is.
func (g *Generation) Matcher() *marks.Matcher { return g.matcher }

// Term returns a term by the id that a hit carries.
func (g *Generation) Term(id int32) Term { return g.terms[id] }

// Role says what a hit's term stands for, and for whom.
func (g *Generation) Role(id int32) TermRole { return g.roles[id] }

// Terms returns how many terms there are.
func (g *Generation) Terms() int { return len(g.terms) }

// Owner returns an owner's name, "" for NoOwner.
func (g *Generation) Owner(id OwnerID) string {
	if id < 0 {
		return ""
	}
	return g.owners[id]
}

// OwnerID returns an owner by name.
func (g *Generation) OwnerID(name string) (OwnerID, bool) {
	i, ok := slices.BinarySearch(g.owners, name)
	if !ok {
		return NoOwner, false
	}
	return OwnerID(i), true
}

// Owners returns how many owners there are, in all files together.
func (g *Generation) Owners() int { return len(g.owners) }

// Rates returns the latest rate of each currency on or before AsOf.
func (g *Generation) Rates() *price.Rates { return g.rates }

// Policy returns what screening.yaml sets.
func (g *Generation) Policy() score.Policy { return g.policy }

// Banks returns the image banks in the order of their names.
func (g *Generation) Banks() []Bank { return g.banks }

// Stats counts what a generation holds.
type Stats struct {
	Owners, Marks, Claims, Products, PricedOwners, Authorised, Gates, Currencies, Banks, BankImages, BankHashes int
}

// Stats counts what g holds, rows that repeat another left out.
func (g *Generation) Stats() Stats {
	s := Stats{
		Owners: len(g.owners), Products: len(g.products), Authorised: len(g.channels.accounts),
		Gates: len(g.channels.gates), Currencies: g.currencyRates, Banks: len(g.banks),
	}
	for i := range g.terms {
		if g.terms[i].Kind == TermMark {
			s.Marks++
		} else {
			s.Claims++
		}
	}
	for i := range g.catalogues {
		if g.catalogues[i].brand.N > 0 {
			s.PricedOwners++
		}
	}
	for i := range g.banks {
		s.BankImages += len(g.banks[i].Images)
		s.BankHashes += len(g.banks[i].Hashes)
	}
	return s
}

// day returns the date of t in UTC.
func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// validOn reports whether the inclusive days from … to hold the day; a zero time
// is open.
func validOn(day, from, to time.Time) bool {
	return (from.IsZero() || !day.Before(from)) && (to.IsZero() || !day.After(to))
}

func workerCount() int { return runtime.GOMAXPROCS(0) }
