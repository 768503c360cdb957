-- Times are microseconds since 1970 UTC, 0 for none. JSON is TEXT. Ids are UUIDv7.

-- counter gives numbers in the order of commits: whoever takes one holds the row
-- until its transaction ends, so that a reader of events by position misses none.
CREATE TABLE counter (
	id    BIGINT NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL
);
INSERT INTO counter (id, value) VALUES (1, 0);

-- heartbeat is written to see whether it can be.
CREATE TABLE heartbeat (
	id   BIGINT NOT NULL PRIMARY KEY,
	beat BIGINT NOT NULL
);

CREATE TABLE setting (
	name  TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

-- sight: viewer may see the rows of organisation.
CREATE TABLE sight (
	viewer       TEXT COLLATE "binary" NOT NULL,
	organisation TEXT COLLATE "binary" NOT NULL,
	PRIMARY KEY (viewer, organisation)
);
CREATE INDEX sight_organisation ON sight (organisation);

CREATE TABLE organisation (
	id         TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	kind       TEXT COLLATE "binary" NOT NULL,
	name       TEXT COLLATE "binary" NOT NULL,
	parent     TEXT COLLATE "binary" NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organisation_brand ON organisation (name) WHERE kind = 'brand';
CREATE INDEX organisation_parent ON organisation (parent);

CREATE TABLE marketplace (
	name         TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id)
);

CREATE TABLE intake_partition (
	id          BIGINT NOT NULL PRIMARY KEY,
	committed   BIGINT NOT NULL,
	listings    BIGINT NOT NULL,
	revisions   BIGINT NOT NULL,
	holder      TEXT COLLATE "binary" NOT NULL,
	lease_until BIGINT NOT NULL
);

CREATE TABLE segment (
	id           BIGINT NOT NULL PRIMARY KEY,
	partition_id BIGINT NOT NULL,
	from_seq     BIGINT NOT NULL,
	to_seq       BIGINT NOT NULL,
	level        BIGINT NOT NULL,
	entries      BIGINT NOT NULL,
	data         BYTEA NOT NULL
);
CREATE INDEX segment_to ON segment (partition_id, to_seq);

CREATE TABLE poison (
	id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	partition_id BIGINT NOT NULL,
	sequence     BIGINT NOT NULL,
	reason       TEXT NOT NULL,
	at           BIGINT NOT NULL,
	bytes        BIGINT NOT NULL,
	data         BYTEA NOT NULL
);

CREATE TABLE job_lease (
	name        TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	holder      TEXT COLLATE "binary" NOT NULL,
	lease_until BIGINT NOT NULL
);

CREATE TABLE rescreen (
	id          BIGINT NOT NULL PRIMARY KEY,
	generation  TEXT NOT NULL,
	model       TEXT NOT NULL,
	as_of       BIGINT NOT NULL,
	marketplace TEXT COLLATE "binary" NOT NULL,
	offer       TEXT COLLATE "binary" NOT NULL,
	total       BIGINT NOT NULL,
	done        BIGINT NOT NULL,
	changed     BIGINT NOT NULL,
	started_at  BIGINT NOT NULL,
	ended_at    BIGINT NOT NULL
);

CREATE TABLE seller (
	marketplace TEXT COLLATE "binary" NOT NULL,
	id          TEXT COLLATE "binary" NOT NULL,
	name        TEXT NOT NULL,
	legal_name  TEXT NOT NULL,
	country     TEXT NOT NULL,
	joined_at   BIGINT NOT NULL,
	identifiers TEXT NOT NULL,
	hash        BIGINT NOT NULL,
	seen_at     BIGINT NOT NULL,
	PRIMARY KEY (marketplace, id)
);

-- number is the finding's key in the full text, which wants an integer.
CREATE TABLE finding (
	id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	number        BIGINT NOT NULL UNIQUE,
	organisation  TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id),
	marketplace   TEXT COLLATE "binary" NOT NULL,
	offer         TEXT COLLATE "binary" NOT NULL,
	page          TEXT NOT NULL,
	level         BIGINT NOT NULL,
	lane          TEXT COLLATE "binary" NOT NULL,
	owner         TEXT COLLATE "binary" NOT NULL,
	variant       TEXT COLLATE "binary" NOT NULL,
	score         BIGINT NOT NULL,
	contributions TEXT NOT NULL,
	model         TEXT NOT NULL,
	reference     TEXT NOT NULL,
	as_of         BIGINT NOT NULL,
	state         TEXT NOT NULL,
	revision      BIGINT NOT NULL,
	title         TEXT NOT NULL,
	url           TEXT NOT NULL,
	price         TEXT NOT NULL,
	currency      TEXT NOT NULL,
	seller_id     TEXT COLLATE "binary" NOT NULL,
	seller_name   TEXT NOT NULL,
	found_at      BIGINT NOT NULL,
	changed_at    BIGINT NOT NULL,
	version       BIGINT NOT NULL,
	searched      TEXT NOT NULL,
	UNIQUE (marketplace, offer, variant, lane, owner)
);
-- Lists and their counts are read from these alone up to the rows of the page.
CREATE INDEX finding_changed ON finding (changed_at, id, level, lane, organisation);
CREATE INDEX finding_found ON finding (found_at, id, level, lane, organisation);
CREATE INDEX finding_organisation ON finding (organisation, changed_at, id, level);
CREATE INDEX finding_lane ON finding (lane, changed_at, id, level, organisation);
CREATE INDEX finding_marketplace ON finding (marketplace, changed_at, id, level, organisation);
CREATE INDEX finding_seller ON finding (seller_id, changed_at, id, level, organisation);
CREATE INDEX finding_offer ON finding (offer);

CREATE TABLE offer_revision (
	marketplace TEXT COLLATE "binary" NOT NULL,
	offer       TEXT COLLATE "binary" NOT NULL,
	number      BIGINT NOT NULL,
	seen_at     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	listing     BYTEA NOT NULL,
	PRIMARY KEY (marketplace, offer, number)
);

CREATE TABLE observation (
	marketplace TEXT COLLATE "binary" NOT NULL,
	offer       TEXT COLLATE "binary" NOT NULL,
	at          BIGINT NOT NULL,
	variant     TEXT COLLATE "binary" NOT NULL,
	quantity    BIGINT,
	sold        BIGINT,
	PRIMARY KEY (marketplace, offer, at, variant)
);

CREATE TABLE event (
	id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	position     BIGINT NOT NULL UNIQUE,
	organisation TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id),
	kind         TEXT COLLATE "binary" NOT NULL,
	subject      TEXT COLLATE "binary" NOT NULL,
	actor        TEXT NOT NULL,
	at           BIGINT NOT NULL,
	data         TEXT NOT NULL
);
CREATE INDEX event_organisation ON event (organisation, position);
CREATE INDEX event_subject ON event (subject, position);
CREATE INDEX event_at ON event (at, position);

CREATE TABLE outbox (
	position     BIGINT NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL
);

CREATE TABLE webhook (
	id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id),
	url          TEXT NOT NULL,
	kinds        TEXT NOT NULL,
	secret       BYTEA NOT NULL,
	active       BIGINT NOT NULL,
	created_at   BIGINT NOT NULL
);

CREATE TABLE delivery (
	id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	webhook      TEXT COLLATE "binary" NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
	organisation TEXT COLLATE "binary" NOT NULL,
	event        TEXT COLLATE "binary" NOT NULL,
	state        TEXT COLLATE "binary" NOT NULL,
	attempts     BIGINT NOT NULL,
	next_at      BIGINT NOT NULL,
	status       BIGINT NOT NULL,
	error        TEXT NOT NULL,
	created_at   BIGINT NOT NULL,
	ended_at     BIGINT NOT NULL,
	UNIQUE (webhook, event)
);
CREATE INDEX delivery_due ON delivery (next_at, id) WHERE state = 'pending';
CREATE INDEX delivery_webhook ON delivery (webhook, created_at, id);

-- A row is in force at version v when since <= v and (until IS NULL or until > v).
CREATE TABLE reference_row (
	kind         TEXT COLLATE "binary" NOT NULL,
	key          TEXT COLLATE "binary" NOT NULL,
	since        BIGINT NOT NULL,
	until        BIGINT,
	seen         BIGINT NOT NULL,
	organisation TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id),
	owner        TEXT COLLATE "binary" NOT NULL,
	fields       TEXT NOT NULL,
	PRIMARY KEY (kind, key, since)
);
CREATE INDEX reference_row_since ON reference_row (since);
CREATE INDEX reference_row_until ON reference_row (until) WHERE until IS NOT NULL;
CREATE INDEX reference_row_owner ON reference_row (kind, owner, seen) WHERE until IS NULL;

-- The version in force, the last one begun, and who is importing.
CREATE TABLE reference_version (
	id          BIGINT NOT NULL PRIMARY KEY,
	current     BIGINT NOT NULL,
	begun       BIGINT NOT NULL,
	begun_at    BIGINT NOT NULL,
	holder      TEXT COLLATE "binary" NOT NULL,
	lease_until BIGINT NOT NULL
);
INSERT INTO reference_version (id, current, begun, begun_at, holder, lease_until) VALUES (1, 0, 0, 0, '', 0);

CREATE TABLE token (
	id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL REFERENCES organisation (id),
	name         TEXT COLLATE "binary" NOT NULL,
	hash         BYTEA NOT NULL UNIQUE,
	expires_at   BIGINT NOT NULL,
	created_at   BIGINT NOT NULL
);

CREATE TABLE idempotent_result (
	organisation TEXT COLLATE "binary" NOT NULL,
	key          TEXT COLLATE "binary" NOT NULL,
	request_hash BYTEA NOT NULL,
	status       BIGINT NOT NULL,
	body         BYTEA NOT NULL,
	created_at   BIGINT NOT NULL,
	PRIMARY KEY (organisation, key)
);
CREATE INDEX idempotent_result_created ON idempotent_result (created_at);

INSERT INTO sight (viewer, organisation) VALUES ('local', 'local');
INSERT INTO organisation (id, kind, name, parent, created_at) VALUES ('local', 'node', 'local', '', 0);
