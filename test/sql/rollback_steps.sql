--
-- migrate_rollback(), migrate_rollback_to() and migrate_rollback_all(): which
-- versions they undo, in what order, and by which SQL.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE TABLE log (n serial, what text);
CREATE FUNCTION apply(v text) RETURNS text LANGUAGE sql AS $$
    SELECT migrate.migrate_apply(v, format('INSERT INTO app.log (what) VALUES (%L)', 'up ' || v), format('INSERT INTO app.log (what) VALUES (%L)', 'down ' || v)) $$;
CREATE FUNCTION logged() RETURNS text LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM app.log RETURNING n, what) SELECT string_agg(what, ', ' ORDER BY n) FROM gone $$;

-- with nothing applied
SELECT migrate_rollback();
SELECT migrate_rollback(5);
SELECT migrate_rollback_all();
SELECT migrate_rollback_to('1');
\echo :SQLSTATE

-- the last one, by default; then several, the last first
SELECT apply(v::text) FROM generate_series(1, 6) AS v;
SELECT migrate_rollback();
SELECT migrate_rollback(2);
SELECT logged();
SELECT version, state FROM migrate_status;
SELECT current, applied FROM migrate_health();
-- as a table
SELECT apply('4');
SELECT * FROM migrate_rollback(1) AS undone;
SELECT apply('4');
SELECT count(*), min(v) FROM migrate_rollback(2) AS v;
SELECT logged();
-- no more than there are
SELECT migrate_rollback(100);
SELECT migrate_rollback(2147483647);
SELECT logged();
SELECT DISTINCT state FROM migrate_status;
SELECT current, applied FROM migrate_health();

-- what counts is the order in which they were applied, not their names
SET neon_migrate.out_of_order = 'allow';
SELECT apply(v) FROM unnest('{3,1,2}'::text[]) AS v;
SELECT migrate_rollback(2);
SELECT apply('2');
SELECT apply('1');
SELECT migrate_rollback_all();
SELECT logged();
-- one that was unstamped in between is not there any more, one that came back is on top
SELECT apply(v::text) FROM generate_series(1, 5) AS v;
SELECT migrate_unstamp('2');
SELECT migrate_unstamp('4');
SELECT migrate_unstamp('5');
SELECT apply('2');
SELECT logged();
SELECT migrate_rollback(3);
SELECT logged();
SELECT current, applied FROM migrate_health();
-- stamped ones are undone as well, amended ones keep their place
SELECT migrate_stamp('s', NULL, 'INSERT INTO app.log (what) VALUES (''down s'')');
SELECT migrate_apply('6', '', 'SELECT 1');
SELECT migrate_stamp('s', NULL, 'INSERT INTO app.log (what) VALUES (''amended down s'')');
SELECT migrate_rollback(2);
SELECT logged();

-- the down SQL is the latest that the ledger has
SELECT migrate_apply('6', 'CREATE TABLE six ()', 'DROP TABLE missing');
SELECT migrate_apply('6', 'CREATE TABLE six ()', 'DROP TABLE six; INSERT INTO log (what) VALUES (''amended down 6'')');
SELECT migrate_rollback();
SELECT logged();
SELECT to_regclass('six');
-- of the last application, not of one before
SELECT migrate_apply('6', 'CREATE TABLE six ()');
SELECT migrate_rollback();
\echo :SQLSTATE
SELECT migrate_stamp('6', NULL, 'DROP TABLE six');
SELECT migrate_rollback();
-- empty down SQL undoes nothing, and is enough
SELECT migrate_apply('7', 'CREATE TABLE seven ()', '-- stays');
SELECT migrate_rollback();
SELECT to_regclass('seven');

-- down to a version, which stays
SELECT migrate_rollback_all();
SELECT apply(v::text) FROM generate_series(1, 5) AS v;
SELECT logged();
SELECT migrate_rollback_to('3');
SELECT migrate_rollback_to('3');
SELECT logged();
SELECT migrate_rollback_to('4');
\echo :SQLSTATE
SELECT migrate_rollback_to('unknown');
SELECT * FROM migrate_rollback_to('1') AS undone;
SELECT logged();
-- applied after it, not newer than it
SELECT apply(v) FROM unnest('{5,3,4}'::text[]) AS v;
SELECT migrate_rollback_to('3');
SELECT migrate_rollback_to('5');
SELECT migrate_rollback_all();
SELECT logged();

-- if one of several cannot be undone, none is: no down SQL is known beforehand
SELECT apply(v::text) FROM generate_series(1, 2) AS v;
SELECT migrate_apply('3', 'SELECT 1');
SELECT apply('4');
SELECT logged();
SELECT migrate_rollback(3);
SELECT migrate_rollback_to('1');
SELECT migrate_rollback_all();
SELECT logged();
SELECT migrate_rollback(1);
-- a failure of one undoes what was undone
SELECT migrate_stamp('3', NULL, 'INSERT INTO app.log (what) VALUES (''down 3''); SELECT 1/0');
SELECT apply('4');
SELECT logged();
SELECT migrate_rollback(3);
SELECT logged();
SELECT version, state FROM migrate_status WHERE length(version) = 1 AND version < '5';

-- events keep what was known of the version
SELECT migrate_unstamp('4');
SELECT migrate_unstamp('3');
SELECT migrate_apply('8', 'CREATE TABLE eight ()', 'DROP TABLE eight', 'the eighth', '{1,2}');
SELECT migrate_rollback();
SELECT action, up_sql, down_sql, description, depends_on, statements, duration IS NOT NULL AS ran, applied_seq IS NULL AS undone, applied_total
FROM migrate_ledger WHERE version = '8' ORDER BY seq;
SELECT a.checksum = r.checksum FROM migrate_history AS a, migrate_history AS r
WHERE a.version = '8' AND a.action = 'apply' AND r.version = '8' AND r.action = 'rollback';

SELECT subject, ok FROM migrate_verify() WHERE NOT ok;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
