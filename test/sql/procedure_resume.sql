--
-- A migration that was interrupted, here by an error: the next CALL goes on
-- where it stopped, after it has cleared away what a broken build left.  (How
-- crashes, kills and timeouts interrupt is for the TAP tests.)
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
SET neon_migrate.out_of_order = allow;
\pset tuples_only on
\pset format unaligned
\pset null NULL
CREATE VIEW app.events AS
    SELECT version, string_agg(action || coalesce(step::text || left(direction, 1), ''), ' ' ORDER BY seq) AS events
    FROM migrate_history GROUP BY version;
CREATE TABLE t (a int, b int);
INSERT INTO t VALUES (1, 1), (1, 2);
CREATE FUNCTION indexes() RETURNS SETOF text LANGUAGE sql AS
    'SELECT indexrelid::regclass || CASE WHEN indisvalid THEN '''' ELSE '' INVALID'' END FROM pg_index
     WHERE indrelid = ''app.t''::regclass ORDER BY indexrelid::regclass::text';

-- it stops in the middle, with an INVALID index
CALL migrate_run('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()',
    'DROP TABLE two; DROP INDEX CONCURRENTLY u; DROP TABLE one', 'the first');
\echo :SQLSTATE
SELECT to_regclass('one'), to_regclass('two'), indexes();
SELECT * FROM events;
-- everybody can see that
SELECT version, description, state, applied_at, has_down, transactional, depends_on FROM migrate_status;
SELECT ok, current, applied, pending, interrupted, gate_holder, detail FROM migrate_health();
SELECT migrate_require();
\echo :SQLSTATE
SELECT migrate_require('1');
\echo :SQLSTATE
SELECT count(*) FROM migrate_progress;
-- again, with the same result: nothing is done twice
CALL migrate_up();
SELECT indexes();
SELECT * FROM events;

-- functions have to leave it alone
SELECT migrate_apply('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()');
\echo :SQLSTATE
SELECT migrate_apply('1', 'SELECT 1');
\echo :SQLSTATE
SELECT migrate_apply_pending();
\echo :SQLSTATE
SELECT migrate_rollback_to('1');
SELECT migrate_redo('1');
SELECT migrate_unregister('1');
\echo :SQLSTATE
SELECT migrate_register('1', 'SELECT 1');
\echo :SQLSTATE
-- the same SQL, with another description and down SQL, may be registered
SELECT migrate_register('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()',
    'DROP TABLE two; DROP INDEX CONCURRENTLY u; DROP TABLE one');
SELECT migrate_register('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()',
    'DROP TABLE two; DROP INDEX CONCURRENTLY app.u; DROP TABLE one', 'the very first');
CALL migrate_run('1', 'CREATE TABLE one ()');
\echo :SQLSTATE
CALL migrate_down();
\echo :SQLSTATE
-- others are not affected, if they do not depend on it
SELECT migrate_apply('2', 'CREATE TABLE other ()', 'DROP TABLE other', depends_on => '{1}');
\echo :SQLSTATE
SELECT migrate_apply('2', 'CREATE TABLE other ()', 'DROP TABLE other');
CALL migrate_run('3', 'VACUUM t', '');
SELECT migrate_rollback_to('2');
SELECT migrate_unstamp('3');
SELECT migrate_rollback();
SELECT version, state FROM migrate_status;
-- in a list it comes before all others
SELECT migrate_register('0', 'CREATE TABLE zero ()', 'DROP TABLE zero');
CALL migrate_up();
SELECT to_regclass('zero');
-- with its cause gone it goes on, and all is as if nothing had been
DELETE FROM t WHERE b = 2;
CALL migrate_up();
SELECT to_regclass('one'), to_regclass('two'), to_regclass('zero'), indexes();
SELECT version, description, state, has_down, transactional FROM migrate_status;
SELECT ok, current, applied, pending, interrupted FROM migrate_health();
SELECT action, statements FROM migrate_history WHERE version = '1' AND action IN ('done', 'apply') ORDER BY seq;

-- on its way down
CREATE VIEW needs_one AS SELECT FROM one;
SELECT count(*) FROM migrate_rollback();
CALL migrate_down();
\echo :SQLSTATE
SELECT to_regclass('one'), to_regclass('two'), to_regclass('u');
SELECT version, state FROM migrate_status;
SELECT ok, current, applied, pending, interrupted FROM migrate_health();
SELECT migrate_require('1');
\echo :SQLSTATE
SELECT migrate_rollback();
\echo :SQLSTATE
SELECT migrate_redo('1');
SELECT migrate_apply('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()');
\echo :SQLSTATE
SELECT migrate_register('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()', 'SELECT 1');
\echo :SQLSTATE
CALL migrate_up();
\echo :SQLSTATE
CALL migrate_run('1', 'CREATE TABLE one (); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); CREATE TABLE two ()', 'SELECT 1');
\echo :SQLSTATE
DROP VIEW needs_one;
CALL migrate_down();
SELECT to_regclass('one');
SELECT events FROM events WHERE version = '1';
SELECT version, state FROM migrate_status;

-- settled by hand: it is applied, or it is not
INSERT INTO t VALUES (1, 2);
CALL migrate_run('10', 'CREATE TABLE ten (); VACUUM t; SELECT 1/0', 'DROP TABLE ten');
SELECT migrate_stamp('10');
SELECT version, state, has_down, transactional FROM migrate_status WHERE version = '10';
SELECT interrupted, current FROM migrate_health();
CALL migrate_down();
SELECT to_regclass('ten');
CALL migrate_run('11', 'CREATE TABLE eleven (); VACUUM t; SELECT 1/0', 'DROP TABLE eleven');
SELECT migrate_unstamp('11');
SELECT interrupted, current FROM migrate_health();
SELECT state FROM migrate_status WHERE version = '11';
DROP TABLE eleven;
CALL migrate_run('11', 'CREATE TABLE eleven (); VACUUM t', 'DROP TABLE eleven; VACUUM t; SELECT 1/0');
-- the same on the way down
CALL migrate_down();
SELECT migrate_stamp('11');
SELECT state FROM migrate_status WHERE version = '11';
SELECT interrupted, current, applied FROM migrate_health();
CREATE TABLE eleven ();
CALL migrate_down();
SELECT migrate_unstamp('11');
SELECT state FROM migrate_status WHERE version = '11';
SELECT interrupted, current, applied FROM migrate_health();
SELECT * FROM events WHERE version IN ('10', '11') ORDER BY version;
-- one that only failed can be put aside as well
CALL migrate_run('12', 'SELECT 1/0');
SELECT state FROM migrate_status WHERE version = '12';
SELECT migrate_unstamp('12');
SELECT state FROM migrate_status WHERE version = '12';
-- and what failed before it did anything may be corrected, then interrupted, and go on
CALL migrate_run('13', 'CREATE TABLE thirteen (); SELECT 1/0; VACUUM t');
CALL migrate_run('13', 'CREATE TABLE thirteen (); VACUUM t; SELECT FROM fourteen');
CREATE TABLE fourteen ();
CALL migrate_run('13', 'CREATE TABLE thirteen (); VACUUM t; SELECT FROM fourteen', '');
SELECT state FROM migrate_status WHERE version = '13';

-- IF NOT EXISTS takes no INVALID index for one, whoever left it
CREATE UNIQUE INDEX CONCURRENTLY v ON t (a);
SELECT indexes();
CALL migrate_run('20', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS v ON t (a)', 'DROP INDEX v');
\echo :SQLSTATE
SELECT indexes();
CALL migrate_up('20');
SELECT indexes();
DELETE FROM t WHERE b = 2;
CALL migrate_up('20');
SELECT indexes();
-- a valid one will do
CALL migrate_run('21', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS v ON t (b)', '');
SELECT indexes();
-- without IF NOT EXISTS, what is there is in the way, and stays
DROP INDEX v;
INSERT INTO t VALUES (5, 7), (6, 7);
CREATE INDEX w ON t (b);
CREATE UNIQUE INDEX CONCURRENTLY x ON t (b);
SELECT indexes();
CALL migrate_run('22', 'CREATE INDEX CONCURRENTLY w ON t (a)', '');
\echo :SQLSTATE
CALL migrate_up('22');
\echo :SQLSTATE
SELECT migrate_unstamp('22');
CALL migrate_run('22', 'CREATE INDEX CONCURRENTLY x ON t (a)', '');
\echo :SQLSTATE
CALL migrate_up('22');
\echo :SQLSTATE
SELECT indexes();
SELECT migrate_unstamp('22');
DROP INDEX w, x;

-- an index without a name: the one that was being built, not another
CALL migrate_run('30', 'CREATE UNIQUE INDEX CONCURRENTLY ON t (b)', 'DROP INDEX t_b_idx');
SELECT indexes();
CREATE INDEX other ON t (a);
CREATE INDEX t_b_idx1 ON t (b);
DELETE FROM t WHERE b = 7;
CALL migrate_up('30');
SELECT indexes();
SELECT * FROM events WHERE version = '30';
DROP INDEX other, t_b_idx, t_b_idx1;
-- its name is that which PostgreSQL makes up, whatever is taken
CREATE TABLE names (a int, b text, "B c" text, ü text, a_very_long_name_that_fills_all_of_the_space_that_there_is_for_a_name int);
CALL migrate_run('31', 'CREATE INDEX CONCURRENTLY ON names (a); CREATE INDEX CONCURRENTLY ON names (a);
    CREATE INDEX CONCURRENTLY ON names (a, "B c", lower("B c"), (a + 1), (a + 2), ü) INCLUDE (a);
    CREATE UNIQUE INDEX CONCURRENTLY ON names (a_very_long_name_that_fills_all_of_the_space_that_there_is_for_a_name);
    CREATE INDEX CONCURRENTLY ON names USING hash (a_very_long_name_that_fills_all_of_the_space_that_there_is_for_a_name);
    CREATE INDEX CONCURRENTLY ON names ((a::text), (a || ''x''), (b || ''x'')); CREATE INDEX CONCURRENTLY ON names ((CASE WHEN a > 1 THEN a END))', '');
CREATE TABLE plain (LIKE names);
ALTER TABLE names RENAME TO names_by_call;
ALTER TABLE plain RENAME TO names;
SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'names_by_call'::regclass ORDER BY indexrelid;
DO $$
DECLARE i record;
BEGIN
    FOR i IN SELECT indexrelid FROM pg_index WHERE indrelid = 'names_by_call'::regclass LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass, 'call ' || i.indexrelid);
    END LOOP;
END$$;
CREATE INDEX ON names (a); CREATE INDEX ON names (a);
CREATE INDEX ON names (a, "B c", lower("B c"), (a + 1), (a + 2), ü) INCLUDE (a);
CREATE UNIQUE INDEX ON names (a_very_long_name_that_fills_all_of_the_space_that_there_is_for_a_name);
CREATE INDEX ON names USING hash (a_very_long_name_that_fills_all_of_the_space_that_there_is_for_a_name);
CREATE INDEX ON names ((a::text), (a || 'x'), (b || 'x')); CREATE INDEX ON names ((CASE WHEN a > 1 THEN a END));
SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'names'::regclass ORDER BY indexrelid;

-- steps are those of the script as it ran, whatever has become of a procedure
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT b FROM t;
INSERT INTO t VALUES (100, 1);
CALL migrate_run('40', 'CALL commits(); DROP PROCEDURE commits(); CREATE UNIQUE INDEX CONCURRENTLY p ON t (b);
    CREATE INDEX CONCURRENTLY q ON t (b); CREATE TABLE forty ()', '');
\echo :SQLSTATE
DELETE FROM t WHERE a = 100;
CALL migrate_up('40');
SELECT indexes();
SELECT to_regclass('forty');
SELECT * FROM events WHERE version = '40';

-- DO and CALL that commit may have done a part: that cannot be known
CREATE TABLE log (a int);
CALL migrate_run('50', 'CREATE TABLE fifty (); DO $$BEGIN INSERT INTO log VALUES (1); COMMIT; INSERT INTO log VALUES (2); PERFORM 1/0; END$$; VACUUM t', '');
TABLE log;
CALL migrate_up('50');
\echo :SQLSTATE
CALL migrate_run('50', 'CREATE TABLE fifty (); DO $$BEGIN INSERT INTO log VALUES (1); COMMIT; INSERT INTO log VALUES (2); PERFORM 1/0; END$$; VACUUM t');
TABLE log;
SELECT migrate_stamp('50');
SELECT state FROM migrate_status WHERE version = '50';

-- settings of the steps that are done hold for those that follow
CREATE SCHEMA other;
CREATE TABLE seen (name text, value text);
CALL migrate_run('60', 'SET search_path = other, app; SET work_mem = ''1MB''; SET app.its = ''set''; CREATE TABLE sixty (a int); VACUUM sixty;
    SELECT set_config(''maintenance_work_mem'', ''2MB'', false); RESET work_mem; SELECT 1 FROM later; CREATE INDEX CONCURRENTLY sixty_a ON sixty (a);
    INSERT INTO seen SELECT name, current_setting(name) FROM unnest(''{search_path,work_mem,maintenance_work_mem,app.its}''::text[]) AS name', '');
CREATE TABLE later ();
CALL migrate_up('60');
TABLE seen;
SELECT to_regclass('other.sixty_a');
SHOW search_path;
-- what a step left in its session is gone with that: told, not guessed
CALL migrate_run('61', 'CREATE TEMP TABLE scratch AS SELECT 1 AS a; VACUUM t; INSERT INTO log SELECT a FROM scratch; SELECT 1 FROM later_still');
CALL migrate_up('61');
\echo :SQLSTATE
CREATE TABLE later_still ();
SELECT migrate_unstamp('61');
CALL migrate_run('62', 'PREPARE p AS SELECT 1; VACUUM t; SELECT 1/0');
CALL migrate_up('62');
\echo :SQLSTATE
SELECT migrate_unstamp('62');
CALL migrate_run('63', 'DECLARE h CURSOR WITH HOLD FOR SELECT 1; VACUUM t; SELECT 1/0');
CALL migrate_up('63');
\echo :SQLSTATE
SELECT migrate_unstamp('63');

-- kinds that can just be done again, or are seen to be done
CREATE TABLE part (a int) PARTITION BY LIST (a);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CALL migrate_run('70', 'ALTER TABLE part DETACH PARTITION part1 CONCURRENTLY; SELECT 1/0', '');
SELECT count(*) FROM pg_inherits WHERE inhparent = 'part'::regclass;
SELECT migrate_stamp('70');
CALL migrate_run('71', 'VACUUM t; REINDEX TABLE CONCURRENTLY t; DROP INDEX CONCURRENTLY p; SELECT 1/0', '');
SELECT indexes();
SELECT migrate_stamp('71');

-- at the end nothing is open
SELECT version, state FROM migrate_status WHERE state NOT IN ('applied', 'rolled_back');
SELECT interrupted, gate_holder FROM migrate_health();
SELECT count(*) FROM pg_index WHERE NOT indisvalid;
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app, other CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
