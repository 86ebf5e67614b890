-- Deploy shop:app/orders to pg

BEGIN;

CREATE TABLE orders (id bigint, user_id bigint REFERENCES users);

COMMIT;
