--
-- Deferred constraints are checked before a migration is recorded, not only
-- when the caller commits; deferred triggers still have their effects when the
-- caller commits, and once.
--
CREATE SCHEMA migrate;
CREATE EXTENSION neon_migrate SCHEMA migrate;
CREATE SCHEMA app;
SET search_path = app, migrate;
\pset tuples_only on
\pset format unaligned

CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int, parent int CONSTRAINT child_fk REFERENCES parent DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT child_key UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);

-- a violation names the migration, and the last statement, after which it was found
SELECT migrate_apply('1', E'INSERT INTO child VALUES (1, 1);\n  SELECT 1');
\echo :SQLSTATE
SELECT migrate_apply('1', 'INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (1, 1)');
\echo :SQLSTATE
SELECT migrate_apply('1', '', 'INSERT INTO child VALUES (1, 1)');
SELECT migrate_rollback();
-- inside a transaction it can be caught
BEGIN;
DO $$
BEGIN
    PERFORM migrate_apply('2', 'INSERT INTO child VALUES (1, 1)');
EXCEPTION WHEN foreign_key_violation THEN
    RAISE NOTICE '%', SQLERRM;
END
$$;
COMMIT;
SELECT count(*) FROM child;

-- what is whole by the end of the migration is fine
SELECT migrate_apply('2', 'INSERT INTO child VALUES (1, 1); UPDATE child SET id = 2; INSERT INTO parent VALUES (1)');
SELECT * FROM child;
-- what is whole only by the end of the transaction is not
BEGIN;
SELECT migrate_apply('3', 'INSERT INTO child VALUES (3, 3)');
ROLLBACK;

-- a violation that the caller brings along is not that of a migration that
-- writes no rows; it shows if others do
BEGIN;
INSERT INTO child VALUES (4, 4);
SELECT migrate_apply('3', '');
SELECT migrate_apply('4', 'SELECT 1; CREATE TABLE quiet ()');
SELECT migrate_apply('5', 'INSERT INTO parent VALUES (5)');
ROLLBACK;
BEGIN;
INSERT INTO child VALUES (4, 4);
SELECT migrate_apply('3', '');
INSERT INTO parent VALUES (4);
SELECT migrate_apply('4', 'SELECT 1');
COMMIT;
SELECT count(*) FROM child;

-- whichever way the rows were written
CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO app.child VALUES (20, 20) RETURNING 1';
CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO app.child VALUES (20, 20); END';
CREATE PROCEDURE writes_too() LANGUAGE sql AS 'INSERT INTO app.child VALUES (20, 20)';
CREATE TABLE filled AS SELECT 1 AS id;
CREATE EVENT TRIGGER fires ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION fires();
DO $$
DECLARE
    way text;
BEGIN
    FOREACH way IN ARRAY ARRAY[
        'INSERT INTO child VALUES (20, 20)',
        'UPDATE child SET parent = 20',
        'WITH written AS (INSERT INTO child VALUES (20, 20) RETURNING id) SELECT id FROM written',
        'CREATE TABLE made AS WITH written AS (INSERT INTO child VALUES (20, 20) RETURNING id) SELECT id FROM written',
        'COPY child FROM PROGRAM ''echo 20,20'' WITH (FORMAT csv)',
        'EXPLAIN ANALYZE INSERT INTO child VALUES (20, 20)',
        'PREPARE p AS INSERT INTO child VALUES (20, 20); EXECUTE p',
        'SELECT writes()',
        'CREATE TABLE made AS SELECT writes()',
        'CALL writes_too()',
        'DO ''BEGIN PERFORM app.writes(); END''',
        'DO ''DECLARE c refcursor; i int; BEGIN OPEN c FOR INSERT INTO app.child VALUES (20, 20) RETURNING id; FETCH c INTO i; END''',
        'ALTER TABLE filled ADD written int DEFAULT writes()',
        'ALTER TABLE filled ALTER id TYPE int USING writes()',
        'CREATE SEQUENCE made'] LOOP
        BEGIN
            PERFORM migrate_apply('20', way);
            RAISE NOTICE 'not found: %', way;
        EXCEPTION WHEN foreign_key_violation THEN
        END;
    END LOOP;
END
$$;
DROP EVENT TRIGGER fires;

-- deferred triggers fire at commit, once, with all their effects
CREATE TABLE log (n serial, what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.log (what) VALUES (TG_OP || ' ' || NEW.id || ' ' || current_setting('regress.phase', true));
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
BEGIN;
SET LOCAL regress.phase = 'before commit';
SELECT migrate_apply('5', 'INSERT INTO parent VALUES (5); INSERT INTO child VALUES (5, 5)');
SELECT count(*) FROM log;
SET LOCAL regress.phase = 'at commit';
COMMIT;
SELECT what FROM log ORDER BY n;
-- also alone
SELECT migrate_apply('6', 'INSERT INTO parent VALUES (6)');
SELECT what FROM log ORDER BY n;
-- also in a migration that is not the last thing in the transaction
BEGIN;
SET LOCAL regress.phase = '';
SELECT migrate_apply('7', 'INSERT INTO parent VALUES (7)');
INSERT INTO parent VALUES (8);
SELECT migrate_apply('8', 'INSERT INTO parent VALUES (9)', 'DELETE FROM parent WHERE id = 9');
SELECT migrate_redo('8');
COMMIT;
SELECT what FROM log ORDER BY n;
-- one that raises an error stops the migration
CREATE FUNCTION objects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not %', NEW.id; END $$;
CREATE CONSTRAINT TRIGGER objects AFTER INSERT ON parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id = 13) EXECUTE FUNCTION objects();
SELECT migrate_apply('9', E'INSERT INTO parent VALUES (12);\nINSERT INTO parent VALUES (13);\nINSERT INTO parent VALUES (14)');
SELECT max(id) FROM parent;

-- what the check itself does is undone: settings, rows, the mode of constraints
BEGIN;
SELECT migrate_apply('9', 'INSERT INTO parent VALUES (10); INSERT INTO child VALUES (10, 10)');
INSERT INTO child VALUES (11, 11);
SELECT count(*) FROM log;
INSERT INTO parent VALUES (11);
COMMIT;
SELECT count(*) FROM log;

-- DDL on the table waits for nothing afterwards
SELECT migrate_apply('10', 'ALTER TABLE child ADD note text');

SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate;
