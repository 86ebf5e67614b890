--
-- Where one statement ends and the next one starts, when words such as BEGIN,
-- CASE and END are names: statements are numbered right, and what may not be
-- in a migration is found.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
CREATE TABLE app.t (a int);
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- the second statement fails
SELECT migrate_apply('1', 'CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT r.begin FROM (VALUES (1)) AS r (begin); END; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS end; SELECT 2; END; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS case; SELECT 2; END; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN CASE WHEN true THEN 1 END END; SELECT 2; END; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE PROCEDURE begin() LANGUAGE sql BEGIN ATOMIC SELECT 1; END; SELECT 1/0');
SELECT migrate_apply('1', 'CREATE FUNCTION f(begin int, "end" int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; SELECT 1/0');

-- the same body is the same SQL, with or without comments
SELECT migrate_stamp('2', 'CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; SELECT 2');
SELECT migrate_apply('2', 'CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;; /* two */ SELECT 2;');

-- COPY with the client is refused after such a statement as before it
\set VERBOSITY sqlstate
SELECT migrate_apply('3', 'COPY t FROM STDIN; CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$');
SELECT migrate_apply('3', 'CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; COPY t TO STDOUT');
SELECT migrate_apply('3', 'CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; COPY t FROM STDIN');

\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
