--
-- migrate_register() and migrate_unregister(): what is on the list, and what
-- the caller is told.  Nothing of it runs.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL

-- new, the same, and the same but for blank space and comments
SELECT migrate_register('1', 'CREATE TABLE one (a int)', 'DROP TABLE one', 'the first');
SELECT migrate_register('1', 'CREATE TABLE one (a int)', 'DROP TABLE one', 'the first');
SELECT migrate_register('1', E'CREATE TABLE one -- comment\r\n(a int) ;', 'DROP /* */ TABLE one;', 'the first');
-- everything but that is a change
SELECT migrate_register('1', 'CREATE TABLE one (b int)', 'DROP TABLE one', 'the first');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', 'DROP TABLE app.one', 'the first');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', 'DROP TABLE app.one', 'the very first');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', 'DROP TABLE app.one');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', 'DROP TABLE app.one');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', '');
SELECT migrate_register('1', 'CREATE TABLE one (b int)');
SELECT migrate_register('1', 'CREATE TABLE one (b int)');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => '{0}');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => '{0,0}');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => '{00}');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => '{0,00}');
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => NULL);
SELECT migrate_register('1', 'CREATE TABLE one (b int)', depends_on => '{}');
-- back to the first; only the last is kept
SELECT migrate_register('1', 'CREATE TABLE one (a int)', 'DROP TABLE one', 'the first');
SELECT version, description, up_sql, down_sql, depends_on, pending, registered_by = session_user
    FROM migrate_definition;
-- it has not run, and is not history
SELECT to_regclass('one');
SELECT count(*) FROM migrate_history;
SELECT version, description, state, applied_at, applied_by, duration, has_down, transactional, depends_on
    FROM migrate_status;
SELECT checksum = (SELECT encode(checksum, 'hex') FROM migrate_definition) FROM migrate_status;

-- nothing is run, but all is read: both scripts, to the end
SELECT migrate_register('2', 'SELECT 1/0');
SELECT migrate_register('2', 'SELECT 1; SELEC 2');
\echo :SQLSTATE
SELECT migrate_register('2', 'SELECT 1', 'SELEC 2');
SELECT migrate_register('2', E'SELECT 1;\n  COMMIT; SELECT 2');
\echo :SQLSTATE
SELECT migrate_register('2', 'SELECT 1', E'\\d');
SELECT migrate_register('2', 'COPY one FROM STDIN');
-- what a function cannot run may be on the list
SELECT migrate_register('2', 'VACUUM', 'VACUUM');
-- what failed changed nothing, and what comes to the same is unchanged
SELECT migrate_register('2', 'VACUUM', 'SELEC');
SELECT migrate_register('2', 'vacuum;', 'Vacuum');

-- arguments
SELECT migrate_register(NULL, '');
\echo :SQLSTATE
SELECT migrate_register('', '');
\echo :SQLSTATE
SELECT migrate_register(repeat('v', 256), '');
SELECT migrate_register('3', NULL);
\echo :SQLSTATE
SELECT migrate_register('3', '', depends_on => '{3}');
\echo :SQLSTATE
SELECT migrate_register('3', '', depends_on => '{1,NULL}');
\echo :SQLSTATE
SELECT migrate_register('3', '', depends_on => '{{1},{2}}');
SELECT migrate_register('3', '', depends_on => ARRAY['']);
SELECT migrate_unregister(NULL);
\echo :SQLSTATE
SELECT migrate_unregister('');
-- a dependency may be registered later
SELECT migrate_register('3', '', '', depends_on => '{9}');
-- a name that needs care
SELECT migrate_register(E'it''s "2" \\ ü', '', '');

-- what is applied is compared with the ledger
SELECT migrate_apply('4', 'CREATE TABLE four (a int)', 'DROP TABLE four', 'the fourth');
SELECT migrate_register('4', 'CREATE TABLE four (a int)', 'DROP TABLE four', 'the fourth');
SELECT migrate_register('4', 'create table FOUR (a int);');
SELECT migrate_register('4', 'CREATE TABLE four (b int)');
\echo :SQLSTATE
-- a new down SQL or description is recorded, as by migrate_apply()
SELECT migrate_register('4', 'CREATE TABLE four (a int)', 'DROP TABLE app.four', 'number four');
SELECT seq, version, action, description FROM migrate_history;
SELECT version, description, state, has_down FROM migrate_status WHERE version = '4';
-- it is not on the list
SELECT migrate_unregister('4');
SELECT version FROM migrate_definition ORDER BY version;

-- unregister
SELECT migrate_unregister('3');
SELECT migrate_unregister('3');
SELECT migrate_unregister('not there');
SELECT migrate_unregister(E'it''s "2" \\ ü');
SELECT version, state FROM migrate_status;

-- on the list it stays when it is applied, by whichever way, and it is pending
-- again when it is not applied any more
SELECT migrate_apply_pending('1');
SELECT version, state FROM migrate_status WHERE version = '1';
SELECT pending FROM migrate_definition WHERE version = '1';
SELECT migrate_register('1', 'CREATE TABLE one (a int)', 'DROP TABLE one', 'the first');
SELECT migrate_rollback();
SELECT version, state FROM migrate_status WHERE version = '1';
SELECT migrate_apply('1', 'CREATE TABLE one (a int)', 'DROP TABLE one', 'the first');
SELECT version, state FROM migrate_status WHERE version = '1';
SELECT migrate_unstamp('1');
SELECT version, state FROM migrate_status WHERE version = '1';
DROP TABLE one;
CALL migrate_up('1');
SELECT version, state FROM migrate_status WHERE version = '1';
CALL migrate_down();
SELECT version, state FROM migrate_status WHERE version = '1';
-- its SQL is taken from the list by a stamp
SELECT migrate_stamp('1');
SELECT version, description, state, has_down FROM migrate_status WHERE version = '1';
-- taken off the list while applied, it is rolled back and no more
SELECT migrate_unregister('1');
SELECT version, state FROM migrate_status WHERE version = '1';
SELECT migrate_unstamp('1');
SELECT version, state FROM migrate_status WHERE version = '1';
-- what was rolled back may come back with other SQL
SELECT migrate_register('1', 'CREATE TABLE one (c int)');
SELECT version, state, has_down, description FROM migrate_status WHERE version = '1';

-- it is the caller's transaction
BEGIN;
SELECT migrate_register('5', '');
ROLLBACK;
SELECT migrate_unregister('5');
BEGIN;
SELECT migrate_unregister('2');
ROLLBACK;
SELECT migrate_unregister('2');
BEGIN READ ONLY;
SELECT migrate_register('5', '');
\echo :SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT migrate_unregister('5');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT migrate_register('5', '');
\echo :SQLSTATE
ROLLBACK;
-- and it is for those who may migrate
CREATE ROLE regress_procedure_nobody;
GRANT USAGE ON SCHEMA migrate, app TO regress_procedure_nobody;
SET ROLE regress_procedure_nobody;
SELECT migrate_register('5', '');
\echo :SQLSTATE
SELECT migrate_unregister('5');
SELECT migrate_apply_pending();
CALL migrate_run('5', '');
CALL migrate_up();
CALL migrate_down();
CALL migrate_down_to('4');
-- whoever may call them needs no rights on the tables behind
RESET ROLE;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA migrate TO regress_procedure_nobody;
SET ROLE regress_procedure_nobody;
SELECT migrate_register('5', 'SELECT 5');
SELECT migrate_unregister('5');
SELECT migrate_register('5', 'SELECT 5', '');
TABLE migrate.migrate_definition;
-- but on those the migration is about
SELECT migrate_apply_pending('1');
\echo :SQLSTATE
SELECT version, state FROM migrate_status;
CALL migrate_up('1');
\echo :SQLSTATE
RESET ROLE;
SELECT version, state FROM migrate_status;
SELECT version, registered_by = session_user FROM migrate_definition ORDER BY version;
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP OWNED BY regress_procedure_nobody;
DROP ROLE regress_procedure_nobody;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
