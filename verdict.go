package assay

import "time"

// Verdict is what screening says of one listing.
type Verdict struct {
	Marketplace string       `json:"marketplace"`
	ID          string       `json:"id"`
	Assessment               // the highest-scoring one
	Other       []Assessment `json:"other,omitempty"` // the rest, highest first
	Model       string       `json:"model"`           // version of the weights
	Reference   string       `json:"reference"`       // content hash of the reference generation
	AsOf        time.Time    `json:"as_of"`
	State       State        `json:"state,omitzero"` // of the offer, as far as it counted
}

// Assessment is the verdict for one variant, lane and owner. The zero Lane and
// Owner stand for a listing on which nobody has a claim.
type Assessment struct {
	Level         Level          `json:"verdict"`
	Lane          Lane           `json:"lane,omitempty"`
	Owner         string         `json:"owner,omitempty"`
	Variant       string         `json:"variant,omitempty"` // variant's id; empty: the offer itself
	Score         Points         `json:"score"`             // sum of the contributions' points, exactly
	Contributions []Contribution `json:"contributions"`
}

// Level is how much attention an assessment asks for.
type Level string

const (
	Clear  Level = "clear"
	Review Level = "review" // a person should look
	Block  Level = "block"  // should not be published before a person has looked
)

// Rank orders levels: 0 clear, 1 review, 2 block, −1 unknown.
func (l Level) Rank() int {
	switch l {
	case Clear:
		return 0
	case Review:
		return 1
	case Block:
		return 2
	}
	return -1
}

// Lane is why an offer is wrong. Lanes never mix: no assessment, notice or
// measure has two.
type Lane string

const (
	LaneCounterfeit  Lane = "counterfeit"
	LaneLookalike    Lane = "lookalike"    // imitates the mark
	LaneCopyright    Lane = "copyright"    // stolen photos
	LaneMisuse       Lane = "misuse"       // mark as bait
	LaneParallel     Lane = "parallel"     // genuine, first sold outside the territory, or altered
	LaneUnauthorised Lane = "unauthorised" // genuine, outside the channel or gate
	LanePrice        Lane = "price"        // below the owner's agreed prices; private to the owner
)

// Lanes lists every lane.
func Lanes() []Lane {
	return []Lane{LaneCounterfeit, LaneLookalike, LaneCopyright, LaneMisuse, LaneParallel, LaneUnauthorised, LanePrice}
}

// Valid reports whether l is one of the lanes.
func (l Lane) Valid() bool {
	for _, lane := range Lanes() {
		if l == lane {
			return true
		}
	}
	return false
}

// Signal names an observed fact.
type Signal string

const (
	SignalMark    Signal = "mark"
	SignalClaim   Signal = "claim"
	SignalExcuse  Signal = "excuse"
	SignalPrice   Signal = "price"
	SignalChannel Signal = "channel"
	SignalGTIN    Signal = "gtin"
	// SignalRevision: the offer was changed after it had been seen.
	SignalRevision Signal = "revision"
)

// Contribution is one signal's part of a score, with the values that were
// compared. Fields that a signal does not use are empty.
type Contribution struct {
	Signal    Signal     `json:"signal"`
	Points    Points     `json:"points"`
	Mark      string     `json:"mark,omitempty"`
	Phrase    string     `json:"phrase,omitempty"`
	Where     string     `json:"where,omitempty"`   // field: title, brand, description, attributes.NAME, variants.ID
	Span      *Span      `json:"span,omitempty"`    // within that field
	Written   string     `json:"written,omitempty"` // the field's text in Span
	How       []Disguise `json:"how,omitempty"`     // disguises undone to read it
	Amount    string     `json:"amount,omitempty"`
	Currency  string     `json:"currency,omitempty"`
	Reference string     `json:"reference,omitempty"` // the price compared with, in Currency
	// ReferenceCurrency is there only where no rate could put Reference into Currency.
	ReferenceCurrency string `json:"reference_currency,omitempty"`
	Basis             string `json:"basis,omitempty"` // what the reference is: product, category, brand; or a seller's standing
	GTIN              string `json:"gtin,omitempty"`
	Note              string `json:"note,omitempty"`
}

// Span is a range of bytes [start, end) of a field as it was sent. It falls on
// character boundaries.
type Span [2]int

// Disguise names a way of writing a name differently that was undone.
type Disguise string

const (
	DisguiseCase       Disguise = "case"
	DisguiseWidth      Disguise = "width"
	DisguiseConfusable Disguise = "confusable"
	DisguiseLeet       Disguise = "leet"
	DisguiseSeparator  Disguise = "separator"
	DisguiseInvisible  Disguise = "invisible"
	DisguiseRepeat     Disguise = "repeat"
	DisguiseTypo       Disguise = "typo"
	DisguiseReorder    Disguise = "reorder"
	DisguisePinyin     Disguise = "pinyin"
	DisguiseTranslit   Disguise = "translit"
	DisguiseAffix      Disguise = "affix"
	DisguiseJoin       Disguise = "join"
	DisguiseEntity     Disguise = "entity"
	DisguiseBidi       Disguise = "bidi"
	DisguiseEmoji      Disguise = "emoji"
)
