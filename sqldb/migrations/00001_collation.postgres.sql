-- Text that is a key is ordered by its bytes, as SQLite does it by itself. Under
-- this name both engines understand the same table definitions.
CREATE COLLATION "binary" FROM "C";
