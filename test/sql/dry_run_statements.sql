-- migrate_dry_run(): a row for each statement
\set SHOW_CONTEXT always
CREATE EXTENSION neon_migrate;
CREATE TABLE customer (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, note text, amount int, price int);
CREATE INDEX orders_note ON orders (note);
CREATE VIEW order_ids AS SELECT id FROM orders;
CREATE MATERIALIZED VIEW totals AS SELECT sum(amount) FROM orders;
CREATE SEQUENCE ticket;
INSERT INTO orders SELECT n, 'x', n, n FROM generate_series(1, 1000) AS n;

CREATE VIEW how AS SELECT * FROM migrate_health();
CREATE FUNCTION run(up text, down text DEFAULT NULL)
    RETURNS TABLE (direction text, statement int, line int, command text, rows bigint, locks jsonb, rewritten text[], restored boolean, detail text)
    LANGUAGE sql AS $$
        SELECT direction, statement, line, command, rows, locks, rewritten, restored, detail FROM migrate_dry_run(up, down) $$;
CREATE TABLE before AS SELECT migrate_fingerprint() AS fingerprint;

-- the lock each kind takes, rewritten or not
SELECT statement AS s, line AS l, command, rows, locks, rewritten FROM run($$
    SELECT 1 FROM customer;
    INSERT INTO customer VALUES (1), (2);
    COMMENT ON TABLE customer IS 'é'; CREATE INDEX ON customer (name);
    CREATE TRIGGER t AFTER INSERT ON customer EXECUTE FUNCTION suppress_redundant_updates_trigger();
    LOCK TABLE customer IN EXCLUSIVE MODE;
    ALTER TABLE customer ADD COLUMN age int;
    SELECT 1 FROM customer$$);
-- a constant default writes no table, a volatile one does, another type does
SELECT statement AS s, command, locks, rewritten FROM run($$
    ALTER TABLE orders ADD COLUMN a int DEFAULT 1;
    ALTER TABLE orders ADD COLUMN b float DEFAULT random();
    ALTER TABLE orders ALTER COLUMN price TYPE bigint;
    ALTER TABLE orders ALTER COLUMN note TYPE varchar;
    ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
    ALTER TABLE orders SET UNLOGGED$$);
SELECT statement AS s, command, locks, rewritten FROM run($$
    CLUSTER orders USING orders_pkey;
    REINDEX TABLE orders;
    TRUNCATE orders;
    REFRESH MATERIALIZED VIEW totals;
    ALTER SEQUENCE ticket INCREMENT 2;
    DROP INDEX orders_note;
    ALTER TABLE orders ADD FOREIGN KEY (amount) REFERENCES customer;
    ALTER VIEW order_ids RENAME TO numbers;
    DROP TABLE orders CASCADE$$);
-- what is new is in nobody's way
SELECT statement AS s, command, locks, rewritten FROM run($$
    CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x float DEFAULT random(); INSERT INTO fresh VALUES (1);
    CREATE TEMP TABLE passing (id int); DROP TABLE fresh$$);
-- the names are those that were
SELECT statement AS s, command, locks, rewritten FROM run($$
    ALTER TABLE orders RENAME TO "Bestellung"; ALTER TABLE customer SET SCHEMA pg_catalog$$);
SELECT statement AS s, command, locks, rewritten FROM run($$
    CREATE SCHEMA "Other"; ALTER TABLE customer SET SCHEMA "Other";
    ALTER TABLE "Other".customer ADD COLUMN x float DEFAULT random();$$);
-- time and WAL are measured
SELECT statement, duration >= '10 ms' AS slept, duration < '1 hour' AS ended
    FROM migrate_dry_run('SELECT pg_sleep(0.01); SELECT 1');
SELECT wal_bytes > 0 AS wrote FROM migrate_dry_run('INSERT INTO customer VALUES (1)');
-- locks that the caller has already are not the migration's
BEGIN;
LOCK TABLE orders IN SHARE MODE;
SELECT statement AS s, command, locks FROM run('SELECT 1 FROM orders; CREATE INDEX ON orders (note); ALTER TABLE orders ADD COLUMN x int');
COMMIT;
-- BEGIN and COMMIT, nothing at all, DO, a plain SET
SELECT statement AS s, line AS l, command, rows, locks FROM run(E'BEGIN;\nSELECT 1;\nCOMMIT;');
SELECT * FROM run('');
SELECT * FROM run('-- nothing', '');
SELECT statement AS s, line AS l, command, rows, locks FROM run($$SET search_path = pg_catalog; SET ROLE pg_monitor;
    RESET ROLE; DO 'BEGIN EXECUTE ''ALTER TABLE public.orders ADD y int''; END'$$);
SHOW search_path;
SELECT current_user = session_user AS myself;

-- nothing has changed
SELECT fingerprint = migrate_fingerprint() AS same FROM before;
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM customer) AS customers;
SELECT applied, pending, interrupted FROM how;
SELECT count(*) FROM migrate_history;
SELECT migrate_apply('1', 'CREATE TABLE one ()');
SELECT statement AS s, command FROM run('ALTER TABLE one ADD x int');
SELECT kind, identity, change FROM migrate_drift();
-- but for what the server does not roll back for anybody
SELECT statement AS s, command FROM run($$SELECT nextval('ticket')$$);
SELECT last_value, is_called FROM ticket;

DROP EXTENSION neon_migrate CASCADE;
DROP TABLE before, orders, customer, one CASCADE;
DROP SEQUENCE ticket;
