-- The row's id is finding.number. The index alone is kept: the text is in the finding.
CREATE VIRTUAL TABLE finding_text USING fts5(words, content='', contentless_delete=1, tokenize='ascii');
