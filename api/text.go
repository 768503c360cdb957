package api

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isUTF8(s string) bool { return utf8.ValidString(s) }

// printableName shortens a hostile name for a message.
func printableName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
