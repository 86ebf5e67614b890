--
-- Tables of the extension that are not as it made them.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_apply('1', 'SELECT 1');

-- the expected schema says nothing sensible of itself
UPDATE migrate_expected SET contents = '{1}' WHERE kind = '';
SELECT migrate_drift();
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_apply('2', 'SELECT 2');
TRUNCATE migrate_expected;
SELECT migrate_accept_drift('table was damaged');
SELECT count(*) FROM migrate_drift();

-- a table that another version of the extension made
ALTER EXTENSION neon_migrate DROP TABLE migrate_folder;
DROP TABLE migrate_folder;
SELECT migrate_folder_known('\x00');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE migrate_folder (checksum bytea PRIMARY KEY);
SELECT migrate_store_files('{"-- migrate:up"}');
SELECT migrate_register_folder('{3_a.sql}', ARRAY[sha256('-- migrate:up')]);
\echo :LAST_ERROR_SQLSTATE
SELECT version, state FROM migrate_status;
SET client_min_messages = warning;
DROP TABLE migrate_folder;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
