--
-- Which schemas take part, what migrate_generate() leaves alone, and what it
-- says of that which it cannot write.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all
SET search_path = public, migrate;
CREATE SCHEMA g;
CREATE TABLE other.t (a int);
CREATE TABLE g.t (a int PRIMARY KEY);

-- only the schemas that the SQL makes objects in
SELECT * FROM migrate_generate('CREATE TABLE g.t (a int PRIMARY KEY); CREATE TABLE g.u (a int REFERENCES other.nothing)');
SELECT * FROM migrate_generate('CREATE TABLE g.t (a int PRIMARY KEY)');

-- by the search path that the SQL sets, in each way that there is
SELECT up_sql FROM migrate_generate('SET search_path = g; CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE by_set (a int)');
SELECT up_sql FROM migrate_generate('SELECT pg_catalog.set_config(''search_path'', ''g'', false); CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE by_config (a int)');
SELECT up_sql FROM migrate_generate('CREATE SCHEMA fresh; SET search_path TO fresh, g; CREATE TABLE t (a int)');
SELECT current_setting('search_path');
SELECT up_sql FROM migrate_generate('CREATE SCHEMA fresh CREATE TABLE t (a int) CREATE TABLE u (a int)');
SELECT up_sql FROM migrate_generate('CREATE SCHEMA g CREATE TABLE t (a int)');
SELECT up_sql FROM migrate_generate('CREATE SCHEMA g; CREATE TABLE g.t (a int PRIMARY KEY)');

-- what a DO block makes is found afterwards
SELECT up_sql, warnings FROM migrate_generate($$
    DO $do$ BEGIN
        CREATE TABLE other.made (a int);
        CREATE SCHEMA fresh;
        CREATE TABLE fresh.t (a int);
    END $do$ $$);

-- what is in another schema can be used, but what it is made of is not there
CREATE TYPE g.e AS ENUM ('a');
CREATE TABLE other.uses (x g.e);
SELECT * FROM migrate_generate('CREATE TABLE g.t (a int PRIMARY KEY); CREATE TYPE g.e AS ENUM (''a''); CREATE TABLE g.copy (x) AS SELECT x FROM other.uses');

-- what another schema has of a thing that goes is in the way
CREATE VIEW other.v AS SELECT a FROM g.t;
SELECT up_sql, warnings FROM migrate_generate('CREATE TABLE g.t (a bigint PRIMARY KEY); CREATE TYPE g.e AS ENUM (''a'')');
SELECT up_sql, warnings FROM migrate_generate('CREATE TYPE g.e AS ENUM (''a'')');
DROP TABLE other.uses;
DROP VIEW other.v;

-- extensions: one that is there is no difference, wherever it is
SELECT up_sql FROM migrate_generate('CREATE EXTENSION neon_migrate; CREATE EXTENSION plpgsql; CREATE TABLE g.t (a int PRIMARY KEY); CREATE TYPE g.e AS ENUM (''a'')');

-- kinds that are not written, rows, roles
SELECT * FROM migrate_generate($$
    CREATE TABLE g.t (a int PRIMARY KEY);
    CREATE TYPE g.e AS ENUM ('a');
    CREATE TEXT SEARCH DICTIONARY g.d (template = simple);
    CREATE COLLATION g.c (locale = 'C');
    INSERT INTO g.t VALUES (1);
    ALTER ROLE CURRENT_USER SET work_mem = '5MB';
    CREATE ACCESS METHOD generate_am TYPE TABLE HANDLER heap_tableam_handler;
$$);
SELECT count(*) FROM pg_am WHERE amname = 'generate_am';
CREATE COLLATION g.c (locale = 'C');
SELECT up_sql, warnings FROM migrate_generate('CREATE TABLE g.t (a int PRIMARY KEY); CREATE TYPE g.e AS ENUM (''a'')');
DROP COLLATION g.c;

-- objects of this extension and temporary ones do not count
SET search_path = migrate, public;
CREATE TEMP TABLE temporary (a int);
SELECT * FROM migrate_generate('CREATE TABLE g.t (a int PRIMARY KEY); CREATE TYPE g.e AS ENUM (''a''); CREATE TEMP TABLE x (a int)');

-- nothing of it stays: no schema, no sequence value, no notification, no drift
CREATE SEQUENCE other.counter;
SELECT nextval('other.counter');
SELECT migrate_accept_drift('test');
SELECT up_sql FROM migrate_generate($$
    CREATE TABLE g.t (a int PRIMARY KEY);
    CREATE TYPE g.e AS ENUM ('a');
    CREATE SEQUENCE g.mine;
    SELECT nextval('g.mine');
    SET work_mem = '7MB';
$$);
SELECT currval('other.counter');
SELECT current_setting('work_mem') <> '7MB' AS work_mem_is_as_before;
SELECT kind, identity, change FROM migrate_drift();
SELECT nspname FROM pg_namespace WHERE nspname LIKE '%aside%';

:clean
