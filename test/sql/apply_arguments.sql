--
-- What migrate_apply() and its like take as arguments, and what they refuse.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- NULL where a value is needed is an error, not a silent NULL
SELECT migrate_apply(NULL, 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_apply('1', NULL);
\echo :SQLSTATE
SELECT migrate_apply(NULL, NULL, NULL, NULL, NULL);
\echo :SQLSTATE
SELECT migrate_stamp(NULL);
\echo :SQLSTATE
SELECT migrate_unstamp(NULL);
\echo :SQLSTATE
SELECT migrate_redo(NULL);
\echo :SQLSTATE
SELECT migrate_rollback_to(NULL);
\echo :SQLSTATE
SELECT migrate_rollback(NULL);
\echo :SQLSTATE

-- the number of steps
SELECT migrate_rollback(0);
\echo :SQLSTATE
SELECT migrate_rollback(-2147483648);
\echo :SQLSTATE

-- an empty version
SELECT migrate_apply('', 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_stamp('');
\echo :SQLSTATE
SELECT migrate_unstamp('');
\echo :SQLSTATE
SELECT migrate_redo('');
\echo :SQLSTATE
SELECT migrate_rollback_to('');
\echo :SQLSTATE
SELECT migrate_require('');
\echo :SQLSTATE

-- versions of up to 255 bytes, which are not characters
SELECT migrate_apply(repeat('v', 255), 'SELECT 1');
SELECT migrate_apply(repeat('v', 256), 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_apply(repeat('é', 127) || 'e', 'SELECT 1');
SELECT migrate_apply(repeat('é', 128), 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_stamp(repeat('v', 100000));
SELECT migrate_require(repeat('v', 256));
SELECT octet_length(version), char_length(version) FROM migrate_status ORDER BY 2;

-- any characters
SET neon_migrate.out_of_order = 'allow';
CREATE TEMP TABLE weird (version text);
INSERT INTO weird VALUES
    (' '), ('  '), ('a b'), (E'a\nb'), (E'a\tb\r'), ('''; DROP SCHEMA migrate; --'), ('"quoted"'), ('back\slash'),
    ('%s%n%d'), ('{a,b}'), ('NULL'), ('null'), ('*'), (E'\u00fc\u4e16\u754c\U0001F600'), (E'\u200B'), (E'\x7f\x01');
SELECT count(migrate_apply(version, 'SELECT 1', 'SELECT 2')) FROM weird;
SELECT count(*) FROM weird JOIN migrate_status USING (version) WHERE state = 'applied';
SELECT count(migrate_require(version)) FROM weird;
SELECT count(migrate_redo(version)) FROM weird;
SELECT count(*) FROM migrate_rollback_to(' ') AS version WHERE version IN (SELECT version FROM weird);
SELECT migrate_apply('%s%n%d', 'SELECT 1/0');
SELECT migrate_redo(E'a\nb');
SELECT migrate_apply('a "quoted" one', 'SELECT 1', depends_on => ARRAY['{a,b}', 'c,d', '"']);
SELECT ok FROM migrate_verify() WHERE subject = 'hash chain';

-- versions differ by every byte
SELECT migrate_apply('V1', 'SELECT 1');
SELECT migrate_apply('v1', 'SELECT 2');
SELECT migrate_apply('v1 ', 'SELECT 3');
SELECT migrate_apply('v01', 'SELECT 4');
SELECT version, state FROM migrate_status WHERE version ~* '^v0?1 *$' ORDER BY version COLLATE "C";

-- dependencies
SELECT migrate_apply('2', 'SELECT 1', depends_on => ARRAY['V1', NULL]);
\echo :SQLSTATE
SELECT migrate_apply('2', 'SELECT 1', depends_on => ARRAY['']);
\echo :SQLSTATE
SELECT migrate_apply('2', 'SELECT 1', depends_on => ARRAY[repeat('v', 256)]);
\echo :SQLSTATE
SELECT migrate_apply('2', 'SELECT 1', depends_on => ARRAY['V1', '2']);
\echo :SQLSTATE
SELECT migrate_apply('2', 'SELECT 1', depends_on => ARRAY[['V1'], ['v1']]);
\echo :SQLSTATE
SELECT migrate_apply('2', 'SELECT 1', depends_on => '{}');
SELECT migrate_apply('3', 'SELECT 1', depends_on => NULL);
SELECT migrate_apply('4', 'SELECT 1', depends_on => '[5:7]={V1,v1,V1}');
SELECT version, depends_on FROM migrate_status WHERE version IN ('2', '3', '4');

-- by name, in any order
SELECT migrate_apply(up_sql => 'SELECT 1', version => '5', description => 'five', down_sql => 'SELECT 2', depends_on => '{2}');
SELECT description, has_down, depends_on FROM migrate_status WHERE version = '5';

DROP TABLE weird;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
