--
-- The owner of the schema that the extension is in, who need not be a
-- superuser, can rename it, and put another of that name in its place.  What
-- the functions do with the rights of the ledger's owner they do to the real
-- ledger, even if that happens in the middle of a call.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_mallory;
RESET client_min_messages;
CREATE ROLE regress_nm_mallory;
SELECT current_database() AS db \gset
GRANT CREATE ON DATABASE :"db" TO regress_nm_mallory;
\pset tuples_only on
\pset format unaligned

-- a user who may create objects in the database installs it, as he may
SET SESSION AUTHORIZATION regress_nm_mallory;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
CREATE FUNCTION app.steal() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    ALTER ROLE regress_nm_mallory SUPERUSER;
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN true;
END
$$;
-- and has a down SQL that exchanges the ledger for a view which runs his function
SELECT migrate.migrate_apply('1', 'SELECT 1', 'SELECT 1');
SELECT migrate.migrate_apply('2', 'SELECT 1', $$
    ALTER SCHEMA migrate RENAME TO moved;
    CREATE SCHEMA migrate;
    CREATE VIEW migrate.migrate_ledger AS SELECT * FROM moved.migrate_ledger WHERE app.steal()
$$);
-- whatever these calls answer, he is no superuser afterwards
DO $$ BEGIN PERFORM migrate.migrate_redo('2'); EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_nm_mallory';
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_nm_mallory NOSUPERUSER;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate CASCADE;
DROP SCHEMA IF EXISTS migrate, moved CASCADE;
RESET client_min_messages;

-- the same between two versions of one rollback
SET SESSION AUTHORIZATION regress_nm_mallory;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SELECT migrate.migrate_apply('1', 'SELECT 1', 'SELECT 1');
SELECT migrate.migrate_apply('2', 'SELECT 1', $$
    ALTER SCHEMA migrate RENAME TO moved;
    CREATE SCHEMA migrate;
    CREATE VIEW migrate.migrate_ledger AS SELECT * FROM moved.migrate_ledger WHERE app.steal()
$$);
DO $$ BEGIN PERFORM migrate.migrate_rollback_all(); EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_nm_mallory';
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_nm_mallory NOSUPERUSER;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate CASCADE;
DROP SCHEMA IF EXISTS app, migrate, moved CASCADE;
REVOKE ALL ON DATABASE :"db" FROM regress_nm_mallory;
DROP ROLE regress_nm_mallory;
