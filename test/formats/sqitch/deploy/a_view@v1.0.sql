-- Deploy shop:a_view@v1.0 to pg

BEGIN;

CREATE VIEW a_view AS SELECT id FROM users;

COMMIT;
