-- Revert shop:app/orders from pg

BEGIN;

DROP TABLE orders;

COMMIT;
