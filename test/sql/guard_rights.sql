--
-- Whoever runs DDL needs no right on anything of the extension to have it
-- recorded, and cannot touch the record.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_plain;
DROP ROLE IF EXISTS regress_nm_owner;
RESET client_min_messages;
CREATE ROLE regress_nm_plain;
CREATE ROLE regress_nm_owner;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA plain AUTHORIZATION regress_nm_plain;
\pset tuples_only on
\pset format unaligned
SELECT migrate.migrate_guard('record');
SET search_path = plain;

-- no right on the schema, the tables, the functions, nor on what PostgreSQL offers event triggers
REVOKE EXECUTE ON FUNCTION pg_event_trigger_ddl_commands(), pg_event_trigger_dropped_objects(), nextval(regclass), setval(regclass, bigint) FROM PUBLIC;
SET ROLE regress_nm_plain;
CREATE TABLE t (id serial PRIMARY KEY);
ALTER TABLE t ADD a int, ADD b int;
CREATE INDEX CONCURRENTLY ON t (a);
ALTER TABLE t DROP a;
CREATE VIEW v AS SELECT * FROM t;
DROP TABLE t CASCADE;
SELECT count(*) FROM migrate.migrate_ddl;
RESET ROLE;
SELECT command, role, objects[1] FROM migrate.migrate_ddl ORDER BY id DESC LIMIT 6;
GRANT EXECUTE ON FUNCTION pg_event_trigger_ddl_commands(), pg_event_trigger_dropped_objects(), nextval(regclass), setval(regclass, bigint) TO PUBLIC;

-- in a function of somebody else's it is his rights that count
CREATE FUNCTION plain.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN CREATE TABLE plain.defined (); END';
GRANT EXECUTE ON FUNCTION plain.definer() TO regress_nm_plain;
SET ROLE regress_nm_plain;
SELECT plain.definer();
RESET ROLE;
SELECT command, run_by = session_user AS run_by, role = session_user AS role, objects FROM migrate.migrate_ddl ORDER BY id DESC LIMIT 1;

-- what he could put in the way is not looked at
SET ROLE regress_nm_plain;
CREATE FUNCTION nextval(regclass) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''found''; END';
CREATE FUNCTION eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''found''; END';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = eq);
CREATE TABLE migrate_guard_statement ();
CREATE TABLE migrate_guard_object ();
CREATE FUNCTION pg_event_trigger_ddl_commands() RETURNS SETOF record LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''found''; END';
SET search_path = plain, pg_catalog;
CREATE TABLE hostile (a int);
ALTER TABLE hostile DROP a;
SELECT count(*) FROM migrate_guard_statement;
RESET ROLE;
SET search_path = migrate;
SELECT command, objects[1] FROM migrate_ddl ORDER BY id DESC LIMIT 2;

-- the records are nobody's to write
SELECT relname, a.grantee::regrole, privilege_type FROM pg_class AS c, aclexplode(c.relacl) AS a, pg_extension AS e
WHERE relnamespace = 'migrate'::regnamespace AND relname ~ 'guard|ddl' AND extname = 'neon_migrate' AND a.grantee NOT IN (relowner, extowner);
SET ROLE regress_nm_plain;
\set VERBOSITY terse
SELECT * FROM migrate.migrate_guard_statement;
RESET ROLE;
GRANT USAGE ON SCHEMA migrate TO regress_nm_plain, regress_nm_owner;
SET ROLE regress_nm_plain;
SELECT * FROM migrate_guard_statement;
SELECT * FROM migrate_guard_object;
SELECT * FROM migrate_guard_mode;
SELECT * FROM migrate_ddl;
INSERT INTO migrate_guard_object VALUES (1, 'a', 'b', 'b', 'c', false);
DELETE FROM migrate_guard_object;
SELECT nextval('migrate_guard_number');
SELECT setval('migrate_guard_number', 1);
RESET ROLE;
\set VERBOSITY default
DELETE FROM migrate_guard_statement;
\echo :SQLSTATE
\set VERBOSITY terse
UPDATE migrate_guard_statement SET run_by = 'somebody else';
UPDATE migrate_guard_object SET identity = 'x' WHERE false;
DELETE FROM migrate_guard_mode;
TRUNCATE migrate_guard_object;
TRUNCATE migrate_guard_mode, migrate_guard_statement;
INSERT INTO migrate_guard_mode VALUES (1, 'off', now(), 'x', 'x') ON CONFLICT (id) DO UPDATE SET mode = 'off';
SELECT migrate_apply('1', 'DELETE FROM migrate.migrate_guard_statement');
SELECT migrate_apply('1', 'INSERT INTO migrate.migrate_guard_object VALUES (1, ''a'', ''b'', ''b'', ''c'', false)');
DROP TABLE migrate_guard_object;
DROP SEQUENCE migrate_guard_number;

-- whoever made the extension and is no superuser may insert: into what is empty, as a restore does
GRANT INSERT, SELECT ON migrate_guard_mode, migrate_guard_statement, migrate_guard_object TO regress_nm_owner;
CREATE TABLE plain.copied AS SELECT * FROM migrate_guard_statement;
GRANT ALL ON plain.copied TO regress_nm_owner;
GRANT USAGE ON SCHEMA plain TO regress_nm_owner;
SET ROLE regress_nm_owner;
INSERT INTO migrate_guard_statement SELECT id + 1000, ran_at, run_by, role, client, application, pid, command, statement, inner_statement, bypassed FROM plain.copied;
RESET ROLE;
SELECT migrate_guard('off');
BEGIN;
ALTER TABLE migrate_guard_statement DISABLE TRIGGER USER;
DELETE FROM migrate_guard_statement;
ALTER TABLE migrate_guard_statement ENABLE TRIGGER USER;
SET ROLE regress_nm_owner;
INSERT INTO migrate_guard_statement SELECT * FROM plain.copied;
SAVEPOINT s;
INSERT INTO migrate_guard_statement SELECT id + 1000, ran_at, run_by, role, client, application, pid, command, statement, inner_statement, bypassed FROM plain.copied;
ROLLBACK;
\set VERBOSITY default

-- the sequence may be behind, as after a restore: nobody's DDL fails for that
SELECT migrate_guard('record');
SELECT setval('migrate_guard_number', 1);
SET ROLE regress_nm_plain;
CREATE TABLE plain.numbered ();
CREATE TABLE plain.numbered_too ();
RESET ROLE;
SELECT s.id - min(s.id) OVER () AS next, o.identity FROM migrate_guard_statement AS s JOIN migrate_guard_object AS o ON o.statement_id = s.id
WHERE o.identity LIKE 'plain.numbered%' ORDER BY 1;
SELECT count(*) - count(DISTINCT id) FROM migrate_guard_statement;

-- a name longer than an index entry may be
CREATE DOMAIN plain.a_name_as_long_as_names_may_be_which_is_63_bytes_and_not_1_less AS int;
DO $$ BEGIN EXECUTE format('CREATE FUNCTION plain.f(%s) RETURNS int LANGUAGE sql AS ''SELECT 1''',
    (SELECT string_agg('plain.a_name_as_long_as_names_may_be_which_is_63_bytes_and_not_1_less', ', ') FROM generate_series(1, 99))); END $$;
SELECT command, length(identity) > 6000 AS long FROM migrate_guard_object WHERE type = 'function' ORDER BY statement_id DESC LIMIT 1;

-- with the tables gone, which takes a superuser and some will, DDL goes on
BEGIN;
ALTER EXTENSION neon_migrate DROP VIEW migrate_ddl;
DROP VIEW migrate_ddl;
ALTER EXTENSION neon_migrate DROP TABLE migrate_guard_object;
DROP TABLE migrate_guard_object;
CREATE TABLE plain.still ();
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;
ROLLBACK;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP SCHEMA plain CASCADE;
DROP ROLE regress_nm_plain;
DROP ROLE regress_nm_owner;
