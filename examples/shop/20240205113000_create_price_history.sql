-- migrate:up
-- btree_gist lets one exclusion constraint mix "=" with range overlap.
CREATE EXTENSION btree_gist WITH SCHEMA public;

CREATE TABLE prices (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    currency      currency_code NOT NULL DEFAULT 'EUR',
    amount        money_amount NOT NULL,
    valid_during  tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    CONSTRAINT prices_valid_during_not_empty CHECK (NOT isempty(valid_during)),
    CONSTRAINT prices_no_overlap EXCLUDE USING gist (
        product_id WITH =,
        currency WITH =,
        valid_during WITH &&
    )
);
COMMENT ON TABLE prices IS 'Every price there ever was; rows are closed, never changed';
COMMENT ON CONSTRAINT prices_no_overlap ON prices IS
    'A product has at most one price per currency at any moment';

-- A parsed body: the server then knows that this function needs the table.
CREATE FUNCTION current_price(for_product bigint, in_currency currency_code)
RETURNS money_amount
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.amount
    FROM prices AS p
    WHERE p.product_id = for_product
      AND p.currency = in_currency
      AND p.valid_during @> now();
END;
COMMENT ON FUNCTION current_price(bigint, currency_code) IS
    'NULL when the product is not for sale in that currency';

-- migrate:down
DROP FUNCTION current_price(bigint, currency_code);
DROP TABLE prices;
DROP EXTENSION btree_gist;
