-- Verify shop:10_late on pg

BEGIN;

SELECT 1;

ROLLBACK;
