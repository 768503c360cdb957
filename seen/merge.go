package seen

// Piece is a part of what Merge made.
type Piece struct {
	From, To uint64 // sequences of the entries, both inclusive
	Entries  int
	Data     []byte
}

// Merge joins segments of one partition, given in the order of their sequences, and
// drops entries that a later one has replaced: those for which live says so, which
// is what Index.Live answers. A piece gets about maxEntries; entries of one envelope
// stay together.
func Merge(segments [][]byte, live func(*Record) bool, maxEntries int) ([]Piece, error) {
	var pieces []Piece
	w := NewWriter()
	var from, last uint64
	seal := func() {
		if w.Len() > 0 {
			pieces = append(pieces, Piece{From: from, To: last, Entries: w.Len(), Data: w.Bytes()})
			w.Reset()
		}
	}
	for _, s := range segments {
		err := Entries(s, func(e Entry) bool {
			if !live(&e.Record) {
				return true
			}
			if w.Len() >= maxEntries && e.Seq != last {
				seal()
			}
			if w.Len() == 0 {
				from = e.Seq
			}
			last = e.Seq
			w.Add(&e)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	seal()
	return pieces, nil
}

// Live reports whether nothing is known that has replaced r. An index that is behind
// finds more to be live than is, never less.
func (x *Index) Live(r *Record) bool {
	now, ok := x.Get(r.Key)
	return !ok || now.Seq < r.Seq || now.Seq == r.Seq && now.Print == r.Print && now.Revision() == r.Revision()
}
