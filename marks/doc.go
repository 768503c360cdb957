// Package marks finds protected names, and the phrases that confess or excuse,
// in hostile text.
//
// A Matcher is built once from a list of terms and is immutable; each goroutine
// asks it through a Finder of its own. A hit names the term, the bytes of the
// original text and every disguise that was undone to read them.
//
// This matcher finds exact occurrences in folded text: letter case, width and
// compatibility forms, and diacritics do not matter, nor does what separates the
// words of a term. Whole words are compared, so "coach" is not found in
// "coaching"; scripts written without spaces (Chinese, Japanese, Korean, Thai and
// others) match at every character. Fold is the definition; the matcher is the
// fast way to it.
package marks
