-- migrate:up
-- Reports read from here and nowhere else, so that tables may still change.
CREATE SCHEMA reporting;
COMMENT ON SCHEMA reporting IS 'Stable views for dashboards';

-- The dashboards' logins are members of pg_monitor already. Default privileges
-- come first, so that no view below, or of next year, is forgotten.
GRANT USAGE ON SCHEMA reporting TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA reporting GRANT SELECT ON TABLES TO pg_monitor;

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

-- A day of business is a day in Berlin, whatever zone the session has.
CREATE VIEW reporting.daily_sales AS
SELECT (t.placed_at AT TIME ZONE 'Europe/Berlin')::date AS day,
       t.currency,
       count(*) AS orders,
       sum(t.goods_total) AS revenue
FROM reporting.order_totals AS t
WHERE t.status NOT IN ('pending', 'cancelled')
GROUP BY 1, 2;
COMMENT ON COLUMN reporting.daily_sales.revenue IS 'Before shipping and tax';

-- migrate:down
DROP VIEW reporting.daily_sales;
DROP VIEW reporting.order_totals;
ALTER DEFAULT PRIVILEGES IN SCHEMA reporting REVOKE SELECT ON TABLES FROM pg_monitor;
DROP SCHEMA reporting;
