--
-- What a script that runs in steps does to the session lasts for the
-- statements that follow and no longer: settings, role, temporary objects,
-- prepared statements and cursors are put back, whether it ends well or not.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
SET neon_migrate.out_of_order = allow;
\pset tuples_only on
\pset format unaligned
\pset null NULL
CREATE TABLE t (a int);
-- what a statement saw
CREATE TABLE seen (n serial, name text, value text);
CREATE FUNCTION see(VARIADIC names text[]) RETURNS void LANGUAGE sql AS
    'INSERT INTO app.seen (name, value) SELECT name, current_setting(name, true) FROM unnest(names) AS name';
CREATE VIEW saw AS SELECT string_agg(name || '=' || coalesce(value, 'NULL'), ' ' ORDER BY n) FROM seen;
-- (PL/pgSQL brings settings when it is loaded)
LOAD 'plpgsql';
-- the session as it is before, some of it set by the session itself
SET work_mem = '7MB';
SET app.mine = 'of the caller';
SET statement_timeout = '1h';
CREATE TEMP TABLE mine (a int);
PREPARE mine AS SELECT 'prepared';
BEGIN;
DECLARE mine CURSOR WITH HOLD FOR SELECT 'cursor' FROM generate_series(1, 3);
COMMIT;
SELECT pg_advisory_lock(20045);
CREATE TEMP VIEW session AS
    SELECT 'setting ' || name || '=' || setting || ' ' || source AS item FROM pg_settings
        WHERE name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
    UNION ALL SELECT 'custom ' || name || '=' || coalesce(current_setting(name, true), 'NULL')
        FROM unnest('{app.mine,app.its,app.new}'::text[]) AS name
    UNION ALL SELECT 'user ' || current_user || ' ' || session_user || ' ' || current_setting('role') || ' ' || current_setting('session_authorization')
    UNION ALL SELECT 'temporary ' || oid::regclass FROM pg_class WHERE relnamespace = pg_my_temp_schema()
    UNION ALL SELECT 'temporary function ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
    UNION ALL SELECT 'temporary type ' || typname FROM pg_type WHERE typnamespace = pg_my_temp_schema()
    UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
    UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable AND name <> ''
    UNION ALL SELECT 'lock ' || locktype || ' ' || coalesce(objid::text, '') || ' ' || mode FROM pg_locks
        WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid', 'transactionid')
    UNION ALL SELECT 'listening ' || pg_listening_channels();
CREATE TABLE before (item text);
-- (app.its is known from here on, if empty: a setting cannot be forgotten)
SET app.its = '';
CREATE FUNCTION changes() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'gone: ' || item FROM (TABLE app.before EXCEPT TABLE pg_temp.session) AS gone
    UNION ALL SELECT 'new: ' || item FROM (TABLE pg_temp.session EXCEPT TABLE app.before) AS new ORDER BY 1
$$;
INSERT INTO before TABLE pg_temp.session;
-- would a change be seen?
SET work_mem = '8MB';
SELECT changes();
SET work_mem = '7MB';
SELECT changes();

-- SET lasts to the end, over steps of each sort, and not beyond
CALL migrate_run('set', 'SET work_mem = ''1MB''; SELECT see(''work_mem''); VACUUM t; SELECT see(''work_mem'');
    SET work_mem TO ''2MB''; CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''work_mem''); RESET work_mem; VACUUM t; SELECT see(''work_mem'')',
    'SET maintenance_work_mem = ''3MB''; VACUUM t; SELECT see(''maintenance_work_mem'', ''work_mem'')');
-- (RESET is to the server's configuration, not to what the caller had)
SELECT string_agg(value, ' ' ORDER BY n) FROM seen;
SELECT changes();
TRUNCATE seen;
CALL migrate_down();
TABLE saw;
SELECT changes();
TRUNCATE seen;
-- so does set_config(), as pg_dump writes it; objects are found by it
CREATE SCHEMA other;
CALL migrate_run('set_config', 'SELECT pg_catalog.set_config(''search_path'', ''other, migrate'', false); CREATE TABLE o (a int);
    CREATE INDEX CONCURRENTLY o_a ON o (a); CREATE TABLE oo (a int); SELECT app.see(''search_path'')',
    'SET search_path = other; DROP INDEX CONCURRENTLY o_a; DROP TABLE o, oo');
TABLE saw;
SELECT oid::regclass FROM pg_class WHERE relnamespace = 'other'::regnamespace ORDER BY relname;
SELECT changes();
CALL migrate_down();
SELECT count(*) FROM pg_class WHERE relnamespace = 'other'::regnamespace;
SELECT changes();
TRUNCATE seen;
-- SET LOCAL lasts to the end of its step
CALL migrate_run('local', 'SET LOCAL work_mem = ''1MB''; SELECT see(''work_mem''); SELECT set_config(''maintenance_work_mem'', ''1MB'', true);
    SELECT see(''maintenance_work_mem''); VACUUM t; SELECT see(''work_mem'')', '');
TABLE saw;
SELECT changes();
TRUNCATE seen;
-- settings of applications, of the caller's too
CALL migrate_run('custom', 'SET app.its = ''set''; SET app.mine = ''taken''; SET app.new = ''new''; VACUUM t; SELECT see(''app.its'', ''app.mine'', ''app.new'')', '');
TABLE saw;
SELECT item FROM changes() AS item WHERE item NOT LIKE '%app.new%';
SELECT nullif(current_setting('app.new', true), '');
UPDATE before SET item = 'custom app.new=' WHERE item LIKE 'custom app.new=%';
TRUNCATE seen;
-- RESET ALL
CALL migrate_run('reset', 'RESET ALL; VACUUM app.t; SELECT app.see(''statement_timeout'', ''app.mine'')', '');
TABLE saw;
SELECT changes();
TRUNCATE seen;
-- others, by their own syntax
CALL migrate_run('others', 'SET TIME ZONE ''Asia/Tokyo''; SET DateStyle = German; SET NAMES ''LATIN1''; SET XML OPTION DOCUMENT; SET SEED TO 0.5;
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET standard_conforming_strings = off; SET SCHEMA ''other'';
    VACUUM app.t; SELECT app.see(''TimeZone'', ''DateStyle'', ''client_encoding'', ''xmloption'', ''default_transaction_isolation'', ''search_path'')', '');
TABLE saw;
SELECT changes();
TRUNCATE seen;

-- lock_timeout is neon_migrate's, unless the script sets it
SET neon_migrate.lock_timeout = '7s';
SET lock_timeout = '11s';
TRUNCATE before; INSERT INTO before TABLE pg_temp.session;
CALL migrate_run('lock 1', 'SELECT see(''lock_timeout''); CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''lock_timeout'')', '');
CALL migrate_run('lock 2', 'SET lock_timeout = ''2s''; CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''lock_timeout'')', '');
CALL migrate_run('lock 3', 'SELECT set_config(''lock_timeout'', ''3s'', false); CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''lock_timeout'')', '');
CALL migrate_run('lock 4', 'DO $$BEGIN SET lock_timeout = ''4s''; END$$; VACUUM t; CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''lock_timeout'')', '');
CALL migrate_run('lock 5', 'SET LOCAL lock_timeout = ''5s''; SELECT see(''lock_timeout''); CREATE INDEX CONCURRENTLY ON t (a); SELECT see(''lock_timeout'')', '');
CALL migrate_run('lock 6', 'SELECT see(''lock_timeout'')', '');
TABLE saw;
SELECT changes();
TRUNCATE seen;

-- role and session user
CREATE ROLE regress_procedure_role SUPERUSER;
CREATE ROLE regress_procedure_other;
CALL migrate_run('role', 'SET ROLE regress_procedure_role; CREATE TABLE of_role (a int); CREATE INDEX CONCURRENTLY ON of_role (a); SELECT see(''role'')', '');
CALL migrate_run('role back', 'SET ROLE regress_procedure_role; VACUUM t; RESET ROLE; CREATE TABLE of_caller (a int); VACUUM t; SELECT see(''role'')', '');
CALL migrate_run('authorization', 'SET SESSION AUTHORIZATION regress_procedure_role; CREATE TABLE of_session (a int); VACUUM of_session; SELECT see(''role'')', '');
SELECT relname, pg_get_userbyid(relowner) = CASE relname WHEN 'of_caller' THEN session_user ELSE 'regress_procedure_role' END
    FROM pg_class WHERE relname LIKE 'of\_%' AND relkind = 'r' ORDER BY 1;
TABLE saw;
-- whoever was logged in and called it is who did it
SELECT version, action, applied_by = session_user, role = session_user, application = current_setting('application_name') FROM migrate_history
    WHERE version IN ('role', 'role back', 'authorization') AND action IN ('apply', 'started') ORDER BY seq;
SELECT changes();
TRUNCATE seen;
-- a role that the caller is in stays
GRANT USAGE ON SCHEMA migrate, app TO regress_procedure_other;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA migrate TO regress_procedure_other;
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_procedure_other;
GRANT USAGE ON SEQUENCE seen_n_seq TO regress_procedure_other;
ALTER TABLE t OWNER TO regress_procedure_other;
GRANT SELECT ON pg_temp.session TO regress_procedure_other;
SET ROLE regress_procedure_other;
TRUNCATE before; INSERT INTO before TABLE pg_temp.session;
CALL migrate_run('caller''s role', 'VACUUM t; SELECT see(''role'')', '');
TABLE saw;
SELECT changes();
RESET ROLE;
SELECT DISTINCT applied_by = session_user, role FROM migrate_history WHERE version = 'caller''s role';
TRUNCATE seen;
TRUNCATE before; INSERT INTO before TABLE pg_temp.session;

-- temporary objects, prepared statements, cursors
CALL migrate_run('temp', 'CREATE TEMP TABLE scratch (a serial PRIMARY KEY, b text); INSERT INTO scratch (b) VALUES (''kept''); CREATE TEMP VIEW v AS SELECT 1;
    CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS ''SELECT 1''; PREPARE p AS SELECT 1; DECLARE h CURSOR WITH HOLD FOR SELECT 1;
    VACUUM t; EXECUTE p; FETCH h; SELECT pg_temp.f(); CREATE INDEX CONCURRENTLY ON scratch (b); INSERT INTO seen (name, value) SELECT a, b FROM scratch;
    DEALLOCATE p; PREPARE q AS SELECT 2; VACUUM t', 'CREATE TEMP TABLE scratch (a int); VACUUM t; DROP TABLE scratch');
TABLE saw;
SELECT changes();
CALL migrate_down();
SELECT changes();
-- what is the caller's is there, and out of reach
CALL migrate_run('mine 1', 'VACUUM t; DEALLOCATE mine');
\echo :SQLSTATE
CALL migrate_run('mine 2', 'VACUUM t; CLOSE mine');
\echo :SQLSTATE
CALL migrate_run('mine 3', 'VACUUM t; SELECT pg_advisory_unlock_all()');
\echo :SQLSTATE
CALL migrate_run('mine 4', 'DO $$BEGIN COMMIT; EXECUTE ''LISTEN x''; END$$');
\echo :SQLSTATE
SELECT changes();
EXECUTE mine;
FETCH mine;
TRUNCATE seen;

-- all of it when the script fails: in a step of ordinary statements, in one
-- alone, at the first and at a later one
\set all 'SET work_mem = ''1MB''; SELECT set_config(''search_path'', ''app, migrate, other'', false); SET app.mine = ''x''; SET ROLE regress_procedure_role; CREATE TEMP TABLE scratch (a int); PREPARE p AS SELECT 1; DECLARE h CURSOR WITH HOLD FOR SELECT 1; SET CONSTRAINTS ALL DEFERRED;'
SELECT :'all' || ' SELECT 1/0; VACUUM t' AS s \gset
CALL migrate_run('fails 1', :'s');
SELECT changes();
SELECT :'all' || ' CREATE INDEX CONCURRENTLY ON nowhere (a)' AS s \gset
CALL migrate_run('fails 2', :'s');
SELECT changes();
SELECT :'all' || ' VACUUM t; SELECT see(''work_mem''); SELECT 1/0' AS s \gset
CALL migrate_run('fails 3', :'s');
SELECT changes();
SELECT :'all' || ' DO $$BEGIN SET work_mem = ''2MB''; COMMIT; SET work_mem = ''3MB''; PERFORM 1/0; END$$' AS s \gset
CALL migrate_run('fails 4', :'s');
SELECT changes();
-- and of a migration that is one transaction
SELECT :'all' || ' SELECT 1/0' AS s \gset
CALL migrate_run('fails 5', :'s');
SELECT changes();
SELECT count(migrate_unstamp(version)) FROM migrate_status WHERE state = 'failed';
SELECT :'all' AS s \gset
CALL migrate_run('one transaction', :'s', :'s');
SELECT changes();
CALL migrate_down();
SELECT changes();
-- with the caller's session as it is, functions go on as ever
EXECUTE mine;
SELECT count(*) FROM mine;
SELECT migrate_apply('last', 'SELECT see(''work_mem'')');
TABLE saw;
SELECT interrupted FROM migrate_health();
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

SELECT pg_advisory_unlock(20045);
DEALLOCATE mine;
CLOSE mine;
RESET ALL;
SET client_min_messages = warning;
DROP SCHEMA app, other CASCADE;
DROP OWNED BY regress_procedure_role, regress_procedure_other;
DROP ROLE regress_procedure_role, regress_procedure_other;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
