--
-- A migration leaves no temporary object, prepared statement or cursor behind,
-- and does not touch those of the session.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE VIEW temp_objects AS
    SELECT 'relation' AS kind, relname::text AS name FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind NOT IN ('i', 't')
    UNION ALL SELECT 'type', typname FROM pg_type WHERE typnamespace = pg_my_temp_schema() AND typrelid = 0 AND typelem = 0
    UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
    UNION ALL SELECT 'operator', oprname FROM pg_operator WHERE oprnamespace = pg_my_temp_schema()
    ORDER BY 1, 2;

-- temporary objects in a session that has none yet
SELECT migrate_apply('1', $m$
    CREATE TEMP TABLE t (id serial PRIMARY KEY, name text);
    INSERT INTO t (name) VALUES ('one');
    CREATE INDEX ON t (name);
    CREATE TEMP VIEW v AS SELECT name FROM t;
    CREATE TEMP SEQUENCE s;
    SELECT name INTO TEMP copied FROM t;
    CREATE TABLE pg_temp.explicit (id int) ON COMMIT PRESERVE ROWS;
    CREATE TYPE pg_temp.e AS ENUM ('a');
    CREATE DOMAIN pg_temp.d AS int;
    CREATE TYPE pg_temp.pair AS (a int, b pg_temp.e);
    CREATE FUNCTION pg_temp.f(pg_temp.pair) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION pg_temp.plus(int, text) RETURNS int LANGUAGE sql AS 'SELECT $1';
    CREATE OPERATOR pg_temp.@@@ (LEFTARG = int, RIGHTARG = text, FUNCTION = pg_temp.plus);
    DO $$ BEGIN CREATE TEMP TABLE from_do (); END $$;
    CREATE TABLE kept AS SELECT v.name, pg_temp.f((1, 'a')::pg_temp.pair) FROM v
$m$);
SELECT * FROM temp_objects;
SELECT * FROM kept;

-- with some of the session's own
CREATE TEMP TABLE mine (id int PRIMARY KEY, name text);
INSERT INTO mine VALUES (1, 'one');
CREATE TEMP SEQUENCE my_sequence;
CREATE TYPE pg_temp.my_type AS ENUM ('x');
CREATE FUNCTION pg_temp.my_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TEMP TABLE my_partitioned (i int) PARTITION BY LIST (i);
SELECT migrate_apply('2', $m$
    CREATE TEMP TABLE theirs (id int REFERENCES mine, x pg_temp.my_type DEFAULT 'x');
    INSERT INTO theirs SELECT id FROM mine;
    CREATE TEMP VIEW over AS SELECT * FROM mine;
    CREATE TEMP TABLE child () INHERITS (mine);
    CREATE TEMP TABLE p1 PARTITION OF my_partitioned FOR VALUES IN (1);
    CREATE TEMP TABLE dropped () ON COMMIT DROP;
    CREATE TEMP TABLE gone (); DROP TABLE gone;
    UPDATE mine SET name = 'uno'
$m$);
SELECT * FROM temp_objects;
-- what it wrote into the session's own tables is its effect, not its leftover
SELECT * FROM mine;
INSERT INTO mine VALUES (2, 'two');
DROP TABLE my_partitioned;

-- when it fails
SELECT migrate_apply('3', 'CREATE TEMP TABLE t (); PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1; SELECT 1/0');
SELECT * FROM temp_objects;
SELECT name FROM pg_prepared_statements UNION ALL SELECT name FROM pg_cursors;
-- in a transaction, with EXCEPTION, and with what the transaction itself made
BEGIN;
CREATE TEMP TABLE in_transaction (id int) ON COMMIT DROP;
SELECT migrate_apply('3', 'CREATE TEMP TABLE t ON COMMIT DELETE ROWS AS SELECT 1 AS i; INSERT INTO in_transaction SELECT i FROM t');
SELECT count(*) FROM in_transaction;
DO $$
BEGIN
    PERFORM migrate_apply('4', 'CREATE TEMP TABLE u (); PREPARE p AS SELECT 1; SELECT 1/0');
EXCEPTION WHEN division_by_zero THEN
END
$$;
SELECT * FROM temp_objects WHERE name NOT LIKE 'm%';
COMMIT;
SELECT * FROM temp_objects;
SELECT name FROM pg_prepared_statements;
-- dropping them fires no event trigger, and says nothing
SELECT migrate_apply('4', 'CREATE TEMP TABLE t (id int); CREATE TEMP VIEW v AS SELECT * FROM t');

-- the down SQL is a script like any other
SELECT migrate_apply('5', '', 'CREATE TEMP TABLE t (); PREPARE p AS SELECT 1');
SELECT migrate_rollback();
SELECT * FROM temp_objects;

-- prepared statements
PREPARE mine AS SELECT 'mine';
SELECT migrate_apply('5', $m$
    PREPARE theirs AS SELECT 1;
    EXECUTE theirs;
    PREPARE closed AS SELECT 1;
    DEALLOCATE closed;
    PREPARE closed AS SELECT 2;
    DO $$ BEGIN EXECUTE 'PREPARE from_do AS SELECT 1'; END $$
$m$);
SELECT name FROM pg_prepared_statements;
EXECUTE mine;
-- the session's cannot be replaced or removed
SELECT migrate_apply('6', 'PREPARE mine AS SELECT ''theirs''');
\echo :SQLSTATE
SELECT migrate_apply('6', E'SELECT 1;\nDEALLOCATE mine');
\echo :SQLSTATE
SELECT migrate_apply('6', $m$DO $$ BEGIN EXECUTE 'DEALLOCATE mine'; END $$$m$);
SELECT migrate_apply('6', 'DEALLOCATE missing');
EXECUTE mine;
-- nor by one that failed after it had tried
SELECT migrate_apply('6', 'PREPARE theirs AS SELECT 1; PREPARE mine AS SELECT 2');
EXECUTE mine;
SELECT name FROM pg_prepared_statements;
DEALLOCATE mine;

-- cursors, with and without HOLD
BEGIN;
DECLARE mine CURSOR FOR SELECT i FROM generate_series(1, 3) AS i;
FETCH mine;
SELECT migrate_apply('6', $m$
    DECLARE theirs CURSOR FOR SELECT 1;
    DECLARE held CURSOR WITH HOLD FOR SELECT 1;
    FETCH theirs;
    DECLARE closed CURSOR WITH HOLD FOR SELECT 1;
    CLOSE closed;
    DO $$ BEGIN EXECUTE 'DECLARE from_do CURSOR WITH HOLD FOR SELECT 1'; END $$
$m$);
SELECT name FROM pg_cursors;
FETCH mine;
SAVEPOINT s;
SELECT migrate_apply('7', 'DECLARE mine CURSOR FOR SELECT 2');
\echo :SQLSTATE
ROLLBACK TO s;
SELECT migrate_apply('7', E'SELECT 1;\n  CLOSE mine');
\echo :SQLSTATE
ROLLBACK TO s;
SELECT migrate_apply('7', $m$DO $$ BEGIN EXECUTE 'CLOSE mine'; END $$$m$);
ROLLBACK TO s;
FETCH mine;
COMMIT;
SELECT name FROM pg_cursors;
-- a held one of the session's
BEGIN;
DECLARE mine CURSOR WITH HOLD FOR SELECT i FROM generate_series(1, 3) AS i;
COMMIT;
SELECT migrate_apply('7', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1; SELECT 1/0');
SELECT migrate_apply('7', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1; FETCH c');
SELECT name FROM pg_cursors;
FETCH mine;
CLOSE mine;

-- outside of a migration nothing is watched
PREPARE p AS SELECT 1;
DEALLOCATE p;
PREPARE p AS SELECT 1;
DEALLOCATE ALL;
CLOSE ALL;
DISCARD TEMP;
SELECT * FROM temp_objects;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
