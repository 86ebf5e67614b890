-- migrate_dry_run_pending(): all that is pending, in order
\set SHOW_CONTEXT always
CREATE EXTENSION neon_migrate;
CREATE TABLE orders (id int PRIMARY KEY);
INSERT INTO orders VALUES (1);
SELECT migrate_apply('1', 'CREATE TABLE one ()', 'DROP TABLE one');
-- nothing is pending
SELECT * FROM migrate_dry_run_pending();
SELECT migrate_register('2', 'ALTER TABLE orders ADD COLUMN x int DEFAULT 5', 'ALTER TABLE orders DROP COLUMN x');
SELECT migrate_register('3', E'CREATE TABLE three AS SELECT x FROM orders;\nUPDATE orders SET x = 6', 'DROP TABLE three; UPDATE orders SET x = 5');
SELECT migrate_register('10', 'ALTER TABLE three ADD COLUMN y float DEFAULT random(); ALTER TABLE orders ALTER COLUMN x TYPE bigint');
SELECT migrate_register('4', 'ALTER TABLE three RENAME TO drei; ALTER TABLE one ADD x int; CREATE TABLE four ()',
    'ALTER TABLE drei RENAME TO three; ALTER TABLE one DROP x', NULL, ARRAY['10']);
SELECT version, direction, statement AS s, line AS l, command, rows, locks, rewritten, restored, detail FROM migrate_dry_run_pending();
SELECT DISTINCT version FROM migrate_dry_run_pending('3') ORDER BY 1;
SELECT * FROM migrate_dry_run_pending('1');
SELECT * FROM migrate_dry_run_pending('99');
SELECT * FROM migrate_dry_run_pending('');
-- still pending
SELECT version, state FROM migrate_status ORDER BY version;
TABLE orders;
SELECT to_regclass('three') AS three;
SELECT * FROM migrate_drift();
-- steps that cannot be run are left out
SELECT migrate_register('5', 'CREATE INDEX CONCURRENTLY five ON orders (id)', 'DROP INDEX CONCURRENTLY five');
SELECT migrate_register('6', 'ALTER TABLE orders ADD COLUMN z int', 'ALTER TABLE orders DROP COLUMN z');
SELECT version, direction, statement AS s, restored, detail FROM migrate_dry_run_pending() WHERE version IN ('5', '6');
-- what comes after may need them
SELECT migrate_register('5a', 'ALTER TABLE orders ADD UNIQUE USING INDEX five');
SELECT version FROM migrate_dry_run_pending();
SELECT migrate_unregister('5a');
-- an error names its migration
SELECT migrate_register('7', E'SELECT 1;\nSELECT 1/0');
SELECT version FROM migrate_dry_run_pending();
SELECT count(*) FROM migrate_dry_run_pending('6');
SELECT migrate_register('7', E'SELECT 1', 'DROP TABLE nowhere');
SELECT version, direction, restored, detail FROM migrate_dry_run_pending() WHERE version = '7';
-- what has to be committed first ends it
CREATE TYPE mood AS ENUM ('sad');
SELECT migrate_register('7', $$ALTER TYPE mood ADD VALUE 'glad'$$), migrate_register('8', $$SELECT 1; SELECT 'glad'::mood$$), migrate_register('9', '');
SELECT version, direction, restored, detail FROM migrate_dry_run_pending() WHERE version IN ('7', '8', '9', '10');
SELECT migrate_unregister('8'), migrate_unregister('9');
DROP TYPE mood;
-- an older one than the newest applied is reported as when it is applied
SELECT migrate_unregister('7'), migrate_register('0', 'CREATE TABLE zero ()');
SELECT version, command FROM migrate_dry_run_pending('0');
SET neon_migrate.out_of_order = 'error';
SELECT version, command FROM migrate_dry_run_pending('0');
RESET neon_migrate.out_of_order;
-- and then for real
SELECT migrate_unregister('0');
SET client_min_messages = warning;
SET neon_migrate.lint = off;
CALL migrate_up(NULL);
RESET client_min_messages;

DROP EXTENSION neon_migrate;
DROP TABLE one, four, drei, orders;
