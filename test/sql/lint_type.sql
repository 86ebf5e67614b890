--
-- migrate_lint(): types.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- what rewrites the table, and what does not
:lint 'ALTER TABLE large ALTER a TYPE bigint');
:rules 'ALTER TABLE small ALTER a TYPE bigint');
:rules 'ALTER TABLE large ALTER c TYPE varchar(20), ALTER b TYPE varchar');
:rules 'ALTER TABLE large ALTER c TYPE text');
:rules 'ALTER TABLE large ALTER c TYPE varchar(5)');
:rules 'ALTER TABLE large ALTER b TYPE varchar(5)');
:rules 'ALTER TABLE large ALTER c TYPE text USING c::text');
:rules 'ALTER TABLE large ALTER c TYPE text USING upper(c)');
:rules 'ALTER TABLE large ALTER a TYPE bigint; ALTER TABLE large ALTER a TYPE bigint');
CREATE TABLE typed (id bigint PRIMARY KEY, n numeric(10,2), t timestamp, z timestamptz, i inet, r cidr) WITH (autovacuum_enabled = off);
INSERT INTO typed SELECT g, g, now(), now(), '10.0.0.1', '10.0.0.0/8' FROM generate_series(1, 2000) AS g;
ANALYZE typed;
:rules 'ALTER TABLE typed ALTER n TYPE numeric(12,2)');
:rules 'ALTER TABLE typed ALTER n TYPE numeric(12,3)');
:rules 'ALTER TABLE typed ALTER n TYPE numeric');
:rules 'ALTER TABLE typed ALTER r TYPE inet');
:rules 'ALTER TABLE typed ALTER i TYPE cidr');
SET timezone = 'UTC';
:rules 'ALTER TABLE typed ALTER t TYPE timestamptz');
SET timezone = 'Europe/Vienna';
:rules 'ALTER TABLE typed ALTER t TYPE timestamptz');
RESET timezone;
:rules 'ALTER TABLE typed ALTER z TYPE timestamptz(3)');
-- what is built on the column
CREATE INDEX typed_t ON typed (t);
CREATE INDEX typed_n ON typed (n);
CREATE INDEX typed_part ON typed (id) WHERE n > 0;
CREATE INDEX typed_expression ON typed (n, (id + 1));
SET timezone = 'UTC';
:lint 'ALTER TABLE typed ALTER t TYPE timestamptz');
RESET timezone;
:lint 'ALTER TABLE typed ALTER n TYPE numeric(12,2)');
ALTER TABLE typed ADD CHECK (n > 0);
:lint 'ALTER TABLE typed ALTER n TYPE numeric(14,2)');
-- the server agrees: what is said to rewrite the table does, and nothing else; so for indexes
CREATE TABLE tried (id bigint PRIMARY KEY, a int, s varchar(10), x text, n numeric(10,2), n0 numeric, t timestamp(3), z timestamptz, i interval(3), b bit(3), v varbit(5), r cidr, e int[], f float4, d date);
INSERT INTO tried (id) SELECT generate_series(1, 2000);
CREATE INDEX tried_a ON tried (a);
CREATE INDEX tried_s ON tried (s);
CREATE INDEX tried_x ON tried (x);
CREATE INDEX tried_n ON tried (n) WHERE id > 5;
CREATE INDEX tried_t ON tried (t);
CREATE INDEX tried_z ON tried (z);
CREATE INDEX tried_r ON tried (r);
CREATE INDEX tried_both ON tried (s, (id + 1));
CREATE DOMAIN any_text AS text;
CREATE DOMAIN some_text AS text CHECK (VALUE <> '');
CREATE FUNCTION files(only_kind "char") RETURNS oid[] LANGUAGE sql AS $$
    SELECT array_agg(pg_relation_filenode(c.oid) ORDER BY c.relname) FROM pg_class AS c
    WHERE c.relname LIKE 'tried%' AND c.relkind = only_kind $$;
CREATE FUNCTION try(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sql text := 'ALTER TABLE app.tried ALTER ' || change;
    rules text[] := ARRAY(SELECT l.rule FROM migrate.migrate_lint(sql) AS l WHERE l.rule LIKE 'change-type-%');
    heap oid[] := files('r');
    indexes oid[] := files('i');
    outcome text;
BEGIN
    BEGIN
        EXECUTE sql;
        RAISE EXCEPTION '%', CASE WHEN heap <> files('r') THEN 'rewrite' WHEN indexes <> files('i') THEN 'reindex' ELSE 'none' END
            USING ERRCODE = 'NM001';
    EXCEPTION WHEN SQLSTATE 'NM001' THEN outcome := SQLERRM;
        WHEN OTHERS THEN outcome := 'fails';
    END;
    RETURN CASE WHEN rules IS DISTINCT FROM CASE outcome WHEN 'none' THEN '{}'::text[] ELSE ARRAY['change-type-' || outcome] END
        THEN 'WRONG ' ELSE '' END || outcome;
END $$;
SET timezone = 'UTC';
SELECT change, try(change) FROM unnest(ARRAY[
    'a TYPE bigint', 'a TYPE oid', 'a TYPE int', 'a TYPE text', 'a TYPE bigint USING a', 'a TYPE numeric', 'a TYPE date',
    's TYPE varchar(11)', 's TYPE varchar', 's TYPE text', 's TYPE varchar(9)', 's TYPE char(10)', 's TYPE any_text',
    's TYPE some_text', 's TYPE varchar(20) COLLATE "C"', 's TYPE text USING s::varchar(20)::text', 's TYPE text USING s || s',
    'x TYPE varchar', 'x TYPE varchar(10)', 'x TYPE varchar USING x::varchar', 'x TYPE int', 'x TYPE int USING x::int', 'x TYPE jsonb', 'x TYPE xml', 'x TYPE text COLLATE "C"',
    'n TYPE numeric(12,2)', 'n TYPE numeric(12,4)', 'n TYPE numeric', 'n TYPE numeric(9,2)', 'n TYPE int', 'n0 TYPE numeric(5,0)',
    't TYPE timestamp(6)', 't TYPE timestamp', 't TYPE timestamp(2)', 't TYPE timestamptz', 't TYPE timestamptz(6)', 't TYPE date',
    'z TYPE timestamp', 'z TYPE timestamptz(3)', 'i TYPE interval', 'i TYPE interval(2)', 'b TYPE bit(4)', 'b TYPE varbit', 'v TYPE varbit(6)', 'v TYPE varbit',
    'r TYPE inet', 'e TYPE bigint[]', 'e TYPE int[]', 'f TYPE float8', 'd TYPE timestamp', 'd TYPE timestamptz', 'd TYPE int']) AS change;
RESET timezone;
DROP TABLE tried;
-- what is refused
:lint 'ALTER TABLE large ALTER b TYPE int');
:rules 'ALTER TABLE none ALTER b TYPE int USING b::int');
CREATE VIEW reads AS SELECT a FROM none;
:lint 'ALTER TABLE none ALTER a TYPE bigint');
:rules 'DROP VIEW reads; ALTER TABLE none ALTER a TYPE bigint; CREATE VIEW reads AS SELECT a FROM none');
:rules 'DO $do$ BEGIN DROP VIEW app.reads; END $do$; ALTER TABLE none ALTER a TYPE bigint');
:rules 'ALTER TABLE none ALTER b TYPE varchar');
DROP VIEW reads;
-- types of new columns
:lint 'CREATE TABLE t (id serial PRIMARY KEY, j json, m money, c char(5), t timestamp, z timetz, v varchar(20))');
:rules 'CREATE TABLE t (id int, small smallint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id))');
:rules 'CREATE TABLE t (id bigint PRIMARY KEY, i int, j jsonb, v varchar, b "char", t timestamptz, a json[])');
:rules 'ALTER TABLE none ADD j json, ALTER c TYPE char(10)');
:rules 'CREATE TEMP TABLE t (id int PRIMARY KEY, j json)');
-- enums
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE person (id bigint PRIMARY KEY, m mood, note text);
:lint E'ALTER TYPE mood ADD VALUE \'angry\';\nINSERT INTO person VALUES (1, \'angry\')');
:rules 'ALTER TYPE mood ADD VALUE ''angry''; ALTER TABLE person ALTER m SET DEFAULT ''angry''');
:rules 'ALTER TYPE mood ADD VALUE ''angry''; SELECT ''angry''::mood');
:rules 'ALTER TYPE mood ADD VALUE ''angry''; CREATE INDEX ON person (id) WHERE m = ''angry''');
:rules 'ALTER TYPE mood ADD VALUE ''angry''; INSERT INTO small (b) VALUES (''angry''); COMMENT ON TABLE person IS ''angry''');
:rules 'ALTER TYPE mood ADD VALUE ''angry''; UPDATE person SET m = ''sad'' WHERE id = 1');
:rules 'CREATE TYPE humour AS ENUM (''good''); ALTER TYPE humour ADD VALUE ''bad''; SELECT ''bad''::humour');
:lint 'ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''');
INSERT INTO person VALUES (1, 'sad');
:rules 'ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''');
SELECT migrate_apply('1', 'ALTER TYPE mood ADD VALUE ''angry''; UPDATE person SET m = ''angry'' WHERE id = 1');
SET client_min_messages = warning;
CALL migrate_run('1', 'ALTER TYPE mood ADD VALUE ''angry''; UPDATE person SET m = ''angry'' WHERE id = 1');
RESET client_min_messages;
-- domains
CREATE DOMAIN amount AS int;
ALTER TABLE large ADD COLUMN x amount;
:lint 'ALTER DOMAIN amount ADD CHECK (VALUE > 0)');
:lint 'ALTER DOMAIN amount SET NOT NULL');
:rules 'ALTER DOMAIN amount ADD CONSTRAINT p CHECK (VALUE > 0) NOT VALID');
ALTER TABLE large DROP COLUMN x;
:rules 'ALTER DOMAIN amount ADD CHECK (VALUE > 0)');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
