package reference

import "slices"

// eachOwner calls do with every owner that a row names, products' apart.
func (b *Builder) eachOwner(do func(name string)) {
	for i := range b.marks {
		do(b.marks[i].Owner)
	}
	for i := range b.authorised {
		do(b.authorised[i].Owner)
	}
	for i := range b.gates {
		do(b.gates[i].Owner)
	}
	for i := range b.banks {
		do(b.banks[i].Owner)
	}
	for i := range b.policy.PriceLanes {
		do(b.policy.PriceLanes[i].Owner)
	}
}

// compileOwners numbers all owners in the order of their names and returns the
// numbers of the products' owners.
func (b *Builder) compileOwners(g *Generation) []OwnerID {
	names := make([]string, 0, b.products.owners.len())
	last := ""
	b.eachOwner(func(name string) {
		if name != "" && name != last {
			names = append(names, name)
			last = name
		}
	})
	inProducts, place := b.products.owners.sorted()
	names = append(names, inProducts...)
	slices.Sort(names)
	g.owners = slices.Clip(slices.Compact(names))
	ids := make([]OwnerID, len(place))
	for i, p := range place {
		n, _ := slices.BinarySearch(g.owners, inProducts[p])
		ids[i] = OwnerID(n)
	}
	return ids
}
