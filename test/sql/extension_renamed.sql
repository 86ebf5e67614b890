--
-- A down SQL that renames the schema of the extension, in the middle of a call
-- that has more to do: the rest is done and recorded in the same ledger.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
\pset tuples_only on
\pset format unaligned

-- between two versions of a rollback
SELECT migrate.migrate_apply('1', 'SELECT 1', 'SELECT 1');
SELECT migrate.migrate_apply('2', 'SELECT 2', 'ALTER SCHEMA migrate RENAME TO moved');
SELECT migrate.migrate_rollback(2);
SELECT version, state FROM moved.migrate_status;
ALTER SCHEMA moved RENAME TO migrate;

-- between the two halves of a redo
SELECT migrate.migrate_apply('3', 'SELECT 3', 'ALTER SCHEMA migrate RENAME TO moved');
SELECT migrate.migrate_redo('3');
SELECT version, action FROM moved.migrate_history WHERE version = '3';
SELECT subject FROM moved.migrate_verify() WHERE NOT ok;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA IF EXISTS migrate, moved;
