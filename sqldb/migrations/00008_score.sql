-- Lists are read from these alone up to the rows of the page: a range for each verdict, in the
-- order that is asked for. The rest of the columns are what else may be asked, and
-- number, by which the full text knows a finding.
DROP INDEX finding_changed;
DROP INDEX finding_found;
DROP INDEX finding_organisation;
DROP INDEX finding_organisation_found;
DROP INDEX finding_lane;
DROP INDEX finding_marketplace;
DROP INDEX finding_seller;
-- Offers are asked for with their marketplace, which the table's own key serves.
DROP INDEX finding_offer;
CREATE INDEX finding_changed ON finding (level, changed_at, id, lane, organisation, number);
CREATE INDEX finding_found ON finding (level, found_at, id, lane, organisation, number);
CREATE INDEX finding_score ON finding (level, score, changed_at, id, lane, organisation, number);
CREATE INDEX finding_organisation ON finding (organisation, level, changed_at, id, lane, number);
CREATE INDEX finding_organisation_found ON finding (organisation, level, found_at, id, lane, number);
CREATE INDEX finding_organisation_score ON finding (organisation, level, score, changed_at, id, lane, number);
CREATE INDEX finding_lane ON finding (lane, level, changed_at, id, organisation, marketplace, found_at, number);
CREATE INDEX finding_lane_score ON finding (lane, level, score, changed_at, id, organisation, marketplace, number);
CREATE INDEX finding_marketplace ON finding (marketplace, level, changed_at, id, organisation, found_at, number);
CREATE INDEX finding_marketplace_score ON finding (marketplace, level, score, changed_at, id, organisation, number);
CREATE INDEX finding_seller ON finding (seller_id, level, changed_at, id, organisation, marketplace, found_at, score, number);
-- What the full text finds is put in order from this alone.
CREATE INDEX finding_number ON finding (number, level, lane, organisation, changed_at, found_at, score, id);
