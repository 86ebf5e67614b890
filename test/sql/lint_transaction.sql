--
-- migrate_lint(): statements that share a transaction.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
\set lint 'SELECT rule, severity, statement, line, col, message, hint FROM migrate_lint('
\set rules 'SELECT rule, severity, statement, line, col FROM migrate_lint('
-- "large" has more than 64 kB, "small" has a few rows, and "none" has no row
SET neon_migrate.lint_large_table = '64kB';
CREATE TABLE large (id bigint PRIMARY KEY, a int, b text, c varchar(10), d int NOT NULL DEFAULT 1)
    WITH (autovacuum_enabled = off);
INSERT INTO large SELECT g, g, 'b' || g, 'c', 1 FROM generate_series(1, 4000) AS g;
ANALYZE large;
CREATE TABLE small (LIKE large INCLUDING ALL);
INSERT INTO small SELECT * FROM large LIMIT 10;
CREATE TABLE none (LIKE large INCLUDING ALL);

CREATE TABLE large2 (LIKE large INCLUDING ALL) WITH (autovacuum_enabled = off);
INSERT INTO large2 SELECT * FROM large;
-- several locks
:lint 'ALTER TABLE large ADD x int; ALTER TABLE large2 ADD x int');
:rules 'ALTER TABLE large ADD x int; ALTER TABLE small ADD x int');
:rules 'ALTER TABLE large ADD x int; ALTER TABLE large ADD y int');
:rules 'ALTER TABLE large ADD x int; CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new ADD x int');
:rules 'ALTER TABLE large ADD x int; VACUUM small; ALTER TABLE large2 ADD x int');
:rules 'ALTER TABLE large SET (fillfactor = 90); ALTER TABLE large2 SET (fillfactor = 90)');
:rules 'TRUNCATE none, small');
-- a lock that is kept
:lint 'ALTER TABLE large ADD x int; UPDATE large SET x = 1');
:lint 'ALTER TABLE small ADD x int; UPDATE large SET d = 2 WHERE b = ''b''');
:rules 'ALTER TABLE large ADD x int; UPDATE large SET x = 1 WHERE id < 10');
:rules 'UPDATE large SET d = 2 WHERE b = ''b''; ALTER TABLE large ADD x int');
:rules 'ALTER TABLE large ADD x int; UPDATE small SET a = 1 WHERE b = ''b''');
:rules 'ALTER TABLE small ADD x int; CREATE INDEX ON large (a)');
:rules 'ALTER TABLE small ADD x int; CREATE INDEX CONCURRENTLY ON large (a)');
:rules 'ALTER TABLE small ADD x int; INSERT INTO small (id) SELECT id FROM large');
:rules 'ALTER TABLE small ADD x int; INSERT INTO small (id) SELECT id FROM large WHERE id = 1');
-- written anew twice
:lint 'ALTER TABLE large ALTER a TYPE bigint; ALTER TABLE large ALTER d TYPE bigint');
:rules 'ALTER TABLE large ALTER a TYPE bigint, ALTER d TYPE bigint');
-- what refuses a transaction block
:lint 'CREATE INDEX CONCURRENTLY ON large (a)');
:rules 'VACUUM small');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
