package seen

import (
	"crypto/sha256"
	"encoding/binary"

	"assay"
)

// Key names an offer: half of a SHA-256 of marketplace and id. Among a billion
// offers two share one with a probability of 10⁻²¹.
type Key [2]uint64

// KeyOf returns the key of an offer.
func KeyOf(k assay.OfferKey) Key {
	var buf [128]byte
	b := binary.AppendUvarint(buf[:0], uint64(len(k.Marketplace)))
	b = append(append(b, k.Marketplace...), k.ID...)
	sum := sha256.Sum256(b)
	return Key{binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])}
}

// Partition returns which of n partitions the offer belongs to.
func (k Key) Partition(n int) int { return int(k[1] % uint64(n)) }

// Print is what of a listing is remembered to tell it from the next one.
type Print struct {
	// Content is half of the content hash: 128 bits, so that nobody can make two
	// listings, one to be approved and one to be sold, that pass for the same.
	Content [2]uint64
	// Title and Images only tell what changed once the content has; 32 bits do.
	Title, Images uint32
	Counts        uint32 // of quantities and sold counts, those of variants too
}

// PrintOf returns the print of a normalized listing.
func PrintOf(l *assay.Listing) Print {
	content := l.ContentHash()
	return Print{
		Content: [2]uint64{binary.LittleEndian.Uint64(content[:]), binary.LittleEndian.Uint64(content[8:])},
		Title:   textPrint(l.Title),
		Images:  imagesPrint(l),
		Counts:  countsPrint(l),
	}
}

func textPrint(s string) uint32 { return short(fnv(fnvBasis, s)) }

// fnv is FNV-1a over 64 bits.
func fnv(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime // no text contains this byte: it ends the field
}

const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

func short(h uint64) uint32 { return uint32(h>>32) ^ uint32(h) }

// ImagePrint returns what is remembered of one picture: its content where that is
// known, else its address.
func ImagePrint(im *assay.Image) uint64 {
	switch {
	case im.SHA256 != "":
		return fnv(fnvBasis, im.SHA256)
	case im.PDQ != "":
		return fnv(fnvBasis, im.PDQ)
	}
	return fnv(fnvBasis, im.URL)
}

func imagesPrint(l *assay.Listing) uint32 {
	h := uint64(fnvBasis)
	for i := range l.Images {
		h = (h ^ ImagePrint(&l.Images[i])) * fnvPrime
	}
	for i := range l.Variants {
		h = (h ^ uint64(i)) * fnvPrime
		for j := range l.Variants[i].Images {
			h = (h ^ ImagePrint(&l.Variants[i].Images[j])) * fnvPrime
		}
	}
	return short(h)
}

func countsPrint(l *assay.Listing) uint32 {
	h := uint64(fnvBasis)
	count := func(c assay.Count) {
		if c.Known {
			h = (h ^ uint64(c.N)) * fnvPrime
		}
		h = (h ^ 0xff) * fnvPrime
	}
	count(l.Quantity)
	count(l.Sold)
	for i := range l.Variants {
		count(l.Variants[i].Quantity)
		count(l.Variants[i].Sold)
	}
	return short(h)
}
