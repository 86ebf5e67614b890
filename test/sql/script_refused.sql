--
-- What a script may not hold.  It is refused before anything runs, with
-- 0A000 and the place, wherever in the script it is.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
CREATE TABLE app.t (a int, b text);
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- transaction control: alone, first, in the middle, last
SELECT migrate_apply('1', 'COMMIT');
\echo :SQLSTATE
SELECT migrate_apply('1', 'BEGIN');
SELECT migrate_apply('1', E'ROLLBACK;\nCREATE TABLE x ();');
SELECT migrate_apply('1', E'CREATE TABLE x ();\n  SAVEPOINT s;\nCREATE TABLE y ();');
SELECT migrate_apply('1', E'CREATE TABLE x ();\nCREATE TABLE y ();\n-- done\nCOMMIT;');
-- each kind of it
\set VERBOSITY terse
SELECT migrate_apply('1', 'SELECT 1; ABORT');
SELECT migrate_apply('1', 'SELECT 1; END');
SELECT migrate_apply('1', 'SELECT 1; RELEASE s');
SELECT migrate_apply('1', 'SELECT 1; ROLLBACK TO s');
SELECT migrate_apply('1', 'SELECT 1; COMMIT AND CHAIN');
SELECT migrate_apply('1', $$SELECT 1; PREPARE TRANSACTION 'x'$$);
SELECT migrate_apply('1', $$SELECT 1; COMMIT PREPARED 'x'$$);
SELECT migrate_apply('1', $$SELECT 1; ROLLBACK PREPARED 'x'$$);
-- a BEGIN and COMMIT that are not simply around it all
SET client_min_messages = warning;
SELECT migrate_apply('1', 'BEGIN; CREATE TABLE x ();');
SELECT migrate_apply('1', 'CREATE TABLE x (); BEGIN; CREATE TABLE y (); COMMIT');
SELECT migrate_apply('1', 'BEGIN; CREATE TABLE x (); COMMIT; CREATE TABLE y ()');
SELECT migrate_apply('1', 'BEGIN; CREATE TABLE x (); COMMIT; BEGIN; CREATE TABLE y (); COMMIT');
SELECT migrate_apply('1', 'BEGIN; BEGIN; COMMIT; COMMIT');
SELECT migrate_apply('1', 'BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE x (); COMMIT');
SELECT migrate_apply('1', 'BEGIN; CREATE TABLE x (); COMMIT AND CHAIN');
SELECT migrate_apply('1', 'BEGIN; CREATE TABLE x (); ROLLBACK');
SELECT migrate_apply('1', 'COMMIT; BEGIN');
RESET client_min_messages;
\set VERBOSITY default

-- COPY from or to the client, with the data that pg_dump puts after it
SELECT migrate_apply('1', E'CREATE TABLE x ();\nCOPY t FROM STDIN;\n1\tit''s\n2\t\\N\n\\.\nCREATE TABLE y ();');
\echo :SQLSTATE
SELECT migrate_apply('1', 'COPY t TO STDOUT');
SELECT migrate_apply('1', 'copy app.t (a, b) from stdin with (format csv)');
SELECT migrate_apply('1', 'COPY (SELECT 1, (2)) TO stdout');
SELECT migrate_apply('1', 'COPY BINARY t FROM STDIN');
SELECT migrate_apply('1', E'SELECT 1;\n\nCOPY t FROM -- here\n  STDIN');
-- those words elsewhere are only words
SELECT migrate_apply('2', $$SELECT 'COPY t FROM STDIN'; CREATE TABLE stdin (stdout int); SELECT stdout FROM stdin; DROP TABLE stdin$$);

-- psql commands
SELECT migrate_apply('3', '\d t');
\echo :SQLSTATE
SELECT migrate_apply('3', E'SELECT 1\n\\g');
SELECT migrate_apply('3', E'CREATE TABLE x (); SELECT 1 \\gset');
SELECT migrate_apply('3', 'SELECT 1 \; SELECT 2');
SELECT migrate_apply('3', 'CREATE TABLE x () \i other.sql');
SELECT migrate_apply('3', 'CREATE TABLE x () \ir other.sql');
SELECT migrate_apply('3', 'CREATE TABLE x () \set v 1');
SELECT migrate_apply('3', 'CREATE TABLE x () \copy t from file');
SELECT migrate_apply('3', 'CREATE TABLE x () \.');
SELECT migrate_apply('3', 'CREATE TABLE x () \');
-- not in a literal or a comment
SELECT migrate_apply('4', $$SELECT '\d', "\d" FROM (SELECT 1 AS "\d") AS s -- \d$$);

-- statements about the session
SELECT migrate_apply('5', 'CREATE TABLE x (); DISCARD ALL');
\echo :SQLSTATE
\set VERBOSITY terse
SELECT migrate_apply('5', 'DISCARD TEMP');
SELECT migrate_apply('5', 'DISCARD PLANS');
SELECT migrate_apply('5', 'DISCARD SEQUENCES');
SELECT migrate_apply('5', 'CREATE TABLE x (); LISTEN c');
SELECT migrate_apply('5', 'UNLISTEN c; CREATE TABLE x ()');
SELECT migrate_apply('5', 'UNLISTEN *');
SELECT migrate_apply('5', 'DEALLOCATE ALL');
SELECT migrate_apply('5', 'DEALLOCATE PREPARE ALL');
SELECT migrate_apply('5', 'CLOSE ALL');
\set VERBOSITY default
-- NOTIFY is not one of them
SELECT migrate_apply('6', $$NOTIFY c, 'x'; SELECT pg_notify('c', 'y')$$);

-- the first of several is named
SELECT migrate_apply('7', 'SELECT 1; LISTEN c; COMMIT');
-- a syntax error further on comes first: the text is parsed as a whole
SELECT migrate_apply('7', E'LISTEN c;\nSELEC 1');
-- the down SQL is looked at before the up SQL runs
SELECT migrate_apply('7', 'CREATE TABLE x ()', 'DROP TABLE x; COMMIT');
SELECT migrate_apply('7', 'CREATE TABLE x ()', E'DROP TABLE x;\nCOPY t FROM STDIN');
SELECT migrate_apply('7', 'CREATE TABLE x ()', 'DROP TABLE x \g');
SELECT migrate_apply('7', 'CREATE TABLE x ()', 'DROP TABEL x');
-- and so are those of a stamp and of an amendment
SELECT migrate_stamp('7', 'COMMIT');
SELECT migrate_stamp('7', 'SELECT 1', 'COMMIT');
SELECT migrate_apply('2', $$SELECT 'COPY t FROM STDIN'; CREATE TABLE stdin (stdout int); SELECT stdout FROM stdin; DROP TABLE stdin$$, 'COMMIT');
-- a script is not parsed again when there is nothing to do
SELECT migrate_apply('2', $$SELECT 'COPY t FROM STDIN'; CREATE TABLE stdin (stdout int); SELECT stdout FROM stdin; DROP TABLE stdin$$);

-- hidden in a DO block or a function they are refused when they are reached
SELECT migrate_apply('8', 'CREATE TABLE x (); DO $$ BEGIN LISTEN c; END $$');
\echo :SQLSTATE
\set VERBOSITY terse
SELECT migrate_apply('8', $m$DO $$ BEGIN EXECUTE 'UNLISTEN *'; END $$$m$);
SELECT migrate_apply('8', 'DO $$ BEGIN DISCARD PLANS; END $$');
SELECT migrate_apply('8', $m$DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$$m$);
SELECT migrate_apply('8', $m$DO $$ BEGIN EXECUTE 'CLOSE ALL'; END $$$m$);
\set VERBOSITY default
CREATE FUNCTION listen_up() RETURNS void LANGUAGE sql AS 'LISTEN c';
SELECT migrate_apply('8', 'SELECT listen_up()');
-- the server itself refuses these there
SELECT migrate_apply('8', 'DO $$ BEGIN CREATE TABLE y (); COMMIT; END $$');
\echo :SQLSTATE
SELECT migrate_apply('8', 'DO $$ BEGIN ROLLBACK; END $$');
SELECT migrate_apply('8', $m$DO $$ BEGIN EXECUTE 'COMMIT'; END $$$m$);
SELECT migrate_apply('8', 'DO $$ BEGIN COPY t FROM STDIN; END $$');
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT migrate_apply('8', 'CALL commits()');

-- none of them left anything behind
SELECT version FROM migrate_status WHERE state = 'applied';
SELECT to_regclass('x'), to_regclass('y');
SELECT * FROM pg_listening_channels();

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
