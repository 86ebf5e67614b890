--
-- A rule that somebody puts on the ledger is not in the way of its entries.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

SELECT migrate_apply('1', 'SELECT 1');
BEGIN;
CREATE RULE nothing AS ON INSERT TO migrate_ledger DO INSTEAD NOTHING;
SELECT migrate_apply('2', 'SELECT 2');
ROLLBACK;
SELECT migrate_apply('2', 'SELECT 2');
CREATE RULE nothing AS ON INSERT TO migrate_ledger DO INSTEAD NOTHING;
SELECT migrate_apply('3', 'SELECT 3');
DROP RULE nothing ON migrate_ledger;
SELECT migrate_apply('3', 'SELECT 3');

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
