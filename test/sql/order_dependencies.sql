--
-- depends_on: a version needs those it depends on when it is applied, and
-- keeps them applied while it is.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- all that are missing are named
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{1,2}');
\echo :SQLSTATE
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{1,2,1,2}');
SELECT to_regclass('three');
SELECT migrate_apply('2', 'CREATE TABLE two ()', 'DROP TABLE two');
SELECT migrate_apply('3', 'CREATE TABLE three ()', 'DROP TABLE three', depends_on => '{1,2,1,2}');
SELECT version, depends_on FROM migrate_status;
SELECT migrate_apply('4', 'CREATE TABLE four ()', 'DROP TABLE four', depends_on => '{3,1}');

-- what others depend on stays: all dependents are named
SELECT migrate_unstamp('1');
\echo :SQLSTATE
SELECT migrate_unstamp('2');
SELECT migrate_redo('1');
SELECT migrate_redo('3');
-- in reverse order all goes
SELECT migrate_rollback_to('1');
SELECT migrate_rollback();

-- one that was rolled back is not applied
SELECT migrate_apply('4', 'CREATE TABLE four ()', depends_on => '{3}');
-- and one that is rolled back depends on nothing
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');
SELECT migrate_unstamp('1');
SELECT migrate_stamp('1');
-- dependencies are those of the last application
SELECT migrate_stamp('2');
SELECT migrate_apply('3', 'CREATE TABLE three ()', 'DROP TABLE three', depends_on => '{2}');
SELECT migrate_unstamp('1');
SELECT migrate_unstamp('2');
SELECT migrate_stamp('1');
SELECT migrate_redo('3');

-- added later, if they are applied; then they hold as well
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{2,missing}');
\echo :SQLSTATE
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{2,1}');
SELECT migrate_unstamp('1');
-- exchanged
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{2}');
SELECT migrate_apply('3', 'CREATE TABLE three ()', depends_on => '{1}');
SELECT migrate_unstamp('2');
SELECT migrate_unstamp('1');
-- an amendment of something else leaves them
SELECT migrate_apply('3', 'CREATE TABLE three ()', description => 'third');
SELECT depends_on FROM migrate_status WHERE version = '3';
-- and so does doing it again
SELECT migrate_redo('3');
SELECT depends_on FROM migrate_status WHERE version = '3';
SELECT migrate_unstamp('1');

-- dependencies and the natural order of names have nothing to do with each other
SET neon_migrate.out_of_order = 'allow';
SELECT migrate_apply('b', 'SELECT 1', '');
SELECT migrate_apply('a', 'SELECT 2', '', depends_on => '{b}');
SELECT migrate_rollback_all();

-- many of them
SELECT count(migrate_stamp('d' || d)) FROM generate_series(1, 100) AS d;
SELECT migrate_apply('e', 'SELECT 1', '', depends_on => (SELECT array_agg('d' || d) FROM generate_series(1, 100) AS d));
SELECT migrate_unstamp('d50');
SELECT migrate_rollback();
SELECT migrate_unstamp('d50');

SELECT subject, ok FROM migrate_verify() WHERE NOT ok;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
