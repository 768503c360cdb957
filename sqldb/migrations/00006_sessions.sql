-- Browsers that are signed in, by the SHA-256 of what their cookie holds. They belong to
-- the installation, and are not part of a backup.
CREATE TABLE session (
	hash       BYTEA NOT NULL PRIMARY KEY,
	data       BYTEA NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);
