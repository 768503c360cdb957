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

// ReferenceKind names a table of the reference.
type ReferenceKind string

const (
	ReferenceMarks      ReferenceKind = "marks"
	ReferenceClaims     ReferenceKind = "claims"
	ReferenceProducts   ReferenceKind = "products"
	ReferenceAuthorised ReferenceKind = "authorised"
	ReferenceGated      ReferenceKind = "gated"
	ReferenceRates      ReferenceKind = "rates"
	ReferenceBanks      ReferenceKind = "banks"       // a bank's name, meaning and owner
	ReferenceBankImages ReferenceKind = "bank_images" // what is in the banks
	ReferenceScreening  ReferenceKind = "screening"   // screening.yaml, one row
)

// ReferenceRow is one row of the reference as a server keeps it.
type ReferenceRow struct {
	Kind  ReferenceKind `json:"kind"`
	Key   string        `json:"key"`             // tells rows of a kind apart: a later row takes the place of an earlier one
	Owner string        `json:"owner,omitempty"` // empty for what serves everybody: claims, rates
	// Fields are the row's columns as one line of CSV (RFC 4180) without its end,
	// in the order of the table's columns and in canonical form.
	Fields string `json:"fields"`
}

// ImportMode is what an import does with rows that are there already.
type ImportMode string

const (
	// ImportMerge adds rows and replaces those of the same key.
	ImportMerge ImportMode = "merge"
	// ImportReplace also removes the rows of the owners named in the file that are
	// not in it (all rows of the kind, where rows have no owner).
	ImportReplace ImportMode = "replace"
)

// ReferenceImport is one file of reference data on its way into force. It comes
// into force whole or not at all.
type ReferenceImport struct {
	ID         string        `json:"id"`
	Kind       ReferenceKind `json:"kind"`
	Mode       ImportMode    `json:"mode"`
	Phase      ImportPhase   `json:"phase"`
	Rows       int           `json:"rows"` // in the file
	Done       int           `json:"done"` // of those, written
	Added      int           `json:"added"`
	Changed    int           `json:"changed"`
	Removed    int           `json:"removed"`
	Problems   Problems      `json:"problems,omitempty"`
	Error      string        `json:"error,omitempty"`
	Generation string        `json:"generation,omitempty"` // its hash, once in force
	// Changes are the first rows that would be added, changed and removed, at most MaxChanges
	// of each. Only a preview tells them, and only of a file without mistakes.
	Changes   []ReferenceChange `json:"changes,omitempty"`
	StartedAt time.Time         `json:"started_at"`
	EndedAt   time.Time         `json:"ended_at,omitzero"`
}

// MaxChanges is how many rows a preview shows of each kind of change.
const MaxChanges = 20

// ReferenceChange is what an import would do to one row.
type ReferenceChange struct {
	Change ChangeKind `json:"change"`
	Key    string     `json:"key"`
	Owner  string     `json:"owner,omitempty"`
	Before string     `json:"before,omitempty"` // ReferenceRow.Fields as they are; empty if added
	After  string     `json:"after,omitempty"`  // as they would be; empty if removed
}

// ChangeKind is what becomes of a row.
type ChangeKind string

const (
	RowAdded   ChangeKind = "added"
	RowChanged ChangeKind = "changed"
	RowRemoved ChangeKind = "removed"
)

// ImportPhase is how far an import is.
type ImportPhase string

const (
	ImportChecking ImportPhase = "checking"
	ImportWriting  ImportPhase = "writing"
	ImportBuilding ImportPhase = "building"
	ImportDone     ImportPhase = "done"
	ImportFailed   ImportPhase = "failed" // nothing was changed
)

// Rescreen is the work of screening the findings anew under a generation.
type Rescreen struct {
	Generation string    `json:"generation"` // hash
	Model      string    `json:"model"`      // version of the weights
	AsOf       time.Time `json:"as_of"`
	Position   OfferKey  `json:"-"`       // offers up to here are done
	Total      int       `json:"total"`   // offers with findings when it began
	Done       int       `json:"done"`    // of those
	Changed    int       `json:"changed"` // findings whose verdict changed
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
}
