package feed

import (
	"assay"
)

// Decoder decodes records of Assay's own format one at a time, for those who have
// cut them out already: a request's body, an envelope. It is for one goroutine; a
// Decoder reused does not allocate.
type Decoder struct {
	dec     ndjsonDecoder
	scratch scratch
}

// NewDecoder returns a Decoder. Of the options, Currency and Marketplace count.
func NewDecoder(o Options) (*Decoder, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Format != "" && o.Format != NDJSON {
		return nil, assay.Errorf(assay.Invalid, "single records are read as %s only, not as %s", NDJSON, o.Format)
	}
	if code, ok := assay.LookupCurrency(o.Currency); ok {
		o.Currency = code
	}
	return &Decoder{dec: ndjsonDecoder{o}}, nil
}

// Decode decodes one record, a JSON object, and calls visit once, with the listing
// or with the problem. The line stands in the problem. What Batch.Decode says of a
// listing's life holds here: it and its strings, which share the record's bytes,
// are good during visit only.
func (d *Decoder) Decode(record []byte, line int, visit func(l *assay.Listing, p *assay.Problem)) {
	s := &d.scratch
	s.line, s.visit = line, visit
	switch {
	case len(record) > MaxRecord:
		s.problem("", "record longer than 4 MiB")
	default:
		d.dec.decode(s, record)
	}
	s.visit = nil
}
