--
-- The folder protocol: names and checksums first, contents of only what the
-- server lacks, and nothing at all for a folder that is known.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/folder/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT test.put('1', 'CREATE TABLE one (a int);', 'DROP TABLE one;'),
       test.put('2', 'CREATE TABLE two (a int);'),
       test.put('3', 'CREATE TABLE three (a int);', '');
SELECT migrate_folder_known(test.folder());
SELECT * FROM migrate_files_missing(test.checksums());
SELECT migrate_store_files(test.contents());
SELECT * FROM migrate_files_missing(test.checksums());
SELECT * FROM migrate_register_folder(test.paths(), test.checksums());
SELECT migrate_folder_known(test.folder());
SELECT checksum = test.folder(), format, versions, seq, registered_by = session_user FROM migrate_folder;
SELECT version, state, has_down FROM migrate_status;

-- the call keeps the folder known, and at no more than one look from then on
CALL migrate_up();
SELECT seq FROM migrate_folder;
SELECT migrate_folder_known(test.folder());
SELECT seq FROM migrate_folder;
SELECT * FROM migrate_register_folder(test.paths(), test.checksums());
SELECT migrate_folder_known(test.folder());

-- one file more: it alone is missing
SELECT test.put('4', 'CREATE TABLE four (a int);', 'DROP TABLE four;');
SELECT migrate_folder_known(test.folder());
SELECT * FROM migrate_files_missing(test.checksums());
SELECT * FROM test.send();
SELECT * FROM migrate_files_missing(test.checksums());

-- the checksum is of the format named, too, and of the order of the paths
SELECT migrate_folder_known(test.folder()), migrate_folder_known(test.folder('dbmate'));
SELECT version, outcome FROM test.send('dbmate');
SELECT migrate_folder_known(test.folder()), migrate_folder_known(test.folder('dbmate'));
SELECT format FROM migrate_folder;
SELECT count(*) FROM migrate_register_folder(ARRAY['m/2_x.sql', 'm/1_x.sql', 'm/4_x.sql', 'm/3_x.sql'],
    (SELECT array_agg(checksums[n]) FROM unnest(ARRAY[2, 1, 4, 3]) AS n, test.checksums() AS checksums));
SELECT migrate_folder_known(test.folder()), count(*) FROM migrate_folder;

-- a folder with no other contents, only with another name
UPDATE test.file SET path = 'm/4_renamed.sql' WHERE path = 'm/4_x.sql';
SELECT * FROM migrate_files_missing(test.checksums());
SELECT version, outcome, up_path FROM test.send();
SELECT version, description FROM migrate_status WHERE version = '4';

-- what is not in the folder goes from the store
SELECT count(*) FROM migrate_file;
SELECT migrate_store_files(ARRAY['left over']);
UPDATE test.file SET contents = contents || ' -- a comment' WHERE path = 'm/3_x.sql';
SELECT version, outcome FROM test.send();
SELECT count(*), bool_and(checksum = sha256(convert_to(contents, 'UTF8'))) FROM migrate_file;
SELECT count(*) FROM migrate_file AS f JOIN test.file AS t USING (contents);

-- equal contents are stored once, and asked for once; storing again is nothing
TRUNCATE test.file;
SELECT test.put('4', '', ''), test.put('5', '', '');
INSERT INTO test.file VALUES ('m/README.md', E'-- migrate:up\n\n-- migrate:down\n'), ('m/.keep', '');
SELECT * FROM migrate_files_missing(test.checksums());
SELECT migrate_store_files(test.contents()), migrate_store_files(test.contents());
SELECT * FROM migrate_files_missing(test.checksums());
SELECT count(*) FROM migrate_file WHERE contents ~ 'migrate:up' AND contents !~ 'CREATE';
SELECT * FROM migrate_files_missing(ARRAY[sha256('x'), sha256('y'), sha256('x'), sha256(''), sha256('y')]);
SELECT * FROM migrate_files_missing('{}');
SELECT migrate_store_files('{}');
SELECT * FROM migrate_register_folder('{}', '{}');
SELECT count(*) FROM migrate_file;

-- bytes are counted, not characters; byte order marks and line ends are the file's
:fresh
SELECT test.put('1', E'SELECT ''\u00e9\u4e2d'';\r\n');
INSERT INTO test.file VALUES (E'm/3_\u00e9.sql', convert_from('\xefbbbf', 'UTF8') || E'-- migrate:up\nSELECT 3;');
SELECT version, outcome, up_path FROM test.send();
SELECT test.look();
SELECT bool_and(checksum = sha256(convert_to(contents, 'UTF8'))) FROM migrate_file;

-- two files to a migration; paths come back as they were given
:fresh
INSERT INTO test.file VALUES ('m/1_a.up.sql', 'CREATE TABLE a ()'), ('m/1_a.down.sql', 'DROP TABLE a'), ('m/2_b.up.sql', '');
SELECT * FROM test.send();
:fresh
INSERT INTO test.file VALUES ('.\m\V1__a.sql', 'CREATE TABLE a ()'), ('m/U1__a.sql', 'DROP TABLE a'), ('./m/R__v.sql', 'SELECT 1');
SELECT * FROM test.send();
CALL migrate_up();
SELECT test.look();
UPDATE test.file SET contents = 'SELECT 2' WHERE path ~ 'R__';
SELECT * FROM test.send();

-- undone with the caller's transaction
:fresh
SELECT test.put('1', 'SELECT 1');
BEGIN;
SELECT count(*) FROM test.send();
SELECT migrate_folder_known(test.folder());
ROLLBACK;
SELECT migrate_folder_known(test.folder()), (SELECT count(*) FROM migrate_file) FROM migrate_health();
:clean
