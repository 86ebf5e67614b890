-- migrate:up
-- Step 3 of 3: the validated check is proof enough, so SET NOT NULL does not
-- scan the table, and the check has then done its work.
-- order_items is always busy: rather fail and try again than queue the shop
-- behind us.
SET LOCAL lock_timeout = '5s';

ALTER TABLE order_items ALTER COLUMN tax_rate SET NOT NULL;
ALTER TABLE order_items DROP CONSTRAINT order_items_tax_rate_present;

-- migrate:down
ALTER TABLE order_items
    ADD CONSTRAINT order_items_tax_rate_present CHECK (tax_rate IS NOT NULL);
ALTER TABLE order_items ALTER COLUMN tax_rate DROP NOT NULL;
