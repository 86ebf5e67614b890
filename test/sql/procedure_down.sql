--
-- CALL migrate_down() and migrate_down_to(): each version in its own
-- transaction, in the reverse order of application, by the SQL in the ledger.
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
CREATE TABLE log (a text, x xid8 DEFAULT pg_current_xact_id());

-- nothing to undo
CALL migrate_down();
CALL migrate_down(5);

-- applied by whatever way; undone in the reverse order of that
SELECT migrate_apply('3', '', 'INSERT INTO log VALUES (''3'')');
CALL migrate_run('1', '', 'INSERT INTO log VALUES (''1''); INSERT INTO log VALUES (''1'')');
SELECT migrate_register('4', '', 'INSERT INTO log VALUES (''4''); VACUUM log; INSERT INTO log VALUES (''4'')');
CALL migrate_up();
SELECT migrate_stamp('2', '', 'INSERT INTO log VALUES (''2'')');
SELECT version, state FROM migrate_status;
CALL migrate_down();
SELECT a FROM log;
CALL migrate_down(2);
-- each its own transaction, and the one in the middle two
SELECT a, count(*), count(DISTINCT x) FROM log GROUP BY a ORDER BY min(x::text::bigint);
-- as many as there are
CALL migrate_down(10);
SELECT current, applied FROM migrate_health();
SELECT string_agg(version, ' ' ORDER BY seq) FROM migrate_history WHERE action = 'rollback';
TRUNCATE log;

-- down to a version, which stays
SELECT migrate_apply('1', '', 'INSERT INTO log VALUES (''1'')');
SELECT migrate_apply('2', '', 'INSERT INTO log VALUES (''2'')');
SELECT migrate_apply('3', '', 'INSERT INTO log VALUES (''3'')');
SELECT migrate_apply('4', '', 'INSERT INTO log VALUES (''4'')');
CALL migrate_down_to('2');
SELECT a, count(DISTINCT x) FROM log GROUP BY a ORDER BY min(x::text::bigint);
CALL migrate_down_to('2');
CALL migrate_down_to('3');
\echo :SQLSTATE
CALL migrate_down_to('1');
SELECT version, state FROM migrate_status;

-- no down SQL: known before anything is undone
SELECT migrate_apply('2', '');
SELECT migrate_apply('3', '', 'INSERT INTO log VALUES (''3'')');
TRUNCATE log;
CALL migrate_down(2);
\echo :SQLSTATE
CALL migrate_down_to('1');
SELECT count(*) FROM log;
CALL migrate_down();
SELECT migrate_stamp('2', NULL, 'INSERT INTO log VALUES (''2 at last'')');
CALL migrate_down();
SELECT a FROM log;

-- one that others depend on goes after them
TRUNCATE log;
SELECT migrate_apply('2', '', 'INSERT INTO log VALUES (''2'')');
SELECT migrate_apply('3', '', 'INSERT INTO log VALUES (''3'')', depends_on => '{1}');
CALL migrate_down(3);
SELECT a FROM log;

-- one that fails stops it; those before it are undone, it is not
SELECT migrate_apply('1', '', 'INSERT INTO log VALUES (''1'')');
SELECT migrate_apply('2', '', 'INSERT INTO log VALUES (''2''); SELECT 1/0');
SELECT migrate_apply('3', '', 'INSERT INTO log VALUES (''3'')');
TRUNCATE log;
CALL migrate_down(3);
\echo :SQLSTATE
SELECT a FROM log;
SELECT action, direction, step, steps, error FROM migrate_history ORDER BY seq DESC LIMIT 2;
-- it is applied, as it was: nothing of its down SQL has happened
SELECT ok, current, applied, interrupted FROM migrate_health();
SELECT migrate_require('2');
-- with another down SQL it goes
SELECT migrate_apply('2', '', 'INSERT INTO log VALUES (''2'')');
CALL migrate_down(3);
SELECT a FROM log;
SELECT version, state FROM migrate_status;

-- what was undone and is on the list is pending again
SELECT migrate_register('1', 'CREATE TABLE one ()', 'DROP TABLE one');
SELECT migrate_register('2', 'CREATE INDEX CONCURRENTLY i ON log (a)', 'DROP INDEX CONCURRENTLY i');
CALL migrate_up();
CALL migrate_down(2);
SELECT version, state FROM migrate_status WHERE state = 'pending';
CALL migrate_up();
SELECT version, state FROM migrate_status WHERE state = 'applied';
CALL migrate_down_to('1');
SELECT to_regclass('one'), to_regclass('i');
-- functions and procedures share the ledger, but the function cannot do all
CALL migrate_up();
SELECT migrate_rollback();
\echo :SQLSTATE
SELECT migrate_rollback_to('1');
SELECT migrate_redo('2');
CALL migrate_down();
SELECT migrate_rollback();
SELECT current, applied, pending FROM migrate_health();

-- named parameters, and the name of the result
\pset tuples_only off
CALL migrate_up(target => '1');
CALL migrate_down(steps => 1, done => 7);
CALL migrate_up(NULL, NULL);
CALL migrate_down_to(version => '1');
\pset tuples_only on
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
