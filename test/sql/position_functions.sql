--
-- Where in a migration an error is that is inside a DO block or the body of a
-- function.  What the server reports of the body stays, and the migration's
-- statement is added.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- DO: when it is compiled, when its SQL is analysed, when it runs
SELECT migrate_apply('1', E'SELECT 1;\n  DO $$\n  BEGIN\n    x := 1;\n  END $$');
\echo :SQLSTATE
SELECT migrate_apply('1', E'SELECT 1;\n  DO $$\n  BEGIN\n    PERFORM missing FROM pg_class;\n  END $$');
SELECT migrate_apply('1', E'SELECT 1;\n  DO $$\n  BEGIN\n    PERFORM 1/0;\n  END $$');
SELECT migrate_apply('1', E'DO $$ BEGIN EXECUTE ''CREATE TABEL x ()''; END $$');
SELECT migrate_apply('1', E'DO $$ BEGN END $$');
SELECT migrate_apply('1', E'DO LANGUAGE missing $$ BEGIN END $$');
-- raised on purpose
SELECT migrate_apply('1', E'\n\nDO $$ BEGIN RAISE EXCEPTION ''stop''; END $$');
\echo :SQLSTATE
SELECT migrate_apply('1', E'DO $$ BEGIN ASSERT false, ''not so''; END $$');

-- CREATE FUNCTION: the place inside the body is one in the migration
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRUN 1;\nEND $$;\nSELECT 2');
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1 +;\nEND $$');
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1;\n  SELECT FROM FROM $$;\nSELECT 2');
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT missing $$');
SELECT migrate_apply('1', E'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT ''''x'''' + missing''');
SELECT migrate_apply('1', E'SELECT ''\u00e9'';\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT ''\u00e9'', missing $$');
SELECT migrate_apply('1', E'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT ''x''::text $$');
SELECT migrate_apply('1', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n  SELECT 1;\n  SELECT missing;\nEND');
SELECT migrate_apply('1', E'CREATE PROCEDURE p() LANGUAGE sql AS $$ INSERT INTO missing VALUES (1) $$');
-- not checked, not found
SELECT migrate_apply('1', E'SET check_function_bodies = off;\nCREATE FUNCTION late() RETURNS int LANGUAGE sql AS $$ SELECT missing $$');
SHOW check_function_bodies;

-- functions that fail when they are called
SELECT migrate_apply('2', E'SELECT 1;\n\n  SELECT late()');
CREATE FUNCTION sql_fails() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1; SELECT 1/(random() * 0)::int';
CREATE FUNCTION plpgsql_fails(i int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF i > 0 THEN
        RETURN plpgsql_fails(i - 1);
    END IF;
    RETURN 1 / i;
END
$$;
SELECT migrate_apply('2', E'SELECT 1;\nSELECT plpgsql_fails(1)');
SELECT migrate_apply('2', E'SELECT 1; SELECT * FROM sql_fails()');
CREATE PROCEDURE fails() LANGUAGE plpgsql AS 'BEGIN PERFORM plpgsql_fails(0); END';
SELECT migrate_apply('2', E'-- call\nCALL fails()');

-- triggers, defaults, checks, rules
CREATE TABLE t (i int CHECK (i <> 1));
CREATE FUNCTION objects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not %', NEW.i; END $$;
CREATE TRIGGER objects BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.i = 2) EXECUTE FUNCTION objects();
SELECT migrate_apply('2', E'INSERT INTO t VALUES (0);\nINSERT INTO t VALUES (1)');
SELECT migrate_apply('2', E'INSERT INTO t VALUES (0);\nINSERT INTO t VALUES (2)');
SELECT migrate_apply('2', E'ALTER TABLE t ADD d int DEFAULT plpgsql_fails(0);\nINSERT INTO t VALUES (0)');

-- a call from inside a function has both contexts
CREATE FUNCTION deploy() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM migrate_apply('2', E'SELECT 1;\nSELECT missing');
END
$$;
SELECT deploy();
CREATE FUNCTION deploy_sql() RETURNS text LANGUAGE sql AS $s$ SELECT migrate_apply('2', E'SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT missing $$') $s$;
SELECT deploy_sql();
DO $s$ BEGIN EXECUTE 'SELECT migrate_apply(''2'', $m$CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT missing $$$m$)'; END $s$;

-- and the session's own errors are its own again
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT missing $$;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
