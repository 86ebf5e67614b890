--
-- migrate_lint(): columns.
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

-- a default that is another value for each row
:lint 'ALTER TABLE large ADD COLUMN x uuid DEFAULT gen_random_uuid()');
:lint 'ALTER TABLE small ADD COLUMN x uuid DEFAULT gen_random_uuid()');
:rules 'ALTER TABLE large ADD COLUMN x timestamptz DEFAULT now() NOT NULL, ADD y int DEFAULT 1 + 1, ADD z text');
:rules 'ALTER TABLE large ADD COLUMN x float8 DEFAULT random(), ADD COLUMN y timestamptz DEFAULT clock_timestamp()');
:rules 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER TABLE large ADD COLUMN x int DEFAULT app.f()');
:rules 'CREATE FUNCTION f() RETURNS int IMMUTABLE LANGUAGE sql AS ''SELECT 1''; ALTER TABLE large ADD COLUMN x int DEFAULT app.f()');
:lint 'ALTER TABLE large ADD COLUMN x bigserial');
:lint 'ALTER TABLE large ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY');
:lint 'ALTER TABLE large ADD COLUMN x bigint GENERATED ALWAYS AS (a + 1) STORED');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN plain AS int;
:lint 'ALTER TABLE large ADD COLUMN x positive');
:rules 'ALTER TABLE large ADD COLUMN x plain');
DROP DOMAIN positive, plain;
-- a constraint that the table is read for
:lint 'ALTER TABLE large ADD COLUMN x int CHECK (x > 0)');
:lint 'ALTER TABLE large ADD COLUMN x int UNIQUE');
:rules 'ALTER TABLE large ADD COLUMN x bigint DEFAULT 1 REFERENCES small (id)');
:rules 'ALTER TABLE large ADD COLUMN x bigint REFERENCES small (id)');
-- NOT NULL without a value
:lint E'-- comment\n  ALTER TABLE small\n    ADD COLUMN x int NOT NULL');
:rules 'ALTER TABLE none ADD COLUMN x int NOT NULL');
:rules 'ALTER TABLE small ADD COLUMN x int NOT NULL DEFAULT 0');
:rules 'ALTER TABLE small ADD COLUMN x int NOT NULL DEFAULT NULL');
:rules 'TRUNCATE small; ALTER TABLE small ADD COLUMN x int NOT NULL');
:rules 'DELETE FROM small; ALTER TABLE small ADD COLUMN x int NOT NULL');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); INSERT INTO new VALUES (1); ALTER TABLE new ADD COLUMN x int NOT NULL DEFAULT random()');
-- all rows are dead: they do not count
CREATE TABLE dead (id bigint PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO dead VALUES (1);
DELETE FROM dead;
:rules 'ALTER TABLE dead ADD COLUMN x int NOT NULL; DROP TABLE dead');
-- SET NOT NULL
:lint 'ALTER TABLE large ALTER a SET NOT NULL');
:rules 'ALTER TABLE small ALTER a SET NOT NULL');
:rules 'ALTER TABLE large ALTER d SET NOT NULL');
ALTER TABLE large ADD CONSTRAINT a_there CHECK (a IS NOT NULL AND a > 0) NOT VALID;
:rules 'ALTER TABLE large ALTER a SET NOT NULL');
:rules 'ALTER TABLE large VALIDATE CONSTRAINT a_there; ALTER TABLE large ALTER a SET NOT NULL');
ALTER TABLE large VALIDATE CONSTRAINT a_there;
:rules 'ALTER TABLE large ALTER a SET NOT NULL, ALTER b SET NOT NULL');
ALTER TABLE large DROP CONSTRAINT a_there;
ALTER TABLE large ADD CONSTRAINT a_positive CHECK (a > 0);
:rules 'ALTER TABLE large ALTER a SET NOT NULL');
ALTER TABLE large DROP CONSTRAINT a_positive;
-- what an application may count on
:lint 'ALTER TABLE small ALTER d DROP NOT NULL');
:rules 'ALTER TABLE small ALTER a DROP NOT NULL');
:lint 'ALTER TABLE small ALTER d DROP DEFAULT');
:rules 'ALTER TABLE none ALTER d DROP DEFAULT');
:rules 'ALTER TABLE small ALTER a DROP DEFAULT; ALTER TABLE small ALTER d SET DEFAULT 2');
:rules 'ALTER TABLE small ADD COLUMN x int NOT NULL DEFAULT 0; ALTER TABLE small ALTER x DROP DEFAULT');
-- dropping
CREATE INDEX both_columns ON small (a, b);
:lint 'ALTER TABLE small DROP COLUMN a');
:lint 'ALTER TABLE none DROP COLUMN a');
:rules 'ALTER TABLE small DROP COLUMN IF EXISTS nothing');
:rules 'ALTER TABLE small ADD COLUMN x int; ALTER TABLE small DROP COLUMN x');
:rules 'ALTER TABLE unknown DROP COLUMN x; ALTER TABLE unknown ALTER y SET NOT NULL; ALTER TABLE unknown ADD z int NOT NULL');
-- IF NOT EXISTS
:lint 'ALTER TABLE small ADD COLUMN IF NOT EXISTS a bigint');
:rules 'ALTER TABLE small ADD COLUMN IF NOT EXISTS a int, ADD COLUMN IF NOT EXISTS c varchar(10)');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
