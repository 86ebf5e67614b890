--
-- What migrate_register_files() refuses, and that it leaves nothing behind.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- arguments
SELECT * FROM migrate_register_files(NULL, '{}');
\echo :SQLSTATE
SELECT * FROM migrate_register_files('{}', NULL);
SELECT * FROM migrate_register_files('{}', '{}');
SELECT * FROM migrate_register_files('{}', '{}', 'dbmate');
SELECT * FROM migrate_register_files(ARRAY['1_a.sql'], '{}');
\echo :SQLSTATE
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', NULL], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['1_a.sql'], ARRAY[NULL]);
SELECT * FROM migrate_register_files(ARRAY[ARRAY['1_a.sql'], ARRAY['2_b.sql']], ARRAY['', '']);

-- paths
SELECT * FROM migrate_register_files(ARRAY['1_a.sql', '1_a.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['db/1_a.sql', '.\db\\1_a.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['./db//1_a.sql', 'db/./1_a.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['db\migrations\20260101000000_a\up.sql', 'db\migrations\20260101000000_a\down.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['/srv/1_a.sql'], ARRAY['SELEC']);
SELECT * FROM migrate_register_files(ARRAY[repeat('very/long/', 1000) || '1_a.sql'], ARRAY['SELEC']);
SELECT * FROM migrate_register_files(ARRAY['1_' || repeat('long', 1000) || '.sql'], ARRAY['']);
SELECT length(description) FROM migrate_status;
SELECT * FROM migrate_register_files(ARRAY['1_' || repeat('long', 1000) || '/migration.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY[repeat('1', 256) || '_a.sql'], ARRAY['']);
SELECT * FROM migrate_register_files(ARRAY['a/1_a.sql', 'b/1_b.sql'], ARRAY['', '']);
SELECT * FROM migrate_register_files(ARRAY['a/1_a.sql', 'b/1_b.sql'], ARRAY[E'-- migrate:up\n', E'-- migrate:up\n']);

-- directives
\set files 'ARRAY[\'1_x.sql\'], ARRAY'
SELECT * FROM migrate_register_files(:files[E'-- migrate:up\n-- migrate:sideways']);
SELECT * FROM migrate_register_files(:files[E'-- Migrate:up\n']);
SELECT * FROM migrate_register_files(:files[E'SELECT 1; -- migrate:up\n']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:upward\n']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:up transaction:no']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:up transaction:false lock:none']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:down\n-- migrate:up\n']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:up\n-- migrate:up\n']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:up\n-- migrate:down\n-- migrate:down\n']);
SELECT * FROM migrate_register_files(:files[E'/* x */\n  SELECT 1;\n-- migrate:up\n']);
SELECT * FROM migrate_register_files(:files[E'-- migrate:up\nSELECT \'unfinished;\n-- migrate:down\n']);

-- content: an empty file, a byte order mark alone, line ends
SELECT * FROM migrate_register_files(ARRAY['2_a.sql', '3_b.sql'], ARRAY['', convert_from('\xefbbbf', 'UTF8')]);
SELECT * FROM migrate_register_files(ARRAY['4_a.sql'], ARRAY[convert_from('\xefbbbf', 'UTF8') || E'-- migrate:up\r\nSELECT 1;\r\n  SELEC 2;\r\n']);

-- applied with other content
SELECT * FROM migrate_register_files(ARRAY['1_a.sql'], ARRAY['CREATE TABLE a (a int)']);
CALL migrate_up();
SELECT * FROM migrate_register_files(ARRAY['1_a.sql'], ARRAY['CREATE TABLE a ( a int );']);
SELECT * FROM migrate_register_files(ARRAY['0_b.sql', '1_a.sql', '5_c.sql'],
    ARRAY['SELECT 1', 'CREATE TABLE a (b int)', 'SELECT 1']);
\echo :SQLSTATE
-- all or nothing
SELECT version, state FROM migrate_status;
BEGIN;
SELECT * FROM migrate_register_files(ARRAY['5_c.sql', '6_d.sql'], ARRAY['SELECT 1', 'SELECT 1']);
ROLLBACK;
SELECT version, state FROM migrate_status;

-- rights
CREATE ROLE regress_format_nobody;
GRANT USAGE ON SCHEMA migrate TO regress_format_nobody;
SET ROLE regress_format_nobody;
SELECT * FROM migrate_register_files('{}', '{}');
RESET ROLE;
REVOKE USAGE ON SCHEMA migrate FROM regress_format_nobody;
DROP ROLE regress_format_nobody;

:clean
