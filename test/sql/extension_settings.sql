--
-- The settings: their defaults, bounds and texts, and what they govern in one
-- session.  (What they do between sessions is in test/specs.)
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_user;
RESET client_min_messages;
CREATE ROLE regress_nm_user;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- the library is loaded by now
SELECT count(*) FROM migrate_health();
SELECT name, setting, unit, vartype, min_val, max_val, enumvals, context, boot_val FROM pg_settings WHERE name LIKE 'neon\_migrate.%' ORDER BY name;
SELECT name, short_desc, extra_desc FROM pg_settings WHERE name LIKE 'neon\_migrate.%' ORDER BY name;

-- within the bounds
SET neon_migrate.lock_retries = 0;
SET neon_migrate.lock_retries = 100;
SET neon_migrate.lock_timeout = 0;
SET neon_migrate.lock_timeout = '1min';
SHOW neon_migrate.lock_timeout;
SET neon_migrate.lock_timeout = 2147483647;
SET neon_migrate.wait_timeout = 0;
SET neon_migrate.wait_timeout = '250ms';
SHOW neon_migrate.wait_timeout;
SET neon_migrate.wait_timeout = 2147483647;
SET neon_migrate.out_of_order = 'allow';
SET neon_migrate.out_of_order = 'WARN';
SET neon_migrate.out_of_order = error;
SHOW neon_migrate.out_of_order;
-- outside of them
\set VERBOSITY sqlstate
SET neon_migrate.lock_retries = -1;
SET neon_migrate.lock_retries = 101;
SET neon_migrate.lock_retries = 'many';
SET neon_migrate.lock_timeout = -1;
SET neon_migrate.lock_timeout = 2147483648;
SET neon_migrate.lock_timeout = '1 fortnight';
SET neon_migrate.wait_timeout = -1;
SET neon_migrate.wait_timeout = 2147483648;
\set VERBOSITY default
SET neon_migrate.out_of_order = 'maybe';
SET neon_migrate.out_of_order = on;
SELECT name, setting FROM pg_settings WHERE name LIKE 'neon\_migrate.%' ORDER BY name;
RESET neon_migrate.lock_retries;
RESET neon_migrate.lock_timeout;
RESET neon_migrate.out_of_order;
RESET neon_migrate.wait_timeout;
SELECT name, setting = boot_val FROM pg_settings WHERE name LIKE 'neon\_migrate.%' ORDER BY name;

-- a slip of the pen is an error
SET neon_migrate.lock_timeuot = '1s';
\echo :SQLSTATE
SELECT set_config('neon_migrate.lint_', 'off', false);
SHOW neon_migrate.nothing;

-- anyone may set them, for a transaction, a function, a role, a database
SET ROLE regress_nm_user;
SET neon_migrate.lock_timeout = '9s';
RESET neon_migrate.lock_timeout;
RESET ROLE;
BEGIN;
SET LOCAL neon_migrate.lock_timeout = '5s';
SELECT migrate_apply('1', 'CREATE TABLE seen AS SELECT current_setting(''lock_timeout'') AS lock_timeout', 'DROP TABLE seen');
COMMIT;
SELECT * FROM seen;
SHOW neon_migrate.lock_timeout;
CREATE FUNCTION patient(v text) RETURNS text LANGUAGE sql SET neon_migrate.lock_timeout = '1h' AS $$
    SELECT migrate_redo(v) $$;
SELECT patient('1');
SELECT * FROM seen;
ALTER ROLE regress_nm_user SET neon_migrate.lock_timeout = '10s';
ALTER ROLE regress_nm_user SET neon_migrate.out_of_order = 'error';
SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = 'regress_nm_user'::regrole;

-- zero is no timeout; the session's own lock_timeout is not used
SET lock_timeout = '77ms';
SET neon_migrate.lock_timeout = 0;
SELECT migrate_redo('1');
SELECT * FROM seen;
-- a value in the migration wins
SELECT migrate_apply('2', 'SET lock_timeout = ''42ms''; CREATE TABLE seen2 AS SELECT current_setting(''lock_timeout'') AS lock_timeout');
SELECT * FROM seen2;
-- a change of ours in a migration is for what comes after it, and does not outlive it
SELECT migrate_apply('3', 'SET neon_migrate.lock_timeout = ''3h''; CREATE TABLE seen3 AS SELECT current_setting(''lock_timeout'') AS lock_timeout');
SELECT * FROM seen3;
SHOW neon_migrate.lock_timeout;

-- a setting made before the library was loaded is taken over, if it is valid
\connect -
SET neon_migrate.lock_retries = 7;
SELECT count(*) FROM migrate.migrate_health();
SHOW neon_migrate.lock_retries;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate CASCADE;
DROP ROLE regress_nm_user;
