--
-- Cursors that a migration opens in PL/pgSQL are closed with it, like those
-- that it declares.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

BEGIN;
DECLARE mine CURSOR FOR SELECT 1;
SELECT migrate_apply('1', $m$DO $$ DECLARE c refcursor := 'theirs'; BEGIN OPEN c FOR SELECT 1; END $$$m$);
SELECT migrate_apply('2', $m$DO $$ DECLARE c refcursor; BEGIN OPEN c FOR SELECT 1; END $$$m$);
CREATE FUNCTION opens() RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'returned'; BEGIN OPEN c FOR SELECT 1; RETURN c; END $$;
SELECT migrate_apply('3', 'SELECT opens()');
-- also one that was never read from, and one that an error made useless
SELECT migrate_apply('4', $m$DO $$ DECLARE c refcursor := 'shown'; BEGIN OPEN c FOR EXECUTE 'SHOW work_mem'; END $$$m$);
SELECT migrate_apply('5', $m$DO $$
DECLARE c refcursor := 'failed'; i int;
BEGIN
    OPEN c FOR SELECT 1 / (n - n) FROM generate_series(1, 2) AS n;
    BEGIN
        FETCH c INTO i;
    EXCEPTION WHEN division_by_zero THEN
        RAISE NOTICE 'open: %', (SELECT string_agg(name, ', ' ORDER BY name) FROM pg_cursors WHERE name !~ '^<');
    END;
END $$$m$);
SELECT name FROM pg_cursors;
FETCH mine;
COMMIT;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate CASCADE;
