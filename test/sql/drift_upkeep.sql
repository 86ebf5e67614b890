--
-- The expected schema follows the migrations, and only them.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset null '(none)'
\pset format unaligned
\set drift 'SELECT kind, identity, change, expected, actual FROM migrate_drift();'
CREATE ROLE regress_drift_c;

-- before the first migration it is not known
SELECT kind, identity, change, expected, actual FROM migrate_drift();
SELECT migrate_accept_drift(NULL);
SELECT migrate_accept_drift('');

-- what is there before the first migration is expected from then on
CREATE TABLE legacy (id int PRIMARY KEY, note text);
SELECT migrate_apply('1', 'CREATE TABLE a (id int PRIMARY KEY, n text)', 'DROP TABLE a');
:drift
ALTER TABLE legacy ADD extra int;
:drift
ALTER TABLE legacy DROP extra;
:drift

-- drift is not taken for the work of a migration that touches the same object
ALTER TABLE a ALTER n SET DEFAULT 'by hand';
ALTER TABLE a ADD by_hand int;
ALTER TABLE a ALTER id TYPE bigint;
GRANT SELECT ON a TO regress_drift_c;
SELECT migrate_apply('2', 'ALTER TABLE a ADD c int DEFAULT 5; ALTER TABLE a ALTER n SET NOT NULL; COMMENT ON TABLE a IS $$x$$;
    CREATE INDEX a_c ON a (c); GRANT UPDATE ON a TO regress_drift_c',
    'REVOKE UPDATE ON a FROM regress_drift_c; DROP INDEX a_c; COMMENT ON TABLE a IS NULL; ALTER TABLE a ALTER n DROP NOT NULL, DROP c');
:drift
SELECT migrate_rollback();
:drift
SELECT migrate_apply('2', 'ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME n TO m; ALTER INDEX a_pkey RENAME TO b_pkey',
    'ALTER TABLE b RENAME TO a; ALTER TABLE a RENAME m TO n; ALTER INDEX b_pkey RENAME TO a_pkey');
:drift
SELECT migrate_redo('2');
SELECT migrate_apply('3', 'ALTER SCHEMA app RENAME TO app2', 'ALTER SCHEMA app2 RENAME TO app');
SELECT kind, identity, change, expected, actual FROM migrate.migrate_drift();
SELECT migrate.migrate_rollback();
:drift
ALTER TABLE b ALTER m DROP DEFAULT;
ALTER TABLE b DROP by_hand;
ALTER TABLE b ALTER id TYPE int;
REVOKE SELECT ON b FROM regress_drift_c;
:drift

-- a migration that finds its change already there changes nothing
ALTER TABLE b ADD twice int;
SELECT migrate_apply('4', 'ALTER TABLE b ADD IF NOT EXISTS twice int', 'ALTER TABLE b DROP IF EXISTS twice');
:drift
SELECT migrate_accept_drift('the column of migration 4 was there');
:drift
-- but CREATE OR REPLACE says what there is to be
SELECT migrate_apply('5', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1''; CREATE VIEW v AS SELECT 1 AS one');
CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';
ALTER FUNCTION f() OWNER TO regress_drift_c;
CREATE OR REPLACE VIEW v AS SELECT 2 AS one;
SELECT kind, identity, change FROM migrate_drift();
SELECT migrate_apply('6', 'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 2''; CREATE OR REPLACE VIEW v AS SELECT 2 AS one');
:drift
ALTER FUNCTION f() OWNER TO CURRENT_USER;
:drift

-- what was dropped by hand and is made again
DROP TABLE legacy;
:drift
SELECT migrate_apply('7', 'CREATE TABLE legacy (id int)');
:drift
-- what was made by hand and is dropped
CREATE TABLE extra (a int);
:drift
SELECT migrate_apply('8', 'DROP TABLE extra');
:drift
-- dropped and made again under the same name, and names swapped
SELECT migrate_apply('9', 'DROP TABLE legacy; CREATE TABLE legacy (id int, other text); CREATE TABLE x (a int); CREATE TABLE y (b int)');
SELECT migrate_apply('10', 'ALTER TABLE x RENAME TO z; ALTER TABLE y RENAME TO x; ALTER TABLE z RENAME TO y');
:drift
-- a failed one leaves all as it was
SELECT migrate_apply('11', 'ALTER TABLE x ADD fails int; SELECT 1/0');
:drift
BEGIN;
SELECT migrate_apply('11', 'ALTER TABLE x ADD undone int');
:drift
ROLLBACK;
:drift
-- what else happens in its transaction is drift
BEGIN;
ALTER TABLE x ADD beside int;
SELECT migrate_apply('11', 'ALTER TABLE x ADD mine int');
ALTER TABLE x ADD after int;
COMMIT;
:drift
ALTER TABLE x DROP beside, DROP after;
:drift

-- what is temporary is nobody's
SELECT migrate_apply('12', 'CREATE TEMP TABLE t (a int); CREATE INDEX ON t (a); CREATE TEMP VIEW tv AS SELECT * FROM t; CREATE TABLE from_temp AS SELECT * FROM t');
CREATE TEMP TABLE mine (a int);
:drift

-- stamping takes the schema as it is; unstamping does not
CREATE TABLE stamped (a int);
:drift
SELECT migrate_stamp('13', 'CREATE TABLE stamped (a int)');
:drift
DROP TABLE stamped;
SELECT migrate_unstamp('13');
:drift
SELECT migrate_accept_drift('it is not there');
:drift

-- settings leave out at the time of comparing
CREATE SCHEMA scratch;
CREATE TABLE scratch.t (a int);
ALTER TABLE b OWNER TO regress_drift_c;
GRANT SELECT ON x TO regress_drift_c;
:drift
SET neon_migrate.drift_ignore_schemas = 'scratch, "No such"';
SET neon_migrate.drift_ignore_owners = on;
SET neon_migrate.drift_ignore_grants = on;
:drift
SET neon_migrate.drift_ignore_schemas = 'a b';
RESET neon_migrate.drift_ignore_schemas;
RESET neon_migrate.drift_ignore_owners;
RESET neon_migrate.drift_ignore_grants;
SELECT migrate_accept_drift('as it is');

-- untracked
SET neon_migrate.track_drift = off;
:drift
SELECT migrate_apply('14', 'ALTER TABLE x ADD untracked int');
:drift
SET neon_migrate.track_drift = on;
SELECT migrate_apply('15', 'ALTER TABLE x ADD tracked int');
:drift

-- step by step
SET client_min_messages = warning;
CALL migrate_run('16', 'CREATE TYPE mood AS ENUM (''sad''); CREATE INDEX CONCURRENTLY x_tracked ON x (tracked); ALTER TABLE x ADD m mood;
    ALTER TYPE mood ADD VALUE ''happy''; ALTER TABLE x ALTER m SET DEFAULT ''happy''; VACUUM x; DROP INDEX CONCURRENTLY x_tracked; REINDEX TABLE CONCURRENTLY b',
    'ALTER TABLE x DROP m; DROP TYPE mood');
:drift
CALL migrate_down();
:drift
SELECT migrate_register('17', 'CREATE TABLE many (a int)', 'DROP TABLE many');
SELECT migrate_register('18', 'CREATE UNIQUE INDEX CONCURRENTLY many_a ON many (a)', 'DROP INDEX CONCURRENTLY many_a');
CALL migrate_up();
:drift
CALL migrate_down(2);
:drift
-- one that fails half-way leaves what is done
CALL migrate_run('19', 'CREATE TABLE half (a int); INSERT INTO half VALUES (1), (1); VACUUM half; CREATE UNIQUE INDEX CONCURRENTLY half_a ON half (a)');
:drift
TRUNCATE half;
CALL migrate_up();
:drift

-- as after an upgrade to another major version
\set VERBOSITY terse
UPDATE migrate_expected SET contents[2] = '13' WHERE kind = '';
:drift
SELECT migrate_apply('20', 'CREATE TABLE after_upgrade (a int)');
:drift
\set VERBOSITY default

-- the ledger has it all, and nobody else writes it
SELECT seq, version, action, description FROM migrate_history WHERE action = 'accept_drift';
SELECT * FROM migrate_verify() WHERE NOT ok;
SELECT version FROM migrate_status WHERE version = '';
SET ROLE regress_drift_c;
SELECT kind, identity, change, expected, actual FROM migrate.migrate_drift();
RESET ROLE;
GRANT USAGE ON SCHEMA migrate TO regress_drift_c;
SET ROLE regress_drift_c;
SELECT kind, identity, change, expected, actual FROM migrate.migrate_drift();
SELECT migrate.migrate_accept_drift('me');
SELECT migrate.migrate_fingerprint();
SELECT * FROM migrate.migrate_snapshot();
SELECT * FROM migrate.migrate_expected;
RESET ROLE;

DROP SCHEMA app, scratch CASCADE;
DROP EXTENSION neon_migrate CASCADE;
DROP SCHEMA migrate;
DROP OWNED BY regress_drift_c;
DROP ROLE regress_drift_c;
