--
-- Advisory locks: a migration takes none that outlives its transaction, and
-- cannot let go of the session's own.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE VIEW advisory_locks AS
    SELECT objid, objsubid, mode FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid <> 20045 ORDER BY 1, 2;
SELECT pg_advisory_lock(42);

-- every function that takes or releases one at session level is refused
SELECT migrate_apply('1', E'SELECT 1;\nSELECT pg_advisory_lock(1)');
\echo :SQLSTATE
\set VERBOSITY terse
SELECT migrate_apply('1', 'SELECT pg_advisory_lock(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_advisory_lock_shared(1)');
SELECT migrate_apply('1', 'SELECT pg_advisory_lock_shared(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_try_advisory_lock(1)');
SELECT migrate_apply('1', 'SELECT pg_try_advisory_lock(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_try_advisory_lock_shared(1)');
SELECT migrate_apply('1', 'SELECT pg_try_advisory_lock_shared(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_advisory_unlock(42)');
SELECT migrate_apply('1', 'SELECT pg_advisory_unlock(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_advisory_unlock_shared(42)');
SELECT migrate_apply('1', 'SELECT pg_advisory_unlock_shared(1, 2)');
SELECT migrate_apply('1', 'SELECT pg_advisory_unlock_all()');
\set VERBOSITY default
-- wherever it is hidden
CREATE FUNCTION locks() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(7); END $$;
SELECT migrate_apply('1', 'SELECT locks()');
SELECT migrate_apply('1', 'DO $$ BEGIN PERFORM pg_catalog.pg_advisory_unlock_all(); END $$');
CREATE TABLE t (id bigint DEFAULT CASE WHEN pg_try_advisory_lock(8) THEN 1 END);
SELECT migrate_apply('1', 'INSERT INTO t DEFAULT VALUES');
CREATE OPERATOR !!! (RIGHTARG = bigint, FUNCTION = pg_advisory_lock);
SELECT migrate_apply('1', 'SELECT !!! 9::bigint');
SELECT objid, mode FROM advisory_locks;

-- those at transaction level are free
BEGIN;
SELECT migrate_apply('1', 'SELECT pg_advisory_xact_lock(1); SELECT pg_advisory_xact_lock_shared(2); SELECT pg_try_advisory_xact_lock(3), pg_try_advisory_xact_lock_shared(4)');
SELECT objid, mode FROM advisory_locks;
COMMIT;
SELECT objid, mode FROM advisory_locks;

-- the functions' own locks end with the transaction, and SQL cannot name them
BEGIN;
SELECT migrate_apply('2', 'SELECT 1');
SELECT classid, objid, mode FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 20045 AND pid = pg_backend_pid() ORDER BY objid;
SELECT pg_advisory_unlock_all();
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 20045 AND pid = pg_backend_pid();
COMMIT;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- outside of a migration they work as ever
SELECT pg_advisory_lock(42), pg_advisory_unlock(42);
SELECT locks();
SELECT objid, mode FROM advisory_locks;
SELECT pg_advisory_unlock_all();

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
