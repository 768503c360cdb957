// Package sqldb is the store: everything that outlives the process and is not a
// blob or a message on its way. It runs on SQLite and on PostgreSQL with one SQL
// text; dialect.go holds what differs.
//
// # Scope
//
// Every method takes an [assay.Scope] (but TokenByHash and those of sessions, which make one). What it
// reads and writes is bounded by the table sight(viewer, organisation), which
// every query on an organisation's rows carries as a predicate. On PostgreSQL row-level
// security says the same again. The zero Scope sees nothing and may write
// nothing. The installation's own work (partitions, segments, imports, jobs) takes the
// scope of assay.LocalOrganisation and is Forbidden to others.
//
// # Durability and errors
//
// A method that writes has committed when it returns nil, synced to disk, and has
// changed nothing when it returns an error, unless its comment says otherwise.
// Errors that a caller can act on are [assay.Error]: Unavailable (the same call may
// succeed later), Full (no room, or a disk that can't be written), Conflict,
// NotFound, Invalid, Forbidden. When ctx has ended, the error wraps ctx's own.
//
// Times come from the caller and are kept in microseconds, UTC. Text that
// PostgreSQL could not hold (U+0000, bytes that are no UTF-8) is kept as U+FFFD,
// on both engines and in keys, too.
package sqldb
