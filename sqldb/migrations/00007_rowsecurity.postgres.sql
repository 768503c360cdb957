-- session is the installation's own.
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY session_own ON session USING (current_setting('assay.organisation', true) = 'local');

-- The installation sees every organisation's rows: it need not be looked up for each.
ALTER POLICY organisation_seen ON organisation
	USING (current_setting('assay.organisation', true) = 'local' OR EXISTS (SELECT 1 FROM sight s
		WHERE s.viewer = current_setting('assay.organisation', true) AND s.organisation = organisation.id));
DO $$
DECLARE owned TEXT;
BEGIN
	FOREACH owned IN ARRAY ARRAY['marketplace', 'finding', 'event', 'outbox', 'webhook', 'delivery',
		'reference_row', 'token', 'idempotent_result'] LOOP
		EXECUTE format('ALTER POLICY %I ON %I USING (current_setting(''assay.organisation'', true) = ''local'' OR EXISTS '
			'(SELECT 1 FROM sight s WHERE s.viewer = current_setting(''assay.organisation'', true) AND s.organisation = %I.organisation))',
			owned || '_seen', owned, owned);
	END LOOP;
END $$;

-- Under a policy that looks at rows, PostgreSQL may not use the index of words, since @@ is
-- not leakproof, and every search would read every text. So finding_text, which holds
-- nothing but words and numbers, is guarded in writing only: what a search finds is rows of
-- finding, and those are guarded.
DROP POLICY finding_text_seen ON finding_text;
CREATE POLICY finding_text_read ON finding_text FOR SELECT USING (true);
CREATE POLICY finding_text_insert ON finding_text FOR INSERT WITH CHECK (current_setting('assay.organisation', true) = 'local');
CREATE POLICY finding_text_update ON finding_text FOR UPDATE USING (current_setting('assay.organisation', true) = 'local');
CREATE POLICY finding_text_delete ON finding_text FOR DELETE USING (current_setting('assay.organisation', true) = 'local');
