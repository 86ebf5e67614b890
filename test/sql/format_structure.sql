--
-- A baseline as pg_dump writes it.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('structure');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('structure');
SELECT public.greeting();
SELECT array_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace;
-- without versions, and by another name
SELECT * FROM migrate_register_files(ARRAY['db/dump.sql'], ARRAY[E'--\n-- PostgreSQL database dump\n--\n\nSELECT 1;']);
SELECT * FROM migrate_register_files(ARRAY['schema.sql'], ARRAY['SELECT 2;']);
-- dbmate's own
SELECT * FROM migrate_register_files(ARRAY['schema.sql'],
    ARRAY[E'CREATE TABLE x (a int);\n\n--\n-- Dbmate schema migrations\n--\n\nINSERT INTO public.schema_migrations (version) VALUES\n    (\'20260401000000\');\n']);
SELECT up_sql FROM migrate_definition WHERE version = '20260401000000';
-- other commands of psql stay an error, at the line of the file
SELECT * FROM migrate_register_files(ARRAY['structure.sql'], ARRAY[E'\\restrict x\nSELECT 1;\n\\connect y\n']);
SELECT * FROM migrate_register_files(ARRAY['structure.sql'], ARRAY[E'CREATE TABLE y (a int);\nCOPY y FROM stdin;\n1\n\\.\n']);
SELECT * FROM migrate_register_files(ARRAY['structure.sql', 'schema.sql'], ARRAY['', '']);
DROP TABLE public.users, public.schema_migrations;
DROP FUNCTION public.greeting();

:clean
