-- migrate:up
-- Step 2 of 3. First the lines that were sold before the release that fills
-- in the rate: no new ones can appear, step 1 saw to that.
UPDATE order_items AS i
SET tax_rate = coalesce(c.vat_rate, 0)
FROM orders AS o
LEFT JOIN addresses AS a ON a.id = o.shipping_address_id
LEFT JOIN countries AS c ON c.iso_code = a.country
WHERE o.id = i.order_id
  AND i.tax_rate IS NULL;

-- Reads the whole table, but lets readers and writers go on.
ALTER TABLE order_items VALIDATE CONSTRAINT order_items_tax_rate_present;

-- migrate:down
-- There is no "invalidate"; the constraint has to be made afresh.
ALTER TABLE order_items DROP CONSTRAINT order_items_tax_rate_present;
ALTER TABLE order_items
    ADD CONSTRAINT order_items_tax_rate_present CHECK (tax_rate IS NOT NULL) NOT VALID;
