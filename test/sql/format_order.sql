--
-- The order in which each tool applies what is in a folder, with the names and
-- the directives that it takes besides the usual ones.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('dbmate-order', 'dbmate');
SELECT version, description, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
:fresh

SELECT * FROM test.register('golang-migrate-order', 'golang-migrate');
SELECT version, description, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
:fresh

SELECT * FROM test.register('goose-order', 'goose');
SELECT version, description, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
:fresh

SELECT * FROM test.register('node-pg-migrate-order', 'node-pg-migrate');
SELECT version, description, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
:fresh

SELECT * FROM test.register('flyway-order', 'flyway');
SELECT version, description, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
:clean
