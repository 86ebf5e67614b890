--
-- Where in a migration an error is when a statement's very first token is what
-- is wrong with it: in that statement, not in the one before.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

CREATE FUNCTION pg_temp.place(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    PERFORM migrate_apply('1', sql);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN SQLSTATE || ' ' || split_part(context, E'\n', 1);
END
$$;
SELECT pg_temp.place('\d');
SELECT pg_temp.place('SELECT 1; \d');
SELECT pg_temp.place(E'SELECT 1;\nSELECT 2;\n\\copy t from f');
SELECT pg_temp.place(E'SELECT 1;\n''abc');
SELECT pg_temp.place(E'SELECT 1;\n-- a comment\n  "abc');
SELECT pg_temp.place('SELECT 1; $$abc');

DROP FUNCTION pg_temp.place;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
