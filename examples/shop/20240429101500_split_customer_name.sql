-- migrate:up
-- Letters begin with the given name and labels sort by the family name: one
-- column cannot do both.
ALTER TABLE customers
    ADD COLUMN given_name text,
    ADD COLUMN family_name text;

-- This is not an edit by the customer, and the newsletter sync goes by
-- updated_at: leave it alone.
ALTER TABLE customers DISABLE TRIGGER customers_touch_updated_at;

-- The last word is the family name, a single word is a given name. Wrong for
-- some, which is why the account page asks at the next sign-in.
UPDATE customers
SET given_name = CASE WHEN btrim(full_name) ~ '\s'
                      THEN regexp_replace(btrim(full_name), '\s+\S+$', '')
                      ELSE btrim(full_name) END,
    family_name = CASE WHEN btrim(full_name) ~ '\s'
                       THEN regexp_replace(btrim(full_name), '^.*\s', '')
                       ELSE '' END;

ALTER TABLE customers ENABLE TRIGGER customers_touch_updated_at;

ALTER TABLE customers
    ALTER COLUMN given_name SET NOT NULL,
    ALTER COLUMN family_name SET NOT NULL,
    ALTER COLUMN family_name SET DEFAULT '',
    DROP COLUMN full_name;
COMMENT ON COLUMN customers.family_name IS 'Empty for people with one name only';

CREATE INDEX customers_family_name_idx ON customers (lower(family_name), lower(given_name));

-- migrate:down
DROP INDEX customers_family_name_idx;

ALTER TABLE customers ADD COLUMN full_name text;

ALTER TABLE customers DISABLE TRIGGER customers_touch_updated_at;
UPDATE customers SET full_name = btrim(given_name || ' ' || family_name);
ALTER TABLE customers ENABLE TRIGGER customers_touch_updated_at;

ALTER TABLE customers
    ALTER COLUMN full_name SET NOT NULL,
    DROP COLUMN family_name,
    DROP COLUMN given_name;
COMMENT ON COLUMN customers.full_name IS 'As typed at sign-up';
