package assay

import "time"

// Mark is a protected name to look for.
type Mark struct {
	Text     string
	Kind     MarkKind
	Owner    string
	Language string  // BCP 47, empty if unknown
	Classes  []uint8 // Nice classes, 1–45
	Right    string  // the registration behind it
	AliasOf  string  // text of the owner's mark that this is another form of
}

// MarkKind says whether a mark is also an ordinary word.
type MarkKind string

const (
	Distinctive MarkKind = "distinctive" // a name and nothing else
	Dictionary  MarkKind = "dictionary"  // also a word, as Coach or Guess
)

// ClaimPhrase is words that confess ("mirror quality") or excuse ("compatible
// with").
type ClaimPhrase struct {
	Text     string
	Meaning  ClaimMeaning
	Language string
}

// ClaimMeaning says which way a phrase speaks.
type ClaimMeaning string

const (
	Replica ClaimMeaning = "replica"
	Excuse  ClaimMeaning = "excuse"
)

// Product is a genuine article.
type Product struct {
	Owner        string
	GTIN         GTIN
	MPN          string
	Name         string
	Category     string
	ListPrice    Money
	MinimumPrice Money    // agreed resale price, private to the owner; usually none
	Images       []string // paths or URLs
}

// AuthorisedSeller is an account that may sell an owner's goods on a marketplace.
// Times bound the validity, both inclusive days; zero means open.
type AuthorisedSeller struct {
	Owner       string
	Marketplace string
	SellerID    string
	Regions     []string // ISO 3166-1 alpha-2; none means everywhere
	From, To    time.Time
}

// Gate is a marketplace's promise that only authorised sellers may offer an
// owner's goods there, in Category and below (everywhere if empty).
type Gate struct {
	Owner       string
	Marketplace string
	Category    string
	From, To    time.Time
}

// Rate is a reference exchange rate in the order of the European Central Bank:
// 1 EUR = PerEUR of Currency.
type Rate struct {
	Date     time.Time
	Currency string
	PerEUR   Money // Amount and Scale only
}

// BankMeaning says what the images of a bank are.
type BankMeaning string

const (
	Official    BankMeaning = "official"    // a brand's own photos
	Counterfeit BankMeaning = "counterfeit" // photos of confirmed fakes
	Benign      BankMeaning = "benign"      // known harmless; cancels matches
)
