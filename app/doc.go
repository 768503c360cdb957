// Package app is Assay's runtime: it connects the doors, the work and the
// engines, so that a program (or a test) can run the whole of it in-process.
// cmd/assay adds flags and nothing else.
package app
