// Package feed turns marketplace feeds into listings: Assay's own NDJSON, CSV and
// TSV with a header, Google Merchant Center feeds (TSV, RSS 2.0 and Atom XML) and
// schema.org products as JSON-LD, in files or inside HTML pages.
//
// [Open] undoes gzip and Zstandard, byte order marks and UTF-16, and recognises
// the format. A [Reader] then only cuts the input into records; decoding happens
// in [Batch.Decode], so that several goroutines can share the work:
//
//	for {
//		if err := r.Next(&b); err == io.EOF { … }
//		b.Decode(func(l *assay.Listing, p *assay.Problem) { … })
//	}
//
// Inputs are attacks until parsed. Memory does not depend on the input: a record
// has a size limit, as has nesting; a compression bomb ends the file. A record
// that breaks a rule is an [assay.Problem] with file, line, field and reason,
// and the records after it are read all the same.
//
// # Prices
//
// A price in NDJSON is exact: {"amount":"129.00","currency":"EUR"}. In the other
// formats it is text that people or machines wrote, and is read by this rule:
//
//   - Full-width digits and signs are folded. A currency code or symbol may stand
//     before or after the amount and must agree with the currency that is given
//     elsewhere; a symbol that several currencies share ($, ¥, kr) needs one
//     given. £ alone is sterling.
//   - Scientific notation is read exactly: 1.58095e+03 is 1580.95. More than nine
//     decimal places are rounded to nine: they are a floating-point number's
//     residue.
//   - Point and comma together: the last is the decimal sign, the other groups
//     digits by threes (or as in 1,00,000.00). Spaces and apostrophes group.
//   - One sign, more than once: it groups.
//   - One sign, once, not before exactly three digits: it is the decimal sign.
//   - One sign, once, before exactly three digits: it is the decimal sign if more
//     than three digits or a lone 0 stand before it, or for a point if the
//     currency has three minor digits; it groups if the currency is used
//     without minor units (ISO 4217, or by custom as IDR and VND) or the text
//     itself carries a currency; else [Options.Decimal] settles it; else the
//     price is refused.
//   - Negative amounts, ranges, words and more than 18 digits are refused. Empty,
//     "null" and "N/A" mean no price.
package feed
