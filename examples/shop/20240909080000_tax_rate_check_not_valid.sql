-- migrate:up
-- Step 1 of 3 to tax_rate NOT NULL: hold new rows to it. NOT VALID does not
-- look at the old ones, so the strong lock lasts a moment only.
ALTER TABLE order_items
    ADD CONSTRAINT order_items_tax_rate_present CHECK (tax_rate IS NOT NULL) NOT VALID;

-- migrate:down
ALTER TABLE order_items DROP CONSTRAINT order_items_tax_rate_present;
