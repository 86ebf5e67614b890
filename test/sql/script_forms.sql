--
-- What a script may look like: empty, without a last semicolon, with line ends
-- of another system, with a byte order mark, in a BEGIN and COMMIT of its own.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- nothing to do
SELECT migrate_apply('1', '');
SELECT migrate_apply('2', '   ');
SELECT migrate_apply('3', E'\r\n\t\n');
SELECT migrate_apply('4', '-- only a comment');
SELECT migrate_apply('5', E'/* only\n a /* nested */ comment */\n');
SELECT migrate_apply('6', ';;;');
SELECT migrate_apply('7', ' ; -- a' || chr(10) || '; /* b */ ;');
SELECT migrate_apply('8', E'\uFEFF');
SELECT migrate_apply('9', E'\uFEFF-- only a comment');
SELECT DISTINCT statements, rows FROM migrate_history;
SELECT count(migrate_require(v::text)) FROM generate_series(1, 9) AS v;

-- with and without a last semicolon
SELECT migrate_apply('10', 'CREATE TABLE a ()');
SELECT migrate_apply('11', 'CREATE TABLE b ();');
SELECT migrate_apply('12', 'CREATE TABLE c (); CREATE TABLE d ()');
SELECT migrate_apply('13', E'CREATE TABLE e ();\n-- the end');
SELECT migrate_apply('14', 'CREATE TABLE f () -- the end;');
SELECT migrate_apply('15', ';;; CREATE TABLE g () ;;; CREATE TABLE h () ;;;');
SELECT version, statements FROM migrate_history WHERE seq > 9 ORDER BY seq;
SELECT count(*) FROM pg_class WHERE relnamespace = 'app'::regnamespace;

-- CR LF, and a lone CR
SELECT migrate_apply('16', E'CREATE TABLE i (\r\n  id int -- the key\r\n);\r\nCREATE TABLE j ();\r\n');
SELECT migrate_apply('17', E'CREATE TABLE k ();\rCREATE TABLE l ()\r');
SELECT version, statements FROM migrate_history WHERE seq > 15 ORDER BY seq;

-- a byte order mark; the ledger keeps what it was given
SELECT migrate_apply('18', E'\uFEFFCREATE TABLE m ();', E'\uFEFFDROP TABLE m');
SELECT left(up_sql, 7) = E'\uFEFFCREATE', left(down_sql, 5) = E'\uFEFFDROP' FROM migrate_ledger WHERE version = '18';
SELECT migrate_rollback();
-- only one, and only at the start
SELECT migrate_apply('19', E'\uFEFF\uFEFFSELECT 1');

-- semicolons that end nothing
SELECT migrate_apply('20', $m$SELECT ';', $$ ; $$, ";" FROM (SELECT 1 AS ";") AS s -- ;
    /* ; */; SELECT 2$m$);
SELECT migrate_apply('21', 'CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2); SELECT 3');
SELECT migrate_apply('22', 'CREATE FUNCTION n() RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 3');
SELECT version, statements FROM migrate_history WHERE version >= '20' AND length(version) = 2 ORDER BY seq;

-- BEGIN and COMMIT around it all are redundant
SELECT migrate_apply('30', 'BEGIN; CREATE TABLE o (); CREATE TABLE p (); COMMIT', 'BEGIN; DROP TABLE o; DROP TABLE p; COMMIT');
SELECT migrate_apply('31', 'begin work; CREATE TABLE q (); commit transaction;');
SELECT migrate_apply('32', 'START TRANSACTION; CREATE TABLE r (); END', '');
SELECT migrate_apply('33', E'-- a\n;BEGIN TRANSACTION;; CREATE TABLE s (); END WORK; -- b', '');
SELECT migrate_apply('34', 'BEGIN; COMMIT', '');
SELECT version, statements FROM migrate_history WHERE version >= '30' AND length(version) = 2 ORDER BY seq;
-- said once when something is done, not when nothing is
SELECT migrate_apply('34', 'BEGIN; COMMIT', '');
-- statements are counted as they stand in the text
SELECT migrate_apply('35', E'BEGIN;\nCREATE TABLE t ();\nSELECT 1/0;\nCOMMIT');
-- inside a transaction of the caller's, it ends nothing
BEGIN;
SELECT migrate_apply('35', 'BEGIN; CREATE TABLE t (); COMMIT');
ROLLBACK;
SELECT to_regclass('app.t');

-- a caller whose backslashes escape
SET standard_conforming_strings = off;
SET escape_string_warning = on;
SELECT migrate_apply('36', $$CREATE TABLE v AS SELECT 'a\nb'::text AS c; CREATE FUNCTION w() RETURNS text LANGUAGE sql AS 'SELECT ''\d'''$$);
SELECT length(c) FROM v;
SELECT current_setting('standard_conforming_strings');
RESET standard_conforming_strings;
SELECT w();

-- names that are too long are cut, and it is said once
SELECT migrate_apply('37', format('CREATE TABLE %s ()', repeat('x', 70)));
-- many statements, and a long one
SELECT migrate_apply('38', (SELECT string_agg('SELECT ' || i, ';') FROM generate_series(1, 3000) AS i));
SELECT migrate_apply('39', format('SELECT %L', repeat('x', 1000000)));
SELECT version, statements, rows FROM migrate_history WHERE version IN ('38', '39') ORDER BY seq;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
