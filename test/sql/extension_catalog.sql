--
-- What the extension consists of: every object has a comment, every function
-- says who may call it, and nothing is looked up on a search_path.
--
CREATE SCHEMA "Migrate here";
CREATE EXTENSION neon_migrate SCHEMA "Migrate here";
\pset tuples_only on
\pset format unaligned

-- the members
CREATE TEMP VIEW members AS
    SELECT d.classid, d.objid, i.type, i.identity
    FROM pg_depend AS d, pg_extension AS e, pg_identify_object(d.classid, d.objid, 0) AS i
    WHERE e.extname = 'neon_migrate' AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    -- row types of tables and views are members in newer majors only
    AND i.type NOT LIKE '%type%';
SELECT type, replace(identity, '"Migrate here".', '') FROM members ORDER BY type, identity COLLATE "C";

-- without a comment
SELECT type, identity FROM members WHERE obj_description(objid, classid::regclass::name) IS NULL;
SELECT a.attrelid::regclass, a.attname
FROM members AS m JOIN pg_attribute AS a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class AS c ON c.oid = m.objid AND c.relkind <> 'S'
WHERE col_description(a.attrelid, a.attnum) IS NULL;
SELECT t.tgname FROM members AS m JOIN pg_trigger AS t ON m.classid = 'pg_class'::regclass AND t.tgrelid = m.objid
WHERE NOT t.tgisinternal AND obj_description(t.oid, 'pg_trigger') IS NULL;
-- comments are no sentences
SELECT description FROM members AS m JOIN pg_description AS d ON d.classoid = m.classid AND d.objoid = m.objid WHERE description ~ '^[A-Z][a-z]|\.$';

-- who may call what: everybody may look
SELECT p.proname, has_function_privilege('public', p.oid, 'EXECUTE')
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid ORDER BY p.proname COLLATE "C", p.pronargs;
-- what changes something has an explicit list
SELECT p.proname FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE p.provolatile = 'v' AND p.proacl IS NULL;
-- tables and views are nobody's but their owner's and the installer's
SELECT m.identity, a.grantee::regrole FROM members AS m JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid,
    aclexplode(c.relacl) AS a, pg_extension AS e
WHERE e.extname = 'neon_migrate' AND a.grantee NOT IN (c.relowner, e.extowner);

-- functions: in C, not as their definer, volatile if they change something, strict only where NULL is fine
SELECT p.proname, l.lanname, p.prosecdef, p.provolatile, p.proisstrict, p.proparallel
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid JOIN pg_language AS l ON l.oid = p.prolang
ORDER BY p.proname COLLATE "C", p.pronargs;
SELECT pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.proname
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid ORDER BY p.proname COLLATE "C", p.pronargs;

-- the ledger is dumped, is logged, and nothing but its guard is on it
SELECT (SELECT array_agg(c::regclass) FROM unnest(extconfig) AS c), extcondition, extrelocatable, extversion FROM pg_extension WHERE extname = 'neon_migrate';
SELECT relpersistence, relrowsecurity FROM pg_class WHERE oid = '"Migrate here".migrate_ledger'::regclass;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = '"Migrate here".migrate_ledger'::regclass ORDER BY 1;
-- the event triggers are disabled
SELECT evtname, evtevent, evtenabled, evttags FROM pg_event_trigger ORDER BY evtname;
SELECT collname FROM pg_attribute AS a JOIN pg_collation AS c ON c.oid = a.attcollation WHERE attrelid = '"Migrate here".migrate_ledger'::regclass AND attname = 'version';

-- it works in a schema whose name needs quotes
SELECT "Migrate here".migrate_apply('1', 'CREATE SCHEMA app; CREATE TABLE app.t ()', 'DROP SCHEMA app CASCADE');
SELECT "Migrate here".migrate_apply('2', 'SELECT 1', '', depends_on => '{1}');
SELECT "Migrate here".migrate_rollback();
SELECT "Migrate here".migrate_unstamp('1');
SELECT version, state FROM "Migrate here".migrate_status;
SELECT current FROM "Migrate here".migrate_health();
SELECT subject FROM "Migrate here".migrate_verify() WHERE NOT ok;
BEGIN;
ALTER TABLE "Migrate here".migrate_ledger SET UNLOGGED;
SELECT "Migrate here".migrate_stamp('3');
ROLLBACK;

-- once per database
CREATE EXTENSION neon_migrate;
CREATE EXTENSION IF NOT EXISTS neon_migrate;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP VIEW members;
DROP EXTENSION neon_migrate;
DROP SCHEMA "Migrate here";
