--
-- Statements of all kinds run in a migration as they do outside of one.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

-- each statement sees what those before it did
SELECT migrate_apply('1', $$
    CREATE TABLE t (id int PRIMARY KEY, name text);
    INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');
    ALTER TABLE t ADD length int;
    UPDATE t SET length = length(name);
    ALTER TABLE t ALTER length SET NOT NULL;
    DELETE FROM t WHERE id = 3;
    CREATE TYPE pair AS (a int, b int);
    CREATE TABLE u (p pair DEFAULT (1, 2));
    INSERT INTO u DEFAULT VALUES
$$);
SELECT * FROM t;
SELECT statements, rows FROM migrate_history WHERE version = '1';

-- results go nowhere, their rows count
SELECT migrate_apply('2', 'SELECT * FROM t; TABLE t; VALUES (1), (2), (3); SELECT 1 WHERE false');
SELECT statements, rows FROM migrate_history WHERE version = '2';
SELECT migrate_apply('3', 'EXPLAIN SELECT * FROM t; EXPLAIN (ANALYZE) INSERT INTO t VALUES (3, ''three'', 5); SHOW work_mem');
SELECT count(*) FROM t;

-- SELECT INTO, CREATE TABLE AS, materialized views
SELECT migrate_apply('4', $$
    SELECT id, name INTO names FROM t;
    CREATE TABLE more AS SELECT generate_series(1, 10) AS i;
    CREATE MATERIALIZED VIEW ages AS SELECT 1 AS age WITH NO DATA;
    REFRESH MATERIALIZED VIEW ages
$$);
SELECT rows FROM migrate_history WHERE version = '4';
SELECT (SELECT count(*) FROM names), (SELECT count(*) FROM more), (SELECT count(*) FROM ages);

-- COPY with files and programs on the server
SELECT migrate_apply('5', $$
    CREATE TABLE lines (line text);
    COPY lines FROM 'PG_VERSION';
    COPY lines FROM PROGRAM 'echo a; echo b';
    COPY lines TO PROGRAM 'cat > /dev/null'
$$);
SELECT rows FROM migrate_history WHERE version = '5';
SELECT count(*) FROM lines;

-- one statement that rules make several or none of
SELECT migrate_apply('6', $$
    CREATE TABLE log (id int, what text);
    CREATE RULE also AS ON INSERT TO u DO ALSO (INSERT INTO log VALUES (1, 'also'); UPDATE log SET what = 'done');
    CREATE RULE nothing AS ON DELETE TO u DO INSTEAD NOTHING;
    CREATE RULE instead AS ON UPDATE TO u DO INSTEAD INSERT INTO log VALUES (2, 'instead');
    INSERT INTO u VALUES ((3, 4));
    DELETE FROM u;
    UPDATE u SET p = (5, 6)
$$);
SELECT statements FROM migrate_history WHERE version = '6';
SELECT * FROM log ORDER BY id, what;
SELECT count(*) FROM u;

-- a writing WITH, an upsert, RETURNING
SELECT migrate_apply('7', $$
    WITH gone AS (DELETE FROM more WHERE i > 5 RETURNING i) INSERT INTO log SELECT i, 'gone' FROM gone;
    INSERT INTO t VALUES (1, 'uno', 3) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name;
    UPDATE t SET name = s.name FROM (VALUES (2, 'dos'), (9, 'nueve')) AS s (id, name) WHERE t.id = s.id RETURNING *
$$);
SELECT rows FROM migrate_history WHERE version = '7';
SELECT id, name FROM t ORDER BY id;

-- a schema with its elements
SELECT migrate_apply('8', $$
    CREATE SCHEMA shop
        CREATE VIEW cheap AS SELECT * FROM item WHERE price < 1
        CREATE TABLE item (id int PRIMARY KEY, price numeric)
        CREATE INDEX item_price ON item (price)
        GRANT SELECT ON cheap TO PUBLIC
$$, 'DROP SCHEMA shop CASCADE');
SELECT to_regclass('shop.cheap'), to_regclass('shop.item'), to_regclass('shop.item_price');
SELECT migrate_rollback();

-- DO, CALL, functions in several languages, triggers
SELECT migrate_apply('9', $m$
    CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
    CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT one() + 1';
    CREATE FUNCTION three() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT two() + 1; END;
    CREATE PROCEDURE add(INOUT i int, what text) LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO log VALUES (i, what); i := i + 1; END $$;
    DO $$ BEGIN FOR i IN 1..3 LOOP EXECUTE format('CREATE TABLE loop_%s ()', i); END LOOP; END $$;
    CALL add(three(), 'called');
    CREATE FUNCTION upcase() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.what := upper(NEW.what); RETURN NEW; END $$;
    CREATE TRIGGER upcase BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION upcase();
    INSERT INTO log VALUES (4, 'shout')
$m$);
SELECT * FROM log WHERE id IN (3, 4) AND what <> 'gone' ORDER BY id;
SELECT count(*) FROM pg_class WHERE relname LIKE 'loop\__';
-- errors that a DO block catches are no errors
SELECT migrate_apply('10', $m$DO $$ BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN INSERT INTO log VALUES (10, 'caught'); END $$$m$);
SELECT count(*) FROM log WHERE what = 'CAUGHT';

-- cursors and prepared statements of its own
SELECT migrate_apply('11', $$
    DECLARE c SCROLL CURSOR FOR SELECT * FROM more ORDER BY i;
    FETCH 2 FROM c;
    MOVE BACKWARD ALL FROM c;
    FETCH NEXT FROM c;
    CLOSE c;
    PREPARE p (int) AS INSERT INTO more VALUES ($1);
    EXECUTE p (42);
    EXPLAIN EXECUTE p (43);
    DEALLOCATE p;
    CREATE TABLE from_prepared AS VALUES (1);
    PREPARE q AS SELECT max(i) AS m FROM more;
    CREATE TABLE executed AS EXECUTE q
$$);
SELECT m FROM executed;

-- partitions, inheritance, identity, generated columns, domains, sequences
SELECT migrate_apply('12', $$
    CREATE TABLE part (id int GENERATED ALWAYS AS IDENTITY, d date NOT NULL, y int) PARTITION BY RANGE (d);
    CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE part_rest (LIKE part);
    ALTER TABLE part ATTACH PARTITION part_rest DEFAULT;
    INSERT INTO part (d) VALUES ('2026-06-01'), ('2020-01-01');
    ALTER TABLE part DETACH PARTITION part_rest;
    CREATE TABLE child (extra int) INHERITS (t);
    CREATE TABLE gen (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
    INSERT INTO gen VALUES (21);
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE SEQUENCE s START 10;
    CREATE TABLE serials (id serial, p positive DEFAULT nextval('s'));
    INSERT INTO serials DEFAULT VALUES
$$);
SELECT (SELECT count(*) FROM part), (SELECT count(*) FROM part_rest), b, id, p FROM gen, serials;

-- privileges, comments, policies, statistics, locks, renames, drops
SELECT migrate_apply('13', $$
    GRANT SELECT ON t TO PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
    COMMENT ON TABLE t IS 'a table';
    ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON t USING (true);
    CREATE STATISTICS st ON id, name FROM t;
    ANALYZE t;
    LOCK TABLE t IN SHARE MODE;
    ALTER TABLE names RENAME TO old_names;
    TRUNCATE more;
    DROP TABLE old_names, more CASCADE;
    CREATE EXTENSION IF NOT EXISTS plpgsql
$$);
SELECT statements FROM migrate_history WHERE version = '13';

-- roles and transaction-level advisory locks
SELECT migrate_apply('14', 'CREATE ROLE regress_nm_statements; SELECT pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)', 'DROP ROLE regress_nm_statements');
SELECT migrate_rollback();

-- event triggers fire for the statements of a migration, once each
CREATE TABLE events (tag text, tags text[]);
CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_event = 'sql_drop' THEN
        INSERT INTO app.events SELECT 'dropped', array_agg(object_identity ORDER BY object_identity) FROM pg_event_trigger_dropped_objects() WHERE object_type = 'table';
    ELSE
        INSERT INTO app.events SELECT tg_tag, array_agg(command_tag || ' ' || object_identity) FROM pg_event_trigger_ddl_commands();
    END IF;
END
$$;
CREATE EVENT TRIGGER regress_nm_ddl ON ddl_command_end EXECUTE FUNCTION note();
CREATE EVENT TRIGGER regress_nm_drop ON sql_drop EXECUTE FUNCTION note();
SELECT migrate_apply('15', 'CREATE TABLE seen (); ALTER TABLE seen ADD a int; DO $$ BEGIN DROP TABLE app.seen; END $$; INSERT INTO log VALUES (1)');
DROP EVENT TRIGGER regress_nm_ddl;
DROP EVENT TRIGGER regress_nm_drop;
SELECT * FROM events;
-- one that objects stops the migration
CREATE FUNCTION object() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % here', tg_tag; END $$;
CREATE EVENT TRIGGER regress_nm_object ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION object();
SELECT migrate_apply('16', E'CREATE TABLE seen ();\nCREATE VIEW unseen AS SELECT 1');
DROP EVENT TRIGGER regress_nm_object;
SELECT to_regclass('seen');

-- what the server refuses while constraint triggers are pending, it refuses here
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE kid (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
SELECT migrate_apply('17', E'INSERT INTO parent VALUES (1);\nINSERT INTO kid VALUES (1);\nALTER TABLE kid ADD x int');
SELECT migrate_apply('17', E'INSERT INTO parent VALUES (1);\nINSERT INTO kid VALUES (1);\nSET CONSTRAINTS ALL IMMEDIATE;\nALTER TABLE kid ADD x int');

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
