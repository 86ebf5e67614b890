-- migrate:up
-- A city nearly fixes the country, but the planner multiplied the two and
-- chose nested loops for the delivery route report.
CREATE STATISTICS addresses_country_city_stats (dependencies, mcv)
    ON country, city FROM addresses;
COMMENT ON STATISTICS addresses_country_city_stats IS 'Delivery route report';

-- Without this a GROUP BY month is thought to return as many rows as it reads.
CREATE STATISTICS orders_month_stats
    ON (date_trunc('month', placed_at AT TIME ZONE 'UTC')) FROM orders;

-- A handful of products make most of the sales.
ALTER TABLE order_items ALTER COLUMN product_id SET STATISTICS 500;

-- The "my orders" page, newest first, now reads the index and nothing else.
CREATE INDEX orders_customer_placed_idx ON orders (customer_id, placed_at DESC)
    INCLUDE (order_number, currency);
-- The new index begins with the same column, so the old one is idle weight.
DROP INDEX orders_customer_id_idx;

ALTER TABLE carts SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- migrate:down
ALTER TABLE carts RESET (fillfactor, autovacuum_vacuum_scale_factor);

CREATE INDEX orders_customer_id_idx ON orders (customer_id);
DROP INDEX orders_customer_placed_idx;

-- -1 is "as the server is configured".
ALTER TABLE order_items ALTER COLUMN product_id SET STATISTICS -1;

DROP STATISTICS orders_month_stats;
DROP STATISTICS addresses_country_city_stats;
