--
-- Line ends in the text of a literal do not count for the checksum, as a
-- checkout may turn them around; those that are written as escapes do.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

SELECT migrate_apply('1', E'SELECT E''a\r\nb''');
SELECT migrate_apply('1', E'SELECT E''a\nb''');
SELECT migrate_apply('2', $$SELECT E'a\nb'$$);
\set VERBOSITY sqlstate
SELECT migrate_apply('2', $$SELECT E'a\r\nb'$$);
\set VERBOSITY default

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
