--
-- migrate_lint(): at migrate_apply() and the others.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

SHOW neon_migrate.lint;
-- no NOTICEs with durations
SET client_min_messages = warning;
-- warn
SELECT migrate_apply('1', E'SELECT 1;\n  CREATE INDEX ON large (a); CREATE INDEX ON small (a)');
SELECT migrate_apply('1', E'SELECT 1;\n  CREATE INDEX ON large (a); CREATE INDEX ON small (a)');
SELECT migrate_apply('2', 'DROP TABLE small', 'TRUNCATE large');
SELECT migrate_apply('3', 'CREATE TABLE small (id bigint, j json); DROP TABLE none; DROP TABLE small', 'CREATE TABLE small (); CREATE TABLE none ()');
-- an error that is found while looking has its place
SELECT migrate_apply('4', E'SELECT 1;\n  ALTER TABLE large ADD COLUMN x numeric(5000)');
-- the tables of this transaction are nobody else's
BEGIN;
SELECT migrate_register('4', 'CREATE TABLE fresh AS SELECT * FROM large');
SELECT migrate_register('5', 'ALTER TABLE fresh ALTER a SET NOT NULL; CREATE INDEX ON fresh (a); DROP TABLE fresh');
SELECT migrate_apply_pending();
ROLLBACK;
-- error
SET neon_migrate.lint = 'error';
SELECT migrate_apply('4', E'CREATE INDEX ON large (b);\nTRUNCATE large;\nDELETE FROM large');
SELECT migrate_apply('4', 'CREATE INDEX ON large (b)');
SELECT migrate_apply('5', 'TRUNCATE large; -- neon_migrate: ignore truncate' || E'\nINSERT INTO large (id) VALUES (1)');
CALL migrate_run('6', 'TRUNCATE large');
SELECT migrate_register('7', 'DELETE FROM large', 'SELECT 1');
SELECT migrate_register('8', 'SELECT 1', 'DELETE FROM large');
SELECT migrate_apply_pending();
CALL migrate_up();
SET neon_migrate.lint_ignore = 'delete-all';
CALL migrate_up();
RESET neon_migrate.lint_ignore;
-- not on the way down, nor for what was applied before, nor what is not run
INSERT INTO large (id) VALUES (1);
SELECT migrate_redo('7');
INSERT INTO large (id) VALUES (1);
SELECT migrate_rollback(1);
INSERT INTO large (id) VALUES (1);
SELECT migrate_stamp('9', 'TRUNCATE large');
SELECT migrate_apply('9', 'TRUNCATE large');
-- off
SET neon_migrate.lint = 'off';
SELECT migrate_apply('10', 'TRUNCATE large');
SELECT version, state FROM migrate_status;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
