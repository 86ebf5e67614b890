-- migrate:up
-- Above the one-stop-shop threshold the tax is that of the country of the
-- customer, and every invoice line has to say which rate it was.
ALTER TABLE countries ADD COLUMN vat_rate numeric(5, 4);
COMMENT ON COLUMN countries.vat_rate IS 'Standard rate; NULL where we charge none';

UPDATE countries AS c
SET vat_rate = r.vat_rate
FROM (VALUES ('AT', 0.20), ('BE', 0.21), ('CZ', 0.21), ('DE', 0.19),
             ('DK', 0.25), ('ES', 0.21), ('FR', 0.20), ('GR', 0.24),
             ('NL', 0.21), ('PL', 0.23)) AS r (iso_code, vat_rate)
WHERE c.iso_code = r.iso_code;

-- NULL for now: the application of today does not fill it in yet. It becomes
-- NOT NULL in three later steps, none of which blocks the shop.
ALTER TABLE order_items ADD COLUMN tax_rate numeric(5, 4);

-- Up to now everything was sold at the German rate.
UPDATE order_items SET tax_rate = 0.19;

-- migrate:down
ALTER TABLE order_items DROP COLUMN tax_rate;
ALTER TABLE countries DROP COLUMN vat_rate;
