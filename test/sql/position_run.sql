--
-- Where in a migration an error is that comes up when a statement is analysed
-- or run.  Analysis knows the place inside the statement, running only the
-- statement.  The SQLSTATE and the message stay those of the server.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- analysis: a missing relation, column, function, type
SELECT migrate_apply('1', E'CREATE TABLE a (id int);\n  INSERT INTO a SELECT id\n  FROM missing;');
\echo :SQLSTATE
SELECT migrate_apply('1', E'CREATE TABLE a (id int);\nSELECT id, nam FROM a');
SELECT migrate_apply('1', E'-- a comment\n\nSELECT 1, missing(1)');
SELECT migrate_apply('1', E'CREATE TABLE a (\n    id int,\n    x missing\n)');
SELECT migrate_apply('1', E'SELECT ''\u00e9\u4e16'', 1 + ''a''::int, missing');
SELECT migrate_apply('1', E'SELECT 1;\r\n\r\nSELECT\r\n missing');
SELECT migrate_apply('1', E'\uFEFFSELECT missing');
-- in the elements of a schema
SELECT migrate_apply('1', E'SELECT 1;\nCREATE SCHEMA s\n  CREATE TABLE t (id int)\n  CREATE VIEW v AS SELECT missing FROM t');
-- what an earlier statement removed
SELECT migrate_apply('1', E'CREATE TABLE a (id int);\nDROP TABLE a;\nSELECT * FROM a');

-- run time: the statement, where it starts
SELECT migrate_apply('1', 'SELECT 1/0');
\echo :SQLSTATE
SELECT migrate_apply('1', E'CREATE TABLE a (id int PRIMARY KEY);\n\n   -- twice\n   INSERT INTO a VALUES (1), (1);\nSELECT 1');
\echo :SQLSTATE
SELECT migrate_apply('1', E'/* \u00e9 */ SELECT 1; /* \u00e9 */ SELECT 1/0');
SELECT migrate_apply('1', E';;SELECT 1;;\n;; SELECT 2;;; SELECT 1/0;;');
SELECT migrate_apply('1', 'BEGIN; SELECT 1; SELECT 1/0; COMMIT');
-- a DDL statement has no place inside either
SELECT migrate_apply('1', 'CREATE TABLE a (); CREATE TABLE a ()');
SELECT migrate_apply('1', E'SELECT 1;\nDROP TABLE missing');
-- the server's DETAIL and HINT are kept
SELECT migrate_apply('1', E'CREATE TABLE a (id int);\nCREATE VIEW v AS SELECT * FROM a;\nDROP TABLE a');
SELECT migrate_apply('1', $$DO 'BEGIN RAISE EXCEPTION ''no'' USING ERRCODE = ''NM001'', DETAIL = ''because'', HINT = ''try harder''; END'$$);
\echo :SQLSTATE

-- the same in plpgsql's eyes
DO $$
DECLARE
    state text;
    message text;
    context text;
BEGIN
    PERFORM migrate_apply('1', E'SELECT 1;\nSELECT 1/0');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
    RAISE NOTICE E'%\n%\n%', state, message, context;
END
$$;

-- warnings and notices are the server's
SELECT migrate_apply('1', E'CREATE TABLE IF NOT EXISTS a ();\nCREATE TABLE IF NOT EXISTS a ();\nDO ''BEGIN RAISE WARNING ''''careful''''; END''', 'DROP TABLE a');
-- with their context, for those who want it
\set SHOW_CONTEXT always
SELECT migrate_redo('1');
\set SHOW_CONTEXT errors
-- none of it when there is no migration
SELECT migrate_rollback();
SELECT 1/0;

-- the down SQL is named, here and in a redo
SELECT migrate_apply('2', 'CREATE TABLE a ()', E'SELECT 1;\nDROP TABLE missing');
SELECT migrate_rollback();
SELECT migrate_redo('2');
-- so is the up SQL of a redo
SELECT migrate_apply('3', E'SELECT 1;\nCREATE TABLE b ()', '');
SELECT migrate_redo('3');

-- a version with quotes is shown as it is
SELECT migrate_apply('4 "x"', 'SELECT 1/0');

-- the place of a statement that runs the text of another one
CREATE FUNCTION bad() RETURNS int LANGUAGE sql AS 'SELECT 1/0';
SELECT migrate_apply('5', E'PREPARE p AS SELECT bad();\nEXECUTE p');
SELECT migrate_apply('5', E'DECLARE c CURSOR FOR SELECT 1/i FROM generate_series(0, 0) AS i;\n  FETCH c');

-- a long statement is named, not repeated
SELECT migrate_apply('6', format(E'SELECT 1;\n  SELECT %L, missing', repeat('x', 8192)));

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
