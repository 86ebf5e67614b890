--
-- migrate_lint(): indexes.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

:lint 'CREATE INDEX large_a ON large (a)');
:rules 'CREATE INDEX ON small (a)');
:rules 'CREATE INDEX CONCURRENTLY ON large (a)');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); CREATE INDEX ON new (id DESC)');
:lint 'create unique index if not exists "index" on large using btree (a) where a > 0');
:lint 'CREATE /* why */ INDEX ON large (b)');
CREATE INDEX large_b ON large (b);
CREATE INDEX small_b ON small (b);
:lint 'DROP INDEX large_b');
:rules 'DROP INDEX small_b');
:rules 'DROP INDEX CONCURRENTLY large_b');
:rules 'DROP INDEX IF EXISTS nothing');
:lint 'DROP INDEX CONCURRENTLY large_b, small_b');
:rules 'DROP INDEX CONCURRENTLY large_b CASCADE');
:lint 'REINDEX TABLE large');
:lint 'REINDEX INDEX large_b');
:rules 'REINDEX TABLE small; REINDEX TABLE CONCURRENTLY large; REINDEX (CONCURRENTLY) INDEX large_b');
:rules 'REINDEX SCHEMA app');
:rules 'REINDEX SCHEMA CONCURRENTLY app');
-- doubled and wide
:lint 'CREATE INDEX CONCURRENTLY ON large (b)');
:rules 'CREATE INDEX CONCURRENTLY ON large (b DESC); CREATE INDEX CONCURRENTLY ON large (b text_pattern_ops); CREATE INDEX CONCURRENTLY ON large (b) WHERE a > 0; CREATE INDEX CONCURRENTLY ON large (b COLLATE "C")');
:rules 'DROP INDEX CONCURRENTLY large_b; CREATE INDEX CONCURRENTLY ON large (b)');
:rules 'CREATE UNIQUE INDEX CONCURRENTLY ON large (b)');
:lint 'CREATE INDEX ON small (a, b, c, d)');
:rules 'CREATE INDEX ON small (a, b, c); CREATE UNIQUE INDEX ON small (a, b, c, d)');
-- IF NOT EXISTS
:lint 'CREATE INDEX IF NOT EXISTS large_b ON large (a)');
:rules 'CREATE INDEX IF NOT EXISTS large_b ON large (b)');
:lint 'CREATE INDEX IF NOT EXISTS large_b ON small (b)');
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'large_b'::regclass;
:lint 'CREATE INDEX IF NOT EXISTS large_b ON large (b)');
:rules 'CREATE INDEX CONCURRENTLY IF NOT EXISTS large_b ON large (b)');
-- partitioned tables
CREATE TABLE parted (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10000) WITH (autovacuum_enabled = off);
INSERT INTO parted SELECT id, a FROM large;
ANALYZE parted;
CREATE INDEX parted_a ON parted (a);
:lint 'CREATE INDEX ON parted (id)');
:rules 'CREATE INDEX ON ONLY parted (id)');
:lint 'CREATE INDEX CONCURRENTLY ON parted (id)');
:lint 'DROP INDEX CONCURRENTLY parted_a');
-- materialized views
CREATE MATERIALIZED VIEW seen WITH (autovacuum_enabled = off) AS SELECT * FROM large;
SELECT rule, severity, hint FROM migrate_lint('REFRESH MATERIALIZED VIEW seen');
:lint 'REFRESH MATERIALIZED VIEW CONCURRENTLY seen');
:rules 'CREATE UNIQUE INDEX CONCURRENTLY ON seen (id); REFRESH MATERIALIZED VIEW CONCURRENTLY seen');
CREATE UNIQUE INDEX ON seen (id);
:rules 'REFRESH MATERIALIZED VIEW CONCURRENTLY seen');
SELECT rule, severity, hint FROM migrate_lint('REFRESH MATERIALIZED VIEW seen');
:rules 'CREATE MATERIALIZED VIEW v AS SELECT 1; REFRESH MATERIALIZED VIEW v');
-- maintenance
:lint 'CLUSTER large USING large_pkey');
:rules 'CLUSTER small USING small_pkey');
:lint 'VACUUM FULL large');
:rules 'VACUUM large; VACUUM (FULL false) large; VACUUM FULL small');
:rules 'VACUUM FULL');
:lint 'LOCK TABLE large');
:rules 'LOCK TABLE large IN SHARE UPDATE EXCLUSIVE MODE; LOCK TABLE small');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
