-- Revert shop:a_view from pg

BEGIN;

DROP VIEW a_view;
CREATE VIEW a_view AS SELECT id FROM users;

COMMIT;
