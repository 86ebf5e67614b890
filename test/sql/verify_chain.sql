--
-- migrate_verify() finds every change to the ledger's entries.  Only a
-- superuser who disables the guard can make one; each is undone afterwards.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_auditor;
RESET client_min_messages;
CREATE ROLE regress_nm_auditor;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned

-- an empty ledger
SELECT * FROM migrate_verify();
SELECT * FROM migrate_verify(repeat('0', 64)) WHERE NOT ok;

SELECT migrate_apply('1', 'SELECT 1', 'SELECT 1', 'first');
SELECT migrate_apply('2', 'SELECT 2', 'SELECT 2', depends_on => '{1}');
SELECT migrate_apply('3', 'SELECT 3', 'SELECT 30');
SELECT migrate_rollback();
SELECT migrate_stamp('4');
SELECT migrate_apply('4', 'SELECT 4');
SELECT count(*), max(seq) FROM migrate_ledger;
SELECT entry_hash AS head FROM migrate_history ORDER BY seq DESC LIMIT 1 \gset

-- as it was written; the head is what to keep
SELECT subject, ok, replace(detail, :'head', '<head>') FROM migrate_verify();
SELECT ok, replace(detail, :'head', '<head>') FROM migrate_verify(:'head') WHERE subject = 'head';
SELECT ok FROM migrate_verify(upper(:'head')) WHERE subject = 'head';
SELECT count(*) FROM migrate_verify(NULL) WHERE NOT ok;

-- what is no hash
SELECT migrate_verify('');
\echo :SQLSTATE
SELECT migrate_verify(repeat('0', 63));
SELECT migrate_verify(repeat('g', 64));
SELECT migrate_verify(:'head' || ' ');

-- Runs a statement of a superuser's who has disabled the guard, and says what
-- migrate_verify() says to that.
CREATE FUNCTION pg_temp.tamper(statement text, expected_head text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        ALTER TABLE migrate_ledger DISABLE TRIGGER USER;
        EXECUTE statement;
        ALTER TABLE migrate_ledger ENABLE TRIGGER USER;
        CREATE TEMP TABLE verdict ON COMMIT DROP AS SELECT subject, detail FROM migrate_verify(expected_head) WHERE NOT ok;
        RETURN QUERY SELECT subject || ': ' || regexp_replace(detail, '[0-9a-f]{64}', '<hash>') FROM verdict;
        RAISE EXCEPTION USING ERRCODE = 'NM000';
    EXCEPTION WHEN SQLSTATE 'NM000' THEN
    END;
END
$$;
SELECT pg_temp.tamper('SELECT 1');

-- each column counts
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET version = '20' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET action = 'stamp' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = 'changed' WHERE seq = 1$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = '' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = NULL WHERE seq = 1$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET up_sql = 'SELECT 1 ' WHERE seq = 1$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET down_sql = 'DROP TABLE users' WHERE seq = 1$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET depends_on = '{}' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET depends_on = '{1,1}' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET transactional = false WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET checksum = sha256('x') WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET started_at = started_at + '1 us' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET duration = duration + '1 us' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET duration = NULL WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET applied_by = 'x' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET role = 'x' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET client = 'x' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET application = 'x' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET statements = 2 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET rows = 2 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET wal_bytes = wal_bytes + 1 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET lsn = lsn + 1 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET error = 'x' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET applied_seq = NULL WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET below_seq = NULL WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET head_seq = 1 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET applied_total = 1 WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET newest_version = '1' WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET previous_hash = sha256('x') WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET entry_hash = sha256('x') WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET entry_hash = sha256('x') WHERE seq = 6$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET entry_hash = '' WHERE seq = 6$$);
-- values that change places
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET up_sql = down_sql, down_sql = up_sql WHERE seq = 4$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET applied_by = client, client = applied_by WHERE seq = 2$$);
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = NULL, error = description WHERE seq = 1$$);

-- entries that are removed, added, moved
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq = 1');
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq = 3');
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq IN (2, 3, 5)');
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq = 3; UPDATE migrate_ledger SET seq = seq - 1 WHERE seq > 3');
SELECT pg_temp.tamper('UPDATE migrate_ledger SET seq = seq + 10');
SELECT pg_temp.tamper('UPDATE migrate_ledger SET seq = seq + 10 WHERE seq = 6');
SELECT pg_temp.tamper('UPDATE migrate_ledger SET seq = 7 - seq + 10; UPDATE migrate_ledger SET seq = seq - 10');
SELECT pg_temp.tamper($$INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(l, '{"seq": 7, "version": "forged"}') AS c FROM migrate_ledger AS l WHERE seq = 6) AS forged$$);
SELECT pg_temp.tamper($$INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(l, '{"seq": 9}') AS c FROM migrate_ledger AS l WHERE seq = 6) AS forged$$);
-- a head kept elsewhere shows what is missing at the end, and what came since
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq = 6');
SELECT pg_temp.tamper('DELETE FROM migrate_ledger WHERE seq = 6', :'head');
SELECT pg_temp.tamper('TRUNCATE migrate_ledger');
SELECT pg_temp.tamper('TRUNCATE migrate_ledger', :'head');
SELECT entry_hash AS older FROM migrate_history WHERE seq = 4 \gset
SELECT pg_temp.tamper('SELECT 1', :'older');
SELECT pg_temp.tamper('SELECT 1', repeat('ab', 32));

-- with many bad entries the first twenty are named, and the rest counted
SELECT count(migrate_stamp('s' || s)) FROM generate_series(1, 20) AS s;
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = 'x' WHERE seq > 6$$);
SELECT migrate_stamp('s21');
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = 'x' WHERE seq > 4$$);
-- a version is named whatever it holds
SELECT migrate_stamp(E'a "b" %s\n');
SELECT pg_temp.tamper($$UPDATE migrate_ledger SET description = 'x' WHERE seq = 28$$);

-- what the functions make of a ledger with a hole: they say so, and do nothing
BEGIN;
ALTER TABLE migrate_ledger DISABLE TRIGGER USER;
SELECT migrate_apply('t', 'SELECT 1', '');
SELECT migrate_apply('u', 'SELECT 1', '');
DELETE FROM migrate_ledger WHERE version = 't';
SAVEPOINT s;
SELECT migrate_rollback(2);
\echo :SQLSTATE
ROLLBACK TO s;
SELECT migrate_rollback();
ROLLBACK;

-- the verdict is the same for everyone and under every setting
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS of FROM migrate_verify();
GRANT USAGE ON SCHEMA migrate TO regress_nm_auditor;
GRANT EXECUTE ON FUNCTION migrate_verify TO regress_nm_auditor;
SET ROLE regress_nm_auditor;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS of FROM migrate_verify();
RESET ROLE;
SET DateStyle = 'German';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Pacific/Kiritimati';
SET bytea_output = 'escape';
SET extra_float_digits = -15;
SET quote_all_identifiers = on;
SET standard_conforming_strings = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET row_security = off;
SET client_encoding = 'LATIN1';
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS of FROM migrate_verify();
RESET ALL;
SET search_path = migrate;
BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS of FROM migrate_verify();
COMMIT;

DROP FUNCTION pg_temp.tamper;
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_auditor;
