--
-- migrate_verify() finds what was done to the guard.  Each change is undone
-- afterwards.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_intruder;
CREATE ROLE regress_nm_intruder;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned
CREATE FUNCTION foreign_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION foreign_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';

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

-- the mode in force is the one that was set
SELECT ok, detail FROM migrate_verify() WHERE subject = 'guard';
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_start ENABLE');
SELECT migrate_guard('record');
SELECT ok, detail FROM migrate_verify() WHERE subject = 'guard';
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_start ENABLE');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end DISABLE', 'ALTER EVENT TRIGGER neon_migrate_guard_drop DISABLE');
SELECT migrate_guard('refuse');
SELECT ok, detail FROM migrate_verify() WHERE subject = 'guard';
SET neon_migrate.guard_bypass = on;
SELECT ok, detail FROM migrate_verify() WHERE subject = 'guard';
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_start DISABLE');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end DISABLE');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_drop ENABLE REPLICA');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_drop ENABLE ALWAYS');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_drop DISABLE', 'ALTER EVENT TRIGGER neon_migrate_guard_end DISABLE', 'ALTER EVENT TRIGGER neon_migrate_guard_start DISABLE');

-- the event triggers are ours
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end RENAME TO renamed');
SELECT pg_temp.tamper('ALTER EXTENSION neon_migrate DROP EVENT TRIGGER neon_migrate_guard_drop', 'DROP EVENT TRIGGER neon_migrate_guard_drop');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end RENAME TO renamed', 'CREATE EVENT TRIGGER neon_migrate_guard_end ON ddl_command_end EXECUTE FUNCTION foreign_event()');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end RENAME TO renamed', 'CREATE EVENT TRIGGER neon_migrate_guard_end ON ddl_command_end WHEN TAG IN (''DROP TABLE'') EXECUTE FUNCTION migrate_guard_event()');
SELECT pg_temp.tamper('ALTER EVENT TRIGGER neon_migrate_guard_end RENAME TO renamed', 'CREATE EVENT TRIGGER neon_migrate_guard_end ON table_rewrite EXECUTE FUNCTION migrate_guard_event()');

-- the tables are as they were made
SELECT pg_temp.tamper('ALTER TABLE migrate_guard_statement SET UNLOGGED');
SELECT pg_temp.tamper('ALTER TABLE migrate_guard_object DISABLE TRIGGER USER');
SELECT pg_temp.tamper('DROP TRIGGER migrate_append_only_row ON migrate_guard_mode');
SELECT pg_temp.tamper('CREATE TRIGGER foreign_one BEFORE INSERT ON migrate_guard_mode FOR EACH ROW EXECUTE FUNCTION foreign_trigger()');
SELECT pg_temp.tamper('CREATE RULE foreign_rule AS ON INSERT TO migrate_guard_statement DO INSTEAD NOTHING');
SELECT pg_temp.tamper('ALTER TABLE migrate_guard_object ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.tamper('GRANT DELETE ON migrate_guard_object TO regress_nm_intruder');
SELECT pg_temp.tamper('ALTER TABLE migrate_guard_statement OWNER TO regress_nm_intruder') = format('guard: migrate_guard_statement: the table belongs to regress_nm_intruder, its functions to %I', session_user);
SELECT pg_temp.tamper('CREATE TABLE heir () INHERITS (migrate_guard_object)');
SELECT pg_temp.tamper('SELECT 1');

DROP FUNCTION foreign_trigger, foreign_event;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_intruder;
