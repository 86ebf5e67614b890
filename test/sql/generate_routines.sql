--
-- Functions, procedures, aggregates, triggers, rules and policies.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- a body, an option: replaced; a default uses it and stays
SELECT test.pair($live$
    CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN a; END';
    CREATE TABLE t (a int DEFAULT f(1));
$live$, $desired$
    CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER PARALLEL SAFE LEAKPROOF COST 7
        SET search_path = g, pg_temp SET work_mem = '5MB' AS $f$BEGIN RETURN length('$$'); END$f$;
    CREATE TABLE t (a int DEFAULT f(1));
$desired$);

-- the result changes: what uses the function is made anew, and no table loses rows
SELECT test.pair($live$
    CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN a; END';
    CREATE TABLE t (a int DEFAULT f(1), CHECK (f(a) > 0));
    CREATE INDEX ON t (f(a));
    CREATE POLICY po ON t USING (f(a) = 1);
    CREATE VIEW v AS SELECT f(a) FROM t;
$live$, $desired$
    CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN a; END';
    CREATE TABLE t (a int DEFAULT f(1), CHECK (f(a) > 0));
    CREATE INDEX ON t (f(a));
    CREATE POLICY po ON t USING (f(a) = 1);
    CREATE VIEW v AS SELECT f(a) FROM t;
$desired$, show => false);

-- a function becomes a procedure; others come
SELECT test.pair($live$
    CREATE FUNCTION p(a int) RETURNS void LANGUAGE sql AS 'SELECT 1';
$live$, $desired$
    CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION tab(x int) RETURNS TABLE (u int, v text) ROWS 5 LANGUAGE sql AS 'SELECT 1, NULL::text';
    CREATE FUNCTION vari(a int, OUT b int, VARIADIC c text[]) LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE later (a int);
    CREATE FUNCTION a_before_later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM later';
    CREATE FUNCTION of_row(later) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
    COMMENT ON PROCEDURE p(int) IS 'p';
$desired$);

-- aggregates
SELECT test.pair($live$
    SELECT 1
$live$, $desired$
    CREATE FUNCTION sf(s int, v int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT s + v';
    CREATE FUNCTION ff(s int) RETURNS text LANGUAGE sql AS 'SELECT s::text';
    CREATE AGGREGATE agg(int) (sfunc = sf, stype = int, finalfunc = ff, initcond = '0', parallel = safe);
    CREATE AGGREGATE agg2(*) (sfunc = int8inc, stype = int8, initcond = '0');
    CREATE AGGREGATE mx(int) (sfunc = int4larger, stype = int, sortop = >);
    CREATE AGGREGATE perc(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
    CREATE AGGREGATE mv(int) (sfunc = sf, stype = int, sspace = 4, finalfunc_modify = shareable, msfunc = sf, minvfunc = sf, mstype = int, minitcond = '0');
    COMMENT ON AGGREGATE agg2(*) IS 'counts';
$desired$);

-- triggers, rules, policies
SELECT test.pair($live$
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE t (a int, b int);
    CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
    ALTER TABLE t DISABLE TRIGGER tr;
    CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
    CREATE POLICY po ON t USING (a > 0);
$live$, $desired$
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE t (a bigint, b int);
    CREATE TRIGGER tr BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 0) EXECUTE FUNCTION tf('x''y');
    CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tf();
    ALTER TABLE t ENABLE ALWAYS TRIGGER ct;
    CREATE RULE r AS ON DELETE TO t DO INSTEAD (INSERT INTO t VALUES (1, 2); DELETE FROM t);
    CREATE POLICY po ON t AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (a > 1) WITH CHECK (b > 1);
    ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    COMMENT ON POLICY po ON t IS 'p';
    COMMENT ON TRIGGER tr ON t IS 'tt';
    COMMENT ON RULE r ON t IS 'rr';
$desired$);

-- a table and the function of its trigger go
SELECT test.pair($live$
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE t (a int);
    CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
    CREATE TABLE kept (a int);
$live$, $desired$
    CREATE TABLE kept (a int);
$desired$);

:clean
