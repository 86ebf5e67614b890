-- A migration that only adds columns and indexes to a table: what was there
-- before is known from what is there now.  What somebody else has changed stays
-- a difference.
CREATE EXTENSION neon_migrate;
SELECT migrate_apply('1', $$
    CREATE TABLE person (id int PRIMARY KEY, name text, "from, to" int);
    CREATE TABLE empty ();
    CREATE VIEW names AS SELECT id, name FROM person;
    CREATE TABLE parent (id int);
    CREATE TABLE child (own int) INHERITS (parent);
    CREATE TABLE part (id int) PARTITION BY RANGE (id);
    CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1) TO (9)$$);
CREATE VIEW drift AS SELECT kind, identity, change, expected, actual FROM migrate_drift();
SELECT migrate_accept_drift('the view');

SET neon_migrate.lint = off;
-- by hand, all of it unknown to the migrations that come after
ALTER TABLE person ADD COLUMN by_hand int, ALTER COLUMN name SET NOT NULL;
CREATE INDEX by_hand ON person (name);
COMMENT ON TABLE person IS 'by hand';
ALTER TABLE empty ADD COLUMN by_hand text;
ALTER TABLE child ADD COLUMN by_hand int;
SELECT migrate_accept_drift('the table');
ALTER TABLE person DROP COLUMN by_hand, ALTER COLUMN name DROP NOT NULL;
ALTER TABLE person ADD COLUMN "by, hand" int;
DROP INDEX by_hand;
CREATE INDEX by_hand_too ON person (name, id);
COMMENT ON TABLE person IS 'by hand, too';
ALTER TABLE empty ADD COLUMN by_hand_too text;
ALTER TABLE child ADD COLUMN by_hand_too int;
CREATE INDEX by_hand_part ON part_1 (id);

CREATE FUNCTION apply(up text, down text DEFAULT NULL) RETURNS SETOF drift LANGUAGE plpgsql AS $$
BEGIN
    PERFORM migrate_apply('now', up, down);
    RETURN QUERY TABLE drift EXCEPT TABLE was;
    RETURN QUERY SELECT kind, identity, 'solved', expected, actual FROM (TABLE was EXCEPT TABLE drift) AS solved;
    IF down IS NOT NULL THEN
        PERFORM migrate_rollback();
    ELSE
        PERFORM migrate_unstamp('now');
    END IF;
END $$;
CREATE TEMP TABLE was AS TABLE drift;
SELECT * FROM was WHERE kind <> 'function' ORDER BY 1, 2;

-- each adds, and is taken back
SELECT * FROM apply('ALTER TABLE person ADD COLUMN a int', 'ALTER TABLE person DROP COLUMN a');
SELECT * FROM apply('CREATE INDEX added ON person (id, name)', 'DROP INDEX added');
SELECT * FROM apply('CREATE UNIQUE INDEX ON person (lower(name)) WHERE id > 0', 'DROP INDEX person_lower_idx');
SELECT * FROM apply('ALTER TABLE person ADD COLUMN a int, ADD COLUMN b text DEFAULT 7 NOT NULL', 'ALTER TABLE person DROP COLUMN a, DROP COLUMN b');
SELECT * FROM apply('ALTER TABLE person ADD a int; CREATE INDEX added ON person (a); ALTER TABLE person ADD "B, c" int', 'ALTER TABLE person DROP a, DROP "B, c"');
SELECT * FROM apply('ALTER TABLE empty ADD a int; ALTER TABLE empty ADD b int', 'ALTER TABLE empty DROP a, DROP b');
SELECT * FROM apply('ALTER TABLE empty ADD "by_hand_too " int', 'ALTER TABLE empty DROP "by_hand_too "');
SELECT * FROM apply('DO $$ BEGIN ALTER TABLE person ADD COLUMN a int; CREATE INDEX added ON person (a); END $$', 'ALTER TABLE person DROP COLUMN a');
-- and then does more to the same table
SELECT * FROM apply('ALTER TABLE person ADD a int; ALTER TABLE person DROP a');
SELECT * FROM apply('CREATE INDEX added ON person (id); DROP INDEX added');
SELECT * FROM apply('ALTER TABLE person ADD a int; ALTER TABLE person ALTER a TYPE bigint; ALTER TABLE person RENAME a TO z', 'ALTER TABLE person DROP z');
SELECT * FROM apply('ALTER TABLE person ADD a int; COMMENT ON COLUMN person.a IS ''new''; COMMENT ON COLUMN person.id IS ''old''', 'ALTER TABLE person DROP a; COMMENT ON COLUMN person.id IS NULL');
SELECT * FROM apply('CREATE INDEX added ON person (id); COMMENT ON INDEX added IS ''new''; ALTER INDEX added RENAME TO renamed', 'DROP INDEX renamed');
SELECT * FROM apply('CREATE UNIQUE INDEX added ON person (id); ALTER TABLE person ADD UNIQUE USING INDEX added', 'ALTER TABLE person DROP CONSTRAINT added');
SELECT * FROM apply('ALTER TABLE person ADD a int; ALTER TABLE person RENAME TO human; ALTER TABLE human ADD b int', 'ALTER TABLE human DROP a, DROP b; ALTER TABLE human RENAME TO person');
SELECT * FROM apply('ALTER TABLE person ADD a int; ALTER SCHEMA public RENAME TO p; ALTER TABLE p.person ADD b int; ALTER SCHEMA p RENAME TO public', 'ALTER TABLE person DROP a, DROP b');
SELECT * FROM apply('ALTER TABLE empty ADD a serial, ADD b int GENERATED ALWAYS AS IDENTITY, ADD c int CHECK (c > 0), ADD d int UNIQUE', 'ALTER TABLE empty DROP a, DROP b, DROP c, DROP d');
SELECT * FROM apply('ALTER TABLE person ADD a float DEFAULT random()', 'ALTER TABLE person DROP a');
SELECT * FROM apply('ALTER TABLE person ADD a int; GRANT SELECT (a) ON person TO PUBLIC', 'ALTER TABLE person DROP a');
-- where others follow
SELECT * FROM apply('ALTER TABLE parent ADD a int', 'ALTER TABLE parent DROP a');
SELECT * FROM apply('ALTER TABLE child ADD a int', 'ALTER TABLE child DROP a');
SELECT * FROM apply('ALTER TABLE part ADD a int; CREATE INDEX ON part (a)', 'ALTER TABLE part DROP a');
-- a column of a view's table
SELECT * FROM apply('ALTER TABLE person ADD names int; CREATE VIEW more AS SELECT person.*, names.id AS i FROM person, names', 'DROP VIEW more; ALTER TABLE person DROP names');
-- still what was there by hand, and nothing else
TABLE drift EXCEPT TABLE was;
SELECT count(*) = (SELECT count(*) FROM was) AS same FROM drift;
-- one that was made by hand becomes a part of the new one, and is dropped with it
SELECT * FROM apply('CREATE INDEX ON part (id)', 'DROP INDEX part_id_idx');

SET client_min_messages = warning;
DROP EXTENSION neon_migrate CASCADE;
DROP TABLE person, empty, parent, child, part CASCADE;
