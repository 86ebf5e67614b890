--
-- What the tests of migrate_lint() share.
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
