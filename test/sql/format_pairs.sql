--
-- golang-migrate, sqlx and Supabase: whole files.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('golang-migrate');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('golang-migrate');
CALL migrate_down(1);
SELECT migrate_stamp('10', NULL, 'DROP TABLE orders');
CALL migrate_down(100);
SELECT * FROM test.objects;

:fresh
SELECT * FROM test.register('sqlx');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('sqlx');
SELECT version, description FROM test.register('sqlx', 'sqlx') JOIN migrate_status USING (version);
:fresh
SELECT * FROM test.register('sqlx-pairs');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('sqlx-pairs');
CALL migrate_down(100);
SELECT * FROM test.objects;

:fresh
SELECT * FROM test.register('supabase');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('supabase');

-- errors
SELECT * FROM migrate_register_files(ARRAY['1_a.up.sql', '2_b.down.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a.up.sql', '01_b.up.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a.up.sql', '1_a.down.sql', '001_b.down.sql'], ARRAY['', '', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '01_b.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a.up.sql', '1_a.down.sql'], ARRAY['SELECT 1', E'SELECT 1;\n\n SELEC 2']);

:fresh
SELECT * FROM test.register('sqlx-traps');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('sqlx-traps');

:fresh
SELECT * FROM test.register('supabase-traps');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('supabase-traps');

:fresh
SELECT * FROM test.register('supabase-numbers', 'supabase');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('supabase-numbers', 'supabase');

-- what is told
:fresh
SET client_min_messages = notice;
SELECT * FROM migrate_register_files(ARRAY['db/2_b.sql', 'db/a/1_a.sql', 'db/a/b/3_c.sql'], ARRAY['', '', '']);
SELECT * FROM migrate_register_files(ARRAY['20211208999999_init.sql', '20211209000000_init.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['20211209000001_init.sql'], ARRAY[E'-- pg-delta: transaction=false\r\nSELECT 1']);
SELECT * FROM migrate_register_files(ARRAY['20211209000002_x.sql'], ARRAY[E'-- pg-delta: transaction=false2\r\nSELECT 1']);
SET client_min_messages = warning;

:clean
