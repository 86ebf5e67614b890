-- Verify shop:app/orders on pg

BEGIN;

SELECT 1;

ROLLBACK;
