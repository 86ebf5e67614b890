-- migrate:up
-- The start page asked for this ten times a second; once an hour is enough.
CREATE MATERIALIZED VIEW reporting.bestsellers AS
SELECT p.id AS product_id,
       p.sku,
       p.name,
       sum(i.quantity) AS units_sold,
       sum(i.line_total) AS revenue,
       count(DISTINCT o.customer_id) AS buyers
FROM orders AS o
JOIN order_items AS i ON i.order_id = o.id
JOIN products AS p ON p.id = i.product_id
WHERE o.status IN ('paid', 'packed', 'shipped', 'delivered')
  AND o.placed_at >= now() - interval '90 days'
GROUP BY p.id;
COMMENT ON MATERIALIZED VIEW reporting.bestsellers IS
    'The last 90 days; filled by reporting.refresh_bestsellers()';

-- Also what a refresh beside running readers would need, should the lock of
-- the plain one ever hurt.
CREATE UNIQUE INDEX bestsellers_product_id_key ON reporting.bestsellers (product_id);
CREATE INDEX bestsellers_units_sold_idx ON reporting.bestsellers (units_sold DESC);

-- SECURITY DEFINER: only the owner may refresh, and the job is not the owner.
CREATE PROCEDURE reporting.refresh_bestsellers()
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    started timestamptz := clock_timestamp();
BEGIN
    REFRESH MATERIALIZED VIEW reporting.bestsellers;
    RAISE LOG 'bestsellers refreshed in %', clock_timestamp() - started;
END;
$$;
COMMENT ON PROCEDURE reporting.refresh_bestsellers() IS 'Hourly job';

-- PUBLIC may call new routines by default; this one takes a strong lock.
REVOKE EXECUTE ON PROCEDURE reporting.refresh_bestsellers() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE reporting.refresh_bestsellers() TO pg_monitor;

-- migrate:down
DROP PROCEDURE reporting.refresh_bestsellers();
DROP MATERIALIZED VIEW reporting.bestsellers;
