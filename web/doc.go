// Package web is the door for people: pages rendered here, completed by htmx and a
// few islands of TypeScript (src/), readable without any script.
//
// A page is one request: what it shows comes from Services, in the scope of who is
// signed in. What a listing says is hostile. Templates escape it; nothing of it becomes
// a link without being checked, an attribute that runs, a style, or a picture from
// the seller's server; and the Content-Security-Policy of every answer allows only
// this program's own script and style, with Trusted Types.
//
// Files ending in .templ are the templates; go generate makes the Go beside them.
package web

//go:generate go tool -modfile=../tools/go.mod templ generate -log-level error
