--
-- migrate_verify() finds what was done to the ledger's table, and
-- migrate_apply() goes on only where its entry will last.  Each change is
-- undone afterwards.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_intruder;
RESET client_min_messages;
CREATE ROLE regress_nm_intruder;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
GRANT USAGE ON SCHEMA migrate TO regress_nm_intruder;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_apply('1', 'SELECT 1', 'SELECT 1');
CREATE FUNCTION foreign_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

-- Runs statements, says what migrate_verify() says to that, and undoes them.
CREATE FUNCTION pg_temp.tamper(VARIADIC statements text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    BEGIN
        FOREACH statement IN ARRAY statements LOOP
            EXECUTE statement;
        END LOOP;
        RETURN QUERY SELECT subject || ': ' || detail FROM migrate_verify() WHERE NOT ok;
        RAISE EXCEPTION USING ERRCODE = 'NM000';
    EXCEPTION WHEN SQLSTATE 'NM000' THEN
    END;
END
$$;
SELECT pg_temp.tamper('SELECT 1');

-- persistence
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger SET UNLOGGED');

-- triggers: foreign ones, the guard disabled, missing, or made to fire otherwise
SELECT pg_temp.tamper('CREATE TRIGGER foreign_one BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION foreign_trigger()');
SELECT pg_temp.tamper('CREATE TRIGGER "Foreign Two" AFTER UPDATE ON migrate_ledger FOR EACH STATEMENT EXECUTE FUNCTION foreign_trigger()');
SELECT pg_temp.tamper('CREATE CONSTRAINT TRIGGER foreign_three AFTER INSERT ON migrate_ledger DEFERRABLE FOR EACH ROW EXECUTE FUNCTION foreign_trigger()');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger DISABLE TRIGGER migrate_ledger_guard_row');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger DISABLE TRIGGER USER');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger DISABLE TRIGGER ALL');
SELECT pg_temp.tamper('DROP TRIGGER migrate_ledger_guard_statement ON migrate_ledger');
SELECT pg_temp.tamper('ALTER TRIGGER migrate_ledger_guard_row ON migrate_ledger RENAME TO renamed');
-- one of another function that only has the name
SELECT pg_temp.tamper('CREATE SCHEMA other', 'CREATE FUNCTION other.migrate_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''',
    'DROP TRIGGER migrate_ledger_guard_row ON migrate_ledger',
    'CREATE TRIGGER migrate_ledger_guard_row BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION other.migrate_ledger_guard()');

-- rules, row security, policies, inheritance
SELECT pg_temp.tamper('CREATE RULE also AS ON INSERT TO migrate_ledger DO ALSO SELECT 1');
SELECT pg_temp.tamper('CREATE RULE hide AS ON DELETE TO migrate_ledger DO INSTEAD NOTHING');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger FORCE ROW LEVEL SECURITY');
SELECT pg_temp.tamper('CREATE POLICY hide ON migrate_ledger USING (false)');
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY', 'CREATE POLICY a ON migrate_ledger', 'CREATE POLICY "B" ON migrate_ledger');
SELECT pg_temp.tamper('CREATE TABLE child () INHERITS (migrate_ledger)');
SELECT pg_temp.tamper('CREATE TABLE parent (seq bigint)', 'ALTER TABLE migrate_ledger INHERIT parent');

-- privileges: to write, but not to read
SELECT pg_temp.tamper('GRANT INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON migrate_ledger TO regress_nm_intruder');
SELECT pg_temp.tamper(format('ALTER DATABASE %I OWNER TO regress_nm_intruder', current_database()), 'GRANT INSERT, UPDATE ON migrate_ledger TO regress_nm_intruder');
SELECT pg_temp.tamper('GRANT UPDATE ON migrate_ledger TO PUBLIC');
SELECT pg_temp.tamper('GRANT SELECT, REFERENCES ON migrate_ledger TO regress_nm_intruder, PUBLIC');

-- the owner, of the table or of the functions (the new one must be able to
-- read the ledger, or there is no verdict)
SELECT replace(detail, quote_ident(session_user), '<superuser>')
FROM pg_temp.tamper('ALTER TABLE migrate_ledger OWNER TO regress_nm_intruder') AS detail;

-- all at once
SELECT pg_temp.tamper('ALTER TABLE migrate_ledger SET UNLOGGED', 'ALTER TABLE migrate_ledger DISABLE TRIGGER ALL', 'UPDATE migrate_ledger SET version = ''2''',
    'ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY', 'GRANT DELETE ON migrate_ledger TO PUBLIC');

-- an unlogged ledger takes no entry
BEGIN;
ALTER TABLE migrate_ledger SET UNLOGGED;
SELECT migrate_apply('2', 'SELECT 2');
\echo :SQLSTATE
ROLLBACK;
-- a trigger that would skip the row is not fired
BEGIN;
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER skip BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION skip();
SELECT migrate_apply('2', 'SELECT 2');
\echo :SQLSTATE
ROLLBACK;
-- nor one that objects, and the guard is as watchful as before
BEGIN;
CREATE FUNCTION object() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not %', NEW.version; END $$;
CREATE TRIGGER object BEFORE INSERT ON migrate_ledger FOR EACH ROW EXECUTE FUNCTION object();
SAVEPOINT s;
\set VERBOSITY terse
SELECT migrate_apply('2', 'SELECT 2');
\set VERBOSITY default
ROLLBACK TO s;
DROP TRIGGER object ON migrate_ledger;
GRANT INSERT, SELECT ON migrate_ledger TO regress_nm_intruder;
SET LOCAL ROLE regress_nm_intruder;
INSERT INTO migrate_ledger SELECT * FROM migrate_ledger;
ROLLBACK;
-- a policy does not hide entries from the functions
BEGIN;
ALTER TABLE migrate_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE migrate_ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY hide ON migrate_ledger USING (false);
SELECT migrate_apply('1', 'SELECT 1');
SELECT migrate_require('1');
ROLLBACK;

-- the ledger is looked for where the function is
BEGIN;
ALTER TABLE migrate_ledger RENAME TO moved;
SELECT migrate_apply('2', 'SELECT 2');
\echo :SQLSTATE
ROLLBACK;
BEGIN;
CREATE SCHEMA elsewhere;
ALTER TABLE migrate_ledger SET SCHEMA elsewhere;
SELECT migrate_health();
ROLLBACK;

-- who else may put functions beside those of the extension
SELECT pg_temp.tamper('GRANT CREATE ON SCHEMA migrate TO regress_nm_intruder, pg_database_owner');
SELECT pg_temp.tamper('GRANT ALL ON SCHEMA migrate TO PUBLIC');
SELECT pg_temp.tamper('ALTER SCHEMA migrate OWNER TO regress_nm_intruder');
SELECT pg_temp.tamper('ALTER ROLE regress_nm_intruder SUPERUSER', 'ALTER SCHEMA migrate OWNER TO regress_nm_intruder');
SELECT pg_temp.tamper(format('ALTER DATABASE %I OWNER TO regress_nm_intruder', current_database()), 'GRANT CREATE ON SCHEMA migrate TO regress_nm_intruder');

-- nothing of all this is left
SELECT subject, ok FROM migrate_verify();

-- a rule in the way, last, as the session's plan of the insert does not get over it
BEGIN;
CREATE RULE skip AS ON INSERT TO migrate_ledger DO INSTEAD NOTHING;
SELECT migrate_apply('2', 'SELECT 2');
\echo :SQLSTATE
ROLLBACK;
\connect -
SET search_path = migrate;
SELECT migrate_apply('2', 'SELECT 2');

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate CASCADE;
DROP ROLE regress_nm_intruder;
