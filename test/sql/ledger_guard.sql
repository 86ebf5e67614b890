--
-- The ledger is append-only for everyone, and written by the extension alone.
-- The one exception is restoring a dump.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_restorer;
RESET client_min_messages;
CREATE ROLE regress_nm_restorer;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

SELECT migrate_apply('1', 'SELECT 1', 'SELECT 1');
SELECT migrate_apply('2', 'SELECT 2', 'SELECT 2');
SELECT migrate_rollback();
CREATE TABLE copy AS SELECT * FROM migrate_ledger;

-- not even a superuser updates, deletes or truncates by a slip
UPDATE migrate_ledger SET description = 'x';
\echo :SQLSTATE
DELETE FROM migrate_ledger;
\echo :SQLSTATE
TRUNCATE migrate_ledger;
\echo :SQLSTATE
\set VERBOSITY terse
UPDATE migrate_ledger SET description = 'x' WHERE false;
DELETE FROM migrate_ledger WHERE false;
TRUNCATE migrate_ledger, copy;
INSERT INTO migrate_ledger SELECT * FROM copy ON CONFLICT (seq) DO UPDATE SET description = 'x';
WITH gone AS (DELETE FROM migrate_ledger RETURNING *) SELECT * FROM gone;
-- nor in a migration, which may not insert either
SELECT migrate_apply('3', 'UPDATE migrate.migrate_ledger SET description = NULL');
SELECT migrate_apply('3', 'DELETE FROM migrate.migrate_ledger');
SELECT migrate_apply('3', 'TRUNCATE migrate.migrate_ledger');
SELECT migrate_apply('3', 'INSERT INTO migrate.migrate_ledger SELECT * FROM migrate.copy');
SELECT migrate_apply('3', 'DO $$ BEGIN INSERT INTO migrate.migrate_ledger SELECT * FROM migrate.copy; END $$');
-- it belongs to the extension
DROP TABLE migrate_ledger;
DROP FUNCTION migrate_ledger_guard() CASCADE;
DROP VIEW migrate_status;
\set VERBOSITY default
SELECT count(*) FROM migrate_ledger;

-- the guard is a trigger and nothing else
SELECT migrate_ledger_guard();
\echo :SQLSTATE

-- restoring: into an empty ledger, all of it, from its first entry on.
-- Superusers may restore even a broken one, so this is somebody else.
GRANT USAGE ON SCHEMA migrate TO regress_nm_restorer;
GRANT SELECT, INSERT ON migrate_ledger TO regress_nm_restorer;
GRANT SELECT ON copy TO regress_nm_restorer;
SET ROLE regress_nm_restorer;
INSERT INTO migrate_ledger SELECT * FROM copy;
\echo :SQLSTATE
INSERT INTO migrate_ledger SELECT seq + 3, version, action, description, up_sql, down_sql, depends_on, transactional, checksum, started_at, duration, applied_by, role,
    client, application, statements, rows, wal_bytes, lsn, error, direction, step, steps, cut, detail, applied_seq, below_seq, head_seq, applied_total, unfinished_total, dependent_total, newest_version, previous_hash, entry_hash FROM copy;
RESET ROLE;
DROP EXTENSION neon_migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
GRANT SELECT, INSERT ON migrate_ledger TO regress_nm_restorer;
SET ROLE regress_nm_restorer;
\set VERBOSITY terse
-- not from the middle, not with a gap, not changed; but in any order
INSERT INTO migrate_ledger SELECT * FROM copy WHERE seq > 1;
INSERT INTO migrate_ledger SELECT * FROM copy WHERE seq <> 2 ORDER BY seq;
BEGIN;
INSERT INTO migrate_ledger SELECT * FROM copy ORDER BY seq DESC;
SELECT count(*) FROM migrate_ledger;
ROLLBACK;
INSERT INTO migrate_ledger (seq, version, action, depends_on, transactional, started_at, applied_by, role, applied_total, entry_hash)
    VALUES (1, 'forged', 'apply', '{}', true, now(), 'nobody', 'nobody', 1, '\x00');
INSERT INTO migrate_ledger (seq, version, action, depends_on, transactional, started_at, applied_by, role, applied_total, entry_hash)
    VALUES (1, 'forged', 'apply', '{}', true, now(), 'nobody', 'nobody', 1, sha256('forged'));
INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(copy, '{"description": "changed"}') AS c FROM copy) AS changed;
SELECT count(*) FROM migrate_ledger;
INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(copy, CASE seq WHEN 2 THEN '{"previous_hash": null}' ELSE '{}' END::jsonb) AS c FROM copy ORDER BY seq) AS changed;
INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(copy, '{"entry_hash": "\\x00"}') AS c FROM copy ORDER BY seq) AS changed;
SELECT count(*) FROM migrate_ledger;
-- whole, in order
\set VERBOSITY default
INSERT INTO migrate_ledger SELECT * FROM copy ORDER BY seq;
SELECT count(*) FROM migrate_ledger;
-- and only once
INSERT INTO migrate_ledger SELECT * FROM copy ORDER BY seq;
RESET ROLE;
-- the copy is as good as the original
SELECT ok, detail FROM migrate_verify() WHERE subject = 'hash chain';
SELECT entry_hash = (SELECT encode(entry_hash, 'hex') FROM copy ORDER BY seq DESC LIMIT 1) FROM migrate_history ORDER BY seq DESC LIMIT 1;
SELECT version, state FROM migrate_status;
SELECT migrate_apply('2', 'SELECT 2', 'SELECT 2');
SELECT migrate_rollback_all();

-- a superuser restores what is broken, for migrate_verify() to report
DROP EXTENSION neon_migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
INSERT INTO migrate_ledger SELECT * FROM copy WHERE seq > 1;
SELECT detail FROM migrate_verify() WHERE NOT ok;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate CASCADE;
DROP ROLE regress_nm_restorer;
