--
-- What the functions of the folder protocol refuse, and that it leaves
-- everything as it was.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/folder/load.sql'
\set ECHO none
\i :load
\set ECHO all
\set state 'SELECT (SELECT count(*) FROM migrate_file) AS files, (SELECT count(*) FROM migrate_folder) AS folders, string_agg(version || '' '' || state, '', '') FROM migrate_status;'

-- arguments
SELECT migrate_folder_known(NULL);
\echo :SQLSTATE
SELECT migrate_folder_known(''), migrate_folder_known('\x00');
SELECT * FROM migrate_files_missing(NULL);
\echo :SQLSTATE
SELECT * FROM migrate_files_missing(ARRAY[sha256(''), NULL]);
\echo :SQLSTATE
SELECT * FROM migrate_files_missing(ARRAY[sha256(''), '\x00']);
\echo :SQLSTATE
SELECT * FROM migrate_files_missing(ARRAY[ARRAY[sha256('')], ARRAY[sha256('')]]);
\echo :SQLSTATE
SELECT migrate_store_files(NULL);
\echo :SQLSTATE
SELECT migrate_store_files(ARRAY['SELECT 1', NULL]);
SELECT migrate_store_files(ARRAY[ARRAY['SELECT 1'], ARRAY['SELECT 2']]);
SELECT * FROM migrate_register_folder(NULL, '{}');
SELECT * FROM migrate_register_folder('{}', NULL);
SELECT * FROM migrate_register_folder('{}', '{}', NULL, NULL);
\echo :SQLSTATE
SELECT * FROM migrate_register_folder(ARRAY['1_a.sql'], '{}');
\echo :SQLSTATE
SELECT * FROM migrate_register_folder(ARRAY['1_a.sql'], ARRAY['abc'::bytea]);
SELECT * FROM migrate_register_folder(ARRAY[NULL], ARRAY[sha256('')]);
SELECT * FROM migrate_register_folder('{}', '{}', 'no such');
SELECT * FROM migrate_register_folder(ARRAY['1_a.sql'], ARRAY[sha256('')], 'no such');
SELECT migrate_store_files(ARRAY['']);
SELECT * FROM migrate_register_folder(ARRAY['1_a.sql'], ARRAY[sha256('')], 'no such');

-- a folder that is there to be left alone
:fresh
SELECT test.put('1', 'CREATE TABLE one (a int);', 'DROP TABLE one;'), test.put('2', 'CREATE TABLE two (a int);');
SELECT version, outcome FROM test.send();
CALL migrate_up();
SELECT test.put('3', 'CREATE TABLE three (a int);');
SELECT version, outcome FROM test.send();
SELECT test.look();
:state

-- contents that the server does not have
SELECT * FROM migrate_register_folder(test.paths() || '{4_a.sql}', test.checksums() || ARRAY[sha256('x')]);
\echo :SQLSTATE
SELECT * FROM migrate_register_folder('{5_a.sql,4_a.sql}', ARRAY[sha256('x'), sha256('y')]);
SELECT test.look();

-- two files with one version
SELECT test.put('03', 'SELECT 3');
INSERT INTO test.file VALUES ('m/3_other.sql', E'-- migrate:up\nSELECT 33;');
SELECT version, outcome FROM test.send();
\echo :SQLSTATE
DELETE FROM test.file WHERE path IN ('m/03_x.sql', 'm/3_other.sql');
SELECT test.look();

-- a version that is applied with other SQL
SELECT test.put('2', E'CREATE TABLE two (\n  a bigint\n);'), test.put('4', 'SELECT 4;');
SELECT version, outcome FROM test.send();
\echo :SQLSTATE
SELECT test.put('2', 'CREATE TABLE two (a int);');
DELETE FROM test.file WHERE path ~ '4_';
SELECT test.look();

-- a name that fits no format, a mixture, a directive at the wrong place
INSERT INTO test.file VALUES ('m/notes.txt', 'hello');
SELECT version, outcome FROM test.send();
\echo :SQLSTATE
UPDATE test.file SET path = 'm/V4__x.sql', contents = 'SELECT 4' WHERE path = 'm/notes.txt';
SELECT version, outcome FROM test.send();
UPDATE test.file SET path = 'm/4_x.sql', contents = E'SELECT 4;\n  -- migrate:up' WHERE path = 'm/V4__x.sql';
SELECT version, outcome FROM test.send();
UPDATE test.file SET contents = E'-- migrate:up\nSELECT 4;\nSELEC 5;' WHERE path = 'm/4_x.sql';
SELECT version, outcome FROM test.send();
\echo :SQLSTATE
UPDATE test.file SET contents = E'-- migrate:up\n\\i other.sql\n' WHERE path = 'm/4_x.sql';
SELECT version, outcome FROM test.send();
UPDATE test.file SET path = 'm/', contents = '' WHERE path = 'm/4_x.sql';
SELECT version, outcome FROM test.send();
UPDATE test.file SET path = './m/3_x.sql' WHERE path = 'm/';
SELECT version, outcome FROM test.send();
DELETE FROM test.file WHERE path = './m/3_x.sql';
:state
SELECT test.look();

-- whom it is not for, and when
CREATE FUNCTION test.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE VIEW test.every AS
SELECT statement FROM unnest(ARRAY['SELECT migrate.migrate_folder_known(sha256(''''))',
    'SELECT migrate.migrate_files_missing(ARRAY[sha256('''')])', 'SELECT migrate.migrate_store_files(ARRAY[''x''])',
    'SELECT migrate.migrate_register_folder(''{}'', ''{}'')',
    'SELECT migrate.migrate_register_folder(test.paths(), test.checksums())',
    'SELECT contents FROM migrate.migrate_file', 'SELECT versions FROM migrate.migrate_folder',
    'INSERT INTO migrate.migrate_file VALUES (sha256(''''), ''DROP TABLE one'')', 'DELETE FROM migrate.migrate_folder',
    'UPDATE migrate.migrate_file SET contents = ''DROP TABLE one''']) AS statement;
CREATE ROLE regress_nm_folder;
GRANT USAGE ON SCHEMA migrate, test TO regress_nm_folder;
GRANT SELECT ON ALL TABLES IN SCHEMA test TO regress_nm_folder;
SET ROLE regress_nm_folder;
SELECT test.try(statement) FROM test.every;
RESET ROLE;
-- he needs no rights on the tables to use the functions
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO regress_nm_folder;
SET ROLE regress_nm_folder;
SELECT test.try(statement) FROM test.every;
RESET ROLE;
DROP OWNED BY regress_nm_folder;
DROP ROLE regress_nm_folder;
BEGIN READ ONLY;
SELECT test.try(statement) FROM test.every LIMIT 5;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT test.try(statement) FROM test.every LIMIT 5;
COMMIT;
-- inside a migration
SELECT migrate_apply('8', 'CREATE TABLE result AS SELECT test.try(statement) FROM test.every LIMIT 5', 'DROP TABLE result');
SELECT * FROM result;
:clean
