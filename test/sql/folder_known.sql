--
-- When a folder is known: after whatever happened, only if registering it would
-- do nothing.  (test.look() says WRONG if it is called known and is not.)
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/folder/load.sql'
\set ECHO none
\i :load
\set ECHO all
\set three 'SELECT test.put(''1'', ''CREATE TABLE one (a int);'', ''DROP TABLE one;''), test.put(''2'', ''CREATE TABLE two (a int);'', ''DROP TABLE two;''), test.put(''3'', ''CREATE TABLE three (a int);'', ''DROP TABLE three;'');'
\set sent 'SELECT string_agg(version || '' '' || outcome, '', '') FROM test.send();'

-- never registered, pending, applied
:fresh
:three
SELECT test.look();
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();
SELECT seq FROM migrate_folder;

-- applied in part: what is pending may get other dependencies by that
:fresh
:three
:sent
CALL migrate_up('2');
SELECT test.look();
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();

-- applied in one transaction, before and after it ends
:fresh
:three
:sent
BEGIN;
SELECT migrate_apply_pending();
SELECT test.look();
ROLLBACK;
SELECT test.look();
SELECT migrate_apply_pending();
SELECT test.look();

-- rolled back, redone, unstamped, stamped
CALL migrate_down();
SELECT test.look();
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();
SELECT migrate_redo('3');
SELECT test.look();
:sent
SELECT migrate_unstamp('3');
SELECT test.look();
:sent
SELECT migrate_stamp('3');
SELECT test.look();
:sent
SELECT test.look();

-- a version that was applied by hand is rolled back: it has no definition
:fresh
:three
SELECT migrate_apply('1', 'CREATE TABLE one (a int);', 'DROP TABLE one;', 'x'),
       migrate_apply('2', 'CREATE TABLE two (a int);', 'DROP TABLE two;', 'x'),
       migrate_apply('3', 'CREATE TABLE three (a int);', 'DROP TABLE three;', 'x');
:sent
SELECT test.look();
SELECT migrate_rollback();
SELECT test.look();
:sent
SELECT test.look();

-- pending ones are applied by hand: with the same text, other blanks, other down SQL, none
:fresh
:three
:sent
SELECT migrate_apply(version, up_sql, down_sql, description) FROM migrate_definition ORDER BY version;
SELECT test.look();
:fresh
:three
:sent
SELECT migrate_apply(version, up_sql || ' ', down_sql, description) FROM migrate_definition ORDER BY version;
SELECT test.look();
:fresh
:three
:sent
SELECT migrate_apply(version, up_sql, 'SELECT 1', description) FROM migrate_definition ORDER BY version;
SELECT test.look();
:fresh
:three
:sent
SELECT migrate_apply(version, up_sql) FROM migrate_definition ORDER BY version;
SELECT test.look();
:fresh
:three
:sent
SELECT migrate_apply(version, 'SELECT 1', down_sql, description) FROM migrate_definition ORDER BY version;
SELECT test.look();
:fresh
:three
:sent
SELECT migrate_stamp(version) FROM migrate_definition ORDER BY version;
SELECT test.look();

-- the ledger is amended
:fresh
:three
:sent
CALL migrate_up();
SELECT migrate_stamp('2', NULL, 'DROP TABLE two CASCADE');
SELECT test.look();

-- the list is changed by other calls: each forgets the folder
:fresh
:three
:sent
SELECT migrate_register('2', 'CREATE TABLE two (a int);', 'DROP TABLE two;', 'x');
SELECT test.look();
SELECT migrate_register('2', 'CREATE TABLE two (a int, b int);', 'DROP TABLE two;', 'x');
SELECT test.look();
SELECT migrate_register('2', 'CREATE TABLE two (a int);', 'DROP TABLE two;', 'x');
SELECT test.look(), count(*) FROM migrate_folder;
:sent
SELECT migrate_unregister('2');
SELECT test.look();
:sent
SELECT migrate_unregister('no such');
SELECT test.look();
SELECT migrate_register('9', '');
SELECT test.look();
:sent
SELECT test.look();
-- a version of another set is applied
CALL migrate_up();
SELECT test.look();

-- other files
:fresh
:three
:sent
SELECT count(*) FROM migrate_register_files(test.paths(), test.contents());
SELECT test.look();
SELECT count(*) FROM migrate_register_files(test.paths(), (SELECT array_agg(c || ' ') FROM unnest(test.contents()) AS c));
SELECT test.look();
SELECT count(*) FROM migrate_register_files(test.paths(), (SELECT array_agg(c || ' SELECT 1') FROM unnest(test.contents()) AS c));
SELECT test.look();

-- migrations that run in steps
:fresh
:three
SELECT test.put('4', E'CREATE TABLE four (a int);\nCREATE INDEX CONCURRENTLY ON four (a);', 'DROP TABLE four;');
:sent
CALL migrate_up();
SELECT action, direction FROM migrate_history WHERE version = '4';
SELECT test.look();
CALL migrate_down();
SELECT test.look();
-- with the same SQL by migrate_run(), and with other
:sent
SELECT up_sql, down_sql FROM migrate_definition WHERE version = '4' \gset
CALL migrate_run('4', :'up_sql', :'down_sql', 'x');
SELECT test.look();
CALL migrate_down();
:sent
CALL migrate_run('4', :'up_sql' || 'SELECT 1;', :'down_sql', 'x');
SELECT test.look();
-- one that fails is pending, and registered as it is
:fresh
:three
SELECT test.put('4', E'CREATE TABLE four (a int);\nCREATE INDEX CONCURRENTLY ON four (b);', 'DROP TABLE four;');
:sent
\set VERBOSITY terse
CALL migrate_up();
\set VERBOSITY default
SELECT test.look();
:sent
SELECT test.look();
CREATE TABLE app.was (LIKE four);
ALTER TABLE four ADD b int;
CALL migrate_up();
SELECT test.look();

-- repeatable ones and their numbers
:fresh
INSERT INTO test.file VALUES ('V1__a.sql', 'CREATE TABLE a (a int)'), ('V2__b.sql', 'CREATE TABLE b (a int)'), ('R__v.sql', 'SELECT 1');
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();
UPDATE test.file SET contents = 'SELECT 2' WHERE path ~ '^R';
SELECT test.look();
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();
SELECT versions FROM migrate_folder;
-- back to the first: the third
UPDATE test.file SET contents = 'SELECT 1' WHERE path ~ '^R';
:sent
CALL migrate_up();
SELECT test.look();
CALL migrate_down();
SELECT test.look();

-- baselines
:fresh
INSERT INTO test.file VALUES ('V1__a.sql', 'CREATE TABLE a (a int)'), ('V2__b.sql', 'CREATE TABLE b (a int)'),
    ('B2__all.sql', 'CREATE TABLE a (a int); CREATE TABLE b (a int)'), ('V3__c.sql', 'CREATE TABLE c (a int)');
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();
:fresh
INSERT INTO test.file VALUES ('V1__a.sql', 'CREATE TABLE a (a int)'), ('V2__b.sql', 'CREATE TABLE b (a int)');
:sent
CALL migrate_up('1');
INSERT INTO test.file VALUES ('B2__all.sql', 'CREATE TABLE a (a int); CREATE TABLE b (a int)');
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();

-- an order of its own: dependencies while it is pending
:fresh
INSERT INTO test.file VALUES ('9_a.sql', E'-- migrate:up\nSELECT 1'), ('10_b.sql', E'-- migrate:up\nSELECT 2'), ('11_c.sql', E'-- migrate:up\nSELECT 3');
:sent
SELECT version, depends_on FROM migrate_status;
SELECT test.look();
CALL migrate_up('10');
SELECT test.look();
:sent
SELECT test.look();
CALL migrate_up();
SELECT test.look();

-- which change when a later one is applied before it
:fresh
INSERT INTO test.file VALUES ('9_a/up.sql', 'SELECT 1'), ('10_b/up.sql', 'SELECT 2'), ('91_c/up.sql', 'SELECT 3');
:sent
SELECT version, depends_on FROM migrate_status;
SELECT migrate_apply(version, up_sql, down_sql, description) FROM migrate_definition WHERE version <> '9' ORDER BY version;
SELECT test.look();

-- a look only, in a transaction that cannot write or keeps to its snapshot
:fresh
:three
:sent
CALL migrate_up();
BEGIN READ ONLY;
SELECT migrate_folder_known(test.folder());
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_folder_known(test.folder());
COMMIT;
SELECT seq FROM migrate_folder;
SELECT migrate_folder_known(test.folder());
SELECT seq FROM migrate_folder;

-- to lose the cache is no harm
TRUNCATE migrate_file, migrate_folder;
SELECT test.look();
:sent
SELECT test.look();
:clean
