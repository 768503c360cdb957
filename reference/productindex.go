package reference

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"

	"assay"
)

// productIndex finds the products that share a key. Products of one key stand
// side by side in ids; slots says where they begin.
type productIndex struct {
	ids   []ProductID
	slots []uint32 // open addressing; start in ids + 1, 0 is free
}

type hashedProduct struct {
	hash uint64
	id   ProductID
}

// newProductIndex indexes products by the hash of their key. less orders two
// different keys of one hash, 0 if they are the same.
func newProductIndex(keys []hashedProduct, compare func(a, b ProductID) int) productIndex {
	sortByHash(keys)
	x := productIndex{ids: make([]ProductID, len(keys)), slots: make([]uint32, 1<<bits.Len(uint(2*len(keys))))}
	mask := uint64(len(x.slots) - 1)
	for start := 0; start < len(keys); {
		end := start + 1
		for end < len(keys) && keys[end].hash == keys[start].hash {
			end++
		}
		slices.SortFunc(keys[start:end], func(a, b hashedProduct) int {
			return cmp.Or(compare(a.id, b.id), cmp.Compare(a.id, b.id))
		})
		for i := start; i < end; i++ {
			x.ids[i] = keys[i].id
			if i > start && compare(keys[i-1].id, keys[i].id) == 0 {
				continue
			}
			at := keys[i].hash & mask
			for x.slots[at] != 0 {
				at = (at + 1) & mask
			}
			x.slots[at] = uint32(i) + 1
		}
		start = end
	}
	return x
}

// sortByHash sorts by hash: split by the top byte, then on all cores.
func sortByHash(keys []hashedProduct) {
	var starts [257]int
	for _, k := range keys {
		starts[k.hash>>56+1]++
	}
	for b := range 256 {
		starts[b+1] += starts[b]
	}
	sorted, next := make([]hashedProduct, len(keys)), starts
	for _, k := range keys {
		sorted[next[k.hash>>56]] = k
		next[k.hash>>56]++
	}
	inParallel(256, func(b int) {
		slices.SortFunc(sorted[starts[b]:starts[b+1]], func(a, b hashedProduct) int { return cmp.Compare(a.hash, b.hash) })
	})
	copy(keys, sorted)
}

// find returns the products whose key has this hash and is the one that same
// recognises.
func (x *productIndex) find(hash uint64, same func(ProductID) bool) []ProductID {
	if len(x.ids) == 0 {
		return nil
	}
	mask := uint64(len(x.slots) - 1)
	for at := hash & mask; x.slots[at] != 0; at = (at + 1) & mask {
		start := int(x.slots[at] - 1)
		if !same(x.ids[start]) {
			continue
		}
		end := start + 1
		for end < len(x.ids) && same(x.ids[end]) {
			end++
		}
		return x.ids[start:end:end]
	}
	return nil
}

func hashGTIN(n assay.GTIN) uint64 { return maphash.Comparable(seed, n) }

func hashPart(owner OwnerID, folded []byte) uint64 {
	return maphash.Bytes(seed, folded) ^ (uint64(owner)+1)*0x9e3779b97f4a7c15
}

func (g *Generation) indexGTINs() {
	var keys []hashedProduct
	for id := range g.products {
		if n := g.products[id].gtin; n != 0 {
			keys = append(keys, hashedProduct{hashGTIN(n), ProductID(id)})
		}
	}
	g.byGTIN = newProductIndex(keys, func(a, b ProductID) int {
		return cmp.Compare(g.products[a].gtin, g.products[b].gtin)
	})
}

func (g *Generation) indexParts() {
	var keys []hashedProduct
	for id := range g.products {
		var buf [maxPartBytes]byte
		if folded, ok := foldPart(buf[:0], g.partOf(ProductID(id))); ok {
			keys = append(keys, hashedProduct{hashPart(OwnerID(g.products[id].owner), folded), ProductID(id)})
		}
	}
	g.byPart = newProductIndex(keys, g.comparePart)
}

func (g *Generation) comparePart(a, b ProductID) int {
	if c := cmp.Compare(g.products[a].owner, g.products[b].owner); c != 0 {
		return c
	}
	var bufA, bufB [maxPartBytes]byte
	partA, _ := foldPart(bufA[:0], g.partOf(a))
	partB, _ := foldPart(bufB[:0], g.partOf(b))
	return slices.Compare(partA, partB)
}

// ProductsByGTIN returns the products with this GTIN (one a currency, or one an
// owner), in the order of their ids. The list is the generation's own: don't
// write to it.
func (g *Generation) ProductsByGTIN(n assay.GTIN) []ProductID {
	if n == 0 {
		return nil
	}
	return g.byGTIN.find(hashGTIN(n), func(id ProductID) bool { return g.products[id].gtin == n })
}

// ProductsByMPN returns an owner's products with this manufacturer's part number,
// in the order of their ids; letter case, spaces and hyphens do not matter.
// Numbers of fewer than four characters are not looked up: they name nothing. The
// list is the generation's own: don't write to it.
func (g *Generation) ProductsByMPN(owner OwnerID, mpn string) []ProductID {
	var buf [maxPartBytes]byte
	folded, ok := foldPart(buf[:0], mpn)
	if !ok {
		return nil
	}
	return g.byPart.find(hashPart(owner, folded), func(id ProductID) bool {
		if OwnerID(g.products[id].owner) != owner {
			return false
		}
		var other [maxPartBytes]byte
		part, _ := foldPart(other[:0], g.partOf(id))
		return string(part) == string(folded)
	})
}
