package web

import (
	"strings"

	"assay"
)

// htmxConfig is htmx's: nothing that a strict Content-Security-Policy refuses, and every
// element that it acts on carries the page's nonce.
const htmxConfig = `{"extensions":"hx-csp","includeIndicatorCSS":false,"mode":"same-origin","defaultTimeout":30000}`

// section is a place of the rail, and the key that goes there after g.
type section struct{ name, address, key string }

// sections lists where the one who looks may go.
func sections(c *visit) []section {
	all := []section{{"findings", "/findings", "f"}, {"screen", "/screen", "s"}, {"reference", "/reference/marks", "r"}, {"ingest", "/ingest", "i"}}
	if c.who.operator {
		return all
	}
	return []section{all[0], all[2]}
}

// acting is the organisation that the one who looks acts for.
func (c *visit) acting() string {
	if c.who.name != "" {
		return c.who.name
	}
	return c.Say("nav.installation")
}

// searched is what the search field holds: what the list below was searched for.
func searched(c *visit) string {
	if c.r.URL.Path == "/findings" {
		return c.r.URL.Query().Get("q")
	}
	return ""
}

// signalClass is a signal as a class of the style sheet.
func signalClass(s assay.Signal) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, string(s))
}
