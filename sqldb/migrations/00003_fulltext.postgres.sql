CREATE TABLE finding_text (
	number       BIGINT NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL,
	words        TSVECTOR NOT NULL
);
CREATE INDEX finding_text_words ON finding_text USING gin (words);
