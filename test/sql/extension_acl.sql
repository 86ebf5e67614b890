--
-- Every function of the extension says who may call it: none is left to the
-- default, which is PUBLIC.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
\pset tuples_only on
\pset format unaligned

SELECT p.proname FROM pg_proc AS p, pg_depend AS d, pg_extension AS e
WHERE e.extname = 'neon_migrate' AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND p.proacl IS NULL
ORDER BY 1;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
