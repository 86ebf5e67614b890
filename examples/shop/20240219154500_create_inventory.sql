-- migrate:up
CREATE TABLE warehouses (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    country    country_code NOT NULL REFERENCES countries (iso_code),
    opened_on  date,
    CONSTRAINT warehouses_code_key UNIQUE (code)
);
COMMENT ON TABLE warehouses IS 'Places goods are sent from';

-- Rows here change on every order. Room in the page keeps those updates HOT,
-- and an early vacuum keeps the table at a few megabytes.
CREATE TABLE stock_levels (
    warehouse_id   integer NOT NULL REFERENCES warehouses (id) ON DELETE RESTRICT,
    product_id     bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    on_hand        integer NOT NULL DEFAULT 0,
    reserved       integer NOT NULL DEFAULT 0,
    reorder_point  integer NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_id, product_id),
    CONSTRAINT stock_levels_on_hand_not_negative CHECK (on_hand >= 0),
    CONSTRAINT stock_levels_reserved_in_stock
        CHECK (reserved BETWEEN 0 AND on_hand)
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX stock_levels_product_id_idx ON stock_levels (product_id);

CREATE FUNCTION reserve_stock(p_warehouse integer, p_product bigint, p_quantity integer)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    -- One UPDATE takes the row lock and makes the test: no race between them.
    UPDATE stock_levels
    SET reserved = reserved + p_quantity
    WHERE warehouse_id = p_warehouse
      AND product_id = p_product
      AND on_hand - reserved >= p_quantity;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION reserve_stock(integer, bigint, integer) IS
    'true if the goods are now held for the caller';

INSERT INTO warehouses (code, name, country, opened_on) VALUES
    ('LEJ1', 'Leipzig',   'DE', '2023-11-01'),
    ('UTC1', 'Utrecht',   'NL', '2024-02-15');

-- migrate:down
DROP FUNCTION reserve_stock(integer, bigint, integer);
DROP TABLE stock_levels;
DROP TABLE warehouses;
