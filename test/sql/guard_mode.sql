--
-- migrate_guard(): the mode, who may set it, and what is kept of it.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_keeper;
DROP ROLE IF EXISTS regress_nm_nobody;
RESET client_min_messages;
CREATE ROLE regress_nm_keeper;
CREATE ROLE regress_nm_nobody;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
GRANT USAGE ON SCHEMA migrate TO regress_nm_keeper, regress_nm_nobody;
SET search_path = migrate;
SET application_name = 'guard test';
\pset tuples_only on
\pset format unaligned

-- off, unless somebody says otherwise; then DDL does not meet the extension at all
SELECT migrate_guard();
SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname;
CREATE TABLE unseen ();
DROP TABLE unseen;
SELECT count(*) FROM migrate_ddl;
SELECT count(*) FROM migrate_guard_mode;

-- arguments
SELECT migrate_guard(NULL);
\echo :SQLSTATE
SELECT migrate_guard('on');
\echo :SQLSTATE
SELECT migrate_guard('');
SELECT migrate_guard('Record');
SELECT migrate_guard();

-- each mode
SELECT migrate_guard('off');
SELECT migrate_guard('record'), migrate_guard();
SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname;
SELECT migrate_guard('record'), migrate_guard();
SELECT migrate_guard('refuse'), migrate_guard();
SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname;
SELECT migrate_guard('record');
SELECT migrate_guard('refuse');
SELECT migrate_guard('off'), migrate_guard();
SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname;

-- each change is kept, and what changes nothing is not
SELECT id, mode, set_at > now() - interval '1 hour' AS recently, set_by = session_user AS set_by,
    role = current_user AS role, client IS NOT NULL AS client, application FROM migrate_guard_mode ORDER BY id;

-- it comes and goes with the transaction
BEGIN;
SELECT migrate_guard('record');
CREATE TABLE seen ();
SAVEPOINT s;
SELECT migrate_guard('refuse');
\set VERBOSITY terse
CREATE TABLE refused ();
\set VERBOSITY default
ROLLBACK TO s;
SELECT migrate_guard();
CREATE TABLE seen_too ();
SELECT command, objects FROM migrate_ddl;
ROLLBACK;
SELECT migrate_guard();
SELECT count(*) FROM migrate_ddl;
CREATE TABLE unseen ();
DROP TABLE unseen;
SELECT count(*), max(mode) FROM migrate_guard_mode WHERE id > 5;

-- not where nothing can be written
BEGIN READ ONLY;
SELECT migrate_guard();
SAVEPOINT s;
SELECT migrate_guard('record');
\echo :SQLSTATE
ROLLBACK;

-- who may: whoever may EXECUTE it, which need not be a superuser
SET ROLE regress_nm_nobody;
SELECT migrate_guard();
SELECT migrate_guard('record');
\echo :SQLSTATE
ALTER EVENT TRIGGER neon_migrate_guard_end ENABLE;
RESET ROLE;
GRANT EXECUTE ON FUNCTION migrate_guard(text) TO regress_nm_keeper;
SET ROLE regress_nm_keeper;
SELECT migrate_guard('refuse');
SELECT migrate_guard();
SELECT current_user;
ALTER EVENT TRIGGER neon_migrate_guard_end DISABLE;
SELECT migrate_guard('off');
RESET ROLE;
SELECT mode, set_by = session_user AS set_by, role FROM migrate_guard_mode WHERE id > 5 ORDER BY id;

-- it can be part of a migration
SELECT migrate_apply('1', 'SELECT migrate.migrate_guard(''refuse'')', 'SELECT migrate.migrate_guard(''off'')');
SELECT migrate_guard();
SELECT migrate_rollback();
SELECT migrate_guard();

-- the functions behind it do nothing by themselves
SELECT migrate_guard_event();
\echo :SQLSTATE
SELECT migrate_append_only();
\echo :SQLSTATE

-- without its event triggers
\set VERBOSITY terse
DROP EVENT TRIGGER neon_migrate_guard_end;
\set VERBOSITY default
BEGIN;
ALTER EXTENSION neon_migrate DROP EVENT TRIGGER neon_migrate_guard_end;
DROP EVENT TRIGGER neon_migrate_guard_end;
SELECT migrate_guard('record');
\echo :SQLSTATE
ROLLBACK;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_keeper;
DROP ROLE regress_nm_nobody;
