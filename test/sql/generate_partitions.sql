--
-- Partitions, inheritance, and how tables are stored.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- a partition of other bounds, new ones of two levels, what all have
SELECT test.pair($live$
    CREATE TABLE p (a int, b text DEFAULT 'x' NOT NULL, CONSTRAINT pk PRIMARY KEY (a, b), CHECK (a > 0)) PARTITION BY RANGE (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE INDEX ON p (b);
$live$, $desired$
    CREATE TABLE p (a int, b text DEFAULT 'x' NOT NULL, c int, CONSTRAINT pk PRIMARY KEY (a, b), CHECK (a > 0), CHECK (b <> '')) PARTITION BY RANGE (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (11);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (11) TO (20) PARTITION BY LIST (b);
    CREATE TABLE p2a PARTITION OF p2 DEFAULT;
    CREATE INDEX ON p (b);
    CREATE UNIQUE INDEX pu ON p (b, a);
    ALTER TABLE p1 ALTER b SET DEFAULT 'p1';
    CREATE TABLE x (a int, b text, FOREIGN KEY (a, b) REFERENCES p);
$desired$);

-- one is taken out, one put in
SELECT test.pair($live$
    CREATE TABLE p (a int, b int) PARTITION BY HASH (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (modulus 2, remainder 0);
    CREATE TABLE p2 (a int, b int);
    CREATE INDEX pi ON p (b);
$live$, $desired$
    CREATE TABLE p (a int, b int) PARTITION BY HASH (a);
    CREATE TABLE p1 (a int, b int);
    CREATE INDEX p1_b_idx ON p1 (b);
    CREATE TABLE p2 PARTITION OF p FOR VALUES WITH (modulus 2, remainder 0);
    CREATE INDEX pi ON p (b);
$desired$);

-- triggers of all partitions, and one that is off in one
SELECT test.pair($live$
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE p (a int) PARTITION BY LIST (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
$live$, $desired$
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE p (a int) PARTITION BY LIST (a);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
    CREATE TRIGGER tr AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tf();
    ALTER TABLE p1 DISABLE TRIGGER tr;
$desired$);

-- inheritance
SELECT test.pair($live$
    CREATE TABLE b (x int, CHECK (x > 0));
    CREATE TABLE c (y int) INHERITS (b);
$live$, $desired$
    CREATE TABLE b (x bigint DEFAULT 4, z text, CHECK (x > 1));
    CREATE TABLE c (y int) INHERITS (b);
    CREATE TABLE d () INHERITS (c);
$desired$);

-- how a table is stored
SELECT test.pair($live$
    CREATE TABLE t (a int NOT NULL, c text);
    CREATE UNIQUE INDEX ti ON t (a);
$live$, $desired$
    CREATE UNLOGGED TABLE t (a int NOT NULL, c text) WITH (fillfactor = 50, toast.autovacuum_enabled = false);
    CREATE UNIQUE INDEX ti ON t (a);
    ALTER TABLE t REPLICA IDENTITY USING INDEX ti;
    CLUSTER t USING ti;
$desired$);

-- what cannot be changed is said
SELECT test.pair($live$
    CREATE TABLE t (a int) PARTITION BY RANGE (a);
    CREATE TABLE u (a int);
$live$, $desired$
    CREATE TABLE t (a int) PARTITION BY LIST (a);
    CREATE TABLE u (a int, b int) PARTITION BY LIST (a);
$desired$);

:clean
