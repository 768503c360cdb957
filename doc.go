// Package assay is the vocabulary of a joint anti-counterfeiting task force:
// the listing that is watched, the mark, product and channel that are
// protected, and the verdict that explains itself. It holds types, their
// invariants and the error vocabulary, and knows no technology: everything else
// in the module is built on it and it imports nothing but the standard library.
//
// The words are those of the field; docs/glossary.md lists them.
package assay
