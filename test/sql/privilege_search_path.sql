--
-- The functions of the extension find what is theirs, and nothing else, on any
-- search_path: an empty one, and one with traps on it.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_victim;
RESET client_min_messages;
CREATE ROLE regress_nm_victim;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app, migrate TO regress_nm_victim;
GRANT CREATE ON SCHEMA app TO regress_nm_victim;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO regress_nm_victim;
GRANT SELECT ON migrate.migrate_status, migrate.migrate_history TO regress_nm_victim;
\pset tuples_only on
\pset format unaligned

-- traps: whoever steps on one has looked up a name on the caller's path
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE FUNCTION evil.trap() RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN RAISE EXCEPTION 'trap, as %', CASE current_user WHEN session_user THEN 'the session''s user' ELSE current_user END; END $$;
SET search_path = evil, pg_catalog;
-- operators
DO $$
DECLARE
    types text[] := '{bigint,text,name,oid,text[],boolean,"char",integer,bytea,timestamptz}';
    type text;
    op text;
BEGIN
    FOREACH type IN ARRAY types LOOP
        EXECUTE format('CREATE FUNCTION evil.compare(%s, %1$s) RETURNS boolean LANGUAGE plpgsql AS %L', type, 'BEGIN PERFORM evil.trap(); RETURN true; END');
        FOREACH op IN ARRAY '{=,<>,<,>,<=,>=,@>}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %2$s, FUNCTION = evil.compare)', op, type);
        END LOOP;
    END LOOP;
    CREATE FUNCTION evil.concat(text, text) RETURNS text LANGUAGE sql AS 'SELECT evil.trap()';
    CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.concat);
END
$$;
-- functions
CREATE FUNCTION evil.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
CREATE FUNCTION evil.encode(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT evil.trap()';
CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT evil.trap()';
CREATE FUNCTION evil.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS 'SELECT evil.trap()::name';
CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS 'SELECT evil.trap()::name';
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT evil.trap()::timestamptz';
CREATE FUNCTION evil.migrate_version_key(text) RETURNS bytea LANGUAGE sql AS 'SELECT evil.trap()::bytea';
CREATE FUNCTION evil.migrate_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM evil.trap(); RETURN NULL; END';
-- tables and views
CREATE VIEW evil.pg_locks AS SELECT evil.trap();
CREATE VIEW evil.pg_stat_activity AS SELECT evil.trap();
CREATE VIEW evil.pg_prepared_xacts AS SELECT evil.trap();
CREATE VIEW evil.pg_database AS SELECT evil.trap();
CREATE VIEW evil.pg_class AS SELECT evil.trap();
CREATE VIEW evil.pg_trigger AS SELECT evil.trap();
CREATE VIEW evil.pg_extension AS SELECT evil.trap();
CREATE VIEW evil.pg_proc AS SELECT evil.trap();
CREATE VIEW evil.pg_depend AS SELECT evil.trap();
CREATE TABLE evil.migrate_ledger (LIKE migrate.migrate_ledger);
CREATE VIEW evil.migrate_status AS SELECT evil.trap();
-- types
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.trap() IS NULL);
CREATE DOMAIN evil.bigint AS pg_catalog.int8 CHECK (evil.trap() IS NULL);
CREATE DOMAIN evil.regclass AS pg_catalog.regclass CHECK (evil.trap() IS NULL);
-- the traps work
SELECT 1::pg_catalog.int8 = 1::pg_catalog.int8;
SELECT * FROM pg_locks;

-- temporary ones come before all others, if nothing is said of them
CREATE TEMP TABLE migrate_ledger (LIKE migrate.migrate_ledger);
CREATE TEMP TABLE pg_locks (l pg_catalog.text);
GRANT ALL ON migrate_ledger, pg_temp.pg_locks TO PUBLIC;

SET ROLE regress_nm_victim;
SET search_path = evil, pg_catalog, pg_temp;
SELECT migrate.migrate_apply('1', 'CREATE TABLE app.one ()', 'DROP TABLE app.one', 'first');
SELECT migrate.migrate_apply('1', 'CREATE TABLE app.one ()', 'DROP TABLE app.one', 'the first');
SELECT migrate.migrate_apply('2', 'CREATE TABLE app.two ()', 'DROP TABLE app.two', depends_on => '{1}');
SELECT migrate.migrate_unstamp('1');
SELECT migrate.migrate_apply('0', 'SELECT', '');
SELECT migrate.migrate_redo('2');
SELECT migrate.migrate_rollback();
SELECT migrate.migrate_rollback_to('1');
SELECT migrate.migrate_stamp('2', 'SELECT 1');
SELECT migrate.migrate_unstamp('2');
SELECT migrate.migrate_apply('3', 'SET CONSTRAINTS ALL DEFERRED; CREATE TEMP TABLE t (); SELECT 1', '');
SELECT migrate.migrate_require('1');
SELECT current, applied FROM migrate.migrate_health();
SELECT subject, detail FROM migrate.migrate_verify() WHERE NOT ok;
SELECT version, state FROM migrate.migrate_status;
SELECT version, action FROM migrate.migrate_history;
SELECT migrate.migrate_apply('4', 'SELECT 1/0');
SELECT migrate.migrate_apply('1', 'SELECT 1');
-- by an unqualified name, behind them
SET search_path = evil, pg_catalog, migrate;
SELECT migrate_apply('4', 'SELECT 1', '');
SELECT migrate_rollback_all();
-- in the migration, the caller's path is in force, and so are the traps
SELECT migrate_apply('4', 'SELECT now()');
RESET ROLE;

-- with temporary objects first
SET search_path = pg_temp, migrate;
SELECT migrate_apply('5', 'SELECT 5', '');
SELECT pg_catalog.count(*) FROM pg_temp.migrate_ledger;
SELECT gate_holder, current FROM migrate_health();
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;
SELECT version, state FROM migrate_status WHERE version = '5';

-- with nothing on the path
SET search_path = '';
SELECT migrate.migrate_apply('6', 'CREATE TABLE app.six (id int PRIMARY KEY)', 'DROP TABLE app.six', depends_on => '{5}');
SELECT migrate.migrate_redo('6');
SELECT migrate.migrate_rollback(2);
SELECT migrate.migrate_stamp('6');
SELECT migrate.migrate_require('6');
SELECT current FROM migrate.migrate_health();
SELECT version FROM migrate.migrate_status WHERE state = 'applied';
SELECT subject FROM migrate.migrate_verify() WHERE NOT ok;
-- and when the migration empties it, as those that pg_dump made do
SET search_path = app, migrate;
SELECT migrate_apply('7', $$SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE app.seven (); CREATE TABLE app.path AS SELECT pg_catalog.current_setting('search_path') AS path$$, '');
SELECT path = '' FROM path;
SHOW search_path;
SELECT migrate_apply('8', 'SET search_path = evil, pg_catalog', '');
SELECT migrate_apply('9', 'SET search_path = pg_temp', '');
SELECT migrate_rollback(3);
SELECT subject FROM migrate_verify() WHERE NOT ok;
SELECT count(*) FROM evil.migrate_ledger;

SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA app, evil CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP TABLE pg_temp.migrate_ledger, pg_temp.pg_locks;
DROP ROLE regress_nm_victim;
