--
-- Who may do what: the superuser's extension, a role that migrates, one that
-- reads the history, and an application.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_migrator, regress_nm_reader, regress_nm_app;
RESET client_min_messages;
CREATE ROLE regress_nm_migrator NOINHERIT;
CREATE ROLE regress_nm_reader;
CREATE ROLE regress_nm_app;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA migrate TO PUBLIC;
GRANT ALL ON SCHEMA app TO regress_nm_migrator;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_apply('1', 'CREATE TABLE one (secret text DEFAULT ''password'')', 'DROP TABLE one');

-- nobody has been granted anything yet: applications may look at how things stand
SET SESSION AUTHORIZATION regress_nm_app;
SELECT migrate_require('1');
SELECT current, applied FROM migrate_health();
SELECT migrate_require('2');
\set VERBOSITY terse
SELECT migrate_apply('2', 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_rollback();
SELECT migrate_rollback_to('1');
SELECT migrate_rollback_all();
SELECT migrate_redo('1');
SELECT migrate_stamp('2');
SELECT migrate_unstamp('1');
SELECT migrate_ledger_guard();
SELECT * FROM migrate_ledger;
SELECT * FROM migrate_status;
SELECT * FROM migrate_history;
INSERT INTO migrate_ledger SELECT * FROM migrate_ledger;
UPDATE migrate_ledger SET version = '2';
DELETE FROM migrate_ledger;
TRUNCATE migrate_ledger;
DO 'BEGIN LOCK TABLE migrate_ledger IN ACCESS SHARE MODE; END';
CREATE TEMP TABLE child () INHERITS (migrate_ledger);
CREATE TRIGGER t BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE migrate_ledger DISABLE TRIGGER ALL;
\set VERBOSITY sqlstate
SET session_replication_role = replica;
\set VERBOSITY terse
CREATE RULE r AS ON INSERT TO migrate_ledger DO INSTEAD NOTHING;
CREATE FUNCTION migrate.migrate_apply(unknown, unknown) RETURNS text LANGUAGE sql AS 'SELECT 1';
\set VERBOSITY default
RESET SESSION AUTHORIZATION;

-- EXECUTE is all that migrating takes
GRANT EXECUTE ON FUNCTION migrate_apply, migrate_rollback, migrate_rollback_to, migrate_rollback_all, migrate_redo, migrate_stamp, migrate_unstamp TO regress_nm_migrator;
SET SESSION AUTHORIZATION regress_nm_migrator;
SELECT migrate_apply('2', 'CREATE TABLE two ()', 'DROP TABLE two');
SELECT migrate_apply('2', 'CREATE TABLE two ()', 'DROP TABLE two CASCADE');
SELECT migrate_redo('2');
SELECT migrate_rollback();
SELECT migrate_stamp('2');
SELECT migrate_unstamp('2');
SELECT migrate_apply('3', 'CREATE TABLE three ()', 'DROP TABLE three');
SELECT migrate_rollback_to('1');
-- the migration runs with his rights, not with more
SELECT migrate_apply('3', E'CREATE TABLE three ();\nCREATE TABLE migrate.three ()');
\echo :SQLSTATE
SELECT migrate_apply('3', 'SELECT * FROM one');
SELECT migrate_apply('3', 'DROP TABLE one');
\set VERBOSITY sqlstate
SELECT migrate_apply('3', 'CREATE ROLE regress_nm_evil SUPERUSER');
SELECT migrate_apply('3', 'SET ROLE regress_nm_app');
SELECT migrate_apply('3', 'COPY (SELECT 1) TO PROGRAM ''true''');
SELECT migrate_apply('3', 'SELECT pg_read_file(''PG_VERSION'')');
\set VERBOSITY default
SELECT migrate_apply('3', 'SELECT current_user, session_user; CREATE TABLE who AS SELECT current_user::text AS u');
SELECT u FROM who;
-- and so does somebody else's down SQL
SELECT migrate_unstamp('3');
SELECT migrate_rollback();
\echo :SQLSTATE
-- history and SQL are out of his reach, in a migration as outside of it
\set VERBOSITY terse
SELECT * FROM migrate_ledger;
SELECT up_sql FROM migrate_ledger;
SELECT * FROM migrate_status;
SELECT * FROM migrate_history;
INSERT INTO migrate_ledger (seq) VALUES (1);
UPDATE migrate_ledger SET applied_by = 'somebody else';
DELETE FROM migrate_ledger;
TRUNCATE migrate_ledger;
DO 'BEGIN LOCK TABLE migrate_ledger; END';
ALTER TABLE migrate_ledger DISABLE TRIGGER ALL;
ALTER TABLE migrate_ledger OWNER TO regress_nm_migrator;
DROP EXTENSION neon_migrate;
SELECT migrate_apply('4', 'SELECT up_sql FROM migrate.migrate_ledger');
SELECT migrate_apply('4', 'INSERT INTO migrate.migrate_ledger (seq) VALUES (1)');
SELECT migrate_apply('4', 'UPDATE migrate.migrate_ledger SET applied_by = ''somebody else''');
SELECT migrate_apply('4', 'DELETE FROM migrate.migrate_ledger');
SELECT migrate_apply('4', 'TRUNCATE migrate.migrate_ledger');
SELECT migrate_apply('4', 'ALTER TABLE migrate.migrate_ledger DISABLE TRIGGER ALL');
SELECT migrate_apply('4', 'GRANT SELECT ON migrate.migrate_ledger TO regress_nm_migrator');
SELECT migrate_apply('4', 'DROP EXTENSION neon_migrate');
SELECT migrate_apply('4', 'CREATE OR REPLACE FUNCTION migrate.migrate_require(version text) RETURNS void LANGUAGE sql AS ''SELECT 1''');
\set VERBOSITY default
-- nor does an error show SQL that is not his
SELECT migrate_apply('1', 'CREATE TABLE one ()');
-- what he may not pass on, he cannot
GRANT EXECUTE ON FUNCTION migrate_apply TO regress_nm_app;
RESET SESSION AUTHORIZATION;
SELECT proacl::text LIKE '%regress_nm_app%' FROM pg_proc WHERE oid = 'migrate_apply'::regproc;

-- the views can be granted; they do not show SQL
GRANT SELECT ON migrate_status, migrate_history TO regress_nm_reader;
SET SESSION AUTHORIZATION regress_nm_reader;
SELECT version, state FROM migrate_status;
SELECT count(*), max(entry_hash) ~ '^[0-9a-f]{64}$' FROM migrate_history;
\set VERBOSITY terse
SELECT up_sql FROM migrate_ledger;
SELECT migrate_apply('4', 'SELECT 1');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;

-- without USAGE on the schema there is nothing at all
REVOKE USAGE ON SCHEMA migrate FROM PUBLIC;
SET SESSION AUTHORIZATION regress_nm_app;
SELECT migrate.migrate_health();
RESET SESSION AUTHORIZATION;

SELECT subject, ok, detail FROM migrate_verify() WHERE NOT ok;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_migrator, regress_nm_reader, regress_nm_app;
