--
-- What migrate_guard('refuse') refuses, and what it lets pass.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_plain;
CREATE ROLE regress_nm_plain;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, n int);
INSERT INTO app.t VALUES (1, 1);
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE app.mood AS ENUM ('fine');
CREATE MATERIALIZED VIEW app.kept AS SELECT 1 AS one;
CREATE FUNCTION app.make() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TABLE app.made (); END';
GRANT ALL ON SCHEMA app TO regress_nm_plain;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_guard('refuse');

-- the whole message, but for the time
CREATE FUNCTION pg_temp.answer(statement text) RETURNS TABLE (part text, value text) LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN QUERY VALUES ('done', statement);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY VALUES ('state', state), ('message', message),
        ('detail', replace(regexp_replace(detail, ' at .*\.$', ' at <time>.'), session_user, '<user>')), ('hint', hint);
END
$$;
SELECT value FROM pg_temp.answer('CREATE TABLE app.x ()');

-- in a new session there is no temporary schema yet, which is the short way
\c -
SET search_path = app, migrate;
\set VERBOSITY terse
CREATE TABLE x ();
ALTER TABLE t ADD x int;
DROP TABLE t;
CREATE INDEX ON t (n);
CREATE INDEX CONCURRENTLY t_n ON t (n);
CREATE VIEW x AS SELECT * FROM t;
CREATE TABLE x AS SELECT 1 AS a;
SELECT 1 AS a INTO x;
CREATE SEQUENCE x;
CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION f();
CREATE TYPE x AS (a int);
ALTER TYPE mood ADD VALUE 'well';
CREATE DOMAIN x AS int;
CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE x AS ON DELETE TO t DO INSTEAD NOTHING;
CREATE POLICY x ON t;
CREATE STATISTICS x ON id, n FROM t;
CREATE SCHEMA x;
DROP SCHEMA app CASCADE;
ALTER SCHEMA app RENAME TO x;
ALTER TABLE t SET SCHEMA public;
ALTER TABLE t OWNER TO regress_nm_plain;
CREATE EXTENSION tcn;
DROP EXTENSION neon_migrate;
CREATE PUBLICATION x;
CREATE SUBSCRIPTION x CONNECTION 'host=nowhere.invalid' PUBLICATION x;
CREATE FOREIGN DATA WRAPPER x;
COMMENT ON TABLE t IS 'x';
GRANT SELECT ON t TO PUBLIC;
GRANT USAGE ON SCHEMA app TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
DROP OWNED BY regress_nm_plain;
IMPORT FOREIGN SCHEMA x FROM SERVER x INTO app;
DO $$ BEGIN CREATE TABLE x (); END $$;
SELECT make();
SELECT indexrelid FROM pg_index WHERE indrelid = 't'::regclass AND NOT indisprimary;

-- the same answers when there are temporary objects
CREATE TEMP TABLE passing (id serial PRIMARY KEY, n int);
CREATE TABLE x ();
ALTER TABLE t ADD x int;
DROP TABLE t;
DROP TABLE passing, t;
DROP TABLE IF EXISTS never, t;
CREATE INDEX ON t (n);
CREATE INDEX CONCURRENTLY t_n ON t (n);
CREATE VIEW x AS SELECT * FROM t;
CREATE TABLE x AS SELECT 1 AS a;
CREATE SEQUENCE x;
CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION f();
DROP FUNCTION IF EXISTS f();
CREATE TYPE x AS (a int);
CREATE TYPE x AS ENUM ('a');
ALTER TYPE mood ADD VALUE 'well';
ALTER TYPE mood RENAME TO x;
CREATE DOMAIN x AS int;
CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE x AS ON DELETE TO t DO INSTEAD NOTHING;
CREATE POLICY x ON t;
CREATE STATISTICS x ON id, n FROM t;
CREATE COLLATION IF NOT EXISTS x FROM "C";
COMMENT ON TABLE t IS 'x';
COMMENT ON FUNCTION f() IS 'x';
GRANT SELECT ON t, passing TO PUBLIC;
GRANT EXECUTE ON FUNCTION f() TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
ALTER TABLE t RENAME TO x;
ALTER TABLE t RENAME n TO x;
ALTER SEQUENCE t SET SCHEMA x;
ALTER FUNCTION f() OWNER TO CURRENT_USER;
CREATE TABLE IF NOT EXISTS x ();
\set VERBOSITY default

-- what passes: temporary objects
ALTER TABLE passing ADD m int DEFAULT 1, ALTER n TYPE bigint;
CREATE INDEX ON passing (m);
CREATE INDEX CONCURRENTLY ON passing (n);
CREATE VIEW passing_view AS SELECT * FROM passing;
CREATE FUNCTION pg_temp.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON passing FOR EACH ROW EXECUTE FUNCTION pg_temp.g();
CREATE RULE nothing AS ON DELETE TO passing DO INSTEAD NOTHING;
CREATE POLICY own ON passing USING (true);
CREATE STATISTICS passing_too ON n, m FROM passing;
COMMENT ON TABLE passing IS 'soon gone';
GRANT SELECT ON passing TO regress_nm_plain;
ALTER TABLE passing RENAME m TO o;
ALTER TABLE passing RENAME TO passed;
DROP TRIGGER touched ON passed;
DROP RULE nothing ON passed;
DROP POLICY own ON passed;
DROP FUNCTION pg_temp.g();
CREATE TYPE pg_temp.t AS (a int);
DROP TYPE pg_temp.t;
DROP TABLE passed CASCADE;
CREATE TEMP TABLE passing AS SELECT 1 AS a;
SELECT 1 AS x INTO TEMP passing_too;
DROP TABLE passing, passing_too;
CREATE TEMP SEQUENCE s;
DROP SEQUENCE s;
CREATE TEMP VIEW v AS SELECT * FROM t;
DROP VIEW v;
SET search_path = pg_temp, app, migrate;
CREATE TABLE unqualified (a int);
DROP TABLE unqualified;
SET search_path = app, migrate;

-- what changes nothing
CREATE TABLE IF NOT EXISTS t ();
CREATE INDEX IF NOT EXISTS t_pkey ON t (n);
CREATE SCHEMA IF NOT EXISTS app;
CREATE SEQUENCE IF NOT EXISTS t;
CREATE TABLE IF NOT EXISTS t AS SELECT 1;
CREATE EXTENSION IF NOT EXISTS neon_migrate;
DROP TABLE IF EXISTS never;
DROP FUNCTION IF EXISTS never();
DROP SCHEMA IF EXISTS never;
DROP EXTENSION IF EXISTS never;
ALTER TABLE IF EXISTS never ADD x int;

-- what is no change to the schema
REFRESH MATERIALIZED VIEW kept;
REINDEX TABLE t;
VACUUM FULL t;
ANALYZE t;
TRUNCATE t;
ALTER EXTENSION neon_migrate UPDATE;
CREATE ROLE regress_nm_other;
DROP ROLE regress_nm_other;

-- what the server says is wrong anyway, it says
ALTER TABLE nowhere ADD x int;
CREATE INDEX ON nowhere (a);

-- migrations, in all their ways
SET client_min_messages = warning;
SELECT migrate_apply('1', 'CREATE TABLE x (a int); CREATE INDEX ON x (a); DO $$ BEGIN PERFORM make(); END $$; CREATE SCHEMA y; ALTER TABLE x SET SCHEMA y; GRANT SELECT ON t TO PUBLIC',
    'DROP SCHEMA y CASCADE; DROP TABLE made');
CALL migrate_run('2', 'CREATE INDEX CONCURRENTLY t_n ON t (n); ALTER TABLE t ADD o int; CREATE EXTENSION tcn SCHEMA app', 'DROP EXTENSION tcn; ALTER TABLE t DROP o; DROP INDEX CONCURRENTLY t_n');
CALL migrate_down(2);
SELECT version, state FROM migrate_status;
RESET client_min_messages;

-- superusers can pass, one setting away; it is recorded
SET neon_migrate.guard_bypass = on;
CREATE TABLE by_superuser (a int);
CREATE INDEX CONCURRENTLY ON by_superuser (a);
CREATE EXTENSION tcn;
DROP EXTENSION tcn;
SET ROLE regress_nm_plain;
CREATE TABLE as_plain ();
RESET ROLE;
DROP TABLE by_superuser, as_plain;
RESET neon_migrate.guard_bypass;
SELECT command, objects[1], role = session_user AS self, bypassed FROM migrate_ddl ORDER BY id;
SET ROLE regress_nm_plain;
SET neon_migrate.guard_bypass = on;
\echo :SQLSTATE
SELECT set_config('neon_migrate.guard_bypass', 'on', false);
\set VERBOSITY terse
CREATE TABLE as_plain ();
RESET ROLE;
-- nor does he get it by being first
\c -
SET ROLE regress_nm_plain;
SET neon_migrate.guard_bypass = on;
CREATE TABLE app.as_plain ();
SHOW neon_migrate.guard_bypass;
RESET ROLE;

-- while replicating, event triggers are not for us
SET session_replication_role = replica;
CREATE TABLE app.replicated ();
DROP TABLE app.replicated;
RESET session_replication_role;
CREATE TABLE app.replicated ();

-- nothing of all that was refused was done
SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind <> 'i' ORDER BY 1;
SELECT migrate.migrate_guard('off');
SELECT count(*), bool_and(ok) FROM migrate.migrate_verify();
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP SCHEMA app CASCADE;
DROP ROLE regress_nm_plain;
