-- The rows of an owner, and those that an organisation sees, in the order of their keys.
CREATE INDEX reference_row_of_owner ON reference_row (kind, owner, key);
CREATE INDEX reference_row_of_organisation ON reference_row (kind, organisation, key);
