-- migrate:up
-- Nothing has read the old name for two weeks.
DROP VIEW warehouses;

-- migrate:down
CREATE VIEW warehouses AS
SELECT id, code, name, country, opened_on
FROM stock_locations;
COMMENT ON VIEW warehouses IS 'Deprecated: use stock_locations. Goes in February 2025';
