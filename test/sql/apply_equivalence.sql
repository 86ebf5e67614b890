--
-- Which texts count as the same SQL: those with the same tokens.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- Records "one" and applies "other" under the same version: unchanged if they
-- are the same, 55000 if they are not.
CREATE FUNCTION pg_temp.compare(one text, other text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    PERFORM migrate_stamp('1', one);
    outcome := migrate_apply('1', other);
    PERFORM migrate_unstamp('1');
    RETURN outcome;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN 'different';
END
$$;

-- blank space, comments and line ends
SELECT pg_temp.compare('SELECT 1', E'  SELECT\t\n\n1  ');
SELECT pg_temp.compare('SELECT 1', E'SELECT\r\n1\r\n');
SELECT pg_temp.compare('SELECT 1', E'SELECT\f1\f');
SELECT pg_temp.compare('SELECT 1', '/* one */ SELECT /* a /* nested */ one */ 1 -- one');
SELECT pg_temp.compare('SELECT 1', E'-- one\r\nSELECT 1');
SELECT pg_temp.compare('SELECT a.b + c', 'SELECT a . b+c');
SELECT pg_temp.compare(E'-- a\nSELECT 1', E'-- b\nSELECT 1');

-- a byte order mark
SELECT pg_temp.compare('SELECT 1', E'\uFEFFSELECT 1');

-- semicolons before, between and after statements
SELECT pg_temp.compare('SELECT 1', 'SELECT 1;');
SELECT pg_temp.compare('SELECT 1', ';; SELECT 1 ;;;');
SELECT pg_temp.compare('SELECT 1; SELECT 2', E'SELECT 1;\n;;SELECT 2;');
SELECT pg_temp.compare('', ';;;');
SELECT pg_temp.compare('', '-- nothing');
SELECT pg_temp.compare('', E'\uFEFF');
-- but one makes two statements of one
SELECT pg_temp.compare('SELECT 1; SELECT 2', 'SELECT 1 SELECT 2');
SELECT pg_temp.compare('SELECT 1; SELECT 2', 'SELECT 2; SELECT 1');
SELECT pg_temp.compare('', 'SELECT');

-- letter case of key words and of names that are not quoted
SELECT pg_temp.compare('SELECT a FROM t', 'select A from T');
SELECT pg_temp.compare('SELECT 1 AS a', 'SELECT 1 AS "A"');
SELECT pg_temp.compare('SELECT 1 AS "a"', 'SELECT 1 AS "A"');
SELECT pg_temp.compare('SELECT a FROM t', 'SELECT a FROM u');
SELECT pg_temp.compare('SELECT "a b"', 'SELECT "a  b"');
SELECT pg_temp.compare('SELECT U&"d\0061t"', 'SELECT u&"d\0061t"');
SELECT pg_temp.compare('SELECT U&"d\0061t"', 'SELECT U&"d\0062t"');
SELECT pg_temp.compare('SELECT U&''\0061''', 'SELECT U&''\0062''');

-- literals count to the letter
SELECT pg_temp.compare($$SELECT 'a'$$, $$SELECT 'A'$$);
SELECT pg_temp.compare($$SELECT 'a b'$$, $$SELECT 'a  b'$$);
SELECT pg_temp.compare($$SELECT 'a -- b'$$, $$SELECT 'a'$$);
SELECT pg_temp.compare($$SELECT 'a'$$, $$SELECT 'a '$$);
SELECT pg_temp.compare($$SELECT '1'$$, $$SELECT 1$$);
SELECT pg_temp.compare($$SELECT ''$$, $$SELECT NULL$$);
SELECT pg_temp.compare($$SELECT 'é'$$, $$SELECT 'e'$$);
SELECT pg_temp.compare($$SELECT B'1'$$, $$SELECT B'0'$$);
SELECT pg_temp.compare($$SELECT B'10'$$, $$SELECT X'10'$$);
-- but not how they are written
SELECT pg_temp.compare($$SELECT 'it''s'$$, $$SELECT E'it\'s'$$);
SELECT pg_temp.compare($$SELECT 'it''s'$$, 'SELECT $s$it''s$s$');
SELECT pg_temp.compare($$SELECT 'ab'$$, E'SELECT ''a''\n''b''');
SELECT pg_temp.compare($$SELECT 'é'$$, $$SELECT E'\u00E9'$$);
-- a backslash is one, whatever the session thinks
SELECT pg_temp.compare($$SELECT 'a\nb'$$, $$SELECT E'a\\nb'$$);
SET escape_string_warning = off;
SET standard_conforming_strings = off;
SELECT pg_temp.compare($$SELECT 'a\nb'$$, $$SELECT E'a\\nb'$$);
RESET standard_conforming_strings;
-- line ends inside them do not count, as a checkout may turn them around
SELECT pg_temp.compare(E'SELECT ''a\nb''', E'SELECT ''a\r\nb''');
SELECT pg_temp.compare(E'DO $d$\nBEGIN\nEND\n$d$', E'DO $d$\r\nBEGIN\r\nEND\r\n$d$');
SELECT pg_temp.compare(E'SELECT ''a\nb''', E'SELECT ''a\rb''');
SELECT pg_temp.compare(E'SELECT ''a\nb''', E'SELECT ''a\n\nb''');

-- the body of a function is a literal: its comments and blank space count
SELECT pg_temp.compare('DO $$ BEGIN END $$', 'DO $$ BEGIN  END $$');
SELECT pg_temp.compare('DO $$ BEGIN END $$', 'DO $$ BEGIN END /* */ $$');
SELECT pg_temp.compare('DO $$ BEGIN END $$', 'DO $x$ BEGIN END $x$');

-- numbers
SELECT pg_temp.compare('SELECT 1', 'SELECT 2');
SELECT pg_temp.compare('SELECT 1', 'SELECT 01');
SELECT pg_temp.compare('SELECT 1', 'SELECT 1.0');
SELECT pg_temp.compare('SELECT 1.0', 'SELECT 1.00');
SELECT pg_temp.compare('SELECT 12345678901', 'SELECT 12345678902');
SELECT pg_temp.compare('SELECT 1', 'SELECT -1');

-- operators
SELECT pg_temp.compare('SELECT a != b', 'SELECT a <> b');
SELECT pg_temp.compare('SELECT a < b', 'SELECT a > b');
SELECT pg_temp.compare('SELECT a <= b', 'SELECT a < = b');
SELECT pg_temp.compare('SELECT a <= b', 'SELECT a >= b');
SELECT pg_temp.compare('SELECT a::text', 'SELECT a :: text');
SELECT pg_temp.compare('SELECT a::text', 'SELECT CAST(a AS text)');
SELECT pg_temp.compare('SELECT a || b', 'SELECT a | | b');
SELECT pg_temp.compare('SELECT f(a => 1)', 'SELECT f(a := 1)');
SELECT pg_temp.compare('SELECT (1)', 'SELECT 1');
SELECT pg_temp.compare('SELECT $1', 'SELECT $2');

-- tokens do not run into each other
SELECT pg_temp.compare('SELECT a b', 'SELECT ab');
SELECT pg_temp.compare($$SELECT 'a' AS b$$, $$SELECT a AS 'b'$$);
SELECT pg_temp.compare('SELECT 1, 23', 'SELECT 12, 3');

-- statements of a body between BEGIN ATOMIC and END
SELECT pg_temp.compare(
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END',
    E'CREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n  SELECT 1; -- one\n  SELECT 2;\nEND;\n');
SELECT pg_temp.compare(
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 3; END');

-- the checksum does not depend on settings
SELECT pg_temp.compare('SELECT 1.5, ''2020-01-01''::timestamptz', 'SELECT 1.5,''2020-01-01''::TIMESTAMPTZ')
FROM set_config('DateStyle', 'German', false) AS a, set_config('TimeZone', 'Asia/Tokyo', false) AS b,
     set_config('quote_all_identifiers', 'on', false) AS c, set_config('bytea_output', 'escape', false) AS d;
RESET ALL;
SET search_path = migrate;
-- nor on the server: every major version has these
SELECT migrate_stamp('2', '');
SELECT migrate_stamp('3', $$CREATE TABLE "T" (a int DEFAULT 31, b text DEFAULT E'\u00E9\n', c numeric(10,2) CHECK (c >= .5e3)); -- x$$);
SELECT version, checksum FROM migrate_status WHERE version > '1' ORDER BY version;

DROP FUNCTION pg_temp.compare;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
