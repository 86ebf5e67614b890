--
-- Migrations that drop, rename or replace what the extension lives in.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
-- what lint says of it is not what this is about
SET neon_migrate.lint = off;
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');

-- the extension, or its schema: there is nowhere to record it, so it is not done
SELECT migrate_apply('2', 'CREATE TABLE two (); DROP EXTENSION neon_migrate');
\echo :SQLSTATE
SET client_min_messages = warning;
SELECT migrate_apply('2', 'DROP SCHEMA migrate CASCADE');
SELECT migrate_apply('2', 'DROP SCHEMA app, migrate CASCADE');
-- also if another one takes its place
SELECT migrate_apply('2', 'DROP EXTENSION neon_migrate; CREATE EXTENSION neon_migrate SCHEMA migrate');
RESET client_min_messages;
SELECT migrate_apply('2', '', 'DROP EXTENSION neon_migrate');
SELECT migrate_rollback();
SELECT migrate_redo('2');
SELECT version, state FROM migrate_status;
SELECT migrate_unstamp('2');
-- parts of it cannot be dropped at all
SELECT migrate_apply('2', 'DROP TABLE migrate.migrate_ledger');
SELECT migrate_apply('2', 'DROP FUNCTION migrate.migrate_apply');
SELECT migrate_apply('2', 'ALTER EXTENSION neon_migrate SET SCHEMA app');

-- a renamed schema is fine: the entry is in the ledger, wherever that is now
SELECT migrate_apply('2', 'ALTER SCHEMA migrate RENAME TO moved', 'ALTER SCHEMA moved RENAME TO migrate');
SELECT version, state FROM moved.migrate_status;
SELECT moved.migrate_apply('3', 'CREATE TABLE three ()', 'DROP TABLE three');
SELECT moved.migrate_rollback(2);
SELECT version, action FROM migrate_history;
SELECT subject FROM migrate_verify() WHERE NOT ok;
-- twice in one transaction
BEGIN;
SELECT migrate_apply('4', 'ALTER SCHEMA migrate RENAME TO "Moved again"', 'ALTER SCHEMA "Moved again" RENAME TO migrate');
SELECT "Moved again".migrate_rollback();
SELECT migrate_apply('4', 'ALTER SCHEMA migrate RENAME TO "Moved again"');
ROLLBACK;
SELECT version, state FROM migrate_status;
-- another schema of the old name is not mistaken for it
SELECT migrate_apply('4', 'ALTER SCHEMA migrate RENAME TO moved; CREATE SCHEMA migrate; CREATE TABLE migrate.migrate_ledger (seq int)', 'DROP SCHEMA migrate CASCADE; ALTER SCHEMA moved RENAME TO migrate');
SELECT count(*) FROM migrate.migrate_ledger;
SET client_min_messages = warning;
SELECT moved.migrate_rollback();
RESET client_min_messages;
SELECT version, state FROM migrate_status;

-- the database's default schema may go as well
SELECT migrate_apply('5', 'ALTER SCHEMA app RENAME TO app_old; CREATE SCHEMA app; CREATE TABLE app.one ()');
SELECT to_regclass('app.one'), to_regclass('app_old.one');

-- a session goes on when the extension is made anew
SELECT migrate_health();
DROP EXTENSION neon_migrate;
SELECT migrate_health();
\echo :SQLSTATE
CREATE EXTENSION neon_migrate SCHEMA migrate;
SELECT current, applied FROM migrate_health();
SELECT migrate_apply('1', 'CREATE TABLE one_again ()', 'DROP TABLE one_again');
SELECT migrate_rollback();
SELECT subject FROM migrate_verify() WHERE NOT ok;
DROP EXTENSION neon_migrate;
CREATE SCHEMA other;
CREATE EXTENSION neon_migrate SCHEMA other;
SELECT other.migrate_apply('1', 'CREATE TABLE one_again ()', 'DROP TABLE one_again');
SELECT other.migrate_rollback();
SELECT version, state FROM other.migrate_status;
SELECT subject FROM other.migrate_verify() WHERE NOT ok;
-- and when that is undone
BEGIN;
DROP EXTENSION neon_migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SELECT migrate_apply('7', '', '');
ROLLBACK;
SELECT other.migrate_apply('2', '', '');
SELECT version, state FROM other.migrate_status;

SET client_min_messages = warning;
DROP SCHEMA app, app_old CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, other;
