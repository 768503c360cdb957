package seen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"assay"
)

// Entry is what a segment tells of one offer: the record, and what only those ask
// for who look at one offer.
type Entry struct {
	Record
	Offer    assay.OfferKey
	At       int64 // when the listing arrived, µs UTC
	Price    assay.Money
	Quantity assay.Count
	Sold     assay.Count
	Seller   string   // the marketplace's id
	Images   []uint64 // prints of the offer's first pictures, at most MaxEntryImages
}

// MaxEntryImages is how many pictures of an offer are remembered.
const MaxEntryImages = 8

// EntryOf returns the entry of a listing. It borrows the listing's texts.
func EntryOf(r Record, l *assay.Listing, at int64) Entry {
	e := Entry{Record: r, Offer: l.Key(), At: at, Price: l.Price, Quantity: l.Quantity, Sold: l.Sold, Seller: l.Seller.ID}
	for i := range l.Images[:min(len(l.Images), MaxEntryImages)] {
		e.Images = append(e.Images, ImagePrint(&l.Images[i]))
	}
	return e
}

// A segment in bytes: a version, then Zstandard of
//
//	count                        uvarint
//	records                      count × recordBytes, little endian
//	names                        uvarint, then that many texts: marketplaces and currencies
//	details                      count × (marketplace, id, at, price, quantity, sold, seller, images)
//
// The records stand first and apart, because an index that is rebuilt needs nothing
// else.
const (
	segmentVersion = 1
	recordBytes    = 56
	// maxSegment bounds what a segment may unpack to.
	maxSegment = 256 << 20
	maxText    = 1 << 20
)

// ErrCorrupt is returned for bytes that are no segment.
var ErrCorrupt = errors.New("not a segment of seen offers")

// Writer collects entries and encodes them. It is reused with Reset.
type Writer struct {
	records, details []byte
	names            map[string]uint64
	texts            []byte
	n                int
	plain            []byte
	zstd             *zstd.Encoder
}

// NewWriter returns an empty Writer.
func NewWriter() *Writer {
	// One goroutine, a small window: segments are small and there are many.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err) // the options are constants
	}
	return &Writer{names: map[string]uint64{}, zstd: z}
}

// Reset forgets all entries.
func (w *Writer) Reset() {
	w.records, w.details, w.texts, w.n = w.records[:0], w.details[:0], w.texts[:0], 0
	clear(w.names)
}

// Len returns how many entries there are.
func (w *Writer) Len() int { return w.n }

// Add adds an entry. It keeps nothing of e.
func (w *Writer) Add(e *Entry) {
	w.n++
	w.records = appendRecord(w.records, &e.Record)
	d := binary.AppendUvarint(w.details, w.name(e.Offer.Marketplace))
	d = appendText(d, e.Offer.ID)
	d = binary.AppendVarint(d, e.At)
	d = binary.AppendUvarint(d, w.name(e.Price.Currency))
	d = binary.AppendVarint(d, e.Price.Amount)
	d = append(d, e.Price.Scale)
	d = appendCount(d, e.Quantity)
	d = appendCount(d, e.Sold)
	d = appendText(d, e.Seller)
	images := e.Images[:min(len(e.Images), MaxEntryImages)]
	d = append(d, byte(len(images)))
	for _, im := range images {
		d = binary.LittleEndian.AppendUint64(d, im)
	}
	w.details = d
}

// Bytes encodes the entries. The result is the caller's.
func (w *Writer) Bytes() []byte {
	p := binary.AppendUvarint(w.plain[:0], uint64(w.n))
	p = append(p, w.records...)
	p = binary.AppendUvarint(p, uint64(len(w.names)))
	p = append(p, w.texts...)
	w.plain = append(p, w.details...)
	return w.zstd.EncodeAll(w.plain, []byte{segmentVersion})
}

func (w *Writer) name(s string) uint64 {
	if i, ok := w.names[s]; ok {
		return i
	}
	i := uint64(len(w.names))
	w.names[string([]byte(s))] = i // a listing's texts are borrowed
	w.texts = appendText(w.texts, s)
	return i
}

func appendRecord(dst []byte, r *Record) []byte {
	for _, n := range [...]uint64{r.Key[0], r.Key[1], r.Content[0], r.Content[1]} {
		dst = binary.LittleEndian.AppendUint64(dst, n)
	}
	for _, n := range [...]uint32{r.Title, r.Images, r.Counts, r.revision} {
		dst = binary.LittleEndian.AppendUint32(dst, n)
	}
	return binary.LittleEndian.AppendUint64(dst, r.Seq)
}

func readRecord(b []byte) Record {
	le := binary.LittleEndian
	return Record{
		Key: Key{le.Uint64(b), le.Uint64(b[8:])},
		Print: Print{
			Content: [2]uint64{le.Uint64(b[16:]), le.Uint64(b[24:])},
			Title:   le.Uint32(b[32:]), Images: le.Uint32(b[36:]), Counts: le.Uint32(b[40:]),
		},
		revision: le.Uint32(b[44:]), Seq: le.Uint64(b[48:]),
	}
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendCount(dst []byte, c assay.Count) []byte {
	if !c.Known {
		return append(dst, 0)
	}
	return binary.AppendVarint(append(dst, 1), c.N)
}

// Apply puts a segment's records into the index and returns how many there were.
func (x *Index) Apply(segment []byte) (int, error) {
	plain, done, err := unpack(segment)
	if err != nil {
		return 0, err
	}
	defer done()
	n, records, _, err := split(plain)
	if err != nil {
		return 0, err
	}
	for i := range n {
		r := readRecord(records[i*recordBytes:])
		if r.Revision() == 0 {
			return i, fmt.Errorf("%w: entry %d has no revision", ErrCorrupt, i)
		}
		x.Put(r)
	}
	return n, nil
}

// Entries decodes a segment and calls visit with each entry, in the order in which
// they were added, until it returns false. What visit is given is its own.
func Entries(segment []byte, visit func(Entry) bool) error {
	plain, done, err := unpack(segment)
	if err != nil {
		return err
	}
	defer done()
	n, records, rest, err := split(plain)
	if err != nil {
		return err
	}
	r := reader{rest: rest}
	names := make([]string, 0, 16)
	for range r.length(len(rest)) {
		names = append(names, r.text())
		if r.bad {
			return ErrCorrupt
		}
	}
	name := func() string {
		if i := r.uvarint(); i < uint64(len(names)) {
			return names[i]
		}
		r.bad = true
		return ""
	}
	for i := range n {
		e := Entry{Record: readRecord(records[i*recordBytes:])}
		e.Offer = assay.OfferKey{Marketplace: name(), ID: r.text()}
		e.At = r.varint()
		e.Price.Currency = name()
		e.Price.Amount = r.varint()
		e.Price.Scale = r.byte()
		e.Quantity, e.Sold = r.count(), r.count()
		e.Seller = r.text()
		for range min(r.byte(), MaxEntryImages) {
			e.Images = append(e.Images, r.uint64())
		}
		if r.bad || e.Revision() == 0 || e.Price.Scale > assay.MaxScale {
			return fmt.Errorf("%w: entry %d cannot be read", ErrCorrupt, i)
		}
		if !visit(e) {
			return nil
		}
	}
	return nil
}

// decoders are shared, since each holds its tables and segments come by thousands.
var decoders = sync.Pool{New: func() any {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxSegment))
	if err != nil {
		panic(err) // the options are constants
	}
	return &unpacker{z: z}
}}

type unpacker struct {
	z     *zstd.Decoder
	plain []byte
}

func unpack(segment []byte) (plain []byte, done func(), err error) {
	if len(segment) == 0 || segment[0] != segmentVersion {
		return nil, nil, fmt.Errorf("%w: unknown version", ErrCorrupt)
	}
	u := decoders.Get().(*unpacker)
	u.plain, err = u.z.DecodeAll(segment[1:], u.plain[:0])
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return u.plain, func() { decoders.Put(u) }, nil
}

// split finds the records and what follows them.
func split(plain []byte) (n int, records, rest []byte, err error) {
	count, size := binary.Uvarint(plain)
	if size <= 0 || count > uint64(len(plain)-size)/recordBytes {
		return 0, nil, nil, fmt.Errorf("%w: more entries than bytes", ErrCorrupt)
	}
	plain = plain[size:]
	end := int(count) * recordBytes
	return int(count), plain[:end], plain[end:], nil
}

// reader reads details. After a failure bad is set and everything is zero.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) fail() { r.bad, r.rest = true, nil }

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// length reads a number that cannot be more than limit.
func (r *reader) length(limit int) int {
	n := r.uvarint()
	if n > uint64(limit) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.length(maxText)
	if n > len(r.rest) { // behind the number itself
		r.fail()
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint64() uint64 {
	if len(r.rest) < 8 {
		r.fail()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return n
}

func (r *reader) count() assay.Count {
	if r.byte() == 0 {
		return assay.Count{}
	}
	return assay.Count{N: r.varint(), Known: true}
}
