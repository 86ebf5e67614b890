--
-- Marks for "no transaction": every format's, with and without need.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

CREATE FUNCTION test.marked(path text, before text, VARIADIC more text[] DEFAULT '{}')
    RETURNS TABLE (version text, outcome text) LANGUAGE sql AS $$
    SELECT r.* FROM unnest(ARRAY['SELECT 1;', 'VACUUM;', 'DO ''BEGIN COMMIT; END'';',
        E'ALTER TYPE mood ADD VALUE ''so'';\nSELECT ''so''::mood;']) AS sql,
        migrate.migrate_register_files(ARRAY[path] || more[1:1], ARRAY[before || sql] || more[2:2]) AS r
$$;
SET client_min_messages = notice;
\set VERBOSITY terse
-- the first has no need of it, the others have
SELECT * FROM test.marked('1_dbmate.sql', E'-- migrate:up transaction:false\n');
SELECT * FROM test.marked('2_goose.sql', E'-- +goose NO TRANSACTION\n-- +goose Up\n');
SELECT * FROM test.marked('3_sqlx.sql', E'-- no-transaction\n');
SELECT * FROM test.marked('000004.sql', E'--! Previous: x\n--! Hash: x\n--! AllowInvalidHash\n\n--! no-transaction\n');
SELECT * FROM test.marked('5_diesel/up.sql', '', '5_diesel/metadata.toml', 'run_in_transaction = false # never');
SELECT * FROM test.marked('V6__flyway.sql', '', 'V6__flyway.sql.conf', 'executeInTransaction=false');
-- only down has need of it
SELECT * FROM migrate_register_files(ARRAY['7_dbmate.sql'],
    ARRAY[E'-- migrate:up\nSELECT 1;\n-- migrate:down transaction:false\nVACUUM;']);
-- not marks: elsewhere than where they count
SELECT * FROM migrate_register_files(ARRAY['8_sqlx.sql'], ARRAY[E'SELECT 1;\n-- no-transaction']);
SELECT * FROM migrate_register_files(ARRAY['9_diesel/up.sql', '9_diesel/metadata.toml'],
    ARRAY['SELECT 1', E'# run_in_transaction = false\nrun_in_transaction = true\n[other]\nkey = 1']);
SET client_min_messages = warning;

:clean
