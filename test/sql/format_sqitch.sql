--
-- sqitch: a plan and its scripts.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('sqitch');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('sqitch');
SELECT test.columns('a_view'::regclass);
-- the stored SQL has no BEGIN and COMMIT, and the lines of the file
SELECT up_sql FROM migrate_definition WHERE version = 'users';
CALL migrate_down_to('app/orders');
SELECT * FROM test.objects;

-- files of known changes may be left out, of others not
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c FROM test.files('sqitch')
        WHERE path !~ 'users') AS a, migrate_register_files(p, c) AS r;
:fresh
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c FROM test.files('sqitch')
        WHERE path !~ 'deploy/users') AS a, migrate_register_files(p, c) AS r;
SELECT count(*) FROM migrate_status;

-- errors of the plan
CREATE FUNCTION test.plan(plan text) RETURNS TABLE (version text, outcome text) LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    RETURN QUERY SELECT * FROM migrate.migrate_register_files(
        ARRAY['sqitch.plan', 'deploy/a.sql', 'deploy/b.sql'],
        ARRAY[E'%syntax-version=1.0.0\n%project=p\n' || replace(plan, 'WHEN', '2026-01-01T12:00:00Z A <a@b.c>'), '', '']);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN QUERY SELECT sqlstate, sqlerrm || ' (' || split_part(context, E'\n', 1) || ')';
END
$$;
SELECT * FROM test.plan(E'a WHEN\nb [a] WHEN # a note');
SELECT * FROM test.plan(E'a WHEN\r\nb [a] WHEN # a note\r\n');
SELECT * FROM test.plan('a');
SELECT * FROM test.plan('a 2026-01-01 A <a@b.c>');
SELECT * FROM test.plan('a 2026-01-01T12:00:0xZ A <a@b.c>');
SELECT * FROM test.plan('a 2026-01-01T12:00:00Z A');
SELECT * FROM test.plan('a [b WHEN');
SELECT * FROM test.plan('a [b] WHEN');
SELECT * FROM test.plan(E'a WHEN\nb [a@v1] WHEN');
SELECT * FROM test.plan(E'a WHEN\nb [!a] WHEN');
SELECT * FROM test.plan(E'a WHEN\nb [other:a] WHEN');
SELECT * FROM test.plan(E'a WHEN\na WHEN');
SELECT * FROM test.plan(E'@v1 WHEN\na WHEN');
SELECT * FROM test.plan(E'a WHEN\n@v1 WHEN\n@v1 WHEN');
SELECT * FROM test.plan(E'a WHEN\n@ WHEN');
SELECT * FROM test.plan('+a WHEN');
SELECT * FROM test.plan(E'%syntax-version=2.0.0\na WHEN');
SELECT * FROM test.plan('a WHEN');
SELECT * FROM test.plan(E'a WHEN\nb WHEN\nc WHEN');
SELECT * FROM migrate_register_files(ARRAY['sqitch.plan'], ARRAY['a 2026-01-01T12:00:00Z A <a@b.c>']);
SELECT * FROM migrate_register_files(ARRAY['deploy/a.sql'], ARRAY[''], 'sqitch');
SELECT * FROM migrate_register_files(ARRAY['a/sqitch.plan', 'b/sqitch.plan'], ARRAY['', '']);
-- a rework's scripts are called after any of the tags between, best the newest
SELECT * FROM migrate_register_files(ARRAY['sqitch.plan', 'deploy/x.sql', 'deploy/x@v1.sql', 'revert/x@v2.sql'],
    ARRAY[replace(E'%project=p\nx WHEN\n@v1 WHEN\ny WHEN\n@v2 WHEN\n@v3 WHEN\nx [x@v1] WHEN\n', 'WHEN', '2026-01-01T12:00:00Z A <a@b.c>'),
          'SELECT 2', 'SELECT 1', 'SELECT 0']);
SELECT * FROM migrate_register_files(ARRAY['sqitch.plan', 'deploy/x.sql', 'deploy/y.sql', 'deploy/x@v1.sql', 'revert/x@v2.sql'],
    ARRAY[replace(E'%project=p\nx WHEN\n@v1 WHEN\ny WHEN\n@v2 WHEN\n@v3 WHEN\nx [x@v1] WHEN\n', 'WHEN', '2026-01-01T12:00:00Z A <a@b.c>'),
          'SELECT 2', '', 'SELECT 1', 'SELECT 0']);
SELECT version, up_sql, down_sql, depends_on FROM migrate_definition WHERE version ~ '^[xy]' ORDER BY version;
-- what only psql can do
SELECT * FROM migrate_register_files(ARRAY['sqitch.plan', 'deploy/a.sql'],
    ARRAY[E'%project=p\na 2026-01-01T12:00:00Z A <a@b.c>', E'BEGIN;\n\\set x 1\nCOMMIT;']);
-- a conflict that is applied
SELECT migrate_apply('legacy', '');
SELECT * FROM test.plan(E'a [!legacy] WHEN\nb WHEN');
SELECT * FROM test.plan(E'a [!other:legacy] WHEN\nb WHEN');
SELECT * FROM test.plan(E'a [!other:nothing] WHEN\nb [!p:nothing] WHEN');
SELECT * FROM test.plan('a [');

:clean
