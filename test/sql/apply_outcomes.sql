--
-- What migrate_apply() answers: applied, unchanged or amended; and what it
-- leaves in the schema and in the ledger.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- the change and its entry are there together
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users', 'the users');
SELECT to_regclass('app.users');
SELECT seq, version, action, description FROM migrate_history;

-- the same again runs nothing and records nothing
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users', 'the users');
SELECT count(*) FROM migrate_history;

-- what is left NULL or empty is not a change
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)');
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', NULL, NULL, NULL);
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', depends_on => '{}');
SELECT count(*) FROM migrate_history;

-- other down SQL or another description is kept as an event, and runs nothing
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users CASCADE');
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', NULL, 'the users table');
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users', 'users');
SELECT seq, action, description, down_sql, up_sql, applied_seq, statements, duration IS NULL
FROM migrate_ledger ORDER BY seq;

-- an amendment may be repeated as well
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'DROP TABLE users', 'users');

-- down SQL compares by its tokens, as up SQL does; a description to the letter
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', 'drop  table users; -- all of it');
SELECT migrate_apply('1', 'CREATE TABLE users (id bigint PRIMARY KEY)', NULL, 'Users');

-- empty down SQL and an empty description are not none
SELECT migrate_apply('2', 'CREATE TABLE a ()');
SELECT migrate_apply('2', 'CREATE TABLE a ()', '');
SELECT migrate_apply('2', 'CREATE TABLE a ()', '');
SELECT migrate_apply('2', 'CREATE TABLE a ()', NULL, '');
SELECT migrate_apply('2', 'CREATE TABLE a ()', NULL, '');
SELECT action, down_sql IS NULL, description IS NULL FROM migrate_ledger WHERE version = '2' ORDER BY seq;

-- a dependency that was not there is an amendment, too; the same one is not
SELECT migrate_apply('2', 'CREATE TABLE a ()', depends_on => '{1}');
SELECT migrate_apply('2', 'CREATE TABLE a ()', depends_on => '{1,1}');
SELECT depends_on FROM migrate_status WHERE version = '2';

-- an applied version with other up SQL is refused, and nothing happens
DO $$
DECLARE
    detail text;
    hint text;
BEGIN
    PERFORM migrate_apply('2', 'CREATE TABLE b ()', 'DROP TABLE b', 'another');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RAISE NOTICE '% %', SQLSTATE, SQLERRM;
    RAISE NOTICE '%', regexp_replace(detail, '[0-9a-f]{64}', '<hash>', 'g');
    RAISE NOTICE '%', hint;
    -- the first hash is the recorded one
    RAISE NOTICE '%', substring(detail FROM '[0-9a-f]{64}') = (SELECT checksum FROM migrate_status WHERE version = '2');
END
$$;
SELECT to_regclass('app.b');
SELECT count(*) FROM migrate_history WHERE version = '2';

-- a failure in the last statement leaves nothing of those before it
SELECT migrate_apply('3', 'CREATE TABLE c (); INSERT INTO users VALUES (1); SELECT 1/0');
SELECT to_regclass('app.c'), count(*) FROM users;
SELECT count(*) FROM migrate_history WHERE version = '3';
-- and the version is free
SELECT migrate_apply('3', 'CREATE TABLE c ()', 'DROP TABLE c');

-- a version that was rolled back may be applied again, as it was or changed
SELECT migrate_rollback();
SELECT migrate_apply('3', 'CREATE TABLE c ()', 'DROP TABLE c');
SELECT migrate_rollback();
SELECT migrate_apply('3', 'CREATE TABLE c (id int)');
SELECT seq, action, up_sql, down_sql, applied_seq FROM migrate_ledger WHERE version = '3' ORDER BY seq;

-- several in one statement, in its order, and in a prepared one
SELECT migrate_apply(v, s) FROM (VALUES ('4', 'CREATE TABLE d ()'), ('5', 'ALTER TABLE d ADD i int'), ('4', 'CREATE TABLE d ()')) AS m (v, s);
PREPARE apply (text, text) AS SELECT migrate_apply($1, $2);
EXECUTE apply ('6', 'CREATE TABLE e ()');
EXECUTE apply ('7', 'CREATE TABLE f ()');
EXECUTE apply ('7', 'CREATE TABLE f ()');
DEALLOCATE apply;

-- in a cursor, and in a function
BEGIN;
DECLARE c CURSOR FOR SELECT migrate_apply('8', 'CREATE TABLE g ()');
FETCH c;
CLOSE c;
COMMIT;
CREATE FUNCTION migrate_all() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN migrate_apply('9', 'CREATE TABLE h ()') || ', ' || migrate_apply('9', 'CREATE TABLE h ()');
END
$$;
SELECT migrate_all();
SELECT count(*), max(version) FROM migrate_status WHERE state = 'applied';

-- and it all hangs together
SELECT * FROM migrate_verify() WHERE subject <> 'head';

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
