-- migrate:up
-- Both carriers bill by whole grams, and adding up rounded kilograms put us a
-- few cents out on every monthly invoice.
ALTER TABLE shipments DROP CONSTRAINT shipments_weight_kg_positive;
ALTER TABLE shipments
    ALTER COLUMN weight_kg TYPE integer USING (weight_kg * 1000)::integer;
ALTER TABLE shipments RENAME COLUMN weight_kg TO weight_g;
-- The upper bound is what the old numeric(8, 3) could hold: the way back has
-- to stay open.
ALTER TABLE shipments
    ADD CONSTRAINT shipments_weight_g_range CHECK (weight_g BETWEEN 1 AND 99999999);
COMMENT ON COLUMN shipments.weight_g IS 'As weighed by the carrier, in grams';

-- migrate:down
ALTER TABLE shipments DROP CONSTRAINT shipments_weight_g_range;
ALTER TABLE shipments RENAME COLUMN weight_g TO weight_kg;
ALTER TABLE shipments
    ALTER COLUMN weight_kg TYPE numeric(8, 3) USING weight_kg / 1000.0;
ALTER TABLE shipments
    ADD CONSTRAINT shipments_weight_kg_positive CHECK (weight_kg > 0);
COMMENT ON COLUMN shipments.weight_kg IS 'As weighed by the carrier';
