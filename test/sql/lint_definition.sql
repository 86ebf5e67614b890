--
-- migrate_lint(): views, functions and rights.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

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
