--
-- SET CONSTRAINTS in a migration ends with it.  What it leaves is every
-- constraint in its declared mode; a migration without it changes nothing.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE lazy (id int CONSTRAINT lazy_fk REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE eager (id int CONSTRAINT eager_fk REFERENCES parent DEFERRABLE INITIALLY IMMEDIATE);
CREATE TABLE strict (id int CONSTRAINT strict_fk REFERENCES parent);
-- when each constraint is checked now
CREATE FUNCTION mode() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    modes text := '';
    name text;
BEGIN
    FOREACH name IN ARRAY '{lazy,eager,strict}'::text[] LOOP
        BEGIN
            EXECUTE format('INSERT INTO app.%I VALUES (-1)', name);
            modes := modes || name || ' deferred ';
            RAISE EXCEPTION USING ERRCODE = 'NM000';
        EXCEPTION
            WHEN SQLSTATE 'NM000' THEN
            WHEN foreign_key_violation THEN modes := modes || name || ' immediate ';
        END;
    END LOOP;
    RETURN modes;
END
$$;
SELECT mode();

-- inside the migration it works, after it the declared modes are back
BEGIN;
SELECT migrate_apply('1', 'SET CONSTRAINTS ALL IMMEDIATE; CREATE TABLE m1 AS SELECT mode()');
SELECT mode();
SELECT migrate_apply('2', 'SET CONSTRAINTS ALL DEFERRED; CREATE TABLE m2 AS SELECT mode()');
SELECT mode();
SELECT migrate_apply('3', 'SET CONSTRAINTS app.eager_fk DEFERRED; SET CONSTRAINTS lazy_fk IMMEDIATE; CREATE TABLE m3 AS SELECT mode()');
SELECT mode();
SELECT migrate_apply('4', 'DO $$ BEGIN SET CONSTRAINTS ALL DEFERRED; END $$');
SELECT mode();
COMMIT;
SELECT * FROM m1, m2, m3;

-- when it fails
BEGIN;
DO $$
BEGIN
    PERFORM migrate_apply('5', 'SET CONSTRAINTS ALL IMMEDIATE; SELECT 1/0');
EXCEPTION WHEN division_by_zero THEN
END
$$;
SELECT mode();
COMMIT;
SELECT migrate_apply('5', 'SET CONSTRAINTS missing_fk DEFERRED');
SELECT migrate_apply('5', 'SET CONSTRAINTS strict_fk DEFERRED');
SELECT migrate_apply('5', E'INSERT INTO lazy VALUES (7);\nSET CONSTRAINTS ALL IMMEDIATE');
\echo :SQLSTATE

-- the caller's own, if the migration does not speak of it
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT migrate_apply('5', 'CREATE TABLE m5 AS SELECT mode()');
SELECT mode();
SET CONSTRAINTS ALL DEFERRED;
SELECT migrate_apply('6', 'CREATE TABLE m6 AS SELECT mode()');
SELECT mode();
COMMIT;
SELECT * FROM m5, m6;
-- and if it does: the declared modes, not the caller's
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
SELECT migrate_apply('7', 'SET CONSTRAINTS eager_fk IMMEDIATE');
SELECT mode();
COMMIT;
-- rolling back is the same
SELECT migrate_apply('8', '', 'SET CONSTRAINTS ALL DEFERRED; INSERT INTO eager VALUES (8); INSERT INTO parent VALUES (8)');
BEGIN;
SELECT migrate_rollback();
SELECT mode();
COMMIT;
SELECT * FROM eager;

-- after the transaction nothing of it is left
SELECT mode();

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
