-- migrate:up
-- Since the shops in Lyon and Graz hold stock as well, "warehouse" is the
-- wrong word. Constraints and the sequence follow, or error messages would
-- speak of a table nobody can find.
ALTER TABLE warehouses RENAME TO stock_locations;
ALTER TABLE stock_locations RENAME CONSTRAINT warehouses_pkey TO stock_locations_pkey;
ALTER TABLE stock_locations RENAME CONSTRAINT warehouses_code_key TO stock_locations_code_key;
ALTER TABLE stock_locations RENAME CONSTRAINT warehouses_country_fkey TO stock_locations_country_fkey;
ALTER SEQUENCE warehouses_id_seq RENAME TO stock_locations_id_seq;
COMMENT ON TABLE stock_locations IS 'Places goods are sent from: warehouses and shops';

ALTER TABLE stock_levels RENAME COLUMN warehouse_id TO location_id;
ALTER TABLE stock_levels
    RENAME CONSTRAINT stock_levels_warehouse_id_fkey TO stock_levels_location_id_fkey;

-- Functions hold names as text, so this one has to be told. A parameter cannot
-- be renamed in place.
DROP FUNCTION reserve_stock(integer, bigint, integer);
CREATE FUNCTION reserve_stock(p_location integer, p_product bigint, p_quantity integer)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    -- One UPDATE takes the row lock and makes the test: no race between them.
    UPDATE stock_levels
    SET reserved = reserved + p_quantity
    WHERE location_id = p_location
      AND product_id = p_product
      AND on_hand - reserved >= p_quantity;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION reserve_stock(integer, bigint, integer) IS
    'true if the goods are now held for the caller';

-- The old name goes on working while the old release drains.
CREATE VIEW warehouses AS
SELECT id, code, name, country, opened_on
FROM stock_locations;
COMMENT ON VIEW warehouses IS 'Deprecated: use stock_locations. Goes in February 2025';

-- migrate:down
DROP VIEW warehouses;

DROP FUNCTION reserve_stock(integer, bigint, integer);
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

ALTER TABLE stock_levels
    RENAME CONSTRAINT stock_levels_location_id_fkey TO stock_levels_warehouse_id_fkey;
ALTER TABLE stock_levels RENAME COLUMN location_id TO warehouse_id;

COMMENT ON TABLE stock_locations IS 'Places goods are sent from';
ALTER SEQUENCE stock_locations_id_seq RENAME TO warehouses_id_seq;
ALTER TABLE stock_locations RENAME CONSTRAINT stock_locations_country_fkey TO warehouses_country_fkey;
ALTER TABLE stock_locations RENAME CONSTRAINT stock_locations_code_key TO warehouses_code_key;
ALTER TABLE stock_locations RENAME CONSTRAINT stock_locations_pkey TO warehouses_pkey;
ALTER TABLE stock_locations RENAME TO warehouses;
