--
-- migrate_stamp() and migrate_unstamp() change what the ledger says, and run
-- nothing.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
CREATE VIEW last AS
    SELECT action, up_sql, down_sql, description, depends_on, applied_seq = seq AS applied_by_it, statements IS NULL AND duration IS NULL AND rows IS NULL
        AND wal_bytes IS NULL AND lsn IS NULL AS nothing_ran, checksum IS NULL AS no_checksum
    FROM migrate_ledger ORDER BY seq DESC LIMIT 1;

-- without SQL
SELECT migrate_stamp('1');
SELECT * FROM last;
SELECT migrate_stamp('1');
SELECT version, state, has_down, checksum IS NULL FROM migrate_status;
SELECT migrate_require('1');
SELECT current, applied FROM migrate_health();
-- what is not known can be added, each by itself
SELECT migrate_stamp('1', description => 'first');
SELECT migrate_stamp('1', down_sql => 'DROP TABLE one');
SELECT migrate_stamp('1', 'CREATE TABLE one ()');
SELECT * FROM last;
SELECT to_regclass('one');
-- what is there already is not new
SELECT migrate_stamp('1', 'create table ONE ()', 'drop table ONE', 'first');
SELECT migrate_stamp('1', NULL, NULL, NULL);
-- other SQL takes the place of what was recorded, unlike in migrate_apply()
SELECT migrate_stamp('1', 'CREATE TABLE one (id int)');
SELECT migrate_apply('1', 'CREATE TABLE one ()');
\echo :SQLSTATE
SELECT migrate_apply('1', 'CREATE TABLE one (id int)');
SELECT migrate_stamp('1', 'CREATE TABLE one (id int, name text)', 'DROP TABLE one CASCADE', 'one');
SELECT * FROM last;

-- with all of it at once
SELECT migrate_stamp('2', 'CREATE TABLE two ()', 'DROP TABLE two', 'second');
SELECT * FROM last;
SELECT migrate_apply('2', 'CREATE TABLE two ()', 'DROP TABLE two', 'second');
SELECT to_regclass('two');
-- empty is not unknown
SELECT migrate_stamp('3', '', '', '');
SELECT * FROM last;
SELECT migrate_apply('3', 'SELECT 1');

-- applying a version that was stamped without SQL adopts the SQL, and does not run it
SELECT migrate_stamp('4');
SELECT migrate_apply('4', 'CREATE TABLE four ()', 'DROP TABLE four', 'fourth');
SELECT * FROM last;
SELECT to_regclass('four');
SELECT migrate_apply('4', 'CREATE TABLE four ()', 'DROP TABLE four', 'fourth');

-- one that was applied
SELECT migrate_apply('5', 'CREATE TABLE five ()');
SELECT migrate_stamp('5');
SELECT migrate_stamp('5', down_sql => 'DROP TABLE five');
SELECT migrate_rollback();
SELECT to_regclass('five');
-- one that was rolled back: what is left out is what was recorded
SELECT migrate_stamp('5');
SELECT * FROM last;
SELECT migrate_apply('5', 'CREATE TABLE five ()');

-- unstamping: applied no more, and nothing runs
SELECT migrate_unstamp('5');
SELECT * FROM last;
SELECT version, state FROM migrate_status WHERE version = '5';
SELECT migrate_unstamp('5');
\echo :SQLSTATE
SELECT migrate_unstamp('unknown');
\echo :SQLSTATE
SELECT migrate_apply('6', 'CREATE TABLE six ()', 'DROP TABLE six', 'sixth', '{1}');
SELECT migrate_unstamp('6');
SELECT to_regclass('six');
-- and it may be applied or stamped again
DROP TABLE six;
SELECT migrate_apply('6', 'CREATE TABLE six (id int)');
SELECT migrate_unstamp('6');
SELECT migrate_stamp('6', description => 'the sixth');
SELECT * FROM last;
-- any of them, not only the last
SELECT migrate_unstamp('1');
SELECT current, applied FROM migrate_health();
SELECT migrate_unstamp('6');
SELECT current, applied FROM migrate_health();

-- dependencies: unstamping is refused, a stamp follows what was recorded
SELECT migrate_apply('7', 'SELECT 7');
SELECT migrate_apply('8', 'SELECT 8', depends_on => '{7}');
SELECT migrate_unstamp('7');
\echo :SQLSTATE
SELECT migrate_unstamp('8');
SELECT migrate_unstamp('7');
SELECT migrate_stamp('8');
\echo :SQLSTATE
SELECT migrate_stamp('7');
SELECT migrate_stamp('8');
SELECT * FROM last;
SELECT migrate_unstamp('7');

-- order is no matter for a stamp
SET neon_migrate.out_of_order = 'error';
SELECT migrate_stamp('0');

-- a stamp is the caller's transaction's, like all else
BEGIN;
SELECT migrate_stamp('9');
ROLLBACK;
SELECT migrate_require('9');
-- the SQL must be readable, though it is not run
SELECT migrate_stamp('9', 'CREATE TABEL');
SELECT migrate_stamp('9', 'SELECT 1', '''');
SELECT migrate_stamp('9', 'CREATE INDEX CONCURRENTLY i ON missing (column_of_it)');
SELECT version, transactional FROM migrate_status WHERE version = '9';

SELECT subject, ok FROM migrate_verify() WHERE NOT ok;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
