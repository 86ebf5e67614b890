-- migrate:up
CREATE TYPE order_status AS ENUM
    ('pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled');
COMMENT ON TYPE order_status IS 'Where an order is on its way to the customer';

-- The number customers read out on the phone. Steps of seven, so that two
-- neighbouring numbers differ in more than one mistyped digit and the daily
-- volume is not written on every invoice.
CREATE SEQUENCE order_number_seq AS bigint
    START WITH 100003 INCREMENT BY 7
    MINVALUE 100003 MAXVALUE 9999999999
    CACHE 5 NO CYCLE;

CREATE TABLE orders (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_number         bigint NOT NULL DEFAULT nextval('order_number_seq'),
    -- The tax office wants ten years of orders: a customer who has some stays.
    customer_id          bigint NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    shipping_address_id  bigint REFERENCES addresses (id) ON DELETE SET NULL,
    status               order_status NOT NULL DEFAULT 'pending',
    currency             currency_code NOT NULL,
    placed_at            timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_order_number_key UNIQUE (order_number)
);

CREATE INDEX orders_customer_id_idx ON orders (customer_id);
-- The packing screen reads a few hundred open orders out of all there are.
CREATE INDEX orders_open_idx ON orders (placed_at)
    WHERE status IN ('pending', 'paid', 'packed');
COMMENT ON INDEX orders_open_idx IS 'Packing screen';

CREATE TRIGGER orders_touch_updated_at
    BEFORE UPDATE ON orders
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE order_items (
    order_id    bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line_no     smallint NOT NULL,
    product_id  bigint NOT NULL REFERENCES products (id) ON DELETE RESTRICT,
    quantity    integer NOT NULL,
    unit_price  money_amount NOT NULL,
    discount    money_amount NOT NULL DEFAULT 0,
    line_total  numeric(14, 2)
                GENERATED ALWAYS AS (quantity * unit_price - discount) STORED,
    PRIMARY KEY (order_id, line_no),
    CONSTRAINT order_items_quantity_positive CHECK (quantity > 0),
    CONSTRAINT order_items_discount_fits CHECK (discount <= quantity * unit_price)
);
COMMENT ON COLUMN order_items.unit_price IS
    'Copied from prices when the order is placed: later price changes must not reach it';
CREATE INDEX order_items_product_id_idx ON order_items (product_id);

-- migrate:down
DROP TABLE order_items;
DROP TABLE orders;
DROP SEQUENCE order_number_seq;
DROP TYPE order_status;
