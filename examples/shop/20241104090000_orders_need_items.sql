-- migrate:up
-- Twice now a crash has left an order without lines. The lines come after the
-- order, so the test has to wait for the commit.
CREATE FUNCTION order_needs_items() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- The order may be gone again by the time the commit comes.
    IF EXISTS (SELECT 1 FROM orders WHERE id = NEW.id)
       AND NOT EXISTS (SELECT 1 FROM order_items WHERE order_id = NEW.id)
    THEN
        RAISE EXCEPTION 'order % has no items', NEW.order_number
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'orders_need_items';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER orders_need_items
    AFTER INSERT ON orders
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION order_needs_items();

-- migrate:down
DROP TRIGGER orders_need_items ON orders;
DROP FUNCTION order_needs_items();
