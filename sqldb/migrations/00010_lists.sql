-- A marketplace's findings are also asked for by lane, and an organisation's by marketplace.
DROP INDEX finding_marketplace;
DROP INDEX finding_marketplace_score;
DROP INDEX finding_lane;
DROP INDEX finding_lane_score;
DROP INDEX finding_organisation;
DROP INDEX finding_organisation_found;
DROP INDEX finding_organisation_score;
CREATE INDEX finding_marketplace ON finding (marketplace, level, changed_at, id, lane, organisation, found_at, number);
CREATE INDEX finding_marketplace_score ON finding (marketplace, level, score, changed_at, id, lane, organisation, number);
CREATE INDEX finding_lane ON finding (lane, level, changed_at, id, organisation, found_at, number);
CREATE INDEX finding_lane_score ON finding (lane, level, score, changed_at, id, organisation, number);
CREATE INDEX finding_organisation ON finding (organisation, level, changed_at, id, lane, marketplace, number);
CREATE INDEX finding_organisation_found ON finding (organisation, level, found_at, id, lane, marketplace, number);
CREATE INDEX finding_organisation_score ON finding (organisation, level, score, changed_at, id, lane, marketplace, number);
-- What the full text finds is held against a selection by this alone.
DROP INDEX finding_number;
CREATE INDEX finding_number ON finding (number, level, lane, organisation, marketplace, changed_at, found_at, score, id);
