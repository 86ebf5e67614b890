--
-- migrate_lint(): views, functions and rights.
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

CREATE VIEW v WITH (security_barrier) AS SELECT id, a FROM small;
:lint 'CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT id FROM small');
:lint 'CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT id, a + 1 FROM small');
:lint 'CREATE OR REPLACE VIEW v AS SELECT id, a, b FROM small');
:rules 'CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT id, a + 1 AS a, b FROM small');
:rules 'CREATE OR REPLACE VIEW v (id, a) WITH (security_barrier) AS SELECT b, c FROM small');
:rules 'CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT * FROM large');
:rules 'DROP VIEW v; CREATE OR REPLACE VIEW v AS SELECT 1 AS one; CREATE OR REPLACE VIEW w AS SELECT 1 AS one');
-- functions
:lint 'CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT 1''');
:rules 'CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ''SELECT 1''');
:rules 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE FUNCTION g() RETURNS int LANGUAGE sql SECURITY INVOKER AS ''SELECT 1''');
:rules 'CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT 1''; ALTER FUNCTION f() SET search_path = app');
-- rights
:lint 'GRANT INSERT ON small TO PUBLIC');
:lint 'GRANT SELECT ON small TO PUBLIC');
:rules 'GRANT ALL ON small TO PUBLIC; GRANT CREATE ON SCHEMA app TO PUBLIC; GRANT EXECUTE ON FUNCTION now() TO PUBLIC');
:rules 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC');
:rules 'REVOKE ALL ON small FROM PUBLIC; GRANT INSERT ON small TO CURRENT_USER');
:lint 'CREATE ROLE r LOGIN PASSWORD ''secret''');
:rules 'CREATE ROLE r LOGIN; ALTER ROLE r PASSWORD NULL');
:rules 'ALTER ROLE r WITH PASSWORD ''x''');
CREATE POLICY p ON none USING (true);
:rules 'GRANT ALL ON none TO PUBLIC');
DROP POLICY p ON none;
-- triggers and row security
:lint 'ALTER TABLE small DISABLE TRIGGER ALL');
:rules 'ALTER TABLE small DISABLE TRIGGER USER; UPDATE small SET a = 1 WHERE id = 1; ALTER TABLE small ENABLE TRIGGER USER');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new DISABLE TRIGGER ALL');
:lint 'SET session_replication_role = replica');
:rules 'SET session_replication_role = origin');
:lint 'ALTER TABLE small ENABLE ROW LEVEL SECURITY');
:rules 'ALTER TABLE small ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON small USING (true)');
:rules 'ALTER TABLE small DISABLE ROW LEVEL SECURITY');
ALTER TABLE small ENABLE ROW LEVEL SECURITY;
:lint 'ALTER TABLE small DISABLE ROW LEVEL SECURITY');
:rules 'ALTER TABLE small ENABLE ROW LEVEL SECURITY');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
