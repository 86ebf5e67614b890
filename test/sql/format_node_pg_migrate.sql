--
-- node-pg-migrate: SQL files with sections in either order.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('node-pg-migrate');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('node-pg-migrate');
SELECT up_sql, down_sql FROM migrate_definition WHERE version ~ 'reversed';
CALL migrate_down(1);
SELECT * FROM test.objects;

-- errors
SELECT * FROM migrate_register_files(ARRAY['1767225600000_x.js'], ARRAY['exports.up = 1']);
SELECT * FROM migrate_register_files(ARRAY['1767225600000_x.sql'], ARRAY[E'-- Down Migration\nSELECT 1;']);
SELECT * FROM migrate_register_files(ARRAY['1767225600000_x.sql'], ARRAY[E'SELECT 1;\n-- Up Migration\nSELECT 1;']);

:clean
