-- migrate:up
-- The value only. It cannot be used in the transaction that adds it, so what
-- works with it comes with the next version.
ALTER TYPE order_status ADD VALUE 'returned' AFTER 'delivered';

-- migrate:down
-- A value cannot be taken out of an enum: build the type without it and move
-- the column over. What knows the old type by name (views, the default, the
-- predicate of an index) has to step aside meanwhile.
DROP VIEW reporting.daily_sales;
DROP VIEW reporting.order_totals;
DROP INDEX orders_open_idx;
ALTER TABLE orders ALTER COLUMN status DROP DEFAULT;

ALTER TYPE order_status RENAME TO order_status_with_returned;
CREATE TYPE order_status AS ENUM
    ('pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled');
COMMENT ON TYPE order_status IS 'Where an order is on its way to the customer';

-- What came back had been delivered before.
ALTER TABLE orders
    ALTER COLUMN status TYPE order_status
    USING CASE status WHEN 'returned' THEN 'delivered'
                      ELSE status::text END::order_status;
DROP TYPE order_status_with_returned;

ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'pending';

CREATE INDEX orders_open_idx ON orders (placed_at)
    WHERE status IN ('pending', 'paid', 'packed');
COMMENT ON INDEX orders_open_idx IS 'Packing screen';

-- The default privileges of the schema give these their grants again.
CREATE VIEW reporting.order_totals AS
SELECT o.id AS order_id,
       o.order_number,
       o.customer_id,
       o.status,
       o.currency,
       o.placed_at,
       coalesce(sum(i.line_total), 0) AS goods_total
FROM orders AS o
LEFT JOIN order_items AS i ON i.order_id = o.id
GROUP BY o.id;
COMMENT ON VIEW reporting.order_totals IS 'One row per order, cancelled ones included';

CREATE VIEW reporting.daily_sales AS
SELECT (t.placed_at AT TIME ZONE 'Europe/Berlin')::date AS day,
       t.currency,
       count(*) AS orders,
       sum(t.goods_total) AS revenue
FROM reporting.order_totals AS t
WHERE t.status NOT IN ('pending', 'cancelled')
GROUP BY 1, 2;
COMMENT ON COLUMN reporting.daily_sales.revenue IS 'Before shipping and tax';
