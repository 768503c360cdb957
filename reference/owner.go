package reference

import (
	"cmp"
	"slices"
	"strings"
)

// eachOwner calls do with every owner that a row names, products' apart, where
// it stands.
func (b *Builder) eachOwner(do func(name string, at Place)) {
	for i := range b.marks {
		do(b.marks[i].Owner, b.marks[i].at)
	}
	for i := range b.authorised {
		do(b.authorised[i].Owner, b.authorised[i].at)
	}
	for i := range b.gates {
		do(b.gates[i].Owner, b.gates[i].at)
	}
	for i := range b.banks {
		do(b.banks[i].Owner, b.banks[i].at)
	}
	for i := range b.policy.PriceLanes {
		do(b.policy.PriceLanes[i].Owner, b.policyAt)
	}
}

// checkOwners reports owners whose names differ in letter case or white space
// only: their rows would silently be of two owners.
func (b *Builder) checkOwners() {
	type spelling struct {
		name string
		at   Place
	}
	spellings := make(map[string]spelling)
	reported := map[string]bool{}
	check := func(name string, at Place) {
		folded := foldOwner(name)
		first, seen := spellings[folded]
		if !seen {
			spellings[folded] = spelling{name, at}
		}
		if !seen || first.name == name || reported[name] {
			return
		}
		reported[name] = true
		where := "in " + first.at.File
		if first.at.Line > 0 {
			where += " " + first.at.on()
		}
		b.mistakes.add(at, 1, "owner", "%s is written %s %s; one owner needs one spelling", quoted(name), quoted(first.name), where)
	}
	last := ""
	b.eachOwner(func(name string, at Place) {
		if name != "" && name != last {
			check(name, at)
			last = name
		}
	})
	lines := b.products.ownerLines
	order := make([]int32, len(lines))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(lines[a], lines[b]), cmp.Compare(a, b)) })
	for _, i := range order {
		check(string(b.products.owners.at(i)), Place{productsFile, lines[i]})
	}
}

func foldOwner(name string) string {
	plain := true
	for i := 0; i < len(name) && plain; i++ {
		plain = name[i] != ' ' && name[i] < 0x80 && (name[i] < 'A' || name[i] > 'Z')
	}
	if plain {
		return name
	}
	return strings.Join(strings.Fields(strings.Map(foldCase, name)), " ")
}

// compileOwners numbers all owners in the order of their names and returns the
// numbers of the products' owners.
func (b *Builder) compileOwners(g *Generation) []OwnerID {
	names := make([]string, 0, b.products.owners.len())
	last := ""
	b.eachOwner(func(name string, _ Place) {
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
