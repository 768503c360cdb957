-- number is the row's key in the full text. A row without one has no words there yet: opening
-- the database writes them. numbered is the last number that was given; none is given twice.
ALTER TABLE reference_row ADD COLUMN number BIGINT;
CREATE UNIQUE INDEX reference_row_number ON reference_row (number);
ALTER TABLE reference_version ADD COLUMN numbered BIGINT NOT NULL DEFAULT 0;

-- As finding_text, by reference_row.number.
CREATE VIRTUAL TABLE reference_text USING fts5(words, content='', contentless_delete=1, tokenize='ascii');
