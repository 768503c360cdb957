-- number is the row's key in the full text. A row without one has no words there yet: opening
-- the database writes them. numbered is the last number that was given; none is given twice.
ALTER TABLE reference_row ADD COLUMN number BIGINT;
CREATE UNIQUE INDEX reference_row_number ON reference_row (number);
ALTER TABLE reference_version ADD COLUMN numbered BIGINT NOT NULL DEFAULT 0;

CREATE TABLE reference_text (
	number       BIGINT NOT NULL PRIMARY KEY,
	organisation TEXT COLLATE "binary" NOT NULL,
	words        TSVECTOR NOT NULL
);
CREATE INDEX reference_text_words ON reference_text USING gin (words);

-- Guarded in writing only, as finding_text is, and for the same reason: what a search finds is
-- rows of reference_row, and those are guarded.
ALTER TABLE reference_text ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_text FORCE ROW LEVEL SECURITY;
CREATE POLICY reference_text_read ON reference_text FOR SELECT USING (true);
CREATE POLICY reference_text_insert ON reference_text FOR INSERT WITH CHECK (current_setting('assay.organisation', true) = 'local');
CREATE POLICY reference_text_update ON reference_text FOR UPDATE USING (current_setting('assay.organisation', true) = 'local');
CREATE POLICY reference_text_delete ON reference_text FOR DELETE USING (current_setting('assay.organisation', true) = 'local');
