--
-- migrate_lint(): partitions.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

CREATE TABLE parted (id int NOT NULL, a int) PARTITION BY RANGE (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES FROM (-10) TO (0);
CREATE TABLE part (id int NOT NULL, a int) WITH (autovacuum_enabled = off);
INSERT INTO part SELECT id, a FROM large;
:lint 'ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (1) TO (10000)');
:lint 'ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (MINVALUE) TO (10000)');
:rules 'CREATE TABLE new (id int NOT NULL, a int); ALTER TABLE parted ATTACH PARTITION new FOR VALUES FROM (1) TO (10000)');
ALTER TABLE part ADD CONSTRAINT bound CHECK (id >= 1 AND id < 10000);
:rules 'ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (1) TO (10000)');
ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (1) TO (10000);
:lint 'ALTER TABLE parted DETACH PARTITION part');
:rules 'ALTER TABLE parted DETACH PARTITION part CONCURRENTLY');
-- with a default partition
CREATE TABLE rest (id int NOT NULL, a int) WITH (autovacuum_enabled = off);
INSERT INTO rest SELECT id + 10000, a FROM large;
ALTER TABLE parted ATTACH PARTITION rest DEFAULT;
:lint 'CREATE TABLE next PARTITION OF parted FOR VALUES FROM (90000) TO (90001)');
:lint 'CREATE TABLE next (id int NOT NULL, a int); ALTER TABLE parted ATTACH PARTITION next FOR VALUES FROM (90000) TO (90001)');
:lint 'ALTER TABLE parted DETACH PARTITION part CONCURRENTLY');
:rules 'ALTER TABLE parted DETACH PARTITION part');
ALTER TABLE rest ADD CHECK (id < 90000);
:rules 'CREATE TABLE next PARTITION OF parted FOR VALUES FROM (90000) TO (90001)');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
