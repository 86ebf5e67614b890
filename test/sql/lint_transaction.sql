--
-- migrate_lint(): statements that share a transaction.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

CREATE TABLE large2 (LIKE large INCLUDING ALL) WITH (autovacuum_enabled = off);
INSERT INTO large2 SELECT * FROM large;
-- several locks
:lint 'ALTER TABLE large ADD x int; ALTER TABLE large2 ADD x int');
:rules 'ALTER TABLE large ADD x int; ALTER TABLE small ADD x int');
:rules 'ALTER TABLE large ADD x int; ALTER TABLE large ADD y int');
:rules 'ALTER TABLE large ADD x int; CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new ADD x int');
:rules 'ALTER TABLE large ADD x int; VACUUM small; ALTER TABLE large2 ADD x int');
:rules 'ALTER TABLE large SET (fillfactor = 90); ALTER TABLE large2 SET (fillfactor = 90)');
:rules 'TRUNCATE none, small');
-- a lock that is kept
:lint 'ALTER TABLE large ADD x int; UPDATE large SET x = 1');
:lint 'ALTER TABLE small ADD x int; UPDATE large SET d = 2 WHERE b = ''b''');
:rules 'ALTER TABLE large ADD x int; UPDATE large SET x = 1 WHERE id < 10');
:rules 'UPDATE large SET d = 2 WHERE b = ''b''; ALTER TABLE large ADD x int');
:rules 'ALTER TABLE large ADD x int; UPDATE small SET a = 1 WHERE b = ''b''');
:rules 'ALTER TABLE small ADD x int; CREATE INDEX ON large (a)');
:rules 'ALTER TABLE small ADD x int; CREATE INDEX CONCURRENTLY ON large (a)');
:rules 'ALTER TABLE small ADD x int; INSERT INTO small (id) SELECT id FROM large');
:rules 'ALTER TABLE small ADD x int; INSERT INTO small (id) SELECT id FROM large WHERE id = 1');
-- written anew twice
:lint 'ALTER TABLE large ALTER a TYPE bigint; ALTER TABLE large ALTER d TYPE bigint');
:rules 'ALTER TABLE large ALTER a TYPE bigint, ALTER d TYPE bigint');
-- what refuses a transaction block
:lint 'CREATE INDEX CONCURRENTLY ON large (a)');
:rules 'VACUUM small');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
