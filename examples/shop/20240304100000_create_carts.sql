-- migrate:up
-- gen_random_bytes() for cart tokens: they are capabilities, so random() will
-- not do.
CREATE EXTENSION pgcrypto WITH SCHEMA public;

CREATE TABLE carts (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- A deleted customer leaves an anonymous cart behind for the statistics.
    customer_id  bigint REFERENCES customers (id) ON DELETE SET NULL,
    token        text COLLATE "C" NOT NULL
                 DEFAULT encode(public.gen_random_bytes(18), 'hex'),
    currency     currency_code NOT NULL DEFAULT 'EUR',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    reminded_at  timestamptz,
    CONSTRAINT carts_token_key UNIQUE (token)
);
COMMENT ON COLUMN carts.token IS 'Goes into the cookie of a visitor who is not signed in';
COMMENT ON COLUMN carts.reminded_at IS 'When the "you left something behind" mail went out';

CREATE INDEX carts_customer_id_idx ON carts (customer_id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX carts_to_remind_idx ON carts (updated_at)
    WHERE reminded_at IS NULL;

CREATE TRIGGER carts_touch_updated_at
    BEFORE UPDATE ON carts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE cart_items (
    cart_id     uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
    product_id  bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    quantity    integer NOT NULL DEFAULT 1,
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cart_id, product_id),
    CONSTRAINT cart_items_quantity_sensible CHECK (quantity BETWEEN 1 AND 999)
);
CREATE INDEX cart_items_product_id_idx ON cart_items (product_id);

-- migrate:down
DROP TABLE cart_items;
DROP TABLE carts;
DROP EXTENSION pgcrypto;
