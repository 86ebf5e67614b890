--
-- What the tests of the formats share: reads a folder of test/formats, and
-- shows what has become of it.
--
\set QUIET on
SET client_min_messages = warning;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA test;
SET search_path = public, migrate;
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

-- what a user of the database would see of it
CREATE VIEW test.objects AS
    SELECT c.relkind::text || ' ' || c.relname AS object
    FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'f ' || p.proname FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace
    ORDER BY 1;
\set QUIET off
