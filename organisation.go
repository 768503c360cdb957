package assay

import "time"

// Organisation is a party of the task force, or the installation itself.
type Organisation struct {
	ID        string           `json:"id"` // UUIDv7; LocalOrganisation for the installation
	Kind      OrganisationKind `json:"kind"`
	Name      string           `json:"name"`             // unique among brands: the owner in the reference
	Parent    string           `json:"parent,omitempty"` // id of the group that owns it
	CreatedAt time.Time        `json:"created_at,omitzero"`
}

// OrganisationKind is what an organisation is in the task force.
type OrganisationKind string

const (
	KindBrand       OrganisationKind = "brand"       // rights holder; groups own brands
	KindPlatform    OrganisationKind = "platform"    // runs one or more marketplaces
	KindAssociation OrganisationKind = "association" // acts for member brands
	KindAgent       OrganisationKind = "agent"       // acts under a power of attorney
	KindAuthority   OrganisationKind = "authority"   // police, customs, regulator, court
	KindNode        OrganisationKind = "node"        // the installation: its operator and its own work
)

// LocalOrganisation is the id of the installation itself. The admin token acts
// for it, and it sees every organisation's rows.
const LocalOrganisation = "local"

// Marketplace is a place where offers stand, and the platform that runs it.
type Marketplace struct {
	Name     string `json:"name"`
	Platform string `json:"platform"` // organisation id; LocalOrganisation until somebody names it
}

// Scope says for whom something is read or written. Every method of a store takes
// one; the zero Scope sees and writes nothing.
type Scope struct {
	Organisation string // id of the acting organisation
	Actor        string // who acts, for events: "token:admin", "ingest"
}

// LocalScope is the scope of the installation's own work.
func LocalScope(actor string) Scope { return Scope{Organisation: LocalOrganisation, Actor: actor} }

// Token is a bearer token by which a program proves who it acts for. The secret
// itself is not kept, only its hash.
type Token struct {
	ID           string
	Organisation string
	Name         string
	Hash         [32]byte  // SHA-256 of the secret
	ExpiresAt    time.Time // zero: never
	CreatedAt    time.Time
}
