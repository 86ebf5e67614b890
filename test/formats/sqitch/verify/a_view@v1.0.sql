-- Verify shop:a_view@v1.0 on pg

BEGIN;

SELECT 1;

ROLLBACK;
