package demo

import "assay"

// Truth is what is really going on in a listing.
type Truth struct {
	Kind     Kind
	Owner    string     // whose name is used or imitated, "" if nobody's
	Lane     assay.Lane // why it is wrong, "" when nothing is
	Story    string     // a sentence or two for people
	Operator string     // who runs the seller's account and others, "" for a seller with one
}

// Kind sorts listings by what is going on.
type Kind string

// Kinds in which nothing is wrong.
const (
	Clean        Kind = "unrelated goods"
	Genuine      Kind = "authorised seller"
	Flagship     Kind = "flagship store"
	Resale       Kind = "honest resale"
	SecondHand   Kind = "second-hand"
	Accessory    Kind = "accessory"
	OrdinaryWord Kind = "ordinary word"
	Disclaimer   Kind = "disclaimer"     // "not X"
	Box          Kind = "box or parts"   // an empty box, something broken
	Denial       Kind = "denies replica" // genuine, and says "no replica"
	Curio        Kind = "museum replica" // calls itself a replica, of nobody's brand
	GenuinePart  Kind = "genuine part"   // a strap as a variant beside its bag
	MistypedGTIN Kind = "mistyped GTIN"  // genuine, the number has a slip in it
)

// Kinds that are wrong though the goods are not counterfeit.
const (
	Unauthorised Kind = "outside the gate" // genuine, where only authorised sellers may offer
	BelowMinimum Kind = "below the minimum price"
	Bait         Kind = "mark as bait" // "inspired by X"
)

// Kinds of fakes.
const (
	ConfessingFake Kind = "confessing fake"
	SilentFake     Kind = "silent fake" // new, far too cheap, says nothing
	DisguisedFake  Kind = "disguised name"
	DearFake       Kind = "fake at nearly the genuine price"
	VariantFake    Kind = "hidden in a variant"
	BorrowedGTIN   Kind = "borrowed GTIN" // the number of another brand's product
	MadeUpGTIN     Kind = "made-up GTIN"  // its check digit is wrong

	// SwappedFake occurs in later revisions only: the offer was harmless at first.
	SwappedFake Kind = "fake after a harmless start"
)

// How many of 100,000 listings are of a kind; the rest, 86,660, is Clean. The
// figures are invented, in these proportions: one listing in seven or eight names
// a brand of the reference, and honest ones outnumber fakes 50 to 1, which is what
// makes false alarms matter. Of fakes, those that say so and those that are
// absurdly cheap are the common sort; the rest exists so that misses are seen.
const (
	perAll          = 100_000
	perGenuine      = 3_000
	perFlagship     = 1_500
	perResale       = 1_700
	perSecondHand   = 1_600
	perAccessory    = 1_800
	perOrdinaryWord = 700
	perDisclaimer   = 150
	perBox          = 150
	perDenial       = 60
	perCurio        = 40
	perGenuinePart  = 150
	perMistypedGTIN = 60

	perUnauthorised = 300
	perBelowMinimum = 150
	perBait         = 80

	perConfessingFake = 450
	perSilentFake     = 550
	perDisguisedFake  = 350
	perDearFake       = 150
	perVariantFake    = 120
	perBorrowedGTIN   = 180
	perMadeUpGTIN     = 100
)

// recipe is how often a kind occurs and how its listings are written. write
// returns the story, or ok = false when the world has no place for the kind (no
// brand with a minimum price, say); the listing is then clean.
type recipe struct {
	kind  Kind
	rate  int
	lane  assay.Lane
	write func(*draft) (story string, ok bool)
}

var recipes = []recipe{
	{Genuine, perGenuine, "", (*draft).genuine},
	{Flagship, perFlagship, "", (*draft).flagship},
	{Resale, perResale, "", (*draft).resale},
	{SecondHand, perSecondHand, "", (*draft).secondHand},
	{Accessory, perAccessory, "", (*draft).accessory},
	{OrdinaryWord, perOrdinaryWord, "", (*draft).ordinaryWord},
	{Disclaimer, perDisclaimer, "", (*draft).disclaimer},
	{Box, perBox, "", (*draft).box},
	{Denial, perDenial, "", (*draft).denial},
	{Curio, perCurio, "", (*draft).curio},
	{GenuinePart, perGenuinePart, "", (*draft).genuinePart},
	{MistypedGTIN, perMistypedGTIN, "", (*draft).mistypedGTIN},
	{Unauthorised, perUnauthorised, assay.LaneUnauthorised, (*draft).unauthorised},
	{BelowMinimum, perBelowMinimum, assay.LanePrice, (*draft).belowMinimum},
	{Bait, perBait, assay.LaneMisuse, (*draft).bait},
	{ConfessingFake, perConfessingFake, assay.LaneCounterfeit, (*draft).confessingFake},
	{SilentFake, perSilentFake, assay.LaneCounterfeit, (*draft).silentFake},
	{DisguisedFake, perDisguisedFake, assay.LaneCounterfeit, (*draft).disguisedFake},
	{DearFake, perDearFake, assay.LaneCounterfeit, (*draft).dearFake},
	{VariantFake, perVariantFake, assay.LaneCounterfeit, (*draft).variantFake},
	{BorrowedGTIN, perBorrowedGTIN, assay.LaneCounterfeit, (*draft).borrowedGTIN},
	{MadeUpGTIN, perMadeUpGTIN, assay.LaneCounterfeit, (*draft).madeUpGTIN},
}

// Kinds lists every kind of new listings with its share of all, per 100,000.
func Kinds() (kinds []Kind, per100k []int) {
	rest := perAll
	for i := range recipes {
		kinds, per100k = append(kinds, recipes[i].kind), append(per100k, recipes[i].rate)
		rest -= recipes[i].rate
	}
	return append([]Kind{Clean}, kinds...), append([]int{rest}, per100k...)
}

// Fake reports whether goods of that kind are counterfeit.
func (k Kind) Fake() bool {
	if k == SwappedFake {
		return true
	}
	for i := range recipes {
		if recipes[i].kind == k {
			return recipes[i].lane == assay.LaneCounterfeit
		}
	}
	return false
}

// recipeFor picks the recipe for a number in [0, perAll), nil for clean.
func recipeFor(n int) *recipe {
	for i := range recipes {
		if n -= recipes[i].rate; n < 0 {
			return &recipes[i]
		}
	}
	return nil
}
