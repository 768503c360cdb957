-- The second belt: what a query's own predicate says once more, for the case that
-- a query forgets it. Every transaction sets assay.organisation to its scope's.
-- FORCE binds the tables' owner, too.

-- sight: a viewer sees its own rows; the installation writes them.
ALTER TABLE sight ENABLE ROW LEVEL SECURITY;
ALTER TABLE sight FORCE ROW LEVEL SECURITY;
CREATE POLICY sight_of ON sight
	USING (viewer = current_setting('assay.organisation', true) OR current_setting('assay.organisation', true) = 'local')
	WITH CHECK (current_setting('assay.organisation', true) = 'local');

-- organisation: seen by sight, written by the installation.
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY organisation_seen ON organisation
	USING (EXISTS (SELECT 1 FROM sight s
		WHERE s.viewer = current_setting('assay.organisation', true) AND s.organisation = organisation.id))
	WITH CHECK (current_setting('assay.organisation', true) = 'local');

-- What belongs to one organisation.
DO $$
DECLARE owned TEXT;
BEGIN
	FOREACH owned IN ARRAY ARRAY['marketplace', 'finding', 'finding_text', 'event', 'outbox', 'webhook', 'delivery',
		'reference_row', 'token', 'idempotent_result'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
		EXECUTE format('CREATE POLICY %I ON %I USING (EXISTS (SELECT 1 FROM sight s '
			'WHERE s.viewer = current_setting(''assay.organisation'', true) AND s.organisation = %I.organisation))',
			owned || '_seen', owned, owned);
	END LOOP;
END $$;

-- The installation's own work.
DO $$
DECLARE own TEXT;
BEGIN
	FOREACH own IN ARRAY ARRAY['intake_partition', 'segment', 'poison', 'job_lease', 'rescreen', 'seller'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', own);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', own);
		EXECUTE format('CREATE POLICY %I ON %I USING (current_setting(''assay.organisation'', true) = ''local'')',
			own || '_own', own);
	END LOOP;
END $$;

-- What is kept of an offer: seen by whoever has a finding on it, written by the
-- installation.
DO $$
DECLARE kept TEXT;
BEGIN
	FOREACH kept IN ARRAY ARRAY['offer_revision', 'observation'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
		EXECUTE format('CREATE POLICY %I ON %I '
			'USING (current_setting(''assay.organisation'', true) = ''local'' OR EXISTS (SELECT 1 FROM finding f '
			'WHERE f.marketplace = %I.marketplace AND f.offer = %I.offer)) '
			'WITH CHECK (current_setting(''assay.organisation'', true) = ''local'')',
			kept || '_found', kept, kept, kept);
	END LOOP;
END $$;
