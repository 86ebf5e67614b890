--
-- What the tests of the formats share: reads a folder of test/formats, and
-- shows what has become of it.
--
\set QUIET on
SET client_min_messages = warning;
-- a database without migrations
\set fresh 'DROP EXTENSION IF EXISTS neon_migrate; DROP SCHEMA IF EXISTS migrate, app CASCADE; CREATE SCHEMA migrate; CREATE EXTENSION neon_migrate SCHEMA migrate; CREATE SCHEMA app;'
-- and one as it was before the test
\set clean 'DROP EXTENSION neon_migrate; DROP SCHEMA migrate, app, test CASCADE;'
:fresh
CREATE SCHEMA test;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
\pset null NULL
\getenv formats PG_ABS_SRCDIR
SELECT set_config('test.formats', :'formats' || '/formats', false) \g /dev/null

CREATE FUNCTION test.files(folder text) RETURNS TABLE (path text, content text)
    LANGUAGE sql AS $$
    WITH RECURSIVE entry AS (
        SELECT folder AS path, true AS isdir
        UNION ALL
        SELECT e.path || '/' || f.name, s.isdir
        FROM entry AS e,
             pg_ls_dir(current_setting('test.formats') || '/' || e.path) AS f (name),
             pg_stat_file(current_setting('test.formats') || '/' || e.path || '/' || f.name) AS s
        WHERE e.isdir
    )
    SELECT e.path, pg_read_file(current_setting('test.formats') || '/' || e.path)
    FROM entry AS e
    WHERE NOT e.isdir
$$;

CREATE FUNCTION test.register(folder text, format text DEFAULT NULL)
    RETURNS TABLE (version text, outcome text)
    LANGUAGE sql AS $$
    SELECT r.*
    FROM (SELECT array_agg(f.path ORDER BY f.path COLLATE "C") AS paths,
                 array_agg(f.content ORDER BY f.path COLLATE "C") AS contents
          FROM test.files(folder) AS f) AS a,
         migrate.migrate_register_files(a.paths, a.contents, format) AS r
$$;

CREATE FUNCTION test.columns(relation regclass) RETURNS name[]
    LANGUAGE sql AS $$
    SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

-- what a user of the database would see of it
CREATE VIEW test.objects AS
    SELECT c.relkind::text || ' ' || c.relname AS object
    FROM pg_class AS c
    WHERE c.relnamespace = to_regnamespace('app')
    UNION ALL
    SELECT 'f ' || p.proname FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('app')
    ORDER BY 1;
