--
-- Where a CALL is refused: wherever it could not end its transaction.  Nothing
-- is run and nothing is recorded.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL
SELECT migrate_apply('0', '', 'CREATE TABLE down ()');
SELECT migrate_register('1', 'CREATE TABLE up ()', 'DROP TABLE up');

-- in a transaction block
BEGIN;
CALL migrate_run('2', 'CREATE TABLE run ()');
\echo :SQLSTATE
ROLLBACK;
BEGIN;
CALL migrate_up();
\echo :SQLSTATE
ROLLBACK;
BEGIN;
CALL migrate_down();
\echo :SQLSTATE
ROLLBACK;
BEGIN;
CALL migrate_down_to('0');
\echo :SQLSTATE
COMMIT;
-- with a savepoint it is the same, and goes on after it
BEGIN;
CREATE TABLE before ();
SAVEPOINT s;
CALL migrate_up();
ROLLBACK TO s;
COMMIT;
SELECT to_regclass('before');

-- beside another statement in one message
SELECT 'before' \; CALL migrate_up();
\echo :SQLSTATE
CALL migrate_up() \; SELECT 'after';
CALL migrate_run('2', 'CREATE TABLE run ()') \; CALL migrate_run('2', 'CREATE TABLE run ()');

-- from DO, with or without a transaction of its own
DO 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); END';
\echo :SQLSTATE
DO 'DECLARE done int; BEGIN COMMIT; CALL migrate_run(''2'', ''CREATE TABLE run ()'', done => done); END';
\echo :SQLSTATE
DO 'DECLARE done int; BEGIN CALL migrate_down(1, done); END';
DO 'DECLARE done int; BEGIN ROLLBACK; CALL migrate_down_to(''0'', done); END';
DO $$BEGIN EXECUTE 'CALL migrate_up()'; END$$;
DO $$BEGIN COMMIT; EXECUTE 'CALL migrate_up()'; END$$;

-- from a procedure and from a function
CREATE PROCEDURE wrapper() LANGUAGE plpgsql AS 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); END';
CALL wrapper();
\echo :SQLSTATE
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'DECLARE done int; BEGIN COMMIT; CALL migrate_run(''2'', ''CREATE TABLE run ()'', done => done); END';
CALL commits();
CREATE FUNCTION wrapper_function() RETURNS void LANGUAGE plpgsql AS 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); END';
SELECT wrapper_function();
CREATE PROCEDURE definer() LANGUAGE plpgsql SECURITY DEFINER AS 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); END';
CALL definer();
CREATE PROCEDURE with_setting() LANGUAGE plpgsql SET work_mem = '1MB' AS 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); END';
CALL with_setting();

-- from a migration
SELECT migrate_apply('2', 'CALL migrate_up()');
\echo :SQLSTATE
CALL migrate_run('2', 'CALL migrate_up()');
\echo :SQLSTATE
CALL migrate_run('2', 'VACUUM; CALL migrate_run(''3'', '''')');
SELECT migrate_unstamp('2'), migrate_unregister('2') IS NOT NULL;
CALL migrate_run('3', 'CALL wrapper()');
CALL migrate_run('3', 'CALL commits()');
SELECT migrate_unstamp('3'), migrate_unregister('3') IS NOT NULL;
CALL migrate_run('3', 'DO ''BEGIN COMMIT; PERFORM migrate_apply(''''4'''', ''''''''); END''');
SELECT migrate_unstamp('3'), migrate_unregister('3') IS NOT NULL;
CALL migrate_run('5', 'SELECT migrate_apply(''4'', '''')');

-- a trigger and a rule are functions, too
CREATE TABLE t (a int);
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE done int; BEGIN CALL migrate_up(NULL, done); RETURN NULL; END';
CREATE TRIGGER fires AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION fires();
INSERT INTO t VALUES (1);
\echo :SQLSTATE

-- read-only
SET default_transaction_read_only = on;
CALL migrate_run('2', 'CREATE TABLE run ()');
\echo :SQLSTATE
CALL migrate_up();
CALL migrate_down();
CALL migrate_down_to('0');
RESET default_transaction_read_only;

-- arguments
CALL migrate_run(NULL, '');
\echo :SQLSTATE
CALL migrate_run('', '');
\echo :SQLSTATE
CALL migrate_run(repeat('v', 256), '');
CALL migrate_run('2', NULL);
\echo :SQLSTATE
CALL migrate_run('2', '', depends_on => '{2}');
\echo :SQLSTATE
CALL migrate_run('2', '', depends_on => '{NULL}');
\echo :SQLSTATE
CALL migrate_run('2', 'SELEC');
\echo :SQLSTATE
CALL migrate_run('2', '', 'SELEC');
CALL migrate_run('2', 'SELECT 1; BEGIN; SELECT 2');
\echo :SQLSTATE
CALL migrate_run('2', 'CREATE TABLE run (); LISTEN x');
CALL migrate_run('2', 'VACUUM; DISCARD ALL');
CALL migrate_run('2', 'VACUUM; COPY t FROM STDIN');
CALL migrate_run('2', E'VACUUM;\n\\d');
CALL migrate_down(NULL);
\echo :SQLSTATE
CALL migrate_down(0);
\echo :SQLSTATE
CALL migrate_down(-1);
CALL migrate_down_to(NULL);
\echo :SQLSTATE
CALL migrate_down_to('');
CALL migrate_down_to('nowhere');
\echo :SQLSTATE
-- not applied any more, and not yet
CALL migrate_down_to('1');
\echo :SQLSTATE

-- of all that nothing has run, and what failed is known
SELECT to_regclass('up'), to_regclass('down'), to_regclass('run');
SELECT version, action, direction, error FROM migrate_history WHERE version <> '0' ORDER BY seq;
SELECT version, state FROM migrate_status;
SELECT gate_holder FROM migrate_health();

-- where it is not refused: other isolation levels, a standing snapshot, a prepared statement
SET default_transaction_isolation = 'serializable';
CALL migrate_up();
SET default_transaction_isolation = 'repeatable read';
CALL migrate_down(2);
RESET default_transaction_isolation;
SELECT to_regclass('up'), to_regclass('down');
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
