package reference

import (
	"io"

	"assay"
)

// ParsePrice lets the tests compare the quick way to read a price with the root
// package's.
func ParsePrice(s, code string) (assay.Money, error) { return parsePrice([]byte(s), code) }

// CanonicalMoney drops zeros that say nothing.
var CanonicalMoney = canonicalMoney

// FoldPath and HasPathPrefix are what gates and categories are compared by.
var (
	FoldPath      = foldPath
	HasPathPrefix = hasPathPrefix
	ComparePath   = comparePath
)

// Spool takes in an upload of at most limit bytes and drops it.
func Spool(dir string, body io.Reader, limit int64) error {
	s, err := newSpool(dir, body, limit)
	if err == nil {
		s.close()
	}
	return err
}
