package score

import "assay"

// Version names the weights, the price model and the rules for combining them.
// Any change that can change a verdict changes it.
const Version = "2026-11-2"

// Place is where in a listing a mark stands.
type Place uint8

const (
	PlaceBrand       Place = iota // the brand field: the seller says what it is
	PlaceTitle                    // the offer's or the variant's title
	PlaceAttribute                // an attribute's value
	PlaceDescription              // the description alone: often a search word
)

// Mark returns the points of a mark's mention. A mention alone is next to
// nothing, since the score compares listings that all name the mark: in the brand
// field or title the offer claims to be the thing, in the description alone it is
// mostly something else. A mark that is also a word (dictionary) is, outside the
// brand field, mostly the word.
func Mark(place Place, dictionary bool) assay.Points {
	points := [...]assay.Points{PlaceBrand: 600_000, PlaceTitle: 500_000, PlaceAttribute: 100_000, PlaceDescription: -1_200_000}[place]
	switch {
	case dictionary && place == PlaceBrand:
		points -= 200_000
	case dictionary:
		points -= 1_200_000
	}
	return points
}

// Disguise returns what it adds that a mark was written in a disguise. Case,
// diacritics and separators vary by habit; full-width letters are usual in East
// Asian listings and only a little unusual elsewhere.
func Disguise(d assay.Disguise) assay.Points {
	if d == assay.DisguiseWidth {
		return 200_000
	}
	return 0
}

// Claim returns the points of the nth distinct phrase (from 0) that confesses.
// The first is about thirteen times likelier on a fake. Whoever confesses once
// does so again, so each further phrase counts half of the one before.
func Claim(n int) assay.Points {
	return 2_600_000 >> min(n, 30)
}

// Nearness of an excusing phrase to the mark it speaks of.
type Nearness uint8

const (
	Beside    Nearness = iota // directly before or after the mark: "compatible with Bellweather"
	SameTitle                 // in the title, elsewhere
	Elsewhere                 // anywhere else
)

// Excuse returns the points of the nearest excusing phrase. Beside the mark it
// says that the offer is for the thing, not the thing.
func Excuse(n Nearness) assay.Points {
	return [...]assay.Points{Beside: -1_800_000, SameTitle: -510_000, Elsewhere: -250_000}[n]
}

// Standing of a seller with an owner.
type Standing uint8

const (
	Unlisted            Standing = iota // the owner lists nobody on this marketplace: nothing is known
	Unknown                             // the owner lists sellers here; this is none of them
	AuthorisedElsewhere                 // listed, but not for this region or day
	Authorised
)

// Channel returns the points of a seller's standing in the lane counterfeit. An
// unknown seller is next to nothing: reselling is lawful and most resellers are
// honest.
func Channel(s Standing) assay.Points {
	return [...]assay.Points{Unlisted: 0, Unknown: 200_000, AuthorisedElsewhere: -1_000_000, Authorised: -4_000_000}[s]
}

// Gate returns the points, in the lane unauthorised, of an offer behind a gate by
// a seller who is not authorised. The rule is certain; what is in doubt is
// whether the goods are the owner's: sure when a GTIN or part number names the
// product.
func Gate(sameProduct bool) assay.Points {
	if sameProduct {
		return 4_200_000
	}
	return 2_400_000
}

// BelowMinimum is the points, in the lane price, of a price below the agreed one.
const BelowMinimum assay.Points = 2_500_000

// GTINFact is what an offer's GTIN tells.
type GTINFact uint8

const (
	GTINOwn     GTINFact = iota // the owner's product: copied as easily as typed
	GTINShape                   // not a GTIN
	GTINCheck                   // the check digit is wrong: invented, or mistyped
	GTINForeign                 // another owner's product
)

// GTIN returns the points of such a fact.
func GTIN(f GTINFact) assay.Points {
	return [...]assay.Points{GTINOwn: 0, GTINShape: 200_000, GTINCheck: 700_000, GTINForeign: 1_000_000}[f]
}

// Revision returns the points, in the lane counterfeit, of an offer that was changed
// after it had been seen. Approval is won with one thing and sales are made with
// another, so new photos under an old offer are worth something, and new photos
// with a new title more. A title alone is polished by everybody.
func Revision(title, images bool) assay.Points {
	switch {
	case title && images:
		return 600_000
	case images:
		return 300_000
	case title:
		return 100_000
	}
	return 0
}

// Sum returns the score: the sum of the points, exactly.
func Sum(contributions []assay.Contribution) assay.Points {
	var sum assay.Points
	for _, c := range contributions {
		sum += c.Points
	}
	return sum
}
