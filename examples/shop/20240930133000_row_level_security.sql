-- migrate:up
-- The application sets shop.customer_id (and, for staff, shop.desk) at the
-- start of each transaction; a forgotten WHERE then shows nothing and not
-- everything.
CREATE FUNCTION current_customer_id() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- An unset parameter reads as NULL at first and as '' after a SET LOCAL.
    SELECT nullif(current_setting('shop.customer_id', true), '')::bigint;
$$;

CREATE FUNCTION is_backoffice() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT coalesce(current_setting('shop.desk', true), '') = 'backoffice';
$$;

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE carts ENABLE ROW LEVEL SECURITY;

CREATE POLICY orders_own ON orders
    FOR SELECT TO PUBLIC
    USING (customer_id = current_customer_id());
CREATE POLICY orders_backoffice ON orders
    FOR ALL TO PUBLIC
    USING (is_backoffice())
    WITH CHECK (is_backoffice());
CREATE POLICY orders_read_replica ON orders
    FOR SELECT TO pg_read_all_data
    USING (true);
COMMENT ON POLICY orders_read_replica ON orders IS 'Exports to the data warehouse';

CREATE POLICY order_items_with_order ON order_items
    FOR SELECT TO PUBLIC
    USING (EXISTS (SELECT 1 FROM orders AS o WHERE o.id = order_items.order_id));

CREATE POLICY addresses_own ON addresses
    FOR ALL TO PUBLIC
    USING (customer_id = current_customer_id() OR is_backoffice())
    WITH CHECK (customer_id = current_customer_id() OR is_backoffice());

CREATE POLICY carts_own ON carts
    FOR ALL TO PUBLIC
    USING (customer_id = current_customer_id()
           OR token = current_setting('shop.cart_token', true));
-- Permissive policies add up; this one takes away again.
CREATE POLICY carts_no_resurrection ON carts
    AS RESTRICTIVE FOR UPDATE TO PUBLIC
    USING (updated_at > now() - interval '1 year');

GRANT SELECT ON orders, order_items TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON addresses, carts TO PUBLIC;

-- migrate:down
REVOKE SELECT, INSERT, UPDATE, DELETE ON addresses, carts FROM PUBLIC;
REVOKE SELECT ON orders, order_items FROM PUBLIC;

DROP POLICY carts_no_resurrection ON carts;
DROP POLICY carts_own ON carts;
DROP POLICY addresses_own ON addresses;
DROP POLICY order_items_with_order ON order_items;
DROP POLICY orders_read_replica ON orders;
DROP POLICY orders_backoffice ON orders;
DROP POLICY orders_own ON orders;

ALTER TABLE carts DISABLE ROW LEVEL SECURITY;
ALTER TABLE addresses DISABLE ROW LEVEL SECURITY;
ALTER TABLE order_items DISABLE ROW LEVEL SECURITY;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;

DROP FUNCTION is_backoffice();
DROP FUNCTION current_customer_id();
