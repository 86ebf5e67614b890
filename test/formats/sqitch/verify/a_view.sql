-- Verify shop:a_view on pg

BEGIN;

SELECT 1;

ROLLBACK;
