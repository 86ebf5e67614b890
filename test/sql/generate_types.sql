--
-- Enums, domains, composite types, ranges, and what uses them.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/generate/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- labels are added where they belong; back takes a new type
SELECT test.pair($live$
    CREATE TYPE e AS ENUM ('a', 'c');
    CREATE TABLE t (x e DEFAULT 'a', y e[]);
    CREATE INDEX ON t (x) WHERE x = 'c';
$live$, $desired$
    CREATE TYPE e AS ENUM ('0', 'a', 'b', 'c', 'd');
    CREATE TABLE t (x e DEFAULT 'a', y e[]);
    CREATE INDEX ON t (x) WHERE x = 'c';
$desired$);

-- a new label that is used at once needs a new type, too
SELECT test.pair($live$
    CREATE TYPE e AS ENUM ('a', 'c');
    CREATE TABLE t (x e DEFAULT 'a');
    CREATE FUNCTION f(e) RETURNS e LANGUAGE sql AS 'SELECT $1';
$live$, $desired$
    CREATE TYPE e AS ENUM ('a', 'b', 'c');
    CREATE TABLE t (x e DEFAULT 'b');
    CREATE FUNCTION f(e) RETURNS e LANGUAGE sql AS 'SELECT $1';
$desired$);

-- labels in another order, with quotes and backslashes
SELECT test.pair($live$
    CREATE TYPE "E e" AS ENUM ('it''s', 'b\c', 'z');
    CREATE TABLE t (x "E e" DEFAULT 'it''s', CHECK (x <> 'z'));
$live$, $desired$
    CREATE TYPE "E e" AS ENUM ('b\c', 'it''s', 'z');
    CREATE TABLE t (x "E e" DEFAULT 'b\c', CHECK (x <> 'z'));
$desired$);

-- text to enum
SELECT test.pair($live$
    CREATE TABLE t (x text DEFAULT 'a' NOT NULL);
$live$, $desired$
    CREATE TYPE e AS ENUM ('a', 'b');
    CREATE TABLE t (x e DEFAULT 'a' NOT NULL);
$desired$);

-- domains and composite types
SELECT test.pair($live$
    CREATE DOMAIN d AS int CHECK (VALUE > 0);
    CREATE TYPE ct AS (a int, b text);
$live$, $desired$
    CREATE DOMAIN d AS int DEFAULT 3 NOT NULL CONSTRAINT dd CHECK (VALUE > 1);
    CREATE TYPE ct AS (a bigint, c text);
    CREATE DOMAIN d2 AS text COLLATE "C";
    CREATE TABLE t (x d);
    COMMENT ON CONSTRAINT dd ON DOMAIN d IS 'more than one';
    COMMENT ON COLUMN ct.a IS 'first';
$desired$);

-- ranges
SELECT test.pair($live$
    SELECT 1
$live$, $desired$
    CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi);
    CREATE TABLE t (x r, y r_multirange);
$desired$, show => false);

-- what cannot be changed is said
SELECT test.pair($live$
    CREATE DOMAIN d AS int;
    CREATE TYPE r AS RANGE (subtype = int);
$live$, $desired$
    CREATE DOMAIN d AS bigint;
    CREATE TYPE r AS RANGE (subtype = bigint);
    CREATE TABLE t (x int);
$desired$);

-- sequences
SELECT test.pair($live$
    CREATE SEQUENCE s;
    CREATE SEQUENCE s2;
    CREATE TABLE t (a int);
$live$, $desired$
    CREATE SEQUENCE s AS int INCREMENT -2 START -5 CACHE 3 CYCLE;
    CREATE SEQUENCE s3 START 7;
    CREATE TABLE t (a int, b int DEFAULT nextval('s3'));
    ALTER SEQUENCE s3 OWNED BY t.b;
$desired$);

:clean
