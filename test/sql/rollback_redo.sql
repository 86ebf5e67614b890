--
-- migrate_redo(): down and up again, in one transaction.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- what is not applied cannot be done again
SELECT migrate_redo('1');
\echo :SQLSTATE
SELECT migrate_apply('1', 'CREATE TABLE one (n serial); INSERT INTO one DEFAULT VALUES', 'DROP TABLE one', 'first');
SELECT migrate_rollback();
SELECT migrate_redo('1');

-- both are events
SELECT migrate_apply('1', 'CREATE TABLE one (n serial); INSERT INTO one DEFAULT VALUES', 'DROP TABLE one', 'first');
INSERT INTO one DEFAULT VALUES;
SELECT migrate_redo('1');
SELECT count(*) FROM one;
SELECT seq, version, action, description, statements FROM migrate_history;

-- by the SQL in the ledger, as it was amended
SELECT migrate_stamp('1', 'CREATE TABLE one (n serial, amended text)', 'DROP TABLE one CASCADE');
SELECT migrate_redo('1');
SELECT * FROM one;
SELECT amended FROM one;

-- the order in which versions are undone afterwards: what was done again was applied last
SELECT migrate_apply('2', 'CREATE TABLE two ()', 'DROP TABLE two');
SELECT migrate_redo('1');
SELECT current, applied FROM migrate_health();
SELECT migrate_rollback(2);

-- without down SQL, or without up SQL
SELECT migrate_apply('3', 'CREATE TABLE three ()');
SELECT migrate_redo('3');
\echo :SQLSTATE
SELECT migrate_stamp('4', NULL, 'SELECT 1');
SELECT migrate_redo('4');
\echo :SQLSTATE
SELECT migrate_stamp('4', 'SELECT 4');
SELECT migrate_redo('4');

-- empty is enough
SELECT migrate_apply('5', '', '');
SELECT migrate_redo('5');

-- if either fails, nothing has happened
SELECT migrate_apply('6', 'CREATE TABLE six ()', '');
SELECT migrate_redo('6');
SELECT migrate_stamp('6', NULL, 'DROP TABLE six; SELECT 1/0');
SELECT migrate_redo('6');
SELECT to_regclass('six'), (SELECT state FROM migrate_status WHERE version = '6');

-- not while others depend on it, and not without what it depends on
SELECT migrate_apply('7', 'CREATE TABLE seven ()', 'DROP TABLE seven');
SELECT migrate_apply('8', 'CREATE TABLE eight ()', 'DROP TABLE eight', depends_on => '{7}');
SELECT migrate_redo('7');
\echo :SQLSTATE
SELECT migrate_redo('8');
SELECT depends_on FROM migrate_status WHERE version = '8';

-- with a BEGIN and COMMIT of its own
SELECT migrate_apply('9', 'BEGIN; CREATE TABLE nine (); COMMIT', 'DROP TABLE nine');
SELECT migrate_redo('9');

SELECT subject, ok FROM migrate_verify() WHERE NOT ok;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
