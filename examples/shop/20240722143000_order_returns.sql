-- migrate:up
CREATE TABLE order_returns (
    order_id     bigint PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    reason       text NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    restocked    boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE order_returns IS 'Whole orders only; single lines are refunded by hand';

CREATE INDEX orders_returned_idx ON orders (placed_at) WHERE status = 'returned';

-- Marking the order is part of recording the return, not a second thing that
-- the application may forget.
CREATE FUNCTION mark_order_returned() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE orders SET status = 'returned'
    WHERE id = NEW.order_id AND status IN ('shipped', 'delivered');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % was not sent out, so it cannot come back', NEW.order_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER order_returns_mark_order
    AFTER INSERT ON order_returns
    FOR EACH ROW EXECUTE FUNCTION mark_order_returned();
COMMENT ON TRIGGER order_returns_mark_order ON order_returns IS
    'Keeps orders.status in step';

-- Money that went back was not earned.
CREATE OR REPLACE VIEW reporting.daily_sales AS
SELECT (t.placed_at AT TIME ZONE 'Europe/Berlin')::date AS day,
       t.currency,
       count(*) AS orders,
       sum(t.goods_total) AS revenue
FROM reporting.order_totals AS t
WHERE t.status NOT IN ('pending', 'cancelled', 'returned')
GROUP BY 1, 2;

-- migrate:down
CREATE OR REPLACE VIEW reporting.daily_sales AS
SELECT (t.placed_at AT TIME ZONE 'Europe/Berlin')::date AS day,
       t.currency,
       count(*) AS orders,
       sum(t.goods_total) AS revenue
FROM reporting.order_totals AS t
WHERE t.status NOT IN ('pending', 'cancelled')
GROUP BY 1, 2;

DROP INDEX orders_returned_idx;
DROP TABLE order_returns;
DROP FUNCTION mark_order_returned();
