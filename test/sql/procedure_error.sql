--
-- Errors of a script that runs in steps: SQLSTATE and message are those of the
-- statement, the place is that in the script, and the ledger keeps them.
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
CREATE TABLE t (a int, b text);
INSERT INTO t VALUES (1, 'one'), (1, 'ein');
CREATE TABLE part (a int, b text) PARTITION BY LIST (a);

-- in an ordinary statement after a step, and before one: position known
CALL migrate_run('1', E'VACUUM t;\n\nSELECT 1;\n  SELECT a,\n    nope FROM t;');
\echo :SQLSTATE
CALL migrate_run('2', E'/* ü */ SELECT ''ü'', nope FROM t; VACUUM t');
-- while running: the place of the statement
CALL migrate_run('3', E'VACUUM t;\nSELECT 1;\n\n  -- here\n  SELECT 1/(a - 1) FROM t;\nVACUUM t');
\echo :SQLSTATE
-- in a statement that is alone
CALL migrate_run('4', E'SELECT 1;\n\tCREATE INDEX CONCURRENTLY i ON nope (a)');
\echo :SQLSTATE
CALL migrate_run('5', E'SELECT 1;\n/* é */ CREATE INDEX CONCURRENTLY i ON t (nope)');
\echo :SQLSTATE
CALL migrate_run('6', 'CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)');
\echo :SQLSTATE
CALL migrate_run('7', 'SELECT 1; CREATE INDEX CONCURRENTLY ON t (length(b || nope))');
CALL migrate_run('8', E'SELECT 1;\nSELECT 2; VACUUM nope');
CALL migrate_run('9', 'SELECT 1; DROP INDEX CONCURRENTLY nope');
CALL migrate_run('10', 'REINDEX INDEX CONCURRENTLY nope');
CALL migrate_run('11', 'ALTER TABLE part DETACH PARTITION t CONCURRENTLY');
\echo :SQLSTATE
CALL migrate_run('12', 'DROP DATABASE regression_nope');
\echo :SQLSTATE
CALL migrate_run('13', E'\n\nALTER SYSTEM SET nope = 1');
\echo :SQLSTATE
-- in a body that commits: where the body says, before and after its COMMIT
CALL migrate_run('14', E'SELECT 1;\n DO $$\nBEGIN\n  COMMIT;\n  PERFORM 1/0;\nEND $$');
\echo :SQLSTATE
CALL migrate_run('15', E'SELECT 1;\n DO $$\nBEGIN\n  COMMIT;\n  SELEC 1;\nEND $$');
\echo :SQLSTATE
CALL migrate_run('16', E'SELECT 1;\n  DO \'BEGIN COMMIT; SELEC ''\'x''\'; END\'');
CALL migrate_run('17', 'SELECT 1; DO $$BEGIN COMMIT; PERFORM nope FROM t; END$$');
\echo :SQLSTATE
CREATE PROCEDURE p(n int) LANGUAGE plpgsql AS 'BEGIN COMMIT; PERFORM 1/n; END';
CALL migrate_run('18', E'SELECT 1;\nCALL p(0)');
CALL migrate_run('19', E'SELECT 1;\nCALL p(nope)');
CALL migrate_run('20', E'SELECT 1;\nCALL p(''x'')');
CALL migrate_run('21', 'DO $$BEGIN COMMIT; RAISE EXCEPTION USING message = ''all of it'', detail = ''the detail'', hint = ''the hint'', errcode = ''XY123'', column = ''c'', constraint = ''n'', datatype = ''d'', table = ''t'', schema = ''s''; END$$');
\echo :SQLSTATE
-- syntax errors come first, and nothing runs
CALL migrate_run('22', E'INSERT INTO t VALUES (22); VACUUM t;\nSELECT 1 FROM FROM t');
\echo :SQLSTATE
SELECT count(*) FROM t WHERE a = 22;
-- what the ledger keeps: the step, and the error
SELECT version, action, direction AS dir, step, steps, error FROM migrate_history WHERE action = 'failed' ORDER BY seq;
SELECT count(*), count(*) FILTER (WHERE state = 'failed') FROM migrate_status;
-- the gate is free
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 20045;
SELECT interrupted, gate_holder FROM migrate_health();
-- settled by hand, and taken off the list, on which a CALL puts what it can go on with
SELECT count(migrate_unstamp(version)) FROM migrate_status;
SELECT count(*) FROM migrate_status WHERE migrate_unregister(version) IS NOT NULL;
SELECT interrupted, pending FROM migrate_health();
-- on the way down it says so
SELECT migrate_apply('23', '', E'VACUUM t;\nSELECT nope');
CALL migrate_down();
SELECT action, direction, step, steps, error FROM migrate_history ORDER BY seq DESC LIMIT 2;
SELECT migrate_unstamp('23');

-- deferred constraints: each step checks its own, and says which one it was
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CALL migrate_run('30', E'INSERT INTO child VALUES (1);\nINSERT INTO parent VALUES (1);\nVACUUM t;\nINSERT INTO child VALUES (2);\nSELECT 1;\nVACUUM t;\nINSERT INTO parent VALUES (2)');
\echo :SQLSTATE
SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM child);
SELECT migrate_unstamp('30'), migrate_unregister('30') IS NOT NULL;
-- of a migration that is one transaction
CALL migrate_run('31', E'SELECT 1;\nINSERT INTO child VALUES (3)');
\echo :SQLSTATE
CALL migrate_run('32', E'INSERT INTO child VALUES (3); INSERT INTO parent VALUES (3)', '');
-- deferred triggers fire once, at the end of their step
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO fired VALUES (NEW.id, pg_current_xact_id()); RETURN NULL; END';
CREATE TABLE fired (id int, x xid8);
CREATE CONSTRAINT TRIGGER fire AFTER INSERT ON parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fire();
CALL migrate_run('33', 'INSERT INTO parent VALUES (4); INSERT INTO parent VALUES (5); VACUUM t; INSERT INTO parent VALUES (6)', '');
SELECT id, dense_rank() OVER (ORDER BY x::text::bigint) FROM fired ORDER BY id;
CALL migrate_run('34', 'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO child VALUES (7); VACUUM t; INSERT INTO parent VALUES (7)', '');
\echo :SQLSTATE
SELECT migrate_unstamp('34'), migrate_unregister('34') IS NOT NULL;

-- each error of a later step leaves the steps before it; the next CALL goes on
CALL migrate_run('40', 'CREATE TABLE a1 (); VACUUM t; CREATE TABLE a2 (); SELECT 1 FROM missing; VACUUM t; CREATE TABLE a3 ()', '');
SELECT to_regclass('a1'), to_regclass('a2'), to_regclass('a3');
CREATE TABLE missing ();
CALL migrate_run('40', 'CREATE TABLE a1 (); VACUUM t; CREATE TABLE a2 (); SELECT 1 FROM missing; VACUUM t; CREATE TABLE a3 ()', '');
SELECT to_regclass('a1'), to_regclass('a2'), to_regclass('a3');
SELECT action, step FROM migrate_history WHERE version = '40' ORDER BY seq;
-- in a list: those before are applied, those after are not
SELECT migrate_register('50', 'CREATE TABLE l50 ()');
SELECT migrate_register('51', 'CREATE TABLE l51 (); VACUUM t; SELECT 1/0');
SELECT migrate_register('52', 'CREATE TABLE l52 ()');
CALL migrate_up();
\echo :SQLSTATE
SELECT to_regclass('l50'), to_regclass('l51'), to_regclass('l52');
SELECT version, state FROM migrate_status WHERE version IN ('50', '51', '52');
SELECT current, pending, interrupted, detail FROM migrate_health();
SELECT migrate_stamp('51');
CALL migrate_up();
SELECT version, state FROM migrate_status WHERE version IN ('50', '51', '52');
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
