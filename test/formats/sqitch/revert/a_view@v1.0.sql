-- Revert shop:a_view@v1.0 from pg

BEGIN;

DROP VIEW a_view;

COMMIT;
