--
-- Every kind of statement that PostgreSQL refuses in a transaction block, run
-- by CALL: up, and others of them down.  A view shows how each version went:
-- its events, with the number of the step.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
SET neon_migrate.out_of_order = allow;
\pset tuples_only on
\pset format unaligned
\pset null NULL
CREATE VIEW app.events AS
    SELECT version, string_agg(action || coalesce(step::text, ''), ' ' ORDER BY seq) AS events
    FROM migrate_history GROUP BY version;
CREATE TABLE t (a int, b text) WITH (autovacuum_enabled = off);
INSERT INTO t SELECT i, repeat('x', 3000) FROM generate_series(1, 100) AS i;

-- CREATE INDEX CONCURRENTLY: named, unnamed, unique, with a predicate
CALL migrate_run('index', 'CREATE INDEX CONCURRENTLY i ON t (a)', 'DROP INDEX CONCURRENTLY i');
CALL migrate_run('index unnamed', 'CREATE INDEX CONCURRENTLY ON t (b)', 'DROP INDEX CONCURRENTLY app.t_b_idx');
CALL migrate_run('index several', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON app.t (a);
    CREATE INDEX CONCURRENTLY ON t (a) WHERE a > 5; CREATE INDEX CONCURRENTLY ON t ((a + 1)) INCLUDE (b);
    CREATE INDEX CONCURRENTLY IF NOT EXISTS u ON t (b)',
    'DROP INDEX CONCURRENTLY IF EXISTS t_a_idx, pg_temp.nothing');
SELECT indexrelid::regclass, indisvalid, indisunique, indpred IS NOT NULL AS partial
    FROM pg_index WHERE indrelid = 't'::regclass ORDER BY indexrelid::regclass::text;
SELECT * FROM events WHERE version LIKE 'index%' ORDER BY version;
SELECT transactional, statements FROM migrate_status JOIN migrate_history USING (version)
    WHERE action = 'apply' ORDER BY version;
-- (only one index can be dropped concurrently by one statement)
CALL migrate_down();
\echo :SQLSTATE
SELECT migrate_stamp('index several');
SELECT migrate_stamp('index several', NULL, 'DROP INDEX CONCURRENTLY IF EXISTS nothing; DROP INDEX CONCURRENTLY t_a_idx;
    DROP INDEX CONCURRENTLY t_expr_b_idx; DROP INDEX u');
CALL migrate_down();
CALL migrate_down(2);
SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass;

-- REINDEX CONCURRENTLY of an index, a table, a schema; REINDEX SCHEMA without
CREATE INDEX i ON t (a);
CREATE INDEX j ON t (b);
CREATE FUNCTION filenodes() RETURNS SETOF text LANGUAGE sql AS
    'SELECT indexrelid::regclass || '' '' || pg_relation_filenode(indexrelid) FROM pg_index
     WHERE indrelid = ''t''::regclass OR indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = ''t''::regclass)';
CREATE TABLE before AS SELECT filenodes() AS node;
CREATE FUNCTION rebuilt() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM filenodes() AS f WHERE f NOT IN (TABLE before)';
CALL migrate_run('reindex index', 'REINDEX INDEX CONCURRENTLY i', 'REINDEX (CONCURRENTLY) TABLE app.t');
SELECT rebuilt();
CALL migrate_down();
SELECT rebuilt();
TRUNCATE before; INSERT INTO before SELECT filenodes();
CALL migrate_run('reindex schema', 'REINDEX (VERBOSE false, CONCURRENTLY true) SCHEMA app', 'REINDEX SCHEMA app');
SELECT rebuilt();
TRUNCATE before; INSERT INTO before SELECT filenodes();
CALL migrate_down();
SELECT rebuilt();
SELECT * FROM events WHERE version LIKE 'reindex%' ORDER BY version;

-- VACUUM, with ANALYZE, FULL
CREATE FUNCTION tuples() RETURNS real LANGUAGE sql AS 'SELECT reltuples FROM pg_class WHERE oid = ''t''::regclass';
DELETE FROM t WHERE a > 60;
CALL migrate_run('vacuum', 'VACUUM (ANALYZE) t', 'VACUUM');
SELECT tuples(), count(*) FROM pg_stats WHERE schemaname = 'app' AND tablename = 't';
DELETE FROM t WHERE a > 30;
CALL migrate_down();
SELECT tuples();
SELECT pg_relation_filenode('t') AS node \gset
CALL migrate_run('vacuum full', 'VACUUM FULL t', 'VACUUM (FULL, ANALYZE) t');
SELECT pg_relation_filenode('t') <> :node AS rewritten, pg_relation_filenode('t') AS node \gset
\echo :rewritten
CALL migrate_down();
SELECT pg_relation_filenode('t') <> :node AS rewritten, tuples();
SELECT * FROM events WHERE version LIKE 'vacuum%' ORDER BY version;

-- CLUSTER of all tables, and of one, which is an ordinary statement
ALTER TABLE t CLUSTER ON i;
SELECT pg_relation_filenode('t') AS node \gset
CALL migrate_run('cluster', 'CLUSTER', 'CLUSTER t');
SELECT pg_relation_filenode('t') <> :node AS rewritten, pg_relation_filenode('t') AS node \gset
\echo :rewritten
CALL migrate_down();
SELECT pg_relation_filenode('t') <> :node AS rewritten;
SELECT * FROM events WHERE version = 'cluster';

-- partitions; REINDEX and CLUSTER of a partitioned table have to be alone, too
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
CREATE INDEX pi ON p (a);
CALL migrate_run('detach', 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY', 'ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)');
SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'p'::regclass;
CALL migrate_down();
SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'p'::regclass ORDER BY 1;
SELECT pg_relation_filenode('p1_a_idx') AS node \gset
CALL migrate_run('partitions', 'REINDEX TABLE p', 'REINDEX INDEX pi');
SELECT pg_relation_filenode('p1_a_idx') <> :node AS rebuilt, pg_relation_filenode('p1_a_idx') AS node \gset
\echo :rebuilt
CALL migrate_down();
SELECT pg_relation_filenode('p1_a_idx') <> :node AS rebuilt;
SELECT pg_relation_filenode('p1') AS node \gset
CALL migrate_run('cluster partitions', 'REINDEX TABLE CONCURRENTLY p; CLUSTER p USING pi', '');
SELECT pg_relation_filenode('p1') <> :node AS rewritten;
SELECT * FROM events WHERE version IN ('detach', 'partitions', 'cluster partitions') ORDER BY version;

-- ALTER TYPE ADD VALUE: the value can be used at once, in the same migration
CREATE TYPE mood AS ENUM ('sad', 'happy');
CALL migrate_run('value', 'ALTER TYPE mood ADD VALUE ''curious'' AFTER ''sad''; CREATE TABLE moods (m mood DEFAULT ''curious'');
    INSERT INTO moods VALUES (DEFAULT), (''happy'')', 'DROP TABLE moods');
SELECT m FROM moods ORDER BY m;
-- several, with a quote in one, and used without being named
CALL migrate_run('values', 'ALTER TYPE mood ADD VALUE IF NOT EXISTS ''it''''s''; ALTER TYPE mood ADD VALUE ''x'' BEFORE ''sad'';
    INSERT INTO moods VALUES (''it''''s''); INSERT INTO moods SELECT unnest(enum_range(NULL::mood))');
SELECT m, count(*) FROM moods GROUP BY m ORDER BY m;
-- not used: nothing keeps it from being one transaction; renaming is ordinary
CALL migrate_run('value renamed', 'ALTER TYPE mood RENAME VALUE ''x'' TO ''y''; INSERT INTO moods VALUES (''y'')');
CALL migrate_run('value only', 'INSERT INTO moods VALUES (''sad''); ALTER TYPE mood ADD VALUE ''z''');
SELECT * FROM events WHERE version LIKE 'value%' AND version <> 'values' ORDER BY version;
SELECT version, transactional FROM migrate_status WHERE version LIKE 'value%';

-- databases, tablespaces and the server's configuration
CALL migrate_run('database', 'CREATE DATABASE regression_procedure TEMPLATE template0', 'DROP DATABASE regression_procedure');
SELECT datname FROM pg_database WHERE datname LIKE '%procedure';
CALL migrate_run('tablespace', 'SET allow_in_place_tablespaces = on; CREATE TABLESPACE regress_procedure_space LOCATION '''';
    ALTER DATABASE regression_procedure SET TABLESPACE regress_procedure_space',
    'ALTER DATABASE regression_procedure SET TABLESPACE pg_default; DROP TABLESPACE regress_procedure_space');
SELECT spcname FROM pg_tablespace JOIN pg_database ON dattablespace = pg_tablespace.oid WHERE datname = 'regression_procedure';
SHOW allow_in_place_tablespaces;
CALL migrate_down();
SELECT count(*) FROM pg_tablespace WHERE spcname LIKE '%procedure%';
CALL migrate_down();
SELECT count(*) FROM pg_database WHERE datname LIKE '%procedure';
CALL migrate_run('system', 'ALTER SYSTEM SET vacuum_cost_limit = 201', 'ALTER SYSTEM RESET vacuum_cost_limit');
SELECT setting FROM pg_file_settings WHERE name = 'vacuum_cost_limit' AND sourcefile LIKE '%auto.conf';
CALL migrate_down();
SELECT count(*) FROM pg_file_settings WHERE name = 'vacuum_cost_limit' AND sourcefile LIKE '%auto.conf';
SELECT * FROM events WHERE version IN ('database', 'tablespace', 'system') ORDER BY version;

-- a subscription; without a connection its creation is an ordinary statement
SET client_min_messages = error;
CALL migrate_run('subscription', 'CREATE SUBSCRIPTION regress_procedure CONNECTION ''dbname=nowhere'' PUBLICATION nothing WITH (connect = false)',
    'ALTER SUBSCRIPTION regress_procedure SET (slot_name = NONE); DROP SUBSCRIPTION regress_procedure');
SELECT subname, subenabled FROM pg_subscription;
CALL migrate_down();
SELECT count(*) FROM pg_subscription;
SET client_min_messages = warning;
SELECT * FROM events WHERE version = 'subscription';

-- DO and CALL that end transactions, and such that do not
CREATE TABLE log (a int, x xid8 DEFAULT pg_current_xact_id());
CALL migrate_run('do', 'DO $$BEGIN FOR i IN 1..3 LOOP INSERT INTO log VALUES (i); COMMIT; END LOOP; END$$',
    'DO $$BEGIN FOR i IN 4..6 LOOP INSERT INTO log VALUES (i); END LOOP; END$$');
SELECT count(*), count(DISTINCT x) FROM log;
CALL migrate_down();
SELECT count(*), count(DISTINCT x) FROM log;
CREATE PROCEDURE in_batches(n int, INOUT total int DEFAULT 0) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        INSERT INTO log VALUES (100 + i);
        total := total + 1;
        COMMIT;
        INSERT INTO log VALUES (200 + i);
        ROLLBACK;
    END LOOP;
END$$;
CALL migrate_run('call', 'CALL in_batches(2)', 'CALL app.in_batches(n => 3); SELECT 1');
SELECT a, count(DISTINCT x) FROM log WHERE a > 100 GROUP BY a ORDER BY a;
CALL migrate_down();
SELECT a, count(DISTINCT x) FROM log WHERE a > 100 GROUP BY a ORDER BY a;
-- one that the script makes itself
CALL migrate_run('call own', 'CREATE PROCEDURE own() LANGUAGE plpgsql AS ''BEGIN INSERT INTO log VALUES (301); COMMIT; INSERT INTO log VALUES (302); END'';
    CALL own(); DROP PROCEDURE own()', '');
SELECT count(DISTINCT x) FROM log WHERE a > 300;
-- the word alone, in a comment, a literal or ON COMMIT, is nothing
CREATE PROCEDURE quiet() LANGUAGE plpgsql AS $$
BEGIN
    -- COMMIT
    CREATE TEMP TABLE q (a int) ON COMMIT DROP;
    INSERT INTO log VALUES (401), (length('COMMIT ROLLBACK') + 387);
END$$;
CALL migrate_run('call quiet', 'CALL quiet(); DO $$BEGIN PERFORM ''COMMIT''; END$$', '');
SELECT count(DISTINCT x) FROM log WHERE a > 400;
SELECT * FROM events WHERE version LIKE 'call%' OR version = 'do' ORDER BY version;
-- with a domain in its argument, which reads a table
CREATE FUNCTION is_logged(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM app.log WHERE a = $1)';
CREATE DOMAIN logged AS int CHECK (is_logged(VALUE));
CREATE PROCEDURE with_domain(l logged) LANGUAGE plpgsql AS 'BEGIN COMMIT; INSERT INTO log VALUES (500 + l); END';
CALL migrate_run('call domain', 'CALL with_domain(1::app.logged)', '');
SELECT a FROM log WHERE a >= 500;
CALL migrate_run('call domain 2', 'CALL with_domain(99)', '');
\echo :SQLSTATE

-- each state that is left is a settled one, but for that of the last
SELECT version, state FROM migrate_status WHERE state NOT IN ('applied', 'rolled_back', 'pending');
SELECT migrate_unstamp('call domain 2');
SELECT interrupted, gate_holder FROM migrate_health();
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 20045;
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
