package reference

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"assay/score"
)

// channels are the authorised accounts and the gates, sorted for look-up.
type channels struct {
	marketplaces []string // in lower case, in order
	accounts     []account
	lists        []listKey // owners and marketplaces with an account that is valid now
	gates        []gate    // valid now
}

type listKey struct {
	owner       OwnerID
	marketplace int32
}

func (k listKey) compare(o listKey) int {
	return cmp.Or(cmp.Compare(k.owner, o.owner), cmp.Compare(k.marketplace, o.marketplace))
}

type account struct {
	listKey
	seller  string
	regions []string // in order; none: everywhere
	valid   bool     // at the generation's date
}

type gate struct {
	listKey
	category string // folded; "" is everywhere
}

func newChannels(g *Generation, accounts []authorisedRow, gates []gateRow) (c channels) {
	for i := range accounts {
		c.marketplaces = append(c.marketplaces, accounts[i].Marketplace)
	}
	for i := range gates {
		c.marketplaces = append(c.marketplaces, gates[i].Marketplace)
	}
	slices.Sort(c.marketplaces)
	c.marketplaces = slices.Clip(slices.Compact(c.marketplaces))
	key := func(owner, marketplace string) listKey {
		o, _ := g.OwnerID(owner)
		m, _ := slices.BinarySearch(c.marketplaces, marketplace)
		return listKey{o, int32(m)}
	}
	for i := range accounts {
		a := &accounts[i]
		entry := account{key(a.Owner, a.Marketplace), a.SellerID, a.Regions, validOn(g.asOf, a.From, a.To)}
		c.accounts = append(c.accounts, entry)
		if entry.valid {
			c.lists = append(c.lists, entry.listKey)
		}
	}
	slices.SortFunc(c.accounts, func(a, b account) int {
		return cmp.Or(a.compare(b.listKey), strings.Compare(a.seller, b.seller), slices.Compare(a.regions, b.regions), boolCompare(a.valid, b.valid))
	})
	slices.SortFunc(c.lists, listKey.compare)
	c.lists = slices.Clip(slices.Compact(c.lists))
	for i := range gates {
		if validOn(g.asOf, gates[i].From, gates[i].To) {
			c.gates = append(c.gates, gate{key(gates[i].Owner, gates[i].Marketplace), foldPath(gates[i].Category)})
		}
	}
	slices.SortFunc(c.gates, func(a, b gate) int {
		return cmp.Or(a.compare(b.listKey), strings.Compare(a.category, b.category))
	})
	return c
}

// key returns what accounts and gates are found by; ok is false for a marketplace
// that no row names.
func (c *channels) key(owner OwnerID, marketplace string) (key listKey, ok bool) {
	i, ok := slices.BinarySearchFunc(c.marketplaces, marketplace, compareLower)
	return listKey{owner, int32(i)}, ok
}

// compareLower compares a in lower case with the lower case of b, ASCII only:
// marketplaces are named by host name.
func compareLower(a, b string) int {
	for i := range min(len(a), len(b)) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if a[i] != c {
			return cmp.Compare(a[i], c)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// Outside says what the rows of an account do not cover.
type Outside struct{ Regions, Dates bool }

// Standing says how a seller account of a marketplace stands to an owner on AsOf,
// for goods shipped from a country (ISO 3166-1 alpha-2; empty if the listing does
// not say, which is held against nobody). An owner none of whose rows for the
// marketplace is valid on the day lists nobody there, so that a forgotten list
// accuses no one.
func (g *Generation) Standing(owner OwnerID, marketplace, sellerID, shipFrom string) score.Standing {
	s, _ := g.Coverage(owner, marketplace, sellerID, shipFrom)
	return s
}

// Coverage is Standing and, for score.AuthorisedElsewhere, what the account's rows
// do not cover. One row that covers day and region is enough. Otherwise
// Outside.Regions says that the rows valid on the day do not cover the region,
// Outside.Dates that no row is valid on the day; both that none covers either.
func (g *Generation) Coverage(owner OwnerID, marketplace, sellerID, shipFrom string) (score.Standing, Outside) {
	c := &g.channels
	key, ok := c.key(owner, marketplace)
	if !ok {
		return score.Unlisted, Outside{}
	}
	type wanted struct {
		listKey
		seller string
	}
	i, found := slices.BinarySearchFunc(c.accounts, wanted{key, sellerID}, func(a account, w wanted) int {
		return cmp.Or(a.compare(w.listKey), strings.Compare(a.seller, w.seller))
	})
	if !found {
		if _, listed := slices.BinarySearchFunc(c.lists, key, listKey.compare); listed {
			return score.Unknown, Outside{}
		}
		return score.Unlisted, Outside{}
	}
	anyDay, anyRegion := false, false
	for ; i < len(c.accounts) && c.accounts[i].listKey == key && c.accounts[i].seller == sellerID; i++ {
		a := &c.accounts[i]
		region := a.covers(shipFrom)
		if a.valid && region {
			return score.Authorised, Outside{}
		}
		anyDay, anyRegion = anyDay || a.valid, anyRegion || region
	}
	return score.AuthorisedElsewhere, Outside{Regions: anyDay || !anyRegion, Dates: !anyDay}
}

func (a *account) covers(country string) bool {
	if len(a.regions) == 0 || country == "" {
		return true
	}
	for _, r := range a.regions {
		if strings.EqualFold(r, country) {
			return true
		}
	}
	return false
}

// Gated reports whether only authorised sellers may offer an owner's goods on a
// marketplace, in a category path ("A > B > C"), on AsOf. A gate covers its
// category and all below it. Letter case and white space do not matter.
func (g *Generation) Gated(owner OwnerID, marketplace, category string) bool {
	c := &g.channels
	key, ok := c.key(owner, marketplace)
	if !ok {
		return false
	}
	i, _ := slices.BinarySearchFunc(c.gates, key, func(gate gate, k listKey) int { return gate.compare(k) })
	for ; i < len(c.gates) && c.gates[i].listKey == key; i++ {
		if hasPathPrefix(category, c.gates[i].category) {
			return true
		}
	}
	return false
}

// days reports a validity that ends before it begins.
func days(l *layout, m *mistakes, at Place, from, to time.Time) bool {
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		l.mistake(m, at, "valid_to", "%s is before valid_from %s", to.Format(time.DateOnly), from.Format(time.DateOnly))
		return false
	}
	return true
}
