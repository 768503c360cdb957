// Package screen says what is wrong with a listing, and why: it finds the marks
// and phrases in its texts, compares price, seller and GTIN with one reference
// generation, and sums what each fact weighs into a verdict for every owner and
// lane concerned.
//
// A verdict depends on nothing but the listing, the generation and the version of
// the weights: the same three give the same verdict, byte for byte.
package screen
