package screen

import "assay"

// SellerView is how a listing's seller stands to an owner of marks.
type SellerView struct {
	// Standing is "authorised", "authorised elsewhere", "unlisted" (the owner lists
	// nobody on this marketplace) or "unknown" (it does, and this is none of them),
	// as the basis of the channel's contribution says it; empty where the listing
	// names no seller.
	Standing string
	// What the rows of a seller who is authorised elsewhere do not cover.
	OutsideRegions, OutsideDates bool
	// Gated: only authorised sellers may offer the owner's goods here, in the
	// listing's category.
	Gated bool
}

// Seller returns how the listing's seller stands to an owner. ok is false for an
// owner that the reference does not know.
func (s *Screener) Seller(l *assay.Listing, owner string) (view SellerView, ok bool) {
	id, ok := s.gen.OwnerID(owner)
	if !ok {
		return SellerView{}, false
	}
	view.Gated = s.gen.Gated(id, l.Marketplace, l.Category)
	if l.Seller.ID != "" {
		standing, outside := s.standing(l, id)
		view.Standing = basisOf(standing)
		view.OutsideRegions, view.OutsideDates = outside.Regions, outside.Dates
	}
	return view, true
}
