--
-- However dependencies are added to versions that are applied already, all of
-- them can still be undone.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- two that would need each other
SELECT migrate_apply('1', 'SELECT 1', '');
SELECT migrate_apply('2', 'SELECT 2', '', depends_on => '{1}');
DO $$ BEGIN PERFORM migrate_apply('1', 'SELECT 1', depends_on => '{2}'); EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT count(*) FROM migrate_rollback_all();

-- one that would need what came after it
SELECT migrate_apply('1', 'SELECT 1', '');
SELECT migrate_apply('2', 'SELECT 2', '');
DO $$ BEGIN PERFORM migrate_apply('1', 'SELECT 1', depends_on => '{2}'); EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT count(*) FROM migrate_rollback_all();

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
