-- migrate_dry_run(): what cannot be run, and who may
\set SHOW_CONTEXT always
CREATE EXTENSION neon_migrate;
CREATE TABLE item (id int PRIMARY KEY);

SELECT * FROM migrate_dry_run(NULL);
SELECT * FROM migrate_dry_run(NULL, 'SELECT 1');
-- the place of errors is that in the text
SELECT * FROM migrate_dry_run(E'CREATE TABLE x ();\nSELEC 1');
SELECT * FROM migrate_dry_run(E'CREATE TABLE x ();\nSELECT 1,\n  ''é'', 1/0');
SELECT direction, statement, command, restored, detail FROM migrate_dry_run('SELECT 1', E'CREATE TABLE x ();\nDROP TABLE nowhere');
CREATE TYPE mood AS ENUM ('sad');
SELECT direction, statement, command, restored, detail FROM migrate_dry_run('ALTER TYPE mood ADD VALUE ''glad''', 'SELECT ''glad''::mood');
SELECT * FROM migrate_dry_run('ALTER TYPE mood ADD VALUE ''glad''; SELECT ''glad''::mood');
DROP TYPE mood;
SELECT * FROM migrate_dry_run('SELECT 1', 'SELEC');
SELECT * FROM migrate_dry_run('COMMIT');
SELECT * FROM migrate_dry_run('COPY item FROM STDIN');
-- deferred constraints are checked at the end, not before
CREATE TABLE link (id int PRIMARY KEY, next int REFERENCES link DEFERRABLE INITIALLY DEFERRED);
SELECT statement, rows FROM migrate_dry_run('INSERT INTO link VALUES (1, 2); INSERT INTO link VALUES (2, 1)');
SELECT statement, rows FROM migrate_dry_run('INSERT INTO link VALUES (1, 2); SELECT 1');
-- what refuses a transaction block is not run
SELECT statement AS s, line AS l, command, rows, locks, detail FROM migrate_dry_run($$
    CREATE INDEX CONCURRENTLY item_index ON item (id);
    ALTER TABLE item ADD COLUMN a int;
    VACUUM item; VACUUM item;
    REINDEX INDEX CONCURRENTLY item_pkey$$);
SELECT direction, statement AS s, command, detail, restored FROM migrate_dry_run('CREATE INDEX CONCURRENTLY item_index ON item (id)',
    'DROP INDEX CONCURRENTLY item_index');
SELECT direction, statement AS s, command, detail, restored FROM migrate_dry_run('ALTER TABLE item ADD COLUMN a int',
    'ALTER TABLE item DROP COLUMN a; VACUUM');
SELECT statement AS s, command, detail FROM migrate_dry_run('BEGIN; VACUUM; SELECT 1; VACUUM; COMMIT');
SELECT * FROM migrate_dry_run('SELECT 1/0; VACUUM');
SELECT * FROM migrate_dry_run($$
    CREATE UNIQUE INDEX CONCURRENTLY item_index ON item (id);
    ALTER TABLE item ADD UNIQUE USING INDEX item_index$$);
-- a failure leaves nothing behind, also inside a transaction that goes on
BEGIN;
CREATE TABLE mine ();
SAVEPOINT s;
SELECT * FROM migrate_dry_run('CREATE TABLE x (); SELECT 1/0');
ROLLBACK TO s;
SELECT statement, command FROM migrate_dry_run('DROP TABLE mine; CREATE TABLE x ()');
SELECT to_regclass('mine') IS NOT NULL AS mine, to_regclass('x') AS x;
COMMIT;
DROP TABLE mine;
-- inside a migration, in transactions that cannot
SELECT migrate_apply('1', $$SELECT * FROM migrate_dry_run('SELECT 1')$$);
SELECT * FROM migrate_dry_run($$SELECT migrate_apply('1', '')$$);
SELECT * FROM migrate_dry_run($$SELECT migrate_dry_run('')$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM migrate_dry_run('SELECT 1');
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM migrate_dry_run('SELECT 1');
ROLLBACK;
-- what the session has, it has afterwards
SELECT statement, command FROM migrate_dry_run($$
    CREATE TEMP TABLE scratch (); PREPARE p AS SELECT 1; NOTIFY chat;
    DECLARE c CURSOR WITH HOLD FOR SELECT 1$$);
SELECT to_regclass('pg_temp.scratch') AS temp, (SELECT count(*) FROM pg_prepared_statements) AS prepared,
    (SELECT count(*) FROM pg_cursors WHERE name = 'c') AS cursors;
-- the guard lets it, and records nothing
SELECT migrate_guard('refuse');
SELECT statement, command FROM migrate_dry_run('CREATE TABLE guarded ()');
SELECT count(*) FROM migrate_ddl;
SELECT migrate_guard('off');
-- with the caller's rights, for those who may migrate
CREATE ROLE regress_dry_user;
SET ROLE regress_dry_user;
SELECT * FROM migrate_dry_run('SELECT 1');
RESET ROLE;
GRANT EXECUTE ON FUNCTION migrate_dry_run(text, text) TO regress_dry_user;
SET ROLE regress_dry_user;
SELECT statement, rows FROM migrate_dry_run('SELECT 1');
SELECT * FROM migrate_dry_run('DROP TABLE item');
RESET ROLE;
DROP OWNED BY regress_dry_user;
DROP ROLE regress_dry_user;

DROP EXTENSION neon_migrate;
DROP TABLE item, link;
