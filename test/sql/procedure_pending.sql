--
-- migrate_apply_pending(): all or nothing, in the caller's transaction.  And
-- what migrate_require(), migrate_health() and the views say about a list.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL

-- an empty database is up to date
SELECT migrate_require();
SELECT * FROM migrate_health();
SELECT migrate_register('1', 'CREATE TABLE one (a int)', 'DROP TABLE one');
SELECT migrate_register('2', 'CREATE TABLE two (a int); INSERT INTO one VALUES (1), (2)', 'DROP TABLE two');
SELECT migrate_register('3', 'CREATE TABLE three (a int)', 'DROP TABLE three');
SELECT migrate_require();
\echo :SQLSTATE
SELECT migrate_require('1');
\echo :SQLSTATE
SELECT * FROM migrate_health();

-- all
SELECT migrate_apply_pending();
SELECT seq, version, action, statements, rows, direction FROM migrate_history;
SELECT version, state, transactional FROM migrate_status;
SELECT migrate_require();
SELECT migrate_require('1');
SELECT * FROM migrate_health();
SELECT migrate_apply_pending();

-- it is the caller's transaction
SELECT migrate_rollback_to('1');
SELECT * FROM migrate_health();
BEGIN;
SELECT migrate_apply_pending('2');
SELECT current, applied, pending FROM migrate_health();
SELECT migrate_apply_pending('3');
SELECT migrate_require();
ROLLBACK;
SELECT current, applied, pending FROM migrate_health();
SELECT to_regclass('two');

-- or nothing: the last one fails, by running or before
SELECT migrate_register('4', 'CREATE TABLE four (a int); SELECT 1/0', '');
SELECT migrate_apply_pending();
\echo :SQLSTATE
SELECT to_regclass('two'), to_regclass('three'), to_regclass('four');
SELECT current, applied, pending FROM migrate_health();
SELECT max(seq) FROM migrate_history;
SELECT migrate_register('4', 'CREATE TABLE four (a int); VACUUM one', '');
SELECT migrate_apply_pending();
\echo :SQLSTATE
SELECT to_regclass('two'), to_regclass('three'), to_regclass('four');
-- deferred constraints of the third are the third's
SELECT migrate_register('3', 'CREATE TABLE three (a int PRIMARY KEY, b int REFERENCES three DEFERRABLE INITIALLY DEFERRED);
INSERT INTO three VALUES (1, 2);', 'DROP TABLE three');
SELECT migrate_apply_pending();
SELECT migrate_register('3', 'CREATE TABLE three (a int)', 'DROP TABLE three');
-- up to there it goes
SELECT migrate_apply_pending('3');
-- and by CALL the rest
CALL migrate_up();
SELECT version, state, transactional FROM migrate_status;
SELECT seq, version, action, direction, step, steps FROM migrate_history WHERE seq > 5;

-- where it may not be called
BEGIN READ ONLY;
SELECT migrate_apply_pending();
\echo :SQLSTATE
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_apply_pending();
\echo :SQLSTATE
ROLLBACK;
SELECT migrate_apply('5', 'SELECT migrate_apply_pending()');
\echo :SQLSTATE
SELECT migrate_apply('5', 'SELECT migrate_register(''x'', '''')');
SELECT migrate_apply('5', 'DO $$BEGIN PERFORM migrate_unregister(''x''); END$$');
-- in DO, in a function, in FROM
DO $$BEGIN PERFORM migrate_register('5', 'CREATE TABLE five ()', 'DROP TABLE five'); PERFORM migrate_apply_pending(); END$$;
SELECT current FROM migrate_health();
SELECT migrate_rollback();
SELECT v FROM migrate_apply_pending() AS v WHERE v <> '4';
-- a script that looks at the list sees itself pending
SELECT migrate_register('6', 'CREATE TABLE six AS SELECT version, state FROM migrate_status WHERE version >= ''5''', 'DROP TABLE six');
SELECT migrate_apply_pending();
TABLE six;

-- read-only callers may ask
BEGIN READ ONLY ISOLATION LEVEL SERIALIZABLE;
SELECT migrate_require();
SELECT ok, current FROM migrate_health();
SELECT count(*) FROM migrate_status;
COMMIT;
-- and so may everybody
CREATE ROLE regress_procedure_nobody;
GRANT USAGE ON SCHEMA migrate TO regress_procedure_nobody;
SET ROLE regress_procedure_nobody;
SELECT migrate_require();
SELECT migrate_require('6');
SELECT ok, current, applied, pending, interrupted, detail FROM migrate_health();
RESET ROLE;
SELECT count(*) FROM migrate_progress;
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP OWNED BY regress_procedure_nobody;
DROP ROLE regress_procedure_nobody;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
