--
-- The default format, dbmate's: sections in one file per migration.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('dbmate');
SELECT version, description, has_down, depends_on FROM migrate_status;
-- the parts keep the lines of the file
SELECT version, up_sql, down_sql FROM migrate_definition WHERE version = '20260101000000';
CALL migrate_up();
SELECT * FROM test.objects;
-- again: nothing to do, whatever the line ends and the comments
SELECT * FROM test.register('dbmate');
SELECT r.* FROM (SELECT array_agg(path ORDER BY path) AS p, array_agg(replace(content, E'\n', E'\r\n') ORDER BY path) AS c
        FROM test.files('dbmate') WHERE content !~ E'\r') AS a, migrate_register_files(p, c) AS r;
CALL migrate_down(100);
SELECT * FROM test.objects;
SELECT * FROM test.register('dbmate');

-- directives in quotes and comments are none; marks without need and needs
-- without mark; several pairs; no down; a byte order mark; order of the names
:fresh
SET client_min_messages = notice;
SELECT * FROM test.register('dbmate-traps');
SET client_min_messages = warning;
SELECT version, depends_on FROM migrate_status;
SELECT up_sql, down_sql FROM migrate_definition WHERE version = '20260102000000';
CALL migrate_up();
SELECT * FROM test.objects;
SELECT obj_description('notes'::regclass);
CALL migrate_down(2);
-- a late one is late, and one that only sorts before is not
SELECT * FROM migrate_register_files(
    ARRAY['10_a.sql', '9_short.sql'],
    ARRAY[E'-- migrate:up\nSELECT 1', (SELECT content FROM test.files('dbmate-traps') WHERE path ~ '9_short')]);
SELECT * FROM migrate_register_files(
    ARRAY['90_b.sql', '20260106000000_bom.sql'],
    ARRAY[E'-- migrate:up\nSELECT 1', (SELECT content FROM test.files('dbmate-traps') WHERE path ~ 'bom')]);
SELECT version, depends_on FROM migrate_status WHERE state = 'pending';
CALL migrate_up();

-- errors have the place in the file, and the file
SELECT * FROM migrate_register_files(ARRAY['db/migrations/1_x.sql'],
    ARRAY[E'-- a comment\n\n-- migrate:up\nSELECT 1;\n\n-- migrate:down\nSELECT 1;\n  SELEC 2;\n']);
SELECT * FROM migrate_register_files(ARRAY['db\migrations\1_x.sql'],
    ARRAY[E'-- migrate:up\nSELECT 1;\n\t\\d\n']);
SELECT * FROM migrate_register_files(ARRAY['200_x.sql'],
    ARRAY[E'-- migrate:up\n\nSELECT 1;\n\n-- migrate:down\nSELECT 1;\n  SELECT 2 / 0;\n']);
CALL migrate_up();
CALL migrate_down();

:clean
