--
-- What the ledger records of each event.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_deployer, regress_nm_robot;
RESET client_min_messages;
CREATE ROLE regress_nm_deployer;
CREATE ROLE regress_nm_robot;
GRANT regress_nm_deployer TO regress_nm_robot;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
GRANT ALL ON SCHEMA app TO regress_nm_deployer;
GRANT USAGE ON SCHEMA migrate TO regress_nm_deployer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO regress_nm_deployer;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- statements, rows, WAL, position, times
SELECT clock_timestamp() AS before, pg_current_wal_insert_lsn() AS lsn_before \gset
SELECT migrate_apply('1', $$
    CREATE TABLE t (id int);
    INSERT INTO t SELECT generate_series(1, 100);
    UPDATE t SET id = id + 1 WHERE id > 90;
    DELETE FROM t WHERE id = 1;
    SELECT pg_sleep(0.05)
$$, 'DROP TABLE t');
SELECT statements, rows, wal_bytes > 0 AS wal, lsn >= :'lsn_before' AND lsn <= pg_current_wal_insert_lsn() AS lsn,
    started_at BETWEEN :'before' AND clock_timestamp() AS started, duration BETWEEN '0.05 s' AND '1 min' AS duration, error
FROM migrate_history WHERE seq = 1;
-- an empty one
SELECT migrate_apply('2', '', '');
SELECT statements, rows, wal_bytes, lsn IS NOT NULL AS lsn, duration >= '0' AS duration FROM migrate_history WHERE seq = 2;
-- rolling back counts its own
SELECT migrate_rollback(2);
SELECT version, action, statements, rows, wal_bytes > 0 AS wal, lsn IS NOT NULL AS lsn, duration IS NOT NULL AS duration FROM migrate_history WHERE seq > 2;
-- what runs nothing has none of it
SELECT migrate_stamp('3', 'SELECT 1');
SELECT migrate_stamp('3', description => 'third');
SELECT migrate_unstamp('3');
SELECT action, duration, statements, rows, wal_bytes, lsn FROM migrate_history WHERE seq > 4;
-- reading counts rows as well
SELECT migrate_apply('4', 'SELECT generate_series(1, 10)');
SELECT rows FROM migrate_history WHERE version = '4';

-- who did it, as whom, from where
SET application_name = 'the deployer';
SELECT migrate_apply('5', 'SELECT 5', 'SELECT 5');
SET SESSION AUTHORIZATION regress_nm_robot;
SET ROLE regress_nm_deployer;
SET application_name = '';
SELECT migrate_apply('6', 'SELECT 6', 'SELECT 6');
SELECT migrate_rollback();
SELECT migrate_stamp('6');
RESET ROLE;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION deploy() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT migrate.migrate_apply('7', 'CREATE TABLE app.owned ()') $$;
ALTER FUNCTION deploy OWNER TO regress_nm_deployer;
SELECT deploy();
SELECT version, action, CASE applied_by WHEN session_user THEN 'session_user' ELSE applied_by END AS applied_by,
    CASE role WHEN session_user THEN 'session_user' ELSE role END AS role, application, client = coalesce(host(inet_client_addr()), 'local') AS client
FROM migrate_history WHERE version > '4';
SELECT relowner::regrole FROM pg_class WHERE oid = 'owned'::regclass;
-- names are kept as text, so that a role may be renamed or dropped
ALTER ROLE regress_nm_robot RENAME TO regress_nm_machine;
SELECT DISTINCT applied_by FROM migrate_history WHERE version = '6';
ALTER ROLE regress_nm_machine RENAME TO regress_nm_robot;

-- the text is kept to the letter, and NULL and empty apart
SELECT migrate_apply('8', E'\uFEFF-- a comment\r\nSELECT  8 ;;', E'\n', E'tab\tand \u00e9');
SELECT up_sql = E'\uFEFF-- a comment\r\nSELECT  8 ;;' AS up, down_sql = E'\n' AS down, description = E'tab\tand \u00e9' AS description FROM migrate_ledger WHERE version = '8';
SELECT migrate_apply('9', 'SELECT 9');
SELECT up_sql, down_sql, description, depends_on, transactional, error FROM migrate_ledger WHERE version = '9';

-- the state after each event
SELECT seq, version, action, applied_seq, below_seq, head_seq, applied_total, newest_version FROM migrate_ledger ORDER BY seq;
SELECT migrate_unstamp('5');
SELECT migrate_apply('10', '', '');
SELECT migrate_unstamp('9');
SELECT migrate_rollback();
SELECT seq, version, action, applied_seq, below_seq, head_seq, applied_total, newest_version FROM migrate_ledger WHERE seq > 14 ORDER BY seq;
SELECT current, applied FROM migrate_health();
-- the newest is known again when what was newest before is applied still
SET neon_migrate.out_of_order = 'allow';
SELECT count(migrate_apply(version, '', '')) FROM unnest('{20,40,30,50}'::text[]) AS version;
SELECT migrate_rollback(2);
SELECT migrate_unstamp('20');
SELECT migrate_rollback();
SELECT count(migrate_apply(version, '', '')) FROM unnest('{20,40}'::text[]) AS version;
SELECT migrate_unstamp('20');
SELECT migrate_rollback();
SELECT migrate_apply('15', '', '');
RESET neon_migrate.out_of_order;
SELECT seq, version, action, applied_seq, below_seq, head_seq, applied_total, newest_version FROM migrate_ledger WHERE seq > 19 ORDER BY seq;
SELECT bool_and(ok) FROM migrate_verify();

-- a large script is kept, and verified, whole
SELECT migrate_apply('16', (SELECT string_agg(format('SELECT %L', md5(i::text)), E';\n') FROM generate_series(1, 5000) AS i));
SELECT length(up_sql), statements FROM migrate_ledger WHERE version = '16';
SELECT subject, ok FROM migrate_verify() WHERE NOT ok;

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_deployer, regress_nm_robot;
