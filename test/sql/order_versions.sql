--
-- The natural order of versions: migrate_version_key(), and what
-- neon_migrate.out_of_order makes of a version that comes too late.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- runs of digits compare as numbers, all else by its bytes
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{10,9,1,2,0,100,99,11}'::text[]) AS v;
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{1.10,1.9,1.9.1,1,1.10.0,2,1_10,1-9,1.x}'::text[]) AS v;
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{b,a,B,A,é,z,_,V2,V10,v1,a10b,a9b,a9,a}'::text[]) AS v;
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{20260101120000,20260101115959,20251231235959,3,20260101120000_add}'::text[]) AS v;
-- numbers longer than any integer type
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{99999999999999999999999999999999999,100000000000000000000000000000000000,1}'::text[]) AS v;
-- leading zeros do not change the number, and still make another version
SELECT string_agg(v, ' ' ORDER BY migrate_version_key(v))
FROM unnest('{002,2,1,02,003,0,00,010,9}'::text[]) AS v;
SELECT count(DISTINCT migrate_version_key(v)) FROM unnest('{1,01,001,1.0,1.00}'::text[]) AS v;
-- equal versions have equal keys, and a prefix comes first
SELECT migrate_version_key('V1__init') = migrate_version_key('V1__init'),
       migrate_version_key('1') < migrate_version_key('1a'),
       migrate_version_key('1') < migrate_version_key('1.0'),
       migrate_version_key('') < migrate_version_key('0');
SELECT migrate_version_key(NULL) IS NULL;
-- the order does not depend on the collation
SELECT migrate_version_key('a' COLLATE "C") = migrate_version_key('a' COLLATE "POSIX");

-- migrate_status is in that order
SET neon_migrate.out_of_order = 'allow';
SELECT migrate_apply(v, '') FROM unnest('{v10,v9,v1,v010,w}'::text[]) AS v;
SELECT version FROM migrate_status;
SELECT migrate_rollback(1);
SELECT migrate_stamp('w2');

-- the default is to warn, and to apply nevertheless
RESET neon_migrate.out_of_order;
SHOW neon_migrate.out_of_order;
SELECT migrate_apply('v8', 'SELECT 1', '');
-- not for a newer one, nor when nothing is to be done
SELECT migrate_apply('w10', 'SELECT 1', '');
SELECT migrate_apply('v8', 'SELECT 1', '');
SELECT migrate_apply('v8', 'SELECT 1', 'SELECT 2');
SELECT migrate_apply('v10', '', NULL, 'amended');

-- as an error
SET neon_migrate.out_of_order = 'error';
SELECT migrate_apply('w9', 'SELECT 1');
\echo :SQLSTATE
SELECT version FROM migrate_status WHERE version = 'w9';
SELECT migrate_apply('v8', 'SELECT 1');
SELECT migrate_apply('w11', 'SELECT 1', '');

-- not at all
SET neon_migrate.out_of_order = 'allow';
SELECT migrate_apply('w9', 'SELECT 1', '');

-- what counts is the newest one that is applied now
SET neon_migrate.out_of_order = 'error';
SELECT migrate_rollback(2);
SELECT migrate_apply('w10.5', 'SELECT 1', '');
SELECT migrate_unstamp('w10.5');
SELECT migrate_unstamp('w10');
SELECT migrate_apply('w9', 'SELECT 1', '');
-- a stamped one counts as well, and may itself be older
SELECT migrate_stamp('x');
SELECT migrate_stamp('a');
SELECT migrate_apply('w10', 'SELECT 1');
-- an older one that was applied before is as late as a new one
SELECT migrate_apply('w11', 'SELECT 1');
-- with nothing applied there is nothing to be older than
SELECT count(migrate_unstamp(version)) FROM migrate_status WHERE state = 'applied';
SELECT migrate_apply('0', 'SELECT 1', '');
SELECT migrate_apply('00', 'SELECT 1', '');

-- rolling back and doing again are not new applications
SELECT migrate_redo('0');
SELECT migrate_rollback();

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
