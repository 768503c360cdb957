// Package pagestest has no code: its tests look at the pages of a whole server with a real
// Chromium. They are here, and not beside the server, because they share one browser and
// one world of findings.
package pagestest
