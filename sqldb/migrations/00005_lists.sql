-- The first found first, of one organisation.
CREATE INDEX finding_organisation_found ON finding (organisation, found_at, id, level);
-- An organisation's events since a time.
CREATE INDEX event_organisation_at ON event (organisation, at, position);
-- What waits for a webhook.
CREATE INDEX delivery_pending ON delivery (webhook) WHERE state = 'pending';
-- What a version retired of an owner.
CREATE INDEX reference_row_retired ON reference_row (kind, owner, until) WHERE until IS NOT NULL;
-- Nothing waits for a webhook that is switched off.
UPDATE delivery SET state = 'failed', next_at = 0, error = 'the webhook was switched off'
	WHERE state = 'pending' AND EXISTS (SELECT 1 FROM webhook WHERE webhook.id = delivery.webhook AND webhook.active = 0);
