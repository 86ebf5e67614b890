--
-- A migration whose file is gone from the folder before it was applied, as
-- after a change of branch.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/folder/load.sql'
\set ECHO none
\i :load
\set ECHO all

-- one of another branch goes; one registered in another way stays
:fresh
INSERT INTO test.file VALUES ('1_a.sql', E'-- migrate:up\nCREATE TABLE a ()'), ('2_b.sql', E'-- migrate:up\nCREATE TABLE b ()\n-- migrate:down\nDROP TABLE b');
SELECT version, outcome FROM test.send();
SELECT migrate_register('3', 'CREATE TABLE c ()');
DELETE FROM test.file WHERE path = '2_b.sql';
SET client_min_messages = notice;
SELECT version, outcome FROM test.send();
SELECT version, state FROM migrate_status;
SELECT version, outcome FROM test.send();
SET client_min_messages = warning;
CALL migrate_up();
SELECT version, state FROM migrate_status;

-- it is back with its file
INSERT INTO test.file VALUES ('2_b.sql', E'-- migrate:up\nCREATE TABLE b ()\n-- migrate:down\nDROP TABLE b');
SELECT version, outcome FROM test.send(allow_ahead => true);
CALL migrate_up();

-- what was rolled back and has no file any more does not come back
SELECT migrate_rollback();
DELETE FROM test.file WHERE path = '2_b.sql';
SELECT version, outcome FROM test.send(allow_ahead => true);
SELECT version, state FROM migrate_status;

-- a definition that was put there anew is no longer the folder's
INSERT INTO test.file VALUES ('4_d.sql', E'-- migrate:up\nCREATE TABLE d ()');
SELECT version, outcome FROM test.send(allow_ahead => true);
SELECT migrate_register('4', 'CREATE TABLE dd ()');
DELETE FROM test.file WHERE path = '4_d.sql';
SELECT version, outcome FROM test.send(allow_ahead => true);
SELECT version, state FROM migrate_status;

-- one that has been begun stays, to be finished or settled
:fresh
INSERT INTO test.file VALUES ('1_a.sql', E'-- migrate:up\nSELECT 1'), ('2_b.sql', E'-- migrate:up\nCREATE TABLE b (i int);\nINSERT INTO b VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY b_i ON b (i)');
SELECT version, outcome FROM test.send();
\set VERBOSITY terse
CALL migrate_up();
\set VERBOSITY default
DELETE FROM test.file WHERE path = '2_b.sql';
SELECT version, outcome FROM test.send();
SELECT version, state FROM migrate_status;
:clean
