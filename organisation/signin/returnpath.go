package signin

import (
	"net/url"
	"path"
	"strings"
)

const maxReturnPath = 2048

// ReturnPath returns p if it is a path on this server, with or without a query, and
// "/" for anything else, so that a sign-in never sends anybody to another site
// (CWE-601). What browsers forgive is refused here: they read \ as / and drop tabs and
// line breaks, so "/\host" and "/<tab>/host" are addresses of another host to them.
// A fragment is refused as well: it never reaches a server.
func ReturnPath(p string) string {
	if len(p) > maxReturnPath || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return "/"
	}
	for i := range len(p) {
		if p[i] <= ' ' || p[i] >= 0x7f || strings.IndexByte(`\#"<>^{|}`+"`", p[i]) >= 0 {
			return "/"
		}
	}
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	// No dot segments and no empty ones: nobody has to think about what they resolve
	// to, in whichever order they are resolved and decoded.
	if strings.ContainsAny(u.Path, "\\\r\n\t") || strings.Contains(u.Path, "//") ||
		path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
		return "/"
	}
	return p
}
