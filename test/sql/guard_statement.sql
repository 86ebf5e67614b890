--
-- The statement that is recorded: the one that ran, without its secrets.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_guard('record');

-- of several in one message, each its own
CREATE TABLE a ()\; SELECT 1 \; CREATE TABLE b (); CREATE TABLE
    c ();
CREATE TABLE /* what for */ "größer" (id int); -- that
SELECT statement, inner_statement FROM migrate_ddl ORDER BY id;
CREATE TEMP TABLE mark AS SELECT max(id) AS id FROM migrate_ddl;

-- by the client's statement, in functions and blocks
CREATE FUNCTION make(name text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (); COMMENT /* and */ ON TABLE %1$I IS ''made'';', name);
    CREATE TABLE fixed ();
    DROP TABLE fixed;
    RETURN 1;
END
$$;
SELECT make('one');
CREATE TABLE two AS SELECT make('three') AS n;
DO $$ DECLARE c CURSOR FOR SELECT make('four'); r record; BEGIN FOR r IN c LOOP CREATE TABLE five (); END LOOP; END $$;
CREATE FUNCTION plain_sql() RETURNS void LANGUAGE sql AS 'CREATE TABLE six (); CREATE TABLE seven ()';
SELECT plain_sql();
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN CREATE TABLE eight (); COMMIT; CREATE TABLE nine (); END';
CALL commits();
PREPARE p AS SELECT make($1);
EXECUTE p ('ten');
SELECT statement, inner_statement FROM migrate_ddl WHERE id > (SELECT id FROM mark) AND command <> 'CREATE FUNCTION' AND command <> 'CREATE PROCEDURE' ORDER BY id;

-- bounded
SELECT format('COMMENT ON TABLE a IS %L', repeat('long ', 20000)) \gset
:format;
SELECT format('COMMENT ON TABLE a IS %L', repeat('ü', 50000)) \gset
:format;
SELECT length(statement), octet_length(statement), right(statement, 30) FROM migrate_ddl ORDER BY id DESC LIMIT 2;

-- without secrets
UPDATE mark SET id = (SELECT max(id) FROM migrate_ddl);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER there FOREIGN DATA WRAPPER nowhere OPTIONS (host 'example.com', key 'no''body sees');
ALTER SERVER there OPTIONS (SET key E'no\'body sees');
CREATE USER MAPPING FOR PUBLIC SERVER there OPTIONS (token 'nobody sees', "password" $$nobody sees$$);
ALTER USER MAPPING FOR PUBLIC SERVER there OPTIONS (SET token U&'nobody sees', DROP password);
SET client_min_messages = error;
CREATE SUBSCRIPTION regress_nm_sub CONNECTION 'host=nowhere.invalid password=nobody_sees' PUBLICATION p WITH (connect = false, slot_name = NONE);
ALTER SUBSCRIPTION regress_nm_sub CONNECTION 'host=elsewhere.invalid password=nobody_sees';
DROP SUBSCRIPTION regress_nm_sub;
RESET client_min_messages;
DO $$ BEGIN
    EXECUTE 'CREATE TABLE secret_1 (); CREATE ROLE regress_nm_secret PASSWORD ''nobody sees'' VALID UNTIL ''2000-01-01''; DROP ROLE regress_nm_secret';
    PERFORM 'host=x password=nobody_sees sslpassword = ''nobody sees'' user=x', 'postgresql://me:nobody_sees@example.com:5432/db?password=nobody_sees&x=y';
END $$;
DO $body$ BEGIN EXECUTE $inner$ CREATE TABLE secret_2 (); CREATE ROLE regress_nm_secret ENCRYPTED PASSWORD $p$nobody sees$p$ $inner$; DROP ROLE regress_nm_secret; END $body$;
-- and no more than that
CREATE TABLE users (id int, password text DEFAULT 'changeme', old_password text CHECK (old_password <> ''), connection text, "password hint" text);
COMMENT ON COLUMN users.password IS 'not kept in clear';
ALTER TABLE users ADD url text DEFAULT 'https://example.com/@x';
SELECT statement, inner_statement FROM migrate_ddl WHERE id > (SELECT id FROM mark) ORDER BY id;
SELECT count(*) FROM migrate_ddl WHERE id > (SELECT id FROM mark) AND concat(statement, inner_statement) ~ 'sees';

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP SCHEMA app CASCADE;
DROP FOREIGN DATA WRAPPER nowhere CASCADE;
