-- something of every kind, for 016_drift.pl
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'for é and ü, too';
CREATE TYPE app.mood AS ENUM ('sad', 'happy');
ALTER TYPE app.mood ADD VALUE 'calm' BEFORE 'happy';
CREATE TYPE app.pair AS (x int, y text COLLATE "C");
ALTER TYPE app.pair ADD ATTRIBUTE gone int;
ALTER TYPE app.pair DROP ATTRIBUTE gone;
CREATE TYPE app.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN app.code AS varchar(10) DEFAULT 'x' NOT NULL CHECK (VALUE IN ('x', 'y', 'z'));
CREATE COLLATION app.plain (LOCALE = 'C');
CREATE SEQUENCE app.numbers AS int START 10 INCREMENT 5 CACHE 3 CYCLE;
CREATE TABLE app.cities (id int PRIMARY KEY, name text);
CREATE TABLE app.customers (
    id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 2) PRIMARY KEY,
    number serial, lost int, early int, name varchar(30) NOT NULL CHECK (name IN ('a', 'b', 'é')),
    city text COLLATE "C", city_id int REFERENCES app.cities ON DELETE SET NULL ON UPDATE CASCADE,
    born date DEFAULT '2000-02-01', since timestamptz DEFAULT '2020-01-01 12:00:00+02', wait interval DEFAULT '1 day 02:03:04',
    score float8 DEFAULT 0.1, price money DEFAULT 12.5, photo bytea DEFAULT '\x00ff', mood app.mood DEFAULT 'calm',
    moods app.mood[] DEFAULT '{sad}', pair app.pair, spans app.span_multirange, code app.code, active boolean DEFAULT true,
    "Weird $1 ""column""" int CHECK ("Weird $1 ""column""" > 0 AND early <> 1), twice int GENERATED ALWAYS AS (early * 2) STORED,
    CONSTRAINT "one é" UNIQUE (name, city) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT near EXCLUDE USING gist (box(point(early, early), point(early, early)) WITH &&) WHERE (early > 0),
    CONSTRAINT whole CHECK (customers IS NOT NULL), CONSTRAINT local CHECK (early > 0) NO INHERIT)
    WITH (fillfactor = 80, toast.autovacuum_enabled = off);
ALTER TABLE app.customers ADD CONSTRAINT later CHECK (score > 0) NOT VALID;
ALTER TABLE app.customers DROP lost;
ALTER TABLE app.customers ALTER city SET STORAGE external, ALTER city SET STATISTICS 300, ALTER name SET (n_distinct = 5);
CREATE INDEX customers_city ON app.customers (lower(city), born DESC) WHERE active;
CREATE INDEX customers_pattern ON app.customers USING btree (name text_pattern_ops, city COLLATE "POSIX") INCLUDE (born) WITH (fillfactor = 60);
CREATE UNIQUE INDEX customers_number ON app.customers (number);
ALTER INDEX app.customers_city ALTER COLUMN 1 SET STATISTICS 77;
ALTER TABLE app.customers REPLICA IDENTITY USING INDEX customers_number;
CREATE TABLE app.base (a int NOT NULL, b text DEFAULT 'b', CONSTRAINT a_positive CHECK (a > 0));
CREATE TABLE app.heir (c int, b text DEFAULT 'other') INHERITS (app.base);
CREATE UNLOGGED TABLE app.scratch OF app.pair (x WITH OPTIONS DEFAULT 1);
CREATE TABLE app.events (id int, at date NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE app.events_2024 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE app.events_rest PARTITION OF app.events DEFAULT PARTITION BY HASH (id);
CREATE TABLE app.events_rest_0 PARTITION OF app.events_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app.events_late (what text, gone int, id int NOT NULL, at date NOT NULL);
ALTER TABLE app.events_late DROP gone;
ALTER TABLE app.events ATTACH PARTITION app.events_late FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_what ON app.events (what);
CREATE TABLE app.notes (event int, at date, FOREIGN KEY (event, at) REFERENCES app.events);
ALTER TABLE app.events ADD FOREIGN KEY (id) REFERENCES app.cities;
CREATE TABLE app."order" (id int, "select" text);
CREATE FUNCTION app.add(a int, b int DEFAULT 5, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT a + b -- é
$$;
CREATE FUNCTION app.standard(since date) RETURNS TABLE (id bigint, name text) LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT c.id, c.name FROM app.customers c WHERE c.born > since AND c.name IN ('a', 'b'); END;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = app, pg_temp SET work_mem = '5MB'
    COST 7 AS 'BEGIN RETURN new; END';
CREATE FUNCTION app.ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE app.tidy(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := 1; END';
CREATE AGGREGATE app.total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE);
CREATE VIEW app.active WITH (security_barrier) AS
    SELECT c.* FROM app.customers c
    WHERE c.active AND c.name IN ('a', 'b') AND c.born BETWEEN '2000-01-01' AND now() WITH LOCAL CHECK OPTION;
CREATE VIEW app.joined AS
    SELECT *, count(*) OVER (PARTITION BY city) AS n FROM app.customers c LEFT JOIN app.cities AS t (id, city_name) USING (id)
    WHERE c.mood = ANY ('{sad,calm}') AND c.code::text LIKE 'x%' OR EXISTS (SELECT FROM app.base WHERE a = c.id);
ALTER VIEW app.active ALTER name SET DEFAULT 'a';
COMMENT ON COLUMN app.active.name IS 'of a view';
CREATE RECURSIVE VIEW app.countdown (n) AS VALUES (10) UNION ALL SELECT n - 1 FROM countdown WHERE n > 0;
CREATE MATERIALIZED VIEW app.totals AS SELECT city, count(*) AS n FROM app.customers GROUP BY city;
CREATE UNIQUE INDEX totals_city ON app.totals (city);
CREATE TRIGGER touched BEFORE UPDATE OF name ON app.customers FOR EACH ROW WHEN (old.name IN ('a', 'b')) EXECUTE FUNCTION app.touch('x', '1');
CREATE TRIGGER everywhere AFTER INSERT ON app.events FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE CONSTRAINT TRIGGER at_end AFTER INSERT ON app.customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE app.customers DISABLE TRIGGER touched;
ALTER TABLE app.events_2024 DISABLE TRIGGER everywhere;
CREATE RULE keep AS ON DELETE TO app.cities WHERE old.name IN ('a', 'b') DO INSTEAD UPDATE app.cities SET name = 'gone' WHERE id = old.id;
ALTER TABLE app.cities ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.cities FOR UPDATE TO joe, ann USING (name IN (SELECT city FROM app.customers)) WITH CHECK (name <> 'x');
CREATE OPERATOR app.### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl, COMMUTATOR = OPERATOR(app.###));
CREATE OPERATOR FAMILY app.fam USING btree;
CREATE OPERATOR CLASS app.by_pair FOR TYPE app.pair USING btree FAMILY app.fam AS
    OPERATOR 1 <(record, record), OPERATOR 3 =(record, record), FUNCTION 1 btrecordcmp(record, record);
CREATE CAST (app.mood AS int) WITH INOUT AS ASSIGNMENT;
CREATE CONVERSION app.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY app.words (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION app.english (COPY = english);
ALTER TEXT SEARCH CONFIGURATION app.english ALTER MAPPING FOR word, asciiword WITH app.words, simple;
CREATE STATISTICS app.stat (ndistinct, mcv) ON city, (lower(name)), born FROM app.customers;
ALTER STATISTICS app.stat SET STATISTICS 50;
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, update');
CREATE PUBLICATION few FOR TABLE app.cities, app.notes WITH (publish_via_partition_root = true);
CREATE SUBSCRIPTION elsewhere CONNECTION 'host=nowhere password=secret' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false);
CREATE FOREIGN DATA WRAPPER fdw OPTIONS (debug 'true');
CREATE SERVER srv TYPE 't' VERSION '1' FOREIGN DATA WRAPPER fdw OPTIONS (host 'a', port '1');
CREATE USER MAPPING FOR joe SERVER srv OPTIONS (password 'secret');
CREATE FOREIGN TABLE app.remote (id int OPTIONS (name 'x') NOT NULL, t text) SERVER srv OPTIONS (name 'y');
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE app.by_heap2 (a int) USING heap2;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP TABLE', 'CREATE TABLE') EXECUTE FUNCTION app.ddl();
ALTER EVENT TRIGGER watch DISABLE;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO joe;
ALTER DEFAULT PRIVILEGES FOR ROLE ann REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT SELECT, UPDATE ON app.customers TO joe WITH GRANT OPTION;
GRANT UPDATE (name) ON app.customers TO PUBLIC;
GRANT ALL ON app.cities TO ann;
REVOKE TRUNCATE ON app.cities FROM CURRENT_USER;
REVOKE ALL ON app.base FROM CURRENT_USER;
GRANT ALL ON app.base TO CURRENT_USER;
REVOKE EXECUTE ON FUNCTION app.touch() FROM PUBLIC;
REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
GRANT USAGE ON SCHEMA app TO joe;
GRANT USAGE ON SEQUENCE app.numbers TO joe;
GRANT USAGE ON FOREIGN SERVER srv TO joe;
ALTER TABLE app.notes OWNER TO ann;
GRANT USAGE, CREATE ON SCHEMA app TO ann;
COMMENT ON TABLE app.customers IS E'two lines\n\tand a "quote"''s';
COMMENT ON COLUMN app.customers.city IS 'é';
COMMENT ON CONSTRAINT whole ON app.customers IS 'c';
COMMENT ON CONSTRAINT customers_pkey ON app.customers IS 'p';
COMMENT ON INDEX app.customers_city IS 'i';
COMMENT ON TRIGGER touched ON app.customers IS 't';
COMMENT ON FUNCTION app.touch() IS 'f';
COMMENT ON DOMAIN app.code IS 'd';
