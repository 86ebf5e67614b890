--
-- The order in which what is pending is applied: dependencies first, then
-- natural order.  migrate_apply_pending() and CALL migrate_up() have the same
-- plan; the first shows it, as it returns it.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL

-- nothing to do
SELECT migrate_apply_pending();
CALL migrate_up();

-- natural order: runs of digits are numbers, all else is bytes
SELECT count(migrate_register(v, '', ''))
    FROM unnest('{10,9,1,V2__b,V10__a,V2__a,a,B,é,01,1.10,1.9,_,"20260101 one",20251231}'::text[]) AS v;
SELECT migrate_apply_pending();
SELECT version FROM migrate_status;
SELECT version, action FROM migrate_history ORDER BY seq DESC LIMIT 1;
SELECT count(*) FROM migrate_rollback_all();
-- each CALL in its turn does the same
CALL migrate_up();
SELECT string_agg(version, ' ' ORDER BY seq) FROM migrate_history WHERE action = 'apply' AND seq > 30;
CALL migrate_down(100);
SELECT string_agg(version, ' ' ORDER BY seq) FROM migrate_history WHERE action = 'rollback' AND seq > 45;
SELECT count(migrate_unregister(version)) FROM migrate_status;

-- dependencies first, and of those that can come, the first in natural order
SET neon_migrate.out_of_order = allow;
SELECT migrate_register('1', '', '', depends_on => '{5}');
SELECT migrate_register('2', '', '', depends_on => '{1,4}');
SELECT migrate_register('3', '', '');
SELECT migrate_register('4', '', '', depends_on => '{3}');
SELECT migrate_register('5', '', '', depends_on => '{3}');
SELECT migrate_register('6', '', '');
SELECT migrate_apply_pending();
-- backwards they go in the order in which they came
SELECT migrate_rollback(3);
-- those that are applied do not have to be on the list
SELECT migrate_unregister('3');
SELECT migrate_apply_pending();
SELECT count(*) FROM migrate_rollback_all();

-- a dependency that is neither applied nor pending
SELECT migrate_apply_pending();
\echo :SQLSTATE
CALL migrate_up();
\echo :SQLSTATE
-- even if the target does not need it
SELECT migrate_apply_pending('6');
-- stamped will do
SELECT migrate_stamp('3');
SELECT migrate_apply_pending('5');
SELECT count(*) FROM migrate_rollback(1);
SELECT migrate_unstamp('3');

-- the target: up to it in the order of the plan, and with it
SELECT migrate_register('3', '', '');
SELECT migrate_apply_pending('5');
CALL migrate_up('1');
SELECT version, state FROM migrate_status;
-- one that is applied: nothing
SELECT migrate_apply_pending('3');
CALL migrate_up('3');
-- one that nobody knows
SELECT migrate_apply_pending('7');
\echo :SQLSTATE
CALL migrate_up('7');
\echo :SQLSTATE
-- one that was rolled back and is not on the list
SELECT migrate_apply('7', '', '');
SELECT migrate_rollback();
CALL migrate_up('7');
-- it may not be empty
SELECT migrate_apply_pending('');
\echo :SQLSTATE
CALL migrate_up('');
\echo :SQLSTATE
-- and the rest
CALL migrate_up();
SELECT version, state FROM migrate_status;

-- circles are told whole, wherever they are entered from
SELECT migrate_register('c1', '', depends_on => '{c4,1}');
SELECT migrate_register('c2', '', depends_on => '{1,c3}');
SELECT migrate_register('c3', '', depends_on => '{c4}');
SELECT migrate_register('c4', '', depends_on => '{3,c2}');
SELECT migrate_register('a', '');
SELECT migrate_apply_pending();
\echo :SQLSTATE
CALL migrate_up();
\echo :SQLSTATE
SELECT migrate_apply_pending('a');
-- of two
SELECT migrate_register('c4', '', depends_on => '{c3}');
SELECT migrate_register('c2', '');
SELECT migrate_apply_pending();
-- registered again without
SELECT migrate_register('c3', '');
SELECT migrate_apply_pending();
-- a long chain, against the natural order
SET neon_migrate.out_of_order = allow;
SELECT count(migrate_register('n' || i, '', depends_on => CASE WHEN i < 200 THEN ARRAY['n' || i + 1] END))
    FROM generate_series(1, 200) AS i;
CALL migrate_up();
SELECT array_agg(version ORDER BY seq) = array_agg('n' || 201 - i ORDER BY i)
    FROM (SELECT version, seq, row_number() OVER (ORDER BY seq) AS i
          FROM migrate_history WHERE version LIKE 'n%') AS h;

-- older than the newest that is applied
SET neon_migrate.out_of_order = error;
SELECT migrate_register('n0', 'CREATE TABLE n0 ()', 'DROP TABLE n0');
SELECT migrate_apply_pending();
\echo :SQLSTATE
CALL migrate_up();
\echo :SQLSTATE
CALL migrate_run('n01', 'CREATE TABLE n01 ()');
\echo :SQLSTATE
SELECT to_regclass('n0'), to_regclass('n01');
SET neon_migrate.out_of_order = warn;
SELECT migrate_apply_pending();
SELECT migrate_rollback();
CALL migrate_up();
CALL migrate_run('n01', '', '');
SET neon_migrate.out_of_order = allow;
CALL migrate_down();
CALL migrate_run('n01', '', '');
CALL migrate_run('n02', '', '');
SELECT migrate_apply('o1', '');

-- dependencies of migrate_run()
CALL migrate_run('p1', 'VACUUM', depends_on => '{p2,n1,p3}');
\echo :SQLSTATE
CALL migrate_run('p1', 'VACUUM', depends_on => '{n1,o1}');
SELECT depends_on FROM migrate_status WHERE version = 'p1';
SELECT migrate_unstamp('n1');
\echo :SQLSTATE
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
