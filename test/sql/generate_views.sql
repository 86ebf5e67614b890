--
-- Views: what is made of others is made again in the right order.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- a column below three views, with grants, comments, an index and a trigger
SELECT test.pair($live$
    CREATE TABLE t (a int, b int);
    CREATE VIEW v1 AS SELECT a FROM t;
    CREATE VIEW v2 AS SELECT * FROM v1;
    CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM v2 GROUP BY a;
    CREATE UNIQUE INDEX ON m (a);
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER tr INSTEAD OF INSERT ON v1 FOR EACH ROW EXECUTE FUNCTION tf();
    ALTER VIEW v1 ALTER a SET DEFAULT 5;
    GRANT SELECT ON v2 TO PUBLIC;
    COMMENT ON VIEW v1 IS 'one';
    COMMENT ON COLUMN v1.a IS 'its column';
$live$, $desired$
    CREATE TABLE t (a bigint, b int);
    CREATE VIEW v1 AS SELECT a FROM t;
    CREATE VIEW v2 WITH (security_barrier) AS SELECT * FROM v1;
    CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM v2 GROUP BY a;
    CREATE UNIQUE INDEX ON m (a);
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER tr INSTEAD OF INSERT ON v1 FOR EACH ROW EXECUTE FUNCTION tf();
    ALTER VIEW v1 ALTER a SET DEFAULT 5;
    COMMENT ON VIEW v1 IS 'one';
    COMMENT ON COLUMN v1.a IS 'its column';
$desired$, show => false);

-- a view of another query, and one of it that stays the same
SELECT test.pair($live$
    CREATE TABLE t (a int, b int);
    CREATE VIEW v1 AS SELECT a FROM t;
    CREATE VIEW v2 AS SELECT a FROM v1;
$live$, $desired$
    CREATE TABLE t (a int, b int);
    CREATE VIEW v1 AS SELECT b, a FROM t;
    CREATE VIEW v2 AS SELECT a FROM v1;
$desired$, show => false);

-- only options change
SELECT test.pair($live$
    CREATE VIEW v AS SELECT 1 AS a;
$live$, $desired$
    CREATE VIEW v WITH (security_barrier) AS SELECT 1 AS a;
$desired$);

-- a view becomes a table
SELECT test.pair($live$
    CREATE VIEW v AS SELECT 1 AS a;
$live$, $desired$
    CREATE TABLE v (a int);
$desired$, show => false);

-- a recursive one, with everything that a query can hold
SELECT test.pair($live$
    SELECT 1
$live$, $desired$
    CREATE TABLE t (id int PRIMARY KEY, up int, n text, at timestamptz);
    CREATE VIEW v AS WITH RECURSIVE w(id, depth) AS (
        SELECT id, 0 FROM t WHERE up IS NULL UNION ALL SELECT t.id, depth + 1 FROM t JOIN w ON t.up = w.id)
        SELECT t.*, w.depth, sum(w.depth) FILTER (WHERE w.depth > 1) OVER (PARTITION BY t.up ORDER BY t.id) AS s,
            CASE WHEN t.n = ANY (ARRAY['a', 'b']) THEN interval '1 day' END AS c
        FROM t JOIN w USING (id) WHERE t.at > '2020-01-01 00:00+00' AND NOT EXISTS (SELECT FROM t AS x WHERE x.up = t.id);
    CREATE VIEW grouped AS SELECT id, n FROM t GROUP BY id;
$desired$, show => false);

-- statistics
SELECT test.pair($live$
    CREATE TABLE t (a int, b int, c text);
    CREATE STATISTICS st (ndistinct) ON a, b FROM t;
$live$, $desired$
    CREATE TABLE t (a int, b int, c text);
    CREATE STATISTICS st (ndistinct, mcv) ON a, b FROM t;
    ALTER STATISTICS st SET STATISTICS 10;
    CREATE STATISTICS st2 ON (a + b), c FROM t;
$desired$, show => false);

:clean
