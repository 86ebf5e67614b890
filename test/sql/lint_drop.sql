--
-- migrate_lint(): what is dropped, and what loses its rows.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

:lint 'DROP TABLE small');
:lint 'DROP TABLE none');
:rules 'DROP TABLE IF EXISTS nothing, app.nothing, nowhere.nothing');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); DROP TABLE new');
:rules 'DROP TABLE none; CREATE TABLE none (id bigint PRIMARY KEY); DROP TABLE none');
CREATE TEMP TABLE mine AS SELECT * FROM small;
:rules 'DROP TABLE mine');
CREATE TABLE parted (id int) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
:rules 'DROP TABLE parted');
INSERT INTO parted VALUES (1);
:rules 'DROP TABLE parted');
DROP TABLE parted;
-- what goes with it
CREATE VIEW reads AS SELECT id, a FROM small;
CREATE MATERIALIZED VIEW kept AS SELECT b FROM small;
CREATE TABLE refers (id bigint PRIMARY KEY REFERENCES small);
:lint 'DROP TABLE small CASCADE');
:lint 'DROP TABLE small');
:lint 'ALTER TABLE small DROP COLUMN a CASCADE');
:lint 'ALTER TABLE small DROP COLUMN a');
:rules 'ALTER TABLE small DROP COLUMN c');
:rules 'DROP VIEW reads; DROP MATERIALIZED VIEW kept; DROP TABLE refers; DROP TABLE small');
:rules 'DROP VIEW reads; DROP MATERIALIZED VIEW kept; ALTER TABLE refers DROP CONSTRAINT refers_id_fkey; DROP TABLE small');
:rules 'DROP VIEW reads; DROP MATERIALIZED VIEW kept; DROP TABLE small, refers');
:rules 'CREATE OR REPLACE VIEW reads AS SELECT id, 1 AS a FROM large; ALTER TABLE small DROP COLUMN a');
:rules 'DROP VIEW reads CASCADE');
CREATE TYPE pair AS (x int, y int);
ALTER TABLE none ADD COLUMN p pair;
:rules 'DROP TYPE pair CASCADE');
INSERT INTO none (id) VALUES (1);
:lint 'DROP TYPE pair CASCADE');
DELETE FROM none;
ALTER TABLE none DROP COLUMN p;
-- schemas, roles, databases
CREATE SCHEMA other;
:rules 'DROP SCHEMA other CASCADE');
CREATE TABLE other.t AS SELECT 1 AS one;
:lint 'DROP SCHEMA other CASCADE');
:rules 'DROP SCHEMA IF EXISTS nothing CASCADE');
:rules 'DROP SCHEMA other CASCADE; CREATE SCHEMA other; CREATE TABLE other.t (id bigint PRIMARY KEY); DROP TABLE other.t');
CREATE ROLE regress_nm_owner;
:rules 'DROP OWNED BY regress_nm_owner');
ALTER TABLE other.t OWNER TO regress_nm_owner;
:lint 'DROP OWNED BY regress_nm_owner');
DROP SCHEMA other CASCADE;
DROP OWNED BY regress_nm_owner;
DROP ROLE regress_nm_owner;
:lint 'DROP DATABASE template1');
:rules 'DROP DATABASE IF EXISTS regress_nm_nothing');
-- rows
:lint 'TRUNCATE small');
:rules 'TRUNCATE none');
:lint 'TRUNCATE small, none CASCADE');
:lint 'DELETE FROM small');
:rules 'DELETE FROM small WHERE id = 1; DELETE FROM small USING large WHERE small.id = large.id; DELETE FROM none');
:rules 'DELETE FROM small WHERE true');
:lint 'WITH gone AS (DELETE FROM small RETURNING *) SELECT * FROM gone');
:lint 'UPDATE large SET a = 1');
:rules 'UPDATE large SET a = 1 WHERE id = 1; UPDATE none SET a = 1');
:rules 'UPDATE small SET a = 1');
-- unlogged
:lint 'CREATE UNLOGGED TABLE u (id bigint PRIMARY KEY)');
:lint 'ALTER TABLE large SET UNLOGGED');
:rules 'ALTER TABLE large SET LOGGED');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
