package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"assay"
)

// digest is the SHA-256 of a row in canonical form.
type digest [sha256.Size]byte

// hashVersion opens every generation's hash. It changes with the canonical form.
const hashVersion = "assay reference 1"

// encoder writes a row in canonical form: every field behind its length, so that
// no two rows share an encoding.
type encoder struct{ buf []byte }

func (e *encoder) start() *encoder { e.buf = e.buf[:0]; return e }

func (e *encoder) str(fields ...string) *encoder {
	for _, f := range fields {
		e.buf = append(binary.AppendUvarint(e.buf, uint64(len(f))), f...)
	}
	return e
}

func (e *encoder) bytes(f []byte) *encoder {
	e.buf = append(binary.AppendUvarint(e.buf, uint64(len(f))), f...)
	return e
}

func (e *encoder) num(n uint64) *encoder {
	e.buf = binary.AppendUvarint(e.buf, n)
	return e
}

// strs writes a list of strings, its length before it.
func (e *encoder) strs(list []string) *encoder { return e.num(uint64(len(list))).str(list...) }

// amount writes a decimal without the zeros that say nothing.
func (e *encoder) amount(n int64, scale uint8) *encoder {
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	e.buf = binary.AppendVarint(e.buf, n)
	e.buf = append(e.buf, scale)
	return e
}

func (e *encoder) day(t time.Time) *encoder {
	if t.IsZero() {
		return e.str("")
	}
	return e.str(t.Format(time.DateOnly))
}

func (e *encoder) digest() digest { return sha256.Sum256(e.buf) }

// table is the digests of one file's rows.
type table struct {
	name string
	rows []digest
}

func (t *table) add(d digest) { t.rows = append(t.rows, d) }

// sum hashes the file: its name, how many different rows it has and their
// digests in ascending order. A file without rows counts as one that is absent.
func (t *table) sum() digest {
	slices.SortFunc(t.rows, func(a, b digest) int { return bytes.Compare(a[:], b[:]) })
	t.rows = slices.Compact(t.rows)
	return sumSorted(t.name, len(t.rows), func(i int) *digest { return &t.rows[i] })
}

func sumSorted(name string, n int, row func(i int) *digest) digest {
	h := sha256.New()
	var e encoder
	e.str(name).num(uint64(n))
	for i := range n {
		if len(e.buf) > 32<<10 {
			h.Write(e.buf)
			e.start()
		}
		e.buf = append(e.buf, row(i)[:]...)
	}
	h.Write(e.buf)
	return digest(h.Sum(nil))
}

// canonicalMoney drops zeros that say nothing, down to the currency's minor unit,
// so that equal prices are equal values.
func canonicalMoney(m assay.Money) assay.Money {
	minor := assay.MinorDigits(m.Currency)
	for m.Scale > minor && m.Amount%10 == 0 {
		m.Amount, m.Scale = m.Amount/10, m.Scale-1
	}
	for m.Scale < minor && m.Amount < 1e17 {
		m.Amount, m.Scale = m.Amount*10, m.Scale+1
	}
	return m
}
