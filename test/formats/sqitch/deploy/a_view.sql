-- Deploy shop:a_view to pg

BEGIN;

CREATE OR REPLACE VIEW a_view AS SELECT id, name FROM users;

COMMIT;
