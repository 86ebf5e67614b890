-- Verify shop:users on pg

BEGIN;

SELECT 1;

ROLLBACK;
