--
-- migrate_lint(): names.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

:lint 'ALTER TABLE small RENAME TO tiny');
:rules 'ALTER TABLE none RENAME TO nobody');
:rules 'ALTER TABLE small RENAME TO tiny; CREATE VIEW small AS SELECT * FROM tiny');
:lint 'CREATE SCHEMA other; ALTER TABLE small SET SCHEMA other');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new RENAME TO newer; ALTER TABLE newer RENAME COLUMN id TO no');
:lint 'ALTER TABLE small RENAME COLUMN a TO z');
:rules 'ALTER TABLE small RENAME COLUMN a TO z; ALTER TABLE small RENAME TO tiny; CREATE VIEW small AS SELECT *, z AS a FROM tiny');
:rules 'ALTER TABLE small ADD COLUMN x int; ALTER TABLE small RENAME COLUMN x TO y');
:rules 'ALTER TABLE small RENAME CONSTRAINT small_pkey TO pk; ALTER INDEX small_pkey RENAME TO pk');
-- a rename is followed
:rules 'ALTER TABLE large RENAME TO big; ALTER TABLE big ALTER a SET NOT NULL; ALTER TABLE large ALTER a SET NOT NULL');
:rules 'ALTER TABLE large RENAME COLUMN a TO z; ALTER TABLE large ALTER z SET NOT NULL; ALTER TABLE large ALTER a SET NOT NULL');
:rules 'ALTER TABLE small RENAME TO tiny; ALTER TABLE large RENAME TO small; CREATE INDEX ON small (a)');
CREATE SCHEMA other;
:rules 'ALTER SCHEMA other RENAME TO another');
CREATE TABLE other.t AS SELECT 1 AS one;
:lint 'ALTER SCHEMA other RENAME TO another');
DROP SCHEMA other CASCADE;
-- names are looked up as the script would
:rules 'SET search_path = nowhere; CREATE INDEX ON large (a)');
:rules 'SET search_path = app; CREATE INDEX ON large (a)');
:rules 'SELECT pg_catalog.set_config(''search_path'', '''', false); CREATE INDEX ON large (a); CREATE INDEX ON app.large (a)');
SHOW search_path;
-- too long
:lint 'CREATE TABLE aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggX (id bigint PRIMARY KEY)');
:rules 'CREATE TABLE aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg (id bigint PRIMARY KEY)');
:lint E'CREATE TABLE t (id bigint PRIMARY KEY,\n  aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg1 int,\n  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg2" int)');
:rules 'SELECT ''aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggX'' AS a -- aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggX');
-- tables without a primary key
:lint 'CREATE TABLE new (id bigint)');
:rules 'CREATE TABLE new (id bigint); ALTER TABLE new ADD PRIMARY KEY (id)');
:rules 'CREATE TABLE new (LIKE large INCLUDING ALL); CREATE TEMP TABLE temporary (id bigint); CREATE TABLE a (id bigint); DROP TABLE a');
-- what is there already
:lint 'CREATE TABLE IF NOT EXISTS small (id bigint PRIMARY KEY, a bigint, b text, y int)');
:rules 'CREATE TABLE IF NOT EXISTS small (id bigint PRIMARY KEY, a int, b text)');
:rules 'CREATE TABLE IF NOT EXISTS other (id bigint PRIMARY KEY)');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
