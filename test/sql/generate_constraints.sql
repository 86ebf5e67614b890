--
-- Constraints and indexes.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- all kinds
SELECT test.pair($live$
    CREATE TABLE p (id int PRIMARY KEY, x int UNIQUE);
    CREATE TABLE t (a int, b int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE,
        CONSTRAINT ck CHECK (a > 0 AND b > 0));
$live$, $desired$
    CREATE TABLE p (id bigint PRIMARY KEY, x int, CONSTRAINT px UNIQUE (x));
    CREATE TABLE t (a bigint, b int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT ck CHECK (a > 1), CONSTRAINT ub UNIQUE (b) INCLUDE (a) DEFERRABLE);
$desired$);

-- on a table with rows, checks and foreign keys are validated afterwards
SELECT test.pair($live$
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int);
    INSERT INTO t VALUES (NULL);
    ANALYZE t;
$live$, $desired$
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int REFERENCES p CHECK (a > 0));
$desired$);

-- exclusion
SELECT test.pair($live$
    CREATE TABLE t (a int4range, b int);
$live$, $desired$
    CREATE TABLE t (a int4range, b int, CONSTRAINT ex EXCLUDE USING gist (a WITH &&) WHERE (b > 0) DEFERRABLE);
$desired$);

-- both sides of a foreign key change to a type that cannot be compared with the old one
SELECT test.pair($live$
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int REFERENCES p);
$live$, $desired$
    CREATE TABLE p (id uuid PRIMARY KEY);
    CREATE TABLE t (a uuid REFERENCES p);
$desired$);

-- the key that a foreign key needs changes
SELECT test.pair($live$
    CREATE TABLE p (a int, b int, PRIMARY KEY (a));
    CREATE TABLE t (a int REFERENCES p);
$live$, $desired$
    CREATE TABLE p (a int, b int, PRIMARY KEY (b), UNIQUE (a));
    CREATE TABLE t (a int REFERENCES p (a));
$desired$);

-- validated, deferred, renamed: changed in place
SELECT test.pair($live$
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int, CONSTRAINT old_name CHECK (a > 0));
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p NOT VALID;
$live$, $desired$
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int, CONSTRAINT new_name CHECK (a > 0));
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p DEFERRABLE;
$desired$);

-- tables that refer to each other, and to themselves
SELECT test.pair($live$
    SELECT 1
$live$, $desired$
    CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a);
    CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
    ALTER TABLE a ADD b int REFERENCES b;
$desired$);

-- and back to nothing
SELECT test.pair($live$
    CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a);
    CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
    ALTER TABLE a ADD b int REFERENCES b;
    CREATE TABLE kept (x int);
$live$, $desired$
    CREATE TABLE kept (x int);
$desired$);

-- indexes
SELECT test.pair($live$
    CREATE TABLE t (a text, b int);
    CREATE INDEX i1 ON t (a);
    CREATE INDEX i2 ON t (b);
$live$, $desired$
    CREATE TABLE t (a text, b int);
    CREATE INDEX j1 ON t (a);
    CREATE UNIQUE INDEX i2 ON t (lower(a) text_pattern_ops DESC NULLS LAST, b) INCLUDE (b) WITH (fillfactor = 70) WHERE b > 3;
    CREATE INDEX i3 ON t USING hash (a);
    CREATE INDEX i4 ON t ((b + 1), a COLLATE "C");
    ALTER INDEX i4 ALTER COLUMN 1 SET STATISTICS 7;
    COMMENT ON INDEX i3 IS 'three';
$desired$);

-- a column of two indexes goes
SELECT test.pair($live$
    CREATE TABLE t (a int, b int);
    CREATE INDEX ON t (a, b);
    CREATE INDEX ON t (b);
$live$, $desired$
    CREATE TABLE t (a int);
    CREATE INDEX ON t (a);
$desired$);

-- a constraint that calls a function of the table
SELECT test.pair($live$
    SELECT 1
$live$, $desired$
    CREATE FUNCTION ok(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
    CREATE TABLE t (a int CHECK (ok(a)), b int DEFAULT 1 CHECK (b > 0) NO INHERIT);
$desired$);

:clean
