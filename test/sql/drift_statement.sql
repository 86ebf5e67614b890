--
-- migrate_drift() names the statement that the guard has recorded.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
\pset null '(none)'
\set drift 'SELECT kind, identity, change, run_by = session_user AS by_me, ran_at <= clock_timestamp() AS ran, statement, of_whole FROM migrate_drift();'

SELECT migrate_apply('1', $$
CREATE TABLE users (id int PRIMARY KEY, name text, email text, CHECK (name <> ''));
CREATE INDEX users_name ON users (name);
CREATE TABLE gone (a int);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE VIEW names AS SELECT name FROM users;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER looked BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION look();
$$);
SELECT count(*) FROM migrate_drift();

-- nothing is recorded as long as the guard is off
ALTER TABLE users ADD COLUMN early int;
:drift
SELECT migrate_guard('record');
:drift
SELECT migrate_accept_drift('early is fine');

-- each object has its own
ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x';
ALTER TABLE users ADD COLUMN vip boolean, ALTER email TYPE varchar(100);
DROP INDEX users_name;
CREATE UNIQUE INDEX "By mail" ON users (email);
DROP TABLE gone;
CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $1';
ALTER TYPE mood ADD VALUE 'mad';
COMMENT ON VIEW names IS 'all of them';
GRANT SELECT ON users TO PUBLIC;
CREATE SEQUENCE numbers;
ALTER SEQUENCE numbers OWNED BY NONE;
:drift

-- by the latest statement, and by that which a function ran
ALTER TABLE users ALTER COLUMN vip SET DEFAULT true;
DO $$ BEGIN EXECUTE 'ALTER TABLE users ALTER COLUMN email SET DEFAULT ''none'''; END $$;
SELECT identity, statement FROM migrate_drift() WHERE kind = 'column';

ALTER TABLE users DROP CONSTRAINT users_name_check;
SELECT identity, change, statement, of_whole FROM migrate_drift() WHERE kind = 'constraint';

-- where none is recorded for a part, the latest one for the whole
ALTER TABLE users DISABLE TRIGGER looked;
ALTER TABLE users SET (fillfactor = 90);
SELECT identity, change, statement, of_whole FROM migrate_drift() WHERE kind = 'trigger';

-- what event triggers do not see is found all the same
SET session_replication_role = replica;
CREATE TABLE unseen (a int);
RESET session_replication_role;
SELECT kind, identity, change, run_by, ran_at, client, statement, of_whole FROM migrate_drift() WHERE identity = 'app.unseen';

-- accepted drift is none
SELECT migrate_accept_drift('as it is now');
SELECT count(*) FROM migrate_drift();
SELECT migrate_guard('off');
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
