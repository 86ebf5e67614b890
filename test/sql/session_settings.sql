--
-- A migration leaves no setting and no role behind, whether it succeeds or
-- fails: the session is as it was before.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_alice, regress_nm_bob;
RESET client_min_messages;
CREATE ROLE regress_nm_alice SUPERUSER;
CREATE ROLE regress_nm_bob;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO regress_nm_bob;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE VIEW session AS
SELECT name, setting FROM pg_settings
    WHERE name IN ('search_path', 'work_mem', 'lock_timeout', 'statement_timeout', 'DateStyle', 'standard_conforming_strings',
        'client_min_messages', 'row_security', 'default_transaction_isolation', 'default_transaction_read_only',
        'neon_migrate.lock_timeout', 'neon_migrate.wait_timeout', 'application_name', 'session_replication_role')
UNION ALL VALUES ('custom', current_setting('regress.custom', true)),
    ('role', current_setting('role')), ('current_user', CASE current_user WHEN session_user THEN 'session_user' ELSE current_user END);
CREATE TABLE before AS SELECT * FROM session WHERE false;
CREATE FUNCTION remember() RETURNS void LANGUAGE sql AS 'DELETE FROM app.before; INSERT INTO app.before SELECT * FROM app.session';
CREATE FUNCTION differences() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s: %s -> %s', name, b.setting, s.setting) FROM app.before AS b JOIN app.session AS s USING (name)
    WHERE b.setting IS DISTINCT FROM s.setting ORDER BY 1 $$;

-- a plain SET, SET LOCAL, set_config, RESET and RESET ALL, after values of the session's own
SET work_mem = '3MB';
SET statement_timeout = '1h';
SET lock_timeout = '7s';
SET regress.custom = 'mine';
SELECT remember();
SELECT migrate_apply('1', $$
    SET work_mem = '5MB';
    SET LOCAL statement_timeout = '2h';
    SET search_path = pg_catalog;
    SET lock_timeout = '1s';
    SET DateStyle = 'German';
    SET standard_conforming_strings = off;
    SET client_min_messages = error;
    SET row_security = off;
    SET default_transaction_isolation = 'serializable';
    SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
    SET neon_migrate.lock_timeout = 5;
    SET neon_migrate.wait_timeout = 5;
    SET session_replication_role = replica;
    SET application_name = 'migration';
    SET regress.custom = 'theirs';
    CREATE TABLE app.seen AS SELECT * FROM app.session
$$);
SELECT name, setting FROM seen ORDER BY name COLLATE "C";
SELECT differences();
SELECT migrate_apply('2', $$SELECT set_config('search_path', '', false), set_config('work_mem', '6MB', true), set_config('regress.custom', 'x', false)$$);
SELECT differences();
SELECT migrate_apply('3', 'RESET work_mem; RESET ALL; RESET regress.custom');
SELECT differences();
SELECT migrate_apply('4', $m$DO $$ BEGIN SET work_mem = '7MB'; PERFORM set_config('statement_timeout', '5', false); END $$$m$);
SELECT differences();
CREATE FUNCTION leaks() RETURNS void LANGUAGE sql AS $$ SELECT set_config('work_mem', '8MB', false) $$;
CREATE FUNCTION sets() RETURNS void LANGUAGE plpgsql SET work_mem = '9MB' AS $$ BEGIN SET lock_timeout = 1; END $$;
SELECT migrate_apply('5', 'SELECT leaks(), sets()');
SELECT differences();

-- when it fails
SELECT migrate_apply('6', $$SET work_mem = '5MB'; SET search_path = ''; SET regress.custom = 'theirs'; SET ROLE regress_nm_alice; SELECT 1/0$$);
SELECT differences();
-- in a transaction, on success and on failure in an EXCEPTION block
BEGIN;
SET LOCAL work_mem = '4MB';
SELECT remember();
SELECT migrate_apply('6', $$SET work_mem = '5MB'; SET LOCAL search_path = ''$$);
SELECT differences();
DO $$
BEGIN
    PERFORM migrate_apply('7', 'SET work_mem = ''5MB''; SELECT 1/0');
EXCEPTION WHEN division_by_zero THEN
END
$$;
SELECT differences();
COMMIT;
-- SET LOCAL ended with the transaction
SELECT differences();
SELECT remember();
-- and SET in a transaction that is rolled back after the migration
BEGIN;
SET work_mem = '11MB';
SELECT migrate_apply('7', $$SET work_mem = '5MB'$$);
SHOW work_mem;
ROLLBACK;
SELECT differences();

-- a custom setting that was not there stays known, as it does after SET LOCAL, but empty
SELECT migrate_apply('7', $$SET regress.unknown = 'x'$$);
SELECT current_setting('regress.unknown') = '';

-- roles
SELECT migrate_apply('8', 'SET ROLE regress_nm_bob; CREATE TABLE bobs ()');
SELECT differences();
SELECT migrate_apply('9', 'SET SESSION AUTHORIZATION regress_nm_alice; CREATE TABLE alices ()');
SELECT differences();
SELECT migrate_apply('10', $$SELECT set_config('role', 'regress_nm_bob', false); SET LOCAL SESSION AUTHORIZATION regress_nm_bob; CREATE TABLE bobs_too ()$$);
SELECT differences();
SELECT relname, relowner::regrole FROM pg_class WHERE relname IN ('bobs', 'alices', 'bobs_too') ORDER BY 1;
-- the ledger has the caller, not whom the migration became
SELECT DISTINCT applied_by = session_user, role = current_user FROM migrate_history;
-- rights are those of the role that the migration took
SELECT migrate_apply('11', E'SET ROLE regress_nm_bob;\nCREATE TABLE migrate.x ()');
SELECT differences();

-- a caller who has taken a role keeps it
GRANT USAGE ON SCHEMA migrate TO regress_nm_bob;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO regress_nm_bob;
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_nm_bob;
SET ROLE regress_nm_bob;
SELECT remember();
SELECT migrate_apply('11', 'RESET ROLE; CREATE TABLE supers (); SET ROLE regress_nm_alice; CREATE TABLE alices_too ()', 'SELECT 1');
SELECT differences();
SELECT migrate_apply('12', 'SET ROLE NONE; SELECT 1/0');
SELECT differences();
RESET ROLE;
SELECT relname, pg_get_userbyid(relowner) = session_user AS supers FROM pg_class WHERE relname IN ('supers', 'alices_too') ORDER BY 1;
SELECT applied_by = session_user, role FROM migrate_history WHERE version = '11';
-- and so does a session that has become somebody else
SET SESSION AUTHORIZATION regress_nm_bob;
SELECT remember();
SELECT migrate_apply('12', 'SELECT 1', '');
SELECT differences();
SELECT migrate_apply('13', 'SET ROLE regress_nm_alice');
\echo :SQLSTATE
SELECT session_user, current_user;
RESET SESSION AUTHORIZATION;
SELECT applied_by, role FROM migrate_history WHERE version = '12';

-- in a function with the rights of its owner no role can be taken
CREATE FUNCTION definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT migrate.migrate_apply('13', 'SET ROLE regress_nm_bob') $$;
SELECT definer();
\echo :SQLSTATE

-- what cannot be set in a transaction that has begun is the server's error
SELECT migrate_apply('14', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
\echo :SQLSTATE
-- read-only for the rest of the migration, not for its entry
SELECT migrate_apply('14', 'CREATE TABLE rw (); SET TRANSACTION READ ONLY');
SELECT migrate_apply('15', 'SET TRANSACTION READ ONLY; CREATE TABLE ro ()');
SHOW transaction_read_only;

-- the migration's statements run under neon_migrate.lock_timeout, not the session's
SET neon_migrate.lock_timeout = '1234ms';
SELECT migrate_apply('16', $$CREATE TABLE timeouts AS SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement$$);
SELECT * FROM timeouts;
SHOW lock_timeout;

-- rolling back, too
SELECT migrate_apply('17', '', 'SET work_mem = ''5MB''; SET ROLE regress_nm_bob');
SELECT remember();
SELECT migrate_rollback();
SELECT differences();

-- what the functions set for themselves does not show in the migration, or after
SET search_path = app, migrate, pg_catalog;
SELECT migrate_apply('17', 'CREATE TABLE path AS SELECT current_setting(''search_path'') AS path, current_setting(''row_security'') AS rs');
SELECT * FROM path;
SHOW search_path;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_alice, regress_nm_bob;
