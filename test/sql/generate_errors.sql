--
-- What migrate_generate() refuses, and where it says the fault is.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all
SET search_path = public, migrate;
CREATE SCHEMA g;
CREATE TABLE g.t (a int);

-- of its own text: the position, before anything runs where that can be known
SELECT migrate_generate('CREATE TABLE g.t (a int); CREATE TABEL x');
SELECT migrate_generate(E'CREATE TABLE g.t (a int);\nCREATE TABLE g.u (a nosuch)');
SELECT migrate_generate('CREATE TABLE g.t (a int); VACUUM');
SELECT up_sql FROM migrate_generate('CREATE TABLE g.t (a int); CREATE INDEX CONCURRENTLY i ON g.t (a)');
SELECT migrate_generate('CREATE TABLE g.t (a int); COMMIT');
SELECT migrate_generate(E'CREATE TABLE g.t (a int);\nCOPY g.t FROM stdin;\n1\n\\.\n');
SELECT migrate_generate('LISTEN x');

-- psql's commands, but for those that pg_dump puts around everything
SELECT migrate_generate(E'\\connect x\nCREATE TABLE g.t (a int)');
SELECT up_sql = '' AS same FROM migrate_generate(E'--\n-- a dump\n\n\\restrict abc1XYZ\n\nSET lock_timeout = 0;\nCREATE TABLE g.t (a int);\n\n\\unrestrict abc1XYZ\n\n-- end\n');
SELECT migrate_generate(E'CREATE TABLE g.t (a int);\n\\restrict abc\nSELECT 1;');
SELECT up_sql FROM migrate_generate(E'CREATE TABLE g.t (a int);\nCOMMENT ON TABLE g.t IS \'\n\\unrestrict abc\n\';');

-- what is called, and where
SELECT migrate_generate(NULL);
SELECT migrate_generate('');
SELECT migrate_generate('-- nothing');
SELECT migrate_apply('inside', 'SELECT migrate.migrate_generate('''')');
BEGIN READ ONLY;
SELECT migrate_generate('');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_generate('');
ROLLBACK;

-- after an error the session is as before
SELECT count(*) FROM g.t;
SELECT up_sql FROM migrate_generate('CREATE TABLE g.t (a bigint)');

-- rights: on the schemas, and to make any
CREATE ROLE regress_generate_a;
SET ROLE regress_generate_a;
SELECT migrate_generate('');
RESET ROLE;
GRANT USAGE ON SCHEMA migrate TO regress_generate_a;
GRANT EXECUTE ON FUNCTION migrate_generate(text) TO regress_generate_a;
SET ROLE regress_generate_a;
SELECT migrate_generate('CREATE TABLE g.t (a int)');
RESET ROLE;
ALTER SCHEMA g OWNER TO regress_generate_a;
SET ROLE regress_generate_a;
\set VERBOSITY sqlstate
SELECT migrate_generate('CREATE TABLE g.t (a int)');
\set VERBOSITY default
RESET ROLE;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_generate_a', current_database()); END $$;
SET ROLE regress_generate_a;
SELECT up_sql FROM migrate_generate('CREATE TABLE g.t (a int, b int)');
RESET ROLE;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_generate_a', current_database()); END $$;

:clean
DROP ROLE regress_generate_a;
