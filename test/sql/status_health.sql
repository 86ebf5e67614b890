--
-- migrate_require(), migrate_health() and the views: how things stand.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;

-- nothing is applied
SELECT * FROM migrate_health();
SELECT * FROM migrate_status;
SELECT seq FROM migrate_history;
SELECT migrate_require();
SELECT migrate_require(NULL);
SELECT migrate_require('1');
\echo :SQLSTATE

-- some are
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one', 'first');
SELECT migrate_apply('2', 'CREATE TABLE two ()', depends_on => '{1}');
SELECT migrate_stamp('10', description => 'tenth');
SELECT migrate_apply('11', 'CREATE TABLE eleven ()', 'DROP TABLE eleven');
SELECT migrate_rollback();
SELECT * FROM migrate_health();
SELECT version, description, state, has_down, transactional, depends_on FROM migrate_status;
SELECT version, applied_at IS NOT NULL AS at, applied_by = session_user AS by, duration IS NOT NULL AS duration, length(checksum) AS checksum FROM migrate_status;
SELECT migrate_require('1');
SELECT migrate_require('10');
SELECT migrate_require('11');
\echo :SQLSTATE
SELECT migrate_require('12');
\echo :SQLSTATE
-- in the middle of something
SELECT 'ready' WHERE migrate_require('2') IS NOT NULL;
SELECT 'ready' WHERE migrate_require('3') IS NOT NULL;

-- the events, oldest first
SELECT seq, version, action, description, duration IS NOT NULL AS ran, statements, rows, error FROM migrate_history;
SELECT bool_and(previous_hash IS NOT DISTINCT FROM lag) AS chained, count(DISTINCT entry_hash) AS hashes
FROM (SELECT previous_hash, entry_hash, lag(entry_hash) OVER (ORDER BY seq) FROM migrate_history) AS h;
SELECT bool_and(entry_hash ~ '^[0-9a-f]{64}$') AS hex, bool_and(checksum ~ '^[0-9a-f]{64}$') AS checksum_hex FROM migrate_history;
-- applied_at and applied_by are those of the application, not of an amendment
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one', 'the first');
SELECT s.version, s.description, s.applied_at = h.started_at AS same
FROM migrate_status AS s, migrate_history AS h WHERE s.version = '1' AND h.seq = 1;
-- the SQL is in neither view
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'migrate' AND table_name IN ('migrate_status', 'migrate_history') AND column_name LIKE '%sql%';

-- the transaction that migrates holds the gate, and health says so
BEGIN;
SELECT gate_holder FROM migrate_health();
SELECT migrate_apply('12', 'SELECT 1', 'SELECT 2');
SELECT gate_holder = pg_backend_pid() AS mine, current FROM migrate_health();
COMMIT;
SELECT gate_holder, current FROM migrate_health();
-- a migration that was undone by a savepoint holds nothing
BEGIN;
SAVEPOINT s;
SELECT migrate_apply('13', 'SELECT 1', 'SELECT 2');
ROLLBACK TO s;
SELECT gate_holder FROM migrate_health();
COMMIT;
-- one that had nothing to do still has taken it, for its answer must hold
BEGIN;
SELECT migrate_apply('12', 'SELECT 1', 'SELECT 2');
SELECT gate_holder = pg_backend_pid() AS mine FROM migrate_health();
COMMIT;

-- the state after everything is undone
SELECT migrate_unstamp(version) FROM migrate_status WHERE state = 'applied' ORDER BY version DESC;
SELECT * FROM migrate_health();
SELECT migrate_require('12');

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
