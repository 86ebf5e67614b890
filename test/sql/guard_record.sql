--
-- What migrate_guard('record') records: which statements, with which objects.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_reader;
RESET client_min_messages;
CREATE ROLE regress_nm_reader;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
SELECT migrate_guard('record');

-- tables
CREATE TABLE parent (id serial PRIMARY KEY, name text UNIQUE CHECK (name <> ''));
ALTER TABLE parent ADD COLUMN born date, DROP COLUMN name, ADD CONSTRAINT late CHECK (born > '1900-01-01'), ALTER id SET STATISTICS 10;
ALTER TABLE parent RENAME COLUMN born TO birthday;
ALTER TABLE parent RENAME CONSTRAINT late TO "Not early";
ALTER TABLE parent RENAME TO "The parents";
CREATE TABLE child (parent int REFERENCES "The parents") PARTITION BY RANGE (parent);
CREATE TABLE child_1 PARTITION OF child FOR VALUES FROM (1) TO (100);
CREATE INDEX ON child (parent);
CREATE INDEX CONCURRENTLY child_again ON child_1 (parent);
DROP INDEX CONCURRENTLY child_again;
CREATE TABLE copied AS SELECT 1 AS one;
SELECT 2 AS two INTO selected;
CREATE TABLE like_it (LIKE copied);
TRUNCATE copied;

-- in and on them
CREATE VIEW seen AS SELECT * FROM child;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM child;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON copied FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TRIGGER touched ON copied RENAME TO touching;
CREATE RULE nothing AS ON DELETE TO copied DO INSTEAD NOTHING;
CREATE POLICY own ON copied USING (true);
ALTER POLICY own ON copied RENAME TO owned;
ALTER TABLE copied ENABLE ROW LEVEL SECURITY;
CREATE STATISTICS both_of ON one, (one + 1) FROM copied;
COMMENT ON COLUMN copied.one IS 'the only one';

-- by themselves
CREATE SEQUENCE counter;
ALTER SEQUENCE counter RENAME TO counting;
CREATE TYPE mood AS ENUM ('fine');
ALTER TYPE mood ADD VALUE 'well';
ALTER TYPE mood RENAME VALUE 'well' TO 'very well';
ALTER TYPE mood RENAME TO "Mood";
CREATE TYPE pair AS (a int, b text);
ALTER TYPE pair ADD ATTRIBUTE c int;
CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0);
ALTER DOMAIN positive ADD CONSTRAINT below CHECK (VALUE < 9);
CREATE FUNCTION twice(a int, OUT b int) LANGUAGE sql AS 'SELECT 2 * a';
ALTER FUNCTION twice RENAME TO double;
CREATE PROCEDURE act() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE CAST (pair AS text) WITH INOUT;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE COLLATION swiss FROM "C";
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR word;
SET client_min_messages = error;	-- whatever wal_level is
CREATE PUBLICATION news FOR TABLE copied;
SET client_min_messages = warning;
ALTER PUBLICATION news DROP TABLE copied;
ALTER PUBLICATION news ADD TABLE copied;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER there FOREIGN DATA WRAPPER nowhere;
CREATE USER MAPPING FOR PUBLIC SERVER there;

-- schemas, with what is in them as one statement
CREATE SCHEMA other CREATE TABLE first (id int PRIMARY KEY) CREATE VIEW second AS SELECT * FROM first;
ALTER TABLE other.first SET SCHEMA app;
ALTER FUNCTION app.double(int) SET SCHEMA other;
ALTER SCHEMA other RENAME TO "The.Other";
ALTER SCHEMA "The.Other" OWNER TO CURRENT_USER;

-- rights
GRANT SELECT (one), INSERT ON copied TO regress_nm_reader;
GRANT USAGE ON SCHEMA app TO regress_nm_reader;
REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA "The.Other" TO regress_nm_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_nm_reader IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_nm_reader REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- an extension is one statement
CREATE EXTENSION tcn SCHEMA app;
DROP EXTENSION tcn;

-- gone
DROP TABLE copied, selected;
DROP SCHEMA "The.Other" CASCADE;
DROP TYPE pair CASCADE;
ALTER DOMAIN positive DROP CONSTRAINT below;
DROP OWNED BY regress_nm_reader;

SELECT command, array_to_string(objects, ', ') FROM migrate_ddl ORDER BY id;

-- what is not: no change to the schema, or none to one that lasts
CREATE TEMP TABLE mark AS SELECT max(id) AS id FROM migrate_ddl;
REFRESH MATERIALIZED VIEW kept;
REINDEX TABLE child_1;
VACUUM FULL child_1;
ANALYZE child_1;
TRUNCATE child_1;
CREATE TABLE IF NOT EXISTS child ();
CREATE SCHEMA IF NOT EXISTS app;
DROP TABLE IF EXISTS never;
CREATE TEMP TABLE passing (id serial PRIMARY KEY, n int);
ALTER TABLE passing ADD m int DEFAULT 1, ALTER n TYPE bigint;
CREATE INDEX ON passing (m);
CREATE VIEW passing_view AS SELECT * FROM passing;
CREATE TRIGGER touched BEFORE INSERT ON passing FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE nothing AS ON DELETE TO passing DO INSTEAD NOTHING;
CREATE POLICY own ON passing USING (true);
CREATE STATISTICS passing_too ON n, m FROM passing;
COMMENT ON TABLE passing IS 'soon gone';
GRANT SELECT ON passing TO regress_nm_reader;
ALTER TABLE passing RENAME m TO o;
ALTER TABLE passing RENAME TO passed;
ALTER TABLE passed DROP COLUMN n CASCADE;
DROP TRIGGER touched ON passed;
DROP RULE nothing ON passed;
DROP POLICY own ON passed;
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE pg_temp.t AS (a int);
CREATE DOMAIN pg_temp.d AS int;
DROP FUNCTION pg_temp.f();
DROP TYPE pg_temp.t;
DROP TABLE passed CASCADE;
SELECT 1 AS x INTO TEMP passing;
DROP TABLE passing;
SELECT command, objects FROM migrate_ddl WHERE id > (SELECT id FROM mark);

-- nor what a migration does
SELECT migrate_apply('1', 'CREATE TABLE by_migration (); DO $$ BEGIN CREATE TABLE by_migration_too (); END $$; DROP TABLE child CASCADE', 'DROP TABLE by_migration');
SELECT migrate_rollback();
SELECT command, objects FROM migrate_ddl WHERE id > (SELECT id FROM mark);

-- who and from where
SET application_name = 'psql, by hand';
CREATE TABLE mine ();
SELECT ran_at > now() - interval '1 hour' AS recently, run_by = session_user AS run_by, role = current_user AS role, client IS NOT NULL AS client, application, pid = pg_backend_pid() AS pid
FROM migrate_guard_statement ORDER BY id DESC LIMIT 1;

-- objects are named as ever, whatever the session's settings
SET quote_all_identifiers = on;
SET search_path = pg_catalog;
ALTER TABLE app.mine ADD "Strange ""column" int;
ALTER TABLE app.mine DROP "Strange ""column", ADD plain int;
SELECT array_to_string(objects, ', ') FROM migrate.migrate_ddl ORDER BY id DESC LIMIT 2;
RESET quote_all_identifiers;
SET search_path = app, migrate;

-- a failed statement leaves no record, nor does one that is rolled back
SELECT count(*) AS before FROM migrate_ddl \gset
\set VERBOSITY terse
CREATE TABLE mine ();
\set VERBOSITY default
BEGIN;
CREATE TABLE undone ();
ROLLBACK;
BEGIN;
SAVEPOINT s;
DROP TABLE mine;
ROLLBACK TO s;
CREATE TABLE done ();
COMMIT;
DO $$ BEGIN DROP TABLE done; RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN CREATE TABLE instead (); END $$;
SELECT count(*) - :before FROM migrate_ddl;
SELECT command, objects FROM migrate_ddl ORDER BY id DESC LIMIT 2;

-- in a transaction that keeps to its snapshot, too
BEGIN ISOLATION LEVEL SERIALIZABLE;
CREATE TABLE in_serializable ();
DROP TABLE in_serializable;
COMMIT;
SELECT command, objects FROM migrate_ddl ORDER BY id DESC LIMIT 2;

-- the same statement again and again is each time another
DO $$ BEGIN FOR i IN 1..3 LOOP CREATE TABLE again (); ALTER TABLE again ADD a int; ALTER TABLE again DROP a; DROP TABLE again; END LOOP; END $$;
SELECT command, objects FROM migrate_ddl ORDER BY id DESC LIMIT 12;

-- dropping the extension is the end of it
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
CREATE TABLE after_all ();
DROP SCHEMA migrate;
DROP SCHEMA app CASCADE;
DROP PUBLICATION news;
DROP FOREIGN DATA WRAPPER nowhere CASCADE;
DROP ROLE regress_nm_reader;
SELECT evtname FROM pg_event_trigger;
