--
-- Statements that PostgreSQL refuses in a transaction block.  A function runs
-- in one, so they are refused with 25001 before anything runs, and the hint
-- names the procedure to use.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
CREATE TABLE app.t (a int);
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- in full: the kind, the place, what to do
SELECT migrate_apply('1', E'CREATE TABLE x ();\n-- fast\n  CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;');
\echo :SQLSTATE
SELECT to_regclass('x');

-- each kind, and its neighbour that can run in a transaction
CREATE FUNCTION pg_temp.kind(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM migrate_apply('1', 'SELECT 1/0; ' || sql);
EXCEPTION
    WHEN active_sql_transaction THEN RETURN SQLERRM;
    -- it began to run
    WHEN division_by_zero THEN RETURN 'transactional';
END
$$;
SELECT pg_temp.kind('CREATE INDEX CONCURRENTLY i ON t (a)');
SELECT pg_temp.kind('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)');
SELECT pg_temp.kind('CREATE INDEX i ON t (a)');
SELECT pg_temp.kind('DROP INDEX CONCURRENTLY i');
SELECT pg_temp.kind('DROP INDEX i');
SELECT pg_temp.kind('REINDEX INDEX CONCURRENTLY i');
SELECT pg_temp.kind('REINDEX (CONCURRENTLY) TABLE t');
SELECT pg_temp.kind('REINDEX (VERBOSE, CONCURRENTLY true) TABLE t');
SELECT pg_temp.kind('REINDEX (CONCURRENTLY false) TABLE t');
SELECT pg_temp.kind('REINDEX TABLE t');
SELECT pg_temp.kind('REINDEX SCHEMA app');
SELECT pg_temp.kind('REINDEX SCHEMA CONCURRENTLY app');
SELECT pg_temp.kind('REINDEX DATABASE contrib_regression');
SELECT pg_temp.kind('REINDEX SYSTEM contrib_regression');
SELECT pg_temp.kind('ALTER TABLE t DETACH PARTITION p CONCURRENTLY');
SELECT pg_temp.kind('ALTER TABLE t DETACH PARTITION p');
SELECT pg_temp.kind('ALTER TABLE t DETACH PARTITION p FINALIZE');
SELECT pg_temp.kind('VACUUM');
SELECT pg_temp.kind('VACUUM (FULL, ANALYZE) t');
SELECT pg_temp.kind('ANALYZE t');
SELECT pg_temp.kind('CLUSTER');
SELECT pg_temp.kind('CLUSTER t USING i');
SELECT pg_temp.kind('CREATE DATABASE d');
SELECT pg_temp.kind('DROP DATABASE d');
SELECT pg_temp.kind('ALTER DATABASE d SET TABLESPACE pg_default');
SELECT pg_temp.kind('ALTER DATABASE d CONNECTION LIMIT 1');
SELECT pg_temp.kind('ALTER DATABASE d SET work_mem = 1');
SELECT pg_temp.kind($$CREATE TABLESPACE s LOCATION '/nowhere'$$);
SELECT pg_temp.kind('DROP TABLESPACE s');
SELECT pg_temp.kind('ALTER SYSTEM SET work_mem = 1');
SELECT pg_temp.kind('ALTER SYSTEM RESET ALL');
SELECT pg_temp.kind($$CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p$$);
SELECT pg_temp.kind($$CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (enabled = false)$$);
SELECT pg_temp.kind($$CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)$$);
SELECT pg_temp.kind($$CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = off, enabled = off)$$);
SELECT pg_temp.kind('DROP SUBSCRIPTION s');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s REFRESH PUBLICATION');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s SET PUBLICATION p');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s ADD PUBLICATION p');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s DROP PUBLICATION p WITH (refresh = true)');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)');
SELECT pg_temp.kind('ALTER SUBSCRIPTION s DISABLE');
SELECT pg_temp.kind($$ALTER TYPE e ADD VALUE 'x'$$);

-- what depends on the catalogs is found by the server, when it runs
CREATE TABLE p (a int) PARTITION BY LIST (a);
SELECT migrate_apply('1', E'CREATE TABLE x ();\nREINDEX TABLE p');
\echo :SQLSTATE
-- so is what a DO block hides
SELECT migrate_apply('1', $m$CREATE TABLE x (); DO $$ BEGIN EXECUTE 'CREATE INDEX CONCURRENTLY i ON t (a)'; END $$$m$);
\echo :SQLSTATE
SELECT to_regclass('x');

-- a new value of an enumeration cannot be used before it is committed
CREATE TYPE mood AS ENUM ('sad');
SELECT migrate_apply('1', $$ALTER TYPE mood ADD VALUE 'happy'; SELECT 'happy'::mood$$);
\echo :SQLSTATE
SELECT migrate_apply('1', $$ALTER TYPE mood ADD VALUE 'happy'$$, '');
SELECT migrate_apply('2', $$SELECT 'happy'::mood$$, '');
SELECT transactional FROM migrate_status;

-- the down SQL may be of this kind; that shows when it is to run
SELECT migrate_apply('3', 'CREATE INDEX i ON t (a)', E'-- fast\nDROP INDEX CONCURRENTLY i');
SELECT migrate_rollback();
\echo :SQLSTATE
SELECT migrate_redo('3');
SELECT to_regclass('i');
-- so may both of them in a stamp, which runs nothing
SELECT migrate_stamp('4', 'CREATE INDEX CONCURRENTLY j ON t (a)', '');
SELECT migrate_apply('4', 'CREATE INDEX CONCURRENTLY j ON t (a)');
SELECT version, transactional FROM migrate_status ORDER BY version;
SELECT migrate_redo('4');
\echo :SQLSTATE
SELECT version, state FROM migrate_status WHERE version = '4';

DROP FUNCTION pg_temp.kind;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
