--
-- migrate_lint(): constraints.
--
\getenv srcdir PG_ABS_SRCDIR
\set load :srcdir '/lint/load.sql'
\set ECHO none
\i :load
\set ECHO all

:lint 'ALTER TABLE large ADD CONSTRAINT positive CHECK (a > 0)');
:rules 'ALTER TABLE small ADD CHECK (a > 0)');
:rules 'ALTER TABLE large ADD CHECK (a > 0) NOT VALID');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY); ALTER TABLE new ADD CHECK (id > 0)');
:lint 'ALTER TABLE large ADD UNIQUE (a)');
:rules 'ALTER TABLE small ADD UNIQUE (a)');
CREATE TABLE keyless (id bigint, a int) WITH (autovacuum_enabled = off);
INSERT INTO keyless SELECT id, a FROM large;
ANALYZE keyless;
:lint 'ALTER TABLE keyless ADD PRIMARY KEY (id)');
CREATE UNIQUE INDEX keyless_id ON keyless (id);
:lint 'ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_id');
:rules 'ALTER TABLE keyless ADD UNIQUE USING INDEX keyless_id');
ALTER TABLE keyless ALTER id SET NOT NULL;
:rules 'ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_id');
:lint 'ALTER TABLE large ADD EXCLUDE (a WITH =)');
:rules 'ALTER TABLE small ADD EXCLUDE (a WITH =)');
-- a primary key goes
:lint 'ALTER TABLE small DROP CONSTRAINT small_pkey');
:rules 'ALTER TABLE none DROP CONSTRAINT none_pkey');
:rules 'ALTER TABLE small DROP CONSTRAINT nothing');
-- validated too early
:lint 'ALTER TABLE large ADD CONSTRAINT p CHECK (a > 0) NOT VALID; ALTER TABLE large VALIDATE CONSTRAINT p');
:rules 'ALTER TABLE large ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES small (id) NOT VALID; ALTER TABLE large VALIDATE CONSTRAINT f');
:rules 'ALTER TABLE small ADD CONSTRAINT p CHECK (a > 0) NOT VALID; ALTER TABLE small VALIDATE CONSTRAINT p');
:rules 'ALTER TABLE large ADD CONSTRAINT p CHECK (a > 0) NOT VALID; VACUUM small; ALTER TABLE large VALIDATE CONSTRAINT p');
ALTER TABLE large ADD CONSTRAINT p CHECK (a > 0) NOT VALID;
:rules 'ALTER TABLE large VALIDATE CONSTRAINT p');
-- foreign keys: checked at once, without an index, to nothing unique, of another type
:lint 'ALTER TABLE large ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES small (id)');
:rules 'ALTER TABLE small ADD FOREIGN KEY (id) REFERENCES large (id)');
:lint 'ALTER TABLE large ADD FOREIGN KEY (a) REFERENCES small (id) NOT VALID');
:rules 'CREATE INDEX CONCURRENTLY ON large (a, b); ALTER TABLE large ADD FOREIGN KEY (a) REFERENCES small (id) NOT VALID');
:rules 'ALTER TABLE large ADD FOREIGN KEY (a) REFERENCES small (id) NOT VALID; CREATE INDEX CONCURRENTLY ON large (b, a)');
:rules 'ALTER TABLE large ADD FOREIGN KEY (a) REFERENCES small (id) NOT VALID; CREATE INDEX CONCURRENTLY ON large (a) WHERE a > 0');
:lint E'CREATE TABLE new (\n  id bigint PRIMARY KEY,\n  parent bigint REFERENCES large\n)');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY, parent bigint REFERENCES large); CREATE INDEX ON new (parent)');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY REFERENCES large, UNIQUE (id))');
:lint 'CREATE TABLE new (id bigint PRIMARY KEY REFERENCES large (a))');
:rules 'CREATE UNIQUE INDEX ON none (a); CREATE TABLE new (id int PRIMARY KEY REFERENCES none (a))');
:rules 'CREATE UNIQUE INDEX ON none (a) WHERE a > 0; CREATE TABLE new (id int PRIMARY KEY REFERENCES none (a))');
:lint 'CREATE TABLE other (id bigint); CREATE TABLE new (id bigint PRIMARY KEY REFERENCES other)');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY, parent bigint REFERENCES new); CREATE INDEX ON new (parent)');
:rules 'CREATE TABLE other (LIKE large INCLUDING ALL); CREATE TABLE new (id bigint PRIMARY KEY REFERENCES other)');
:rules 'DO ''BEGIN END''; CREATE TABLE new (id int PRIMARY KEY REFERENCES none (a))');
:lint 'CREATE TABLE new (id bigint PRIMARY KEY, large_id int REFERENCES large (id), UNIQUE (large_id))');
:rules 'CREATE TABLE new (id bigint PRIMARY KEY REFERENCES nowhere (id))');
SET client_min_messages = warning;
DROP EXTENSION neon_migrate;
DROP SCHEMA migrate, app CASCADE;
