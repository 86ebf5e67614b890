--
-- How a script is cut into steps, and what the ledger keeps of them.  A
-- statement that must be alone is a step between two events; the ordinary ones
-- between such statements are a step with one event, committed with it.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset null NULL
CREATE TABLE t (a int);
INSERT INTO t VALUES (1), (2), (3);
CREATE VIEW app.events AS
    SELECT version, seq, action, direction, step, steps, statements, rows FROM migrate_history;
-- which transaction a row was written in
CREATE TABLE log (a int, x xid8 DEFAULT pg_current_xact_id());

-- one transaction: one event
CALL migrate_run('1', 'INSERT INTO log VALUES (1); INSERT INTO log VALUES (1); UPDATE t SET a = a',
    'DELETE FROM log WHERE a = 1; UPDATE t SET a = a');
SELECT count(*), count(DISTINCT x) FROM log;
CALL migrate_down();
TABLE events;

-- alone: two events and the one that settles it
CALL migrate_run('2', 'VACUUM t', 'VACUUM t');
CALL migrate_down();
SELECT * FROM events WHERE version = '2';

-- ordinary, alone, ordinary; up and down in the other order
CALL migrate_run('3', E'INSERT INTO log VALUES (3);\nINSERT INTO log SELECT 3 FROM t;\n\nCREATE INDEX CONCURRENTLY i ON t (a); -- alone\nINSERT INTO log VALUES (33); INSERT INTO log VALUES (33);;\n',
    'DROP INDEX CONCURRENTLY i; DELETE FROM log WHERE a = 33; DELETE FROM log WHERE a = 3');
SELECT a, count(*), count(DISTINCT x) FROM log GROUP BY a ORDER BY a;
CALL migrate_down();
SELECT count(*) FROM log;
SELECT * FROM events WHERE version = '3';
-- each event is one of the same SQL, and the settling one sums up
SELECT action, count(DISTINCT checksum) FROM migrate_history WHERE version = '3' GROUP BY action ORDER BY action;
SELECT bool_and(duration IS NOT NULL = (action <> 'started')) AS duration,
       bool_and(lsn IS NOT NULL = (action <> 'started')) AS lsn,
       bool_and(wal_bytes > 0) FILTER (WHERE rows > 0) AS wal,
       bool_and(applied_by = session_user AND role = current_user AND client IS NOT NULL AND application = current_setting('application_name')) AS actor
    FROM migrate_history WHERE version = '3';
SELECT CASE WHEN is_down THEN 'down' ELSE 'up' END AS direction,
       sum(duration) FILTER (WHERE step IS NOT NULL) = sum(duration) FILTER (WHERE step IS NULL) AS duration,
       sum(wal_bytes) FILTER (WHERE step IS NOT NULL) = sum(wal_bytes) FILTER (WHERE step IS NULL) AS wal_bytes,
       min(started_at) FILTER (WHERE action = 'done') = min(started_at) FILTER (WHERE step IS NULL) AS started_at
    FROM (SELECT h.*, h.direction IS NOT DISTINCT FROM 'down' OR action = 'rollback' AS is_down
          FROM migrate_history AS h WHERE version = '3' AND action <> 'started') AS h
    GROUP BY is_down ORDER BY 1;
-- the status is that of the settling event
CALL migrate_run('3', E'INSERT INTO log VALUES (3);\nINSERT INTO log SELECT 3 FROM t;\n\nCREATE INDEX CONCURRENTLY i ON t (a); -- alone\nINSERT INTO log VALUES (33); INSERT INTO log VALUES (33);;\n',
    'DROP INDEX CONCURRENTLY i', 'number three');
SELECT s.version, s.description, s.state, s.has_down, s.transactional, s.duration = h.duration AND s.applied_at = h.started_at AS of_event
    FROM migrate_status AS s JOIN migrate_history AS h ON h.version = s.version AND h.description IS NOT NULL
    WHERE s.version = '3';

-- several alone in a row, first and last
CALL migrate_run('4', 'VACUUM t; VACUUM t; INSERT INTO log VALUES (4); REINDEX INDEX CONCURRENTLY i; VACUUM t', '');
SELECT * FROM events WHERE version = '4';
-- empty down SQL is one transaction
CALL migrate_down();
SELECT * FROM events WHERE version = '4' ORDER BY seq DESC LIMIT 1;

-- the envelope makes no difference
CALL migrate_run('5', 'BEGIN; INSERT INTO log VALUES (5); VACUUM t; INSERT INTO log VALUES (5); COMMIT;', 'START TRANSACTION; VACUUM t; COMMIT WORK');
CALL migrate_down();
SELECT * FROM events WHERE version = '5';
CALL migrate_run('6', 'BEGIN; INSERT INTO log VALUES (6); INSERT INTO log VALUES (6); COMMIT;', 'BEGIN; COMMIT');
CALL migrate_down();
SELECT * FROM events WHERE version = '6';
SELECT a, count(*), count(DISTINCT x) FROM log WHERE a IN (5, 6) GROUP BY a ORDER BY a;

-- nothing to run is something to record
CALL migrate_run('7', '', '');
CALL migrate_run('8', E'-- only\n/* comments */ ;; ', '  ');
CALL migrate_down(2);
SELECT * FROM events WHERE version IN ('7', '8') ORDER BY seq;

-- ALTER TYPE ADD VALUE ends a step if something follows that may use it
CREATE TYPE e AS ENUM ('a');
CALL migrate_run('9', 'INSERT INTO log VALUES (9); ALTER TYPE e ADD VALUE ''bb''; INSERT INTO log SELECT 9 WHERE ''bb''::e > ''a''; INSERT INTO log VALUES (9)',
    'DELETE FROM log WHERE a = 9');
SELECT * FROM events WHERE version = '9';
SELECT a, count(*), count(DISTINCT x) FROM log WHERE a = 9 GROUP BY a;

-- what is the same is not run again; what is new of it is recorded
CALL migrate_run('9', 'INSERT INTO log VALUES (9); ALTER TYPE e ADD VALUE ''bb''; INSERT INTO log SELECT 9 WHERE ''bb''::e > ''a''; INSERT INTO log VALUES (9)');
CALL migrate_run('9', 'INSERT INTO log VALUES (9); ALTER TYPE e ADD VALUE ''bb''; INSERT INTO log SELECT 9 WHERE ''bb''::e > ''a''; INSERT INTO log VALUES (9)', 'VACUUM t', 'nine');
SELECT action, description FROM migrate_history ORDER BY seq DESC LIMIT 1;
CALL migrate_run('9', 'VACUUM t');
\echo :SQLSTATE
SELECT count(*) FROM log WHERE a = 9;
-- the amended down SQL is the one that runs
CALL migrate_down();
SELECT * FROM events WHERE version = '9' ORDER BY seq DESC LIMIT 3;
-- it may come back with other SQL
CALL migrate_run('9', 'INSERT INTO log VALUES (99)');
SELECT version, description, state, has_down, transactional FROM migrate_status WHERE version = '9';

-- with many steps
SELECT string_agg('INSERT INTO log VALUES (' || 1000 + i || '); VACUUM t', ';') AS many FROM generate_series(1, 50) AS i \gset
CALL migrate_run('many', :'many', '');
SELECT max(step), max(steps), count(*) FILTER (WHERE action = 'started') AS started, count(*) FILTER (WHERE action = 'done') AS done,
       sum(statements) FILTER (WHERE action = 'done') AS statements, max(statements) FILTER (WHERE action = 'apply') AS settled
    FROM migrate_history WHERE version = 'many';
SELECT count(DISTINCT x) FROM log WHERE a > 1000;

-- the chain holds all of it
SELECT subject, ok, detail ~ '^\d+ entries' AS entries FROM migrate_verify() WHERE subject = 'hash chain';
SELECT count(*) = max(seq) FROM migrate_history;
SELECT subject, detail FROM migrate_verify() WHERE NOT ok;

DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
