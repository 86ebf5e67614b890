--
-- Ways past migrate_verify() that a superuser might try: entries where the
-- walk does not look, rights by column, a ledger that its new owner cannot
-- read.  All of it is noticed.
--
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_nm_intruder;
RESET client_min_messages;
CREATE ROLE regress_nm_intruder;
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
SET search_path = migrate;
\pset tuples_only on
\pset format unaligned
SELECT migrate_apply('1', 'SELECT 1');
SELECT migrate_apply('2', 'SELECT 2');

-- a second entry with the same number, once the primary key is gone
BEGIN;
ALTER TABLE migrate_ledger DISABLE TRIGGER USER;
ALTER TABLE migrate_ledger DROP CONSTRAINT migrate_ledger_pkey;
INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(l, '{"version": "forged"}') AS c FROM migrate_ledger AS l WHERE seq = 2) AS forged;
ALTER TABLE migrate_ledger ENABLE TRIGGER USER;
SELECT version, state FROM migrate_status WHERE version = 'forged';
SELECT count(*) > 0 AS noticed FROM migrate_verify() WHERE NOT ok;
ROLLBACK;
-- one before the first
BEGIN;
ALTER TABLE migrate_ledger DISABLE TRIGGER USER;
ALTER TABLE migrate_ledger DROP CONSTRAINT migrate_ledger_seq_check;
INSERT INTO migrate_ledger SELECT (c).* FROM (SELECT jsonb_populate_record(l, '{"version": "forged", "seq": 0}') AS c FROM migrate_ledger AS l WHERE seq = 2) AS forged;
ALTER TABLE migrate_ledger ENABLE TRIGGER USER;
SELECT version, state FROM migrate_status WHERE version = 'forged';
SELECT count(*) > 0 AS noticed FROM migrate_verify() WHERE NOT ok;
ROLLBACK;
-- rights on some of the columns
BEGIN;
GRANT INSERT (version), UPDATE (down_sql) ON migrate_ledger TO regress_nm_intruder;
SELECT count(*) > 0 AS noticed FROM migrate_verify() WHERE NOT ok;
ROLLBACK;
-- an owner who may not even use the schema
BEGIN;
ALTER TABLE migrate_ledger OWNER TO regress_nm_intruder;
SELECT count(*) > 0 AS noticed FROM migrate_verify() WHERE NOT ok;
ROLLBACK;

SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
DROP ROLE regress_nm_intruder;
