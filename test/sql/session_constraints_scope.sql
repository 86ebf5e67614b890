--
-- After SET CONSTRAINTS in a migration each constraint goes back to its own
-- declared mode, also if there are some that the caller has no rights on.  One
-- that shares its name with one of the other mode stays deferred: PostgreSQL
-- sets modes by name.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_user;
RESET client_min_messages;
CREATE ROLE regress_nm_user;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- one name, two modes
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE eager (id int CONSTRAINT fk REFERENCES parent DEFERRABLE INITIALLY IMMEDIATE);
CREATE TABLE lazy (id int CONSTRAINT fk REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
BEGIN;
SELECT migrate_apply('1', 'SET CONSTRAINTS ALL DEFERRED; INSERT INTO eager VALUES (1); INSERT INTO parent VALUES (1)');
INSERT INTO lazy VALUES (2);
INSERT INTO parent VALUES (2);
INSERT INTO eager VALUES (3);
ROLLBACK;

-- somebody else's schema
CREATE SCHEMA secret;
CREATE TABLE secret.t (id int CONSTRAINT key UNIQUE DEFERRABLE INITIALLY IMMEDIATE);
GRANT USAGE ON SCHEMA migrate TO regress_nm_user;
GRANT EXECUTE ON FUNCTION migrate_apply TO regress_nm_user;
SET ROLE regress_nm_user;
SELECT migrate_apply('2', 'SET CONSTRAINTS ALL DEFERRED');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA app, secret CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_user;
