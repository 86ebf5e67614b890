--
-- Owners, grants and comments: only if the desired SQL speaks of them.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all
CREATE ROLE regress_generate_a;
CREATE ROLE regress_generate_b;

-- not spoken of: kept, and given back when a table is made again by the down SQL
SELECT test.pair($live$
    CREATE TABLE t (a int, b int);
    CREATE TABLE gone (a int);
    GRANT SELECT ON t, gone TO PUBLIC;
    GRANT UPDATE (a) ON gone TO regress_generate_a WITH GRANT OPTION;
    COMMENT ON TABLE t IS 'x';
    COMMENT ON COLUMN gone.a IS 'y';
    ALTER TABLE gone OWNER TO regress_generate_b;
$live$, $desired$
    CREATE TABLE t (a int, b int);
$desired$);

-- spoken of
SELECT test.pair($live$
    CREATE TABLE t (a int, b int);
    GRANT SELECT ON t TO PUBLIC;
    GRANT UPDATE (a), SELECT (b) ON t TO PUBLIC;
    GRANT INSERT ON t TO regress_generate_a WITH GRANT OPTION;
    GRANT DELETE ON t TO regress_generate_a;
    COMMENT ON TABLE t IS 'x';
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER DEFAULT PRIVILEGES IN SCHEMA g GRANT SELECT ON TABLES TO regress_generate_a;
$live$, $desired$
    CREATE TABLE t (a int, b int);
    GRANT SELECT (b) ON t TO PUBLIC;
    GRANT INSERT ON t TO regress_generate_a;
    GRANT DELETE ON t TO regress_generate_a WITH GRANT OPTION;
    CREATE TABLE u (a int);
    COMMENT ON TABLE u IS 'n';
    CREATE SEQUENCE s;
    GRANT USAGE ON SEQUENCE s TO PUBLIC;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    REVOKE ALL ON FUNCTION f() FROM PUBLIC;
    GRANT ALL ON SCHEMA g TO PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA g GRANT INSERT ON TABLES TO regress_generate_a;
    ALTER DEFAULT PRIVILEGES IN SCHEMA g REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
$desired$);

-- owners
SELECT test.pair($live$
    CREATE TABLE t (a int);
    CREATE TYPE e AS ENUM ('a');
    CREATE DOMAIN d AS int;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE VIEW v AS SELECT 1 AS a;
$live$, $desired$
    CREATE TABLE t (a int);
    ALTER TABLE t OWNER TO regress_generate_a;
    CREATE TYPE e AS ENUM ('a');
    ALTER TYPE e OWNER TO regress_generate_a;
    CREATE DOMAIN d AS int;
    ALTER DOMAIN d OWNER TO regress_generate_a;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER FUNCTION f() OWNER TO regress_generate_a;
    CREATE VIEW v AS SELECT 1 AS a;
    ALTER VIEW v OWNER TO regress_generate_a;
$desired$);

:clean
DROP ROLE regress_generate_a, regress_generate_b;
