// Package api is the HTTP door: screening, listings in, findings out, and what an
// installation's operator needs, described by an OpenAPI 3.1 document at
// /openapi.json. Errors are problem details (RFC 9457) that name the fields at fault.
//
// Every route below /v1 takes a bearer token and works in that token's scope:
// [New] hands the scope to each store, and a store shows nothing outside it. What
// belongs to the installation as a whole (screening against everybody's marks, the
// listings' intake, the reference, backups) is open to scopes of
// assay.LocalOrganisation only.
//
// Requests are attacks until parsed: bodies, headers, unpacked sizes, nesting and
// counts have limits, and a body that arrives too slowly is given up. Two routes
// carry load and are written by hand around pooled buffers: POST /v1/screen and
// POST /v1/listings. The others are typed and validated by huma.
package api
