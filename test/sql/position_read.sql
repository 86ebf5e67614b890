--
-- Where in a migration an error is that is found before anything runs: by the
-- scanner or by the parser.  The failing statement is shown with a mark;
-- CONTEXT has the statement's number, line and column in the migration.
-- Lines and columns count from 1, columns in characters.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- alone, in the first, in the middle and in the last statement
SELECT migrate_apply('1', 'SELEC 1');
\echo :SQLSTATE
SELECT migrate_apply('1', 'CREATE TABEL a (); CREATE TABLE b ()');
SELECT migrate_apply('1', E'CREATE TABLE a ();\nCREATE TABLE b (id int,,);\nCREATE TABLE c ()');
SELECT migrate_apply('1', E'CREATE TABLE a ();\n\n  CREATE TABLE b (\n    id int\n    name text\n  )');
-- at the end of the text, with and without a last semicolon
SELECT migrate_apply('1', 'CREATE TABLE a ();CREATE TABLE');
SELECT migrate_apply('1', E'CREATE TABLE a ();\nCREATE TABLE b (\n');
SELECT migrate_apply('1', 'SELECT (1;');

-- comments and blank space before the statement are not part of it
SELECT migrate_apply('1', E'-- first\n/* second\n   third */   SELECT FROM FROM');
SELECT migrate_apply('1', E'CREATE TABLE a (); -- one\n/* two */\n\n\t/* three */ SELECT FROM FROM /* four */ ; -- five');
-- nor are empty statements
SELECT migrate_apply('1', E';;\n; CREATE TABLE a ();;\n;SELECT FROM FROM');

-- line ends of other systems: CR LF is one, a lone CR is none
SELECT migrate_apply('1', E'CREATE TABLE a ();\r\n\r\n  SELECT FROM FROM;\r\n');
SELECT migrate_apply('1', E'CREATE TABLE a ();\rSELECT FROM FROM');
-- a byte order mark does not count as a column
SELECT migrate_apply('1', E'\uFEFFSELECT FROM FROM');

-- characters count, not bytes, before the statement and in it
SELECT migrate_apply('1', E'SELECT ''\u00e9\u4e16\U0001F600''; SELECT FROM FROM');
SELECT migrate_apply('1', E'/* \u00e9 */ SELECT ''\u4e16\u754c'' FROM FROM');
SELECT migrate_apply('1', E'-- \u00e9\u00e9\u00e9\nSELECT "\u00e9"; SELECT FROM \u00e9.\u00e9 FROM');

-- the scanner's own errors
SELECT migrate_apply('1', E'CREATE TABLE a ();\nSELECT ''abc');
\echo :SQLSTATE
SELECT migrate_apply('1', E'SELECT "abc');
SELECT migrate_apply('1', E'SELECT $x$abc$y$');
SELECT migrate_apply('1', E'SELECT 1 /* abc');
SELECT migrate_apply('1', 'SELECT ""');
SELECT migrate_apply('1', $$SELECT E'\u00'$$);
SELECT migrate_apply('1', $$SELECT 1, U&'\00'$$);
-- a psql variable
SELECT migrate_apply('1', E'SELECT 1;\nSELECT :name');
-- tokens that only PL/pgSQL knows
SELECT migrate_apply('1', 'SELECT 1 .. 2');
-- a parameter parses, and is then one too many
SELECT migrate_apply('1', E'SELECT 1;\nSELECT $1');

-- the down SQL is named
SELECT migrate_apply('1', 'CREATE TABLE a ()', E'DROP TABLE a;\nDROP TABEL a');

-- a function's body, if it is SQL, parses with the statement ...
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n  SELECT 1;\n  SELECT 1 FROM FROM;\nEND;\nSELECT 2');
-- ... and its statements are not counted
SELECT migrate_apply('1', E'CREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n  SELECT CASE WHEN true THEN 1 END;\n  SELECT 2;\nEND;\nSELECT FROM FROM');
SELECT migrate_apply('1', E'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);\nSELECT FROM FROM');

-- a statement of more than 8 kB is not repeated in the error
SELECT migrate_apply('1', format(E'SELECT 1;\nSELECT %L FROM FROM', repeat('x', 8192)));
-- but one that fits is, however long the rest is
SELECT migrate_apply('1', format(E'SELECT %L;\nSELECT FROM FROM;\nSELECT %1$L', repeat('x', 8192)));

-- nothing of all this ran
SELECT count(*) FROM migrate_status;
SELECT count(*) FROM pg_class WHERE relnamespace = 'app'::regnamespace;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
