--
-- diesel and Prisma: a folder per migration.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('diesel');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('diesel');
SELECT migrate_stamp('20260103120000', NULL, 'DROP TABLE orders');
CALL migrate_down(100);
SELECT * FROM test.objects;

:fresh
SELECT * FROM test.register('prisma');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('prisma');
CALL migrate_down(1);

-- diesel orders by string
SELECT * FROM migrate_register_files(ARRAY['9_a/up.sql', '10_b/up.sql', '100_c/up.sql'], ARRAY['', '', '']);
SELECT version, depends_on FROM migrate_status WHERE state = 'pending';

-- errors
SELECT * FROM migrate_register_files(ARRAY['1_a/down.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['1_a/up.sql', '2_b/metadata.toml'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a/up.sql', '1_a/metadata.toml'], ARRAY['', E'# x\nrun_in_transaction = maybe']);
SELECT * FROM migrate_register_files(ARRAY['1-1_a/up.sql', '11_b/up.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['_a/up.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['up.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['1_a/migration.sql', '2_b/down.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['migration_lock.toml', '1_a/migration.sql'], ARRAY[E'provider = "mysql"', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a/migration.sql', '1_a/up.sql'], ARRAY['', '']);

:fresh
SELECT * FROM test.register('diesel-traps');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('diesel-traps');

:fresh
SELECT * FROM test.register('prisma-traps');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('prisma-traps');

:clean
