--
-- A migration cannot contain another; and an error leaves the session fit for
-- the next one.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

SELECT migrate_apply('1', 'CREATE TABLE a ()', 'DROP TABLE a');
-- each function that changes something, in full and in short
SELECT migrate_apply('2', E'SELECT 1;\nSELECT migrate_apply(''3'', ''SELECT 1'')');
\echo :SQLSTATE
\set VERBOSITY terse
SELECT migrate_apply('2', $$SELECT migrate_apply('2', 'SELECT 1')$$);
SELECT migrate_apply('2', $$SELECT migrate_apply('1', 'CREATE TABLE a ()')$$);
SELECT migrate_apply('2', 'SELECT migrate_rollback()');
SELECT migrate_apply('2', 'SELECT * FROM migrate_rollback_all()');
SELECT migrate_apply('2', $$SELECT migrate_rollback_to('1')$$);
SELECT migrate_apply('2', $$SELECT migrate_redo('1')$$);
SELECT migrate_apply('2', $$SELECT migrate_stamp('3')$$);
SELECT migrate_apply('2', $$SELECT migrate_unstamp('1')$$);
\set VERBOSITY default
-- hidden: in a DO block, a function, a trigger, a default, a deferred trigger
SELECT migrate_apply('2', $m$DO $$ BEGIN PERFORM migrate_apply('3', 'SELECT 1'); END $$$m$);
CREATE FUNCTION nested() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM migrate_apply('3', 'SELECT 1'); RETURN NULL; END $$;
CREATE TABLE t (i int);
CREATE TRIGGER nested AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nested();
SELECT migrate_apply('2', 'INSERT INTO t VALUES (1)');
CREATE TABLE u (i int);
CREATE CONSTRAINT TRIGGER nested AFTER INSERT ON u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nested();
SELECT migrate_apply('2', 'INSERT INTO u VALUES (1)');
-- in the down SQL
SELECT migrate_apply('2', '', $$SELECT migrate_stamp('3')$$);
SELECT migrate_rollback();
SELECT migrate_redo('2');

-- it may be caught, and the migration goes on
SELECT migrate_apply('2.5', $m$
    DO $$
    BEGIN
        PERFORM migrate_apply('4', 'CREATE TABLE never ()');
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        CREATE TABLE app.caught ();
    END
    $$
$m$);
SELECT to_regclass('never'), to_regclass('caught');

-- outside of a migration a trigger may apply one
INSERT INTO t VALUES (1);
SELECT version, state FROM migrate_status;

-- those that only look may be called
SELECT migrate_apply('4', $$
    CREATE TABLE looked AS SELECT h.current, h.applied, h.gate_holder = pg_backend_pid() AS holder, (SELECT count(*) FROM migrate_status) AS known,
        (SELECT count(*) FROM migrate_history) AS events, (SELECT count(*) FROM migrate_verify() WHERE NOT ok) AS problems
    FROM migrate_health() AS h;
    SELECT migrate_require('3')
$$);
SELECT * FROM looked;

-- after each kind of failure the next migration is possible
SELECT migrate_apply('5', 'SELEC');
SELECT migrate_apply('5', 'LISTEN x');
SELECT migrate_apply('5', 'VACUUM');
SELECT migrate_apply('5', 'SELECT missing');
SELECT migrate_apply('5', 'SELECT 1/0');
SELECT migrate_apply('5', 'SELECT 1', depends_on => '{missing}');
SELECT migrate_apply('5', 'DROP EXTENSION neon_migrate');
SET statement_timeout = '100ms';
SELECT migrate_apply('5', 'SELECT pg_sleep(10)');
RESET statement_timeout;
SELECT migrate_apply('5', 'CREATE TABLE five ()', 'SELECT 1/0');
SELECT migrate_rollback();
SELECT migrate_redo('5');
SELECT migrate_unstamp('5');
-- the hooks are at rest: what a migration may not do, the session may
LISTEN c;
SELECT pg_advisory_lock(1), pg_advisory_unlock_all();
DISCARD ALL;

SET search_path = app, migrate;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
