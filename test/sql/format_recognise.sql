--
-- Which format a set of files is of, and which are mixtures.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

CREATE FUNCTION test.try(VARIADIC paths text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    detail text;
BEGIN
    SELECT string_agg(version || ' ' || outcome, ', ') INTO result
    FROM migrate.migrate_register_files(paths, array_fill(''::text, ARRAY[cardinality(paths)]));
    RAISE EXCEPTION '%', result USING ERRCODE = 'P0099';
EXCEPTION
    WHEN SQLSTATE 'P0099' THEN
        RETURN sqlerrm;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        RETURN sqlstate || ': ' || sqlerrm || ' ' || detail;
END
$$;
SELECT test.try('20260101000000_a.sql');
SELECT test.try('db/migrate/0001_a.sql', 'db/migrate/0010_b.sql', 'db/migrate/0002_c.sql');
SELECT test.try('0001_a.up.sql', '0001_a.down.sql');
SELECT test.try('1767225600000_a.sql', '1767225600001_b.sql');
SELECT test.try('20260101000000123_a.sql');
SELECT test.try('V1__a.sql', 'U1__a.sql', 'R__b.sql');
SELECT test.try('1_a/up.sql', '1_a/down.sql', '.keep', 'README.md', '1_a/.gitkeep');
SELECT test.try('1_a/migration.sql', '1_a/down.sql');
SELECT test.try('structure.sql');
-- what is below the migrations
SELECT test.try('db/1_a.sql', 'db/archive/2_b.sql', 'db/archive/older/3_c.sql', 'db2/4_d.sql');
SELECT test.try('1_a.sql', 'a/2_b.sql');
SELECT test.try('/1_a.sql', '/a/2_b.sql');
SELECT test.try('a/2_b.sql', 'b/3_c.sql');
SELECT test.try('V1__a.sql', 'b/V2__b.sql');
SELECT test.try('m/1_a/migration.sql', 'm/1_a/old/migration.sql', 'm/migration_lock.toml');
SELECT test.try('.gitkeep');
-- names of no format
SELECT test.try('notes.sql');
SELECT test.try('20260101000000_a.sql', 'seed.sql');
SELECT test.try('20260101000000_a.txt');
SELECT test.try('20260101000000');
SELECT test.try('migrations/');
SELECT test.try('');
-- mixtures
SELECT test.try('20260101000000_a.sql', 'V1__a.sql');
SELECT test.try('1_a/up.sql', '2_b/migration.sql');
SELECT test.try('20260101000000_a.sql', '20260102000000_b.up.sql');
SELECT test.try('20260101000000_a.sql', 'schema.sql');
SELECT test.try('000001.sql', 'V1__a.sql');
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '2_b.sql', '3_c.sql'],
    ARRAY['SELECT 1', E'-- migrate:up\nSELECT 1', E'-- +goose Up\nSELECT 1;']);
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '2_b.sql'],
    ARRAY[E'-- no-transaction\nSELECT 1', E'-- migrate:up\nSELECT 1']);
-- one file without what the others have
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '2_b.sql'], ARRAY['SELECT 1', E'-- migrate:up\nSELECT 1']);
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '2_b.sql'], ARRAY['SELECT 1', E'-- +goose Up\nSELECT 1;']);
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '2_b.sql'], ARRAY['SELECT 1', E'-- Up Migration\nSELECT 1;']);
-- named
SELECT * FROM migrate_register_files(ARRAY['1_a.sql'], ARRAY['SELECT 1'], 'dbmate');
SELECT * FROM migrate_register_files(ARRAY['0001_a.sql'], ARRAY['SELECT 1'], 'sqlx');
SELECT * FROM migrate_register_files(ARRAY['0001_a.sql'], ARRAY['SELECT 1'], 'node-pg-migrate');
SELECT * FROM migrate_register_files(ARRAY['0001_a.sql'], ARRAY['SELECT 1'], 'supabase');
SELECT * FROM migrate_register_files(ARRAY['20260101000000_a.up.sql'], ARRAY['SELECT 1'], 'supabase');
SELECT * FROM migrate_register_files(ARRAY['0001_a.sql'], ARRAY['SELECT 1'], 'alembic');
SELECT * FROM migrate_register_files(ARRAY['0001_a.sql'], ARRAY['SELECT 1'], '');
SELECT * FROM migrate_register_files(ARRAY['x.sql'], ARRAY['SELECT 1'], 'structure');

:clean
