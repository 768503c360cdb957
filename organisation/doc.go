// Package organisation decides who may do what. The answer to every question is in
// one table (table.go): an action, the kinds of organisation and the roles that may
// do it, whose the thing has to be, and the part of a matter that it belongs to. What
// no row allows is not allowed. docs/access.md is the table in plain English.
//
// # What holds
//
//   - Nothing in a private part is reached from another organisation, whatever the
//     table says: Can refuses a private part to every relation that leads outside,
//     except to an agent whose power of attorney is in force and names that private
//     part.
//   - A further role never takes anything away. A token's limit never adds anything.
//   - The zero Scope may do nothing, and neither does the zero Resource allow anything.
//   - What somebody may not see is answered as if it did not exist (docs/adr/0008-sight.md).
//   - Authorities have no row: they do not sign in, what they say is typed in.
//
// Can answers for one thing. Lists, searches and counts need the same rule as a
// condition of the query, which is the store's part.
package organisation

//go:generate go test -run=^TestTheDocumentIsTheTable$ -count=1 . -update
