package api

// Patterns returns the mux's pattern of every route, and whether it takes a token.
func (a *API) Patterns() map[string]bool {
	out := map[string]bool{}
	for pattern, rt := range a.routes {
		out[pattern] = rt.access != anybody
	}
	return out
}

// OperatorPatterns returns the routes that only the installation's tokens may use.
func (a *API) OperatorPatterns() (out []string) {
	for pattern, rt := range a.routes {
		if rt.access == operator {
			out = append(out, pattern)
		}
	}
	return out
}

// StatusOf is the mapping from codes to statuses.
var StatusOf = statusOf
