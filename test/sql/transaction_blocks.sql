--
-- A migration belongs to the caller's transaction: with its savepoints, its
-- EXCEPTION blocks, its isolation level and its access mode.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- rolled back with it, committed with it
BEGIN;
SELECT migrate_apply('1', 'CREATE TABLE a ()', 'DROP TABLE a');
SELECT to_regclass('a'), (SELECT state FROM migrate_status WHERE version = '1');
ROLLBACK;
SELECT to_regclass('a'), count(*) FROM migrate_status;
BEGIN;
SELECT migrate_apply('1', 'CREATE TABLE a ()', 'DROP TABLE a');
SELECT migrate_apply('2', 'CREATE TABLE b ()', 'DROP TABLE b');
COMMIT;
SELECT version FROM migrate_status;

-- an error ends the transaction, all of it
BEGIN;
SELECT migrate_apply('3', 'CREATE TABLE c ()');
SELECT migrate_apply('4', 'SELECT 1/0');
SELECT migrate_apply('5', 'CREATE TABLE e ()');
COMMIT;
SELECT to_regclass('c'), count(*) FROM migrate_status;

-- savepoints
BEGIN;
SAVEPOINT one;
SELECT migrate_apply('3', 'CREATE TABLE c ()', 'DROP TABLE c');
SAVEPOINT two;
SELECT migrate_apply('4', 'CREATE TABLE d ()');
ROLLBACK TO two;
SELECT migrate_apply('4', 'SELECT 1/0');
ROLLBACK TO two;
SELECT migrate_apply('4', 'CREATE TABLE d (i int)', 'DROP TABLE d');
RELEASE one;
COMMIT;
SELECT version, state FROM migrate_status;
SELECT seq, version FROM migrate_history;
BEGIN;
SAVEPOINT one;
SELECT migrate_rollback();
ROLLBACK TO one;
SELECT migrate_redo('4');
ROLLBACK TO one;
COMMIT;
SELECT seq, version, action FROM migrate_history WHERE seq > 3;

-- EXCEPTION blocks: what was caught is undone, what was not stays
DO $$
BEGIN
    PERFORM migrate_apply('5', 'CREATE TABLE e ()', 'DROP TABLE e');
    BEGIN
        PERFORM migrate_apply('6', 'CREATE TABLE f (); SELECT 1/0');
    EXCEPTION WHEN division_by_zero THEN
        RAISE NOTICE 'caught %', SQLSTATE;
    END;
    BEGIN
        PERFORM migrate_apply('7', 'CREATE TABLE g ()');
        RAISE EXCEPTION 'after it';
    EXCEPTION WHEN raise_exception THEN
        RAISE NOTICE 'caught %', SQLSTATE;
    END;
    PERFORM migrate_apply('6', 'CREATE TABLE h ()', 'DROP TABLE h');
END
$$;
SELECT version FROM migrate_status WHERE version > '4';
SELECT to_regclass('e'), to_regclass('f'), to_regclass('g'), to_regclass('h');
SELECT subject, ok FROM migrate_verify() WHERE NOT ok;

-- one outcome is known inside the transaction
BEGIN;
SELECT migrate_apply('7', 'CREATE TABLE i ()');
SELECT migrate_apply('7', 'CREATE TABLE i ()');
SELECT migrate_apply('7', 'CREATE TABLE i ()', 'DROP TABLE i');
SELECT migrate_rollback();
SELECT migrate_apply('7', 'CREATE TABLE j ()');
ROLLBACK;

-- isolation levels that keep a snapshot are refused, before anything else
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_apply('8', 'CREATE TABLE k ()');
\echo :SQLSTATE
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT migrate_apply('8', 'CREATE TABLE k ()');
\echo :SQLSTATE
ROLLBACK;
\set VERBOSITY terse
-- even if nothing is to be done
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_apply('1', 'CREATE TABLE a ()');
ROLLBACK;
SET default_transaction_isolation = 'repeatable read';
SELECT migrate_rollback();
SELECT migrate_rollback_to('1');
SELECT migrate_rollback_all();
SELECT migrate_redo('1');
SELECT migrate_stamp('8');
SELECT migrate_unstamp('1');
SELECT migrate_require('1'), (migrate_health()).current, (SELECT bool_and(ok) FROM migrate_verify());
RESET default_transaction_isolation;
\set VERBOSITY default
BEGIN ISOLATION LEVEL READ UNCOMMITTED;
SELECT migrate_apply('8', 'CREATE TABLE k ()', 'DROP TABLE k');
COMMIT;

-- so are read-only transactions
BEGIN READ ONLY;
SELECT migrate_apply('9', 'CREATE TABLE l ()');
\echo :SQLSTATE
ROLLBACK;
SET default_transaction_read_only = on;
\set VERBOSITY terse
SELECT migrate_apply('1', 'CREATE TABLE a ()');
SELECT migrate_rollback();
SELECT migrate_rollback_to('1');
SELECT migrate_rollback_all();
SELECT migrate_redo('1');
SELECT migrate_stamp('9');
SELECT migrate_unstamp('1');
SELECT migrate_require('1'), (migrate_health()).current, (SELECT bool_and(ok) FROM migrate_verify());
\set VERBOSITY default
SET default_transaction_read_only = off;

-- a migration sees what its transaction did before it, and is seen after it
BEGIN;
CREATE TABLE made (i int);
INSERT INTO made VALUES (1);
SELECT migrate_apply('9', 'INSERT INTO made SELECT i + 1 FROM made', 'TRUNCATE made');
SELECT * FROM made;
DELETE FROM made;
SELECT migrate_redo('9');
SELECT count(*) FROM made;
COMMIT;

-- a query that uses the table which a migration changes
CREATE TABLE used (i int);
INSERT INTO used VALUES (1);
SELECT migrate_apply('10', 'ALTER TABLE used ADD j int') FROM used;
\echo :SQLSTATE
-- a plan that was made before it
PREPARE plan AS SELECT * FROM used;
EXECUTE plan;
SELECT migrate_apply('10', 'ALTER TABLE used ADD j int', '');
EXECUTE plan;
DEALLOCATE plan;

-- all of it in one transaction that does not commit
BEGIN;
SELECT migrate_rollback_all();
SELECT count(*) FROM migrate_status WHERE state = 'applied';
ROLLBACK;
SELECT count(*) FROM migrate_status WHERE state = 'applied';

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
