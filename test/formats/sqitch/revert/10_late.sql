-- Revert shop:10_late from pg

BEGIN;

DROP TABLE late;

COMMIT;
