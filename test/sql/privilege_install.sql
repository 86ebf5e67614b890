--
-- Who may install the extension, and into which schema; what its owner may do
-- then.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_owner, regress_nm_other, regress_nm_member;
RESET client_min_messages;
CREATE ROLE regress_nm_owner;
CREATE ROLE regress_nm_other;
CREATE ROLE regress_nm_member;
SELECT current_database() AS db \gset
GRANT CREATE ON DATABASE :"db" TO regress_nm_owner;
\pset tuples_only on
\pset format unaligned
-- newer majors add the extension script's line
\set SHOW_CONTEXT never

-- a superuser, into a schema of somebody else
CREATE SCHEMA theirs AUTHORIZATION regress_nm_other;
CREATE EXTENSION neon_migrate SCHEMA theirs;
\echo :SQLSTATE
-- not even through the search path
SET search_path = theirs;
CREATE EXTENSION neon_migrate;
\echo :SQLSTATE
RESET search_path;
SELECT count(*) FROM pg_extension WHERE extname = 'neon_migrate';
SELECT count(*) FROM pg_class WHERE relnamespace = 'theirs'::regnamespace;
-- nor as a member of the schema's owner
GRANT regress_nm_other TO regress_nm_member;
GRANT CREATE ON DATABASE :"db" TO regress_nm_member;
GRANT CREATE ON SCHEMA theirs TO regress_nm_owner;
SET ROLE regress_nm_owner;
CREATE EXTENSION neon_migrate SCHEMA theirs;
RESET ROLE;
SET ROLE regress_nm_member;
CREATE EXTENSION neon_migrate SCHEMA theirs;
RESET ROLE;

-- those whose schema is safe: pg_database_owner, another superuser, the installer
CREATE SCHEMA of_database AUTHORIZATION pg_database_owner;
CREATE EXTENSION neon_migrate SCHEMA of_database;
DROP EXTENSION neon_migrate;
DROP SCHEMA of_database;
CREATE ROLE regress_nm_super SUPERUSER;
CREATE SCHEMA supers AUTHORIZATION regress_nm_super;
GRANT CREATE ON SCHEMA supers TO regress_nm_owner;
CREATE EXTENSION neon_migrate SCHEMA supers;
DROP EXTENSION neon_migrate;
SET ROLE regress_nm_owner;
CREATE EXTENSION neon_migrate SCHEMA supers;
DROP EXTENSION neon_migrate;
RESET ROLE;
DROP SCHEMA supers;
DROP ROLE regress_nm_super;

-- a user who may create objects in the database, and no more
SET SESSION AUTHORIZATION regress_nm_owner;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SELECT extowner::regrole FROM pg_extension WHERE extname = 'neon_migrate';
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');
SELECT migrate_rollback();
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');
SELECT migrate_redo('1');
SELECT migrate_stamp('2', 'SELECT 2');
SELECT migrate_unstamp('2');
SELECT version, state FROM migrate_status;
SELECT count(*) FROM migrate_history;
SELECT up_sql FROM migrate_ledger WHERE seq = 1;
SELECT current, applied FROM migrate_health();
SELECT * FROM migrate_verify() WHERE subject NOT IN ('hash chain', 'head');
SELECT version, applied_by = session_user AS applied_by, role FROM migrate_history WHERE seq = 1;
-- he owns neither the table nor the functions, and cannot edit history
SELECT relowner = 'regress_nm_owner'::regrole FROM pg_class WHERE oid = 'migrate_ledger'::regclass;
\set VERBOSITY terse
UPDATE migrate_ledger SET version = '2';
DELETE FROM migrate_ledger;
TRUNCATE migrate_ledger;
INSERT INTO migrate_ledger SELECT seq + 100, version, action, description, up_sql, down_sql, depends_on, transactional, checksum, started_at, duration, applied_by, role,
    client, application, statements, rows, wal_bytes, lsn, error, direction, step, steps, cut, detail, applied_seq, below_seq, head_seq, applied_total, unfinished_total, dependent_total, newest_version, previous_hash, entry_hash FROM migrate_ledger;
ALTER TABLE migrate_ledger DISABLE TRIGGER ALL;
DROP TRIGGER migrate_ledger_guard_row ON migrate_ledger;
CREATE TRIGGER t BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE migrate.child () INHERITS (migrate_ledger);
ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY;
DROP TABLE migrate_ledger;
ALTER FUNCTION migrate_apply SECURITY DEFINER;
CREATE OR REPLACE FUNCTION migrate.migrate_require(version text DEFAULT NULL) RETURNS void LANGUAGE sql AS 'SELECT 1';
SELECT migrate_ledger_guard();
\set VERBOSITY default
-- he can pass on what he has: migrating, and reading
GRANT EXECUTE ON FUNCTION migrate_apply TO regress_nm_other;
GRANT SELECT ON migrate_ledger, migrate_status, migrate_history TO regress_nm_other;
GRANT USAGE ON SCHEMA migrate TO regress_nm_other;
RESET SESSION AUTHORIZATION;
SET ROLE regress_nm_other;
SELECT migrate.migrate_apply('3', 'SELECT 3');
SELECT version, state FROM migrate.migrate_status;
SELECT migrate.migrate_rollback();
\echo :SQLSTATE
RESET ROLE;
SELECT subject, ok FROM migrate.migrate_verify() WHERE NOT ok;

-- the ledger goes with the extension, which he may drop
SET ROLE regress_nm_owner;
DROP EXTENSION neon_migrate;
SELECT count(*) FROM pg_class WHERE relnamespace = 'migrate'::regnamespace;
RESET ROLE;

-- it is not relocatable
CREATE SCHEMA here;
CREATE SCHEMA there;
CREATE EXTENSION neon_migrate SCHEMA here;
ALTER EXTENSION neon_migrate SET SCHEMA there;
DROP EXTENSION neon_migrate;

SET client_min_messages = warning;
RESET search_path;
REVOKE ALL ON DATABASE :"db" FROM regress_nm_owner, regress_nm_member;
DROP SCHEMA app, migrate, theirs, here, there CASCADE;
DROP ROLE regress_nm_owner, regress_nm_other, regress_nm_member;
